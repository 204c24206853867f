"""Durable writing for every target that is made of files: aside first, renamed when whole, on the disk before it is
said.

The order that a file target keeps for a batch:

1. `write_aside` each body into a temporary file of the folder that it goes to (`sync=False` in a batch);
2. `sync_filesystem` once: one call for any number of files, where an fsync a file would cost a disk flush each;
3. `commit` each: `fence.check()`, then the rename, so that a name never stands for half a file;
4. `sync_folder` for each folder touched, or `sync_filesystem` once more; only then is it `written`.

A single file may be written with `sync=True`, `commit`, `sync_folder`. A crash leaves temporary files only; their
names begin with `ASIDE`, listings leave them out, and `sweep` removes those of a folder.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NoReturn

from transhumance.connectors.contract import Body, BytesBody, Fence, StopEndpoint, Text
from transhumance.connectors.contract.bodies import blocks

ASIDE = ".transhumance-aside-"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})  # where copies must do
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
StrPath = str | os.PathLike[str]


class BodyUnreadable(OSError):
    """The body could not be read to its end: the source's fault, and this item's only."""


def write_aside(
    path: StrPath,
    body: Body | Iterable[bytes],
    mtime_ns: int | None = None,
    mode: int | None = None,
    *,
    sync: bool = True,
    sparse: bool = False,
    dir_fd: int | None = None,
) -> tuple[int, str, str]:
    """Writes a body, in one read, into a new temporary file of the folder of `path`; returns its size in bytes, its
    SHA-256 and the temporary path. The rest is as of `write_file`."""
    temp = os.path.join(os.path.dirname(path), ASIDE + secrets.token_hex(8))
    size, digest = write_file(temp, body, mtime_ns, mode, sync=sync, sparse=sparse, dir_fd=dir_fd)
    return size, digest, temp


def write_file(
    path: StrPath,
    body: Body | Iterable[bytes],
    mtime_ns: int | None = None,
    mode: int | None = None,
    *,
    sync: bool = True,
    sparse: bool = False,
    dir_fd: int | None = None,
) -> tuple[int, str]:
    """Writes a body, in one read, into the new file `path`; returns its size in bytes and its SHA-256.

    `mtime_ns`: its time, nanoseconds since 1970. `mode`: its permission bits (0600 when None). `sync`: fsync it (a
    batch rather calls `sync_filesystem` once). `sparse`: leave holes for blocks of zeros. `dir_fd`: the open folder
    that `path` starts from, as in `os.open`.

    Raises `BodyUnreadable` where the source fails or gives fewer bytes than announced, `StopEndpoint` where the disk
    is full, else `OSError` (`FileExistsError` where something has that name); nothing is left behind then.
    """
    try:
        handle = os.open(path, _NEW, 0o600, dir_fd=dir_fd)
    except OSError as error:
        stop_if_full(error)
        raise
    try:
        try:
            size, digest = _fill(handle, body, sparse)
            if mode is not None:
                os.fchmod(handle, mode)
            if mtime_ns is not None:
                os.utime(handle, ns=(mtime_ns, mtime_ns))
            if sync:
                os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(path, dir_fd=dir_fd)
        if isinstance(error, OSError) and not isinstance(error, BodyUnreadable):
            stop_if_full(error)
        raise
    return size, digest


def _fill(handle: int, body: Body | Iterable[bytes], sparse: bool) -> tuple[int, str]:
    announced = body.size if isinstance(body, Body) else None
    digest, size = hashlib.sha256(), 0
    for block in body_blocks(body):
        digest.update(block)
        size += len(block)
        if sparse and not block.rstrip(b"\0"):
            os.lseek(handle, len(block), os.SEEK_CUR)
        else:
            write_all(handle, block)
    if announced is not None and size != announced:
        raise BodyUnreadable(errno.EIO, f"{size} bytes came, {announced} were announced")
    if sparse:
        os.ftruncate(handle, size)
    return size, digest.hexdigest()


def body_blocks(body: Body | Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a body, block by block. Raises `BodyUnreadable` for a fault of its source, so that it is told apart
    from one of the disk that it is written to."""
    try:
        if isinstance(body, BytesBody):
            yield body.data
        elif isinstance(body, Body):
            yield from blocks(body)
        else:
            yield from body
    except BodyUnreadable:
        raise
    except OSError as error:
        raise BodyUnreadable(error.errno or errno.EIO, str(error)) from error


def digest_of(path: StrPath) -> str:
    """The SHA-256 of a file, hexadecimal, in flat memory. Raises `OSError`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_all(handle: int, data: bytes) -> None:
    """Writes all of it: one call may take less than it was given (2 GiB at most, or the disk's last bytes)."""
    written = os.write(handle, data)
    while written < len(data):
        written += os.write(handle, memoryview(data)[written:])


def commit(temp: StrPath, final: StrPath, fence: Fence, *, replace: bool = True, dir_fd: int | None = None) -> None:
    """Gives a file written aside its name. `replace=False`: raises `FileExistsError` where something is there, and
    keeps the temporary file.

    Raises `StaleLease` once the lease is over, `StopEndpoint` where the disk is full, else `OSError`.
    """
    fence.check()
    try:
        if replace:
            os.rename(temp, final, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
        else:
            os.link(temp, final, src_dir_fd=dir_fd, dst_dir_fd=dir_fd, follow_symlinks=False)
            os.unlink(temp, dir_fd=dir_fd)
    except OSError as error:
        stop_if_full(error)
        raise


def discard(temp: StrPath, *, dir_fd: int | None = None) -> None:
    """Removes a file written aside, where it is still there."""
    with suppress(FileNotFoundError):
        os.unlink(temp, dir_fd=dir_fd)


def sync_folder(path: StrPath | int) -> None:
    """Makes the names of a folder (a path or an open folder) durable."""
    _on(path, os.fsync)


def sync_filesystem(path: StrPath | int) -> None:
    """Makes everything written so far to the file system of `path` durable, data and names: one call for a batch.

    Linux 5.8 and later also tell a failed write-back here; it raises like any other error of the disk.
    """
    _on(path, _syncfs)


def _on(path: StrPath | int, act: Callable[[int], object]) -> None:
    handle = path if isinstance(path, int) else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        act(handle)
    except OSError as error:
        stop_if_full(error)
        raise
    finally:
        if not isinstance(path, int):
            os.close(handle)


def _syncfs(handle: int) -> None:
    """`syncfs(2)`, which Python lacks; `sync(2)` where the C library lacks it too."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        os.sync()
    elif call(handle):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def make_folders(path: StrPath, mode: int = 0o700) -> None:
    """Makes a folder and its parents. Raises `StopEndpoint` where the disk is full, else `OSError`."""
    try:
        os.makedirs(path, mode, exist_ok=True)
    except OSError as error:
        stop_if_full(error)
        raise


def sweep(folder: StrPath) -> int:
    """Removes what a crash left written aside in one folder; returns how many files. Only for a folder that no other
    worker writes to."""
    found = [entry.path for entry in os.scandir(folder) if entry.name.startswith(ASIDE)]
    for path in found:
        discard(path)
    return len(found)


def stop_if_full(error: OSError) -> None:
    """Raises `StopEndpoint` where the error says that nothing more can be written here: disk full, quota, read-only.
    Any other error is the caller's to judge."""
    if error.errno in FULL:
        _stop(error)


def _stop(error: OSError) -> NoReturn:
    where = f" ({error.filename})" if error.filename else ""
    fr, en = {
        errno.ENOSPC: ("plus de place (octets ou inodes) sur le disque", "no space (bytes or inodes) left on the disk"),
        errno.EDQUOT: ("le quota du disque est atteint", "the disk quota is reached"),
        errno.EROFS: ("le système de fichiers est en lecture seule", "the file system is read-only"),
    }[error.errno or errno.ENOSPC]
    raise StopEndpoint(
        Text(
            f"{fr}{where} ; ce qui est déjà écrit est gardé, rien n'est à moitié écrit. Rétablissez l'écriture ou "
            "libérez de la place, puis `transhume resume`",
            f"{en}{where}; what is already written is kept, nothing is half written. Make it writable or free some "
            "space, then `transhume resume`",
        )
    ) from error
