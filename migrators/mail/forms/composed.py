"""A message that is put together while it is read: large attachments never lie in memory."""

from __future__ import annotations

import io
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from transhumance.connectors.contract import Body, BytesBody
from transhumance.connectors.contract.bodies import BLOCK

LINE = 76
_RAW = LINE // 4 * 3
_STEP = _RAW * 4096


@dataclass(frozen=True, slots=True)
class Base64:
    """A body as base64 in lines of 76 characters, each with CRLF (RFC 2045 6.8)."""

    body: Body


Segment = bytes | Body | Base64


def encode(data: bytes) -> bytes:
    """Bytes as base64 lines."""
    text = b2a_base64(data, newline=False)
    return b"".join([text[i : i + LINE] + b"\r\n" for i in range(0, len(text), LINE)])


def encoded_size(size: int) -> int:
    """How long that becomes."""
    text = (size + 2) // 3 * 4
    return text + (text + LINE - 1) // LINE * 2


def _size(segment: Segment) -> int:
    if isinstance(segment, bytes):
        return len(segment)
    if isinstance(segment, Base64):
        return encoded_size(segment.body.size or 0)
    return segment.size or 0


def compose(segments: list[Segment], whole: int) -> Body:
    """A body of these segments: bytes at hand where it is at most `whole` bytes, else made when it is read. Raises
    `OSError` where a segment can't be read."""
    size = sum(map(_size, segments))
    if size > whole:
        return ComposedBody(size=size, nature="stored", segments=tuple(segments))
    return BytesBody.of(b"".join([piece for segment in segments for piece in _pieces(segment)]))


@dataclass(frozen=True, slots=True)
class ComposedBody(Body):
    """Segments one after the other; always the same bytes."""

    segments: tuple[Segment, ...] = field(default_factory=tuple)

    def open(self, offset: int = 0) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Stream(_from(self.segments, offset)), BLOCK))


def _from(segments: tuple[Segment, ...], offset: int) -> Iterator[bytes]:
    for segment in segments:
        size = _size(segment)
        if offset >= size:
            offset -= size
            continue
        yield from _pieces(segment, offset)
        offset = 0


def _pieces(segment: Segment, offset: int = 0) -> Iterator[bytes]:
    if isinstance(segment, bytes):
        yield segment[offset:]
        return
    if isinstance(segment, Body):
        with segment.open(offset) as stream:
            yield from iter(lambda: stream.read(BLOCK), b"")
        return
    line, within = divmod(offset, LINE + 2)
    given = line * _RAW
    with segment.body.open(given) as stream:
        while data := _read(stream, _STEP):
            given += len(data)
            text = encode(data)
            yield text[within:]
            within = 0
    if segment.body.size is not None and given != segment.body.size:
        raise OSError(f"{given} bytes came, {segment.body.size} were announced")


def _read(stream: BinaryIO, size: int) -> bytes:
    """So many bytes, fewer at the end only: a short read must not end a line of base64."""
    parts, left = [], size
    while left and (data := stream.read(left)):
        parts.append(data)
        left -= len(data)
    return b"".join(parts)


class _Stream(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True, slots=True)
class WindowBody(Body):
    """A part of another body: `size` bytes from `start` on."""

    body: Body = field(default_factory=BytesBody)
    start: int = 0

    def open(self, offset: int = 0) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Stream(self._blocks(offset)), BLOCK))

    def _blocks(self, offset: int) -> Iterator[bytes]:
        left = max((self.size or 0) - offset, 0)
        with self.body.open(self.start + offset) as stream:
            while left:
                data = stream.read(min(BLOCK, left))
                if not data:
                    raise OSError(f"{left} bytes less than announced")
                left -= len(data)
                yield data


@dataclass(frozen=True, slots=True)
class DecodedBody(Body):
    """A part of another body that is base64, decoded while it is read; its size is known once read."""

    window: WindowBody = field(default_factory=WindowBody)

    def open(self, offset: int = 0) -> BinaryIO:
        stream = io.BufferedReader(_Stream(self._blocks()), BLOCK)
        while offset and (data := stream.read(min(offset, BLOCK))):
            offset -= len(data)
        return cast(BinaryIO, stream)

    def _blocks(self) -> Iterator[bytes]:
        rest = b""
        with self.window.open() as stream:
            while data := stream.read(BLOCK):
                text = rest + data.translate(None, b"\r\n\t ")
                keep = len(text) // 4 * 4
                rest = text[keep:]
                if decoded := a2b_base64(text[:keep]):
                    yield decoded
        if rest:
            yield a2b_base64(rest + b"=" * (-len(rest) % 4))
