"""The end of a pass: a journal becomes part of its file, written aside and renamed.

The file's own bytes are copied as they are, comments and damaged records too, but for the entries that were replaced
or removed; what was put follows. A crash before the rename leaves file and journal as they were; one after it leaves a
journal whose steps are done already, and doing them again changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from transhumance.connectors.contract import Fence
from transhumance.connectors.formats.durable import commit, sync_folder, write_aside
from transhumance.connectors.ldif.files import Export
from transhumance.connectors.ldif.index import Index

_BLOCK = 1 << 20


def merge(export: Export, index: Index) -> None:
    """Merges the journal of a file into it. Raises `StopEndpoint` where the disk is full, else `OSError`."""
    with open(export.file, "rb") as old, open(export.journal, "rb") as new:
        _, _, temp = write_aside(export.file, _merged(old, new, index))
    commit(temp, export.file, Fence("merge", 0))
    sync_folder(export.file.parent)
    os.unlink(export.journal)
    sync_folder(export.file.parent)


def _merged(old: BinaryIO, new: BinaryIO, index: Index) -> Iterator[bytes]:
    at, last = 0, b""
    for start, size in index.gone(0):
        for block in _span(old, at, start):
            yield block
            last = (last + block)[-2:]
        at = start + size + len(_empty_line(old, start + size))
    for block in _span(old, at, None):
        yield block
        last = (last + block)[-2:]
    yield b"" if not last or last == b"\n\n" else b"\n" if last.endswith(b"\n") else b"\n\n"
    for item in index.journaled(0):
        new.seek(item.start)
        yield new.read(item.size).partition(b"\n")[2] + b"\n"


def _span(stream: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    stream.seek(start)
    while (end is None or start < end) and (block := stream.read(_BLOCK if end is None else min(_BLOCK, end - start))):
        yield block
        start += len(block)


def _empty_line(stream: BinaryIO, at: int) -> bytes:
    """The empty line that ends a record, where there is one."""
    stream.seek(at)
    line = stream.readline(3)
    return line if line in (b"\n", b"\r\n") else b""
