"""What a file system says of a file beside its bytes: times to the nanosecond, birth, permission bits, extended
attributes, holes, other names of the same file."""

from __future__ import annotations

import ctypes
import errno
import grp
import os
import pwd
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any

from transhumance.connectors.contract import Value
from transhumance.connectors.formats.mailfiles import instant

XATTR_BYTES = 1 << 20  # of one file; what is above is named, not read
_ACLS = ("system.posix_acl_access", "system.posix_acl_default")
_UNREAD = ("trusted.", "security.selinux", "security.ima", "security.evm")  # the machine's own, not the file's
_AT_SYMLINK_NOFOLLOW, _STATX_BTIME = 0x100, 0x800
# where the time of birth is the document's; elsewhere it is only when this copy was made, and can't be set
_BIRTHS = frozenset({"cifs", "smb3", "smbfs", "ntfs", "ntfs3", "fuseblk", "exfat", "vfat", "msdos", "apfs", "hfsplus"})


def version_of(found: os.stat_result) -> str:
    """A version that changes with a file's bytes, times or permissions. The last part is the time of its last change
    of any kind, which a second name of the file touches too; a folder, whose times children touch, has its owners."""
    if stat.S_ISDIR(found.st_mode):
        return _folder_version(found.st_mtime_ns, found.st_mode, found)
    return f"{found.st_size:x}.{found.st_mtime_ns:x}.{found.st_mode:o}.{found.st_ctime_ns:x}"


def _folder_version(mtime: int, mode: int, found: os.stat_result) -> str:
    return f"{mtime:x}.{mode:o}.{found.st_uid:x}.{found.st_gid:x}"


def version_at(found: os.stat_result, noted: tuple[int, int | None] | None) -> str:
    """The version of an entry at a target. `noted`: the time and permissions that a folder has at the end of a pass,
    whatever its owner may do with it until then."""
    if stat.S_ISDIR(found.st_mode) and noted is not None and noted[0] == found.st_mtime_ns:
        mode = stat.S_IMODE(found.st_mode)
        if noted[1] is not None and mode in (noted[1], noted[1] | 0o700):
            return _folder_version(noted[0], stat.S_IFDIR | noted[1], found)
    return version_of(found)


def same_state(version: str, found: os.stat_result) -> bool:
    """Whether a version is of this state. Where a before-image is a second name of the file, its last change of any
    kind is that name's making."""
    now = version_of(found)
    return version == now or (
        found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode) and _state(version) == _state(now) is not None
    )


def _state(version: str) -> str | None:
    head, _, changed = version.rpartition(".")
    try:
        int(changed, 16)
    except ValueError:
        return None
    return head


def properties(found: os.stat_result, folder: int, name: str) -> dict[str, Value]:
    """The properties of the form `file` of an entry of an open folder, but for a link's target. Attributes that can't
    be read are left out."""
    seen: dict[str, Value] = {"name": name, "modified_ns": found.st_mtime_ns, "mode": stat.S_IMODE(found.st_mode)}
    if modified := instant(found.st_mtime_ns):
        seen["modified"] = modified
    if births_count(found.st_dev) and (born := birth(folder, name)) is not None and (created := instant(born)):
        seen["created"] = created
    seen |= owners(found.st_uid, found.st_gid)
    if stat.S_ISLNK(found.st_mode):
        del seen["mode"]  # a link has none of its own
        return seen
    if stat.S_ISREG(found.st_mode):
        if is_sparse(found):
            seen["sparse"] = True
        if found.st_nlink > 1:
            seen["hard_link"] = f"{found.st_dev:x}.{found.st_ino:x}"
    if attributes := xattrs(f"/proc/self/fd/{folder}/{name}"):
        seen["xattrs"] = attributes
    return seen


@lru_cache(10_000)
def owners(uid: int, gid: int) -> dict[str, Value]:
    """Whose a file is: numbers, and what this system calls them where it knows them."""
    told: dict[str, Value] = {"uid": uid, "gid": gid}
    with suppress(KeyError, OverflowError):
        told["owner"] = pwd.getpwuid(uid).pw_name
    with suppress(KeyError, OverflowError):
        told["group"] = grp.getgrgid(gid).gr_name
    return told


def may_own() -> bool:
    """Whether this process may give files to others and set their access lists: the administrator."""
    return os.geteuid() == 0


def give(name: str, folder: int, told: Mapping[str, Value]) -> None:
    """Gives an entry of an open folder to whom it belonged, by number, with its access lists, where this process may.
    Raises `OSError` where that is refused."""
    if not may_own():
        return
    uid, gid = told.get("uid"), told.get("gid")
    if isinstance(uid, int) and isinstance(gid, int):
        os.chown(name, uid, gid, dir_fd=folder, follow_symlinks=False)
    if takes_lists(folder):
        for attribute, value in lists(told.get("xattrs")).items():
            os.setxattr(f"/proc/self/fd/{folder}/{name}", attribute, value, follow_symlinks=False)


def of_users(attributes: Mapping[str, Value]) -> dict[str, Value]:
    """The attributes that belong to users, which any target sets."""
    return {n: v for n, v in attributes.items() if n.startswith("user.") and isinstance(v, bytes)}


def lists(attributes: Value) -> dict[str, bytes]:
    """The access lists of POSIX among attributes. Like owners, they name the source's accounts by number."""
    told = attributes if isinstance(attributes, Mapping) else {}
    return {name: value for name in _ACLS if isinstance(value := told.get(name), bytes)}


def takes_lists(folder: int) -> bool:
    """Whether files of an open folder may be given access lists by this process."""
    if not may_own():
        return False
    try:
        os.getxattr(folder, _ACLS[0])
    except OSError as error:
        return error.errno not in (errno.ENOTSUP, errno.EPERM)
    return True


def is_sparse(found: os.stat_result) -> bool:
    """Whether a file has holes: it takes less room than its bytes, by more than a block. Small files may lie in the
    folder itself, and compressed ones take less too."""
    return found.st_size > (1 << 16) and found.st_blocks * 512 + (1 << 16) <= found.st_size


def xattrs(path: str) -> dict[str, Value]:
    """The extended attributes of a file, links not followed; those that the machine made are left out."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    read: dict[str, Value] = {}
    room = XATTR_BYTES
    for name in sorted(names):
        if name.startswith(_UNREAD):
            continue
        try:
            value = os.getxattr(path, name, follow_symlinks=False)
        except OSError:
            read[name] = None
            continue
        room -= len(value)
        read[name] = value if room >= 0 else None
    return read


def set_xattrs(path: str, attributes: Mapping[str, Value]) -> None:
    """Sets the attributes that belong to users (`user.*`). Raises `OSError` where the disk takes none."""
    for name, value in of_users(attributes).items():
        assert isinstance(value, bytes)
        os.setxattr(path, name, value, follow_symlinks=False)


def takes_xattrs(folder: int) -> bool:
    """Whether files of an open folder may have attributes of users."""
    try:
        os.getxattr(folder, "user.transhumance")
    except OSError as error:
        return error.errno not in (errno.ENOTSUP, errno.EPERM)
    return True


@cache
def births_count(device: int) -> bool:
    """Whether times of birth on a mounted device are the documents' own (proc(5), mountinfo)."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                head, _, tail = line.partition(" - ")
                if head.split(" ")[2] == wanted:
                    return tail.split(" ")[0] in _BIRTHS
    except (OSError, IndexError):
        pass
    return False


def birth(folder: int, name: str) -> int | None:
    """When a file was made, in nanoseconds since 1970, or None where the system does not say (statx(2))."""
    call = _statx()
    if call is None:
        return None
    buffer = ctypes.create_string_buffer(256)
    if call(folder, os.fsencode(name), _AT_SYMLINK_NOFOLLOW, _STATX_BTIME, buffer):
        return None
    raw = buffer.raw
    if not int.from_bytes(raw[0:4], "little") & _STATX_BTIME:
        return None
    seconds = int.from_bytes(raw[80:88], "little", signed=True)
    return seconds * 1_000_000_000 + int.from_bytes(raw[88:92], "little")


@cache
def _statx() -> Any:
    call = getattr(ctypes.CDLL(None), "statx", None)
    if call is not None:
        call.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
    return call
