"""What connectors of messages in files share: whose files they are, names shown to people, reading, foreign files in a
listing, before-images."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    UNREAD,
    Before,
    Body,
    BytesBody,
    Expect,
    Fault,
    FileBody,
    ItemRef,
    Page,
    Record,
    StopEndpoint,
    Text,
    UserError,
    sha256_of,
)
from transhumance.connectors.formats.durable import ASIDE, discard, make_folders
from transhumance.connectors.formats.exports import ExportConfig, Owned, owned_entries, subject_folder
from transhumance.connectors.formats.listing import SpooledListing
from transhumance.connectors.formats.names import unescape_name

INLINE = 1 << 20
OURS = b".transhumance"  # names of ours at the root of a target, never anyone's mail
KIND, FORM = "message", "rfc5322"
_FAULT = "fault"
UNREADABLE = "GEN-READ-02"


# --- whose files


def mail_entries(config: ExportConfig, base: Path, suffixes: tuple[str, ...] = ()) -> list[Owned]:
    """The entries of an export, without what a target of ours keeps beside them. Raises `UserError` as
    `owned_entries`."""
    return [
        entry
        for entry in owned_entries(config, base, suffixes)
        if not os.fsencode(entry.path.name).startswith(OURS) or config.subject is not None
    ]


def target_folder(config: ExportConfig, base: Path, subject: bytes) -> Path:
    """The folder of a subject at a target: the one assigned, else one named by its key. Raises `UserError` where the
    endpoint is another subject's."""
    root = base / config.path
    if config.subject is not None:
        if config.subject.encode() != subject:
            raise UserError(
                Text(
                    f"{config.path} n'est qu'à {config.subject} (champ `subject`)",
                    f"{config.path} belongs to {config.subject} only (field `subject`)",
                ),
                where="subject",
            )
        return root
    if config.assign is not None:
        found = [entry.path for entry in mail_entries(config, base) if entry.subject == subject and entry.path.is_dir()]
        if len(found) == 1:
            return found[0]
    return subject_folder(root, subject)


def root_identity(kind: str, root: Path) -> str:
    """What a tree of files says it is: its device and inode. Raises `UserError` where it is not there."""
    try:
        found = root.stat()
    except OSError as error:
        raise UserError(
            Text(f"{root} : introuvable ({why(error)})", f"{root}: not found ({why(error)})"), where="path"
        ) from None
    return f"{kind}:{found.st_dev:x}.{found.st_ino:x}"


def shown_names(names: Iterable[bytes]) -> dict[bytes, str]:
    """The names of one folder as people read them: our escapes undone, but where two names would then be one."""
    plain = {name: name.decode("utf-8", "surrogateescape") for name in names}
    shown = {}
    for name, text in plain.items():
        raw = unescape_name(text) if "%" in text else name
        shown[name] = text if raw is None else raw.decode("utf-8", "surrogateescape")
    often = Counter(shown.values())
    return {name: plain[name] if often[text] > 1 else text for name, text in shown.items()}


# --- reading


@dataclass(frozen=True, slots=True)
class PlainFile(FileBody):
    """A file as it was when it was listed: no link is followed, and one that was written since is an error, never
    another text under the old one's name. `mtime_ns`: its time, nanoseconds since 1970."""

    mtime_ns: int = 0

    def open(self, offset: int = 0) -> BinaryIO:
        handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or (found.st_size, found.st_mtime_ns) != (self.size, self.mtime_ns):
                raise OSError(errno.ESTALE, "the file was changed while it was being read", self.path)
            os.lseek(handle, offset, os.SEEK_SET)
            return cast(BinaryIO, open(handle, "rb", buffering=0))
        except BaseException:
            os.close(handle)
            raise


def read_file(path: bytes | str | Path) -> tuple[Body, os.stat_result]:
    """A file as a handle, read where its bytes are wanted, and what the file system says of it. Links are not
    followed. Raises `OSError` where it is gone, unreadable or no regular file."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return PlainFile(found.st_size, path=os.fsdecode(path), mtime_ns=found.st_mtime_ns), found
    finally:
        os.close(handle)


def head_of(record: Record, limit: int) -> bytes | None:
    """The first bytes of a message, or None where they are not at hand: unreadable, or a dry run that has let go of the
    body."""
    body = record.bodies.get("content")
    if body is None:
        return b""
    if isinstance(body, BytesBody):
        return body.data[:limit]
    try:
        with body.open() as stream:
            return stream.read(limit)
    except (OSError, NotImplementedError):
        return None


def file_version(found: os.stat_result) -> str:
    """A version that changes whenever the file is replaced, grows or is written."""
    return f"{found.st_size:x}.{found.st_mtime_ns:x}.{found.st_ino:x}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(nanoseconds: int) -> datetime | None:
    """A file's time to the microsecond, or None where no date can say it."""
    try:
        return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return None


def nanoseconds(when: datetime) -> int:
    """The file time of an instant."""
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000


def storable(time_ns: int) -> int:
    """The nearest file time that every file system keeps: from 1901 to 2038."""
    return min(max(time_ns, -(2**31) * 10**9), (2**31 - 1) * 10**9)


def same_file(path: Path, size: int, digest: str) -> bool:
    """Whether a file holds these bytes."""
    try:
        body, found = read_file(path)
        return found.st_size == size and sha256_of(body) == digest
    except OSError:
        return False


def why(error: OSError) -> str:
    """An operating system's error, in its own words, without the path."""
    return error.strerror or str(error)


# --- listings with foreign files


def foreign(key: bytes, code: str, detail: str) -> ItemRef:
    """A line of a spooled listing that `Listings` hands out as a fault."""
    return ItemRef(key, code, _FAULT, "", locator=detail)


def unread(folder: Path, error: OSError, key: bytes = UNREAD) -> ItemRef:
    """A line that says of a folder, or of a part of it, that it could not be listed. `key`: as of `Fault`. Raises
    `StopEndpoint` where it is gone since: that is for a person to say."""
    if isinstance(error, FileNotFoundError):
        raise StopEndpoint(
            Text(
                f"{folder} : le dossier n'y est plus ({why(error)}) ; rien n'est tenu pour supprimé. Rétablissez-le, "
                "puis `transhume resume`",
                f"{folder}: the folder is gone ({why(error)}); nothing is taken for deleted. Put it right, then "
                "`transhume resume`",
            )
        ) from None
    return foreign(key, UNREADABLE, f"{folder}: {why(error)}")


class Listings:
    """The spooled listings of the containers that are being paged. A listing is dropped with its last page, and made
    again where a cursor is asked for once more: cursors are keys, which mean the same in any listing."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: dict[bytes, SpooledListing] = {}

    def page(self, key: bytes, cursor: bytes | None, make: Callable[[], Iterable[ItemRef]]) -> Page:
        """The page of a container after a cursor; `make` lists it."""
        listing = self._open.pop(key, None)
        if listing is not None and cursor is None:
            listing.close()
            listing = None
        if listing is None:
            listing = SpooledListing(make())
        page = _with_faults(listing.page(cursor, self._limit))
        if page.next is None:
            listing.close()
        else:
            self._open[key] = listing
        return page

    def close(self) -> None:
        """Drops all of them."""
        while self._open:
            self._open.popitem()[1].close()


def _with_faults(page: Page) -> Page:
    """Foreign files as faults: they are paged like items, however many they are."""
    if not any(ref.kind == _FAULT for ref in page.refs):
        return page
    faults = tuple(
        Fault(ref.key, ref.version, ref.locator, "folder" if ref.key.endswith(b"/") else "file")
        for ref in page.refs
        if ref.kind == _FAULT
    )
    return Page(tuple(ref for ref in page.refs if ref.kind != _FAULT), page.next, faults=faults)


# --- writing


def as_expected(present: str | None, expect: Expect) -> bool:
    """Whether what is there (a version, or None) is what a write expects."""
    return expect.version == ANY or (present is None if expect.version == ABSENT else present == expect.version)


def sweep_old(folder: Path) -> None:
    """Removes what a crash left written aside more than 36 hours ago: no worker is at it any more."""
    with suppress(OSError), os.scandir(folder) as entries:
        limit = time.time() - 36 * 3600
        for entry in entries:
            if entry.name.startswith(ASIDE) and entry.stat(follow_symlinks=False).st_mtime < limit:
                discard(entry.path)


class BeforeImages:
    """Files as they were before they were replaced or removed, under `.transhumance-before` of a target."""

    def __init__(self, root: Path) -> None:
        self._folder = root / ".transhumance-before"

    def keep(self, path: Path, name: str = "") -> Before:
        """Keeps a file, as a second name of it where the file system allows. `name`: what is needed to put it back,
        beside its bytes. The caller makes it durable before it replaces the file."""
        found = path.stat()
        token = f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"
        make_folders(self._folder)
        kept = self._folder / token
        try:
            os.link(path, kept, follow_symlinks=False)
        except FileExistsError:
            pass
        except OSError:
            shutil.copy2(path, kept, follow_symlinks=False)
        return Before(f"{token}/{name}" if name else token)

    def find(self, before: Before) -> tuple[Path, str]:
        """The file that was kept, and its `name`. Raises `FileNotFoundError` where it is not there any more."""
        token, _, name = before.token.partition("/")
        path = self._folder / token
        if not re.fullmatch(r"[0-9a-f]+-[0-9a-f]+-[0-9a-f]+", token) or not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "no such before-image", str(path))
        return path, name

    def lay(self, before: Before, folder: Path) -> tuple[Path, str]:
        """Lays the file that was kept aside in a folder, to be renamed from there; returns its path and `name`. Raises
        `FileNotFoundError` as `find` does."""
        path, name = self.find(before)
        aside = folder / (ASIDE + secrets.token_hex(8))
        try:
            os.link(path, aside, follow_symlinks=False)
        except OSError:
            shutil.copy2(path, aside, follow_symlinks=False)
        return aside, name
