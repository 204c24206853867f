"""Where the messages of an mbox begin and end, in one pass over the file, in flat memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from transhumance.connectors.formats.rfc5322 import blank_line
from transhumance.connectors.mbox.fromline import MAX_LINE, OPEN_END, begins_message

BLOCK = 1 << 20
_LOOK, _HEADER = 1 << 12, 1 << 16  # where a Content-Length is looked for, first near and then far
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$", re.M | re.I)
_BLANKS = re.compile(rb"[\r\n]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A message in the file. `at`: its `From ` line; `start`, `end`: its bytes; `stop`: where the next one begins.
    `line`: the `From ` line without its end, None for bytes that have none. `counted`: its end was told by a
    Content-Length; `over`: which passes over what would begin a message. `cut`: the file ends before the message
    does."""

    at: int
    start: int
    end: int
    stop: int
    line: bytes | None
    counted: bool = False
    over: bool = False
    cut: bool = False


class Reader:
    """Bytes of an open file at any offset, with a block kept for what lies near."""

    def __init__(self, handle: int, size: int) -> None:
        self.handle, self.size = handle, size
        self._at, self._block = 0, b""

    def at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes at an offset."""
        begin = offset - self._at
        if begin < 0 or begin + length > len(self._block):
            if length > BLOCK:
                return os.pread(self.handle, min(length, self.size - offset), offset)
            self._at, begin = offset, 0
            self._block = os.pread(self.handle, max(min(BLOCK, self.size - offset), 0), offset)
        return self._block[begin : begin + length]

    def find(self, needle: bytes, offset: int) -> int:
        """Where a text comes next, or -1."""
        while offset < self.size:
            begin = offset - self._at
            if not 0 <= begin < len(self._block):
                self.at(offset, 1)
                begin = 0
            found = self._block.find(needle, begin)
            if found >= 0:
                return self._at + found
            end = self._at + len(self._block)
            if end >= self.size or not self._block:
                return -1
            offset = max(end - len(needle) + 1, offset)
            self.at(offset, BLOCK)
        return -1


def spans(reader: Reader, lengths: bool = True) -> Iterator[Span]:
    """Every message, in order. `lengths`: believe a Content-Length that ends where another message begins, or the
    file does. Bytes before the first `From ` line, other than blank lines, are a span without a line."""
    at = _first(reader)
    if at is None:
        if reader.size:
            yield Span(0, 0, reader.size, reader.size, None)
        return
    if at and reader.at(0, min(at, BLOCK)).strip(b"\r\n"):
        yield Span(0, 0, _before_blank(reader, 0, at), at, None)
    while at < reader.size:
        start = _line_end(reader, at)
        line = reader.at(at, start - at).rstrip(b"\n").removesuffix(b"\r")
        counted = _counted(reader, start) if lengths else None
        stop = _next(reader, start)
        over = counted is not None and counted[1] > stop
        end, stop = counted or (_before_blank(reader, start, stop), stop)
        if line.endswith(OPEN_END) and reader.at(end - 1, 1) == b"\n" and end > start:
            end -= 1
        yield Span(at, start, end, stop, line, counted is not None, over, _is_cut(reader, start, stop, lengths))
        at = stop


def _first(reader: Reader) -> int | None:
    """The first `From ` line: at the start of the file, else one that begins a message."""
    head = reader.at(0, MAX_LINE + 1)
    blank = _BLANKS.match(head)
    at = blank.end() if blank else 0
    if head.startswith(b"From ", at) and (b"\n" in head[at:] or reader.size <= MAX_LINE):
        return at
    stop = _next(reader, 0)
    return stop if stop < reader.size else None


def _line_end(reader: Reader, at: int) -> int:
    end = reader.find(b"\n", at)
    return reader.size if end < 0 else end + 1


def _next(reader: Reader, start: int) -> int:
    """Where the next message begins after `start`, or the end of the file. A `From ` line may follow at once."""
    at = max(start - 1, 0)
    while (at := reader.find(b"\nFrom ", at)) >= 0:
        at += 1
        text = reader.at(at, 2 * MAX_LINE)
        line, found, rest = text.partition(b"\n")
        blank = reader.at(max(at - 3, start), min(3, at - start)).endswith((b"\n\n", b"\n\r\n"))
        blank = blank or reader.at(start, at - start) in (b"\n", b"\r\n") if at - start <= 2 else blank
        if found and begins_message(line.removesuffix(b"\r"), blank, rest):
            return at
        if not found and at + len(line) >= reader.size and begins_message(line, blank, b""):
            return at  # a last line, cut
    return reader.size


def _before_blank(reader: Reader, start: int, stop: int) -> int:
    """Where a message ends: before the blank line that belongs to the file, where there is one."""
    tail = reader.at(max(stop - 3, start), min(3, stop - start))
    if stop - start <= 2 and tail in (b"\n", b"\r\n"):
        return start
    if tail.endswith(b"\n\n"):
        return stop - 1
    if tail == b"\n\r\n":
        return stop - 2
    return stop


def _counted(reader: Reader, start: int) -> tuple[int, int] | None:
    """The end and the stop that a Content-Length says, where another message begins there or the file ends."""
    end = _said_end(reader, start)
    if end is None:
        return None
    if end > reader.size:
        return None
    following = reader.at(end, MAX_LINE)
    blanks = _BLANKS.match(following)
    stop = end + (blanks.end() if blanks else 0)
    if stop >= reader.size:
        return end, reader.size
    if following.startswith(b"From ", stop - end) and (stop > end or reader.at(end - 1, 1) == b"\n"):
        return end, stop
    return None


def _is_cut(reader: Reader, start: int, stop: int, lengths: bool) -> bool:
    """Whether the file seems to end within this message: its last line has no end, or a Content-Length says more."""
    if stop < reader.size or start >= reader.size:
        return False
    if reader.at(reader.size - 1, 1) != b"\n":
        return True
    if not lengths:
        return False
    end = _said_end(reader, start)
    return end is not None and end > reader.size


def _said_end(reader: Reader, start: int) -> int | None:
    """Where a message that begins at `start` ends by its Content-Length, if it has one."""
    for look in (_LOOK, _HEADER):
        head = reader.at(start, look)
        at, length = blank_line(head, 0, look)
        if at >= 0:
            match = _LENGTH.search(head, 0, at + 1)
            return start + at + length + int(match[1]) if match else None
    return None
