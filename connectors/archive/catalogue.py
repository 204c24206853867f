"""The catalogue of an archive: what its index files say, in a database, so that listing, probing and reading back need
no memory that grows with the archive.

It is never the truth: the index files are. It is rebuilt from them when it is missing, damaged or of another schema,
and a container is read again when its index files are not those that it was read from.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from transhumance.connectors.archive.lines import Item, Stored
from transhumance.connectors.archive.naming import PARTS, TREE_KINDS, is_sharded
from transhumance.connectors.contract import Container, Retry, StopEndpoint, Text
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.connectors.formats.treenames import folded, folds_above, tree_path

SCHEMA = 2
_TABLES = """
CREATE TABLE container (id INTEGER PRIMARY KEY, folder TEXT NOT NULL UNIQUE, fold INTEGER NOT NULL,
  subject BLOB NOT NULL, workload TEXT NOT NULL, path TEXT NOT NULL, about TEXT NOT NULL,
  stamp TEXT NOT NULL DEFAULT '', seq INTEGER NOT NULL DEFAULT 0, flat INTEGER NOT NULL DEFAULT 0,
  sharded INTEGER NOT NULL DEFAULT 0, busy INTEGER NOT NULL DEFAULT 1);
CREATE INDEX container_fold ON container (fold);
CREATE UNIQUE INDEX container_name ON container (subject, workload, path);
CREATE TABLE chunk (container INTEGER NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (container, name)) WITHOUT ROWID;
CREATE TABLE item (container INTEGER NOT NULL, key BLOB NOT NULL, version TEXT NOT NULL, kind TEXT NOT NULL,
  size INTEGER NOT NULL, count INTEGER NOT NULL, seq INTEGER, at INTEGER, pack TEXT, fold INTEGER,
  placed INTEGER NOT NULL, subject BLOB NOT NULL, PRIMARY KEY (container, key)) WITHOUT ROWID;
CREATE INDEX item_pending ON item (container, key) WHERE seq IS NOT NULL;
CREATE INDEX item_fold ON item (fold) WHERE fold IS NOT NULL;
CREATE TABLE file (path TEXT PRIMARY KEY, container INTEGER NOT NULL, sha256 BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE dead (container INTEGER NOT NULL, path TEXT NOT NULL);
CREATE TABLE folder (fold INTEGER PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A container of the archive: its row, its folder from the root, and what it says of itself."""

    id: int
    folder: str
    container: Container


@dataclass(frozen=True, slots=True)
class Row:
    """What the catalogue says of one item. `seq`, `at`: the index file of a chunk and the offset of its line; None
    when the line is in the compacted index. `fold`: of a document's plain path. `placed`: 0 at its plain path, 1
    displaced or in a shard, 2 displaced to the container's folder."""

    key: bytes
    version: str
    kind: str
    size: int
    count: int
    seq: int | None
    at: int | None
    pack: str | None
    fold: int | None
    placed: int
    subject: bytes = b""


ROW = "key, version, kind, size, count, seq, at, pack, fold, placed, subject"


class Catalogue:
    """One connection, used from several threads, one at a time."""

    def __init__(self, path: Path) -> None:
        """Opens or makes it. Raises `sqlite3.Error` where it can't be."""
        self.path = path
        self.lock = threading.RLock()
        self.fresh = False
        self._folders: set[int] = set()
        self._db = self._open()
        if self._db.execute("PRAGMA user_version").fetchone()[0] != SCHEMA:
            self._db.close()
            drop(path)
            self._db = self._open()
            with self.change():
                if self._db.execute("PRAGMA user_version").fetchone()[0] != SCHEMA:
                    for statement in _TABLES.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version={SCHEMA}")
                    self.fresh = True

    def _open(self) -> sqlite3.Connection:
        # it names people's items: nobody else may read it; SQLite gives its own files the same permissions
        # (made, never opened again by us: closing a file drops this process's locks on it, SQLite's too)
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        db = sqlite3.connect(self.path, timeout=120, check_same_thread=False, isolation_level=None)
        # a lost transaction is found again in the index files, so no disk flush is paid for each
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384;")
        return db

    def close(self) -> None:
        """Closes it."""
        self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """A transaction: all or nothing."""
        with self.lock, told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._folders.clear()
                with suppress(sqlite3.Error):  # a full disk has rolled back already
                    self._db.execute("ROLLBACK")
                raise

    def ask(self, query: str, *args: object) -> list[tuple[object, ...]]:
        """All rows of a short answer."""
        with self.lock, told(self.path):
            return self._db.execute(query, args).fetchall()

    def stream(self, query: str, *args: object) -> Iterator[tuple[object, ...]]:
        """The rows of a long answer, on a connection of its own: one snapshot, flat memory."""
        db = sqlite3.connect(self.path, timeout=120, check_same_thread=False, isolation_level=None)
        try:
            yield from db.execute(query, args)
        finally:
            db.close()

    # --- containers

    def places(self, subject: bytes | None = None, workload: str | None = None) -> list[Place]:
        """The containers of a subject and a workload (None: of all), parents before children, in a stable order."""
        rows = self.ask(
            "SELECT id, folder, subject, workload, path, about FROM container"
            " WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR workload = ?2)",
            subject,
            workload,
        )
        return sorted(map(_place, rows), key=lambda p: (p.container.workload, p.container.subject, p.container.path))

    def find(self, container: Container) -> Place | None:
        """The container of that subject, workload and path."""
        rows = self.ask(
            "SELECT id, folder, subject, workload, path, about FROM container"
            " WHERE subject = ? AND workload = ? AND path = ?",
            container.subject,
            container.workload,
            json.dumps(container.path),
        )
        return _place(rows[0]) if rows else None

    def at_folder(self, folder: str) -> Place | None:
        """The container in that folder."""
        rows = self.ask("SELECT id, folder, subject, workload, path, about FROM container WHERE folder = ?", folder)
        return _place(rows[0]) if rows else None

    def taken(self, folder: str) -> bool:
        """Whether a container's folder would meet another container's or a file."""
        fold = folded(folder)
        return bool(
            self.ask("SELECT 1 FROM container WHERE fold = ? UNION ALL SELECT 1 FROM item WHERE fold = ?", fold, fold)
        )

    def add(self, folder: str, container: Container, told: str, digest: bytes) -> Place:
        """Notes a container, and the file that tells of it; the same again when it is there."""
        about = {"role": container.role, "properties": to_json(container.properties)}
        with self.change():
            self._db.execute(
                "INSERT OR IGNORE INTO container (folder, fold, subject, workload, path, about) VALUES (?,?,?,?,?,?)",
                (
                    folder,
                    folded(folder),
                    container.subject,
                    container.workload,
                    json.dumps(container.path),
                    json.dumps(about),
                ),
            )
            self._note_folders(folder + "/")
            place = self.at_folder(folder)
            assert place is not None
            self._db.execute("INSERT OR REPLACE INTO file VALUES (?,?,?)", (told, place.id, digest))
        return place

    def busy(self, place: Place) -> int:
        """Marks a container as being written, until it is settled; returns the number of its next index file."""
        with self.change():
            self._db.execute("UPDATE container SET busy = 1, seq = seq + 1 WHERE id = ?", (place.id,))
            return int(self._db.execute("SELECT seq FROM container WHERE id = ?", (place.id,)).fetchone()[0])

    def sharded(self, place: Place) -> tuple[int, bool]:
        """How many items with names of their own a container was given, and whether they lie in shards."""
        ((flat, sharded),) = self.ask("SELECT flat, sharded FROM container WHERE id = ?", place.id)
        return int(str(flat)), bool(sharded)

    def shard(self, place: Place) -> None:
        """From now on, the container's new files lie in shards."""
        with self.change():
            self._db.execute("UPDATE container SET sharded = 1 WHERE id = ?", (place.id,))

    # --- items

    def row(self, place: Place, key: bytes) -> Row | None:
        """An item, or None where it is not there (any more)."""
        rows = self.ask(f"SELECT {ROW} FROM item WHERE container = ? AND key = ? AND version != ''", place.id, key)
        return Row(*rows[0]) if rows else None  # type: ignore[arg-type]

    def rows(self, place: Place, keys: Sequence[bytes]) -> dict[bytes, Row]:
        """The items of these keys that are there."""
        found: dict[bytes, Row] = {}
        for at in range(0, len(keys), 500):
            part = keys[at : at + 500]
            marks = ",".join("?" * len(part))
            rows = self.ask(
                f"SELECT {ROW} FROM item WHERE container = ? AND version != '' AND key IN ({marks})", place.id, *part
            )
            found.update((row.key, row) for row in (Row(*row) for row in rows))  # type: ignore[arg-type]
        return found

    def page(self, place: Place, cursor: bytes | None, limit: int) -> list[Row]:
        """The items after a key, in order of key."""
        rows = self.ask(
            f"SELECT {ROW} FROM item WHERE container = ? AND key > ? AND version != '' ORDER BY key LIMIT ?"
            if cursor is not None
            else f"SELECT {ROW} FROM item WHERE container = ? AND version != '' ORDER BY key LIMIT ?",
            *((place.id, cursor, limit) if cursor is not None else (place.id, limit)),
        )
        return [Row(*row) for row in rows]  # type: ignore[arg-type]

    def meets(self, place: Place, key: bytes, fold: int) -> bool:
        """Whether a document's plain path would meet another item's, or a folder."""
        return bool(
            self.ask(
                "SELECT 1 FROM item WHERE fold = ?1 AND NOT (container = ?2 AND key = ?3)"
                " UNION ALL SELECT 1 FROM folder WHERE fold = ?1 LIMIT 1",
                fold,
                place.id,
                key,
            )
        )

    def apply(
        self, place: Place, seq: int | None, name: str, lines: Iterable[tuple[int, Item]], old: dict[bytes, Item]
    ) -> None:
        """Takes in the lines of one index file, with their offsets, inside a transaction.

        `seq`, `name`: the chunk's file, or None and empty for the compacted index. `old`: the items that these lines
        replace, whose files are dead unless they are used again.
        """
        if name:
            self._db.execute("INSERT OR IGNORE INTO chunk VALUES (?,?,?)", (place.id, name, seq))
        bodies = [b for item in old.values() for b in item.bodies.values() if b.path]
        dead = {_join(place, b.path) for b in bodies}
        dead |= {_join(place, tree_path(item.key)) + "/" for item in old.values() if item.kind == "folder"}
        # a pack is live as long as any item lies in it; `settle` counts them
        self._db.executemany("DELETE FROM file WHERE path = ?", [(_join(place, b.path),) for b in bodies if not b.pack])
        self._db.executemany("INSERT INTO dead VALUES (?,?)", [(place.id, path) for path in sorted(dead)])
        rows: list[tuple[object, ...]] = []
        files: dict[str, tuple[str, int, bytes]] = {}
        flat, shards = 0, False
        for at, item in lines:
            rows.append(_row(place, item, seq, at))
            for body in item.bodies.values():
                if body.path:
                    path = _join(place, body.path)
                    files[path] = (path, place.id, _digest(body))
            if item.kind in TREE_KINDS:
                path = _join(place, tree_path(item.key))
                self._note_folders(path + "/" if item.kind == "folder" else path)
            elif item.bodies and item.key not in old:
                flat += 1
                shards = shards or is_sharded(next(iter(item.bodies.values())).file)
        self._db.executemany("INSERT OR REPLACE INTO item VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)
        self._db.executemany("INSERT OR REPLACE INTO file VALUES (?,?,?)", list(files.values()))
        self._db.execute(
            "UPDATE container SET flat = flat + ?, sharded = max(sharded, ?), seq = max(seq, ?), busy = max(busy, ?)"
            " WHERE id = ?",
            (flat, shards, seq or 0, bool(name), place.id),
        )

    def _note_folders(self, path: str) -> None:
        """Notes the folders that a path lies in, so that no document is given the name of one."""
        folds = {fold for fold in folds_above(path.rpartition("/")[0]) if fold not in self._folders}
        if folds:
            self._db.executemany("INSERT OR IGNORE INTO folder VALUES (?)", [(fold,) for fold in folds])
            if len(self._folders) > 50_000:
                self._folders.clear()
            self._folders |= folds

    def forget(self, place: Place) -> None:
        """Drops what is known of a container's items, inside a transaction."""
        for table in ("chunk", "item", "file", "dead"):
            self._db.execute(f"DELETE FROM {table} WHERE container = ?", (place.id,))
        self._db.execute("UPDATE container SET stamp = '', flat = 0, sharded = 0 WHERE id = ?", (place.id,))

    def run(self, statement: str, *args: object) -> None:
        """One statement, inside a transaction."""
        self._db.execute(statement, args)

    def run_many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """One statement for many rows, inside a transaction."""
        self._db.executemany(statement, rows)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Faults of the database as errors for people. It is only derived: what to do next never loses anything."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Retry(
                Text(f"{path} : occupé par un autre processus", f"{path}: another process is using it"), 5.0
            ) from error
        raise _stop(path, error) from error
    except sqlite3.DatabaseError as error:
        raise _stop(path, error) from error


def _stop(path: Path, error: sqlite3.Error) -> StopEndpoint:
    return StopEndpoint(
        Text(
            f"{path} : {error}. Ce catalogue se refait à partir des index : libérez de la place ou supprimez ce "
            "fichier, puis `transhume resume`",
            f"{path}: {error}. This catalogue is made again from the indexes: free some space or delete this file, "
            "then `transhume resume`",
        )
    )


def drop(path: Path) -> None:
    """Removes a catalogue: it is made again from the index files."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


def _row(place: Place, item: Item, seq: int | None, at: int) -> tuple[object, ...]:
    content = next(iter(item.bodies.values()), None)
    pack = content.pack if content and content.pack else None
    fold, placed = None, 1  # nothing to move: no file of its own, or in a shard
    if content and content.file and not pack:
        file = file_of(item)
        if item.kind in TREE_KINDS:
            plain = tree_path(item.key)
            fold = folded(f"{place.folder}/{plain}")
            placed = 0 if file == plain else 1 if "/" in file or "/" not in plain else 2
        else:
            placed = int(is_sharded(file))
    return (
        place.id,
        item.key,
        item.version,
        item.kind,
        item.size,
        item.count,
        seq,
        None if seq is None else at,
        pack,
        fold,
        placed,
        item.subject,
    )


def file_of(item: Item) -> str:
    """The item's own file, told from any of its bodies."""
    for name, body in item.bodies.items():
        if name == "content":
            return body.file
        names = body.file.split("/")
        at = names.index(PARTS)
        return "/".join([*names[:at], names[at + 1]])
    return ""


def _join(place: Place, path: str) -> str:
    return f"{place.folder}/{path}"


def _digest(body: Stored) -> bytes:
    """The digest of the file on disk: a pack is named by its own."""
    return bytes.fromhex(body.pack[-68:-4] if body.pack else body.sha256)


def _place(row: tuple[object, ...]) -> Place:
    ident, folder, subject, workload, path, about = row
    plain = json.loads(str(about))
    assert isinstance(ident, int) and isinstance(subject, bytes)
    container = Container(
        subject,
        str(workload),
        str(folder).encode(),
        tuple(json.loads(str(path))),
        plain["role"],
        from_json(plain["properties"]),  # type: ignore[arg-type]
    )
    return Place(ident, str(folder), container)
