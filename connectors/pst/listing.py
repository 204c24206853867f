"""A line of a folder's listing: enough of an item to know it again and to see that it changed."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from transhumance.connectors.contract import Fault, ItemRef, Value
from transhumance.connectors.formats import mapi
from transhumance.connectors.formats.pst.context import Properties, Table
from transhumance.connectors.pst.codes import ITEM
from transhumance.connectors.pst.files import DAMAGE, PstFile, some

_CLASS, _SIZE, _MODIFIED, _SEARCH_KEY = 0x001A, 0x0E08, 0x3008, 0x300B
_WANTED = {_CLASS, _SIZE, _MODIFIED, _SEARCH_KEY}
_CONTENTS = 0x0E  # NID_TYPE_CONTENTS_TABLE (MS-PST 2.2.2.1)
_MESSAGE = 0x04


def contents(file: PstFile, nid: int) -> array[int]:
    """The numbers of a folder's items, in order: its table is in the order of its rows, which deletions mix. Raises
    `Damaged`."""
    order = file.order
    if order is None or order[0] != nid:
        table = Table(file.ndb, file.ndb.node(nid & ~0x1F | _CONTENTS))
        file.order = order = (nid, array("L", sorted({item for item, _ in table.ids()})))
    return order[1]


def lost(file: PstFile, folders: Sequence[int]) -> array[int]:
    """The numbers of the messages that no folder's table names, in order. `folders`: every folder of the file."""
    if file.lost is None:
        file.lost = _lost(file, folders)
    return file.lost


def _lost(file: PstFile, folders: Sequence[int]) -> array[int]:
    known: set[int] = set()
    for nid in folders:
        try:
            known.update(contents(file, nid))
        except DAMAGE:
            continue
    return array("L", (n.nid for n in file.ndb.nodes() if n.nid & 0x1F == _MESSAGE and n.nid not in known))


def list_item(file: PstFile, nid: int, codec: str) -> ItemRef | Fault:
    """The item's line.

    Its version is made of the file's own state and of the item's time of change: whatever was written into the file,
    a flag too, makes every item of it be read again, since items have no change number that can be trusted.
    """
    key = f"{nid:08X}".encode()
    try:
        found = some(Properties(file.ndb, file.ndb.node(nid)), _WANTED, codec)
    except DAMAGE as error:
        return Fault(key, ITEM, str(error), form="mapi")
    message_class, size = found.get(_CLASS), found.get(_SIZE)
    stable = found.get(_SEARCH_KEY)
    return ItemRef(
        key,
        f"{file.stamp}-{_ticks(found.get(_MODIFIED)):x}",
        mapi.kind_of(message_class if isinstance(message_class, str) else ""),
        "mapi",
        size if isinstance(size, int) else None,
        stable if isinstance(stable, bytes) and stable else None,
        str(nid),
    )


def _ticks(modified: Value) -> int:
    return mapi.to_filetime(modified) if modified and not isinstance(modified, str | bytes) else 0  # type: ignore[arg-type]
