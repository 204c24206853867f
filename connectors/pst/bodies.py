"""Large bodies: read from the file when they are opened, in whatever process that is; nothing is spooled."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from transhumance.connectors.contract import Body
from transhumance.connectors.pst.files import DAMAGE, PstFile, using
from transhumance.connectors.pst.header import Unreadable

BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item lies: its file, as it was when it was listed; its folder, by indexes from the root; its index
    there; its node's number, which says that it is still the same."""

    path: Path
    stamp: str
    folder: tuple[int, ...]
    index: int
    nid: int

    def find(self, file: PstFile) -> Any:
        """The item; call under the lock. Raises `OSError` where the file changed or the item is not there."""
        if file.stamp != self.stamp:
            raise OSError(f"{self.path}: changed since it was listed")
        item = file.folder(self.folder).get_sub_message(self.index)
        if item is None or item.get_identifier() != self.nid:
            raise OSError(f"{self.path}: item {self.nid:08X} is not where it was")
        return item


@dataclass(frozen=True, slots=True)
class PropertyBody(Body):
    """A long text of an item."""

    place: Place = field(default_factory=lambda: Place(Path(), "", (), 0, 0))
    number: int = 0

    def open(self, offset: int = 0) -> BinaryIO:
        try:
            with using(self.place.path) as file:
                entry = self.place.find(file).get_record_set(0).get_entry_by_type(self.number)
                data = entry.get_data() or b"" if entry is not None else b""
        except Unreadable as error:
            raise OSError(str(error)) from None
        if len(data) != self.size:
            raise OSError(f"{self.place.path}: {len(data)} bytes where {self.size} were announced")
        return io.BytesIO(data[offset:])


@dataclass(frozen=True, slots=True)
class AttachmentBody(Body):
    """The data of an attachment by value, read a block at a time."""

    place: Place = field(default_factory=lambda: Place(Path(), "", (), 0, 0))
    index: int = 0

    def open(self, offset: int = 0) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_AttachmentStream(self, offset), BLOCK))


class _AttachmentStream(io.RawIOBase):
    """The library holds an attachment whole while it is open, so it is opened once, touched under its file's lock
    only, and let go of under it."""

    def __init__(self, body: AttachmentBody, offset: int) -> None:
        self._body, self._at = body, offset
        self._file: PstFile | None = None
        self._attachment: Any = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), max((self._body.size or 0) - self._at, 0))
        if not wanted:
            return 0
        try:
            file = self._file or self._opened()
            with file.lock:
                self._attachment.seek_offset(self._at, io.SEEK_SET)
                data = self._attachment.read_buffer(wanted)
        except (Unreadable, *DAMAGE) as error:
            raise OSError(f"{self._body.place.path}: {error}") from None
        if not data:
            raise OSError(f"{self._body.place.path}: an attachment ends at {self._at} of {self._body.size} bytes")
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _opened(self) -> PstFile:
        place = self._body.place
        with using(place.path) as file:
            self._attachment = place.find(file).get_attachment(self._body.index)
            self._file = file
        return file

    def close(self) -> None:
        if self._file is not None:
            with self._file.lock:
                self._attachment = None
            self._file = None
        super().close()
