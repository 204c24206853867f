"""What one reading of a directory gave, on disk: entries in order of key, who names whom. Memory stays flat whatever
the number of entries."""

from __future__ import annotations

import json
import marshal
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, NamedTuple

from transhumance.connectors.active_directory.codes import UNREADABLE
from transhumance.connectors.active_directory.entries import guid_of, key_of, rank_of, settled, version_of
from transhumance.connectors.contract import Fault, ItemRef, Selector, Subject, Value
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import AD, KIND, guid_text, lowered
from transhumance.connectors.formats.ldapber import Entry
from transhumance.connectors.formats.ldif import LdifRecord
from transhumance.connectors.formats.people import Profile, members_of, profile

PAGE = 5000
_GONE = "-"  # the version of what is deleted
_SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8192; PRAGMA temp_store=FILE;
CREATE TABLE entry (key BLOB PRIMARY KEY, version TEXT, size INTEGER, dnh INTEGER, sid TEXT, said TEXT, whole BLOB)
  WITHOUT ROWID;
CREATE TABLE member (who INTEGER, grp TEXT, PRIMARY KEY (who, grp)) WITHOUT ROWID;
BEGIN;
"""


class Part(NamedTuple):
    """A part of a listing: items, faults, keys of what is gone, and the key to go on after, None where that was all."""

    refs: tuple[ItemRef, ...]
    faults: tuple[Fault, ...]
    gone: tuple[bytes, ...]
    after: bytes | None


def dn_hash(dn: bytes) -> int:
    """A name as a number: a domain controller spells a name the same way wherever it gives it, but for case."""
    folded = dn.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")
    return int.from_bytes(blake2b(folded, digest_size=8).digest(), "big", signed=True)


class Spool:
    """One reading, filled once, then read from several threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"ad-{uuid.uuid4().hex}.db"
        self._lock = threading.RLock()
        self._db = sqlite3.connect(self._file, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Drops it."""
        with self._lock:
            self._db.close()
            self._file.unlink(missing_ok=True)

    # --- filling

    def add(self, entries: Iterable[Entry]) -> None:
        """Takes entries in. One that comes twice, because it moved meanwhile, is kept as it came last."""
        rows, members = [], []
        for entry in entries:
            attributes = settled(entry.attributes)
            lower = lowered(attributes)
            guid = lower.get("objectguid", (b"",))[0]
            if len(guid) != 16:
                rows.append(_unreadable(entry))
                continue
            said = profile(LdifRecord(entry.dn, attributes), lower)
            raw = entry.dn.encode("utf-8", "surrogateescape")
            fields = {name: getattr(said, name) for name in Profile.__slots__ if name != "sid"}
            whole = marshal.dumps((entry.dn, attributes))
            version = version_of(entry.dn, attributes)
            key = key_of(rank_of(lower), guid)
            rows.append((key, version, len(whole), dn_hash(raw), said.sid, json.dumps(fields), whole))
            members += [(dn_hash(dn.encode("utf-8", "surrogateescape")), said.dn) for dn in members_of(lower)]
        with self._lock:
            self._db.executemany("INSERT OR REPLACE INTO entry VALUES (?,?,?,?,?,?,?)", rows)
            self._db.executemany("INSERT OR IGNORE INTO member VALUES (?,?)", members)

    def complete(self) -> None:
        """All is taken in: look-ups by SID become quick."""
        with self._lock:
            self._db.execute("CREATE INDEX IF NOT EXISTS entry_sid ON entry (sid) WHERE sid <> ''")

    def gone(self, keys: Iterable[bytes]) -> None:
        """These are deleted."""
        self._mark([(key, _GONE, 0, 0, "", "", b"") for key in keys])

    def unreadable(self, key: bytes) -> None:
        """This one is there, and can't be read."""
        self._mark([(key, "", 0, 0, "", "it changed, and shows itself no more to this account", b"")])

    def _mark(self, rows: list[tuple[Any, ...]]) -> None:
        with self._lock:
            self._db.executemany("INSERT OR IGNORE INTO entry VALUES (?,?,?,?,?,?,?)", rows)

    # --- reading

    def page(self, after: bytes, limit: int) -> Part:
        """What comes after a key."""
        query = "SELECT key, version, size, said FROM entry WHERE key > ? ORDER BY key LIMIT ?"
        with self._lock:
            rows = self._db.execute(query, (after, limit + 1)).fetchall()
        shown = rows[:limit]
        refs = tuple(ref_of(key, version, size) for key, version, size, _ in shown if version not in ("", _GONE))
        faults = tuple(Fault(key, UNREADABLE, said, KIND, AD) for key, version, _, said in shown if not version)
        gone = tuple(key for key, version, _, _ in shown if version == _GONE)
        return Part(refs, faults, gone, shown[-1][0] if len(rows) > limit else None)

    def whole(self, key: bytes) -> tuple[str, dict[str, tuple[bytes, ...]], str] | None:
        """An entry's name, attributes and version; None where it is not there."""
        with self._lock:
            row = self._db.execute("SELECT whole, version FROM entry WHERE key=?", (key,)).fetchone()
        if row is None or row[1] in ("", _GONE):
            return None
        dn, attributes = marshal.loads(row[0])
        return dn, attributes, row[1]

    def subjects(self, selector: Selector, forest: Sequence[Spool]) -> Iterator[Subject]:
        """The subjects that the selector wants, in order of key. `forest`: every domain's spool, this one too: a group
        of another domain may name them."""
        if selector.keys is not None:
            for key in sorted(selector.keys):
                yield from self._subjects("WHERE key=? AND size > 0", (key,), forest)
            return
        last = b""
        while found := list(self._subjects("WHERE key > ? AND size > 0 ORDER BY key LIMIT 500", (last,), forest)):
            yield from found
            last = found[-1].key

    def _subjects(self, where: str, args: tuple[Any, ...], forest: Sequence[Spool]) -> Iterator[Subject]:
        with self._lock:
            rows = self._db.execute(f"SELECT key, dnh, said FROM entry {where}", args).fetchall()
        for key, dnh, text in rows:
            said = json.loads(text)
            groups = [group for spool in forest for group in spool.groups(dnh, said["primary"])]
            yield Subject(key, said["kind"], said["name"], said["mail"], _attributes(said, groups))

    def groups(self, dnh: int, primary: str) -> list[str]:
        """The DNs of the groups here that name an entry, and of its primary group, told by SID."""
        with self._lock:
            found = [grp for (grp,) in self._db.execute("SELECT grp FROM member WHERE who=?", (dnh,))]
            if primary:
                query = "SELECT json_extract(said, '$.dn') FROM entry WHERE sid=?"
                found += [grp for (grp,) in self._db.execute(query, (primary,))]
        return found


def ref_of(key: bytes, version: str, size: int) -> ItemRef:
    """The line of a listing for an entry."""
    stable = guid_text(guid_of(key)) or ""
    return ItemRef(key, version, KIND, AD, size, stable.encode(), subject=key)


def _unreadable(entry: Entry) -> tuple[Any, ...]:
    """An entry that shows no objectGUID to this account: told as a fault, under a key of its name."""
    raw = entry.dn.encode("utf-8", "surrogateescape")
    key = b"unreadable:" + sha256(raw).hexdigest()[:16].encode()
    return key, "", 0, dn_hash(raw), "", raw.decode("utf-8", "replace"), b""


def _attributes(said: Mapping[str, Any], named_by: list[str]) -> dict[str, Value]:
    """What a plan may select by. A group that is named twice, in different case, is one."""
    groups = {dn_key(group): group for group in (*named_by, *said.get("groups", ()))}
    return {
        "dn": said["dn"],
        "ou": said["ou"],
        "groups": tuple(groups[name] for name in sorted(groups)),
        "disabled": said["disabled"],
        "mail": said["mail"],
        "login": said["login"],
        "upn": said["upn"],
        "builtin": said["builtin"],
        "dependants": tuple(said["dependants"]),
    }
