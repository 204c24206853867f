"""One write: what each item needs is decided from what is there, kept before it is changed, done, and read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from transhumance.connectors.contract import ABSENT, ANY, Before, Expect, Fence, Outcome, Status, Write
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import Control, Entry, Mod, Result
from transhumance.connectors.formats.ldapwire import EXISTS, SUCCESS, named
from transhumance.connectors.ldap.delta import Delta, delta
from transhumance.connectors.ldap.directory import Directory, stand_in
from transhumance.connectors.ldap.names import depth, key_of, parent, rdns
from transhumance.connectors.ldap.profile import RELAX
from transhumance.connectors.ldap.references import note_renames, rejoin, resettle
from transhumance.connectors.ldap.shape import Shaped, Shaper
from transhumance.connectors.ldap.state import State
from transhumance.connectors.ldap.stored import BASE_KEY, GLUE, MEMBERS, id_bytes, is_glue, key, origin_id, version
from transhumance.connectors.ldap.writer import Request, Step, Writer

TRIES = 3
_CHANGED_MEANWHILE = frozenset({16, 20})  # a value to take away is gone, one to add is there
_RELAXED = frozenset({"entryuuid", "createtimestamp"})
_OFTEN_UNIQUE = frozenset(
    "uid mail cn employeenumber uidnumber entryuuid krbprincipalname mobile telephonenumber".split()
)
_SCHEMA_REFUSALS = frozenset({16, 17, 18, 20, 21, 34, 64, 65, 67, 69})
REFUSALS = {50: "ID-LDAP-04", 19: "ID-LDAP-05"}


@dataclass(slots=True)
class Item:
    """One write on its way. `now`: what is there. `act`: what it needs. `ours`: an earlier try of ours was cut off in
    its step."""

    write: Write
    shaped: Shaped
    now: Entry | None = None
    act: Literal["", "add", "change"] = ""
    before: Before = field(default_factory=Before)
    ours: bool = False
    outcome: Outcome | None = None

    def refuse(self, code: str, detail: str) -> None:
        self.outcome = Outcome(self.write.key, Status.REFUSED, code=code, detail=detail)


class Effect:
    """Writes of one call."""

    def __init__(self, directory: Directory, state: State, writer: Writer, doubt: dict[bytes, Before]) -> None:
        self._directory, self._state, self._writer, self._doubt = directory, state, writer, doubt
        self._profile = directory.profile

    def run(self, shaper: Shaper, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        items = [self._item(shaper, write) for write in writes]
        self._find([item for item in items if item.outcome is None])
        for item in items:
            if item.outcome is None:
                self._decide(item)
        self._links([item for item in items if item.outcome is not None], fence.check)
        todo = [item for item in items if item.outcome is None]
        if todo:
            self._keep([item for item in todo if item.act == "change" and not item.ours])
            self._doubt |= {item.write.key: item.before for item in todo}
            self._renames([item for item in todo if item.act == "change"], fence.check)
            self._glue([item for item in todo if item.outcome is None], fence.check)
            self._do([item for item in todo if item.outcome is None], fence.check)
            for item in todo:
                self._doubt.pop(item.write.key, None)
        return [item.outcome for item in items if item.outcome is not None]

    # --- deciding

    def _item(self, shaper: Shaper, write: Write) -> Item:
        item = Item(write, shaper.there(write.record.properties), ours=write.key in self._doubt)
        if item.shaped.blocked:
            item.refuse(*item.shaped.blocked)
        elif item.shaped.is_base:
            item.outcome = Outcome(write.key, Status.UNCHANGED, BASE_KEY, "base")
        return item

    def _find(self, items: list[Item]) -> None:
        """What is there now: by the key of an earlier write, else by the id that the entry is to have, else by name
        where it may be there."""
        keys = {id(item): self._own(item) for item in items}
        found = self._directory.by_ids(k for k in keys.values() if k)
        unknown = []
        for item in items:
            own = keys[id(item)]
            item.now = found.get(own[1:]) if own else None
            if item.now is None and not item.write.target_key and (item.ours or item.write.expect.version == ANY):
                unknown.append(item)
        for item, entry in zip(unknown, self._directory.by_names([i.shaped.dn for i in unknown]), strict=True):
            item.now = entry

    def _own(self, item: Item) -> bytes | None:
        if item.write.target_key:
            return self._state.now(item.write.target_key)
        given = next((v for n, v in item.shaped.attributes.items() if n.lower() == "entryuuid"), ())
        plain = id_bytes(given[0].decode("ascii", "replace"), False) if given and self._profile.keeps_ids else None
        return b"2" + plain if plain else None

    def _decide(self, item: Item) -> None:
        expect = item.write.expect.version
        if item.now is None:
            item.act = "add"
            if expect not in (ABSENT, ANY):
                item.outcome = Outcome(
                    item.write.key, Status.CONFLICT, item.write.target_key or b"", code="GEN-CONFLICT-01"
                )
            return
        item.act = "change"
        if is_glue(item.now):
            item.ours = True  # nothing was there before us
            return
        own, there = key(item.now, self._profile) or b"", version(item.now, self._profile)
        if self._delta(item).empty:
            status = Status.WRITTEN if item.ours else Status.UNCHANGED
            before = self._doubt.pop(item.write.key, Before()) if item.ours else Before()
            item.outcome = Outcome(item.write.key, status, own, there, before)
            self._state.told([own])
        elif not item.ours and not self.as_expected(item.now, item.write.expect):
            item.outcome = Outcome(item.write.key, Status.CONFLICT, own, there, code="GEN-CONFLICT-01")
        elif item.ours:
            item.before = self._doubt.get(item.write.key, Before())

    def as_expected(self, now: Entry | None, expect: Expect) -> bool:
        """Whether what is there is what was expected, our own steps elsewhere taken back."""
        if expect.version == ANY:
            return True
        if now is None or is_glue(now):
            return expect.version == ABSENT
        if version(now, self._profile) == expect.version:
            return True
        undone = self._state.undone(key(now, self._profile) or b"")
        return bool(undone) and expect.version in (version(now, self._profile, undone, lone) for lone in (True, False))

    def _delta(self, item: Item) -> Delta:
        assert item.now is not None
        return delta(item.now, item.shaped.dn, item.shaped.attributes, self._profile)

    def _keep(self, items: list[Item]) -> None:
        images = [
            (key(i.now, self._profile) or b"", version(i.now, self._profile), i.now) for i in items if i.now is not None
        ]
        for item, before in zip(items, self._state.keep(images), strict=True):
            item.before = before

    # --- doing

    def _renames(self, items: list[Item], check: Callable[[], None]) -> None:
        """Renames first, one by one from the top: they change the names that other steps start from."""
        moved = [item for item in items if self._delta(item).rename is not None]
        if not moved:
            return
        self._glue(moved, check)
        for item in sorted(moved, key=lambda i: depth(i.shaped.dn)):
            self._again(item)
            rename = self._delta(item).rename if item.now is not None else None
            if item.now is None or rename is None:
                continue
            note_renames(self._directory, self._state, item.now.dn, rename.to)
            check()
            request = ber.rename(item.now.dn, rename.newrdn, True, rename.above)
            answer = self._directory.session.ask(request)
            if answer.code != SUCCESS:
                self._refused(item, answer)
        for item in items:
            if item.outcome is None:
                self._again(item)

    def _again(self, item: Item) -> None:
        assert item.now is not None
        own = key(item.now, self._profile) or b""
        item.now = self._directory.by_ids([own]).get(own[1:])
        if item.now is None:
            item.outcome = Outcome(item.write.key, Status.CONFLICT, own, code="GEN-CONFLICT-01")

    def _glue(self, items: Sequence[Item], check: Callable[[], None]) -> None:
        """Stand-ins for the parents that have not come."""
        make_glue(self._directory, self._state, [item.shaped.dn for item in items], check)

    def _do(self, items: list[Item], check: Callable[[], None], tries: int = TRIES) -> None:
        clash = _clashing(items)
        steps = [step for at, item in enumerate(items) if (step := self._step(at, item, at in clash))]
        results = self._writer.run(steps, check)
        again: list[Item] = []
        moved: list[Item] = []
        done: list[Item] = []
        for at, item in enumerate(items):
            result = results.get(at, Result(SUCCESS))
            if result.code == SUCCESS:
                done.append(item)
            elif result.code == EXISTS and item.act == "add":
                again.append(item)
            elif result.code in _CHANGED_MEANWHILE and item.act == "change" and tries:
                moved.append(item)
            else:
                self._refused(item, result)
        self._read(done, check)
        if again:
            self._settle(again, check)
        for item in moved:  # the server's own step after ours (refint works in its own time): from what is there now
            self._again(item)
        if left := [item for item in moved if item.outcome is None]:
            self._do(left, check, tries - 1)

    def _step(self, at: int, item: Item, clash: bool) -> Step | None:
        if item.act == "add":
            request = ber.add(item.shaped.dn, item.shaped.attributes)
            alone = clash or any(name.lower() in MEMBERS for name in item.shaped.attributes)
            controls = self._controls(item.shaped.attributes)
            return Step(at, ((request, controls),), level=depth(item.shaped.dn), alone=alone)
        mods = self._delta(item).mods
        assert item.now is not None
        relaxed = self._controls([mod.name for mod in mods])
        if is_glue(item.now) and self._profile.keeps_ids and any(mod.name == "objectClass" for mod in mods):
            relaxed = (Control(RELAX, True),)  # its structural class may be another one
        request = ber.modify(item.now.dn, mods)
        return Step(at, ((request, relaxed),), level=depth(item.now.dn), alone=True) if mods else None

    def _controls(self, names: Sequence[str] | Mapping[str, object]) -> tuple[Control, ...]:
        relaxed = self._profile.keeps_ids and any(name.lower() in _RELAXED for name in names)
        return (Control(RELAX, True),) if relaxed else ()

    def _settle(self, items: list[Item], check: Callable[[], None]) -> None:
        """Names that something has already: a stand-in gives way; what is equal is there; else it is a conflict."""
        for item, entry in zip(items, self._directory.by_names([i.shaped.dn for i in items]), strict=True):
            item.now = entry
            if entry is None:
                item.refuse("ID-LDAP-06", "its name is taken by an entry that can't be read")
            else:
                self._decide(item)
        left = [item for item in items if item.outcome is None]
        if left:
            self._keep([item for item in left if not item.ours])
            self._do(left, check)

    def _refused(self, item: Item, result: Result) -> None:
        code = REFUSALS.get(result.code, "ID-LDAP-03" if result.code in _SCHEMA_REFUSALS else "ID-LDAP-06")
        item.refuse(code, named(result))

    def _read(self, items: list[Item], check: Callable[[], None]) -> None:
        """What is there now, as a listing would say it."""
        entries = self._directory.by_names([item.shaped.dn for item in items])
        told, groups = [], []
        for item, entry in zip(items, entries, strict=True):
            own = key(entry, self._profile) if entry else None
            if entry is None or own is None:
                item.refuse("ID-LDAP-06", "written, and not there when it was read again")
                continue
            told.append(own)
            status, there = Status.WRITTEN, version(entry, self._profile)
            item.outcome = Outcome(item.write.key, status, own, there, item.before)
            if any(name.lower() in ("member", "uniquemember") for name in item.shaped.attributes):
                groups.append(item.shaped.dn)
            item.now = entry
        self._state.touch(groups)
        self._state.told(told)
        self._links(items, check)

    def _links(self, items: Sequence[Item], check: Callable[[], None]) -> None:
        """Those that are there, written or found equal: what went with them comes again, and what they name is
        settled."""
        came: dict[bytes, Entry] = {}
        for item in items:
            done = item.outcome is not None and item.outcome.status in (Status.WRITTEN, Status.UNCHANGED)
            own = key(item.now, self._profile) if done and item.now is not None else None
            if item.now is not None and own is not None:
                came[origin_id(item.now, self._profile) or own[1:]] = item.now
                resettle(self._directory, self._state, own, item.now, item.shaped.attributes)
        rejoin(self._directory, self._state, came, check)


def _clashing(items: Sequence[Item]) -> set[int]:
    """Those that have a value of another one in an attribute that establishments keep unique."""
    seen: set[tuple[str, bytes]] = set()
    clash: set[int] = set()
    for at, item in enumerate(items):
        for name, values in item.shaped.attributes.items():
            if (first := name.partition(";")[0].lower()) in _OFTEN_UNIQUE:
                mine = {(first, value.lower()) for value in values}
                clash |= {at} if seen & mine else set()
                seen |= mine
    return clash


def make_glue(directory: Directory, state: State, dns: Sequence[str], check: Callable[[], None]) -> None:
    """Stand-ins of ours for the parents of these names that are neither there nor among them."""
    base, coming = key_of(directory.base), {key_of(dn) for dn in dns}
    missing: dict[str, str] = {}
    for dn in dns:
        above = parent(dn)
        while above and key_of(above) != base and key_of(above) not in coming and key_of(above) not in missing:
            missing[key_of(above)] = above
            above = parent(above)
    if not missing:
        return
    there = {key_of(dn) for dn in directory.there(missing.values())}
    lacking = sorted((dn for own, dn in missing.items() if own not in there), key=depth)
    if not lacking:
        return
    check()
    state.add_glue((dn, depth(dn)) for dn in lacking)
    for dn in lacking:
        directory.session.ask(ber.add(dn, stand_in(dn, GLUE)))  # refused: its children will say why


def to_glue(directory: Directory, state: State, entry: Entry) -> Request:
    """What makes a stand-in of an entry that still has children."""
    schema = directory.profile.schema
    classes = next((v for n, v in entry.attributes.items() if n.lower() == "objectclass"), ())
    must = schema.required(schema.closure(v.decode("utf-8", "replace").lower() for v in classes))
    state.add_glue([(entry.dn, depth(entry.dn))])
    mods = [Mod(ber.REPLACE_VALUES, "description", (GLUE,))]
    for name in entry.attributes:
        first = schema.first(name.partition(";")[0].lower())
        known = schema.attributes.get(first)
        named_by = any(ava.type.lower() == first for ava in rdns(entry.dn)[0])
        if known and not known.operational and first not in must | {"objectclass", "description"} and not named_by:
            mods.append(Mod(ber.DELETE_VALUES, name))
    return ber.modify(entry.dn, mods), ()
