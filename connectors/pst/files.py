"""Opened data files. libpff is not safe in threads and its objects belong to their file, so everything done with one
happens under that file's lock, objects dropped before it is given back."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from transhumance.connectors.contract import MissingExtra, Text
from transhumance.connectors.formats import mapi
from transhumance.connectors.pst.header import Header, Unreadable, read_header
from transhumance.connectors.pst.names import name_map
from transhumance.connectors.pst.values import value

# What libpff-python raises for damaged data: mostly IOError, the others seen in its sources for impossible sizes.
DAMAGE = (OSError, ValueError, MemoryError, OverflowError, RuntimeError, SystemError, TypeError, AttributeError)
OPEN_AT_ONCE = 8
_STORE_TAGS = {0x0FF9, 0x3001, 0x35E0, 0x35E2, 0x35E3, 0x35E4, 0x67FF}


@cache
def _pypff() -> Any:
    try:
        import pypff
    except ImportError:
        raise MissingExtra("pst", "pst") from None
    return pypff


@dataclass(slots=True)
class PstFile:
    """An opened file. `stamp`: its mtime and size when it was opened. `names`: named properties. `store`: what the
    message store says of itself. `trees`: its folders, by code page, once they were read. `order`: of the items of the
    folder that is being listed. Use `handle` only under `lock`."""

    path: Path
    handle: Any
    header: Header
    stamp: str
    names: dict[int, str] = field(default_factory=dict)
    store: dict[int, Any] = field(default_factory=dict)
    orphans: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    folders: dict[tuple[int, ...], Any] = field(default_factory=dict)
    trees: dict[str, Any] = field(default_factory=dict)
    order: tuple[tuple[int, ...], Sequence[int]] | None = None

    def folder(self, where: tuple[int, ...]) -> Any:
        """The folder reached from the root by these indexes; call under the lock. Raises what libpff raises."""
        if where not in self.folders:
            found = self.folder(where[:-1]).get_sub_folder(where[-1]) if where else self.handle.get_root_folder()
            if found is None:
                raise OSError(f"no folder at {where}")
            self.folders[where] = found
        return self.folders[where]


def stamp(path: Path) -> str:
    """What tells a file from a changed one: its time of change in nanoseconds and its size. Raises `OSError`."""
    stat = path.stat()
    return f"{stat.st_mtime_ns:x}-{stat.st_size:x}"


def _open(path: Path) -> PstFile:
    """Opens a file. Raises `Unreadable`, or `MissingExtra` where the library is absent."""
    pypff, header = _pypff(), read_header(path)
    try:
        opened = PstFile(path, pypff.file(), header, stamp(path))
        _attach(opened, path)
        opened.store = _store(opened)
        opened.names = _names(opened)
    except DAMAGE as error:
        raise Unreadable(_damaged(error)) from None
    try:
        opened.orphans = int(opened.handle.get_number_of_orphan_items() or 0)
    except DAMAGE:
        opened.orphans = 0
    return opened


def _attach(opened: PstFile, path: Path) -> None:
    try:
        name = str(path)
        name.encode()
    except UnicodeEncodeError:  # a name that is not UTF-8: the library takes texts only
        opened.handle.open_file_object(path.open("rb"))
    else:
        opened.handle.open(name)


def _damaged(error: BaseException) -> Text:
    # the library's message is a stack of its own functions; its last words name the cause
    cause = str(error).rstrip(".").rpartition(": ")[2][:120] or type(error).__name__
    return Text(f"endommagé : libpff s'arrête ({cause})", f"damaged: libpff stops ({cause})")


def _store(opened: PstFile) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for entry in opened.handle.get_message_store().get_record_set(0).entries:
        if entry.entry_type in _STORE_TAGS:
            found[entry.entry_type] = value(entry.value_type, entry.get_data(), "cp1252")
    return found


def _names(opened: PstFile) -> dict[int, str]:
    item = opened.handle.get_name_to_id_map()
    if item is None:
        return {}
    streams = {2: b"", 3: b"", 4: b""}
    for entry in item.get_record_set(0).entries:
        if entry.entry_type in streams and entry.value_type == mapi.PT_BINARY:
            streams[entry.entry_type] = entry.get_data() or b""
    return name_map(streams[2], streams[3], streams[4])


_opened: OrderedDict[Path, PstFile] = OrderedDict()
_guard = threading.Lock()


def opened(path: Path) -> PstFile:
    """The opened file, from a few that are kept open; opened again where it changed since. Raises `Unreadable`."""
    try:
        now = stamp(path)
    except OSError as error:
        raise Unreadable(Text(f"illisible ({error.strerror})", f"can't be read ({error.strerror})")) from None
    with _guard:
        found = _opened.get(path)
        if found is not None and found.stamp == now:
            _opened.move_to_end(path)
            return found
    fresh = _open(path)
    with _guard:
        _opened[path] = fresh
        _opened.move_to_end(path)
        while len(_opened) > OPEN_AT_ONCE:
            _opened.popitem(last=False)  # closed when its last user lets go of it
    return fresh


def forget() -> None:
    """Closes what is kept open."""
    with _guard:
        _opened.clear()


@contextmanager
def using(path: Path) -> Iterator[PstFile]:
    """The opened file, locked. Raises `Unreadable`."""
    found = opened(path)
    with found.lock:
        yield found
