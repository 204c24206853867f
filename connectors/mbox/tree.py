"""The folders of a tree of mbox files: `Sent` with `Sent.sbd/2026` (Thunderbird), `lists/foo` (mutt, pine),
`Sent.mbox/mbox` (Apple Mail), `Sent.mbox`. Files of other kinds are told with the folder that they lie beside."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from transhumance.connectors.formats.mailfiles import OURS, shown_names
from transhumance.connectors.formats.names import escape_name
from transhumance.connectors.mbox.fromline import MAX_LINE
from transhumance.connectors.mbox.scan import Reader, spans

Names = tuple[str, ...]
_INDEXES = (".msf", ".mbx.idx", ".cmeta", ".ibex.index", ".ibex.index.data")  # what readers rebuild
_LOOK = 1 << 16
_PACKAGE = ("mbox", "table_of_contents")  # in Apple's `Name.mbox` folder
ROOT = "%"  # the file of a subject's own root


@dataclass(slots=True)
class Place:
    """A folder of mail: its names, the directory that holds it, its file (None where there are only files of other
    kinds to tell), and what else lies there: (path, why it is no mail). `unread`: folders that can't be listed, and
    why."""

    names: Names
    folder: Path
    file: Path | None = None
    others: list[tuple[Path, str]] = field(default_factory=list)
    unread: list[tuple[Path, OSError]] = field(default_factory=list)


def places(entry: Path, prefix: Names, shown: str) -> list[Place]:
    """The folders of an owner's entry, parents before children. `shown`: the name of a lone file."""
    if os.path.isdir(entry):
        found: dict[Names, Place] = {}
        for place in _walk(entry, prefix):
            _add(found, place)
        return [found[names] for names in sorted(found)]
    if reason := _no_mail(entry):
        return [Place(prefix, entry, None, [(entry, reason)])]
    return [Place((*prefix, shown), entry.parent, entry)]


def _add(found: dict[Names, Place], place: Place) -> None:
    """Two places of one path become one where only one of them has a file, else they stay two."""
    there = found.setdefault(place.names, place)
    if there is place:
        return
    if there.file is None or place.file is None:
        there.file = there.file or place.file
        there.others += place.others
        there.unread += place.unread
        return
    again = 2
    while (names := (*place.names[:-1], f"{place.names[-1]} ({again})")) in found:
        again += 1
    place.names = names
    found[names] = place


def _walk(folder: Path, prefix: Names) -> Iterator[Place]:
    waiting: list[tuple[Path, Names, Place]] = [(folder, prefix, Place(prefix, folder))]
    while waiting:
        folder, names, owner = waiting.pop()
        files, folders = _entries(folder, owner)
        shown = _shown(files, folders)
        named: dict[str, Place] = {}
        for path in files:
            place = Place((*names, shown[path]), folder) if shown[path] != ROOT or names != prefix else owner
            place.file = path
            named[path.name] = place
            if place is not owner:
                yield place
        for path in folders:
            below = (*names, shown[path])
            beside = named.get(path.name.removesuffix(".sbd")) if path.name.endswith(".sbd") else None
            inner = path / "mbox"
            if path.suffix == ".mbox" and inner.is_file() and not inner.is_symlink() and not _no_mail(inner):
                beside = Place(below, path, inner)
                yield beside
            waiting.append((path, below, beside or Place(below, path)))
        if owner.others or owner.unread or owner.file is not None:
            yield owner


def _entries(folder: Path, owner: Place) -> tuple[list[Path], list[Path]]:
    """The mbox files and the folders of a folder; the rest goes to the place that tells it."""
    files, folders = [], []
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
        os.stat(folder / ".")  # may it be entered? Its files would only seem not to be there
    except OSError as error:
        owner.unread.append((folder, error))
        return [], []
    apple = folder.suffix == ".mbox"
    for entry in entries:
        if os.fsencode(entry.name).startswith(OURS) or entry.name.endswith(_INDEXES):
            continue
        if apple and entry.name in _PACKAGE:
            continue
        if entry.is_dir(follow_symlinks=False):
            folders.append(Path(entry.path))
        elif reason := _no_mail(Path(entry.path)):
            owner.others.append((Path(entry.path), reason))
        else:
            files.append(Path(entry.path))
    return files, folders


def _shown(files: list[Path], folders: list[Path]) -> dict[Path, str]:
    """The name of each file and folder as people read it: without `.mbox` and `.sbd`, where that leaves it alone; the
    `.sbd` folder bears the name of its file."""
    bare = {path: path.name.removesuffix(".mbox") or path.name for path in files}
    bare |= {path: path.name.removesuffix(".sbd").removesuffix(".mbox") or path.name for path in folders}
    file_names = {bare[path] for path in files}
    taken: set[str] = set()
    for path in (*files, *folders):
        twin = path in folders and path.name.endswith(".sbd") and path.name.removesuffix(".sbd") in file_names
        if bare[path] in taken and not twin and path.name not in taken:
            bare[path] = path.name
        taken.add(bare[path])
    shown = shown_names({os.fsencode(name) for name in bare.values() if name != ROOT})
    return {path: shown.get(os.fsencode(name), name) for path, name in bare.items()}


def _no_mail(path: Path) -> str:
    """As `not_mbox`; a file that can't be read is taken for mail, so that listing it tells why."""
    try:
        return not_mbox(path)
    except OSError:
        return ""


def not_mbox(path: Path) -> str:
    """Why a file is no mbox; empty where it is one: nothing in it, a `From ` line first, or one that begins a message
    in its first 64 KiB. Raises `OSError` where it can't be read."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        return "a link" if stat.S_ISLNK(found.st_mode) else "no regular file"
    if not found.st_size:
        return ""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        head = os.pread(handle, MAX_LINE, 0).lstrip(b"\r\n")
        if head.startswith(b"From "):
            return ""
        first = next(spans(Reader(handle, min(found.st_size, _LOOK)), lengths=False), None)
    finally:
        os.close(handle)
    return "" if first is not None and first.stop < min(found.st_size, _LOOK) else "no mbox"


def file_of(folder: Path, names: Names) -> Path:
    """Where a target keeps the folder of a path: Thunderbird's layout."""
    *above, last = names or (ROOT,)
    for name in above:
        folder = folder / (_safe(name) + ".sbd")
    return folder / (ROOT if not names else _safe(last))


def _safe(name: str) -> str:
    """A file name that reading shows as this name again: an ending that means something here is escaped."""
    safe = escape_name(name, 180)
    for ending in (".sbd", ".mbox", *_INDEXES):
        if safe.endswith(ending):
            safe = safe[: -len(ending)] + "%2E" + ending[1:]
    return safe if safe != ROOT else "%25"
