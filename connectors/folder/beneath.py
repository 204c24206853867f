"""Opening what lies beneath a folder, and nothing else: no link is followed on the way, whoever planted it, whenever.

Each name of a path is opened in the open folder before it (`openat` with `O_NOFOLLOW`); a path text is never given to
the system whole, so nothing can be swapped under it, and it may be longer than `PATH_MAX`.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections import OrderedDict
from dataclasses import dataclass
from typing import BinaryIO, cast

from transhumance.connectors.contract import Body
from transhumance.connectors.contract.bodies import BLOCK

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KEPT = 48


class Beneath:
    """A folder whose insides are reached safely. Use it as a context manager, in one thread: open folders are kept for
    the next path that goes through them."""

    def __init__(self, root: str) -> None:
        """`root`: the folder that the plan names; it may be a link itself."""
        self.root = root
        self._open: OrderedDict[bytes, int] = OrderedDict()

    def __enter__(self) -> Beneath:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            os.close(self._open.popitem()[1])

    def folder(self, path: bytes, *, make: bool = False) -> int:
        """The open folder at a path below the root (empty: the root). `make`: folders that lack are made. It belongs
        to this object, and holds until the next call.

        Raises `OSError`: `ELOOP` or `ENOTDIR` where a name on the way is a link or no folder."""
        found = self._open.get(path)
        if found is not None:
            self._open.move_to_end(path)
            return found
        if not path:
            handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        else:
            above, _, name = path.rpartition(b"/")
            handle = _enter(self.folder(above, make=make), name, make)
        while len(self._open) >= _KEPT:
            os.close(self._open.popitem(last=False)[1])
        self._open[path] = handle
        return handle

    def parent(self, path: bytes, *, make: bool = False) -> tuple[int, str]:
        """The open folder that a path lies in, and its last name."""
        above, _, name = path.rpartition(b"/")
        return self.folder(above, make=make), os.fsdecode(_plain(name))

    def forget(self, path: bytes) -> None:
        """Closes a folder and those below it, which may be replaced now."""
        for other in [p for p in self._open if p == path or p.startswith(path + b"/")]:
            os.close(self._open.pop(other))


def _enter(above: int, name: bytes, make: bool) -> int:
    text = _plain(name)
    if make:
        try:
            return os.open(text, _FOLDER, dir_fd=above)
        except FileNotFoundError:
            try:
                os.mkdir(text, 0o700, dir_fd=above)
            except FileExistsError:  # another worker was first
                pass
    return os.open(text, _FOLDER, dir_fd=above)


def _plain(name: bytes) -> bytes:
    """A name that means an entry of its folder. Raises `OSError` for what means something else."""
    if name in (b"", b".", b"..") or b"\0" in name:
        raise OSError(errno.EINVAL, "no name of a file")
    return name


def open_file(root: str, path: bytes) -> int:
    """A regular file below the root, open for reading. Raises `OSError` where it is none, or a link is on the way."""
    with Beneath(root) as beneath:
        return open_in(*beneath.parent(path))


def open_in(folder: int, name: str) -> int:
    """A regular file of an open folder, open for reading. Never waits on a pipe or a device."""
    handle = os.open(name, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file")
    return handle


@dataclass(frozen=True, slots=True)
class BeneathBody(Body):
    """The bytes of a file below a folder, reached safely each time that it is opened."""

    root: str = ""
    path: bytes = b""

    def open(self, offset: int = 0) -> BinaryIO:
        handle = open_file(self.root, self.path)
        try:
            os.lseek(handle, offset, os.SEEK_SET)
            stream = _Exact(handle, max((self.size or 0) - offset, 0), os.fsdecode(self.path))
        except BaseException:
            os.close(handle)
            raise
        return cast(BinaryIO, io.BufferedReader(stream, BLOCK))


class _Exact(io.RawIOBase):
    """So many bytes of an open file. Fewer, or more, mean that it changed since it was listed: an error, never another
    body."""

    def __init__(self, handle: int, left: int, name: str) -> None:
        self._handle, self._left, self._name = handle, left, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not len(view):
            return 0
        data = os.readv(self._handle, [view[: self._left] if self._left else view[:1]])
        if self._left and not data or data and not self._left:
            raise OSError(errno.EIO, "the file changed while it was read", self._name)
        self._left -= data
        return data

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()
