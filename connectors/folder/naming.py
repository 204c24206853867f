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
from transhumance.connectors.formats.treenames import displaced_path, folded

_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)")
_KNOWN = 50_000


class Namer:
    """Gives each key its path at a target: name by name, so that what is in a folder follows the folder."""

    def __init__(self, notes: Notes, portable: bool) -> None:
        self._notes, self._portable = notes, portable
        self._known: dict[bytes, bytes] = {}

    def paths(self, keys: Sequence[tuple[bytes, bool]], start: bytes) -> list[bytes]:
        """The paths of keys below a subject's folder `start`; a key that is the target's own stays what it is."""
        noted: dict[bytes, tuple[bytes, bytes, int]] = {}
        folds: dict[int, bytes] = {}
        if len(self._known) > _KNOWN:
            self._known.clear()
        found = [key if own else self._path(key, start, noted, folds) for key, own in keys]
        self._notes.keep_names(noted.values())
        return found

    def _path(
        self, key: bytes, start: bytes, noted: dict[bytes, tuple[bytes, bytes, int]], folds: dict[int, bytes]
    ) -> bytes:
        names = key.split(b"/")
        if not self._portable:
            return b"/".join(_harmless(name, not at and not start) for at, name in enumerate(names))
        path = start
        for at, name in enumerate(names):
            own = _full(start, b"/".join(names[: at + 1]))
            path = self._known.get(own) or self._placed(own, path, name, noted, folds)
            if at + 1 < len(names):
                self._known[own] = path
        return path[len(start) + 1 :] if start else path

    def _placed(
        self,
        own: bytes,
        above: bytes,
        name: bytes,
        noted: dict[bytes, tuple[bytes, bytes, int]],
        folds: dict[int, bytes],
    ) -> bytes:
        """The path of one key, in the folder `above`: its escaped name, or a displaced one where that would meet
        another key's."""
        if own in noted:
            return noted[own][1]
        if (there := self._notes.path(own)) is not None:
            return there
        path = _full(above, os.fsencode(escape_name(name)))
        fold = folded(os.fsdecode(path))
        if fold in folds or self._notes.taken(fold, own):
            path = _full(above, os.fsencode(displaced_path(own, root=True)))
            fold = folded(os.fsdecode(path))
        folds[fold] = own
        noted[own] = (own, path, fold)
        return path

    def shown(self, full: bytes) -> str:
        """The last name of a path as it was at the source."""
        name = os.fsdecode(full.rpartition(b"/")[2])
        if not self._portable:
            return name
        if unescape_name(name) is None and (key := self._notes.key(full)) is not None:
            return os.fsdecode(key.rpartition(b"/")[2])
        return shown_name(name)


def _full(above: bytes, path: bytes) -> bytes:
    return above + b"/" + path if above else path


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
