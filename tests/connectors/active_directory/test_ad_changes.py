"""The law of changes: a full listing at t1 and the changes to t2 are a full listing at t2; and what makes a point mean
nothing any more."""

import json
import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.active_directory import changes
from transhumance.connectors.active_directory.controls import SHOW_DELETED
from transhumance.connectors.contract import Expired, Fault, Retry
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import Control, Mod
from transhumance.connectors.formats.ldapwire import Session
from transhumance.fixtures.ldapfront import Front
from transhumance.fixtures.services.samba import Samba

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("samba")]
OPERATIONS = 45  # a round
ROUNDS = 4
MANY_ROUNDS = 23  # 1,035 operations


class Play:
    """Random changes below an OU. Names of what lives, by kind; what was deleted, by id."""

    def __init__(self, hand: Session, ou: str, seed: int) -> None:
        self.hand, self.top, self.dice = hand, ou, random.Random(seed)
        self.places, self.people, self.groups = [ou], list[str](), list[str]()
        self.deleted: list[tuple[str, str]] = []
        for _ in range(3):
            self.new_place()
        for _ in range(10):
            self.new_person()
        for _ in range(3):
            self.new_group()

    def run(self) -> None:
        ways = [
            self.new_person, self.new_group, self.edit, self.edit, self.rename, self.rename, self.move, self.manager,
            self.delete, self.delete, self.reanimate, self.member, self.member, self.no_member, self.new_place,
            self.rename_place, self.twice,
        ]  # fmt: skip
        for _ in range(OPERATIONS):
            self.dice.choice(ways)()

    def name(self) -> str:
        return f"CN={uuid.UUID(int=self.dice.getrandbits(128)).hex[:14]} é\\, {self.dice.randrange(9)}"

    def new_place(self) -> None:
        dn = f"OU={self.name()[3:]},{self.dice.choice(self.places)}"
        self.hand.do(ber.add(dn, {"objectClass": [b"organizationalUnit"]}))
        self.places.append(dn)

    def new_person(self) -> None:
        dn = f"{self.name()},{self.dice.choice(self.places)}"
        login = uuid.UUID(int=self.dice.getrandbits(128)).hex[:14].encode()
        self.hand.do(ber.add(dn, {"objectClass": [b"user"], "sAMAccountName": [login]}))
        self.people.append(dn)

    def new_group(self) -> None:
        dn = f"{self.name()},{self.dice.choice(self.places)}"
        login = uuid.UUID(int=self.dice.getrandbits(128)).hex[:14].encode()
        members = [dn.encode() for dn in self.dice.sample(self.people, min(4, len(self.people)))]
        given = {"objectClass": [b"group"], "sAMAccountName": [login]}
        self.hand.do(ber.add(dn, given | ({"member": members} if members else {})))
        self.groups.append(dn)

    def edit(self) -> None:
        self._set(self._any(), "description", self.name().encode())

    def manager(self) -> None:
        if len(self.people) > 1:
            one, two = self.dice.sample(self.people, 2)
            self._set(one, "manager", two.encode())

    def _set(self, dn: str, name: str, value: bytes) -> None:
        self.hand.do(ber.modify(dn, [Mod(ber.REPLACE_VALUES, name, (value,))]))

    def _any(self) -> str:
        return self.dice.choice(self.people + self.groups + self.places)

    def rename(self) -> None:
        self._moved(self.dice.choice(self.people + self.groups), self.name(), None)

    def move(self) -> None:
        dn = self.dice.choice(self.people + self.groups)
        self._moved(dn, None, self.dice.choice(self.places))

    def rename_place(self) -> None:
        if len(self.places) > 1:
            self._moved(self.dice.choice(self.places[1:]), "OU=" + self.name()[3:], None)

    def _moved(self, dn: str, rdn: str | None, above: str | None) -> None:
        old, _, parent = dn.replace("\\,", "\0").partition(",")
        old, parent = old.replace("\0", "\\,"), parent.replace("\0", "\\,")
        new = f"{rdn or old},{above or parent}"
        if new != dn and not (above or "").endswith(dn):
            self.hand.do(ber.rename(dn, rdn or old, True, above))
            for names in (self.places, self.people, self.groups):
                names[:] = [n[: -len(dn)] + new if n == dn or n.endswith("," + dn) else n for n in names]

    def delete(self) -> None:
        names = self.dice.choice([self.people, self.groups])
        if len(names) > 2:
            dn = names.pop(self.dice.randrange(len(names)))
            found = self.hand.read(dn, ("objectGUID",))
            assert found is not None
            self.hand.do(ber.delete(dn))
            if names is self.people:
                self.deleted.append((found.attributes["objectGUID"][0].hex(), dn))

    def reanimate(self) -> None:
        if self.deleted:
            guid, dn = self.deleted.pop(self.dice.randrange(len(self.deleted)))
            shown = (Control(SHOW_DELETED, True),)
            tomb = self.hand.read(f"<GUID={guid}>", ("isDeleted",), shown)
            assert tomb is not None
            back = f"{self.name()},{self.top}"
            mods = [Mod(ber.DELETE_VALUES, "isDeleted"), Mod(ber.REPLACE_VALUES, "distinguishedName", (back.encode(),))]
            self.hand.do(ber.modify(tomb.dn, mods), shown)
            self.people.append(back)

    def member(self) -> None:
        self._member(ber.ADD_VALUES)

    def no_member(self) -> None:
        self._member(ber.DELETE_VALUES)

    def _member(self, how: int) -> None:
        group, person = self.dice.choice(self.groups), self.dice.choice(self.people + self.groups)
        if group != person:
            self.hand.ask(ber.modify(group, [Mod(how, "member", (person.encode(),))]))

    def twice(self) -> None:
        """Renamed away and back: nothing is different, and nothing may be missed."""
        dn = self.dice.choice(self.people)
        rdn = dn.replace("\\,", "\0").partition(",")[0].replace("\0", "\\,")
        self._moved(dn, "CN=elsewhere " + uuid.uuid4().hex[:8], None)
        there = next(n for n in self.people if n.startswith("CN=elsewhere "))
        self._moved(there, rdn, None)


def after(reader: Any, known: dict[bytes, str], since: bytes) -> tuple[dict[bytes, str], bytes]:
    """What is known after the changes since a point."""
    for page in reader.pages(since):
        assert not page.faults
        known |= {ref.key: ref.version for ref in page.refs}
        for key in page.tombstones:
            known.pop(key, None)
    assert page.since is not None
    return known, page.since


@pytest.mark.parametrize(("way", "seed"), [("dirsync", 1), ("usn", 2), ("dirsync", 3)])
def test_a_listing_and_changes_are_a_listing(
    ou: str, hand: Session, reader: Callable[..., Any], way: str, seed: int
) -> None:
    follow(Play(hand, ou, seed), ou, reader, way, ROUNDS)


@pytest.mark.slow
@pytest.mark.parametrize(("way", "seed"), [("dirsync", 11), ("usn", 12)])
def test_a_thousand_changes_are_a_listing(
    ou: str, hand: Session, reader: Callable[..., Any], way: str, seed: int
) -> None:
    follow(Play(hand, ou, seed), ou, reader, way, MANY_ROUNDS)


def follow(play: Play, ou: str, reader: Callable[..., Any], way: str, rounds: int) -> None:
    """After each round, what was known and the changes are what a new listing gives."""
    follower = reader(ou, changes=way)
    refs, since = follower.listing()
    assert json.loads(since)["way"] == way
    known = {key: ref.version for key, ref in refs.items()}
    for number in range(rounds):
        play.run()
        known, since = after(follower, known, since)
        fresh, _ = reader(ou).listing()
        assert known == {key: ref.version for key, ref in fresh.items()}, f"round {number}"


def test_an_account_without_the_right_sees_its_own_changes(
    samba: Samba, ou: str, hand: Session, reader: Callable[..., Any]
) -> None:
    """Error 50 without the flag OBJECT_SECURITY; with it an ordinary user is told."""
    login, password = f"svc{uuid.uuid4().hex[:8]}", "Ordinary.123x"
    quoted = f'"{password}"'.encode("utf-16-le")
    given = {"objectClass": [b"user"], "sAMAccountName": [login.encode()], "unicodePwd": [quoted]}
    hand.do(ber.add(f"CN={login},{ou}", given | {"userAccountControl": [b"512"]}))
    play = Play(hand, ou, 4)
    follower = reader(ou, username=f"{login}@{samba.realm.lower()}", password=password)
    refs, since = follower.listing()
    assert json.loads(since)["way"] == "dirsync-own"
    play.rename()
    play.member()
    play.edit()
    known, _ = after(follower, {key: ref.version for key, ref in refs.items()}, since)
    fresh, _ = reader(ou, username=f"{login}@{samba.realm.lower()}", password=password).listing()
    assert known == {key: ref.version for key, ref in fresh.items()}


def test_changes_go_on_after_a_crash(samba: Samba, ou: str, hand: Session, reader: Callable[..., Any], monkeypatch: Any,
                                     tmp_path: Path) -> None:  # fmt: skip
    """The cursor in the middle of a listing of changes, used by another process, with more changes meanwhile."""
    play = Play(hand, ou, 5)
    first = reader(ou, folder=tmp_path / "same")
    refs, since = first.listing()
    known = {key: ref.version for key, ref in refs.items()}
    play.run()
    monkeypatch.setattr("transhumance.connectors.active_directory.source.PAGE", 3)
    page = first.source.page(first.container, since)
    assert page.next is not None and first.source.page(first.container, since) == page
    known |= {ref.key: ref.version for ref in page.refs}
    known = {key: version for key, version in known.items() if key not in page.tombstones}
    first.source.close()
    play.run()  # changes to what the first page told, too: the next point must not skip them
    second = reader(ou, folder=tmp_path / "same")
    known, until = after(second, known, page.next)
    known, _ = after(second, known, until)
    fresh, _ = reader(ou).listing()
    assert known == {key: ref.version for key, ref in fresh.items()}


def test_who_leaves_the_base_is_gone(samba: Samba, ou: str, hand: Session, reader: Callable[..., Any]) -> None:
    hand.do(ber.add(f"CN=leaver,{ou}", {"objectClass": [b"contact"]}))
    follower = reader(ou)
    refs, since = follower.listing()
    hand.do(ber.rename(f"CN=leaver,{ou}", f"CN=leaver {uuid.uuid4().hex[:6]}", True, samba.base))
    known, _ = after(follower, {key: ref.version for key, ref in refs.items()}, since)
    assert len(known) == len(refs) - 1


def test_another_controller_or_a_restored_one_means_a_new_listing(
    ou: str, reader: Callable[..., Any], front: Front
) -> None:
    follower = reader(ou, front)
    _, since = follower.listing()
    for attribute, value in (("invocationid", bytes(16)), ("dnshostname", b"dc2.chu.example")):
        front.faults.rewrite = {attribute: value}
        with pytest.raises(Expired, match="another domain controller"):
            list(follower.pages(since))
    front.faults.rewrite = {"highestcommittedusn": b"7"}
    with pytest.raises(Expired, match="USN rollback"):
        list(follower.pages(since))
    front.faults.rewrite = {}
    assert list(follower.pages(since))[-1].since is not None


def test_a_point_without_notes_means_a_new_listing(ou: str, reader: Callable[..., Any], tmp_path: Path) -> None:
    _, since = reader(ou).listing()
    with pytest.raises(Expired, match="notes"):
        list(reader(ou, folder=tmp_path / "elsewhere").pages(since))
    for broken in (b"", b"{}", b"\xff", b'{"until": 3}', b"[1]"):
        with pytest.raises(Expired):
            list(reader(ou).pages(broken))


def test_too_many_changes_mean_a_new_listing(
    ou: str, hand: Session, reader: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = reader(ou)
    _, since = follower.listing()
    Play(hand, ou, 6)
    monkeypatch.setattr(changes, "MANY", 5)
    with pytest.raises(Expired, match="changed"):
        list(follower.pages(since))


def test_an_empty_answer_deletes_nobody(
    ou: str, hand: Session, reader: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that changed and can't be found any more, alive or deleted, is a fault and no tombstone."""
    play = Play(hand, ou, 7)
    follower = reader(ou)
    _, since = follower.listing()
    hand.do(ber.modify(play.people[0], [Mod(ber.REPLACE_VALUES, "description", (b"x",))]))
    monkeypatch.setattr(changes.Directory, "by_guid", lambda self, guids, deleted=False: iter(()))
    (page,) = list(follower.pages(since))
    assert not page.tombstones and [type(f) for f in page.faults] == [Fault]


def test_a_cookie_that_comes_twice_ends(ou: str, hand: Session, reader: Callable[..., Any], monkeypatch: Any) -> None:
    """ldap3#698: a server that repeats itself must not be asked for ever."""
    follower = reader(ou)
    _, since = follower.listing()
    hand.do(ber.modify(ou, [Mod(ber.REPLACE_VALUES, "description", (b"y",))]))
    whole = changes.controls.read_dirsync
    monkeypatch.setattr(changes.controls, "read_dirsync", lambda value: (True, whole(value)[1]))
    with pytest.raises((Retry, Expired)):
        list(follower.pages(since))
