"""Active Directory as a target: the way back. It changes the living account that it finds by its id, brings a deleted
one to life again, and makes a new one last; it never writes an id, a SID, a password, or anything built in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transhumance.connectors.active_directory.entries import guid_of, key_of, rank_of, settled, version_of
from transhumance.connectors.active_directory.finding import Found
from transhumance.connectors.active_directory.state import Ours
from transhumance.connectors.active_directory.undoing import Undoing
from transhumance.connectors.active_directory.wish import (
    REFUSED,
    Wish,
    changes_to,
    control_of,
)
from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
    Container,
    Expect,
    Fence,
    Finding,
    Outcome,
    Status,
    Write,
)
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import lowered
from transhumance.connectors.formats.ldapber import Entry
from transhumance.connectors.formats.ldapwire import Refused, named

WORKLOAD = "identities"
_CONFLICT = "GEN-CONFLICT-01"


class AdTarget(Undoing):
    """One domain, or a part of it, written by one account."""

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    # --- writing

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        outcomes, names = [], list[str]()
        for write in writes:
            fence.check()
            outcome, dn = self._write(container, write)
            outcomes.append(outcome)
            names += [dn] if dn else []
        touched = self._complete(names)
        return [self._again(outcome) if guid_of(outcome.target_key) in touched else outcome for outcome in outcomes]

    def _again(self, outcome: Outcome) -> Outcome:
        """The outcome with the version that its entry has once links were completed in the same batch."""
        ours = self._state.by_guid(guid_of(outcome.target_key))
        if ours is None or outcome.status not in (Status.WRITTEN, Status.UNCHANGED):
            return outcome
        self._state.put(replace(ours, version=ours.now))
        return replace(outcome, version=ours.now)

    def _write(self, container: Container, write: Write) -> tuple[Outcome, str]:
        """What became of one item, and the name under which others may find it now."""
        wish = self._wish(container, write.key, write.record)
        if isinstance(wish, Finding):
            return Outcome(write.key, Status.REFUSED, code=wish.code, detail=wish.detail), ""
        found = self._find(wish, write.target_key)
        try:
            return self._written(wish, found, write.expect)
        except Refused as error:
            return Outcome(write.key, Status.REFUSED, code=REFUSED, detail=named(error.result)[:200]), ""

    def _written(self, wish: Wish, found: Found, expect: Expect) -> tuple[Outcome, str]:
        control = control_of(wish, found.entry, self._forced(found))
        if found.entry is None:
            if expect.version not in (ABSENT, ANY):
                return Outcome(wish.key, Status.CONFLICT, code=_CONFLICT), ""
            return self._new(wish, found, control)
        version = version_of(found.entry.dn, settled(found.entry.attributes))
        key = key_of(rank_of(lowered(found.entry.attributes)), found.guid)
        half_way = found.ours is not None and not found.ours.done
        if not self._differs(wish, found, control) and not found.glue:
            ours = self._noted(wish, found, version)
            before = Before(self._state.image_of(found.guid, expect.version)) if half_way else Before()
            status = Status.WRITTEN if half_way else Status.UNCHANGED
            return Outcome(wish.key, status, key, ours.version, before), found.entry.dn
        if not half_way and not found.glue and not self._as_expected(found, version, expect):
            return Outcome(wish.key, Status.CONFLICT, key, version, code=_CONFLICT), ""
        token = "" if found.glue else self._image(found, version, expect, half_way)
        self._state.put(self._ours_of(wish, found.guid, found.entry.dn))
        entry = self._changed(wish, found, control)
        version = self._finished(wish, entry)
        return Outcome(wish.key, Status.WRITTEN, key, version, Before(token)), entry.dn

    def _image(self, found: Found, version: str, expect: Expect, half_way: bool) -> str:
        """The before-image; of a step that was interrupted, the one that was kept when it began."""
        assert found.entry is not None
        if half_way:
            return self._state.image_of(found.guid, expect.version)
        return self._state.keep(
            found.guid, expect.version if expect.version not in (ABSENT, ANY) else version, found.entry
        )

    def _new(self, wish: Wish, found: Found, control: int | None) -> tuple[Outcome, str]:
        """A deleted entry of the same id lives again; else a new one is made."""
        self._state.put(self._ours_of(wish, b"", wish.dn))
        entry = self._writer.reanimate(found.tomb, wish.dn) if found.tomb is not None else None
        if entry is not None:
            back = Found(entry, found.ours)
            self._state.put(self._ours_of(wish, back.guid, entry.dn))
            entry = self._changed(wish, back, control)
        else:
            entry = self._writer.create(wish, control)
            self._state.put(self._ours_of(wish, entry.attributes["objectGUID"][0], entry.dn))
            self._primary(wish, entry)
        version = self._finished(wish, entry)
        key = key_of(rank_of(lowered(entry.attributes)), entry.attributes["objectGUID"][0])
        return Outcome(wish.key, Status.WRITTEN, key, version), entry.dn

    def _changed(self, wish: Wish, found: Found, control: int | None) -> Entry:
        """Name first, then attributes, then the primary group. Raises `Refused`."""
        entry = found.entry
        assert entry is not None
        if dn_key(entry.dn) != dn_key(wish.dn) or parent_differs(entry.dn, wish.dn):
            entry = self._writer.move(entry, wish.dn)
        self._state.waited(found.guid)
        mods = changes_to(wish, entry, self._schema, self._removable(wish, found), control)
        self._writer.modify(entry.dn, mods)
        self._primary(wish, entry)
        self._state.unmark("glue", found.guid)
        return entry

    def _finished(self, wish: Wish, entry: Entry) -> str:
        """Notes that an entry is as it should be; its version."""
        now = self._directory.read(entry.dn)
        assert now is not None
        version = version_of(now.dn, settled(now.attributes))
        ours = self._ours_of(wish, now.attributes["objectGUID"][0], now.dn)
        self._state.put(replace(ours, version=version, now=version, done=True))
        self._state.forget_echoes(ours.guid)
        return version

    def _noted(self, wish: Wish, found: Found, version: str) -> Ours:
        """What is noted of an entry that is as it should be."""
        assert found.entry is not None
        known = found.ours
        said = known.version if known is not None and known.now == version and known.version else version
        ours = replace(self._ours_of(wish, found.guid, found.entry.dn), version=said, now=version, done=True)
        self._state.put(ours)
        return ours

    def _ours_of(self, wish: Wish, guid: bytes, dn: str) -> Ours:
        return Ours(wish.key, guid, dn, wish.names, wish.guid, wish.sid, wish.source_dn, wish.tail)

    def _differs(self, wish: Wish, found: Found, control: int | None) -> bool:
        assert found.entry is not None
        if dn_key(found.entry.dn) != dn_key(wish.dn):
            return True
        waiting = self._state.waiting_of(found.guid)
        mods = changes_to(wish, found.entry, self._schema, self._removable(wish, found), control)
        for mod in mods:
            names = waiting.get(mod.name.lower())
            if not names or {dn_key(v.decode("utf-8", "surrogateescape")) for v in mod.values} - names:
                return True
        primary = self._primary_here(wish, found.entry)
        now = lowered(found.entry.attributes).get("primarygroupid", (b"",))[0]
        return primary is not None and now != str(primary[1]).encode()

    # --- settling, reading back

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        return [self._probe(container, write) for write in writes]

    def _probe(self, container: Container, write: Write) -> Outcome | None:
        wish = self._wish(container, write.key, write.record)
        if isinstance(wish, Finding):
            return None
        found = self._find(wish, write.target_key)
        if found.entry is None or found.glue or found.ours is None:
            return None
        if self._differs(wish, found, control_of(wish, found.entry, self._forced(found))):
            return None
        version = version_of(found.entry.dn, settled(found.entry.attributes))
        ours = self._noted(wish, found, version)
        key = key_of(rank_of(lowered(found.entry.attributes)), found.guid)
        token = "" if write.expect.version == ABSENT else self._state.image_of(found.guid, write.expect.version)
        return Outcome(write.key, Status.WRITTEN, key, ours.version, Before(token))


def parent_differs(one: str, two: str) -> bool:
    """Whether two names that match are spelt in another way."""
    return one != two and one.casefold() != two.casefold()
