"""What a folder of exports holds, on disk: items with their places, subjects, and who names whom as a member. Memory
stays flat whatever the number of entries."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from transhumance.connectors.contract import Fault, ItemRef, Page, Selector, Subject, Value
from transhumance.connectors.formats.dn import DnError, dn_key, split_dn
from transhumance.connectors.formats.entry import KIND, LDIF, Lower, is_change, lowered
from transhumance.connectors.formats.ldif import LdifRecord
from transhumance.connectors.formats.ldif_stream import DAMAGED, INCOMPLETE, TOO_LARGE, URL, Found
from transhumance.connectors.formats.people import Profile, members_of, profile, text
from transhumance.connectors.ldif.entries import change_key, form_of, keys, raw_name, version_of

PAGE = 5000
FAULT_CODES = {DAMAGED: "ID-LDIF-01", URL: "ID-LDIF-02", TOO_LARGE: "ID-LDIF-03", INCOMPLETE: "ID-LDIF-04"}
_SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8192; PRAGMA temp_store=FILE;
CREATE TABLE item (file INTEGER, key BLOB, version TEXT, form TEXT, source TEXT, start INTEGER, size INTEGER,
  stable BLOB, subject BLOB, PRIMARY KEY (file, key)) WITHOUT ROWID;
CREATE TABLE gone (file INTEGER, start INTEGER, size INTEGER);
CREATE TABLE twin (file INTEGER, key BLOB, n INTEGER, PRIMARY KEY (file, key)) WITHOUT ROWID;
CREATE TABLE subject (key BLOB PRIMARY KEY, dn BLOB, sid TEXT, said TEXT) WITHOUT ROWID;
CREATE TABLE member (who BLOB, grp TEXT, PRIMARY KEY (who, grp)) WITHOUT ROWID;
CREATE TABLE change (file INTEGER, key BLOB, dn BLOB, name TEXT, PRIMARY KEY (file, key)) WITHOUT ROWID;
BEGIN;
"""
_ITEM = "key, version, form, source, start, size"


class Item(NamedTuple):
    """An entry of the index: its version, and where it lies: `source` is `f` for the file, `j` for its journal."""

    key: bytes
    version: str
    form: str
    source: str
    start: int
    size: int

    @property
    def locator(self) -> str:
        """The place as a ref carries it."""
        return f"{self.source}:{self.start}:{self.size}"


def read_locator(said: str) -> tuple[str, int, int] | None:
    """The place again, or None where it is not one."""
    parts = said.split(":")
    if len(parts) != 3 or parts[0] not in ("f", "j") or not (parts[1].isdigit() and parts[2].isdigit()):
        return None
    return parts[0], int(parts[1]), int(parts[2])


class Index:
    """The index of some files, numbered by their caller; without `subjects`, of their items only. Safe to use from
    several threads."""

    def __init__(self, file: Path, subjects: bool = True) -> None:
        self._with_subjects = subjects
        self._lock = threading.RLock()
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._changes: dict[int, int] = {}
        self._suffix: tuple[str, ...] | None = None

    @property
    def base(self) -> str:
        """What the names of all entries end in: the domain (its `DC=` parts, RFC 2247) where there is one, else the
        last part; empty where nothing is common to all."""
        parts = self._suffix or ()
        count = next((at for at, part in enumerate(parts) if not part.lower().startswith("dc=")), len(parts))
        return ",".join(reversed(parts[: count or 1]))

    def close(self) -> None:
        """Drops the index."""
        with self._lock:
            self._db.close()
            self._file.unlink(missing_ok=True)

    # --- filling

    def add(self, file: int, name: str, found: Found, source: str = "f") -> bytes:
        """Takes in what was found in a file; returns its key."""
        with self._lock:
            if found.record is None:
                return self._add_trouble(file, name, found)
            if is_change(found.record):
                return self._add_change(file, found, found.record)
            return self._add_entry(file, found, found.record, source)

    def _add_trouble(self, file: int, name: str, found: Found) -> bytes:
        assert found.trouble is not None
        trouble = found.trouble
        key = b"unreadable:" + hashlib.sha256(trouble.kind.encode() + found.raw).hexdigest()[:16].encode()
        detail = f"{name}:{trouble.line}: {trouble.reason}" if trouble.line else f"{name}: {trouble.reason}"
        return self._insert(file, Item(key, FAULT_CODES[trouble.kind], "", detail, 0, found.size), None, b"")

    def _add_change(self, file: int, found: Found, record: LdifRecord) -> bytes:
        number = self._changes[file] = self._changes.get(file, 0) + 1
        version = version_of(record)
        key = change_key(number, version)
        self._insert(file, Item(key, version, LDIF, "f", found.start, found.size), None, b"")
        row = (file, key, raw_name(dn_key(record.dn)), text(record.dn))
        self._db.execute("INSERT INTO change VALUES (?,?,?,?)", row)
        return key

    def _add_entry(self, file: int, found: Found, record: LdifRecord, source: str) -> bytes:
        lower = lowered(record.attributes)
        own, subject, stable = keys(record, lower)
        item = Item(own, version_of(record), form_of(lower), source, found.start, found.size)
        key = self._insert(file, item, stable, subject)
        if record.dn:
            self._suffix = _common(self._suffix, record.dn)
        if self._with_subjects:
            self._describe(subject, record, lower)
        return key

    def _insert(self, file: int, item: Item, stable: bytes | None, subject: bytes) -> bytes:
        """A key that comes again is kept apart as `KEY#2`, `KEY#3`, ..."""
        key, query = item.key, "INSERT OR IGNORE INTO item VALUES (?,?,?,?,?,?,?,?,?)"
        while not self._db.execute(query, (file, key, *item[1:], stable, subject)).rowcount:
            twin = "INSERT INTO twin VALUES (?,?,2) ON CONFLICT DO UPDATE SET n=n+1 RETURNING n"
            key = item.key + b"#%d" % self._db.execute(twin, (file, item.key)).fetchone()
        return key

    def _describe(self, key: bytes, record: LdifRecord, lower: Lower) -> None:
        said = profile(record, lower)
        fields = {name: getattr(said, name) for name in Profile.__slots__ if name != "sid"}
        row = (key, raw_name(dn_key(record.dn)), said.sid, json.dumps(fields))
        self._db.execute("INSERT OR REPLACE INTO subject VALUES (?,?,?,?)", row)
        rows = [(raw_name(dn_key(dn)), said.dn) for dn in members_of(lower)]
        self._db.executemany("INSERT OR IGNORE INTO member VALUES (?,?)", rows)

    def drop(self, file: int, key: bytes) -> Item | None:
        """Forgets an item, and its subject where it was the only one of it; returns what it was."""
        with self._lock:
            old = self.find(file, key)
            if old and old.source == "f":
                self._db.execute("INSERT INTO gone VALUES (?,?,?)", (file, old.start, old.size))
            query = "DELETE FROM item WHERE file=? AND key=? RETURNING subject"
            for (subject,) in self._db.execute(query, (file, key)).fetchall():
                self._db.execute(
                    "DELETE FROM subject WHERE key=? AND NOT EXISTS (SELECT 1 FROM item WHERE subject=?)",
                    (subject, subject),
                )
            return old

    def complete(self) -> None:
        """All is taken in: look-ups by DN and SID become quick, changes find their subjects."""
        with self._lock:
            self._db.executescript(
                "CREATE INDEX IF NOT EXISTS subject_dn ON subject (dn);"
                "CREATE INDEX IF NOT EXISTS subject_sid ON subject (sid) WHERE sid <> '';"
            )
            for file, key, dn, name in self._db.execute("SELECT file, key, dn, name FROM change").fetchall():
                known = self._db.execute("SELECT key FROM subject WHERE dn=?", (dn,)).fetchone()
                subject = known[0] if known else dn or b"rootdse"
                if not known:
                    said = json.dumps({"kind": "other", "name": name, "mail": None, "dn": name})
                    self._db.execute("INSERT OR IGNORE INTO subject VALUES (?,?,'',?)", (subject, dn, said))
                self._db.execute("UPDATE item SET subject=? WHERE file=? AND key=?", (subject, file, key))

    # --- reading

    def page(self, file: int, cursor: bytes | None) -> Page:
        """The items after the cursor, which is the last key of the page before; faults lie among them by key."""
        after = "AND key > ?" if cursor is not None else ""
        args: tuple[Any, ...] = (file, cursor, PAGE + 1) if cursor is not None else (file, PAGE + 1)
        query = f"SELECT {_ITEM}, stable, subject FROM item WHERE file=? {after} ORDER BY key LIMIT ?"
        with self._lock:
            rows = self._db.execute(query, args).fetchall()
        shown = [(Item(*row[:6]), row[6], row[7]) for row in rows[:PAGE]]
        refs = tuple(
            ItemRef(i.key, i.version, KIND, i.form, i.size, stable, i.locator, subject=subject)
            for i, stable, subject in shown
            if i.form
        )
        faults = tuple(Fault(i.key, i.version, i.source, KIND, LDIF) for i, _, _ in shown if not i.form)
        return Page(refs, shown[-1][0].key if len(rows) > PAGE else None, faults=faults)

    def find(self, file: int, key: bytes) -> Item | None:
        """One item, or None."""
        query = f"SELECT {_ITEM} FROM item WHERE file=? AND key=? AND form<>''"
        with self._lock:
            row = self._db.execute(query, (file, key)).fetchone()
        return Item(*row) if row else None

    def gone(self, file: int) -> Iterator[tuple[int, int]]:
        """Where the items that were dropped lie in the file, in order of place."""
        yield from self._db.execute("SELECT start, size FROM gone WHERE file=? ORDER BY start", (file,))

    def journaled(self, file: int) -> Iterator[Item]:
        """The items that lie in the journal, in order of place."""
        query = f"SELECT {_ITEM} FROM item WHERE file=? AND source='j' AND form<>'' ORDER BY start"
        yield from (Item(*row) for row in self._db.execute(query, (file,)))

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        """The subjects that the selector wants, in order of key."""
        if selector.keys is not None:
            for key in sorted(selector.keys):
                yield from self._subjects("WHERE key=?", (key,))
            return
        last = b""
        while found := list(self._subjects("WHERE key > ? ORDER BY key LIMIT 500", (last,))):
            yield from found
            last = found[-1].key

    def _subjects(self, where: str, args: tuple[Any, ...]) -> Iterator[Subject]:
        with self._lock:
            rows = self._db.execute(f"SELECT key, dn, said FROM subject {where}", args).fetchall()
            found = [(key, json.loads(said), self._groups(dn, said)) for key, dn, said in rows]
        for key, said, groups in found:
            yield Subject(key, said["kind"], said["name"], said["mail"], _attributes(said, groups))

    def _groups(self, dn: bytes, said: str) -> list[str]:
        """The DNs of the groups that name it, and of its primary group."""
        rows = self._db.execute("SELECT grp FROM member WHERE who=?", (dn,)).fetchall() if dn else []
        if primary := json.loads(said).get("primary"):
            rows += self._db.execute(
                "SELECT json_extract(said, '$.dn') FROM subject WHERE sid=?", (primary,)
            ).fetchall()
        return [group for (group,) in rows]


def _common(known: tuple[str, ...] | None, dn: str) -> tuple[str, ...]:
    """What a name has in common with the end of those before it, from the right."""
    try:
        parts = [part.strip() for part in reversed(split_dn(dn))]
    except DnError:
        return known or ()
    if known is None:
        return tuple(parts)
    pairs = zip(known, parts, strict=False)
    count = next((at for at, (a, b) in enumerate(pairs) if a.lower() != b.lower()), min(len(known), len(parts)))
    return known[:count]


def _attributes(said: Mapping[str, Any], named_by: list[str]) -> dict[str, Value]:
    """What a plan may select by. A group that is named twice, in different case, is one."""
    groups = {dn_key(group): group for group in (*named_by, *said.get("groups", ()))}
    return {
        "dn": said["dn"],
        "ou": said.get("ou", ""),
        "groups": tuple(groups[name] for name in sorted(groups)),
        "disabled": said.get("disabled", False),
        "mail": said["mail"],
        "login": said.get("login", ""),
        "upn": said.get("upn", ""),
        "builtin": said.get("builtin", False),
        "dependants": tuple(said.get("dependants", ())),
    }
