"""What a target must remember of what it wrote: which entry is whose, links that wait for their other end, places to be
taken away again, before-images. Durable at each step."""

from __future__ import annotations

import marshal
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.ldapber import Entry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS ours (key BLOB PRIMARY KEY, guid BLOB, dn TEXT, dnk TEXT, names TEXT, source_guid BLOB,
  source_sid BLOB, source_dn TEXT, tail TEXT, version TEXT, now TEXT, done INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ours_guid ON ours (guid);
CREATE INDEX IF NOT EXISTS ours_sid ON ours (source_sid);
CREATE TABLE IF NOT EXISTS pending (owner BLOB, name TEXT, value TEXT, dnk TEXT, PRIMARY KEY (owner, name, dnk))
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pending_dn ON pending (dnk);
CREATE TABLE IF NOT EXISTS glue (guid BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leaving (guid BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS echo (seq INTEGER PRIMARY KEY, owner BLOB, name TEXT, old TEXT, new TEXT);
CREATE INDEX IF NOT EXISTS echo_owner ON echo (owner);
CREATE TABLE IF NOT EXISTS image (token TEXT PRIMARY KEY, guid BLOB, version TEXT, whole BLOB) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS image_guid ON image (guid, version);
"""
_OURS = "key, guid, dn, names, source_guid, source_sid, source_dn, tail, version, now, done"


@dataclass(frozen=True, slots=True)
class Ours:
    """One entry that was written here. `key`: its key at the source. `guid`: its id here, empty while it is being made.
    `dn`: its name here. `names`: the attributes that were given. `source_*`: what it was there; `tail`: the end of its
    name there that stands for this base. `version`: as it was told when it was written; `now`: after we completed it
    later. `done`: not in the middle of being written."""

    key: bytes
    guid: bytes
    dn: str
    names: frozenset[str]
    source_guid: bytes
    source_sid: bytes
    source_dn: str
    tail: str
    version: str = ""
    now: str = ""
    done: bool = False

    @property
    def copy(self) -> bool:
        """Whether it is another entry than the source's, with an id of its own."""
        return self.source_guid != self.guid


class State:
    """The notes of one target. Safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=60)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # --- whose an entry is

    def put(self, ours: Ours) -> None:
        row = (
            ours.key, ours.guid, ours.dn, dn_key(ours.dn), " ".join(sorted(ours.names)), ours.source_guid,
            ours.source_sid, ours.source_dn, ours.tail, ours.version, ours.now, int(ours.done),
        )  # fmt: skip
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO ours VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row)

    def drop(self, guid: bytes) -> None:
        """Forgets an entry, as it is gone."""
        with self._lock:
            for table, column in (
                ("ours", "guid"),
                ("pending", "owner"),
                ("glue", "guid"),
                ("leaving", "guid"),
                ("echo", "owner"),
            ):
                self._db.execute(f"DELETE FROM {table} WHERE {column}=?", (guid,))

    def by_key(self, key: bytes) -> Ours | None:
        return self._one("key=?", key)

    def by_guid(self, guid: bytes) -> Ours | None:
        return self._one("guid=?", guid)

    def by_sid(self, sid: bytes) -> Ours | None:
        """What a SID of the source is here."""
        return self._one("source_sid=? AND guid<>x''", sid) if sid else None

    def _one(self, where: str, value: bytes) -> Ours | None:
        with self._lock:
            row = self._db.execute(f"SELECT {_OURS} FROM ours WHERE {where} LIMIT 1", (value,)).fetchone()
        if row is None:
            return None
        key, guid, dn, names, source_guid, source_sid, source_dn, tail, version, now, done = row
        given = frozenset(names.split())
        return Ours(key, guid, dn, given, source_guid, source_sid, source_dn, tail, version, now, bool(done))

    # --- what our steps did to other entries

    def echo(self, owner: bytes, name: str, old: str, new: str) -> None:
        """A step of ours made a value of another entry another one, or took it away (`new` empty). `name`: `dn` for its
        own name."""
        with self._lock:
            row = (owner, name, old, new)
            self._db.execute("INSERT INTO echo (owner, name, old, new) VALUES (?,?,?,?)", row)

    def echoes(self, owner: bytes) -> list[tuple[str, str, str]]:
        """Name, old and new of each, the last first."""
        with self._lock:
            query = "SELECT name, old, new FROM echo WHERE owner=? ORDER BY seq DESC"
            return self._db.execute(query, (owner,)).fetchall()

    def forget_echoes(self, owner: bytes) -> None:
        with self._lock:
            self._db.execute("DELETE FROM echo WHERE owner=?", (owner,))

    # --- links that wait

    def wait(self, owner: bytes, name: str, values: Iterable[str]) -> None:
        """These values of an entry wait for the entries that they name."""
        rows = [(owner, name, value, dn_key(value)) for value in values]
        with self._lock:
            self._db.executemany("INSERT OR IGNORE INTO pending VALUES (?,?,?,?)", rows)

    def waiting_of(self, owner: bytes) -> dict[str, set[str]]:
        """What waits of an entry: attribute (lower case) to names as they are matched."""
        with self._lock:
            rows = self._db.execute("SELECT name, dnk FROM pending WHERE owner=?", (owner,)).fetchall()
        found: dict[str, set[str]] = {}
        for name, dnk in rows:
            found.setdefault(name.lower(), set()).add(dnk)
        return found

    def waiting_for(self, dns: Iterable[str] | None = None) -> Iterator[tuple[bytes, str, str]]:
        """Owner, attribute and value of what waits for these names, or of all that waits."""
        with self._lock:
            if dns is None:
                found = self._db.execute("SELECT owner, name, value FROM pending ORDER BY owner, name").fetchall()
            else:
                query = "SELECT owner, name, value FROM pending WHERE dnk=?"
                found = [row for dn in dns for row in self._db.execute(query, (dn_key(dn),)).fetchall()]
        yield from found

    def waited(self, owner: bytes, name: str | None = None, values: Iterable[str] | None = None) -> None:
        """These wait no longer; without a name: nothing of the entry does."""
        with self._lock:
            if name is None:
                self._db.execute("DELETE FROM pending WHERE owner=?", (owner,))
            for value in values or ():
                self._db.execute("DELETE FROM pending WHERE owner=? AND name=? AND dnk=?", (owner, name, dn_key(value)))

    def count_waiting(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM pending").fetchone()[0])

    # --- places made on the way, entries to be taken away when they are empty

    def mark(self, table: str, guid: bytes) -> None:
        """`glue`: a place that we made because something lies in it. `leaving`: to be removed once it is empty."""
        with self._lock:
            self._db.execute(f"INSERT OR IGNORE INTO {table} VALUES (?)", (guid,))

    def unmark(self, table: str, guid: bytes) -> None:
        with self._lock:
            self._db.execute(f"DELETE FROM {table} WHERE guid=?", (guid,))

    def marked(self, table: str) -> list[bytes]:
        with self._lock:
            return [guid for (guid,) in self._db.execute(f"SELECT guid FROM {table}")]

    def is_marked(self, table: str, guid: bytes) -> bool:
        with self._lock:
            return self._db.execute(f"SELECT 1 FROM {table} WHERE guid=?", (guid,)).fetchone() is not None

    # --- before-images

    def keep(self, guid: bytes, version: str, entry: Entry) -> str:
        """The token of an image that is durable now."""
        token = uuid.uuid4().hex
        with self._lock:
            row = (token, guid, version, marshal.dumps((entry.dn, entry.attributes)))
            self._db.execute("INSERT INTO image VALUES (?,?,?,?)", row)
        return token

    def image(self, token: str) -> tuple[bytes, Entry] | None:
        """The id and the entry of an image, or None where it is not there any more."""
        with self._lock:
            row = self._db.execute("SELECT guid, whole FROM image WHERE token=?", (token,)).fetchone()
        return (row[0], Entry(*marshal.loads(row[1]))) if row else None

    def image_of(self, guid: bytes, version: str) -> str:
        """The token of the image of an entry in a version; empty where none was kept."""
        query = "SELECT token FROM image WHERE guid=? AND version=? LIMIT 1"
        with self._lock:
            row = self._db.execute(query, (guid, version)).fetchone()
        return row[0] if row else ""
