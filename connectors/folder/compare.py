"""What lies at a path of a target, against what a record says or a write expects."""

from __future__ import annotations

import os
import stat

from transhumance.connectors.contract import ABSENT, ANY, Expect, Record, Value, sha256_of
from transhumance.connectors.folder.attributes import of_users, properties, same_state, version_at
from transhumance.connectors.folder.beneath import Beneath, BeneathBody
from transhumance.connectors.folder.source import kind_of

Noted = tuple[int, int | None]  # a folder's time and permissions at the end of a pass


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


def expected(found: os.stat_result | None, expect: Expect, noted: Noted | None) -> bool:
    """Whether what is there is what a write expects. `noted`: as of `version_at`."""
    if expect.version in (ANY, ABSENT):
        return expect.version == ANY or found is None
    return found is not None and (same_state(expect.version, found) or expect.version == version_at(found, noted))


def same_item(beneath: Beneath, path: bytes, found: os.stat_result, record: Record, noted: Noted | None) -> bool:
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
    if record.properties.get("xattrs", {}) != _kept(properties(found, folder, name).get("xattrs")):
        return False
    return record.kind == "folder" or _same_bytes(beneath, path, found, record)


def _kept(attributes: object) -> dict[str, Value]:
    return of_users(attributes) if isinstance(attributes, dict) else {}


def _same_bytes(beneath: Beneath, path: bytes, found: os.stat_result, record: Record) -> bool:
    body = record.bodies.get("content")
    if body is None or body.size is not None and body.size != found.st_size:
        return False
    try:
        return sha256_of(BeneathBody(size=found.st_size, root=beneath.root, path=path)) == sha256_of(body)
    except OSError:
        return False
