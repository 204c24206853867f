"""The messages of one mbox file: where each lies, under which key. In flat memory, in a temporary database, or in one
that a target keeps beside its files.

A message's key is the digest of its bytes without its status lines, so that a flag changes the version and not the
key; the second, third, ... of equal messages are `digest#2`, `digest#3`. Where a target wrote the file, its own record
says which key each message was written under.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from transhumance.connectors.contract import ItemRef, Page
from transhumance.connectors.formats.mailfiles import FORM, KIND
from transhumance.connectors.mbox.measure import Measure, evidence, measure_span
from transhumance.connectors.mbox.quoting import Rule
from transhumance.connectors.mbox.scan import Reader, Span, spans

CUT, STRAY, OVER = 1, 2, 4
_RULES: dict[str, Rule] = {"mboxo": "o", "mboxcl": "o", "mboxcl2": "none", "mboxrd": "rd", "mbox": "rd"}
_MARKS = ",".join("?" * 10)
_ROW = "key, at, start, end, stop, digest, state, size, quoted, marks"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS item (seq INTEGER PRIMARY KEY, key BLOB UNIQUE, at, start, end, stop, digest TEXT,
  state TEXT, size, quoted, marks);
CREATE INDEX IF NOT EXISTS item_digest ON item (digest);
CREATE TABLE IF NOT EXISTS file (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), stamp TEXT, variant TEXT);
CREATE TABLE IF NOT EXISTS intent (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), kind, base, path, inode);
CREATE TABLE IF NOT EXISTS planned (key BLOB, at, start, end, stop, digest TEXT, state TEXT, size, quoted, marks);
CREATE TABLE IF NOT EXISTS replaced (key BLOB);
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A message as the index keeps it; offsets as in `Span`. `marks`: bits CUT, STRAY, OVER."""

    key: bytes
    at: int
    start: int
    end: int
    stop: int
    digest: str
    state: str
    size: int
    quoted: int
    marks: int = 0

    @property
    def version(self) -> str:
        """Changes with the message, its flags, its `From ` line."""
        return f"{self.digest[:24]}.{self.state}"


@dataclass(frozen=True, slots=True)
class Intent:
    """A change that was begun: `append` of the file `path` at `base` of the mailbox `inode`, or a `rewrite` whose new
    file is `inode`."""

    kind: str
    base: int
    path: Path
    inode: int


def stamp_of(found: os.stat_result) -> str:
    """What tells that a file is as it was."""
    return f"{found.st_ino:x}.{found.st_size:x}.{found.st_mtime_ns:x}"


class Index:
    """The index of one file. `side`: the database of a target, else a temporary one."""

    def __init__(self, side: Path | None = None) -> None:
        self.db = sqlite3.connect(str(side or ""), check_same_thread=False, isolation_level=None, timeout=30)
        if side is None:
            self.db.executescript("PRAGMA cache_size=-4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        else:
            self.db.executescript("PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL;")
        self.db.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the database; a temporary one is gone then."""
        self.db.close()

    # --- what it says

    def stamp(self) -> str:
        """Of the file when it was read or written last; empty when it never was."""
        row = self.db.execute("SELECT stamp FROM file").fetchone()
        return row[0] if row else ""

    def variant(self) -> str:
        """How the file protects `From ` lines: mboxo, mboxrd, mboxcl, mboxcl2; `mbox` where nothing tells."""
        row = self.db.execute("SELECT variant FROM file").fetchone()
        return row[0] if row else "mbox"

    def rule(self) -> Rule:
        """The rule of quoting of the variant."""
        return _RULES[self.variant()]

    def get(self, key: bytes) -> Row | None:
        """The message of a key."""
        row = self.db.execute(f"SELECT {_ROW} FROM item WHERE key = ?", (key,)).fetchone()
        return Row(*row) if row else None

    def page(self, cursor: bytes | None, limit: int) -> Page:
        """The messages after a cursor, which is a key."""
        where, args = ("WHERE key > ?", (cursor, limit + 1)) if cursor is not None else ("", (limit + 1,))
        query = f"SELECT {_ROW} FROM item {where} ORDER BY key LIMIT ?"
        rows = [Row(*row) for row in self.db.execute(query, args)]
        stamp, rule = self.stamp(), self.rule()
        refs = tuple(
            ItemRef(r.key, r.version, KIND, FORM, r.size, locator=locator(r, stamp, rule)) for r in rows[:limit]
        )
        return Page(refs, refs[-1].key if len(rows) > limit else None)

    def known(self) -> Iterator[tuple[bytes, str]]:
        """Keys and digests, in the order of the file; what was planned and may have been done comes last."""
        yield from self.db.execute("SELECT key, digest FROM item ORDER BY seq")
        yield from self.db.execute("SELECT key, digest FROM planned ORDER BY rowid")

    # --- changes of a target

    def intent(self) -> Intent | None:
        """The change that was begun and not ended."""
        row = self.db.execute("SELECT kind, base, path, inode FROM intent").fetchone()
        return Intent(row[0], row[1], Path(row[2]), row[3]) if row else None

    def intend(
        self, kind: str, base: int, path: Path, inode: int, rows: Iterable[Row], replaced: Iterable[bytes]
    ) -> None:
        """Notes a change before it is made, durable: the rows that it will bring, the keys that it will replace."""
        with self._transaction():
            self._clear()
            self.db.execute("INSERT INTO intent VALUES (1, ?, ?, ?, ?)", (kind, base, str(path), inode))
            self.db.executemany(f"INSERT INTO planned VALUES ({_MARKS})", map(_values, rows))
            self.db.executemany("INSERT INTO replaced VALUES (?)", ((key,) for key in replaced))

    def take_in(self, stamp: str, replaced: bool = False) -> None:
        """The change was made: its rows are the file's. An empty stamp makes the file be read again."""
        with self._transaction():
            if replaced:
                self.db.execute("DELETE FROM item WHERE key IN (SELECT key FROM replaced)")
            self.db.execute(f"INSERT OR REPLACE INTO item ({_ROW}) SELECT {_ROW} FROM planned ORDER BY rowid")
            self._clear()
            self._stamp(stamp)

    def replace(self, old: Iterable[Row], placed: Mapping[bytes, Row], stamp: str) -> None:
        """A rewrite was made: rows behind a change lie elsewhere now, in one pass over the table."""
        with self._transaction():
            self.db.execute("CREATE TEMP TABLE shift (at INTEGER PRIMARY KEY, by INTEGER)")
            total = 0
            for row in old:
                after = placed.get(row.key)
                total += (after.stop - after.at if after else 0) - (row.stop - row.at)
                self.db.execute("INSERT INTO shift VALUES (?, ?)", (row.at, total))
            moves = "(SELECT by FROM temp.shift AS t WHERE t.at < i.at ORDER BY t.at DESC LIMIT 1)"
            self.db.execute(
                "UPDATE item SET at = at + by, start = start + by, end = end + by, stop = stop + by "
                f"FROM (SELECT i.seq AS s, {moves} AS by FROM item AS i) WHERE seq = s AND by IS NOT NULL"
            )
            self.db.execute("DROP TABLE temp.shift")
            for row in old:
                after = placed.get(row.key)
                if after is None:
                    self.db.execute("DELETE FROM item WHERE key = ?", (row.key,))
                else:
                    self.db.execute(f"UPDATE item SET ({_ROW}) = ({_MARKS}) WHERE key = ?", (*_values(after), row.key))
            self._clear()
            self._stamp(stamp)

    def forget(self, stamp: str | None = None) -> None:
        """The change was not made, or was undone."""
        with self._transaction():
            self._clear()
            if stamp is not None:
                self._stamp(stamp)

    def call(self, variant: str) -> None:
        """Says which variant the file is from now on."""
        self.db.execute("UPDATE file SET variant = ?", (variant,))

    def _clear(self) -> None:
        for table in ("intent", "planned", "replaced"):
            self.db.execute(f"DELETE FROM {table}")

    def _stamp(self, stamp: str) -> None:
        self.db.execute(
            "INSERT INTO file VALUES (1, ?, 'mboxrd') ON CONFLICT DO UPDATE SET stamp = excluded.stamp", (stamp,)
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # --- reading the file

    def read(self, path: Path, variant: str, record: Index | None = None) -> None:
        """Reads the whole file. `variant`: as the plan says, or `auto`. `record`: an index that says which keys
        messages were written under, itself or another. Raises `OSError` where the file can't be read."""
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            found = os.fstat(handle)
            with self._transaction():
                self.db.execute("CREATE TEMP TABLE said (key BLOB, digest TEXT)")
                if record is self:
                    self.db.execute("INSERT INTO said SELECT key, digest FROM item ORDER BY seq")
                elif record is not None:
                    self.db.executemany("INSERT INTO said VALUES (?, ?)", record.known())
                self.db.execute("DELETE FROM item")
                told = self._spans(handle, found.st_size, variant)
                self._name()
                self.db.execute("DROP TABLE temp.said")
                self.db.execute("INSERT OR REPLACE INTO file VALUES (1, ?, ?)", (stamp_of(found), told))
        finally:
            os.close(handle)

    def _spans(self, handle: int, size: int, variant: str) -> str:
        """Every message into the table; returns the variant. Messages are measured as mboxrd, and those where it makes
        a difference once more when the file turns out to be another variant."""
        rd = o = counted = bare = seen = 0
        lengths = variant in ("auto", "mboxcl", "mboxcl2")
        rule = _RULES.get(variant, "rd")
        for span in spans(Reader(handle, size), lengths):
            found, raw = measure_span(handle, span, rule)
            votes = evidence(raw)
            rd, o, seen, counted = rd + votes[0], o + votes[1], seen + 1, counted + span.counted
            bare += span.over or (span.counted and b"\nFrom " in raw)
            self._add(span, found)
        if variant == "auto":
            variant = _told(rd, o, seen, counted, bare)
            if _RULES[variant] != rule:
                self._again(handle, _RULES[variant])
        return variant

    def _add(self, span: Span, found: Measure) -> None:
        marks = CUT * span.cut | STRAY * (span.line is None) | OVER * span.over
        self.db.execute(
            f"INSERT INTO item ({_ROW}) VALUES (NULL,?,?,?,?,?,?,?,?,?)",
            (span.at, span.start, span.end, span.stop, found.digest, found.state, found.size, found.quoted, marks),
        )

    def _again(self, handle: int, rule: Rule) -> None:
        """Measures messages that have protected lines by another rule."""
        last = 0
        query = "SELECT seq, at, start, end, stop FROM item WHERE quoted > 0 AND seq > ? ORDER BY seq LIMIT 1"
        while row := self.db.execute(query, (last,)).fetchone():
            last, at, start, end, stop = row
            line = os.pread(handle, start - at, at).rstrip(b"\n").removesuffix(b"\r") if start > at else None
            found, _ = measure_span(handle, Span(at, start, end, stop, line), rule)
            self.db.execute(
                "UPDATE item SET digest = ?, state = ?, size = ?, quoted = ? WHERE seq = ?",
                (found.digest, found.state, found.size, found.quoted, last),
            )

    def _name(self) -> None:
        """Gives each message its key: the one it was written under, else its digest with its number among equals."""
        rank = "ROW_NUMBER() OVER (PARTITION BY digest ORDER BY"
        self.db.execute(
            f"UPDATE OR IGNORE item SET key = said.key FROM (SELECT seq AS s, {rank} seq) AS n FROM item) AS mine, "
            f"(SELECT key, digest, {rank} rowid) AS n FROM temp.said) AS said "
            "WHERE item.seq = mine.s AND said.digest = item.digest AND said.n = mine.n"
        )
        self.db.execute(
            "UPDATE OR IGNORE item SET key = CAST(digest || CASE n WHEN 1 THEN '' ELSE '#' || n END AS BLOB) FROM "
            f"(SELECT seq AS s, {rank} seq) AS n FROM item) AS mine WHERE item.key IS NULL AND item.seq = mine.s"
        )
        # what is left bears a key that another message was written under
        while row := self.db.execute("SELECT seq, digest FROM item WHERE key IS NULL ORDER BY seq LIMIT 1").fetchone():
            again = 2
            while self.get(key := f"{row[1]}#{again}".encode()):
                again += 1
            self.db.execute("UPDATE item SET key = ? WHERE seq = ?", (key, row[0]))


def _values(row: Row) -> tuple[object, ...]:
    return astuple(row)


def _told(rd: int, o: int, seen: int, counted: int, bare: int) -> str:
    """The variant of a file by what its messages told."""
    if counted * 2 > seen:
        return "mboxcl2" if bare else "mboxcl"
    if rd == o:
        return "mbox"
    return "mboxrd" if rd > o else "mboxo"


def locator(row: Row, stamp: str, rule: Rule) -> str:
    """A row as a hint for `fetch`, good as long as the file is as it was."""
    return f"{stamp}|{rule}|{row.at},{row.start},{row.end},{row.stop},{row.size},{row.quoted},{row.marks}"


def located(key: bytes, text: str, stamp: str) -> tuple[Row, Rule] | None:
    """The row of a hint, or None where the file has changed since."""
    was, _, rest = text.partition("|")
    rule, _, numbers = rest.partition("|")
    if was != stamp or rule not in ("rd", "o", "none"):
        return None
    at, start, end, stop, size, quoted, marks = (int(n) for n in numbers.split(","))
    return Row(key, at, start, end, stop, "", "", size, quoted, marks), rule  # type: ignore[return-value]
