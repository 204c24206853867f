"""Before-images: entries as they were before a step, appended to one LDIF file a container."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from transhumance.connectors.contract import Before
from transhumance.connectors.formats.durable import make_folders, stop_if_full, sync_folder, write_all
from transhumance.connectors.formats.ldif import LdifRecord, write_record
from transhumance.connectors.formats.ldif_stream import blocks
from transhumance.connectors.ldif.entries import version_of
from transhumance.connectors.ldif.files import HIDDEN, Export
from transhumance.connectors.ldif.scan import read_at

FOLDER = HIDDEN + "before"
_MARK = b"# before "


class Images:
    """The before-images of one container. A token is `offset:bytes:version` in their file."""

    def __init__(self, root: Path, export: Export) -> None:
        self._file = root / FOLDER / export.file.relative_to(root)
        self._parts: list[bytes] = []
        self._at = -1

    def keep(self, record: LdifRecord, version: str) -> Before:
        """An image that will be durable after `save`."""
        if self._at < 0:
            self._at = self._file.stat().st_size if self._file.exists() else 0
            if self._at:  # a crash may have left half an image: an empty line ends it
                self._parts.append(b"\n\n")
                self._at += 2
        text = _MARK + version.encode() + b"\n" + write_record(record)
        token = f"{self._at}:{len(text)}:{version}"
        self._parts.append(text + b"\n")
        self._at += len(text) + 1
        return Before(token)

    def save(self) -> None:
        """Makes what was kept durable. Raises `StopEndpoint` where the disk is full, else `OSError`."""
        if not self._parts:
            return
        make_folders(self._file.parent)
        fresh = not self._file.exists()
        try:
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                write_all(handle, b"".join(self._parts))
                os.fsync(handle)
            finally:
                os.close(handle)
            if fresh:
                sync_folder(self._file.parent)
        except OSError as error:
            stop_if_full(error)
            raise
        self._parts = []

    def get(self, before: Before) -> LdifRecord | None:
        """The entry of an image, or None where it is not there any more."""
        start, size, version = before.token.split(":")
        try:
            with open(self._file, "rb") as stream:
                record = read_at(stream, int(start), int(size))
        except OSError:
            return None
        return record if record and version_of(record) == version else None

    def find(self, versions: Collection[str]) -> dict[str, Before]:
        """The last image of each of these versions, read through the whole file: for settling after a crash."""
        found: dict[str, Before] = {}
        if self._file.exists():
            with open(self._file, "rb") as stream:
                for block in blocks(stream):
                    head = block.raw.partition(b"\n")[0]
                    version = head[len(_MARK) :].decode("ascii", "replace")
                    if head.startswith(_MARK) and version in versions:
                        found[version] = Before(f"{block.start}:{block.size}:{version}")
        return found
