"""Writing content-line objects, one file each: `<path>/<subject>/<container>/<key>.ics` or `.vcf`, names escaped."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transhumance.connectors.contract import (
    Before,
    Body,
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
    Value,
    Write,
    read_all,
)
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
    read_file,
    root_identity,
    target_folder,
    why,
)
from transhumance.connectors.formats.names import escape_name
from transhumance.connectors.formats.objectread import MARKS, UTF16_LIMIT, open_text, to_encoding
from transhumance.connectors.formats.objectsource import Dialect, ObjectConfig, stem_key, version_of
from transhumance.connectors.formats.objectsplit import NotOurs
from transhumance.connectors.formats.staged import write_batch

_CUT = re.compile(rb"%~[0-9a-f]{16}$")
_HEAD = 1 << 20
_NAME_BYTES = 190


@dataclass(slots=True)
class _Staged:
    """A write whose bytes lie aside, ready to be named."""

    at: int
    path: Path
    temp: str
    version: str
    fresh: bool
    before: Before


class ObjectTarget:
    """A tree of such files, written."""

    def __init__(self, config: ObjectConfig, environment: Environment, dialect: Dialect) -> None:
        self._config, self._base, self._dialect = config, environment.base, dialect
        self._root, self._spool = environment.base / config.path, environment.spool
        self._before = BeforeImages(self._root)
        self._made = Made(self._root)
        self._folders: dict[bytes, Path] = {}

    def identity(self) -> str:
        make_folders(self._root)
        return root_identity(self._dialect.name, self._root)

    def ensure(self, container: Container) -> Container:
        folder = self._place(container)
        self._made.folder(folder)
        mark = folder / self._dialect.mark
        if not mark.exists():
            self._made.note([mark])
            text = BytesBody.of(self._dialect.mark_text(container.properties))
            _, _, temp = write_aside(mark, text)
            os.replace(temp, mark)
            sync_folder(folder)
        place = os.path.relpath(os.fsencode(folder), os.fsencode(self._root))
        return replace(container, key=f"{container.workload}:d:".encode() + place)

    def discard(self, container: Container, fence: Fence) -> bool:
        """Removes an empty folder that was made here."""
        folder = self._place(container)
        if not folder.is_dir() or self._made.discard(folder, fence, frozenset({self._dialect.mark})):
            return True
        mark = folder / self._dialect.mark
        if mark.is_file() and _files_in(folder) == [mark.name]:
            self._made.discard_file(mark, fence, mark.stat().st_size)  # the folder was there before us
        return False

    def _place(self, container: Container) -> Path:
        make_folders(self._root)
        if container.subject not in self._folders:
            self._folders[container.subject] = target_folder(self._config, self._base, container.subject)
        return self._folders[container.subject].joinpath(*(escape_name(name) for name in container.path))

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        return ()

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
        path = self._path(folder, write.target_key or write.key)
        key = stem_key(path.name, self._dialect.suffixes)
        try:
            version, body = _encoded(write.record)
            _, digest, temp = write_aside(path, body, sync=False)
        except (OSError, ValueError) as error:
            code = "GEN-READ-01" if isinstance(error, BodyUnreadable) else self._dialect.refused
            detail = why(error) if isinstance(error, OSError) else "not UTF-8"
            return Outcome(write.key, Status.REFUSED, key, code=code, detail=detail)
        version = version or version_of(digest, "")
        present = self._version(path)
        if present is not None and (present == version or not as_expected(present, write.expect)):
            discard(temp)
            if present == version:
                return Outcome(write.key, Status.UNCHANGED, key, present)
            return Outcome(write.key, Status.CONFLICT, key, present, code="GEN-CONFLICT-01")
        if present is None and not as_expected(None, write.expect):
            discard(temp)
            return Outcome(write.key, Status.CONFLICT, key, code="GEN-CONFLICT-01")
        before = self._before.keep(path) if present is not None else Before()
        return _Staged(at, path, temp, version, present is None, before)

    def _name(self, write: Write, step: _Staged, fence: Fence) -> Outcome:
        key = stem_key(step.path.name, self._dialect.suffixes)
        try:
            commit(step.temp, step.path, fence, replace=not step.fresh)
        except FileExistsError:
            return Outcome(write.key, Status.CONFLICT, key, self._version(step.path) or "", code="GEN-CONFLICT-01")
        except OSError as error:
            return Outcome(write.key, Status.REFUSED, key, code=self._dialect.refused, detail=why(error))
        return Outcome(write.key, Status.WRITTEN, key, step.version, step.before)

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        folder = self._folder(container)
        return [self._probe(self._path(folder, write.target_key or write.key), write) for write in writes]

    def _probe(self, path: Path, write: Write) -> Outcome | None:
        present = self._version(path)
        if present is None or present != _expected_version(write.record):
            return None
        return Outcome(write.key, Status.WRITTEN, stem_key(path.name, self._dialect.suffixes), present)

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        folder = self._folder(container)
        for key in target_keys:
            try:
                yield self._read(self._path(folder, key), key, container.workload)
            except (OSError, NotOurs) as error:
                yield Fault(key, "GEN-READ-01", why(error) if isinstance(error, OSError) else str(error))

    def _read(self, path: Path, key: bytes, workload: str) -> Record:
        body, _ = read_file(path)
        with body.open() as stream:
            head = stream.read(_HEAD)
        properties: dict[str, Value] = {}
        if head[:2] in MARKS:
            with open_text(path, self._spool) as opened:
                head = bytes(opened.buffer)
                body = BytesBody.of(head)
                properties["encoding"] = opened.encoding
        return Record(key, self._dialect.item(head, workload).kind, self._dialect.form, properties, {"content": body})

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        path = self._path(self._folder(container), target_key)
        present = self._version(path)
        if present is None:
            return Outcome(target_key, Status.ABSENT, target_key)
        if not as_expected(present, expect):
            return Outcome(target_key, Status.CONFLICT, target_key, present, code="GEN-CONFLICT-01")
        before = self._before.keep(path)
        sync_filesystem(path.parent)
        fence.check()
        path.unlink()
        sync_folder(path.parent)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        path = self._path(self._folder(container), target_key)
        present = self._version(path)
        if not as_expected(present, expect):
            return Outcome(target_key, Status.CONFLICT, target_key, present or "", code="GEN-CONFLICT-01")
        if not before.token:
            fence.check()
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
            return Outcome(target_key, Status.REMOVED, target_key)
        try:
            aside, _ = self._before.lay(before, path.parent)
        except FileNotFoundError as error:
            return Outcome(target_key, Status.REFUSED, target_key, code=self._dialect.no_before, detail=why(error))
        commit(aside, path, fence)
        discard(aside)  # still there where both names were one file already
        sync_folder(path.parent)
        return Outcome(target_key, Status.WRITTEN, target_key, self._version(path) or "")

    def finish(self) -> None:
        return None

    def close(self) -> None:
        self._folders.clear()

    def _folder(self, container: Container) -> Path:
        return self._root / os.fsdecode(container.key.split(b":", 2)[2])

    def _path(self, folder: Path, key: bytes) -> Path:
        name = os.fsdecode(key) if _CUT.search(key) and b"/" not in key else escape_name(key, _NAME_BYTES)
        return folder / (name + self._dialect.suffixes[0])

    def _version(self, path: Path) -> str | None:
        """What the listing says of what is there; None where there is nothing, a version that nothing equals where
        it can't be read."""
        if not os.path.lexists(path):
            return None
        try:
            with open_text(path, self._spool) as opened:
                return version_of(hashlib.sha256(opened.buffer).hexdigest(), opened.encoding)
        except (OSError, NotOurs) as error:
            return f"unreadable: {error}"


def _files_in(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]


def _encoded(record: Record) -> tuple[str, Body]:
    """The bytes to write, and their version where it is not that of these bytes themselves. Raises `ValueError` where
    they can't be said in the item's encoding."""
    body = record.bodies.get("content") or BytesBody.of(b"")
    encoding = record.properties.get("encoding")
    if encoding not in MARKS.values():
        return "", body
    data = read_all(body, UTF16_LIMIT)
    return version_of(hashlib.sha256(data).hexdigest(), str(encoding)), BytesBody.of(to_encoding(data, str(encoding)))


def _expected_version(record: Record) -> str:
    """The version that a record will have when it is written; empty where it can't be read."""
    try:
        version, body = _encoded(record)
        digest = hashlib.sha256()
        with body.open() as stream:
            while block := stream.read(1 << 18):
                digest.update(block)
        return version or version_of(digest.hexdigest(), "")
    except (OSError, ValueError):
        return ""
