"""Which file names a unique part has in a folder, in flat memory: what a target looks up before it writes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from transhumance.connectors.maildir.filenames import parse_name

PARTS = ("cur", "new")


class FolderIndex:
    """The names in `cur` and `new` of one folder. They are read again when another program has changed the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, ...] | None = None
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "PRAGMA cache_size=-2048; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE name (key BLOB, part TEXT, raw BLOB, PRIMARY KEY (key, part, raw)) WITHOUT ROWID"
        )

    def refresh(self, force: bool = False) -> None:
        """Reads the folder again where it is not as this index left it."""
        if not force and self._seen == self._times():
            return
        self._seen = self._times()
        self._db.execute("BEGIN")
        self._db.execute("DELETE FROM name")
        self._db.executemany("INSERT INTO name VALUES (?,?,?)", self._scan())
        self._db.execute("COMMIT")

    def settle(self) -> None:
        """What changed since the last look was ours, and is in the index."""
        self._seen = self._times()

    def names(self, key: bytes) -> list[tuple[str, bytes]]:
        """Every (part, file name) of a unique part; more than one only after a crash, or a copy by hand."""
        return self._db.execute("SELECT part, raw FROM name WHERE key = ? ORDER BY part, raw", (key,)).fetchall()

    def letters(self) -> set[str]:
        """Every keyword letter that a file name bears, named or not."""
        found: set[int] = set()
        for (raw,) in self._db.execute("SELECT raw FROM name"):
            found.update(parse_name(raw).letters)
        return {chr(code) for code in found if 0x61 <= code <= 0x7A}

    def put(self, part: str, raw: bytes) -> None:
        """A file was named so."""
        self._db.execute("INSERT OR REPLACE INTO name VALUES (?,?,?)", (parse_name(raw).key, part, raw))

    def drop(self, part: str, raw: bytes) -> None:
        """A file lost this name."""
        self._db.execute("DELETE FROM name WHERE key = ? AND part = ? AND raw = ?", (parse_name(raw).key, part, raw))

    def close(self) -> None:
        """Drops the index."""
        self._db.close()

    def _times(self) -> tuple[int, ...]:
        return tuple((self._folder / part).stat().st_mtime_ns for part in PARTS)

    def _scan(self) -> Iterator[tuple[bytes, str, bytes]]:
        for part in PARTS:
            with os.scandir(os.fsencode(self._folder / part)) as entries:
                yield from ((parse_name(e.name).key, part, e.name) for e in entries if not e.name.startswith(b"."))
