"""Paths of files below a folder, made safe: for targets that keep a tree of documents.

A key is a path in bytes, `/` between names. Each name is escaped by `escape_name`, so that `..`, absolute paths and
empty names become plain names. Two paths that a file system without case or with normalisation would take for one are
told by `folded`; one of them is then *displaced* to `<stem>%~<24 letters><suffix>`, which no escaped name is.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from functools import lru_cache

from transhumance.connectors.formats.names import escape_name, fold


def digest_text(key: bytes) -> str:
    """120 bits of a key's digest as 24 lower-case letters and digits: no case to lose."""
    return base64.b32encode(hashlib.sha256(key).digest()[:15]).decode().lower()


def folded(path: str) -> int:
    """What a path is to a file system without case and with normalisation, as a 64-bit number for a database."""
    return int.from_bytes(hashlib.sha256(fold(path).encode("utf-8", "surrogatepass")).digest()[:8], "big", signed=True)


def tree_path(key: bytes) -> str:
    """The path of a document: each name of its key escaped."""
    head, _, name = key.rpartition(b"/")
    return f"{_tree_folder(head)}/{escape_name(name)}" if b"/" in key else escape_name(name)


@lru_cache(4096)
def _tree_folder(head: bytes) -> str:
    return "/".join(escape_name(name) for name in head.split(b"/"))


def displaced_path(key: bytes, root: bool = False) -> str:
    """The path of a document whose own would meet another's; `root`: in the outermost folder, where the document's
    own folder can't be made."""
    folder, _, name = tree_path(key).rpartition("/")
    stem, suffix = os.path.splitext(name)
    if len(suffix.encode()) > 20:
        stem, suffix = name, ""
    while len(stem.encode()) > 120:
        stem = stem[: len(stem) * 2 // 3]
    stem = re.sub(r"%[0-9A-F]?$", "", stem)  # an escape that was cut in two
    unique = f"{stem}%~{digest_text(key)}{suffix}"
    return unique if root or not folder else f"{folder}/{unique}"


def parents(path: str) -> list[str]:
    """The folders that a path lies in, outermost first."""
    names = path.split("/")[:-1]
    return ["/".join(names[: n + 1]) for n in range(len(names))]


@lru_cache(4096)
def folds_above(folder: str) -> tuple[int, ...]:
    """A folder and those above it, folded."""
    return tuple(folded(path) for path in parents(folder + "/"))
