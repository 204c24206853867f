"""Named properties: the file's own numbers to sets and names (MS-PST 2.4.7)."""

from __future__ import annotations

import struct
import uuid

from transhumance.connectors.formats import mapi

_KNOWN = {1: mapi.PS_MAPI, 2: mapi.PS_PUBLIC_STRINGS}


def name_map(guids: bytes, entries: bytes, strings: bytes) -> dict[int, str]:
    """The property id in this file to the head of its key (`{guid}/0x8205:`), from the three streams of the map.

    An entry that points outside of its stream is left out: its property then keeps the file's own number.
    """
    found: dict[int, str] = {}
    for where, kind, index in struct.iter_unpack("<IHH", entries[: len(entries) // 8 * 8]):
        number = kind >> 1
        start = (number - 3) * 16
        guid = _KNOWN.get(number)
        if guid is None:
            if number < 3 or start + 16 > len(guids):
                continue
            guid = f"{{{uuid.UUID(bytes_le=guids[start : start + 16])}}}"
        if not kind & 1:
            found[0x8000 + index] = f"{guid}/0x{where:04X}:"
        elif (name := _string(strings, where)) is not None:
            found[0x8000 + index] = f"{guid}/{name}:"
    return found


def _string(strings: bytes, where: int) -> str | None:
    if where + 4 > len(strings):
        return None
    length = struct.unpack_from("<I", strings, where)[0]
    data = strings[where + 4 : where + 4 + length]
    return data.decode("utf-16-le", "replace") if len(data) == length and not length % 2 else None
