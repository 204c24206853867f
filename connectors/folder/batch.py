"""A batch of writes to a share: bytes aside, one flush, before-images, then the names."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from transhumance.connectors.contract import (
    ABSENT,
    Before,
    Fence,
    Outcome,
    Record,
    StaleLease,
    Status,
    Value,
    Write,
)
from transhumance.connectors.folder import images
from transhumance.connectors.folder.attributes import give, set_xattrs, version_at
from transhumance.connectors.folder.beneath import Beneath
from transhumance.connectors.folder.compare import expected, lstat, same_item, set_folder
from transhumance.connectors.folder.notes import Notes
from transhumance.connectors.formats import durable
from transhumance.connectors.formats.durable import BodyUnreadable
from transhumance.connectors.formats.mailfiles import why

# what a disk's refusal of one item is called
_REFUSALS = {
    errno.ENAMETOOLONG: "DOC-NAME-06",
    errno.EILSEQ: "DOC-NAME-01",
    errno.EINVAL: "DOC-NAME-01",
    errno.EFBIG: "GEN-SIZE-01",
    errno.ELOOP: "DOC-WRITE-02",
    errno.ENOTDIR: "DOC-WRITE-02",
}


@dataclass(slots=True)
class Step:
    """A write whose bytes lie aside, ready to be named. `path`: below the subject's folder; `full`: from the root."""

    write: Write
    record: Record
    path: bytes
    full: bytes
    found: os.stat_result | None
    temp: str = ""
    before: Before = Before()


class Batch:
    """The writes of one call. Use it as a context manager: what is left aside is removed at its end."""

    def __init__(self, root: str, start: bytes, notes: Notes, fence: Fence, folding: bool) -> None:
        """`start`: the subject's folder. `folding`: the disk takes two names that differ by case for one."""
        self.beneath = Beneath(root)
        self._root, self._start, self._notes, self._fence, self._folding = root, start, notes, fence, folding
        self._aside: dict[str, bytes] = {}
        self._asides: set[bytes] = set()
        self._touched: set[bytes] = set()
        self._staged: set[bytes] = set()

    def __enter__(self) -> Batch:
        self._fence.check()
        self._notes.begin()
        self._sweep()
        return self

    def _sweep(self) -> None:
        """Removes what an earlier call left aside: it died, or sleeps past its lease and can rename nothing now."""
        left = self._notes.asides(self._start)
        for path in left:
            with suppress(OSError):
                folder = self.beneath.folder(path)
                for name in os.listdir(folder):
                    if name.startswith(durable.ASIDE):
                        durable.discard(name, dir_fd=folder)
        self._notes.drop_asides(left)

    def _note_aside(self, path: bytes) -> None:
        if path not in self._asides:
            self._notes.keep_aside(path)
            self._asides.add(path)

    def __exit__(self, *_: object) -> None:
        for temp, above in self._aside.items():
            with suppress(OSError):
                durable.discard(temp, dir_fd=self.beneath.folder(above))
        self._notes.drop_asides(self._asides)
        self.beneath.__exit__()

    # --- staging

    def stage(self, write: Write, record: Record, path: bytes) -> Step | Outcome:
        """Lays the bytes of a write aside; an outcome where there is nothing to do, or nothing can be done."""
        full = self._start + b"/" + path if self._start else path
        if full in self._staged:
            return Outcome(write.key, Status.CONFLICT, path, code="GEN-CONFLICT-01", detail="twice in one batch")
        self._staged.add(full)
        try:
            return self._stage(write, record, path, full)
        except BodyUnreadable as error:
            return Outcome(write.key, Status.REFUSED, path, code="GEN-READ-01", detail=why(error))
        except OSError as error:
            return refused(write, path, error)

    def _stage(self, write: Write, record: Record, path: bytes, full: bytes) -> Step | Outcome:
        self._make_folder(full.rpartition(b"/")[0])
        found = lstat(self.beneath, full)
        if record.kind == "folder" and found and stat.S_ISDIR(found.st_mode) and self._notes.is_passing(full):
            return Step(write, record, path, full, None)  # made on the way to a child of it
        noted = self._notes.folder(full) if found and stat.S_ISDIR(found.st_mode) else None
        there = version_at(found, noted) if found else ""
        if found is not None:
            if self._folding and not write.target_key and not self._is_exact(full):
                return Outcome(write.key, Status.CONFLICT, path, there, code="DOC-NAME-04")
            if same_item(self.beneath, full, found, record, noted):
                return Outcome(write.key, Status.UNCHANGED, path, self._noted(full, record, there))
        before = Before()
        if not expected(found, write.expect, noted):
            # an effect that was cut short took away what is expected, and kept it
            before = Before("" if found else self._notes.image(full))
            if not before.token or write.expect.version == ABSENT:
                return Outcome(write.key, Status.CONFLICT, path, there, code="GEN-CONFLICT-01")
        step = Step(write, record, path, full, found, before=before)
        if record.kind == "file":
            step.temp = self._lay_file(full, record, write.record.properties)
        return step

    def _lay_file(self, full: bytes, record: Record, told: Mapping[str, Value]) -> str:
        body = record.bodies.get("content")
        if body is None:
            raise BodyUnreadable(errno.ENODATA, "the item has no content")
        self._note_aside(full.rpartition(b"/")[0])
        folder, name = self.beneath.parent(full)
        mtime, mode = record.properties.get("modified_ns"), record.properties.get("mode")
        size, digest, temp = durable.write_aside(
            name,
            body,
            mtime if isinstance(mtime, int) else None,
            mode if isinstance(mode, int) else 0o640,
            sync=False,
            sparse=bool(record.properties.get("sparse")),
            dir_fd=folder,
        )
        self._aside[temp] = full.rpartition(b"/")[0]
        if digest != body.digests.get("sha256", digest) or size != (size if body.size is None else body.size):
            raise BodyUnreadable(errno.EIO, "its bytes changed since their digest was taken")
        give(temp, folder, told)
        attributes = record.properties.get("xattrs")
        if isinstance(attributes, dict):
            set_xattrs(f"/proc/self/fd/{folder}/{temp}", attributes)
        return temp

    def _make_folder(self, path: bytes) -> None:
        """Makes the folders on the way; they go again when they are empty, unless they turn out to be items."""
        try:
            self.beneath.folder(path)
        except FileNotFoundError:
            if above := path.rpartition(b"/")[0]:
                self._make_folder(above)
            self._fence.check()
            self._notes.keep_passing([path])  # before it is there, so that a crash leaves none that nobody knows
            self.beneath.folder(path, make=True)
            self._touched.add(above)

    def _is_exact(self, full: bytes) -> bool:
        folder, name = self.beneath.parent(full)
        return name in os.listdir(folder)

    # --- effects

    def commit(self, steps: Sequence[Step | Outcome]) -> list[Outcome]:
        """Gives everything its name; what is `written` is on the disk."""
        ready = [step for step in steps if isinstance(step, Step)]
        if ready:
            self._keep_before(ready)
            durable.sync_filesystem(self.beneath.folder(b""))
        outcomes = [self._name(step) if isinstance(step, Step) else step for step in steps]
        self._settle_folders()
        if ready:
            durable.sync_filesystem(self.beneath.folder(b""))
        return outcomes

    @contextmanager
    def _open_root(self) -> Iterator[int]:
        """The target's root, open apart: the folders that are kept open may be closed meanwhile."""
        root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield root
        finally:
            os.close(root)

    def _keep_before(self, steps: Sequence[Step]) -> None:
        with self._open_root() as root:
            for step in steps:
                if step.found is not None:
                    step.before = images.keep(root, *self.beneath.parent(step.full), step.found)
        self._notes.keep_images([(step.full, step.before.token) for step in steps if step.before.token])

    def _name(self, step: Step) -> Outcome:
        try:
            return self._named(step)
        except OSError as error:
            return refused(step.write, step.path, error)

    def _named(self, step: Step) -> Outcome:
        folder, name = self.beneath.parent(step.full)
        is_folder = step.found is not None and stat.S_ISDIR(step.found.st_mode)
        self._fence.check()
        if is_folder and step.record.kind != "folder":
            self.beneath.forget(step.full)
            os.rmdir(name, dir_fd=folder)  # only an empty one gives its place to a file
            self._notes.gone(step.full)
        self._touched.add(step.full.rpartition(b"/")[0])
        if step.record.kind == "folder":
            self._folder(step, folder, name, is_folder)
        else:
            if step.record.kind == "link":
                step.temp = self._lay_link(folder, step.full, step.record, step.write.record.properties)
            self._rename(step.temp, name, folder)
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        noted = self._notes.folder(step.full) if step.record.kind == "folder" else None
        return Outcome(step.write.key, Status.WRITTEN, step.path, version_at(found, noted), step.before)

    def _rename(self, temp: str, name: str, folder: int) -> None:
        try:
            durable.commit(temp, name, self._fence, dir_fd=folder)
        except FileNotFoundError:  # a newer worker swept it away
            raise StaleLease(f"{self._fence.chunk} epoch {self._fence.epoch}") from None
        self._aside.pop(temp, None)

    def _lay_link(self, folder: int, full: bytes, record: Record, told: Mapping[str, Value]) -> str:
        """Notes where a link leads; nobody goes there."""
        self._note_aside(full.rpartition(b"/")[0])
        temp = durable.ASIDE + secrets.token_hex(8)
        self._aside[temp] = full.rpartition(b"/")[0]
        os.symlink(str(record.properties.get("target", "")), temp, dir_fd=folder)
        give(temp, folder, told)
        mtime = record.properties.get("modified_ns")
        if isinstance(mtime, int):
            os.utime(temp, ns=(mtime, mtime), dir_fd=folder, follow_symlinks=False)
        return temp

    def _folder(self, step: Step, folder: int, name: str, there: bool) -> None:
        """Makes a folder, noted first: what a crash leaves unfinished is then known for what it is."""
        mtime, mode = step.record.properties.get("modified_ns"), step.record.properties.get("mode")
        noted = mtime if isinstance(mtime, int) else step.found.st_mtime_ns if step.found and there else time.time_ns()
        self._notes.keep_folders([(step.full, noted, mode if isinstance(mode, int) else None)])
        if not there:
            if step.found is not None:
                os.unlink(name, dir_fd=folder)  # kept as before-image
            with suppress(FileExistsError):  # made on the way to a child of it
                os.mkdir(name, 0o700, dir_fd=folder)
        give(name, folder, step.write.record.properties)
        attributes = step.record.properties.get("xattrs")
        if isinstance(attributes, dict):
            set_xattrs(f"/proc/self/fd/{folder}/{name}", attributes)
        set_folder(self.beneath.folder(step.full), noted, mode if isinstance(mode, int) else None, open_=True)

    def _noted(self, full: bytes, record: Record, version: str) -> str:
        """The version of an item that is there already; a folder's time and permissions are noted and set."""
        if record.kind != "folder":
            return version
        folder = self.beneath.folder(full)
        found = os.fstat(folder)
        noted = self._notes.folder(full) or (found.st_mtime_ns, stat.S_IMODE(found.st_mode))
        self._notes.keep_folders([(full, *noted)])
        set_folder(folder, *noted, open_=True)
        return version_at(os.fstat(folder), noted)

    def _settle_folders(self) -> None:
        """Gives the folders that children were written to their times again."""
        for path in self._touched:
            noted = self._notes.folder(path) if path else None
            if noted is not None:
                with suppress(OSError):
                    set_folder(self.beneath.folder(path), *noted, open_=True)

    # --- one item back or away

    def take_away(self, full: bytes, found: os.stat_result, *, keep: bool) -> Before:
        """Removes what is at a path, and keeps it where it is to be. A folder that is not empty goes when it is."""
        folder, name = self.beneath.parent(full)
        before = Before()
        if keep:
            with self._open_root() as root:
                before = images.keep(root, folder, name, found)
            durable.sync_filesystem(folder)
        self._fence.check()
        self._touched.add(full.rpartition(b"/")[0])
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(name, dir_fd=folder)
            self._notes.gone(full)
        else:
            self._notes.keep_passing([full])
        self._drop_empty(full if stat.S_ISDIR(found.st_mode) else full.rpartition(b"/")[0])
        self._settle_folders()
        durable.sync_filesystem(self.beneath.folder(b""))
        return before

    def _drop_empty(self, path: bytes) -> None:
        """Removes a folder that goes when it is empty, and those above it."""
        while path and self._notes.is_passing(path):
            folder, name = self.beneath.parent(path)
            self.beneath.forget(path)
            try:
                os.rmdir(name, dir_fd=folder)
            except OSError:
                return
            self._notes.gone(path)
            path = path.rpartition(b"/")[0]

    def put_back(self, key: bytes, full: bytes, before: Before) -> Outcome:
        """Puts what was kept back. Raises `FileNotFoundError` where it is not kept any more."""
        self._make_folder(full.rpartition(b"/")[0])
        folder, name = self.beneath.parent(full)
        self._touched.add(full.rpartition(b"/")[0])
        if (state := images.folder_state(before)) is not None:
            self._fence.check()
            found = lstat(self.beneath, full)
            if found is not None and not stat.S_ISDIR(found.st_mode):
                os.unlink(name, dir_fd=folder)
            self.beneath.folder(full, make=True)
            self._notes.keep_folders([(full, *state)])
            set_folder(self.beneath.folder(full), *state, open_=True)
        else:
            self._note_aside(full.rpartition(b"/")[0])
            with self._open_root() as root:
                temp = images.lay(root, before, folder)
            self._aside[temp] = full.rpartition(b"/")[0]  # it stays where both names were one file already
            durable.commit(temp, name, self._fence, dir_fd=folder)
        self._settle_folders()
        durable.sync_filesystem(self.beneath.folder(b""))
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        return Outcome(key, Status.WRITTEN, key, version_at(found, self._notes.folder(full)))


def refused(write: Write, path: bytes, error: OSError) -> Outcome:
    """The outcome of an item that the disk refuses; the others go on."""
    durable.stop_if_full(error)
    code = _REFUSALS.get(error.errno or 0, "DOC-WRITE-01")
    return Outcome(write.key, Status.REFUSED, path, code=code, detail=why(error))
