"""Names at a target: as they are, or escaped for any disk; and whether two would meet."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Sequence

from transhumance.connectors.contract import Finding
from transhumance.connectors.folder.notes import Notes
from transhumance.connectors.folder.shown import shown_name
from transhumance.connectors.formats.durable import ASIDE
from transhumance.connectors.formats.names import escape_name, unescape_name
from transhumance.connectors.formats.treenames import displaced_path, folded, parents, tree_path

_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)")
_KNOWN = 50_000


class Namer:
    """Gives each key its path at a target."""

    def __init__(self, notes: Notes, portable: bool) -> None:
        self._notes, self._portable = notes, portable
        self._parents: set[bytes] = set()

    def paths(self, keys: Sequence[tuple[bytes, bool]], start: bytes) -> list[bytes]:
        """The paths of keys below a subject's folder `start`; a key that is the target's own stays what it is."""
        noted: list[tuple[bytes, bytes, int]] = []
        folds: dict[int, bytes] = {}
        found = [key if own else self._path(key, start, noted, folds) for key, own in keys]
        self._notes.keep_names(noted)
        return found

    def _path(self, key: bytes, start: bytes, noted: list[tuple[bytes, bytes, int]], folds: dict[int, bytes]) -> bytes:
        if not self._portable:
            return b"/".join(_harmless(name, not at and not start) for at, name in enumerate(key.split(b"/")))
        for path in (tree_path(key), displaced_path(key)):
            full = _full(start, path)
            fold = folded(os.fsdecode(full))
            mine = self._notes.key(full)
            if mine == key or folds.get(fold) == full:
                return os.fsencode(path)
            if mine is None and not self._notes.taken(fold, full) and fold not in folds:
                break
        for above in parents(path):
            self._note(_full(start, above), key, noted, folds)
        folds[fold] = full
        noted.append((full, key, fold))
        return os.fsencode(path)

    def _note(self, full: bytes, key: bytes, noted: list[tuple[bytes, bytes, int]], folds: dict[int, bytes]) -> None:
        """Notes a folder on the way, so that no document is given its name."""
        if full in self._parents:
            return
        if len(self._parents) > _KNOWN:
            self._parents.clear()
        self._parents.add(full)
        fold = folded(os.fsdecode(full))
        folds.setdefault(fold, full)
        if self._notes.key(full) is None:
            depth = full.count(b"/")
            noted.append((full, b"/".join(key.split(b"/")[: depth + 1]), fold))

    def shown(self, full: bytes) -> str:
        """The last name of a path as it was at the source."""
        name = os.fsdecode(full.rpartition(b"/")[2])
        if not self._portable:
            return name
        if unescape_name(name) is None and (key := self._notes.key(full)) is not None:
            return os.fsdecode(key.rpartition(b"/")[2])
        return shown_name(name)


def _full(start: bytes, path: str) -> bytes:
    return (start + b"/" if start else b"") + os.fsencode(path)


def _harmless(name: bytes, first: bool) -> bytes:
    """A name as it is, unless it means another place, or one of ours."""
    ours = first and name.startswith(b".transhumance") or name.startswith(ASIDE.encode())
    if name in (b"", b".", b"..") or b"\0" in name or ours:
        safe = escape_name(name)
        return os.fsencode("%2E" + safe[1:] if safe.startswith(".") else safe)
    return name


def name_findings(key: bytes) -> list[Finding]:
    """What escaping changes of the last name of a path, by code; the way back undoes it."""
    name = os.fsdecode(key.rpartition(b"/")[2])
    safe = escape_name(name)
    found: list[Finding] = []
    if any(char in '%"*/:<>?\\|' for char in name):
        found.append(Finding("DOC-NAME-01"))
    if _RESERVED.match(name):
        found.append(Finding("DOC-NAME-02"))
    if name[:1] in (" ", ".") or name[-1:] in (" ", "."):
        found.append(Finding("DOC-NAME-03"))
    if not unicodedata.is_normalized("NFC", name):
        found.append(Finding("DOC-NAME-05"))
    if unescape_name(safe) is None:
        found.append(Finding("DOC-NAME-06", f"{len(os.fsencode(name))} bytes"))
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in name):
        found.append(Finding("DOC-NAME-08"))
    return found


def folds_names(folder: int) -> bool:
    """Whether a disk takes two names that differ by case or normalisation for one: tried with a file of ours."""
    name = f"{ASIDE}A\u00e9{secrets.token_hex(8)}"
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder))
    try:
        for other in (name.swapcase(), unicodedata.normalize("NFD", name)):
            try:
                os.stat(other, dir_fd=folder, follow_symlinks=False)
                return True
            except OSError:
                continue
        return False
    finally:
        os.unlink(name, dir_fd=folder)
