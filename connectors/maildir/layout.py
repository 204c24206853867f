"""The folders of a Maildir tree: Maildir++ (`.Sent.2026`) and file system (`Sent/2026`) layouts, modified UTF-7 and
UTF-8 names, read alike; and the folder of a path for a target.

A folder whose directory can't say its path (a dot in a name, a name cut for its length) holds a file
`transhumance-folder` that does.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transhumance.connectors.formats.mailfiles import OURS
from transhumance.connectors.formats.mailfolders import encode_utf7, names_are_utf8, read_name

Names = tuple[str, ...]
PARTS = frozenset({b"cur", b"new", b"tmp"})
INBOX: Names = ("INBOX",)
MARK = "transhumance-folder"
MAX_BYTES = 255
_UNSAFE = re.compile(r"[\x00-\x1f\x7f./]|%(?=~|[0-9A-F]{2})|\A~")  # `%~` is ours: nothing else begins so
_EMPTY, _ROOT = b"%~", b"%~~"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of mail: its directory, relative to the root of its tree, and its names from there."""

    directory: bytes
    names: Names


def maildir_root(entry: Path) -> Path:
    """The Maildir of an owner's folder: the folder itself, else `Maildir` or `.maildir` in it."""
    if not is_maildir(os.fsencode(entry)):
        for name in ("Maildir", ".maildir", "maildir"):
            if os.path.isdir(entry / name) and not os.path.islink(entry / name):
                return entry / name
    return entry


def is_maildir(folder: bytes) -> bool:
    """Whether a directory is a folder of mail: it has a `cur` or a `new`."""
    paths = (os.path.join(folder, part) for part in (b"cur", b"new"))
    return any(os.path.isdir(path) and not os.path.islink(path) for path in paths)


def may_be_maildir(folder: bytes) -> bool:
    """Whether a directory is a folder of mail, or one that can't be entered, so that nothing tells."""
    return is_maildir(folder) or not enters(folder)


def enters(directory: bytes) -> bool:
    """Whether a directory can be listed and entered."""
    try:
        os.stat(os.path.join(directory, b"."))
        with os.scandir(directory):
            return True
    except OSError:
        return False


def folders(root: Path) -> list[Folder]:
    """The folders of a tree, parents before children, in a stable order, each with a path of its own."""
    found = list(_walk(os.fsencode(root)))
    utf8 = names_are_utf8(raw for _, parts in found for raw in parts)
    named = [Folder(d, _names(os.fsencode(root), d, parts, utf8)) for d, parts in found]
    return list(_distinct(sorted(named, key=lambda folder: (folder.names, folder.directory))))


def _walk(root: bytes) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """Each directory that is a folder of mail, or can't be entered, with its names as they are written. Links are not
    followed."""
    waiting: list[tuple[bytes, tuple[bytes, ...]]] = [(b"", ())]
    while waiting:
        directory, parts = waiting.pop()
        if may_be_maildir(os.path.join(root, directory)):
            yield directory, parts
        for name in _children(os.path.join(root, directory)):
            inner = os.path.join(directory, name)
            if name.startswith(b"."):
                if may_be_maildir(os.path.join(root, inner)):
                    waiting.append((inner, (*parts, *name[1:].split(b"."))))
            else:
                waiting.append((inner, (*parts, name)))


def _children(directory: bytes) -> list[bytes]:
    try:
        with os.scandir(directory) as entries:
            return sorted(
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and entry.name not in PARTS and not entry.name.startswith(OURS)
            )
    except OSError:
        return []


def _names(root: bytes, directory: bytes, parts: tuple[bytes, ...], utf8: bool) -> Names:
    kept = kept_path(os.path.join(root, directory))
    if kept is not None:
        return kept
    return tuple(read_name(part, utf8) for part in parts) if parts else INBOX


def _distinct(found: list[Folder]) -> Iterator[Folder]:
    """Two directories of one path (`.Sent` beside `Sent`) stay two: the later one gets a number."""
    taken: set[Names] = set()
    for folder in found:
        names, again = folder.names, 1
        while names in taken:
            again += 1
            names = (*folder.names[:-1], f"{folder.names[-1]} ({again})") if folder.names else (f"({again})",)
        taken.add(names)
        yield Folder(folder.directory, names)


def holds_mail(directory: bytes) -> bool:
    """Whether there is a folder of mail anywhere in a directory."""
    return next(_walk(directory), None) is not None


# --- for a target


def directory_of(names: Names, layout: str, encoding: str) -> bytes:
    """The directory of a path, relative to the root. Two paths never share one."""
    parts = [_encode(name, encoding) for name in names] or [_ROOT]
    if layout == "maildir++":
        return _cut(b"." + b".".join(parts), names)
    return b"/".join(_cut(_not_a_part(part), (name,)) for part, name in zip(parts, names or ("",), strict=True))


def says_its_path(names: Names, directory: bytes, encoding: str) -> bool:
    """Whether reading the directory's name gives the path again."""
    if not directory:
        return names == INBOX
    parts = directory[1:].split(b".") if directory.startswith(b".") else directory.split(b"/")
    return tuple(read_name(part, encoding == "utf-8") for part in parts) == names


def _encode(name: str, encoding: str) -> bytes:
    text = _UNSAFE.sub(lambda m: f"%{ord(m[0]):02X}", name)
    if not text:
        return _EMPTY
    if encoding == "utf-8":
        return text.encode("utf-8", "surrogateescape")
    return encode_utf7(text)


def _not_a_part(part: bytes) -> bytes:
    """In the file system layout a folder can't be called `cur`, `new`, `tmp`."""
    return b"%%%02X" % part[0] + part[1:] if part in PARTS else part


def _cut(raw: bytes, names: Names) -> bytes:
    """A name that a file system takes: what is too long ends in a digest of the whole path."""
    if len(raw) <= MAX_BYTES:
        return raw
    digest = hashlib.sha256("/".join(name.replace("/", "//") for name in names).encode("utf-8", "surrogatepass"))
    return raw[:200] + b"%~" + digest.hexdigest()[:16].encode()


def kept_path(directory: bytes) -> Names | None:
    """The path that a folder's own file says, or None."""
    try:
        with open(os.path.join(directory, MARK.encode()), "rb") as file:
            kept = json.loads(file.read(1 << 16))["path"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return tuple(kept) if isinstance(kept, list) and all(isinstance(name, str) for name in kept) else None


def mark(names: Names) -> bytes:
    """The file that says a folder's path."""
    return json.dumps({"path": list(names)}, ensure_ascii=True).encode() + b"\n"
