"""What the target must remember of the server beyond a run, in one SQLite file of the endpoint's state folder, durable
before any step that it is for: entries as they were, stand-ins of ours, and what our steps changed in other entries."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal

from transhumance.connectors.contract import Before, Environment
from transhumance.connectors.formats.durable import stop_if_full
from transhumance.connectors.formats.ldapber import Entry
from transhumance.connectors.formats.ldif import LdifError, LdifRecord, parse_record, write_record
from transhumance.connectors.ldap.stored import Undone

_SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS image (id INTEGER PRIMARY KEY, key BLOB, version TEXT, entry BLOB);
CREATE INDEX IF NOT EXISTS image_of ON image (key, version);
CREATE TABLE IF NOT EXISTS glue (dn TEXT PRIMARY KEY, depth INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alias (old BLOB PRIMARY KEY, new BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drift (id INTEGER PRIMARY KEY, key BLOB, attribute TEXT, now TEXT, before TEXT);
CREATE INDEX IF NOT EXISTS drift_of ON drift (key);
CREATE TABLE IF NOT EXISTS origin (base TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS touched (dn TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS severed (id BLOB, key BLOB, attribute TEXT, dn TEXT, whole TEXT,
  PRIMARY KEY (id, key, attribute)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS severed_of ON severed (key);
"""


@dataclass(frozen=True, slots=True)
class Severed:
    """A link that goes with the entry that it names. `id`: the 16 bytes of what identifies that entry for good. `key`:
    of the holder, in whose `attribute` (lower case) the name `dn` stood. `whole`: the holder's version with all names
    that were so taken from it."""

    id: bytes
    key: bytes
    attribute: str
    dn: str
    whole: str


class State:
    """The memory of one target. Safe to use from several threads."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None

    @property
    def _file(self) -> Path:
        return (self._environment.state or self._environment.spool) / "ldap-target.sqlite"

    @property
    def exists(self) -> bool:
        """Whether anything was ever remembered."""
        return self._opened is not None or self._file.exists()

    @property
    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            file = self._environment.kept / self._file.name
            if not file.exists():
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))  # it may hold passwords' digests
            self._opened = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=30)
            self._opened.executescript(_SCHEMA)
        return self._opened

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

    def _run(self, query: str, rows: Iterable[tuple[object, ...]]) -> None:
        """All of these rows, in one transaction that is durable at its end."""
        rows = list(rows)
        if not rows:
            return
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(query, rows)
                self._db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if "full" in str(error):
                    stop_if_full(OSError(28, os.strerror(28)))
                raise

    def _ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    # --- where names come from

    def came_from(self, base: str) -> None:
        """That entries of a source with this base are written here."""
        if base and (base,) not in self._ask("SELECT base FROM origin"):
            self._run("INSERT INTO origin VALUES (?)", [(base,)])

    def origin(self) -> str:
        """The one base that entries came from; empty where nothing was written, or from several."""
        found = self._ask("SELECT base FROM origin LIMIT 2") if self.exists else []
        return str(found[0][0]) if len(found) == 1 else ""

    # --- before-images

    def keep(self, images: Iterable[tuple[bytes, str, Entry]]) -> list[Before]:
        """Entries as they are, each with its key and version, durable on return."""
        rows = [(key, version, write_record(LdifRecord(e.dn, e.attributes))) for key, version, e in images]
        if not rows:
            return []
        with self._lock:
            last = self._db.execute("SELECT coalesce(max(id), 0) FROM image").fetchone()[0]
            numbered = [(last + 1 + at, *row) for at, row in enumerate(rows)]
            self._run("INSERT INTO image VALUES (?,?,?,?)", numbered)
        return [Before(f"{number}:{version}") for number, _, version, _ in numbered]

    def image(self, before: Before) -> Entry | None:
        """The entry of a token, or None where it is not kept any more."""
        number, _, version = before.token.partition(":")
        if not number.isdigit():
            return None
        for (data,) in self._ask("SELECT entry FROM image WHERE id=? AND version=?", int(number), version):
            try:
                record = parse_record(data)  # type: ignore[arg-type]
            except LdifError:
                return None
            return Entry(record.dn, dict(record.attributes))
        return None

    def image_of(self, key: bytes, version: str) -> Before:
        """The last image of a key in a version: for settling after a crash."""
        rows = self._ask("SELECT max(id) FROM image WHERE key=? AND version=?", key, version)
        return Before(f"{rows[0][0]}:{version}") if rows and rows[0][0] is not None else Before()

    # --- stand-ins

    def add_glue(self, dns: Iterable[tuple[str, int]]) -> None:
        self._run("INSERT OR REPLACE INTO glue VALUES (?,?)", list(dns))

    def glue(self) -> list[str]:
        """The stand-ins, deepest first."""
        return [str(dn) for (dn,) in self._ask("SELECT dn FROM glue ORDER BY depth DESC, dn")]

    def drop_glue(self, dns: Iterable[str]) -> None:
        self._run("DELETE FROM glue WHERE dn=?", [(dn,) for dn in dns])

    # --- what our steps changed elsewhere

    def alias(self, old: bytes, new: bytes) -> None:
        """An entry that was put back has another key than before."""
        if old != new:
            self._run("INSERT OR REPLACE INTO alias VALUES (?,?)", [(old, new)])

    def now(self, key: bytes) -> bytes:
        """The key that an entry has now."""
        for _ in range(64):
            rows = self._ask("SELECT new FROM alias WHERE old=?", key)
            if not rows:
                return key
            key = bytes(rows[0][0])  # type: ignore[call-overload]
        return key

    def drifted(self, rows: Iterable[tuple[bytes, str, str, str | None]]) -> None:
        """That a step of ours changes other entries: each with its key, its attribute, the name that will stand there
        (a `+` before one that goes) and the name that stood there."""
        self._run("INSERT INTO drift (key, attribute, now, before) VALUES (?,?,?,?)", list(rows))

    def undone(self, key: bytes) -> Undone:
        """What to take back in an entry to see it as it was when its version was last told."""
        found: Undone = {}
        for attribute, now, before in self._ask(
            "SELECT attribute, now, before FROM drift WHERE key=? ORDER BY id DESC", key
        ):
            found.setdefault(str(attribute), {})[str(now)] = None if before is None else str(before)
        return found

    def told(self, keys: Iterable[bytes]) -> None:
        """These entries' versions are told anew."""
        with self._lock:
            if self._ask("SELECT 1 FROM drift LIMIT 1"):
                self._run("DELETE FROM drift WHERE key=?", [(key,) for key in keys])

    # --- links that went with what we removed

    def sever(self, rows: Iterable[Severed]) -> None:
        """Links that a removal of ours takes, durable on return. Unlike drift they last until they are put back or the
        holder is written without them, whatever is told of it meanwhile."""
        self._run("INSERT OR REPLACE INTO severed VALUES (?,?,?,?,?)", [astuple(row) for row in rows])

    def severed(self, column: Literal["id", "key"], values: Iterable[bytes]) -> list[Severed]:
        """The links to those that went with these ids, or of the holders of these keys."""
        if not self.exists or not self._ask("SELECT 1 FROM severed LIMIT 1"):
            return []
        query = f"SELECT id, key, attribute, dn, whole FROM severed WHERE {column}=? ORDER BY key, attribute, dn"
        return [Severed(*row) for value in dict.fromkeys(values) for row in self._ask(query, value)]  # type: ignore[arg-type]

    def mended(self, rows: Iterable[Severed]) -> None:
        """These links need nothing any more."""
        self._run(
            "DELETE FROM severed WHERE id=? AND key=? AND attribute=?", [(r.id, r.key, r.attribute) for r in rows]
        )

    # --- groups to look at when a pass ends

    def touch(self, dns: Iterable[str]) -> None:
        self._run("INSERT OR IGNORE INTO touched VALUES (?)", [(dn,) for dn in dns])

    def touched(self) -> Iterator[str]:
        yield from (str(dn) for (dn,) in self._ask("SELECT dn FROM touched ORDER BY dn"))

    def untouch(self, dns: Iterable[str]) -> None:
        self._run("DELETE FROM touched WHERE dn=?", [(dn,) for dn in dns])
