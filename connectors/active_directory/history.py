"""What earlier readings knew of names and links, kept between runs.

An entry that is renamed, moved or deleted changes every entry that names it (a group's members, a person's manager),
and a domain controller does not tell those among its changes. So each reading notes who names whom, and a reading of
changes asks who named the entries that have another name now. What is noted is never taken back: several waves may each
go on from a point of their own, and a pass may fail half-way. At worst an entry is read once too often.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from transhumance.connectors.active_directory.entries import RANK_OTHER, key_of, rank_of
from transhumance.connectors.active_directory.spool import dn_hash
from transhumance.connectors.formats.entry import lowered
from transhumance.connectors.formats.ldapber import Entry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS said (what TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (guid BLOB, dnh INTEGER, rank BLOB, seen INTEGER, PRIMARY KEY (guid, dnh))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS link (dnh INTEGER, owner BLOB, PRIMARY KEY (dnh, owner)) WITHOUT ROWID;
"""
_GONE = 0  # a name that no entry has: the mark of one that was seen deleted
# names that are no links to people, or follow from another link
_NO_LINKS = frozenset(
    "objectcategory distinguishedname memberof directreports managedobjects defaultobjectcategory"
    " wellknownobjects otherwellknownobjects subrefs masteredby msds-masteredby".split()
)


class History:
    """The notes on one base of one domain. Safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=60)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # --- noting

    def begin(self, realm: str) -> None:
        """Notes of another database than the one that `realm` names are forgotten."""
        with self._lock:
            row = self._db.execute("SELECT value FROM said WHERE what='realm'").fetchone()
            if row is None or row[0] != realm:
                self._db.executescript("BEGIN; DELETE FROM name; DELETE FROM link; DELETE FROM said; COMMIT;")
                self._db.execute("INSERT OR REPLACE INTO said VALUES ('realm', ?)", (realm,))

    def whole(self, usn: int) -> None:
        """A listing that began at that change number was noted to its end; the first one counts."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO said VALUES ('whole', ?)", (str(usn),))

    def knows(self, realm: str, usn: int) -> bool:
        """Whether a whole listing of that database is noted that is no younger than this change number."""
        with self._lock:
            said = dict(self._db.execute("SELECT what, value FROM said").fetchall())
        return said.get("realm") == realm and "whole" in said and int(said["whole"]) <= usn

    def note(self, entries: Iterable[Entry], suffix: bytes, listing: int = 0) -> None:
        """Notes names and links. `suffix`: what the DN of every entry of the forest ends with, lower case. `listing`:
        the number of the listing from the start that gave them."""
        names, links = [], []
        for entry in entries:
            guid = entry.attributes.get("objectGUID", (b"",))[0]
            rank = rank_of(lowered(entry.attributes))
            names.append((guid, dn_hash(entry.dn.encode("utf-8", "surrogateescape")), rank, listing))
            links += [(dnh, guid) for dnh in _named(entry, suffix)]
        query = "INSERT INTO name VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET seen=excluded.seen, rank=excluded.rank"
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany(query, names)
            self._db.executemany("INSERT OR IGNORE INTO link VALUES (?,?)", links)
            self._db.execute("COMMIT")

    def note_gone(self, guids: Iterable[bytes]) -> None:
        """These were seen deleted: should one come back, those that named it are read again."""
        with self._lock:
            rows = [(guid, _GONE) for guid in guids]
            self._db.executemany("INSERT OR IGNORE INTO name VALUES (?,?,x'',0)", rows)

    # --- asking

    def known(self, guid: bytes) -> bool:
        """Whether an entry was ever listed."""
        with self._lock:
            row = self._db.execute("SELECT 1 FROM name WHERE guid=? AND dnh<>? LIMIT 1", (guid, _GONE)).fetchone()
        return row is not None

    def key(self, guid: bytes) -> bytes:
        """The key that an entry was last listed under."""
        query = "SELECT rank FROM name WHERE guid=? AND dnh<>? ORDER BY seen DESC LIMIT 1"
        with self._lock:
            row = self._db.execute(query, (guid, _GONE)).fetchone()
        return key_of(row[0] if row else RANK_OTHER, guid)

    def absent(self, listing: int) -> list[bytes]:
        """The ids that were listed before, were never seen deleted, and are not in that listing."""
        query = """SELECT DISTINCT guid FROM name WHERE guid <> x'' AND guid NOT IN
                   (SELECT guid FROM name WHERE seen=? OR dnh=?)"""
        with self._lock:
            return [guid for (guid,) in self._db.execute(query, (listing, _GONE)).fetchall()]

    def renamed(self, guid: bytes, dn: str) -> bool:
        """Whether an entry bore another name before, or was deleted."""
        now = dn_hash(dn.encode("utf-8", "surrogateescape"))
        with self._lock:
            row = self._db.execute("SELECT 1 FROM name WHERE guid=? AND dnh<>? LIMIT 1", (guid, now)).fetchone()
        return row is not None

    def who_named(self, guid: bytes) -> Iterator[bytes]:
        """The ids of the entries that named it, under any of its names."""
        query = "SELECT DISTINCT owner FROM link JOIN name ON link.dnh = name.dnh WHERE name.guid=?"
        with self._lock:
            found = self._db.execute(query, (guid,)).fetchall()
        yield from (owner for (owner,) in found if owner)


def _named(entry: Entry, suffix: bytes) -> set[int]:
    """The names that an entry's values are. A DN with a binary part before it (`B:32:...:CN=...`) is one too."""
    found: set[int] = set()
    for name, values in entry.attributes.items():
        if name.lower() in _NO_LINKS or not values or not values[0][-len(suffix) :].lower() == suffix:
            continue
        for value in values:
            if value[-len(suffix) :].lower() == suffix:
                found.add(dn_hash(value[value.rfind(b":") + 1 :] if value[:2] == b"B:" else value))
    return found
