"""A line of a folder's listing: enough of an item to know it again and to see that it changed."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from transhumance.connectors.contract import Fault, ItemRef, Value
from transhumance.connectors.formats import mapi
from transhumance.connectors.pst.codes import ITEM
from transhumance.connectors.pst.files import DAMAGE, PstFile
from transhumance.connectors.pst.folders import Folder
from transhumance.connectors.pst.values import value

_CLASS, _SIZE, _MODIFIED, _SEARCH_KEY = 0x001A, 0x0E08, 0x3008, 0x300B


def listing_order(file: PstFile, folder: Folder) -> Sequence[int]:
    """The indexes of a folder's items in order of key: its table is in the order of its rows, which deletions mix. That
    of the folder read last is kept. Call under the file's lock."""
    if file.order is None or file.order[0] != folder.where:
        keys = sorted((_key(file, folder, index), index) for index in range(folder.items))
        file.order = (folder.where, array("L", [index for _, index in keys]))
    return file.order[1]


def _key(file: PstFile, folder: Folder, index: int) -> bytes:
    try:
        return f"{file.folder(folder.where).get_sub_message(index).get_identifier():08X}".encode()
    except DAMAGE:
        return f"?{index}".encode()


def list_item(file: PstFile, folder: Folder, index: int, codec: str) -> ItemRef | Fault:
    """The item's line; call under the file's lock.

    Its version is made of the file's own state and of the item's time of change: whatever was written into the file,
    a flag too, makes every item of it be read again, since items have no change number that can be trusted.
    """
    key = f"?{index}".encode()
    try:
        item = file.folder(folder.where).get_sub_message(index)
        key = f"{item.get_identifier():08X}".encode()
        found: dict[int, Value] = {}
        entries = item.get_record_set(0)
        for number in (_CLASS, _SIZE, _MODIFIED, _SEARCH_KEY):
            entry = entries.get_entry_by_type(number)
            if entry is not None:
                found[number] = _value(entry.value_type, entry.get_data(), codec)
    except DAMAGE as error:
        return Fault(key, ITEM, type(error).__name__, form="mapi")
    message_class, size, modified = found.get(_CLASS), found.get(_SIZE), found.get(_MODIFIED)
    stable = found.get(_SEARCH_KEY)
    ticks = mapi.to_filetime(modified) if modified and not isinstance(modified, str | bytes) else 0  # type: ignore[arg-type]
    return ItemRef(
        key,
        f"{file.stamp}-{ticks:x}",
        mapi.kind_of(message_class if isinstance(message_class, str) else ""),
        "mapi",
        size if isinstance(size, int) else None,
        stable if isinstance(stable, bytes) and stable else None,
        str(index),
    )


def _value(kind: int, data: bytes | None, codec: str) -> Value:
    try:
        return value(kind, data, codec)
    except ValueError:
        return None
