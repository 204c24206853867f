"""What the connector remembers between runs, beside the endpoint: whose name is whose id, before-images, accounts that
end. All but the images can be read from the realm again."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from transhumance.connectors.formats.dn import dn_key

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person (id TEXT PRIMARY KEY, dn TEXT NOT NULL, folded TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS person_folded ON person (folded);
CREATE TABLE IF NOT EXISTS image (token INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, old TEXT NOT NULL,
  new TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS image_id ON image (id, new);
CREATE TABLE IF NOT EXISTS ends (id TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nested (n INTEGER PRIMARY KEY, child TEXT, parent TEXT, UNIQUE (child, parent));
CREATE TABLE IF NOT EXISTS grp (folded TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS said (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Kept:
    """One database of one realm. Safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _all(self, query: str, *args: Any) -> list[Any]:
        with self._lock:
            return self._db.execute(query, args).fetchall()

    # --- names and ids

    def know(self, people: Iterable[tuple[str, str]]) -> None:
        """Takes in (id, DN) pairs."""
        rows = [(id_, dn, dn_key(dn)) for id_, dn in people]
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO person VALUES (?,?,?)", rows)
            self._db.execute("COMMIT")

    def forget(self, id_: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM person WHERE id=?", (id_,))
            self._db.execute("DELETE FROM ends WHERE id=?", (id_,))

    def ids(self, names: Iterable[str]) -> dict[str, str]:
        """The ids of those of these DNs that are users here, by DN as it is given."""
        found: dict[str, str] = {}
        for name in names:
            for (id_,) in self._all("SELECT id FROM person WHERE folded=? LIMIT 1", dn_key(name)):
                found[name] = id_
        return found

    def name(self, id_: str) -> str | None:
        """A user's DN, or None for one that is not known."""
        return next((dn for (dn,) in self._all("SELECT dn FROM person WHERE id=?", id_)), None)

    def say(self, name: str, value: str) -> None:
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO said VALUES (?,?)", (name, value))

    def said(self, name: str) -> str:
        return next((value for (value,) in self._all("SELECT value FROM said WHERE name=?", name)), "")

    # --- before-images

    def keep(self, id_: str, old: str, new: str, body: Mapping[str, Any]) -> str:
        """A durable image of what was there; returns its token."""
        with self._lock:
            done = self._db.execute(
                "INSERT INTO image (id, old, new, body) VALUES (?,?,?,?)", (id_, old, new, json.dumps(body))
            )
            return str(done.lastrowid)

    def image(self, token: str) -> dict[str, Any] | None:
        rows = self._all("SELECT body FROM image WHERE token=?", int(token)) if token.isdigit() else []
        return json.loads(rows[0][0]) if rows else None

    def begun(self, id_: str, old: str, new: str) -> str:
        """The token of the image of a step from one version to another, empty where no such step began."""
        query = "SELECT token FROM image WHERE id=? AND new=? AND (old=? OR ?='') ORDER BY token DESC LIMIT 1"
        return next((str(token) for (token,) in self._all(query, id_, new, old, old)), "")

    # --- accounts that end

    def ends(self, id_: str, at: str) -> None:
        """When a user's account ends; empty: it does not."""
        with self._lock:
            if at:
                self._db.execute("INSERT OR REPLACE INTO ends VALUES (?,?)", (id_, at))
            else:
                self._db.execute("DELETE FROM ends WHERE id=?", (id_,))

    def ended(self, now: str) -> Iterator[tuple[str, str]]:
        """Users whose end is reached, and when it was."""
        yield from self._all("SELECT id, at FROM ends WHERE at <= ?", now)

    # --- nesting

    def nest(self, group: str, members: Iterable[str]) -> dict[str, str]:
        """Notes that a group is one; returns those of its members that are known as groups, with the group that each
        was first seen in."""
        found: dict[str, str] = {}
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO grp VALUES (?)", (group,))
            if not self._db.execute("SELECT 1 FROM grp LIMIT 1 OFFSET 1").fetchone():
                return found
            for member in members:
                if self._db.execute("SELECT 1 FROM grp WHERE folded=?", (member,)).fetchone():
                    self._db.execute("INSERT OR IGNORE INTO nested (child, parent) VALUES (?,?)", (member, group))
                    found[member] = self._above(member)[0]
        return found

    def _above(self, group: str) -> list[str]:
        """The groups that name a group as a member, in the order in which they were seen."""
        return [parent for (parent,) in self._all("SELECT parent FROM nested WHERE child=? ORDER BY n", group)]

    def is_in_itself(self, group: str) -> bool:
        """Whether a group is a member of itself by way of others."""
        seen: set[str] = set()
        todo = self._above(group)
        while todo:
            above = todo.pop()
            if above == group:
                return True
            if above not in seen:
                seen.add(above)
                todo += self._above(above)
        return False
