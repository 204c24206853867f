"""People in a real Keycloak: batches that the server refuses, names and addresses, changes, accounts that end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from transhumance.connectors.contract import ABSENT, Expect, Fault, Status


def test_the_id_is_kept_and_a_batch_is_halved_around_what_the_server_refuses(bench: Any) -> None:
    ids = [str(uuid.uuid4()) for _ in range(9)]
    people = [bench.person(f"per{n}", ids[n], mail=(f"P{n}@Chu.example",)) for n in range(9)]
    people[3] = bench.person("per3", ids[3], mail=("taken@chu.example",))
    people[6] = bench.person("per6", ids[6], mail=("p1@CHU.example",))  # as p1's
    bench.call("POST", "/users", {"username": "before", "email": "taken@chu.example", "enabled": True})
    bench.call("POST", "/users", {"username": "PER5", "enabled": True})
    found = bench.write(*people)
    codes = {n: (o.status, o.code) for n, o in enumerate(found) if o.status is not Status.WRITTEN}
    assert codes == {
        3: (Status.REFUSED, "ID-MAI-01"),
        5: (Status.CONFLICT, "ID-NAM-02"),
        6: (Status.REFUSED, "ID-MAI-01"),
    }
    assert {bench.user(f"per{n}")["id"] for n in (0, 1, 2, 4, 7, 8)} == {ids[n] for n in (0, 1, 2, 4, 7, 8)}
    assert bench.user("per5")["id"] != ids[5] and "attributes" not in bench.user("per5")
    listed = bench.versions()
    assert all(listed[o.target_key] == o.version for o in found if o.status is Status.WRITTEN)


def test_two_people_with_one_address_or_one_name_are_told_before_anything_is_written(bench: Any) -> None:
    shown = [bench.person("anne", mail=("a@x.y",)), bench.person("Anne"), bench.person("b", mail=("A@X.Y",))]
    codes = [[f.code for f in bench.preview(document)] for document in shown]
    assert codes == [[], ["ID-NAM-02"], ["ID-MAI-01"]]
    assert [f.code for f in bench.preview(shown[0])] == []


def test_a_change_leaves_credentials_and_what_the_person_still_has_to_do(bench: Any) -> None:
    id_ = str(uuid.uuid4())
    (first,) = bench.write(bench.person("jean", id_, title=("Dr",)))
    bench.call("PUT", f"/users/{id_}/reset-password", {"type": "password", "value": "Secret.1234"})
    user = bench.call("GET", f"/users/{id_}")
    bench.call("PUT", f"/users/{id_}", {**user, "requiredActions": ["CONFIGURE_TOTP"]})
    changed = bench.person("jean", id_, sn=("Petit (Grand)",), mail=("j@x.y",))
    (second,) = bench.write(changed, expect=first.version, keys=[first.target_key])
    assert second.status is Status.WRITTEN, second
    now = bench.call("GET", f"/users/{id_}")
    assert (now["lastName"], now["email"], now["requiredActions"]) == ("Petit Grand", "j@x.y", ["CONFIGURE_TOTP"])
    assert "title" not in now["attributes"]
    assert [c["type"] for c in bench.call("GET", f"/users/{id_}/credentials")] == ["password"]
    assert bench.versions()[second.target_key] == second.version
    assert bench.back(second) == bench.content(changed)
    back = bench.target.restore(bench.place, second.target_key, second.before, Expect(second.version), bench.fence)
    assert back.status is Status.WRITTEN and back.version == first.version
    assert [c["type"] for c in bench.call("GET", f"/users/{id_}/credentials")] == ["password"]


def test_what_somebody_changed_since_is_not_written_over(bench: Any) -> None:
    id_ = str(uuid.uuid4())
    (first,) = bench.write(bench.person("jean", id_))
    user = bench.call("GET", f"/users/{id_}")
    bench.call("PUT", f"/users/{id_}", {**user, "lastName": "Other"})
    (clash,) = bench.write(bench.person("jean", id_, title=("Dr",)), expect=first.version, keys=[first.target_key])
    gone = bench.target.remove(bench.place, first.target_key, Expect(first.version), bench.fence)
    assert (clash.status, gone.status) == (Status.CONFLICT, Status.CONFLICT)
    assert bench.user("jean")["lastName"] == "Other"


def test_a_log_in_is_no_change(bench: Any) -> None:
    id_ = str(uuid.uuid4())
    (first,) = bench.write(bench.person("jean", id_, mail=("jean@x.y",), givenName=("Jean",)))
    bench.call("PUT", f"/users/{id_}/reset-password", {"type": "password", "value": "Secret.1234"})
    form = {"grant_type": "password", "client_id": "admin-cli", "username": "jean", "password": "Secret.1234"}
    assert "access_token" in bench.server.login(bench.realm, **form)
    assert bench.versions()[first.target_key] == first.version


def test_a_renamed_log_in_is_refused_where_the_realm_refuses_it(bench: Any, make_bench: Callable[..., Any]) -> None:
    id_ = str(uuid.uuid4())
    (first,) = bench.write(bench.person("before", id_))
    (refused,) = bench.write(bench.person("after", id_), expect=first.version, keys=[first.target_key])
    assert (refused.status, refused.code) == (Status.REFUSED, "ID-NAM-06")
    realm = bench.call("GET", "")
    bench.call("PUT", "", {**realm, "editUsernameAllowed": True})
    (renamed,) = bench.write(bench.person("after", id_), expect=first.version, keys=[first.target_key])
    assert renamed.status is Status.WRITTEN and bench.user("after")["id"] == id_
    told = make_bench(bench.realm).preview(bench.person("o'connor jean"))
    assert [f.code for f in told] == ["ID-NAM-03"]


def test_an_account_whose_end_is_reached_is_closed_and_its_entry_stays_what_it_was(bench: Any) -> None:
    over, later = (
        bench.person("old", pwdEndTime=("20200101000000Z",)),
        bench.person("new", pwdEndTime=("99990101000000Z",)),
    )
    first, second = bench.write(over, later)
    assert (bench.user("old")["enabled"], bench.user("new")["enabled"]) == (False, True)
    assert bench.back(first) == bench.content(over) and bench.versions()[first.target_key] == first.version
    bench.target.opened.kept.ends(bench.user("new")["id"], "20200101000000Z")  # its day has come
    bench.target.finish()
    assert bench.user("new")["enabled"] is False
    assert bench.versions()[second.target_key] == second.version


def test_removing_closing_and_undoing(bench: Any) -> None:
    id_ = str(uuid.uuid4())
    (first,) = bench.write(bench.person("jean", id_))
    closed = bench.target.disable(bench.place, first.target_key, Expect(first.version), bench.fence)
    assert closed.status is Status.WRITTEN and bench.user("jean")["enabled"] is False
    opened = bench.target.restore(bench.place, closed.target_key, closed.before, Expect(closed.version), bench.fence)
    assert opened.version == first.version and bench.user("jean")["enabled"] is True
    gone = bench.target.remove(bench.place, first.target_key, Expect(first.version), bench.fence)
    assert gone.status is Status.REMOVED
    assert isinstance(next(bench.target.read_back(bench.place, [first.target_key])), Fault)
    again = bench.reopened()  # before-images outlive the process
    back = again.restore(bench.place, first.target_key, gone.before, Expect(ABSENT), bench.fence)
    assert back.status is Status.WRITTEN and bench.user("jean")["id"] == id_


def test_a_profile_that_hides_attributes_is_told(make_bench: Callable[..., Any]) -> None:
    strict = make_bench(profile="as_is")
    document = strict.person("jean", title=("Dr",))
    assert [f.code for f in strict.preview(document)] == ["ID-KC-02"]
    (done,) = strict.write(document)
    record = strict.record(document)
    (back,) = strict.target.read_back(strict.place, [done.target_key])
    assert strict.codec.compare(strict.target.forecast(strict.place, record), back) == ()
