"""The way back into Active Directory: what is written, what never is, and what a person is told."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.target import AdTarget
from transhumance.connectors.active_directory.wish import SLICE
from transhumance.connectors.contract import (
    ABSENT,
    Container,
    Environment,
    Expect,
    Fence,
    Outcome,
    Record,
    SkipItem,
    Status,
    Write,
    find_code,
)
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import Entry, Mod
from transhumance.connectors.formats.ldapwire import Session
from transhumance.fixtures.ldapfront import MODIFY, Front
from transhumance.fixtures.services.samba import Samba

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("samba")]
FENCE = Fence("test", 1)
SOURCE = "DC=old,DC=example"
DOMAIN_SID = bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770")


class Back:
    """An opened target whose source's base is `DC=old,DC=example`."""

    def __init__(self, config: AdConfig, folder: Path) -> None:
        self.folder, self.config = folder, config
        self.again()

    def again(self) -> None:
        """As another process would open it."""
        environment = Environment("ad", self.folder / "spool", self.folder, "en", self.folder / "state")
        self.target = AdTarget(self.config, environment)
        self.place = self.target.ensure(Container(b"", "identities", b"x", (SOURCE,), properties={"base": SOURCE}))

    def write(self, *records: Record, version: str = ABSENT, key: bytes | None = None) -> list[Outcome]:
        return self.target.write(self.place, [Write(r.key, r, Expect(version), key) for r in records], FENCE)

    def back(self, outcome: Outcome) -> dict[str, Any]:
        (answer,) = self.target.read_back(self.place, [outcome.target_key])
        assert isinstance(answer, Record), answer
        return dict(answer.properties)

    def codes(self, record: Record) -> set[str]:
        return {finding.code for finding in self.target.preview(self.place, record)}


@pytest.fixture
def back(samba: Samba, ou: str, tmp_path: Path) -> Iterator[Callable[..., Back]]:
    opened: list[Back] = []

    def made(at: Any = None, **settings: Any) -> Back:
        where = at or samba
        known = {"url": where.url, "ca_file": where.ca_file, "username": samba.admin, "password": samba.password}
        config = AdConfig.model_validate({**known, "base": ou, **settings})
        opened.append(Back(config, tmp_path / f"back{len(opened)}"))
        return opened[-1]

    yield made
    for each in opened:
        each.target.close()


def person(name: str, where: str = "", **more: tuple[bytes, ...]) -> Record:
    properties: dict[str, Any] = {
        "dn": f"CN={name},{where}{SOURCE}",
        "objectClass": (b"top", b"person", b"organizationalPerson", b"user"),
        "cn": (name.encode(),),
        "sAMAccountName": (f"p{uuid.uuid4().hex[:12]}".encode(),),
        "userAccountControl": (b"512",),
        **more,
    }
    return Record(name.encode(), "entry", "ad-entry", properties)


def group(name: str, *members: str, where: str = "", **more: tuple[bytes, ...]) -> Record:
    properties: dict[str, Any] = {
        "dn": f"CN={name},{where}{SOURCE}",
        "objectClass": (b"top", b"group"),
        "cn": (name.encode(),),
        "sAMAccountName": (f"g{uuid.uuid4().hex[:12]}".encode(),),
        "groupType": (b"-2147483640",),
        "member": tuple(sorted(member.encode() for member in members)),
        **more,
    }
    return Record(name.encode(), "entry", "ad-entry", {n: v for n, v in properties.items() if v})


def changed(record: Record, **more: Any) -> Record:
    return Record(record.key, record.kind, record.form, {**record.properties, **more})


def forward_of(code: str) -> str:
    """What a code says of the item's user."""
    known = find_code(code)
    assert known is not None
    return known.forward


def there(hand: Session, dn: str) -> Entry:
    found = hand.read(dn, ("*",))
    assert found is not None, dn
    return found


def test_a_new_account_is_disabled_and_says_so(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    one = person("anne")
    assert {"ID-KEY-02", "ID-PWD-06"} <= target.codes(one)
    (outcome,) = target.write(one)
    assert there(hand, f"CN=anne,{ou}").attributes["userAccountControl"] == (b"514",)
    assert target.back(outcome) == dict(target.target.forecast(target.place, one).properties)
    assert target.back(outcome)["dn"] == one.properties["dn"]
    (again,) = target.write(one)  # a later write does not enable it either
    assert again.status is Status.UNCHANGED
    (open_,) = back(accounts="as_source", base=ou).write(person("open"))
    assert open_.status is Status.WRITTEN
    assert there(hand, f"CN=open,{ou}").attributes["userAccountControl"] == (b"512",)


def test_an_account_that_somebody_enabled_stays_so(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    one = person("bea")
    target.write(one)
    quoted = '"Given.123x"'.encode("utf-16-le")
    hand.do(ber.modify(f"CN=bea,{ou}", [Mod(ber.REPLACE_VALUES, "unicodePwd", (quoted,))]))
    hand.do(ber.modify(f"CN=bea,{ou}", [Mod(ber.REPLACE_VALUES, "userAccountControl", (b"512",))]))
    (outcome,) = target.write(one)
    assert outcome.status is Status.UNCHANGED


def test_what_is_built_in_is_never_written(samba: Samba, hand: Session, back: Callable[..., Back]) -> None:
    """lsc#61: a clean pass deleted the Administrator."""
    target = back(base=samba.base)
    wanted = [
        person("Administrator", "CN=Users,", objectSid=(DOMAIN_SID + b"\xf4\x01\0\0",)),
        person("krbtgt", "CN=Users,", isCriticalSystemObject=(b"TRUE",)),
        group("Administrators", where="CN=Builtin,", objectSid=(bytes.fromhex("01020000000000052000000020020000"),)),
    ]
    before = there(hand, f"CN=Administrator,CN=Users,{samba.base}")
    for record in wanted:
        with pytest.raises(SkipItem) as left:
            target.codes(record)
        assert left.value.code == "ID-BLT-02" and forward_of("ID-BLT-02") != "blocked"
        (outcome,) = target.write(record)
        assert (outcome.status, outcome.code) == (Status.REFUSED, "ID-BLT-02")
    assert there(hand, f"CN=Administrator,CN=Users,{samba.base}") == before


@pytest.mark.parametrize("kind", ["computer", "groupPolicyContainer", "dnsNode", "msDS-GroupManagedServiceAccount"])
def test_machines_and_policies_are_not_made(kind: str, back: Callable[..., Back]) -> None:
    record = Record(b"x", "entry", "ad-entry", {"dn": f"CN=x,{SOURCE}", "objectClass": (b"top", kind.encode())})
    with pytest.raises(SkipItem) as left:
        back().codes(record)
    assert left.value.code == "ID-ADW-01" and forward_of("ID-ADW-01") != "blocked"


def test_ids_rights_and_times_are_never_written_and_named(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    own: dict[str, tuple[bytes, ...]] = {
        "objectGUID": (uuid.uuid4().bytes,), "objectSid": (DOMAIN_SID + b"\x51\x04\0\0",),
        "sIDHistory": (DOMAIN_SID + b"\x52\x04\0\0",), "memberOf": (f"CN=x,{SOURCE}".encode(),),
        "pwdLastSet": (b"133000000000000000",), "nTSecurityDescriptor": (b"\1\0\4\x80" + bytes(16),),
        "whenCreated": (b"20200101000000.0Z",), "msExchMailboxGuid": (bytes(16),), "adminCount": (b"1",),
    }  # fmt: skip
    one = person("carl", **own)
    assert {"ID-KEY-02", "ID-ADW-04", "ID-ADW-05"} <= target.codes(one)
    (outcome,) = target.write(one)
    assert outcome.status is Status.WRITTEN, outcome
    assert not own.keys() & target.back(outcome).keys()
    assert there(hand, f"CN=carl,{ou}").attributes["objectGUID"] != own["objectGUID"]


def test_the_living_account_is_found_by_its_id_and_moved(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    login = uuid.uuid4().hex[:12].encode()
    given = {"objectClass": [b"user"], "sAMAccountName": [login], "title": [b"old"], "mail": [b"kept@example"]}
    hand.do(ber.add(f"CN=dora,{ou}", given))
    now = there(hand, f"CN=dora,{ou}").attributes
    one = person("dora martin", "OU=new,", objectGUID=now["objectGUID"], sAMAccountName=(login,), title=(b"new",))
    assert "ID-KEY-02" not in target.codes(one)
    (refused,) = target.write(one)
    assert refused.status is Status.CONFLICT  # nothing was expected there
    (outcome,) = target.write(one, version=refused.version, key=refused.target_key)
    assert outcome.status is Status.WRITTEN and outcome.before.token
    after = there(hand, f"CN=dora martin,OU=new,{ou}").attributes
    assert (after["objectGUID"], after["objectSid"]) == (now["objectGUID"], now["objectSid"])
    assert after["title"] == (b"new",) and after["mail"] == (b"kept@example",)  # the record does not say all of it
    restored = target.target.restore(target.place, outcome.target_key, outcome.before, Expect(outcome.version), FENCE)
    assert restored.status is Status.WRITTEN
    assert there(hand, f"CN=dora,{ou}").attributes["title"] == (b"old",)


def test_what_a_whole_record_lacks_goes(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    hand.do(ber.add(f"CN=elsa,{ou}", {"objectClass": [b"user"], "sAMAccountName": [uuid.uuid4().hex[:12].encode()],
                                      "mail": [b"old@example"], "userAccountControl": [b"514"]}))  # fmt: skip
    now = there(hand, f"CN=elsa,{ou}").attributes
    said = {name: values for name, values in now.items() if name != "mail"}
    one = Record(b"elsa", "entry", "ad-entry", {**said, "dn": f"CN=elsa,{SOURCE}"})
    (refused,) = target.write(one)
    (outcome,) = target.write(one, version=refused.version, key=refused.target_key)
    assert outcome.status is Status.WRITTEN
    assert "mail" not in there(hand, f"CN=elsa,{ou}").attributes
    expected = target.target.forecast(target.place, one)
    assert target.back(outcome) == dict(expected.properties) | {"dn": f"CN=elsa,{ou}"}


def test_a_deleted_account_lives_again_with_its_id(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    login = uuid.uuid4().hex[:12].encode()
    hand.do(ber.add(f"CN=fred,{ou}", {"objectClass": [b"user"], "sAMAccountName": [login]}))
    now = there(hand, f"CN=fred,{ou}").attributes
    hand.do(ber.delete(f"CN=fred,{ou}"))
    one = person("fred", objectGUID=now["objectGUID"], sAMAccountName=(login,), mail=(b"fred@example",))
    assert "ID-KEY-02" not in target.codes(one)
    (outcome,) = target.write(one)
    assert outcome.status is Status.WRITTEN and outcome.target_key[1:] == now["objectGUID"][0]
    after = there(hand, f"CN=fred,{ou}").attributes
    assert after["objectSid"] == now["objectSid"] and after["mail"] == (b"fred@example",)


def test_a_group_comes_before_its_members(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    names = [f"CN=late{n},OU=b,{SOURCE}" for n in range(3)]
    grp = group("early", *names, f"CN=nobody,{SOURCE}", where="OU=a,")
    (first,) = target.write(grp)
    assert first.status is Status.WRITTEN
    assert "member" not in target.back(first)
    target.again()
    people = target.write(*(person(f"late{n}", "OU=b,") for n in range(3)))
    assert {o.status for o in people} == {Status.WRITTEN}
    assert target.back(first)["member"] == tuple(name.encode() for name in names)
    assert target.back(first) == dict(target.target.forecast(target.place, grp).properties)  # but who never came
    (again,) = target.write(grp)
    assert (again.status, again.version) == (Status.UNCHANGED, first.version)  # our own completion is no change
    target.target.finish()
    assert len(there(hand, f"CN=early,OU=a,{ou}").attributes["member"]) == 3


def test_a_place_that_lacks_is_made_and_taken_over(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    target.write(person("inner", "OU=x,OU=y,"))
    place = Record(b"x", "entry", "ad-entry", {
        "dn": f"OU=x,OU=y,{SOURCE}", "objectClass": (b"top", b"organizationalUnit"), "description": (b"true one",),
    })  # fmt: skip
    (outcome,) = target.write(place)
    assert outcome.status is Status.WRITTEN and not outcome.before.token
    assert there(hand, f"OU=x,OU=y,{ou}").attributes["description"] == (b"true one",)
    assert target.write(place)[0].status is Status.UNCHANGED


def test_undoing_takes_places_away_when_they_are_empty(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    """lsc#279: error 66 on a container with children."""
    target = back()
    place = Record(b"p", "entry", "ad-entry", {"dn": f"OU=p,{SOURCE}", "objectClass": (b"top", b"organizationalUnit")})
    one, grp = person("child", "OU=p,"), group("g", f"CN=child,OU=p,{SOURCE}", where="OU=p,")
    for outcome in target.write(place, one, grp):
        gone = target.target.restore(target.place, outcome.target_key, outcome.before, Expect(outcome.version), FENCE)
        assert gone.status is Status.REMOVED, gone
    target.target.finish()
    assert hand.read(f"OU=p,{ou}", ("1.1",)) is None


def test_what_another_changed_is_a_conflict(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    one, two = person("guy"), person("hal")
    first, second = target.write(one, two)
    grp = group("team", f"CN=guy,{SOURCE}", f"CN=hal,{SOURCE}")
    (team,) = target.write(grp)
    (renamed,) = target.write(changed(one, dn=f"CN=guy b,{SOURCE}", cn=(b"guy b",)), version=first.version)
    assert renamed.status is Status.WRITTEN
    edited = changed(grp, description=(b"x",), member=(f"CN=guy b,{SOURCE}".encode(), f"CN=hal,{SOURCE}".encode()))
    (fine,) = target.write(edited, version=team.version)  # our own rename changed the group: no conflict
    assert fine.status is Status.WRITTEN, fine
    hand.do(ber.modify(f"CN=team,{ou}", [Mod(ber.REPLACE_VALUES, "info", (b"by hand",))]))
    (clash,) = target.write(changed(edited, description=(b"y",)), version=fine.version)
    assert clash.status is Status.CONFLICT
    assert target.target.remove(target.place, fine.target_key, Expect(fine.version), FENCE).status is Status.CONFLICT


def test_a_deletion_disables_and_comes_back(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    """lsc#464, lsc#451."""
    target = back(accounts="as_source")
    first, team = target.write(person("ines"), group("grp"))
    removed = target.target.remove(target.place, first.target_key, Expect(first.version), FENCE)
    assert removed.status is Status.REMOVED
    assert int(there(hand, f"CN=ines,{ou}").attributes["userAccountControl"][0]) & 2
    restored = target.target.restore(target.place, first.target_key, removed.before, Expect(ABSENT), FENCE)
    assert restored.status is Status.WRITTEN
    assert not int(there(hand, f"CN=ines,{ou}").attributes["userAccountControl"][0]) & 2
    kept = target.target.remove(target.place, team.target_key, Expect(team.version), FENCE)
    assert (kept.status, kept.code) == (Status.REFUSED, "ID-ADW-06")


def test_a_primary_group_comes_back_by_its_own_number(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    grp = group("prim", objectSid=(DOMAIN_SID + (5000).to_bytes(4, "little"),), groupType=(b"-2147483646",))
    one = person("jo", objectSid=(DOMAIN_SID + (5001).to_bytes(4, "little"),), primaryGroupID=(b"5000",))
    _, outcome = target.write(grp, one)
    assert outcome.status is Status.WRITTEN, outcome
    number = int(there(hand, f"CN=jo,{ou}").attributes["primaryGroupID"][0])
    sid = there(hand, f"CN=prim,{ou}").attributes["objectSid"][0]
    assert number == int.from_bytes(sid[-4:], "little") != 5000
    assert target.back(outcome)["primaryGroupID"] == (b"5000",)


def test_a_primary_group_that_comes_later_is_completed(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    one = person("kay", objectSid=(DOMAIN_SID + (6001).to_bytes(4, "little"),), primaryGroupID=(b"6000",))
    (outcome,) = target.write(one)
    assert target.back(outcome) == dict(target.target.forecast(target.place, one).properties)
    target.write(group("late", objectSid=(DOMAIN_SID + (6000).to_bytes(4, "little"),), groupType=(b"-2147483646",)))
    target.target.finish()
    assert target.back(outcome)["primaryGroupID"] == (b"6000",)
    assert target.back(outcome) == dict(target.target.forecast(target.place, one).properties)
    assert target.write(one)[0].status is Status.UNCHANGED


def test_many_members_are_written_in_slices(ou: str, hand: Session, back: Callable[..., Back], front: Front) -> None:
    """lsc#256: 2,582 members in one modification meet adminLimitExceeded."""
    count = 2 * SLICE + 50
    for result in hand.pipeline((ber.add(f"CN=m{n},{ou}", {"objectClass": [b"contact"]}), ()) for n in range(count)):
        hand.accepted(result)
    target = back(front)
    names = [f"CN=m{n},{SOURCE}" for n in range(count)]
    (outcome,) = target.write(group("big", *names))
    assert outcome.status is Status.WRITTEN, outcome
    assert len(target.back(outcome)["member"]) == count
    asked = front.seen[MODIFY]
    fewer = group("big", *names[: count // 2])
    (less,) = target.write(fewer, version=outcome.version, key=outcome.target_key)
    assert less.status is Status.WRITTEN and len(target.back(less)["member"]) == count // 2
    assert front.seen[MODIFY] - asked <= 4


def test_one_refused_entry_never_stops_the_others(ou: str, back: Callable[..., Back]) -> None:
    one, two = person("kim"), person("leo")
    clash = changed(person("kim2"), sAMAccountName=one.properties["sAMAccountName"])
    outcomes = back().write(one, clash, two)
    assert [o.status for o in outcomes] == [Status.WRITTEN, Status.REFUSED, Status.WRITTEN]
    assert outcomes[1].code == "ID-ADW-03" and "kim" not in outcomes[1].detail.lower()


def test_a_crash_in_the_middle_of_a_write_goes_on(ou: str, hand: Session, back: Callable[..., Back], monkeypatch: Any
                                                  ) -> None:  # fmt: skip
    target = back()
    one = person("max", title=(b"a",))
    (first,) = target.write(one)
    edited = changed(one, dn=f"CN=max b,{SOURCE}", cn=(b"max b",), title=(b"b",))
    writer = type(target.target._writer)
    with monkeypatch.context() as broken:
        broken.setattr(writer, "modify", lambda *a: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError):
            target.write(edited, version=first.version, key=first.target_key)
    assert there(hand, f"CN=max b,{ou}").attributes["title"] == (b"a",)  # half of it
    target.again()
    write = Write(edited.key, edited, Expect(first.version), first.target_key)
    assert target.target.probe(target.place, [write], "", FENCE) == [None]
    (outcome,) = target.target.write(target.place, [write], FENCE)
    assert outcome.status is Status.WRITTEN and outcome.before.token
    restored = target.target.restore(target.place, outcome.target_key, outcome.before, Expect(outcome.version), FENCE)
    assert restored.status is Status.WRITTEN and restored.version == first.version


def test_a_crash_after_the_creation_makes_no_second_one(ou: str, hand: Session, back: Callable[..., Back],
                                                        monkeypatch: Any) -> None:  # fmt: skip
    target = back()
    one = person("nina")
    with monkeypatch.context() as broken:
        broken.setattr(AdTarget, "_primary", lambda *a: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError):
            target.write(one)
    target.again()
    (outcome,) = target.write(one)
    assert outcome.status is Status.WRITTEN and not outcome.before.token
    found, _ = hand.search(ou, wanted=ber.equal("cn", b"nina"), attributes=("1.1",))
    assert len(found) == 1


@pytest.mark.parametrize("dn", ["", "no name", f"CN=x,DC=other,DC=example,{'DC=far,' * 9}DC=x", SOURCE])
def test_a_name_without_a_place_here_is_told(dn: str, back: Callable[..., Back]) -> None:
    target = back()
    record = Record(b"x", "entry", "ad-entry", {"dn": dn, "objectClass": (b"contact",)})
    codes = target.codes(record)
    assert codes == {"ID-ADW-02"} or dn.startswith("CN=x,DC=other")


def test_names_are_never_more_than_names(ou: str, hand: Session, back: Callable[..., Back]) -> None:
    target = back()
    nasty = ["*)(objectClass\\=*", "a\\,b\\+c", "\\#x", "\\ y\\ ", 'q\\"q', "x" * 60]
    records = [
        Record(n.encode(), "entry", "ad-entry", {"dn": f"CN={n},{SOURCE}", "objectClass": (b"top", b"contact")})
        for n in nasty
    ]
    outcomes = target.write(*records)
    assert {o.status for o in outcomes} == {Status.WRITTEN}
    for record, outcome in zip(records, outcomes, strict=True):
        assert target.back(outcome)["dn"] == record.properties["dn"]


def test_a_member_of_another_domain_is_asked_of_the_catalog(
    samba: Samba, ou: str, hand: Session, back: Callable[..., Back]
) -> None:
    target = back(global_catalog=f"ldaps://{samba.address}:3269")
    hand.do(ber.add(f"CN=here,{ou}", {"objectClass": [b"contact"]}))
    (outcome,) = target.write(group("mixed", f"CN=here,{SOURCE}", "CN=far,DC=child,DC=chu,DC=invalid"))
    assert outcome.status is Status.WRITTEN
    assert target.back(outcome)["member"] == (f"CN=here,{SOURCE}".encode(),)
    assert target.target._state.count_waiting() == 1
