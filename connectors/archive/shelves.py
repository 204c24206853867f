"""Where bodies are put before their batch is committed: files of their own, one pack for all, or nowhere."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from typing import Protocol

from transhumance.connectors.archive.lines import Stored
from transhumance.connectors.archive.naming import PACKS
from transhumance.connectors.archive.staging import Staging
from transhumance.connectors.contract import AsideBody, Body, BytesBody
from transhumance.connectors.formats import durable
from transhumance.connectors.formats.durable import BodyUnreadable, body_blocks

ZIP64 = 1 << 31  # bytes from which on a member is given 64-bit sizes
_TIME = (1980, 1, 1, 0, 0, 0)  # a pack's bytes depend on what is in it, not on when it was made


class Shelf(Protocol):
    """Takes bodies one at a time; the last ones may be taken back."""

    def add(self, path: str, body: Body, mtime_ns: int | None) -> Stored:
        """Puts a body aside under a path of the container, in one read. Raises `BodyUnreadable` where it can't be
        read whole, `StopEndpoint` where the disk is full."""
        ...

    def undo(self, stored: list[Stored]) -> None:
        """Takes back the bodies that were added last."""
        ...

    def moves(self) -> Iterator[tuple[str, str]]:
        """The staged files and their final paths, once all bodies are there."""
        ...

    def placed(self, stored: Stored) -> Stored:
        """Where a body lies after the moves."""
        ...


def as_announced(body: Body, size: int, digest: str) -> None:
    """Raises `BodyUnreadable` where a body is not what its handle said."""
    if body.size is not None and size != body.size:
        raise BodyUnreadable(5, f"{size} bytes came, {body.size} were announced")
    if digest != body.digests.get("sha256", digest):
        raise BodyUnreadable(5, "its bytes changed since their digest was taken")


class FileShelf:
    """A file for each body."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._files: dict[str, str] = {}

    def add(self, path: str, body: Body, mtime_ns: int | None) -> Stored:
        if isinstance(body, AsideBody) and self._is_ours(body, mtime_ns):
            self._files[path] = body.path
            return Stored(body.size or 0, body.digests["sha256"], path, nature=body.nature)
        temp = self._staging.new()
        try:
            size, digest = durable.write_file(temp, body, mtime_ns, sync=False, sparse=not isinstance(body, BytesBody))
        except FileNotFoundError:
            if self._staging.lost():
                raise self._staging.stale() from None
            raise
        self._files[path] = temp
        try:
            as_announced(body, size, digest)
        except BodyUnreadable:
            self.undo([Stored(size, digest, path)])
            raise
        return Stored(size, digest, path, nature=body.nature)

    def _is_ours(self, body: AsideBody, mtime_ns: int | None) -> bool:
        """Whether the file that was written for this body lies in our epoch, whole: it is staged already."""
        try:
            if not self._staging.holds(body.path) or os.stat(body.path).st_size != body.size:
                return False
            if mtime_ns is not None:
                os.utime(body.path, ns=(mtime_ns, mtime_ns))
        except OSError:  # swept away: the body is read as any other
            return False
        return True

    def undo(self, stored: list[Stored]) -> None:
        for body in stored:
            durable.discard(self._files.pop(body.file))

    def moves(self) -> Iterator[tuple[str, str]]:
        for path, temp in self._files.items():
            yield temp, path

    def placed(self, stored: Stored) -> Stored:
        return stored


class PackShelf:
    """All bodies in one uncompressed zip, which is named by its own digest."""

    def __init__(self, staging: Staging) -> None:
        self._staging, self._path = staging, staging.new()
        self._zip: zipfile.ZipFile | None = None
        self._pack = ""

    def add(self, path: str, body: Body, mtime_ns: int | None) -> Stored:
        pack = self._open()
        info = zipfile.ZipInfo(path, _TIME)
        info.create_system, info.external_attr = 3, 0o600 << 16
        before, at = len(pack.filelist), pack.start_dir
        try:
            with pack.open(info, "w", force_zip64=body.size is None or body.size >= ZIP64) as out:
                assert pack.fp
                start, size, digest = pack.fp.tell(), 0, hashlib.sha256()
                for block in body_blocks(body):
                    out.write(block)
                    digest.update(block)
                    size += len(block)
            as_announced(body, size, digest.hexdigest())
        except BaseException as error:
            self._cut(before, at)
            if isinstance(error, OSError) and not isinstance(error, BodyUnreadable):
                durable.stop_if_full(error)
            raise
        return Stored(size, digest.hexdigest(), path, start=start, nature=body.nature)

    def _open(self) -> zipfile.ZipFile:
        if self._zip is None:
            try:
                self._zip = zipfile.ZipFile(self._path, "x", zipfile.ZIP_STORED)
            except OSError as error:
                if self._staging.lost():
                    raise self._staging.stale() from None
                durable.stop_if_full(error)
                raise
        return self._zip

    def _cut(self, members: int, at: int) -> None:
        """Takes the members from the number `members` on back out of the zip, which ends at the offset `at` then."""
        pack = self._open()
        for info in pack.filelist[members:]:
            pack.NameToInfo.pop(info.filename, None)
        del pack.filelist[members:]
        assert pack.fp
        pack.fp.seek(at)
        pack.fp.truncate()
        pack.start_dir = at

    def undo(self, stored: list[Stored]) -> None:
        if stored:
            members = len(self._open().filelist) - len(stored)
            self._cut(members, self._open().filelist[members].header_offset)

    def moves(self) -> Iterator[tuple[str, str]]:
        if self._zip is None:
            return
        empty = not self._zip.filelist
        try:
            self._zip.close()
        except OSError as error:
            durable.stop_if_full(error)
            raise
        if empty:
            os.unlink(self._path)
            return
        self._pack = f"{PACKS}/{durable.digest_of(self._path)}.zip"
        yield self._path, self._pack

    def placed(self, stored: Stored) -> Stored:
        return Stored(stored.size, stored.sha256, stored.file, self._pack, stored.start, stored.nature)


class NoShelf:
    """No bodies are kept: their sizes and digests are, and a body whose digest is known is not read."""

    def add(self, path: str, body: Body, mtime_ns: int | None) -> Stored:
        known = body.digests.get("sha256")
        if known and body.size is not None:
            return Stored(body.size, known, nature=body.nature)
        size, digest = 0, hashlib.sha256()
        for block in body_blocks(body):
            digest.update(block)
            size += len(block)
        as_announced(body, size, digest.hexdigest())
        return Stored(size, digest.hexdigest(), nature=body.nature)

    def undo(self, stored: list[Stored]) -> None:
        return None

    def moves(self) -> Iterator[tuple[str, str]]:
        return iter(())

    def placed(self, stored: Stored) -> Stored:
        return stored
