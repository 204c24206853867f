"""A listing of any length in flat memory: names are spooled to a temporary database that spills to disk, and read
back in key order."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable

from transhumance.connectors.contract import ItemRef, Page

PAGE = 5000
_COLUMNS = "key, version, kind, form, size, stable_id, locator, count, subject"


class SpooledListing:
    """The items of one container, sorted by key. A key that comes twice is kept once more under `key` + `#2`, `#3`,
    ...: two identical mails stay two. Safe to use from several threads."""

    def __init__(self, refs: Iterable[ItemRef]) -> None:
        self._lock = threading.Lock()
        # an empty name makes SQLite's private on-disk temporary database, which is memory until it grows
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "PRAGMA cache_size=-4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE ref (key BLOB PRIMARY KEY, version, kind, form, size, stable_id BLOB, locator, count,"
            " subject BLOB)"
            " WITHOUT ROWID; CREATE TABLE again (key BLOB PRIMARY KEY, often) WITHOUT ROWID; BEGIN"
        )
        insert = f"INSERT OR IGNORE INTO ref ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)"
        for ref in refs:
            row: list[object] = [
                ref.key,
                ref.version,
                ref.kind,
                ref.form,
                ref.size,
                ref.stable_id,
                ref.locator,
                ref.count,
                ref.subject,
            ]
            if not self._db.execute(insert, row).rowcount:
                self._once_more(insert, row)
        self._db.execute("COMMIT")

    def _once_more(self, insert: str, row: list[object]) -> None:
        """A key that came before: how often is noted, so that many alike cost no more than many others."""
        key = row[0]
        assert isinstance(key, bytes)
        ((often,),) = self._db.execute(
            "INSERT INTO again VALUES (?,2) ON CONFLICT (key) DO UPDATE SET often = often + 1 RETURNING often", (key,)
        ).fetchall()
        row[0] = key + f"#{often}".encode()
        while not self._db.execute(insert, row).rowcount:  # a key that looks so by itself
            often += 1
            row[0] = key + f"#{often}".encode()
        self._db.execute("UPDATE again SET often = ? WHERE key = ?", (often, key))

    def page(self, cursor: bytes | None, limit: int = PAGE) -> Page:
        """The items after the cursor, which is the last key of the page before."""
        where = "WHERE key > ?" if cursor is not None else ""
        args = (cursor, limit + 1) if cursor is not None else (limit + 1,)
        with self._lock:
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM ref {where} ORDER BY key LIMIT ?", args).fetchall()
        refs = tuple(ItemRef(*row) for row in rows[:limit])
        return Page(refs, refs[-1].key if len(rows) > limit else None)

    def close(self) -> None:
        """Drops the spool."""
        self._db.close()
