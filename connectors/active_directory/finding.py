"""What is here for what should be: the entry that we wrote, the one of an id, what stands under a name; and what waits
for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from transhumance.connectors.active_directory import diagnosis
from transhumance.connectors.active_directory.changes import is_deleted, is_inside
from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.directory import Directory
from transhumance.connectors.active_directory.echo import version_without
from transhumance.connectors.active_directory.entries import guid_of, settled, version_of
from transhumance.connectors.active_directory.rebase import Turn, tail_of, turn
from transhumance.connectors.active_directory.schema import Schema, read_schema
from transhumance.connectors.active_directory.state import Ours, State
from transhumance.connectors.active_directory.wish import (
    Wish,
    wish_of,
)
from transhumance.connectors.active_directory.writer import Writer
from transhumance.connectors.contract import (
    ANY,
    Container,
    Diagnosis,
    Environment,
    Expect,
    Finding,
    Record,
    Text,
)
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import lowered
from transhumance.connectors.formats.ldapber import Entry, Mod

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


class Opened:
    """One domain, or a part of it, written by one account: its notes, and what is there for a wish."""

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

    def _wish(self, container: Container, key: bytes, record: Record) -> Wish | Finding:
        source = str(container.properties.get("from_base", ""))
        return wish_of(key, record, self._schema, self._config.base, self._root, source)

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

    def _primary_came(self, entry: Entry, value: str) -> bool:
        """Whether the primary group of an account that waited for it is here now, and is its primary one."""
        guid = entry.attributes["objectGUID"][0]
        ours = self._state.by_guid(guid)
        number = int(value.partition("=")[2]).to_bytes(4, "little")
        group = self._state.by_sid(ours.source_sid[:-4] + number) if ours and ours.source_sid else None
        found = self._by_guid(group.guid)[0] if group else None
        if found is None:
            return False
        self._writer.primary(entry, found, int.from_bytes(found.attributes["objectSid"][0][-4:], "little"))
        self._state.waited(guid, "primaryGroupID", [value])
        return True

    # --- links that waited

    def _complete(self, names: list[str] | None) -> set[bytes]:
        """Completes what waited for these names, or all that waits; the ids of the entries that were changed by it."""
        state, touched = self._state, set[bytes]()
        waiting: dict[tuple[bytes, str], list[str]] = {}
        for owner, name, value in state.waiting_for(names):
            waiting.setdefault((owner, name), []).append(value)
        for (owner, name), values in waiting.items():
            entry = self._by_guid(owner)[0]
            if entry is None:
                continue
            if name == "primaryGroupID":
                touched |= {owner} if self._primary_came(entry, values[0]) else set()
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
