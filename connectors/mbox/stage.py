"""Messages as segments of an mboxrd file, written aside before they go into the mailbox.

A segment is the `From ` line, the protected message, a blank line. A message whose last line has no end gets one from
the file, and its `From ` line a mark (`OPEN_END`) that says so: reading gives it back without.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import BinaryIO, cast

from transhumance.connectors.contract import Body, BytesBody, Record
from transhumance.connectors.formats.durable import ASIDE, discard, sync_folder, write_aside
from transhumance.connectors.formats.rfc5322 import HEADER_LIMIT
from transhumance.connectors.mbox.fromline import OPEN_END, line_of
from transhumance.connectors.mbox.index import Row
from transhumance.connectors.mbox.measure import Measure, measure, read_range
from transhumance.connectors.mbox.quoting import quote, quote_blocks


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a message, in memory or in a temporary file."""

    head: bytes
    size: int
    path: str = ""

    def blocks(self) -> Iterator[bytes]:
        """All of them."""
        if not self.path:
            yield self.head
            return
        handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield from read_range(handle, 0, self.size)
        finally:
            os.close(handle)

    def ends_open(self) -> bool:
        """Whether the last line has no end."""
        if not self.path:
            return bool(self.head) and not self.head.endswith(b"\n")
        with open(self.path, "rb") as file:
            file.seek(self.size - 1)
            return file.read(1) != b"\n"

    def drop(self) -> None:
        """Removes the temporary file."""
        if self.path:
            discard(self.path)


class Spool:
    """A file of segments on their way into a mailbox. It is removed at the end of its `with`, unless a change that
    was begun still needs it to be settled by."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / (ASIDE + os.urandom(8).hex())
        self.out = cast(BinaryIO, open(self.path, "xb+"))
        self._needed = False

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.out.close()
        if not (self._needed and kind is not None):
            discard(self.path)

    def pour(self, path: Path) -> None:
        """Adds a whole file."""
        with open(path, "rb") as source:
            shutil.copyfileobj(source, self.out)

    def durable(self) -> Path:
        """What was written is on the disk; returns where."""
        self.out.flush()
        os.fsync(self.out.fileno())
        sync_folder(self.path.parent)
        self._needed = True
        return self.path


def content_of(record: Record, folder: Path) -> Content:
    """The message of a record, read once. Raises `BodyUnreadable`, `StopEndpoint`, `OSError` as `write_aside` does."""
    body: Body = record.bodies.get("content") or BytesBody.of(b"")
    if isinstance(body, BytesBody):
        return Content(body.data, len(body.data))
    size, _, path = write_aside(folder / "content", body, sync=False)
    with open(path, "rb") as file:
        head = file.read(HEADER_LIMIT)
    if size <= len(head):
        discard(path)
        return Content(head, size)
    return Content(head, size, path)


def from_line(record: Record, content: Content, zone: tzinfo) -> bytes:
    """The `From ` line of a message, with its mark."""
    line = line_of(record.properties, quote(content.head[:4096]), zone)
    return line + OPEN_END if content.ends_open() else line


def measure_record(record: Record, content: Content, zone: tzinfo) -> tuple[bytes, Measure]:
    """The `From ` line and the measure that the message will have in the file."""
    line = from_line(record, content, zone)
    return line, measure(content.blocks(), line)


def write_segment(out: BinaryIO, key: bytes, line: bytes, found: Measure, content: Content) -> Row:
    """Writes a segment at the end of an open file; returns its row, with offsets in that file."""
    at = out.seek(0, os.SEEK_END)
    out.write(line + b"\n")
    start, length = at + len(line) + 1, 0
    for block in (quote(content.head),) if not content.path else quote_blocks(content.blocks()):
        out.write(block)
        length += len(block)
    quoted = length - content.size
    open_end = line.endswith(OPEN_END)
    out.write(b"\n\n" if open_end else b"\n")
    end = start + length
    return Row(key, at, start, end, end + (2 if open_end else 1), found.digest, found.state, content.size, quoted)


def moved(row: Row, by: int) -> Row:
    """A row whose segment lies so many bytes further on."""
    return Row(
        row.key,
        row.at + by,
        row.start + by,
        row.end + by,
        row.stop + by,
        row.digest,
        row.state,
        row.size,
        row.quoted,
        row.marks,
    )
