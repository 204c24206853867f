"""What was written to an LDIF file and is not merged into it yet: whole batches, appended, one flush each.

The journal is LDIF. Each batch is entries that are put (`# put KEY` above each) and keys that are removed (`# remove
KEY`), and ends in `# commit DIGEST`. A batch without its commit line, or whose digest is another, had no effect: that
is what a crash leaves, and the next batch is written over it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from transhumance.connectors.contract import key_from_text, key_text
from transhumance.connectors.formats.durable import stop_if_full, sync_folder, write_all
from transhumance.connectors.formats.ldif import LdifRecord, write_record
from transhumance.connectors.formats.ldif_stream import blocks

PUT, REMOVE, COMMIT = b"# put ", b"# remove ", b"# commit "


@dataclass(frozen=True, slots=True)
class Op:
    """One step of a batch. `record` is None where the key is removed. `start`, `size`: where its lines lie."""

    key: bytes
    record: LdifRecord | None = None
    start: int = 0
    size: int = 0


def _lines(op: Op) -> bytes:
    head = (REMOVE if op.record is None else PUT) + key_text(op.key).encode() + b"\n"
    return head + (write_record(op.record) if op.record else b"")


def _commit(digest: str) -> bytes:
    return COMMIT + digest[:32].encode() + b"\n\n"


def batches(journal: Path, limit: int) -> Iterator[tuple[list[Op], int]]:
    """The steps of every whole batch, without their records, and where it ends. A journal that is not there has none.
    Raises `OSError`."""
    if not journal.exists():
        return
    with open(journal, "rb") as stream, open(journal, "rb") as again:
        size = os.fstat(stream.fileno()).st_size
        steps: list[Op] = []
        end = 0
        for block in blocks(stream, limit):
            head = block.raw.partition(b"\n")[0]
            if not head.startswith(COMMIT):
                steps.append(_step(head, block.start, block.size))
                continue
            commit = _commit(_digest(again, end, block.start))
            if block.raw + b"\n" != commit or block.start + len(commit) > size:
                return
            end = block.start + len(commit)
            yield steps, end
            steps = []


def _step(head: bytes, start: int, size: int) -> Op:
    mark, _, key = head[2:].partition(b" ")
    # what is no step can only be in a batch that the digest refuses
    return Op(key_from_text(key.decode("utf-8", "replace")), None, start, size if mark == b"put" else 0)


def _digest(stream: BinaryIO, start: int, end: int) -> str:
    digest = hashlib.sha256()
    stream.seek(start)
    while start < end and (part := stream.read(min(1 << 20, end - start))):
        digest.update(part)
        start += len(part)
    return digest.hexdigest()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone with the files of a folder, among all that take this lock: a worker that lost its lease may still run."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def append(journal: Path, end: int, ops: Sequence[Op], may_write: Callable[[], None]) -> tuple[list[Op], int]:
    """Writes one batch after the last whole one and makes it durable; returns the steps with their places, and the new
    end. `may_write` is called just before: it raises where nothing may be written any more.

    Raises `StopEndpoint` where the disk is full, else `OSError`."""
    placed, parts, at = [], [], end
    for op in ops:
        text = _lines(op)
        placed.append(Op(op.key, op.record, at, len(text)))
        parts.append(text + b"\n")
        at += len(text) + 1
    body = b"".join(parts)
    text = body + _commit(hashlib.sha256(body).hexdigest())
    may_write()
    try:
        _write(journal, end, text)
    except OSError as error:
        stop_if_full(error)
        raise
    return placed, end + len(text)


def _write(journal: Path, end: int, text: bytes) -> None:
    fresh = not journal.exists()
    handle = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.ftruncate(handle, end)
        os.lseek(handle, end, os.SEEK_SET)
        write_all(handle, text)
        os.fsync(handle)
    finally:
        os.close(handle)
    if fresh:
        sync_folder(journal.parent)
