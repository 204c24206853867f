"""One hold on an mbox file of a target: its lock, its record, and what may be done to it.

Two kinds of change, each with an intent in the record before it, and the new rows in one transaction after it:

- *append*: the new segments lie whole in a spool file, durable; the intent names it and the size of the mailbox; then
  they are copied to its end. After a crash the end of the mailbox is compared with the spool: all of it is there, and
  the rows are taken in; or a part, which is cut off again; and what another program has appended meanwhile is kept.
  So an append costs its own size, however large the mailbox is.
- *rewrite* (messages replaced or removed, a batch at once): the whole file written aside, durable; the intent names
  its inode; then it is renamed. After a crash the inode tells whether the rename happened.

Mail programs that append are held off by a lock (`fcntl`) on the mailbox while it changes. One that waits during a
rewrite would write to the file that was replaced: deliveries into a target are to be off while messages are replaced
or removed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from transhumance.connectors.contract import Fence, Retry, StopEndpoint, Text
from transhumance.connectors.formats.durable import ASIDE, discard, make_folders, stop_if_full, sync_folder, write_all
from transhumance.connectors.mbox.fromline import MAX_LINE, read_from_line
from transhumance.connectors.mbox.index import Index, Row, stamp_of
from transhumance.connectors.mbox.measure import read_range
from transhumance.connectors.mbox.side import side_of
from transhumance.connectors.mbox.stage import moved

PATIENCE = 10.0  # seconds to wait for a lock before the engine is asked to come again
_BLOCK = 1 << 18


class Session:
    """An mbox file under its lock, its record as the file is now. See the module and `open_session`."""

    def __init__(self, path: Path, index: Index) -> None:
        self.path, self.index = path, index

    def lead(self) -> bytes:
        """What must come before a segment at the end of the file, so that a blank line comes before its line."""
        with open(self.path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 3, 0))
            tail = file.read()
        if not size or tail.endswith((b"\n\n", b"\n\r\n")) or tail in (b"\n", b"\r\n"):
            return b""
        return b"\n" if tail.endswith(b"\n") else b"\n\n"

    def append(self, rows: Sequence[Row], spool: Path, fence: Fence) -> list[Row]:
        """Appends the segments of a durable spool file; returns their rows as they lie in the mailbox. Raises
        `StaleLease` before anything is done, `StopEndpoint` where the disk is full."""
        found = self.path.stat()
        landed = [moved(row, found.st_size) for row in rows]
        self.index.intend("append", found.st_size, spool, found.st_ino, landed, ())
        fence.check()
        with _locked(self.path) as handle:
            try:
                _copy(spool, handle, found.st_size)
                os.fsync(handle)
            except OSError as error:
                os.ftruncate(handle, found.st_size)
                stop_if_full(error)
                raise
            stamp = stamp_of(os.fstat(handle))
        self.index.take_in(stamp)
        discard(spool)
        return landed

    def rewrite(self, new: Mapping[bytes, Row | None], spool: Path | None, fence: Fence) -> dict[bytes, Row]:
        """Replaces the messages of these keys by segments of the spool file, or removes them (None); returns the rows
        of the new ones. Raises as `append` does."""
        old = sorted((row for key in new if (row := self.index.get(key))), key=lambda row: row.at)
        temp = self.path.parent / (ASIDE + os.urandom(8).hex())
        try:
            with _locked(self.path) as handle:
                placed = _write_new(handle, old, new, spool, temp)
                self.index.intend("rewrite", 0, temp, temp.stat().st_ino, placed.values(), [row.key for row in old])
                fence.check()
                os.rename(temp, self.path)
                sync_folder(self.path.parent)
        except OSError as error:
            stop_if_full(error)
            raise
        finally:
            discard(temp)
        self.index.replace(old, placed, stamp_of(self.path.stat()))
        return placed

    # --- after a crash

    def recover(self, fence: Fence) -> None:
        """Settles what an earlier hold left undone, by what is in the file."""
        intent = self.index.intent()
        if intent is None:
            return
        fence.check()
        now = self.path.stat()
        if intent.kind == "rewrite":
            if now.st_ino == intent.inode:
                self.index.take_in("", replaced=True)  # offsets are read anew
            else:
                self.index.forget()
            discard(intent.path)
        elif now.st_ino != intent.inode:
            self.index.take_in("")  # another program rewrote it: what is there of ours is found by digest
            discard(intent.path)
        else:
            self._recover_append(intent.base, intent.path, now)

    def _recover_append(self, base: int, spool: Path, now: os.stat_result) -> None:
        with _locked(self.path) as handle:
            common, whole = _common(handle, base, spool)
            if whole:
                self.index.take_in(stamp_of(now) if now.st_size == base + common else "")
            elif base + common == now.st_size:
                os.ftruncate(handle, base)
                os.fsync(handle)
                self.index.forget(stamp_of(os.fstat(handle)))
            else:
                if common:  # a part of ours, and then another program's message
                    self._cut_out(handle, base, _next_message(handle, base, base + common))
                self.index.forget("")
        discard(spool)

    def _cut_out(self, handle: int, start: int, stop: int) -> None:
        temp = self.path.parent / (ASIDE + os.urandom(8).hex())
        try:
            with _create(temp) as out:
                _pour(handle, 0, start, out)
                _pour(handle, stop, os.fstat(handle).st_size - stop, out)
                out.flush()
                os.fsync(out.fileno())
            os.rename(temp, self.path)
            sync_folder(self.path.parent)
        finally:
            discard(temp)

    def renew(self, variant: str) -> None:
        """Reads the file again where it is not as the record has it."""
        if self.index.stamp() != stamp_of(self.path.stat()):
            self.index.read(self.path, "mboxrd" if self.index.variant() == "mboxrd" else variant, self.index)
            if self.index.variant() == "mbox":
                self.index.call("mboxrd")


@contextmanager
def open_session(root: Path, path: Path, variant: str, fence: Fence) -> Iterator[Session]:
    """Holds one file. Raises `Retry` where another worker holds it, `StaleLease` where something is to be settled and
    the lease is over, `OSError` where the file can't be read."""
    side = side_of(root, path)
    make_folders(side.parent)
    lock = os.open(side.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _patiently(lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB), path)
        with _told(side), closing(Index(side)) as index:
            session = Session(path, index)
            session.recover(fence)
            session.renew(variant)
            yield session
    finally:
        os.close(lock)


@contextmanager
def _told(side: Path) -> Iterator[None]:
    """An error of the record, said to people."""
    try:
        yield
    except sqlite3.Error as error:
        number = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if number == sqlite3.SQLITE_BUSY:
            raise Retry(Text(f"{side.name} est tenu par un autre", f"{side.name} is held by another"), 30.0) from None
        if number == sqlite3.SQLITE_FULL:
            stop_if_full(OSError(errno.ENOSPC, str(error), str(side)))
        raise StopEndpoint(
            Text(
                f"{side} : le registre du mbox ne peut être lu ou écrit ({error}) ; le mbox lui-même est intact. "
                "Rétablissez ce fichier d'une sauvegarde, puis `transhume resume`",
                f"{side}: the record of the mbox can't be read or written ({error}); the mbox itself is whole. "
                "Put that file back from a backup, then `transhume resume`",
            )
        ) from None


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The mailbox, open, under the lock that mail programs ask for."""
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _patiently(lambda: fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB), path)
        yield handle
    finally:
        os.close(handle)


def _patiently(lock: Callable[[], None], path: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            lock()
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Retry(
                    Text(
                        f"{path.name} est verrouillé par un autre programme",
                        f"{path.name} is locked by another program",
                    ),
                    after=30.0,
                ) from None
            time.sleep(0.1)


def _write_new(
    handle: int, old: Sequence[Row], new: Mapping[bytes, Row | None], spool: Path | None, temp: Path
) -> dict[bytes, Row]:
    """Writes the new file aside; returns where each replaced message lies there."""
    placed: dict[bytes, Row] = {}
    found = os.fstat(handle)
    with _create(temp) as out, open(spool or os.devnull, "rb") as part:
        os.fchmod(out.fileno(), found.st_mode & 0o777)
        at = 0
        for row in old:
            _pour(handle, at, row.at - at, out)
            if (segment := new[row.key]) is not None:
                placed[row.key] = moved(segment, out.tell() - segment.at)
                _pour(part.fileno(), segment.at, segment.stop - segment.at, out)
            at = row.stop
        _pour(handle, at, found.st_size - at, out)
        out.flush()
        os.fsync(out.fileno())
    return placed


def _create(path: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _pour(source: int, start: int, length: int, out: BinaryIO) -> None:
    for block in read_range(source, start, length):
        out.write(block)


def _copy(spool: Path, handle: int, at: int) -> None:
    os.lseek(handle, at, os.SEEK_SET)
    with open(spool, "rb") as part:
        while block := part.read(_BLOCK):
            write_all(handle, block)


def _next_message(handle: int, base: int, near: int) -> int:
    """Where another program's message begins after a part of ours that ends at `near`, or a little before, where both
    go on alike: its `From ` line bears a date, which no line of ours within a message does."""
    start = max(near - MAX_LINE, base)
    window = os.pread(handle, 3 * MAX_LINE, start)
    for at in range(min(near - start + 2, len(window)), -1, -1):
        if window.startswith(b"From ", at) and read_from_line(window[at:].partition(b"\n")[0]).dated:
            return start + at
    return near


def _common(handle: int, base: int, spool: Path) -> tuple[int, bool]:
    """How many bytes of the spool lie at `base` of the mailbox, and whether that is all of it."""
    common = 0
    with suppress(FileNotFoundError), open(spool, "rb") as part:
        while block := part.read(_BLOCK):
            there = os.pread(handle, len(block), base + common)
            if there != block:
                same = next((i for i, (a, b) in enumerate(zip(there, block, strict=False)) if a != b), len(there))
                return common + same, False
            common += len(block)
        return common, True
    return 0, False
