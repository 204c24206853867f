"""What a listing has read, on disk, so that it can be given in order of key: memory stays flat whatever the number of
objects."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from transhumance.connectors.formats.graph_entry import Json, clean, key_of, version_of

_SCHEMA = """
PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=OFF; PRAGMA cache_size=-8192; PRAGMA temp_store=FILE;
CREATE TABLE object (id TEXT PRIMARY KEY, kind TEXT, said TEXT, key BLOB, version TEXT) WITHOUT ROWID;
CREATE TABLE member (who TEXT, grp TEXT, PRIMARY KEY (who, grp)) WITHOUT ROWID;
CREATE TABLE touched (id TEXT PRIMARY KEY, kind TEXT, renamed INTEGER) WITHOUT ROWID;
CREATE TABLE removed (id TEXT PRIMARY KEY, kind TEXT) WITHOUT ROWID;
CREATE TABLE gone (key BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE fault (key BLOB PRIMARY KEY, code TEXT, detail TEXT) WITHOUT ROWID;
"""


INVENTORY = b"9"


class Row(NamedTuple):
    """One line of the listing in order of key. `what`: `object`, `gone`, `fault`."""

    key: bytes
    what: str
    id: str
    kind: str
    text: str
    size: int


class Spool:
    """The objects of one listing, by id until it is complete, by key then. May be used from several threads."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._lock = file, threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()
            self._file.unlink(missing_ok=True)

    def _all(self, query: str, *args: Any) -> list[Any]:
        with self._lock:
            return self._db.execute(query, args).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Alone, and all or nothing."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # --- filling

    def put(self, kind: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Takes objects in. One that comes again, whole or in part, completes what was there."""
        with self._transaction():
            for item in items:
                self._put(kind, dict(item))

    def _put(self, kind: str, item: Json) -> None:
        object_id = str(item.get("id"))
        old = self._all("SELECT said FROM object WHERE id=?", object_id)
        text = json.dumps({**json.loads(old[0][0]), **item} if old else item)
        self._db.execute("INSERT OR REPLACE INTO object (id, kind, said) VALUES (?,?,?)", (object_id, kind, text))

    def set_members(self, group: str, members: Sequence[Json]) -> None:
        """The members of a group, as links."""
        with self._transaction():
            self._update(group, {"members": list(members)})
            rows = [(str(member["id"]), group) for member in members]
            self._db.executemany("INSERT OR IGNORE INTO member VALUES (?,?)", rows)

    def update(self, more: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Adds properties to objects, where they are there."""
        with self._transaction():
            for object_id, properties in more:
                self._update(object_id, properties)

    def _update(self, object_id: str, more: Mapping[str, Any]) -> None:
        for (said,) in self._all("SELECT said FROM object WHERE id=?", object_id):
            text = json.dumps({**json.loads(said), **more})
            self._db.execute("UPDATE object SET said=? WHERE id=?", (text, object_id))

    def has(self, object_id: str) -> bool:
        return bool(self._all("SELECT 1 FROM object WHERE id=?", object_id))

    def drop(self, object_id: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM object WHERE id=?", (object_id,))

    def touch(self, kind: str, ids: Iterable[tuple[str, bool]]) -> None:
        """Objects that changed, and whether their name may have."""
        with self._lock:
            query = (
                "INSERT INTO touched VALUES (?,?,?) ON CONFLICT DO UPDATE SET renamed=max(renamed, excluded.renamed)"
            )
            self._db.executemany(query, [(object_id, kind, int(renamed)) for object_id, renamed in ids])

    def remove(self, kind: str, ids: Iterable[str]) -> None:
        """Objects that are told to be gone."""
        with self._lock:
            self._db.executemany("INSERT OR IGNORE INTO removed VALUES (?,?)", [(each, kind) for each in ids])

    def bury(self, keys: Iterable[bytes]) -> None:
        """Keys that are gone."""
        with self._lock:
            self._db.executemany("INSERT OR IGNORE INTO gone VALUES (?)", [(key,) for key in keys])

    def fault(self, key: bytes, code: str, detail: str) -> None:
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO fault VALUES (?,?,?)", (key, code, detail))

    def complete(self) -> None:
        """All is there: keys and versions are made."""
        with self._transaction():
            for object_id, said in self._walk("SELECT id, said FROM object WHERE id > ?"):
                item = clean(json.loads(said))
                key = self._key(object_id, item)
                query = "UPDATE object SET said=?, key=?, version=? WHERE id=?"
                self._db.execute(query, (json.dumps(item), key, version_of(item), object_id))
            self._db.execute("CREATE INDEX by_key ON object (key) WHERE key IS NOT NULL")
            self._twins()
            self._db.execute("DELETE FROM gone WHERE key IN (SELECT key FROM object)")

    def _key(self, object_id: str, item: Mapping[str, Any]) -> bytes | None:
        try:
            return key_of(item)
        except ValueError:
            self.fault(b"9" + object_id.encode()[:64], "ID-ENT-01", "its id is no UUID")
            return None

    def _twins(self) -> None:
        """Objects of one key: the first one stays, the others are told."""
        query = """SELECT id FROM object o
          WHERE key IS NOT NULL AND EXISTS (SELECT 1 FROM object p WHERE p.key=o.key AND p.id<o.id)"""
        for (object_id,) in self._all(query):
            self._db.execute("UPDATE object SET key=NULL WHERE id=?", (object_id,))
            self.fault(b"9" + object_id.encode()[:64], "ID-ENT-02", "onPremisesImmutableId")

    # --- reading

    def _walk(self, query: str, *args: Any) -> Iterator[Any]:
        """Rows in order of their first column, a few at a time."""
        last = ""
        while rows := self._all(f"{query} ORDER BY 1 LIMIT 500", *args, last):
            yield from rows
            last = rows[-1][0]

    def ids(self, kind: str, after: str, limit: int) -> list[str]:
        """Ids of a kind, in order, after one."""
        query = "SELECT id FROM object WHERE kind=? AND id>? ORDER BY id LIMIT ?"
        return [row[0] for row in self._all(query, kind, after, limit)]

    def touched(self, kind: str, after: str, limit: int, renamed: bool = False) -> list[str]:
        """Ids that changed, in order, after one."""
        query = "SELECT id FROM touched WHERE kind=? AND id>? AND renamed>=? ORDER BY id LIMIT ?"
        return [row[0] for row in self._all(query, kind, after, int(renamed), limit)]

    def is_touched(self, ids: Iterable[str]) -> bool:
        return any(self._all("SELECT 1 FROM touched WHERE id=?", each) for each in ids)

    def removed(self) -> list[tuple[str, str]]:
        """(id, kind) of what is told to be gone."""
        return [(row[0], row[1]) for row in self._all("SELECT id, kind FROM removed")]

    def rows(self, after: bytes, limit: int) -> list[Row]:
        """Lines after a key."""
        parts = (
            "key, 'object', id, kind, version, length(said) FROM object",
            "key, 'gone', '', '', '', 0 FROM gone",
            "key, 'fault', '', code, detail, 0 FROM fault",
        )
        each = (f"SELECT * FROM (SELECT {part} WHERE key > ?1 ORDER BY key LIMIT ?2)" for part in parts)
        query = " UNION ALL ".join(each) + " ORDER BY 1 LIMIT ?2"
        found = self._all(query, after, limit)
        if found and found[-1][0][:1] == INVENTORY:  # one page holds all of it, with the faults of what is unread
            found = self._all(query, after, -1)
        return [Row(*row) for row in found]

    def find(self, key: bytes) -> tuple[str, Json] | None:
        """The version and the properties of an object."""
        rows = self._all("SELECT version, said FROM object WHERE key=?", key)
        return (rows[0][0], json.loads(rows[0][1])) if rows else None

    def objects(self, keys: frozenset[bytes] | None) -> Iterator[tuple[bytes, Json]]:
        """Every object, or these, in order of key."""
        if keys is not None:
            for key in sorted(keys):
                if found := self.find(key):
                    yield key, found[1]
            return
        last = b""
        while rows := self._all("SELECT key, said FROM object WHERE key > ? ORDER BY key LIMIT 500", last):
            yield from ((key, json.loads(said)) for key, said in rows)
            last = rows[-1][0]

    def groups_of(self, object_id: str) -> list[Json]:
        """The groups that name an object as a member."""
        query = "SELECT o.said FROM member m JOIN object o ON o.id = m.grp WHERE m.who=? ORDER BY o.id"
        return [json.loads(row[0]) for row in self._all(query, object_id)]

    def keys(self, kind: str) -> list[bytes]:
        """The keys of a kind."""
        return [row[0] for row in self._all("SELECT key FROM object WHERE kind=? AND key IS NOT NULL", kind)]
