"""A batch of writes to a share: bytes aside, one flush, before-images, then the names."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
    Expect,
    Fence,
    Outcome,
    Record,
    Status,
    Write,
    sha256_of,
)
from transhumance.connectors.folder import images
from transhumance.connectors.folder.attributes import properties, same_state, set_xattrs, version_of
from transhumance.connectors.folder.beneath import Beneath, BeneathBody
from transhumance.connectors.folder.notes import Notes
from transhumance.connectors.folder.source import kind_of
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

    def __init__(self, root: str, notes: Notes, fence: Fence, folding: bool) -> None:
        """`folding`: the disk takes two names that differ by case for one."""
        self.beneath = Beneath(root)
        self._root, self._notes, self._fence, self._folding = root, notes, fence, folding
        self._aside: dict[str, bytes] = {}
        self._touched: set[bytes] = set()
        self._staged: set[bytes] = set()

    def __enter__(self) -> Batch:
        self._fence.check()
        self._notes.begin()
        return self

    def __exit__(self, *_: object) -> None:
        for temp, above in self._aside.items():
            with suppress(OSError):
                durable.discard(temp, dir_fd=self.beneath.folder(above))
        self.beneath.__exit__()

    # --- staging

    def stage(self, write: Write, record: Record, path: bytes, start: bytes) -> Step | Outcome:
        """Lays the bytes of a write aside; an outcome where there is nothing to do, or nothing can be done."""
        full = start + b"/" + path if start else path
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
        if found is not None:
            if self._folding and not write.target_key and not self._is_exact(full):
                return Outcome(write.key, Status.CONFLICT, path, version_of(found), code="DOC-NAME-04")
            if same_item(self.beneath, full, found, record, self._notes.folder(full)):
                self._note_folder(full, found, record)
                return Outcome(write.key, Status.UNCHANGED, path, version_of(found))
        if not expected(found, write.expect):
            there = version_of(found) if found else ""
            return Outcome(write.key, Status.CONFLICT, path, there, code="GEN-CONFLICT-01")
        step = Step(write, record, path, full, found)
        if record.kind == "file":
            step.temp = self._lay_file(full, record)
        return step

    def _lay_file(self, full: bytes, record: Record) -> str:
        body = record.bodies.get("content")
        if body is None:
            raise BodyUnreadable(errno.ENODATA, "the item has no content")
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
            self.beneath.folder(path, make=True)
            self._notes.keep_passing([path])
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
        if step.record.kind == "file":
            durable.commit(step.temp, name, self._fence, dir_fd=folder)
            self._aside.pop(step.temp, None)
        elif step.record.kind == "link":
            self._link(folder, name, step.record)
        else:
            self._folder(step, folder, name, is_folder)
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if step.record.kind == "folder":
            self._note_folder(step.full, found, step.record)
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        return Outcome(step.write.key, Status.WRITTEN, step.path, version_of(found), step.before)

    def _link(self, folder: int, name: str, record: Record) -> None:
        """Notes where a link leads; nobody goes there."""
        temp = durable.ASIDE + secrets.token_hex(8)
        os.symlink(str(record.properties.get("target", "")), temp, dir_fd=folder)
        mtime = record.properties.get("modified_ns")
        if isinstance(mtime, int):
            os.utime(temp, ns=(mtime, mtime), dir_fd=folder, follow_symlinks=False)
        durable.commit(temp, name, self._fence, dir_fd=folder)

    def _folder(self, step: Step, folder: int, name: str, there: bool) -> None:
        if not there:
            if step.found is not None:
                os.unlink(name, dir_fd=folder)  # kept as before-image
            try:
                os.mkdir(name, 0o700, dir_fd=folder)
            except FileExistsError:
                if not self._notes.is_passing(step.full):
                    raise
        attributes = step.record.properties.get("xattrs")
        if isinstance(attributes, dict):
            set_xattrs(f"/proc/self/fd/{folder}/{name}", attributes)

    def _note_folder(self, full: bytes, found: os.stat_result, record: Record) -> None:
        """Notes a folder's time and permissions, and sets them; they are set again after its children."""
        if record.kind != "folder":
            return
        mtime, mode = record.properties.get("modified_ns"), record.properties.get("mode")
        noted = mtime if isinstance(mtime, int) else found.st_mtime_ns
        self._notes.keep_folders([(full, noted, mode if isinstance(mode, int) else None)])
        set_folder(self.beneath.folder(full), noted, mode if isinstance(mode, int) else None, open_=True)

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
            with self._open_root() as root:
                temp = images.lay(root, before, folder)
            durable.commit(temp, name, self._fence, dir_fd=folder)
            durable.discard(temp, dir_fd=folder)  # still there where both names were one file already
        self._settle_folders()
        durable.sync_filesystem(self.beneath.folder(b""))
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        return Outcome(key, Status.WRITTEN, key, version_of(found))


def set_folder(folder: int, mtime: int, mode: int | None, *, open_: bool = False) -> None:
    """Sets an open folder's time and permissions. `open_`: its owner may still write to it."""
    found = os.fstat(folder)
    wanted = stat.S_IMODE(found.st_mode) if mode is None else mode | (0o700 if open_ else 0)
    if stat.S_IMODE(found.st_mode) != wanted:
        os.fchmod(folder, wanted)
    if found.st_mtime_ns != mtime:
        os.utime(folder, ns=(found.st_atime_ns, mtime))


def lstat(beneath: Beneath, path: bytes) -> os.stat_result | None:
    """What is at a path, a link not followed; None where nothing is."""
    try:
        folder, name = beneath.parent(path)
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def expected(found: os.stat_result | None, expect: Expect) -> bool:
    """Whether what is there is what a write expects."""
    if expect.version in (ANY, ABSENT):
        return expect.version == ANY or found is None
    return found is not None and same_state(expect.version, found)


def same_item(
    beneath: Beneath, path: bytes, found: os.stat_result, record: Record, noted: tuple[int, int | None] | None
) -> bool:
    """Whether what is at a path is what a record says, bytes and all. `noted`: what a folder's time and permissions
    will be again."""
    if kind_of(found) != record.kind:
        return False
    mtime, mode = record.properties.get("modified_ns"), record.properties.get("mode")
    if record.kind == "folder" and noted is not None:
        return mtime in (None, noted[0]) and mode in (None, noted[1])
    if (
        mtime not in (None, found.st_mtime_ns)
        or record.kind != "link"
        and mode not in (None, stat.S_IMODE(found.st_mode))
    ):
        return False
    folder, name = beneath.parent(path)
    if record.kind == "link":
        return os.readlink(name, dir_fd=folder) == record.properties.get("target")
    if record.properties.get("xattrs", {}) != _own(properties(found, folder, name).get("xattrs")):
        return False
    return record.kind == "folder" or _same_bytes(beneath, path, found, record)


def _own(attributes: object) -> dict[str, object]:
    if not isinstance(attributes, dict):
        return {}
    return {name: value for name, value in attributes.items() if name.startswith("user.")}


def _same_bytes(beneath: Beneath, path: bytes, found: os.stat_result, record: Record) -> bool:
    body = record.bodies.get("content")
    if body is None or body.size is not None and body.size != found.st_size:
        return False
    try:
        return sha256_of(BeneathBody(size=found.st_size, root=beneath.root, path=path)) == sha256_of(body)
    except OSError:
        return False


def refused(write: Write, path: bytes, error: OSError) -> Outcome:
    """The outcome of an item that the disk refuses; the others go on."""
    durable.stop_if_full(error)
    code = _REFUSALS.get(error.errno or 0, "DOC-WRITE-01")
    return Outcome(write.key, Status.REFUSED, path, code=code, detail=why(error))
