"""What a target of files must remember beside the files: the times and permissions of folders, which every child that
is written touches, and in a portable tree which name stands for which.

A small database in the target's root, `.transhumance-notes.sqlite`, durable with each batch. It also knows which
folders go when they are empty (they were made on the way to a document, or removed while something was in them), the
last before-image of each path, and where files lie aside. The documents themselves need none of it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from transhumance.connectors.contract import StopEndpoint, Text

NOTES = ".transhumance-notes.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS folder (path BLOB PRIMARY KEY, mtime INTEGER NOT NULL, mode INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (key BLOB PRIMARY KEY, path BLOB NOT NULL, fold INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS name_fold ON name (fold);
CREATE INDEX IF NOT EXISTS name_path ON name (path);
CREATE TABLE IF NOT EXISTS passing (path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image (path BLOB PRIMARY KEY, token TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aside (path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dirty (one INTEGER PRIMARY KEY);
"""


class Notes:
    """The notes of one target. Safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self._path, self._lock = root / NOTES, threading.Lock()
        self._db: sqlite3.Connection | None = None

    def close(self) -> None:
        """Closes the database."""
        with self._lock:
            if self._db:
                self._db.close()
            self._db = None

    def _ask(self, query: str, *args: object) -> list[tuple[object, ...]]:
        with self._lock:
            try:
                return self._opened().execute(query, args).fetchall()
            except (sqlite3.Error, OSError) as error:
                raise self._stop(error) from error

    def _change(self, *changes: tuple[str, Iterable[tuple[object, ...]]]) -> None:
        """Statements with their rows, in one transaction."""
        todo = [(statement, rows) for statement, given in changes if (rows := list(given))]
        if not todo:
            return
        with self._lock:
            try:
                database = self._opened()
                database.execute("BEGIN IMMEDIATE")
                for statement, rows in todo:
                    database.executemany(statement, rows)
                database.execute("COMMIT")
            except (sqlite3.Error, OSError) as error:
                raise self._stop(error) from error

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            self._db = sqlite3.connect(self._path, timeout=60, check_same_thread=False, isolation_level=None)
            # the batch's own flush of the disk makes the notes durable too
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _TABLES)
        return self._db

    def _stop(self, error: Exception) -> StopEndpoint:
        self._db = None
        return StopEndpoint(
            Text(
                f"{self._path} : {error} ; libérez de la place ou réparez ce fichier, puis `transhume resume`",
                f"{self._path}: {error}; free some space or mend this file, then `transhume resume`",
            )
        )

    # --- folders

    def keep_folders(self, rows: Iterable[tuple[bytes, int, int | None]]) -> None:
        """Notes folders that are items: path from the root, time in nanoseconds, permission bits."""
        rows = list(rows)
        self._change(
            ("INSERT OR REPLACE INTO folder VALUES (?,?,?)", rows),
            ("DELETE FROM passing WHERE path = ?", [(path,) for path, _, _ in rows]),
        )

    def folder(self, path: bytes) -> tuple[int, int | None] | None:
        """The time and the permission bits noted for a folder."""
        rows = self._ask("SELECT mtime, mode FROM folder WHERE path = ?", path)
        return rows[0] if rows else None  # type: ignore[return-value]

    def folders(self) -> Iterator[tuple[bytes, int, int | None]]:
        """Every folder noted, those inside before those that hold them."""
        yield from self._downwards("SELECT path, mtime, mode FROM folder")  # type: ignore[misc]

    def _downwards(self, query: str) -> Iterator[tuple[object, ...]]:
        last: bytes | None = None
        while True:
            where = "" if last is None else " WHERE path < ?"
            args = () if last is None else (last,)
            rows = self._ask(f"{query}{where} ORDER BY path DESC LIMIT 2000", *args)
            yield from rows
            if not rows:
                return
            last = bytes(rows[-1][0])  # type: ignore[call-overload]

    def keep_passing(self, paths: Iterable[bytes]) -> None:
        """Notes folders that go when they are empty; they are no items (any more)."""
        rows = [(path,) for path in paths]
        self._change(("DELETE FROM folder WHERE path = ?", rows), ("INSERT OR IGNORE INTO passing VALUES (?)", rows))

    def is_passing(self, path: bytes) -> bool:
        """Whether a folder goes when it is empty."""
        return bool(self._ask("SELECT 1 FROM passing WHERE path = ?", path))

    def passing(self) -> Iterator[bytes]:
        """The folders that go when they are empty, those inside first."""
        yield from (bytes(path) for (path,) in self._downwards("SELECT path FROM passing"))  # type: ignore[call-overload]

    def gone(self, path: bytes) -> None:
        """Forgets a path that is gone."""
        tables = ("folder", "passing", "name", "image")
        self._change(*((f"DELETE FROM {table} WHERE path = ?", [(path,)]) for table in tables))

    # --- passes, before-images

    def begin(self) -> None:
        """Notes that something is being written."""
        if not self._ask("SELECT 1 FROM dirty"):
            self._change(("INSERT OR IGNORE INTO dirty VALUES (?)", [(1,)]))

    def begun(self) -> bool:
        """Whether anything was written since the last end of a pass."""
        return self._path.exists() and bool(self._ask("SELECT 1 FROM dirty"))

    def ended(self) -> None:
        """Notes the end of a pass."""
        self._change(("DELETE FROM dirty WHERE one = ?", [(1,)]))

    def keep_images(self, rows: Iterable[tuple[bytes, str]]) -> None:
        """Notes the before-image of what a path is about to lose."""
        self._change(("INSERT OR REPLACE INTO image VALUES (?,?)", rows))

    def image(self, path: bytes) -> str:
        """The last before-image of a path, or nothing."""
        rows = self._ask("SELECT token FROM image WHERE path = ?", path)
        return str(rows[0][0]) if rows else ""

    # --- files aside

    def keep_aside(self, path: bytes) -> None:
        """Notes a folder in which files are being laid aside."""
        self._change(("INSERT OR IGNORE INTO aside VALUES (?)", [(path,)]))

    def asides(self, start: bytes) -> list[bytes]:
        """The folders below a subject's in which a worker that died, or has lost its lease, left files aside."""
        rows = self._ask("SELECT path FROM aside WHERE path = ?1 OR substr(path, 1, ?2) = ?3", *_below(start))
        return [bytes(path) for (path,) in rows]  # type: ignore[call-overload]

    def drop_asides(self, paths: Iterable[bytes]) -> None:
        """Notes that nothing is aside in these folders (any more)."""
        self._change(("DELETE FROM aside WHERE path = ?", [(path,) for path in paths]))

    # --- names of a portable tree

    def keep_names(self, rows: Iterable[tuple[bytes, bytes, int]]) -> None:
        """Notes the path of a key (both from the root), and its fold."""
        self._change(("INSERT OR REPLACE INTO name VALUES (?,?,?)", rows))

    def path(self, key: bytes) -> bytes | None:
        """The path that a key was given."""
        rows = self._ask("SELECT path FROM name WHERE key = ?", key)
        return rows[0][0] if rows else None  # type: ignore[return-value]

    def key(self, path: bytes) -> bytes | None:
        """The key that a path stands for."""
        rows = self._ask("SELECT key FROM name WHERE path = ?", path)
        return rows[0][0] if rows else None  # type: ignore[return-value]

    def taken(self, fold: int, key: bytes) -> bool:
        """Whether another key's path folds alike."""
        return bool(self._ask("SELECT 1 FROM name WHERE fold = ? AND key != ?", fold, key))


def _below(start: bytes) -> tuple[bytes, int, bytes]:
    prefix = start + b"/" if start else b""
    return start, len(prefix), prefix
