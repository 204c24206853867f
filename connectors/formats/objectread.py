"""Opening a file of text for splitting: in memory while it is small, else as a private copy that is mapped for that
time (a file that someone cuts while it is mapped would end the process). UTF-16 is read as UTF-8."""

from __future__ import annotations

import errno
import hashlib
import io
import mmap
import os
import secrets
import shutil
import stat
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from transhumance.connectors.contract import Body, BytesBody
from transhumance.connectors.formats.mailfiles import INLINE
from transhumance.connectors.formats.objectsplit import Buffer, NotOurs, Span, SplicedBody

MEMORY = 16 << 20
UTF16_LIMIT = 64 << 20
MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(slots=True)
class Opened(AbstractContextManager["Opened"]):
    """An open file: its bytes in UTF-8, and the encoding that the file has where it is not UTF-8 (it then begins with
    a byte order mark, which is not among the bytes)."""

    buffer: Buffer
    encoding: str = ""
    copy: Path | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(self.buffer, mmap.mmap):
            with suppress(BufferError):
                self.buffer.close()
        if self.copy:
            self.copy.unlink(missing_ok=True)


def open_text(path: Path, spool: Path) -> Opened:
    """Opens a file to split it; `spool`: where a copy of a large one goes.

    Raises `OSError` where it is no regular file or can't be read (links are not followed), `NotOurs` where it is
    UTF-16 that can't be read.
    """
    with _regular(path) as stream:
        if encoding := _encoding(stream):
            return Opened(_utf8(stream, encoding), encoding)
        if os.fstat(stream.fileno()).st_size <= MEMORY:
            return Opened(stream.read())
        copy = spool / f"copy-{secrets.token_hex(8)}"
        _lay(stream, copy)
    with open(copy, "rb") as private:
        return Opened(mmap.mmap(private.fileno(), 0, access=mmap.ACCESS_READ), copy=copy)


def read_spans(path: Path, spool: Path, spans: Sequence[Span], tail: bytes) -> tuple[Body, str]:
    """A body made of spans of a file as `open_text` shows it, and the file's encoding. In memory up to 1 MiB, else as a
    handle on the file (of UTF-16: on a copy of it in the spool, kept while the spool is).

    Raises as `open_text`, and `OSError` where the file is shorter than the spans say.
    """
    size = sum(end - start for start, end in spans) + len(tail)
    with _regular(path) as stream:
        encoding = _encoding(stream)
        place = str(path)
        source: BinaryIO = stream
        if encoding:
            text = _utf8(stream, encoding)
            source = io.BytesIO(text)
            if size > INLINE:
                copy = spool / f"utf8-{hashlib.sha256(text).hexdigest()[:32]}"
                place = str(copy)
                if not copy.exists():
                    _lay(io.BytesIO(text), copy)
        if size > INLINE:
            return SplicedBody.of(place, tuple(spans), tail), encoding
        data = b"".join([*(_pread(source, start, end) for start, end in spans), tail])
    if len(data) != size:
        raise OSError(errno.EIO, "the file is shorter than it was")
    return BytesBody.of(data), encoding


def _pread(stream: BinaryIO, start: int, end: int) -> bytes:
    stream.seek(start)
    return stream.read(end - start)


def _regular(path: Path) -> BinaryIO:
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return stream


def _encoding(stream: BinaryIO) -> str:
    head = stream.read(2)
    stream.seek(0)
    return MARKS.get(head, "")


def _utf8(stream: BinaryIO, encoding: str) -> bytes:
    data = stream.read(UTF16_LIMIT + 1)
    if len(data) > UTF16_LIMIT:
        raise NotOurs(f"{encoding}, more than {UTF16_LIMIT >> 20} MiB")
    try:
        return data[2:].decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise NotOurs(f"damaged {encoding}") from None


def to_encoding(data: bytes, encoding: str) -> bytes:
    """The bytes of a file in the encoding that it had, mark and all. Raises `UnicodeError` where they are not
    UTF-8."""
    mark = next(mark for mark, name in MARKS.items() if name == encoding)
    return mark + data.decode("utf-8", "surrogatepass").encode(encoding, "surrogatepass")


def _lay(stream: BinaryIO, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    aside = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
    with open(aside, "wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    os.replace(aside, copy)
