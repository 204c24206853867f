"""Opened data files, from any thread: they are read by position."""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transhumance.connectors.contract import Text, Value
from transhumance.connectors.formats import mapi
from transhumance.connectors.formats.mapi_names import name_map
from transhumance.connectors.formats.mapi_values import value
from transhumance.connectors.formats.pst.context import Properties, Stored, Table
from transhumance.connectors.formats.pst.data import Data
from transhumance.connectors.formats.pst.header import Header, Unreadable
from transhumance.connectors.formats.pst.ndb import Damaged, Ndb

DAMAGE = (OSError, ValueError, OverflowError)
"""What reading damaged data raises."""
OPEN_AT_ONCE = 8
_LONGEST = 64 << 20  # bytes of a property that is held in memory
_STORE, _NAMES = 0x21, 0x61  # nodes that every file has (MS-PST 2.4.1)
_STORE_TAGS = {0x0FF9, 0x3001, 0x35E0, 0x35E2, 0x35E3, 0x35E4, 0x67FF}
_STREAMS = {2, 3, 4}  # of the map of names (MS-PST 2.4.7)


@dataclass(slots=True)
class PstFile:
    """An opened file. `stamp`: its mtime and size when it was opened. `names`: named properties. `nameless`: their map
    can't be read, which is told with each item that has some. `store`: what the
    message store says of itself. `trees`: its folders, by code page, once they were read. `order`: the items of the
    folder that is being listed. `lost`: the messages that no folder names, once they were looked for."""

    path: Path
    ndb: Ndb
    stamp: str
    names: dict[int, str] = field(default_factory=dict)
    store: dict[int, Value] = field(default_factory=dict)
    nameless: bool = False
    trees: dict[str, Any] = field(default_factory=dict)
    order: tuple[int, array[int]] | None = None
    lost: array[int] | None = None

    @property
    def header(self) -> Header:
        """What the file says of itself."""
        return self.ndb.header


def stamp(path: Path) -> str:
    """What tells a file from a changed one: its time of change in nanoseconds and its size. Raises `OSError`."""
    stat = path.stat()
    return f"{stat.st_mtime_ns:x}-{stat.st_size:x}"


def bytes_of(holder: Properties | Table, stored: Stored) -> bytes | None:
    """The bytes of a property, whatever they lie in. Raises `Damaged`."""
    found = holder.value(stored)
    if isinstance(found, Data):
        if found.size > _LONGEST:
            raise Damaged(f"{found.size} bytes")
        return found.read()
    return found


def some(properties: Properties, wanted: set[int], codec: str) -> dict[int, Value]:
    """The values of a few properties, those that can be read."""
    found: dict[int, Value] = {}
    for stored in properties.stored:
        if stored.number in wanted:
            try:
                found[stored.number] = value(stored.kind, bytes_of(properties, stored), codec)
            except DAMAGE:
                continue
    return found


def _open(path: Path) -> PstFile:
    """Opens a file. Raises `Unreadable`."""
    try:
        when = stamp(path)
        ndb = Ndb.open(path)
        store = some(Properties(ndb, ndb.node(_STORE)), _STORE_TAGS, "cp1252")
        names = _names(ndb)
        return PstFile(path, ndb, when, names or {}, store, nameless=names is None)
    except DAMAGE as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unreadable(Text(f"endommagé ({cause})", f"damaged ({cause})")) from None


def _names(ndb: Ndb) -> dict[int, str] | None:
    """The map of named properties; None where it can't be read: they then keep the file's own numbers."""
    try:
        properties = Properties(ndb, ndb.node(_NAMES))
        streams = {
            s.number: bytes_of(properties, s) or b""
            for s in properties.stored
            if s.number in _STREAMS and s.kind == mapi.PT_BINARY
        }
    except DAMAGE:
        return None
    return name_map(streams.get(2, b""), streams.get(3, b""), streams.get(4, b""))


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
