"""Bodies are handles, not bytes: a 5 GB file or a 150 MB mail never lies in memory.

A handle knows its size and how to be opened at an offset. It travels between threads and processes, so it holds paths
and offsets, never an open file. Small bodies hold their bytes.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Literal, cast

Nature = Literal["stored", "generated"]
BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Body:
    """One body of an item.

    `size`: bytes, or None where the source can't say before reading. `nature`: `stored` bytes stay the same bytes at
    every read; `generated` ones are made anew by the source, so a re-fetch that differs is no change. `replayable`:
    may be opened more than once. `digests`: known digests by algorithm name, hexadecimal.
    """

    size: int | None = None
    nature: Nature = "stored"
    replayable: bool = True
    digests: Mapping[str, str] = field(default_factory=dict)

    def open(self, offset: int = 0) -> BinaryIO:
        """A readable stream from `offset` bytes on. Raises `OSError` where the body can't be read any more."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class BytesBody(Body):
    """A small body that travels with its bytes."""

    data: bytes = b""

    @classmethod
    def of(cls, data: bytes, nature: Nature = "stored") -> BytesBody:
        """A body of these bytes."""
        return cls(size=len(data), data=data, nature=nature)

    def open(self, offset: int = 0) -> BinaryIO:
        return io.BytesIO(self.data[offset:] if offset else self.data)


@dataclass(frozen=True, slots=True)
class FileBody(Body):
    """A body that lies in a local file, from `start` on, `size` bytes long."""

    path: str = ""
    start: int = 0

    @classmethod
    def of(cls, path: Path | str, start: int = 0, size: int | None = None) -> FileBody:
        """A body that is the file at `path`, or `size` bytes of it from `start`. Raises `OSError` where there is
        none."""
        length = Path(path).stat().st_size - start if size is None else size
        return cls(size=length, path=str(path), start=start)

    def open(self, offset: int = 0) -> BinaryIO:
        handle = open(self.path, "rb")
        handle.seek(self.start + offset)
        if self.size is None:
            return handle
        return cast(BinaryIO, io.BufferedReader(_Slice(handle, max(self.size - offset, 0)), BLOCK))


class _Slice(io.RawIOBase):
    """The next `left` bytes of an open file; a file that ends before is an error, never a shorter body."""

    def __init__(self, handle: BinaryIO, left: int) -> None:
        self._handle, self._left = handle, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)[: self._left]  # type: ignore[arg-type]
        if not len(view):
            return 0
        got = self._handle.readinto(view)  # type: ignore[attr-defined]
        if not got:
            raise OSError(f"{self._handle.name}: {self._left} bytes less than it said: it was cut while being read")
        self._left -= got
        return int(got)

    def close(self) -> None:
        self._handle.close()
        super().close()


@dataclass(frozen=True, slots=True)
class AsideBody(Body):
    """A body whose bytes were read, digested and written once into a file beside the target, which may take that file
    by renaming it; where it is gone, the bytes are the source's again."""

    path: str = ""
    origin: Body = field(default_factory=Body)

    def open(self, offset: int = 0) -> BinaryIO:
        try:
            handle = open(self.path, "rb")
        except FileNotFoundError:
            return self.origin.open(offset)
        handle.seek(offset)
        return handle


def blocks(body: Body) -> Iterator[bytes]:
    """The body's bytes, 256 KiB at a time."""
    with body.open() as stream:
        while block := stream.read(BLOCK):
            yield block


def read_all(body: Body, limit: int | None = None) -> bytes:
    """All bytes of a body. Raises `ValueError` where it is longer than `limit` bytes."""
    if isinstance(body, BytesBody) and (limit is None or len(body.data) <= limit):
        return body.data
    with body.open() as stream:
        data = stream.read() if limit is None else stream.read(limit + 1)
    if limit is not None and len(data) > limit:
        raise ValueError(f"body is longer than {limit} bytes")
    return data


def sha256_of(body: Body) -> str:
    """The body's SHA-256, hexadecimal: the known one, else read for it."""
    if known := body.digests.get("sha256"):
        return known
    if isinstance(body, BytesBody):
        return hashlib.sha256(body.data).hexdigest()
    digest = hashlib.sha256()
    for block in blocks(body):
        digest.update(block)
    return digest.hexdigest()


def copy_body(body: Body, out: IO[bytes]) -> tuple[int, str]:
    """Writes a body to an open file in one read; returns the bytes written and their SHA-256.

    Raises `OSError` where the source gives fewer bytes than the body's size, so that a cut read never becomes a short
    copy.
    """
    digest, size = hashlib.sha256(), 0
    for block in blocks(body):
        out.write(block)
        digest.update(block)
        size += len(block)
    if body.size is not None and size != body.size:
        raise OSError(f"{size} bytes came, {body.size} were announced")
    return size, digest.hexdigest()
