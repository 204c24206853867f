"""The least-privilege account of the documentation, and what a crash leaves."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from transhumance.connectors.contract import ABSENT, Before, Expect, Status, StopEndpoint, Write

ROLES = ("view-realm", "view-users", "manage-users", "query-groups", "manage-realm")


def service_account(bench: Any, *roles: str) -> dict[str, Any]:
    """A client of the realm with these roles of `realm-management`; how an endpoint logs in by it."""
    client = {"clientId": f"svc-{uuid.uuid4().hex[:8]}", "serviceAccountsEnabled": True, "standardFlowEnabled": False}
    bench.call("POST", "/clients", {**client, "secret": "client-secret"})
    (made,) = bench.call("GET", f"/clients?clientId={client['clientId']}")
    (management,) = bench.call("GET", "/clients?clientId=realm-management")
    account = bench.call("GET", f"/clients/{made['id']}/service-account-user")
    known = {r["name"]: r for r in bench.call("GET", f"/clients/{management['id']}/roles")}
    granted = [known[role] for role in roles]
    bench.call("POST", f"/users/{account['id']}/role-mappings/clients/{management['id']}", granted)
    return {"username": "", "client_id": client["clientId"], "client_secret": "client-secret"}


def test_the_account_of_the_documentation_can_do_all_of_it(bench: Any, make_bench: Callable[..., Any]) -> None:
    least = make_bench(bench.realm, **service_account(bench, *ROLES))
    assert [d.what.en for d in least.target.diagnose() if d.level == "bad"] == []
    anne, soins = least.person("anne", title=("Dr",)), least.group("Soins", least.dn("anne"))
    first, second = least.write(anne, soins)
    least.target.finish()
    assert (first.status, second.status) == (Status.WRITTEN, Status.WRITTEN)
    assert least.groups_of("anne") == {"/Soins"}
    assert least.versions() == {first.target_key: first.version, second.target_key: second.version}
    gone = least.target.restore(least.place, first.target_key, Before(), Expect(first.version), least.fence)
    assert gone.status is Status.REMOVED


def test_a_right_that_lacks_is_told_by_check_and_stops_a_pass(bench: Any, make_bench: Callable[..., Any]) -> None:
    reader = make_bench(
        bench.realm, profile="as_is", **service_account(bench, "view-realm", "view-users", "query-groups")
    )
    (told,) = [d for d in reader.target.diagnose() if d.level == "bad"]
    assert told.what.en.endswith("lacks: manage-users, manage-realm")
    assert told.remedy is not None and f"kcadm.sh add-roles -r {bench.realm}" in told.remedy.en
    with pytest.raises(StopEndpoint, match="manage-realm"):
        reader.write(reader.person("anne"))
    assert bench.call("GET", "/users/count") == 0
    assert reader.versions() == {}, "it is enough for a source"


def test_a_crash_among_members_is_settled_and_finished(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    anne, zoe = bench.write(bench.person("anne"), bench.person("zoe"))
    document = bench.group("Soins", bench.dn("anne"), bench.dn("zoe"))
    writes = [Write(b"g", bench.record(document), Expect(ABSENT))]
    with monkeypatch.context() as broken:
        broken.setattr(bench.target.opened.groups, "complete", _killed)
        with pytest.raises(KeyboardInterrupt):
            bench.target.write(bench.place, writes, bench.fence)
    again = bench.reopened()
    place = again.ensure(bench.place)
    (settled,) = again.probe(place, writes, "", bench.fence)
    assert settled is not None and settled.status is Status.WRITTEN
    again.finish()
    assert bench.groups_of("anne") == bench.groups_of("zoe") == {"/Soins"}
    assert bench.versions()[settled.target_key] == settled.version
    assert {anne.status, zoe.status} == {Status.WRITTEN}


def test_a_crash_in_a_change_of_members_goes_on(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = str(uuid.uuid4())
    bench.write(bench.person("anne"), bench.person("zoe"))
    (first,) = bench.write(bench.group("Soins", bench.dn("anne"), id_=id_))
    changed = bench.group("Soins", bench.dn("zoe"), id_=id_)
    with monkeypatch.context() as broken:
        broken.setattr(bench.target.opened.groups, "leave", _killed)
        with pytest.raises(KeyboardInterrupt):
            bench.write(changed, expect=first.version, keys=[first.target_key])
    (second,) = bench.write(changed, expect=first.version, keys=[first.target_key])
    assert second.status is Status.WRITTEN and second.before.token, second
    assert (bench.groups_of("anne"), bench.groups_of("zoe")) == (set(), {"/Soins"})
    back = bench.target.restore(bench.place, second.target_key, second.before, Expect(second.version), bench.fence)
    assert back.version == first.version


def test_a_token_that_ends_in_the_middle_is_renewed(bench: Any) -> None:
    bench.target.opened.session._token = "not.a.token"  # what a server that was started anew would not know
    (done,) = bench.write(bench.person("anne"))
    assert done.status is Status.WRITTEN


def _killed(*given: Any) -> None:
    raise KeyboardInterrupt
