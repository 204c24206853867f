"""Writing a share: `<path>/<subject>/<the documents' own tree>`.

Every path is reached name by name from the root, links never followed, so that nothing is written outside whatever was
planted. Files are written aside and renamed; folders get their times back after their children.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from transhumance.connectors.contract import (
    Before,
    Container,
    Environment,
    Expect,
    Fault,
    Fence,
    Finding,
    Outcome,
    Record,
    Space,
    Status,
    Subject,
    Value,
    Write,
)
from transhumance.connectors.folder.attributes import (
    lists,
    may_own,
    of_users,
    takes_lists,
    takes_xattrs,
    version_at,
)
from transhumance.connectors.folder.batch import Batch
from transhumance.connectors.folder.beneath import Beneath
from transhumance.connectors.folder.compare import expected, lstat, same_item, set_folder
from transhumance.connectors.folder.config import FolderConfig
from transhumance.connectors.folder.naming import Namer, folds_names, name_findings
from transhumance.connectors.folder.notes import Notes
from transhumance.connectors.folder.source import entry_key, read_item
from transhumance.connectors.formats import durable
from transhumance.connectors.formats.made import Made
from transhumance.connectors.formats.mailfiles import root_identity, target_folder, why
from transhumance.connectors.formats.names import escape_name

_OWNERS = frozenset({"uid", "gid", "owner", "group"})
# times of birth can't be set; each name becomes a file of its own; whose it is, is set but never claimed
_NOT_KEPT = frozenset({"created", "hard_link"}) | _OWNERS
PERMITTED = 0o1777  # setuid and setgid would give rights at another system


class FolderTarget:
    """A share, written."""

    def __init__(self, config: FolderConfig, environment: Environment) -> None:
        self._config, self._base = config, environment.base
        self._root = environment.base / config.path
        self._notes = Notes(self._root)
        self._made = Made(self._root)
        self._namer = Namer(self._notes, config.names == "portable")
        self._xattrs: bool | None = None
        self._lists: bool | None = None
        self._folding: bool | None = None

    def identity(self) -> str:
        """The share's device and inode."""
        return root_identity("folder", self._root)

    def close(self) -> None:
        """Closes the notes."""
        self._notes.close()

    def space(self, subject: Subject | None = None) -> Space:
        """The room on the share's disk."""
        at = self._root
        while not at.exists():
            at = at.parent
        disk = os.statvfs(at)
        used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
        return Space(disk.f_bavail * disk.f_frsize, disk.f_favail if disk.f_files else None, used)

    def ensure(self, container: Container) -> Container:
        """The subject's folder, and in it the folders of the container's path."""
        key, path = self._located(container)
        if not path.is_dir():
            self._made.note(self._made.lacking(path))
        with Beneath(str(self._root)) as beneath:
            beneath.folder(b"" if path == self._root else os.fsencode(path.relative_to(self._root)), make=True)
        return replace(container, key=key)

    def discard(self, container: Container, fence: Fence) -> bool:
        """Removes an empty folder that was made here."""
        return self._made.discard(self._located(container)[1], fence)

    def _located(self, container: Container) -> tuple[bytes, Path]:
        """The key of the subject's folder, and the folder of the container's path in it."""
        durable.make_folders(self._root)
        folder = target_folder(self._config, self._base, container.subject)
        return entry_key(self._root, folder), folder.joinpath(*map(os.fsdecode, _prefix(container)))

    # --- what is lost

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        """What the share does not keep of a record."""
        kept = self.forecast(container, record).properties
        lost = sorted(record.properties.keys() - kept.keys() - _OWNERS)
        lost = [name for name in lost if name != "xattrs"] + (["xattrs"] if self._loses_xattrs(record, kept) else [])
        lost += sorted(name for name in record.bodies if name != "content")
        found = [Finding("GEN-TARGET-02", name) for name in lost]
        mode = record.properties.get("mode")
        if isinstance(mode, int) and mode & ~PERMITTED:
            found.append(Finding("DOC-FS-12", f"{mode:o}"))
        told = record.properties
        if "uid" in told and not may_own() and (told["uid"], told.get("gid")) != (os.geteuid(), os.getegid()):
            found.append(Finding("DOC-FS-14"))
        if self._config.names == "portable":
            found += name_findings(record.key)
        return tuple(found)

    def _loses_xattrs(self, record: Record, kept: Mapping[str, Value]) -> bool:
        told, own = record.properties.get("xattrs", {}), kept.get("xattrs", {})
        if not isinstance(told, Mapping) or not isinstance(own, Mapping):
            return bool(told)
        set_ = {*own, *(lists(told) if self._takes_lists() else ())}
        return bool(told.keys() - set_)

    def forecast(self, container: Container, record: Record) -> Record:
        """The record as reading it back will give it."""
        kept: dict[str, Value] = {k: v for k, v in record.properties.items() if k not in _NOT_KEPT}
        if isinstance(mode := kept.get("mode"), int):
            kept["mode"] = mode & PERMITTED
        attributes = kept.pop("xattrs", None)
        if isinstance(attributes, dict) and self._takes_xattrs():
            if own := of_users(attributes):
                kept["xattrs"] = own
        return replace(record, properties=kept, bodies={n: b for n, b in record.bodies.items() if n == "content"})

    def _takes_xattrs(self) -> bool:
        if self._xattrs is None:
            self._xattrs = self._asked(takes_xattrs)
        return self._xattrs

    def _takes_lists(self) -> bool:
        if self._lists is None:
            self._lists = self._asked(takes_lists)
        return self._lists

    def _asked(self, question: Callable[[int], bool]) -> bool:
        """What is true of the disk that the share lies on, or will."""
        at = self._root
        while not at.exists():
            at = at.parent
        with Beneath(str(at)) as beneath:
            return question(beneath.folder(b""))

    # --- effects

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        """Nothing need be noted: keys are paths."""
        return ""

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        """Writes a batch: all bytes aside, one flush, then the names."""
        records = [self.forecast(container, write.record) for write in writes]
        paths = self._namer.paths([self._target_key(container, write) for write in writes], _start(container))
        with self._batch(container, fence) as batch:
            steps = [
                batch.stage(write, record, path) for write, record, path in zip(writes, records, paths, strict=True)
            ]
            return batch.commit(steps)

    def _batch(self, container: Container, fence: Fence) -> Batch:
        if self._folding is None:
            with Beneath(str(self._root)) as beneath:
                self._folding = folds_names(beneath.folder(b""))
        return Batch(str(self._root), _start(container), self._notes, fence, self._folding)

    def _target_key(self, container: Container, write: Write) -> tuple[bytes, bool]:
        """The path below the subject's folder, and whether it is the target's own already."""
        if write.target_key:
            return write.target_key, True
        return b"/".join([*_prefix(container), write.key]), False

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        """What is there as it was to be written, compared byte by byte."""
        start = _start(container)
        paths = self._namer.paths([self._target_key(container, write) for write in writes], start)
        with Beneath(str(self._root)) as beneath:
            return [
                self._probe(beneath, start, path, write, self.forecast(container, write.record))
                for write, path in zip(writes, paths, strict=True)
            ]

    def _probe(self, beneath: Beneath, start: bytes, path: bytes, write: Write, record: Record) -> Outcome | None:
        full = _joined(start, path)
        found = lstat(beneath, full)
        noted = self._notes.folder(full) if found and stat.S_ISDIR(found.st_mode) else None
        if found is None or not same_item(beneath, full, found, record, noted):
            return None
        if noted is not None:  # the end of an effect that was cut short
            set_folder(beneath.folder(full), *noted, open_=True)
            found = os.fstat(beneath.folder(full))
        return Outcome(write.key, Status.WRITTEN, path, version_at(found, noted), Before(self._notes.image(full)))

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        """What is there, but for what a share never keeps."""
        root = str(self._root / os.fsdecode(container.key))
        with Beneath(root) as beneath:
            for key in target_keys:
                record = read_item(beneath, root, key)
                if isinstance(record, Record):
                    kept = dict(self.forecast(container, record).properties)
                    kept["name"] = self._namer.shown(_joined(_start(container), key))
                    record = replace(record, properties=kept)
                yield record

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        """Removes an item. A folder that is not empty goes when it is, or stays if others use it."""
        return self._put_back(container, target_key, None, expect, fence)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        """Puts a before-image back."""
        return self._put_back(container, target_key, before, expect, fence)

    def _put_back(
        self, container: Container, key: bytes, before: Before | None, expect: Expect, fence: Fence
    ) -> Outcome:
        full = _joined(_start(container), key)
        with self._batch(container, fence) as batch:
            found = lstat(batch.beneath, full)
            if found is None and before is None:
                return Outcome(key, Status.ABSENT, key)
            noted = self._notes.folder(full) if found and stat.S_ISDIR(found.st_mode) else None
            if not expected(found, expect, noted):
                there = version_at(found, noted) if found else ""
                return Outcome(key, Status.CONFLICT, key, there, code="GEN-CONFLICT-01")
            try:
                if before is not None and before.token:
                    return batch.put_back(key, full, before)
                kept = batch.take_away(full, found, keep=before is None) if found else Before()
            except FileNotFoundError as error:
                return Outcome(key, Status.REFUSED, key, code="GEN-READ-01", detail=why(error))
            return Outcome(key, Status.REMOVED, key, before=kept)

    def finish(self) -> None:
        """Removes folders that are empty and nobody's, and gives the others their times and permissions again."""
        if not self._notes.begun():
            return
        with Beneath(str(self._root)) as beneath:
            for path in list(self._notes.passing()):
                beneath.forget(path)
                self._remove_empty(beneath, path)
            for path, mtime, mode in self._notes.folders():
                try:
                    set_folder(beneath.folder(path), mtime, mode)
                except FileNotFoundError:
                    self._notes.gone(path)
                except OSError as error:
                    durable.stop_if_full(error)
        durable.sync_filesystem(self._root)
        self._notes.ended()

    def _remove_empty(self, beneath: Beneath, path: bytes) -> None:
        try:
            folder, name = beneath.parent(path)
            os.rmdir(name, dir_fd=folder)
        except FileNotFoundError:
            pass
        except OSError:
            return
        self._notes.gone(path)


def _prefix(container: Container) -> list[bytes]:
    """The folders of a container's path, inside its subject's."""
    return [os.fsencode(escape_name(name)) for name in container.path]


def _start(container: Container) -> bytes:
    """The subject's folder, from the root."""
    return b"" if container.key == b"." else container.key


def _joined(start: bytes, path: bytes) -> bytes:
    return start + b"/" + path if start and path else start or path
