"""Writing .eml files: `<path>/<subject>/<folder>/<name>.eml`, names escaped.

An .eml file has no place for flags, keywords and the like: the preview says so, and they come back from the residue.
The internal date becomes the file's time, for people's eyes; it is not read back from there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from transhumance.connectors.contract import (
    Before,
    BytesBody,
    Container,
    Environment,
    Expect,
    Fault,
    Fence,
    Finding,
    Outcome,
    Record,
    Status,
    Write,
    sha256_of,
)
from transhumance.connectors.eml.config import EmlConfig
from transhumance.connectors.eml.source import read_item
from transhumance.connectors.formats.durable import (
    BodyUnreadable,
    commit,
    discard,
    make_folders,
    sync_filesystem,
    sync_folder,
    write_aside,
)
from transhumance.connectors.formats.made import Made
from transhumance.connectors.formats.mailfiles import (
    BeforeImages,
    as_expected,
    file_version,
    instant,
    nanoseconds,
    root_identity,
    same_file,
    storable,
    sweep_old,
    target_folder,
    why,
)
from transhumance.connectors.formats.names import escape_name
from transhumance.connectors.formats.staged import write_batch

_NO_PLACE = frozenset({"flags", "keywords", "internal_date"})


@dataclass(slots=True)
class _Staged:
    """A write whose bytes lie aside, ready to be named."""

    at: int
    path: Path
    temp: str
    fresh: bool
    before: Before


class EmlTarget:
    """A tree of .eml files, written."""

    def __init__(self, config: EmlConfig, environment: Environment) -> None:
        self._config, self._base = config, environment.base
        self._root = environment.base / config.path
        self._before = BeforeImages(self._root)
        self._made = Made(self._root)
        self._folders: dict[bytes, Path] = {}
        self._swept: set[Path] = set()

    def identity(self) -> str:
        make_folders(self._root)
        return root_identity("eml", self._root)

    def ensure(self, container: Container) -> Container:
        folder = self._place(container)
        self._made.folder(folder)
        if folder not in self._swept:
            sweep_old(folder)
            self._swept.add(folder)
        return replace(container, key=os.fsencode(os.path.relpath(folder, self._root)))

    def discard(self, container: Container, fence: Fence) -> bool:
        """Removes an empty folder that was made here."""
        return self._made.discard(self._place(container), fence)

    def _place(self, container: Container) -> Path:
        make_folders(self._root)
        if container.subject not in self._folders:
            self._folders[container.subject] = target_folder(self._config, self._base, container.subject)
        return self._folders[container.subject].joinpath(*(escape_name(name) for name in container.path))

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        lost = [name for name in sorted(_NO_PLACE & record.properties.keys()) if record.properties[name]]
        if self.forecast(container, record).properties.get("file_modified") != record.properties.get("file_modified"):
            lost.append("file_modified")
        return tuple(Finding("GEN-TARGET-02", name) for name in lost)

    def forecast(self, container: Container, record: Record) -> Record:
        """The record as reading it back will give it."""
        kept = {k: v for k, v in record.properties.items() if k not in _NO_PLACE}
        if isinstance(when := kept.get("file_modified"), datetime):
            kept["file_modified"] = instant(storable(nanoseconds(when)))
        return replace(record, properties=kept)

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        folder = self._folder(container)
        return write_batch(
            folder,
            writes,
            lambda at, write: self._stage(folder, at, write),
            lambda write, step: self._name(write, step, fence),
        )

    def _stage(self, folder: Path, at: int, write: Write) -> _Staged | Outcome:
        """Lays the bytes aside and keeps what they would replace; an outcome where there is nothing to do."""
        key = _key(write)
        path = folder / os.fsdecode(key)
        modified = _modified(write.record)
        body = write.record.bodies.get("content") or BytesBody.of(b"")
        try:
            size, digest, temp = write_aside(path, body, modified, sync=False)
        except OSError as error:
            code = "GEN-READ-01" if isinstance(error, BodyUnreadable) else "MAIL-WRITE-01"
            return Outcome(write.key, Status.REFUSED, key, code=code, detail=why(error))
        found = _present(path)
        if found is not None and same_file(path, size, digest) and modified in (None, found.st_mtime_ns):
            discard(temp)
            return Outcome(write.key, Status.UNCHANGED, key, file_version(found))
        if not as_expected(found and file_version(found), write.expect):
            discard(temp)
            version = file_version(found) if found else ""
            return Outcome(write.key, Status.CONFLICT, key, version, code="GEN-CONFLICT-01")
        before = self._before.keep(path) if found is not None else Before()
        return _Staged(at, path, temp, found is None, before)

    def _name(self, write: Write, step: _Staged, fence: Fence) -> Outcome:
        key = os.fsencode(step.path.name)
        try:
            commit(step.temp, step.path, fence, replace=not step.fresh)
        except FileExistsError:
            version = file_version(step.path.lstat())
            return Outcome(write.key, Status.CONFLICT, key, version, code="GEN-CONFLICT-01")
        except OSError as error:
            return Outcome(write.key, Status.REFUSED, key, code="MAIL-WRITE-01", detail=why(error))
        return Outcome(write.key, Status.WRITTEN, key, file_version(step.path.lstat()), step.before)

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        folder = self._folder(container)
        return [self._probe(folder / os.fsdecode(_key(write)), write) for write in writes]

    def _probe(self, path: Path, write: Write) -> Outcome | None:
        body = write.record.bodies.get("content") or BytesBody.of(b"")
        found = _present(path)
        if found is None or (body.size is not None and body.size != found.st_size):
            return None
        if not same_file(path, found.st_size, sha256_of(body)):
            return None
        if _modified(write.record) not in (None, found.st_mtime_ns):
            return None
        return Outcome(write.key, Status.WRITTEN, os.fsencode(path.name), file_version(found))

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        folder = self._folder(container)
        yield from (read_item(folder / os.fsdecode(key), key) for key in target_keys)

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        path = self._folder(container) / os.fsdecode(target_key)
        found = _present(path)
        if found is None:
            return Outcome(target_key, Status.ABSENT, target_key)
        if not as_expected(file_version(found), expect):
            return Outcome(target_key, Status.CONFLICT, target_key, file_version(found), code="GEN-CONFLICT-01")
        before = self._before.keep(path)
        sync_filesystem(path.parent)
        fence.check()
        path.unlink()
        sync_folder(path.parent)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        path = self._folder(container) / os.fsdecode(target_key)
        found = _present(path)
        if not as_expected(found and file_version(found), expect):
            version = file_version(found) if found else ""
            return Outcome(target_key, Status.CONFLICT, target_key, version, code="GEN-CONFLICT-01")
        if not before.token:
            fence.check()
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
            return Outcome(target_key, Status.REMOVED, target_key)
        try:
            aside, _ = self._before.lay(before, path.parent)
        except FileNotFoundError as error:
            return Outcome(target_key, Status.REFUSED, target_key, code="MAIL-BEFORE-01", detail=why(error))
        commit(aside, path, fence)
        discard(aside)  # still there where both names were one file already
        sync_folder(path.parent)
        return Outcome(target_key, Status.WRITTEN, target_key, file_version(path.lstat()))

    def finish(self) -> None:
        return None

    def close(self) -> None:
        self._folders.clear()

    def _folder(self, container: Container) -> Path:
        return self._root / os.fsdecode(container.key)


def _key(write: Write) -> bytes:
    """The file's name: the target's own key where it is known, else the source's key with `.eml`, escaped."""
    if write.target_key:
        return write.target_key
    text = os.fsdecode(write.key)
    stem = text[:-4] if text.lower().endswith(".eml") else text
    name = escape_name(stem, 190) + (text[-4:] if stem != text else ".eml")
    return os.fsencode(name)


def _modified(record: Record) -> int | None:
    time = record.properties.get("file_modified") or record.properties.get("internal_date")
    return storable(nanoseconds(time)) if isinstance(time, datetime) else None


def _present(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
