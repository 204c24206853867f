"""The target before real servers: order of arrival, hostile entries, renames, what the server does by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests_support_ldap import FENCE, Endpoint, group, person, unit

from transhumance.connectors.contract import ANY, Before, Expect, Fault, Outcome, Status, Subject, Write
from transhumance.connectors.formats.dn import dn_key

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("slapd")]


def statuses(outcomes: list[Outcome]) -> set[Status]:
    return {outcome.status for outcome in outcomes}


def test_any_order_of_arrival_gives_the_same_directory(endpoint: Endpoint) -> None:
    """Members before people, children before parents, each in a chunk of its own."""
    member = "uid=anne,ou=soins,ou=chu"
    for record in (
        group("g", member, "uid=jamais"),
        person("anne", ",ou=soins,ou=chu"),
        unit("chu"),
        unit("soins", ",ou=chu"),
    ):
        (outcome,) = endpoint.write(record)
        assert outcome.status is Status.WRITTEN, outcome
    endpoint.target.finish()
    seen = endpoint.seen("(objectClass=*)", "*", "memberOf")
    assert "stands in" not in seen and f"member: uid=jamais,{endpoint.base}" in seen
    assert dn_key(f"cn=g,{endpoint.base}") in dn_key(seen.partition("memberOf: ")[2].partition("\n")[0])


def test_stand_ins_go_when_nothing_needs_them(endpoint: Endpoint) -> None:
    (outcome,) = endpoint.write(person("a", ",ou=x,ou=y"))
    assert endpoint.seen("(description=transhumance*)", "1.1").count("dn:") == 2
    assert list(endpoint.source().page(endpoint.place(), None).refs)[0].key == outcome.target_key
    gone = endpoint.target.restore(endpoint.place(), outcome.target_key, outcome.before, Expect(outcome.version), FENCE)
    assert gone.status is Status.REMOVED
    endpoint.target.finish()
    assert endpoint.seen("(objectClass=*)", "1.1").count("dn:") == 1


def test_parents_removed_before_their_children(endpoint: Endpoint) -> None:
    made = endpoint.write(unit("u", l=(b"Lyon",)), person("a", ",ou=u"))
    removed = [endpoint.target.remove(endpoint.place(), o.target_key, Expect(o.version), FENCE) for o in made]
    assert statuses(removed) == {Status.REMOVED} and all(isinstance(b, Fault) for b in endpoint.back(*made))
    put = [
        endpoint.target.restore(endpoint.place(), o.target_key, r.before, Expect("absent"), FENCE)
        for o, r in zip(made, removed, strict=True)
    ]
    assert [o.version for o in put] == [o.version for o in made], put
    endpoint.target.finish()
    assert "Lyon" in endpoint.seen() and "stands in" not in endpoint.seen()


def test_one_refused_entry_never_fails_the_others(endpoint: Endpoint) -> None:
    records = [person(f"p{n:02}") for n in range(30)]
    records[7] = person("p07", telephoneNumber=("poste é".encode(),))
    records[20] = person("p20", description=(b"twice", b"TWICE"))
    outcomes = endpoint.write(*records)
    refused = [o for o in outcomes if o.status is not Status.WRITTEN]
    assert {(o.key, o.status, o.code) for o in refused} == {
        (b"p07", Status.REFUSED, "ID-LDAP-03"),
        (b"p20", Status.REFUSED, "ID-LDAP-03"),
    }
    assert endpoint.seen("(uid=*)", "1.1").count("dn:") == 28


def test_two_people_with_one_mail(openldap: Endpoint) -> None:
    openldap.base = f"ou=unique,{openldap.server.base}"
    openldap.reopen()
    records = [person(f"p{n:02}", mail=(b"p%d@chu.example" % min(n, 18),)) for n in range(20)]
    outcomes = openldap.write(*records)
    bad = [o for o in outcomes if o.status is not Status.WRITTEN]
    assert [(o.status, o.code) for o in bad] == [(Status.REFUSED, "ID-LDAP-05")] and bad[0].key in (b"p18", b"p19")
    for outcome in outcomes:
        openldap.target.restore(openldap.place(), outcome.target_key, Before(), Expect(ANY), FENCE)


HOSTILE = (
    "*)(uid=*", "a,ou=admins", "x+cn=y", '"', "#hash", " blank ", "\\", "<>;=", "é\u0301\U0001f409", "nul\x01\x7f",
    "dc=test", "a\nb", "x" * 200,
)  # fmt: skip


def test_names_are_never_syntax(endpoint: Endpoint) -> None:
    """Injection into names and filters, and a DN of more than 1,000 characters."""
    from transhumance.connectors.formats.dn import Ava, format_dn

    records = []
    for number, name in enumerate(HOSTILE):
        dn = format_dn([(Ava("cn", name.encode()),), *((Ava("ou", (f"o{n}" * 60).encode()),) for n in range(9))])
        record = person(f"p{number}", cn=(name.encode(),))
        records.append(replace(record, properties={**record.properties, "dn": dn}))
    outcomes = endpoint.write(*records)
    assert statuses(outcomes) == {Status.WRITTEN}, outcomes
    for record, back in zip(records, endpoint.back(*outcomes), strict=True):
        assert back.properties["cn"] == record.properties["cn"]
        assert dn_key(back.properties["dn"]) == dn_key(str(record.properties["dn"]))
    assert statuses(endpoint.write(*records)) == {Status.UNCHANGED}
    assert len(endpoint.source().page(endpoint.place(), None).refs) == len(HOSTILE)


def test_a_group_of_5000_changes_by_its_difference(openldap: Endpoint) -> None:
    names = [f"uid=m{n:04}" for n in range(5000)]
    (first,) = openldap.write(group("g", *names))
    assert first.status is Status.WRITTEN
    sent: list[bytes] = []
    session = openldap.target._directory.session
    real = session._send
    session._send = lambda data: (sent.append(data), real(data))[1]
    second = openldap.change(group("g", *names[1:], "uid=new"), first)
    assert second.status is Status.WRITTEN and sum(map(len, sent)) < 5000
    (back,) = openldap.back(second)
    assert len(back.properties["member"]) == 5000 and b"uid=m0000" not in back.properties["member"]


def test_renames_by_id_are_no_edit_of_the_groups_that_the_server_rewrites(endpoint: Endpoint) -> None:
    anne, g, other = endpoint.write(person("anne", ",ou=a"), group("g", "uid=anne,ou=a"), unit("b"))
    moved = person("dupont", ",ou=b", title=(b"Dr",))
    outcome = endpoint.change(replace(moved, key=b"anne"), anne)
    assert outcome.status is Status.WRITTEN and outcome.target_key == anne.target_key
    assert f"dn: uid=dupont,ou=b,{endpoint.base}" in endpoint.seen("(title=Dr)", "1.1")
    (after,) = endpoint.target.write(
        endpoint.place(), [Write(b"g", group("g", "uid=dupont,ou=b", "uid=x"), Expect(g.version), g.target_key)], FENCE
    )
    assert after.status is Status.WRITTEN, after
    (back,) = endpoint.back(after)
    assert sorted(back.properties["member"]) == [b"uid=dupont,ou=b", b"uid=x"]
    restored = endpoint.target.restore(
        endpoint.place(), outcome.target_key, outcome.before, Expect(outcome.version), FENCE
    )
    assert restored.version == anne.version, restored


def test_a_unit_is_renamed_with_all_below_it(endpoint: Endpoint) -> None:
    made = endpoint.write(unit("old"), person("a", ",ou=old"), group("g", "uid=a,ou=old"))
    place, versions = endpoint.place(), {o.key: o for o in made}
    writes = [
        Write(key, record, Expect(versions[key].version), versions[key].target_key)
        for key, record in (
            (b"old", replace(unit("new"), key=b"old")),
            (b"a", person("a", ",ou=new", l=(b"Lyon",))),
            (b"g", group("g", "uid=a,ou=new")),
        )
    ]
    outcomes = endpoint.target.write(place, writes, FENCE)
    assert statuses(outcomes) <= {Status.WRITTEN, Status.UNCHANGED}, outcomes
    assert [b.properties["dn"] for b in endpoint.back(*outcomes)] == ["ou=new", "uid=a,ou=new", "cn=g"]
    assert "ou=old" not in endpoint.seen("(objectClass=*)", "1.1")


def test_what_someone_else_changed_is_a_conflict(endpoint: Endpoint) -> None:
    (made,) = endpoint.write(person("a"))
    endpoint.server.tool(
        "ldapmodify", stdin=f"dn: uid=a,{endpoint.base}\nchangetype: modify\nadd: title\ntitle: Chef\n".encode()
    )
    assert endpoint.change(person("a", l=(b"Lyon",)), made).status is Status.CONFLICT
    assert "Chef" in endpoint.seen() and "Lyon" not in endpoint.seen()
    foreign = endpoint.write(person("a", l=(b"Lyon",)))
    assert statuses(foreign) == {Status.CONFLICT} and foreign[0].target_key == made.target_key


def test_passwords_are_the_persons_own(endpoint: Endpoint) -> None:
    record = person("a", userPassword=(b"{SSHA}from-the-source",))
    (finding,) = endpoint.target.preview(endpoint.place(), record)
    assert finding.code == "ID-PWD-20"
    (made,) = endpoint.write(record)
    assert "userPassword" not in endpoint.seen()
    change = f"dn: uid=a,{endpoint.base}\nchangetype: modify\nadd: userPassword\nuserPassword: Ouvre-toi.1\n"
    endpoint.server.tool("ldapmodify", stdin=change.encode())
    assert endpoint.change(person("a", l=(b"Lyon",)), made).status is Status.WRITTEN
    assert endpoint.server.accepts(f"uid=a,{endpoint.base}", "Ouvre-toi.1")
    (ref,) = endpoint.source().page(endpoint.place(), None).refs
    source = endpoint.source()
    (container,) = source.containers(Subject(b""), "identities")
    (read,) = source.fetch(container, [ref])
    assert "userPassword" not in read.properties


def test_a_disabled_account_does_not_log_in(endpoint: Endpoint) -> None:
    """OpenLDAP's overlay unlocks an account whose password is set: so the password comes first here."""
    (made,) = endpoint.write(person("a"))
    change = f"dn: uid=a,{endpoint.base}\nchangetype: modify\nadd: userPassword\nuserPassword: Ouvre-toi.1\n"
    endpoint.server.tool("ldapmodify", stdin=change.encode())
    locked = endpoint.change(person("a", pwdAccountLockedTime=(b"000001010000Z",)), made)
    assert locked.status is Status.WRITTEN
    assert not endpoint.server.accepts(f"uid=a,{endpoint.base}", "Ouvre-toi.1")
    (back,) = endpoint.back(locked)
    assert back.properties["pwdAccountLockedTime"] == (b"000001010000Z",)
    assert endpoint.change(person("a"), locked).status is Status.WRITTEN
    assert endpoint.server.accepts(f"uid=a,{endpoint.base}", "Ouvre-toi.1")


def test_forecast_is_what_reading_back_gives(endpoint: Endpoint) -> None:
    records = (
        person(
            "a", entryUUID=(b"0f0e0d0c-0b0a-0908-0706-050403020100",), createTimestamp=(b"20200101000000Z",),
            pwdEndTime=(b"20300101000000Z",), company=(b"unknown",), memberOf=(b"cn=x",), pwdReset=(b"TRUE",),
            modifyTimestamp=(b"20200101000000Z",), member=(b"cn=not allowed here",),
        ),
        group("g", "uid=z", "uid=a", "UID=M\\2c x"),
    )  # fmt: skip
    place = endpoint.place()
    expected = [endpoint.target.forecast(place, record).properties for record in records]
    codes = {finding.code for record in records for finding in endpoint.target.preview(place, record)}
    assert {"ID-LDAP-01", "ID-LDAP-02"} <= codes
    assert [back.properties for back in endpoint.back(*endpoint.write(*records))] == expected


def test_ids_stay_where_the_server_grants_them(endpoint: Endpoint) -> None:
    uuid = b"0f0e0d0c-0b0a-0908-0706-050403020100"
    (made,) = endpoint.write(person("a", entryUUID=(uuid,)))
    kept = endpoint.target._directory.profile.keeps_ids
    assert kept is (endpoint.server.admin != "cn=Directory Manager")
    assert (made.target_key == b"2" + bytes.fromhex("0c0d0e0f0a0b08090706050403020100")) is kept
    assert (f"entryUUID: {uuid.decode()}" in endpoint.seen()) is kept
    (again,) = endpoint.write(person("elsewhere", entryUUID=(uuid,)))
    assert again.status is (Status.CONFLICT if kept else Status.WRITTEN)


def test_a_step_of_the_server_between_ours_is_seen(openldap: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """What refint does in its own time: the value that we were to take away is gone already."""
    (made,) = openldap.write(group("g", "uid=a", "uid=b"))
    writer, dn = openldap.target._effect()._writer, f"cn=g,{openldap.base}"
    real, done = writer.run, []

    def meanwhile(*args: Any) -> Any:
        if not done:
            change = f"dn: {dn}\nchangetype: modify\ndelete: member\nmember: uid=a,{openldap.base}\n-\n"
            change += f"add: member\nmember: uid=c,{openldap.base}\n"
            openldap.server.tool("ldapmodify", stdin=change.encode())
            done.append(1)
        return real(*args)

    monkeypatch.setattr(type(writer), "run", lambda self, *args: meanwhile(*args))
    outcome = openldap.change(group("g", "uid=b", "uid=c"), made)
    assert outcome.status is Status.WRITTEN, outcome
    (back,) = openldap.back(outcome)
    assert sorted(back.properties["member"]) == [b"uid=b", b"uid=c"]
