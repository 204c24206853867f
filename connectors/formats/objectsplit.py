"""Files of content-line objects (iCalendar, vCard), seen as the items in them: what a splitter says of one file."""

from __future__ import annotations

import io
import mmap
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from transhumance.connectors.contract import Body, Value
from transhumance.connectors.formats import contentline

Buffer = bytes | mmap.mmap
Span = tuple[int, int]
_PIECE = 1 << 20
_OFTEN = 4096
DEPTH = 100  # components inside components that are told apart; what is deeper stays inside its item


@dataclass(frozen=True, slots=True)
class Cut:
    """One item of a file: the spans of the file that it is made of, in order, and what follows them (the END of a
    calendar that ends for each of its items). `uid`: as written, empty where there is none. `repeated`: an item
    before it has the same UID."""

    uid: bytes
    kind: str
    spans: tuple[Span, ...]
    tail: bytes = b""
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """What is in a file and belongs to no item, by loss code. `mark` names it in the file."""

    mark: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds. `cuts` lists its items, as often as asked. `single`: the file is one item, whole, that says
    nothing of a container. `kinds`: of its items. `properties`: of the container that it is."""

    cuts: Callable[[], Iterator[Cut]]
    single: bool = False
    kinds: frozenset[str] = frozenset()
    lost: tuple[Lost, ...] = ()
    name: str = ""
    properties: Mapping[str, Value] = field(default_factory=dict)


class NotOurs(ValueError):
    """The file is not of this format; the text says what it seems to be."""


@dataclass(frozen=True, slots=True)
class Token:
    """A line that begins or ends a component, or names the object."""

    word: bytes
    start: int
    end: int
    value: bytes


class Tokens:
    """The lines of a buffer that begin with one of these words, found without looking at the others. The rest of a
    folded line can't be met: it begins with a blank."""

    def __init__(self, buffer: Buffer, words: Sequence[str]) -> None:
        alone = buffer.find(b"\n") < 0 <= buffer.find(b"\r")
        start = rb"(?:^|(?<=\xef\xbb\xbf)|(?<=\r))" if alone else rb"(?:^|(?<=\xef\xbb\xbf))"
        self._buffer = buffer
        after = rb")(?:[:;]|(?=\r*\n?[ \t]+[:;]))"  # old Mozilla folds before the colon
        self._word = re.compile(rb"(?im)" + start + b"(" + "|".join(words).encode() + after)
        self._end = re.compile(rb"\r(?![ \t])" if alone else rb"\n(?![ \t])")

    def __iter__(self) -> Iterator[Token]:
        for count, match in enumerate(self._word.finditer(self._buffer)):
            if count % _OFTEN == 0:
                relax(self._buffer)
            end = self.line_end(match.end())
            line = self._buffer[match.start() : min(end, match.start() + 2048)]
            value = contentline.unfold(line).partition(b":")[2].strip()
            yield Token(match[1].upper(), match.start(), end, value)

    def line_end(self, at: int) -> int:
        """Where the logical line that holds this place ends, its line end included."""
        match = self._end.search(self._buffer, at)
        return match.end() if match else len(self._buffer)


def relax(buffer: Buffer) -> None:
    """Gives back the pages of a mapped file that were read: the whole of it need never be in memory."""
    if isinstance(buffer, mmap.mmap):
        buffer.madvise(mmap.MADV_DONTNEED)


def pieces(buffer: Buffer, start: int, end: int) -> Iterator[bytes]:
    """A span, a piece at a time."""
    for at in range(start, end, _PIECE):
        yield buffer[at : min(at + _PIECE, end)]
        if end - start > _PIECE:
            relax(buffer)


def is_blank(buffer: Buffer, start: int, end: int) -> bool:
    """Whether there is nothing but blanks (and a byte order mark) there."""
    return not any(piece.strip(b" \t\r\n\xef\xbb\xbf\x1a") for piece in pieces(buffer, start, end))


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans in order, those that touch as one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], end)
        elif end > start:
            out.append((start, end))
    return tuple(out)


def guess(buffer: Buffer) -> str:
    """What a file that is not ours seems to be, in a word or two."""
    head = buffer[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "empty"
    for start, said in ((b"begin:vcard", "vCard"), (b"begin:vcalendar", "iCalendar"), (b'["vcalendar"', "jCal"),
                        (b'["vcard"', "jCard"), (b"[", "JSON"), (b"{", "JSON")):  # fmt: skip
        if head.startswith(start):
            return said
    if head.startswith(b"<"):
        return "xCal" if b"icalendar" in head else "xCard" if b"vcard" in head else "HTML" if b"html" in head else "XML"
    return "binary" if b"\0" in head else "text"


@dataclass(frozen=True, slots=True)
class SplicedBody(Body):
    """A body made of spans of a local file, and a few bytes after them."""

    path: str = ""
    spans: tuple[Span, ...] = ()
    tail: bytes = b""

    @classmethod
    def of(cls, path: str, spans: tuple[Span, ...], tail: bytes = b"") -> SplicedBody:
        """The body of these spans."""
        return cls(size=sum(end - start for start, end in spans) + len(tail), path=path, spans=spans, tail=tail)

    def open(self, offset: int = 0) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Spliced(self, offset), 1 << 18))


class _Spliced(io.RawIOBase):
    """The spans one after the other; a file that ends before is an error, never a shorter body."""

    def __init__(self, body: SplicedBody, offset: int) -> None:
        self._handle, self._tail = open(body.path, "rb"), body.tail
        self._left = _skip(body.spans, offset)
        self._tail = body.tail[max(offset - sum(end - start for start, end in body.spans), 0) :]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._left:
            part, self._tail = self._tail[: len(view)], self._tail[len(view) :]
            view[: len(part)] = part
            return len(part)
        start, end = self._left[0]
        self._handle.seek(start)
        got = self._handle.readinto(view[: end - start])
        if not got:
            raise OSError(f"{self._handle.name}: it was cut while being read")
        self._left[:1] = [(start + got, end)] if start + got < end else []
        return got

    def close(self) -> None:
        self._handle.close()
        super().close()


def _skip(spans: Sequence[Span], offset: int) -> list[Span]:
    left = []
    for start, end in spans:
        gone = min(offset, end - start)
        offset -= gone
        if start + gone < end:
            left.append((start + gone, end))
    return left
