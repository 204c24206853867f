"""Reading a share. One container for each owned entry, its whole tree; the key of an item is its path in it.

Files, folders and links are items. A pipe, a socket, a device, and whatever can't be read, is told by code. Links are
never followed, only noted.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from transhumance.connectors.contract import (
    Body,
    BytesBody,
    Container,
    Environment,
    Fault,
    ItemRef,
    Page,
    Record,
    Selector,
    Subject,
    Text,
    UserError,
    Value,
)
from transhumance.connectors.folder.attributes import properties, version_of
from transhumance.connectors.folder.beneath import Beneath, BeneathBody, open_in
from transhumance.connectors.folder.config import FolderConfig
from transhumance.connectors.folder.shown import shown_name
from transhumance.connectors.formats.exports import Owned, subjects_of
from transhumance.connectors.formats.mailfiles import Listings, foreign, mail_entries, unread, why

FORM = "file"
UNREADABLE, SPECIAL, GONE = "DOC-READ-01", "DOC-FS-10", "GEN-READ-01"
INLINE = 1 << 15  # bytes of a file that travel with its record
_ASIDE = re.compile(rb"\.transhumance-aside-[0-9a-f]{16}")
_OURS = b".transhumance"
_SPECIAL = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}


class FolderSource:
    """A share, read."""

    def __init__(self, config: FolderConfig, environment: Environment) -> None:
        self._config, self._base = config, environment.base
        self._root = environment.base / config.path
        self._listings = Listings(config.page)

    def identity(self) -> str:
        """The share's device and inode. Raises `UserError` where it is not there."""
        try:
            found = self._root.stat()
        except OSError as error:
            path = self._config.path
            raise UserError(
                Text(f"{path} : introuvable ({why(error)})", f"{path}: not found ({why(error)})"), "path"
            ) from None
        return f"folder:{found.st_dev:x}.{found.st_ino:x}"

    def close(self) -> None:
        """Drops the listings."""
        self._listings.close()

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        """Whose the entries of the share are."""
        yield from (s for s in subjects_of(self._entries(), "share") if selector.wants(s.key))

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        """One for each entry that the subject owns; named by the entry where there are several."""
        if workload != "documents":
            return
        entries = [entry for entry in self._entries() if entry.subject == subject.key]
        for entry in entries:
            path = (entry.path.name,) if len(entries) > 1 else ()
            yield Container(subject.key, "documents", entry_key(self._root, entry.path), path)

    def _entries(self) -> list[Owned]:
        return mail_entries(self._config, self._base)

    def page(self, container: Container, cursor: bytes | None) -> Page:
        """The items after the cursor, which is the last key of the page before."""
        return self._listings.page(container.key, cursor, lambda: walk(self._root, container.key))

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        """The entries as they are now; one that changed its kind since is read as what it is."""
        root, lone = located(self._root, container.key)
        portable = self._config.names == "portable"
        with Beneath(root) as beneath:
            for ref in refs:
                yield read_item(beneath, root, ref.key, lone, portable)


def entry_key(root: Path, entry: Path) -> bytes:
    """The key of an entry of a share: its name below the root; `.` for the root itself."""
    return os.path.relpath(os.fsencode(entry), os.fsencode(root))


def located(root: Path, key: bytes) -> tuple[str, bytes]:
    """The folder that a container's keys start from, and the name of its only item where the container is no folder.
    An entry that is a link is an item, never a way out."""
    path = root / os.fsdecode(key)
    if path == root or (path.is_dir() and not path.is_symlink()):
        return str(path), b""
    return str(path.parent), os.fsencode(path.name)


def walk(root: Path, key: bytes) -> Iterator[ItemRef]:
    """Every entry of a container, folders before what is in them. Raises `StopEndpoint` where the container itself is
    gone: nothing must seem to be deleted."""
    folder, lone = located(root, key)
    with Beneath(folder) as beneath:
        try:
            handle = beneath.folder(b"")
            if lone:
                yield _ref(lone, os.stat(os.fsdecode(lone), dir_fd=handle, follow_symlinks=False))
                return
        except OSError as error:
            yield unread(Path(folder, os.fsdecode(lone)), error)
            return
        waiting = [b""]
        while waiting:
            at = waiting.pop()
            try:
                for path, state in _inside(beneath.folder(at), at):
                    yield _ref(path, state)
                    if stat.S_ISDIR(state.st_mode):
                        waiting.append(path)
            except OSError as error:
                if not at:
                    yield unread(Path(folder), error)
                else:
                    yield foreign(at + b"/", UNREADABLE, f"folder: {why(error)}")


def _inside(folder: int, at: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    """The entries of an open folder, one at a time: there may be a million of them. One that goes away meanwhile is
    left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = os.fsencode(entry.name)
            path = at + b"/" + name if at else name
            with suppress(FileNotFoundError):
                state = entry.stat(follow_symlinks=False)
                if not _is_ours(path):
                    yield path, state


def _is_ours(path: bytes) -> bool:
    """What a target of ours keeps beside the documents."""
    return (
        path.startswith(_OURS) or b".transhumance-aside-" in path and bool(_ASIDE.fullmatch(path.rpartition(b"/")[2]))
    )


def _ref(key: bytes, found: os.stat_result) -> ItemRef:
    kind = kind_of(found)
    if not kind:
        return foreign(key, SPECIAL, _SPECIAL.get(stat.S_IFMT(found.st_mode), "unknown"))
    size = found.st_size if kind == "file" else 0
    return ItemRef(key, version_of(found), kind, FORM, size)


def kind_of(found: os.stat_result) -> str:
    """`file`, `folder`, `link`, or empty for what can't be moved."""
    if stat.S_ISREG(found.st_mode):
        return "file"
    return "folder" if stat.S_ISDIR(found.st_mode) else "link" if stat.S_ISLNK(found.st_mode) else ""


def read_item(beneath: Beneath, root: str, key: bytes, lone: bytes = b"", portable: bool = False) -> Record | Fault:
    """The record of one entry, or the fault that it is gone, special or unreadable."""
    try:
        if lone and key != lone:
            raise FileNotFoundError(2, "no such item")
        folder, name = beneath.parent(key)
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        kind = kind_of(found)
        if not kind:
            return Fault(key, SPECIAL, _SPECIAL.get(stat.S_IFMT(found.st_mode), "unknown"), "file", FORM)
        bodies: dict[str, Body] = {}
        if kind == "file":
            bodies["content"], found = _body(root, key, folder, name)
        told: dict[str, Value] = properties(found, folder, name)
        if kind == "link":
            told["target"] = os.readlink(name, dir_fd=folder)
        if portable:
            told["name"] = shown_name(name)
        return Record(key, kind, FORM, told, bodies)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        return Fault(key, GONE if gone else UNREADABLE, why(error), "file", FORM)


def _body(root: str, key: bytes, folder: int, name: str) -> tuple[Body, os.stat_result]:
    """A file's bytes, in memory where they are few, else as a handle; the file is opened to know that it can be."""
    handle = open_in(folder, name)
    try:
        found = os.fstat(handle)
        if found.st_size > INLINE:
            return BeneathBody(size=found.st_size, root=root, path=key), found
        data = b""
        while more := os.read(handle, INLINE + 1):
            data += more
            if len(data) > INLINE:
                raise OSError(5, "the file changed while it was read")
        return BytesBody.of(data), os.fstat(handle)
    finally:
        os.close(handle)
