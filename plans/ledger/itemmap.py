"""The item map: source key to target key, version, digest and answers, one row per live item and target, in its own
database.

It is rebuilt from the output manifests at any time: rows are applied chunk by chunk in the order of the ledger's
`seq`, and `applied` remembers how far. Reports are sums over its rows.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from transhumance.connectors.contract import BACK, FORWARD, OutputLine, key_from_text
from transhumance.connectors.contract.codes import Back, Forward
from transhumance.plans.ledger.modes import make_private

PROOFS = ("predicted", "format", "target", "returned")
STATUSES = (
    "assessed",
    "written",
    "unchanged",
    "removed",
    "skipped",
    "failed",
    "quarantined",
    "kept",
    "aside",
)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS item (
  target INTEGER NOT NULL, container INTEGER NOT NULL, key BLOB NOT NULL, cell INTEGER NOT NULL,
  status INTEGER NOT NULL, version TEXT NOT NULL, kind INTEGER NOT NULL, form INTEGER NOT NULL,
  recipe INTEGER NOT NULL, digest BLOB, expected BLOB, target_key BLOB, target_version TEXT,
  forward INTEGER NOT NULL, grade INTEGER NOT NULL, proof INTEGER NOT NULL, codes INTEGER NOT NULL,
  size INTEGER NOT NULL, count INTEGER NOT NULL, stable_id BLOB, before TEXT, subject BLOB, seq INTEGER NOT NULL,
  PRIMARY KEY (target, container, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS item_target_key ON item (target, container, target_key) WHERE target_key IS NOT NULL;
CREATE TABLE IF NOT EXISTS word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = (
    "target,container,key,cell,status,version,kind,form,recipe,digest,expected,target_key,target_version,"
    "forward,grade,proof,codes,size,count,stable_id,before,subject,seq"
)
_UPSERT = f"INSERT OR REPLACE INTO item ({_COLUMNS}) VALUES ({','.join('?' * 23)})"

Known = dict[bytes, tuple[str, str, str]]
"""Key to (version, recipe, status)."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the item map. `version`: the source's; `target_version`: the target's name of what we wrote.
    `expected`: the digest that reading back gives. `before`: the target's token of what was there before our first
    write (None: never written)."""

    container: int
    key: bytes
    status: str
    version: str
    kind: str
    form: str
    recipe: str
    digest: str
    expected: str
    target_key: bytes
    target_version: str
    forward: Forward
    grade: Back
    proof: str
    codes: tuple[str, ...]
    size: int
    count: int
    stable_id: bytes
    before: str | None
    subject: bytes
    seq: int

    @property
    def at_target(self) -> bool:
        """Whether the target holds it as we know it, by our write or because it was there already, equal."""
        return bool(self.target_version) and self.status not in ("removed", "kept")

    @property
    def ours(self) -> bool:
        """Whether we wrote it, so that a rollback has something to undo."""
        return self.before is not None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the report: a wave's workload from a source to a target."""

    wave: str
    workload: str
    source: str
    target: str

    def text(self) -> str:
        return "\x1f".join((self.wave, self.workload, self.source, self.target))

    @classmethod
    def of(cls, text: str) -> Cell:
        return cls(*text.split("\x1f"))


@dataclass(frozen=True, slots=True)
class Sum:
    """Rows of one cell that answer alike, summed."""

    cell: Cell
    status: str
    kind: str
    form: str
    forward: Forward
    grade: Back
    proof: str
    codes: tuple[str, ...]
    rows: int
    count: int
    size: int


class ItemMap:
    """The item map in SQLite. One writer at a time; readers see committed rows."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.RLock()
        make_private(path)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        # it is rebuilt from the manifests, so the last transactions may be lost with the power, never half of one
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32768;" + _SCHEMA
        )
        self.seconds = 0.0
        """Seconds spent in applying rows."""
        self.cpu = 0.0
        """Seconds of processor time in it."""
        self._words: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    def word(self, text: str) -> int:
        """The number of a text that many rows share."""
        if (quick := self._words.get(text)) is not None:
            return quick
        with self._lock:
            if (known := self._words.get(text)) is None:
                self._db.execute("INSERT OR IGNORE INTO word (text) VALUES (?)", (text,))
                known = self._db.execute("SELECT id FROM word WHERE text=?", (text,)).fetchone()[0]
                self._words[text], self._texts[known] = known, text
            return known

    def text(self, number: int) -> str:
        """The text of a number that `word` gave; empty for 0."""
        if not number:
            return ""
        with self._lock:
            if (known := self._texts.get(number)) is None:
                known = self._db.execute("SELECT text FROM word WHERE id=?", (number,)).fetchone()[0]
                self._texts[number] = known
            return known

    def applied(self) -> int:
        """The last `seq` whose rows are here."""
        row = self._db.execute("SELECT value FROM state WHERE key='applied'").fetchone()
        return int(row[0]) if row else 0

    def apply(self, seq: int, container: int, cell: Cell, lines: Iterable[OutputLine]) -> None:
        """The rows of one chunk's manifest, and `applied`, in one transaction. Applying a `seq` again changes
        nothing."""
        started, cpu = time.monotonic(), time.thread_time()
        with self._lock:
            if seq <= self.applied():
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                target, cell_id = self.word(cell.target), self.word(cell.text())
                rows = [self._row(target, container, cell_id, seq, line) for line in lines]
                self._db.executemany(_UPSERT, rows)
                self._db.execute("INSERT OR REPLACE INTO state VALUES ('applied', ?)", (seq,))
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                self._words.clear()  # words of the rolled back transaction are gone too
                self._texts.clear()
                raise
            finally:
                self.seconds += time.monotonic() - started
                self.cpu += time.thread_time() - cpu

    def _row(self, target: int, container: int, cell: int, seq: int, line: OutputLine) -> tuple[object, ...]:
        key = key_from_text(line.key)
        target_key = key_from_text(line.target_key)
        return (
            target,
            container,
            key,
            cell,
            STATUSES.index(line.status),
            line.version,
            self.word(line.kind),
            self.word(line.form),
            self.word(line.recipe),
            bytes.fromhex(line.digest) or None,
            bytes.fromhex(line.expected) or None,
            None if target_key == key else target_key,
            line.target_version,
            FORWARD.index(line.forward),
            BACK.index(line.grade),
            PROOFS.index(line.proof),
            self.word(" ".join(line.codes)),
            line.size,
            line.count,
            key_from_text(line.stable_id) or None,
            None if line.before == NEVER else line.before,
            key_from_text(line.subject) or None,
            seq,
        )

    def _item(self, row: tuple[object, ...]) -> Item:
        v: tuple = row  # type: ignore[type-arg]
        return Item(
            v[1],
            bytes(v[2]),
            STATUSES[v[4]],
            v[5],
            self.text(v[6]),
            self.text(v[7]),
            self.text(v[8]),
            (v[9] or b"").hex(),
            (v[10] or b"").hex(),
            bytes(v[2] if v[11] is None else v[11]),
            v[12],
            FORWARD[v[13]],
            BACK[v[14]],
            PROOFS[v[15]],
            tuple(self.text(v[16]).split()),
            v[17],
            v[18],
            v[19] or b"",
            v[20],
            v[21] or b"",
            v[22],
        )

    def lookup(self, target: str, container: int, keys: Sequence[bytes]) -> dict[bytes, Item]:
        """The rows of these keys, those that exist."""
        found: dict[bytes, Item] = {}
        number = self.word(target)
        for at in range(0, len(keys), 500):
            part = keys[at : at + 500]
            query = (
                f"SELECT {_COLUMNS} FROM item WHERE target=? AND container=? AND key IN ({','.join('?' * len(part))})"
            )
            with self._lock:
                rows = self._db.execute(query, (number, container, *part)).fetchall()
            for row in rows:
                item = self._item(row)
                found[item.key] = item
        return found

    def by_target_key(self, target: str, container: int, keys: Sequence[bytes]) -> dict[bytes, Item]:
        """The rows that have these keys at the target, by that key."""
        found: dict[bytes, Item] = {}
        number = self.word(target)
        for at in range(0, len(keys), 400):
            part = keys[at : at + 400]
            marks = ",".join("?" * len(part))
            query = (
                f"SELECT {_COLUMNS} FROM item WHERE target=? AND container=? AND key IN ({marks})"
                f" AND target_key IS NULL UNION ALL"
                f" SELECT {_COLUMNS} FROM item WHERE target=? AND container=? AND target_key IN ({marks})"
            )
            with self._lock:
                rows = self._db.execute(query, (number, container, *part, number, container, *part)).fetchall()
            for row in rows:
                item = self._item(row)
                found[item.target_key] = item
        return found

    def known(self, target: str, container: int, after: bytes | None, upto: bytes | None) -> Known:
        """(version, recipe, status) of the live rows with `after` < key <= `upto`; None: no bound."""
        where, args = (
            "target=? AND container=? AND status<>?",
            [self.word(target), container, STATUSES.index("removed")],
        )
        for bound, sign in ((after, ">"), (upto, "<=")):
            if bound is not None:
                where += f" AND key{sign}?"
                args.append(bound)  # type: ignore[arg-type]
        with self._lock:
            rows = self._db.execute(f"SELECT key,version,recipe,status FROM item WHERE {where}", args).fetchall()
        return {bytes(k): (v, self.text(r), STATUSES[s]) for k, v, r, s in rows}

    def has_place(self, target: str, container: int) -> bool:
        """Whether a live row of a container is a place that could not be listed: its key ends in `/`."""
        query = "SELECT 1 FROM item WHERE target=? AND container=? AND status<>? AND substr(key,-1)=x'2f' LIMIT 1"
        with self._lock:
            args = (self.word(target), container, STATUSES.index("removed"))
            return self._db.execute(query, args).fetchone() is not None

    def count(self, target: str, container: int) -> int:
        """How many live rows a container has at a target."""
        query = "SELECT count(*) FROM item WHERE target=? AND container=? AND status<>?"
        with self._lock:
            return int(self._db.execute(query, (self.word(target), container, STATUSES.index("removed"))).fetchone()[0])

    def rows(self, target: str, container: int, batch: int = 500, after: bytes | None = None) -> Iterator[list[Item]]:
        """All rows of a container at a target after a key, in order of key, in batches; removed ones too."""
        while True:
            bound = "AND key>?" if after is not None else ""
            args = (self.word(target), container, *((after,) if after is not None else ()), batch)
            query = f"SELECT {_COLUMNS} FROM item WHERE target=? AND container=? {bound} ORDER BY key LIMIT ?"
            with self._lock:
                found = [self._item(row) for row in self._db.execute(query, args).fetchall()]
            if not found:
                return
            yield found
            after = found[-1].key

    def sums(self) -> list[Sum]:
        """Every live row, summed by what it answers."""
        query = (
            "SELECT cell,status,kind,form,forward,grade,proof,codes,count(*),sum(count),sum(size) FROM item"
            f" WHERE status<>{STATUSES.index('removed')} GROUP BY 1,2,3,4,5,6,7,8 ORDER BY 1,2,3,4,5,6,7,8"
        )
        with self._lock:
            rows = self._db.execute(query).fetchall()
        return [
            Sum(
                Cell.of(self.text(r[0])),
                STATUSES[r[1]],
                self.text(r[2]),
                self.text(r[3]),
                FORWARD[r[4]],
                BACK[r[5]],
                PROOFS[r[6]],
                tuple(self.text(r[7]).split()),
                r[8],
                r[9],
                r[10],
            )
            for r in rows
        ]

    def sample(self, cell: Cell, code: str, limit: int = 3) -> list[tuple[int, bytes]]:
        """A few items (container, key) of a cell that have a code, the first in order of key."""
        words = [i for i, text in self._all_words() if code in text.split(" ")]
        if not words:
            return []
        query = (
            f"SELECT container,key FROM item WHERE cell=? AND codes IN ({','.join('?' * len(words))}) AND status<>?"
            " ORDER BY container,key LIMIT ?"
        )
        with self._lock:
            rows = self._db.execute(
                query, (self.word(cell.text()), *words, STATUSES.index("removed"), limit)
            ).fetchall()
        return [(c, bytes(k)) for c, k in rows]

    def _all_words(self) -> list[tuple[int, str]]:
        with self._lock:
            return self._db.execute("SELECT id,text FROM word").fetchall()

    def blocked(self, cell: Cell, limit: int) -> Iterator[tuple[int, bytes, tuple[str, ...]]]:
        """The items of a cell that can't be moved, with their codes, in order of key."""
        no = FORWARD.index("blocked")
        query = (
            "SELECT container,key,codes FROM item WHERE cell=? AND status<>? AND (forward=? OR grade=?)"
            " ORDER BY container,key LIMIT ?"
        )
        args = (self.word(cell.text()), STATUSES.index("removed"), no, BACK.index("blocked"), limit)
        with self._lock:
            rows = self._db.execute(query, args).fetchall()
        for container, key, codes in rows:
            yield container, bytes(key), tuple(self.text(codes).split())

    def find(self, text: str, limit: int = 50) -> list[Item]:
        """Rows whose key or target key contains a text (for `trace`)."""
        needle = text.encode()
        query = f"SELECT {_COLUMNS} FROM item WHERE instr(key,?) OR instr(target_key,?) LIMIT ?"
        with self._lock:
            return [self._item(row) for row in self._db.execute(query, (needle, needle, limit)).fetchall()]

    def appeared(self, target: str, digests: set[str], since: int) -> set[str]:
        """Which of these documents were written at a target after a `seq`: what left one place and came to another."""
        query = "SELECT DISTINCT digest FROM item WHERE target=? AND seq>? AND digest IS NOT NULL AND status=?"
        args = (self.word(target), since, STATUSES.index("written"))
        with self._lock:
            return {row[0].hex() for row in self._db.execute(query, args) if row[0].hex() in digests}

    def make_stale(self, target: str, container: int, key: bytes, gone: bool = False) -> None:
        """Makes the next pass do an item again. `gone`: it is no longer at the target. A rebuilt map has forgotten this
        wish, and nothing else."""
        rest = ", target_version=''" if gone else ""
        with self._lock:
            self._db.execute(
                f"UPDATE item SET version='', recipe=0{rest} WHERE target=? AND container=? AND key=?",
                (self.word(target), container, key),
            )


NEVER = "-"
"""What a manifest says in `before` of an item that we never wrote; an empty text says that nothing was there."""
