"""Before-images of a share: what was at a path before it was replaced or removed, in `.transhumance-before` of the
target's root, as a second name of the same file where the disk allows, else as a copy.

The token of a folder is its time and permissions, since that is all that an update of a folder replaces.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from contextlib import suppress

from transhumance.connectors.contract import Before, FileBody
from transhumance.connectors.folder.attributes import set_xattrs, xattrs
from transhumance.connectors.formats import durable

KEPT = ".transhumance-before"
_FILE = re.compile(r"f-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+")
_FOLDER = re.compile(r"d(-?\d+)/(\d+)")


def keep(root: int, folder: int, name: str, found: os.stat_result) -> Before:
    """Keeps an entry of an open folder as it is. `root`: the target's open root. It is durable with what follows."""
    if stat.S_ISDIR(found.st_mode):
        return Before(f"d{found.st_mtime_ns}/{stat.S_IMODE(found.st_mode)}")
    token = f"f-{found.st_ino:x}-{found.st_mtime_ns & (1 << 64) - 1:x}-{found.st_size:x}"
    with suppress(FileExistsError):
        os.mkdir(KEPT, 0o700, dir_fd=root)
    kept = os.open(KEPT, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root)
    try:
        _second_name(folder, name, kept, token, found)
    except FileExistsError:
        pass
    except OSError as error:
        durable.stop_if_full(error)
        raise
    finally:
        os.close(kept)
    return Before(token)


def lay(root: int, before: Before, folder: int) -> str:
    """Lays what was kept aside in an open folder, to be renamed from there; returns its name. Raises
    `FileNotFoundError` where it is not kept (any more)."""
    if not _FILE.fullmatch(before.token):
        raise FileNotFoundError(errno.ENOENT, "no such before-image")
    kept = os.open(KEPT, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root)
    try:
        found = os.stat(before.token, dir_fd=kept, follow_symlinks=False)
        aside = durable.ASIDE + secrets.token_hex(8)
        _second_name(kept, before.token, folder, aside, found)
        return aside
    finally:
        os.close(kept)


def folder_state(before: Before) -> tuple[int, int] | None:
    """The time and the permissions of a folder's before-image; None where it is not one of a folder."""
    found = _FOLDER.fullmatch(before.token)
    return (int(found[1]), int(found[2])) if found else None


def _second_name(folder: int, name: str, where: int, as_: str, found: os.stat_result) -> None:
    try:
        os.link(name, as_, src_dir_fd=folder, dst_dir_fd=where, follow_symlinks=False)
        return
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in durable.NO_LINKS:
            raise
    if stat.S_ISLNK(found.st_mode):
        os.symlink(os.readlink(name, dir_fd=folder), as_, dir_fd=where)
        return
    path = f"/proc/self/fd/{folder}/{name}"
    mode = stat.S_IMODE(found.st_mode)
    durable.write_file(as_, FileBody.of(path), found.st_mtime_ns, mode, sync=False, dir_fd=where)
    with suppress(OSError):
        set_xattrs(f"/proc/self/fd/{where}/{as_}", xattrs(path))
