"""Active Directory as a target: the way back. It changes the living account that it finds by its id, brings a deleted
one to life again, and makes a new one last; it never writes an id, a SID, a password, or anything built in."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from transhumance.connectors.active_directory import diagnosis
from transhumance.connectors.active_directory.changes import is_deleted, is_inside
from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.directory import Directory
from transhumance.connectors.active_directory.echo import version_without
from transhumance.connectors.active_directory.entries import guid_of, key_of, rank_of, settled, version_of
from transhumance.connectors.active_directory.rebase import Turn, tail_of, turn
from transhumance.connectors.active_directory.schema import NEVER, Schema, read_schema
from transhumance.connectors.active_directory.state import Ours, State
from transhumance.connectors.active_directory.wish import (
    ACCOUNT_DISABLED,
    DISABLED,
    NEW_ID,
    NO_STATE,
    OWN,
    REFUSED,
    UNKNOWN,
    Wish,
    back_values,
    changes_to,
    control_of,
    given_back,
    is_shown,
    wish_of,
)
from transhumance.connectors.active_directory.writer import Writer
from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
    Container,
    Diagnosis,
    Environment,
    Expect,
    Fault,
    Fence,
    Finding,
    Outcome,
    Record,
    Status,
    Text,
    Value,
    Write,
)
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import AD, KIND, lowered
from transhumance.connectors.formats.ldapber import Entry, Mod
from transhumance.connectors.formats.ldapwire import Refused, named

WORKLOAD = "identities"
_CONFLICT = "GEN-CONFLICT-01"


@dataclass(frozen=True, slots=True)
class Found:
    """What is here for a wish: the living entry, what we noted of it, and a deleted one of the same id."""

    entry: Entry | None
    ours: Ours | None
    tomb: Entry | None = None
    glue: bool = False

    @property
    def guid(self) -> bytes:
        return self.entry.attributes["objectGUID"][0] if self.entry else b""


class AdTarget:
    """One domain, or a part of it, written by one account."""

    def __init__(self, config: AdConfig, environment: Environment) -> None:
        self._config, self._environment = config, environment
        own = config.all_domains()[0]
        self._directory = Directory(config, own, environment.base, environment.endpoint)
        self._lock = threading.RLock()
        self._opened: tuple[State, Writer] | None = None

    # --- life

    def identity(self) -> str:
        return self._directory.identity()

    def close(self) -> None:
        with self._lock:
            self._directory.close()
            if self._opened:
                self._opened[0].close()
            self._opened = None

    def _open(self) -> tuple[State, Writer]:
        with self._lock:
            if self._opened is None:
                state = State(self._environment.kept / "written.db")
                self._opened = state, Writer(self._directory, read_schema(self._directory), state)
            return self._opened

    @property
    def _state(self) -> State:
        return self._open()[0]

    @property
    def _writer(self) -> Writer:
        return self._open()[1]

    @property
    def _root(self) -> str:
        return self._writer.root

    def _turn(self, tail: str) -> Turn:
        """From the source's base, as it is written there, to this one."""
        return turn(tail, self._config.base, self._root)

    @property
    def _schema(self) -> Schema:
        return self._open()[1].schema

    def diagnose(self) -> Iterator[Diagnosis]:
        """What `check` tells of the domain, and how many links still wait."""
        yield from diagnosis.diagnose(self._directory, writes=True)
        if count := self._state.count_waiting():
            yield Diagnosis(
                "warn",
                Text(
                    f"{count} liens attendent une entrée qui n'est pas encore là",
                    f"{count} links wait for an entry that is not here yet",
                ),
            )

    def ensure(self, container: Container) -> Container:
        """The base, with the source's base beside it: names under the one lie under the other."""
        base = self._config.base
        said = container.properties.get("from_base") or container.properties.get("base")
        source = str(said) if said else next((part for part in container.path[:1] if tail_of(part, "")), "")
        return Container(b"", WORKLOAD, base.encode(), (base,), properties={"base": base, "from_base": source})

    # --- before writing

    def _wish(self, container: Container, key: bytes, record: Record) -> Wish | Finding:
        source = str(container.properties.get("from_base", ""))
        return wish_of(key, record, self._schema, self._config.base, self._root, source)

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        wish = self._wish(container, record.key, record)
        if isinstance(wish, Finding):
            return (wish,)
        found = self._find(wish, None)
        told = []
        if found.entry is None and found.tomb is None:
            told.append(Finding(NEW_ID))
            if wish.is_account and self._config.accounts == "disabled":
                told.append(Finding(DISABLED))
            elif wish.is_account:
                told.append(Finding(DISABLED, "as_source"))
        if own := [name for name in wish.own if name.lower() not in _KEPT_BY_ITSELF]:
            told.append(Finding(OWN, ", ".join(own)[:400]))
        if wish.unknown:
            told.append(Finding(UNKNOWN, ", ".join(wish.unknown)[:400]))
        return tuple(told)

    def forecast(self, container: Container, record: Record) -> Record:
        """What reading back will give: for the entry itself, what only a controller writes as it is there; for a new
        entry, what can be given of it."""
        wish = self._wish(container, record.key, record)
        if isinstance(wish, Finding):
            return record
        found = self._find(wish, None)
        alive = found.entry or found.tomb
        control = control_of(wish, found.entry, self._forced(found))
        properties: dict[str, Value]
        if alive is not None and not self._is_copy(wish, found):
            properties = self._same_entry(wish, alive, found, control)
        else:
            properties = {**given_back(wish, self._turn(wish.tail).back(), self._schema, control)}
            self._without_waiting(properties, found)
        return replace(record, properties={**properties, "dn": wish.source_dn})

    def _same_entry(self, wish: Wish, alive: Entry, found: Found, control: int | None) -> dict[str, Value]:
        now = {name.lower(): (name, values) for name, values in alive.attributes.items()}
        removable = self._removable(wish, found)
        kept = {
            name: values
            for lower, (name, values) in now.items()
            if lower not in wish.values and (lower not in removable or not self._schema.takes(lower))
        }
        kept |= {name: values for name, values in wish.values.values()}
        kept |= dict(wish.naming)
        if control is not None:
            kept["userAccountControl"] = (str(control).encode(),)
        if wish.primary is not None:
            kept["primaryGroupID"] = (str(wish.primary).encode(),)
        return {**settled(kept)}

    def _without_waiting(self, properties: dict[str, Value], found: Found) -> None:
        """Links that wait now are not there yet: they are told by the notes, not expected."""
        if found.entry is None or found.ours is None:
            return
        tail = found.ours.tail
        for lower, names in self._state.waiting_of(found.guid).items():
            for name in [n for n in properties if n.lower() == lower]:
                held = [value for value in cast("tuple[bytes, ...]", properties.pop(name)) if value]
                left = tuple(v for v in held if self._here(v.decode("utf-8", "surrogateescape"), tail) not in names)
                properties |= {name: left} if left else {}

    def _here(self, dn: str, tail: str) -> str:
        return dn_key(self._turn(tail).name(dn))

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    # --- finding

    def _find(self, wish: Wish, target_key: bytes | None) -> Found:
        """The entry of a wish: the one that we wrote, else the one of its id, else what stands under its name."""
        ours = self._state.by_key(wish.key)
        guids = [guid for guid in (guid_of(target_key or b""), ours.guid if ours else b"", wish.guid) if guid]
        tomb = None
        for guid in dict.fromkeys(guids):
            entry, dead = self._by_guid(guid)
            if entry is not None:
                return Found(entry, self._state.by_guid(guid) or ours, glue=self._state.is_marked("glue", guid))
            tomb = tomb or dead
        there = self._directory.read(wish.dn)
        if there is None:
            return Found(None, ours, tomb)
        guid = there.attributes.get("objectGUID", (b"",))[0]
        mine = ours if ours is not None and not ours.done else self._state.by_guid(guid)
        return Found(there, mine, tomb, self._state.is_marked("glue", guid))

    def _by_guid(self, guid: bytes) -> tuple[Entry | None, Entry | None]:
        """The living entry of an id below the base, or the deleted one."""
        for page in self._directory.by_guid([guid], deleted=True):
            for entry in page:
                if is_deleted(lowered(entry.attributes)):
                    return None, entry
                return (entry, None) if is_inside(entry.dn, dn_key(self._config.base)) else (None, None)
        return None, None

    def _forced(self, found: Found) -> bool:
        """Whether an account is disabled whatever the source says: a new one, in which nobody has put a password."""
        new = found.entry is None or (found.ours is not None and found.ours.copy)
        return new and self._config.accounts == "disabled" and found.tomb is None

    def _is_copy(self, wish: Wish, found: Found) -> bool:
        if found.entry is not None:
            return found.guid != wish.guid
        return found.tomb is None or found.tomb.attributes["objectGUID"][0] != wish.guid

    def _removable(self, wish: Wish, found: Found) -> frozenset[str]:
        """Attributes that go where the record lacks them: those that we gave, and all of them where the record says
        the whole of this very entry."""
        given = found.ours.names if found.ours else frozenset[str]()
        if wish.whole and found.entry is not None and not self._is_copy(wish, found):
            return given | {name.lower() for name in found.entry.attributes}
        return given

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

    def _as_expected(self, found: Found, version: str, expect: Expect) -> bool:
        if expect.version == ANY:
            return True
        ours = found.ours
        completed = ours is not None and ours.now == version and ours.version == expect.version
        if expect.version == version or completed:
            return True
        assert found.entry is not None
        without = version_without(self._state, found.entry)  # what our own steps on others did to it
        return without == expect.version or (ours is not None and (without, expect.version) == (ours.now, ours.version))

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

    # --- the primary group

    def _primary_here(self, wish: Wish, entry: Entry) -> tuple[Entry, int] | None:
        """The group that is the primary one here, and its number; None where none is asked for, or it is not here."""
        sid = lowered(entry.attributes).get("objectsid", (b"",))[0]
        if wish.primary is None or len(sid) != 28:
            return None
        number = wish.primary
        if number >= 1000 and wish.sid and wish.sid[:-4] != sid[:-4]:
            group = self._state.by_sid(wish.sid[:-4] + number.to_bytes(4, "little"))
            found = self._by_guid(group.guid)[0] if group else None
            if found is None:
                return None
            number = int.from_bytes(found.attributes["objectSid"][0][-4:], "little")
            return found, number
        wanted = sid[:-4] + number.to_bytes(4, "little")
        root = self._directory.controller().root
        there, _ = self._directory.session().search(root, ber.SUB, ber.equal("objectSid", wanted), ("objectGUID",))
        return (there[0], number) if there else None

    def _primary(self, wish: Wish, entry: Entry) -> None:
        found = self._primary_here(wish, entry)
        if found is not None:
            self._writer.primary(entry, *found)
        elif wish.primary is not None and len(lowered(entry.attributes).get("objectsid", (b"",))[0]) == 28:
            self._state.wait(entry.attributes["objectGUID"][0], "primaryGroupID", [f"RID={wish.primary}"])

    # --- links that waited

    def _complete(self, names: list[str] | None) -> set[bytes]:
        """Completes what waited for these names, or all that waits; the ids of the entries that were changed by it."""
        state, touched = self._state, set[bytes]()
        waiting: dict[tuple[bytes, str], list[str]] = {}
        for owner, name, value in state.waiting_for(names):
            waiting.setdefault((owner, name), []).append(value)
        for (owner, name), values in waiting.items():
            entry = self._by_guid(owner)[0]
            if entry is None or name == "primaryGroupID":
                continue
            raw = [value.encode("utf-8", "surrogateescape") for value in values]
            there, _ = self._writer.there(raw)
            if there:
                state.waited(owner, name, [value.decode("utf-8", "surrogateescape") for value in there])
                self._writer.modify(entry.dn, [Mod(ber.ADD_VALUES, name, tuple(there))])
                touched.add(owner)
        for guid in touched:
            entry, ours = self._by_guid(guid)[0], state.by_guid(guid)
            if entry is not None and ours is not None:
                state.put(replace(ours, now=version_of(entry.dn, settled(entry.attributes))))
        return touched

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

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        there = {
            entry.attributes["objectGUID"][0]: entry
            for page in self._directory.by_guid(filter(None, map(guid_of, target_keys)))
            for entry in page
        }
        for key in target_keys:
            entry = there.get(guid_of(key))
            if entry is None or not is_inside(entry.dn, dn_key(self._config.base)):
                yield Fault(key, "GEN-READ-01", "not in the directory", KIND, AD)
            else:
                yield Record(key, KIND, AD, self._shown(entry))

    def _shown(self, entry: Entry) -> dict[str, Value]:
        """An entry as its source would say it: all of it where it is the same entry, what was given where it is a new
        one."""
        ours = self._state.by_guid(entry.attributes["objectGUID"][0])
        if ours is None or not ours.copy:
            return {**settled(entry.attributes), "dn": entry.dn}
        back = self._turn(ours.tail).back()
        shown = {
            name: back_values(name.lower(), values, back, self._schema)
            for name, values in entry.attributes.items()
            if is_shown(name.lower(), ours.names, self._schema)
        }
        if "primaryGroupID" in shown:
            shown["primaryGroupID"] = (self._primary_there(entry, shown["primaryGroupID"][0]),)
        dn = back.name(entry.dn)
        return {**settled(shown), "dn": ours.source_dn if dn_key(dn) == dn_key(ours.source_dn) else dn}

    def _primary_there(self, entry: Entry, number: bytes) -> bytes:
        """The number that the primary group has at the source."""
        sid = entry.attributes["objectSid"][0]
        if int(number) < 1000:
            return number
        wanted = ber.equal("objectSid", sid[:-4] + int(number).to_bytes(4, "little"))
        root = self._directory.controller().root
        found, _ = self._directory.session().search(root, ber.SUB, wanted, ("objectGUID",))
        ours = self._state.by_guid(found[0].attributes["objectGUID"][0]) if found else None
        return str(int.from_bytes(ours.source_sid[-4:], "little")).encode() if ours and ours.source_sid else number

    # --- undoing

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        entry, _ = self._by_guid(guid_of(target_key))
        if entry is None:
            return Outcome(target_key, Status.ABSENT, target_key)
        version = version_of(entry.dn, settled(entry.attributes))
        found = Found(entry, self._state.by_guid(guid_of(target_key)))
        if not self._as_expected(found, version, expect):
            return Outcome(target_key, Status.CONFLICT, target_key, version, code=_CONFLICT)
        before = Before(self._state.keep(found.guid, version, entry))
        try:
            if self._config.on_remove == "disable":
                return self._disabled(target_key, entry, before)
            self._taken_away(entry, found.guid)
        except Refused as error:
            detail = named(error.result)[:200]
            return Outcome(target_key, Status.REFUSED, target_key, version, code=REFUSED, detail=detail)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def _disabled(self, target_key: bytes, entry: Entry, before: Before) -> Outcome:
        """An account is shut; what has no such state is left as it is, and told."""
        flags = lowered(entry.attributes).get("useraccountcontrol", (b"",))[0]
        if not flags:
            return Outcome(target_key, Status.REFUSED, target_key, code=NO_STATE)
        value = str(int(flags) | ACCOUNT_DISABLED).encode()
        mod = Mod(ber.REPLACE_VALUES, "userAccountControl", (value,))
        self._directory.session().do(ber.modify(entry.dn, [mod]), what=entry.dn)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def _taken_away(self, entry: Entry, guid: bytes) -> None:
        """Deletes an entry; a place in which something lies goes when that has gone."""
        if not self._writer.delete(entry):
            self._state.mark("leaving", guid)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        guid = guid_of(target_key)
        entry, tomb = self._by_guid(guid)
        version = version_of(entry.dn, settled(entry.attributes)) if entry else ""
        found = Found(entry, self._state.by_guid(guid), tomb)
        if not self._may_restore(found, version, before, expect):
            return Outcome(target_key, Status.CONFLICT, target_key, version, code=_CONFLICT)
        try:
            if not before.token:
                if entry is not None:
                    self._taken_away(entry, guid)
                return Outcome(target_key, Status.REMOVED, target_key)
            return self._put_back(target_key, found, before)
        except Refused as error:
            detail = named(error.result)[:200]
            return Outcome(target_key, Status.REFUSED, target_key, version, code=REFUSED, detail=detail)

    def _may_restore(self, found: Found, version: str, before: Before, expect: Expect) -> bool:
        if expect.version == ABSENT:  # it was removed: gone, or shut and in its place
            return found.entry is None or bool(before.token)
        return found.entry is not None and self._as_expected(found, version, expect)

    def _put_back(self, target_key: bytes, found: Found, before: Before) -> Outcome:
        """The entry as its image says: alive, under its name, with its attributes."""
        image = self._state.image(before.token)
        if image is None:
            return Outcome(target_key, Status.REFUSED, target_key, code="GEN-READ-01", detail="no before-image")
        guid, old = image
        lower = lowered(old.attributes)
        entry = found.entry
        if entry is None and found.tomb is not None:
            entry = self._writer.reanimate(found.tomb, old.dn)
        wish = self._wish_of_image(old)
        if entry is None:
            entry = self._writer.create(wish, int(lower.get("useraccountcontrol", (b"0",))[0]) or None)
        elif dn_key(entry.dn) != dn_key(old.dn):
            entry = self._writer.move(entry, old.dn)
        every = frozenset(name.lower() for name in entry.attributes)
        self._writer.modify(entry.dn, changes_to(wish, entry, self._schema, every, wish.control))
        self._primary(wish, entry)
        now = self._directory.read(entry.dn)
        assert now is not None
        version, new_guid = version_of(now.dn, settled(now.attributes)), now.attributes["objectGUID"][0]
        self._renoted(guid, new_guid, now.dn, version)
        self._complete([now.dn])
        key = key_of(rank_of(lowered(now.attributes)), new_guid)
        return Outcome(target_key, Status.WRITTEN, key, version)

    def _wish_of_image(self, old: Entry) -> Wish:
        record = Record(b"", KIND, AD, {**old.attributes, "dn": old.dn})
        wish = wish_of(b"", record, self._schema, self._config.base, self._root, self._config.base)
        if isinstance(wish, Finding):
            raise ValueError(wish.code)  # an image is of what was written here, so it can be written
        return wish

    def _renoted(self, old_guid: bytes, guid: bytes, dn: str, version: str) -> None:
        ours = self._state.by_guid(old_guid)
        if ours is not None:
            self._state.put(replace(ours, guid=guid, dn=dn, version=version, now=version, done=True))

    def finish(self) -> None:
        """Completes what still waits, and takes away places that were to go and are empty now."""
        self._complete(None)
        leaving = [
            (e, g) for g in self._state.marked("leaving") + self._state.marked("glue") if (e := self._by_guid(g)[0])
        ]
        wanted = set(self._state.marked("leaving"))
        for entry, guid in sorted(leaving, key=lambda each: -each[0].dn.count(",")):
            if guid in wanted and self._writer.delete(entry):
                self._state.drop(guid)


_KEPT_BY_ITSELF = frozenset(
    "objectguid objectsid whenchanged whencreated objectcategory instancetype name distinguishedname samaccounttype"
    " memberof objectclass".split()
) & (NEVER | {"objectclass"})


def parent_differs(one: str, two: str) -> bool:
    """Whether two names that match are spelt in another way."""
    return one != two and one.casefold() != two.casefold()
