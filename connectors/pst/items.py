"""One item of a file as a record of the form `mapi`. Every read is guarded: a bad property is named in `unreadable`
and the rest of the item is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from transhumance.connectors.contract import Body, BytesBody, Record, Value
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.pst.bodies import AttachmentBody, Place, PropertyBody
from transhumance.connectors.pst.codes import EMBEDDED
from transhumance.connectors.pst.files import DAMAGE
from transhumance.connectors.pst.values import value

IN_MEMORY = 1 << 20
_BODIES = {0x1000: "body/plain", 0x1009: "body/rtf", 0x1013: "body/html"}
_SUBJECT, _DATA, _METHOD = 0x0037, 0x3701, 0x3705
_INTERNAL = {0x67F2, 0x67F3}  # the row's number and version in its table (MS-PST 2.3.4.4.1), the file's bookkeeping
_BY_VALUE, _EMBEDDED, _OLE = 1, 5, 6
_HAS_ATTACHMENTS = 0x10
_DISPLAYED = (mapi_tags.DISPLAY_TO, mapi_tags.DISPLAY_CC, mapi_tags.DISPLAY_BCC)
_UNOPENED = "of a class that the library does not open"


@dataclass(slots=True)
class Reading:
    """What is being read of one item. `place`: where it lies, for bodies that are read later. `names`: named
    properties of its file. `codec`: of its 8-bit texts."""

    place: Place
    names: dict[int, str]
    codec: str
    bodies: dict[str, Body] = field(default_factory=dict)
    stored: dict[str, Value] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def key(self, number: int, kind: int) -> str:
        """The property's key in a record."""
        if number >= 0x8000 and number in self.names:
            return f"{self.names[number]}{kind:04X}"
        return f"0x{number:04X}{kind:04X}"


def read_item(item: Any, place: Place, key: bytes, names: dict[int, str], codepage: int) -> Record:
    """The record of an item; call under its file's lock.

    Raises what libpff raises where not even the item's own set of properties can be read.
    """
    entries = list(item.get_record_set(0).entries)
    reading = Reading(place, names, _codec(entries, codepage))
    properties = _properties(entries, reading, "", _own)
    _subject(properties)
    _unopened(item, properties, reading)
    properties["recipients"] = _recipients(item, reading)
    properties["attachments"] = _attachments(item, reading)
    properties["bodies"] = reading.stored
    if reading.unreadable:
        properties["unreadable"] = tuple(reading.unreadable)
    kind = mapi.kind_of(mapi.text(properties, mapi_tags.MESSAGE_CLASS))
    return Record(key, kind, "mapi", properties, reading.bodies)


def _codec(entries: list[Any], codepage: int) -> str:
    """The code page of the item's 8-bit texts: its own, else the plan's. The internet code page is of its HTML only
    where the other is absent."""
    pages: dict[int, int] = {}
    for entry in entries:
        if entry.entry_type in (0x3FFD, 0x3FDE) and entry.value_type == mapi.PT_LONG:
            try:
                pages[entry.entry_type] = int.from_bytes(entry.get_data() or b"", "little")
            except DAMAGE:
                continue
    return next((c for p in (pages.get(0x3FFD), codepage) if (c := mapi.codec_of(p))), "cp1252")


Special = Callable[[Any, int, int, Reading], bool]


def _properties(
    entries: list[Any], reading: Reading, where: str, special: Special, row: bool = False
) -> dict[str, Value]:
    """Every property of a set. `special` takes what is no plain value. `row`: a row of a table, where a column without
    data is a property that is not there. (The library gives a zero for an absent number, which can't be told from
    one; no time is a zero.)"""
    found: dict[str, Value] = {}
    for entry in entries:
        try:
            number, kind = entry.entry_type, entry.value_type
        except DAMAGE:
            reading.unreadable.append(f"{where}?: no type")
            continue
        if number is None or kind is None or number in _INTERNAL:
            continue
        key = reading.key(number, kind)
        try:
            if special(entry, number, kind, reading):
                continue
            data = entry.get_data()
            if row and (data is None or (kind == mapi.PT_SYSTIME and not any(data))):
                continue
            found[key] = value(kind, data, reading.codec)
        except DAMAGE as error:
            reading.unreadable.append(f"{where}{key}: {_reason(error)}")
    return found


def _reason(error: BaseException) -> str:
    if isinstance(error, UnicodeError):
        return "not text"
    return str(error)[:60] if isinstance(error, ValueError) else "damaged"


def _own(entry: Any, number: int, kind: int, reading: Reading) -> bool:
    """Bodies of the item, which are no properties."""
    name = _BODIES.get(number)
    if name is None:
        return False
    data = entry.get_data() or b""
    if len(data) <= IN_MEMORY:
        reading.bodies[name] = BytesBody.of(data)
    else:
        reading.bodies[name] = PropertyBody(size=len(data), place=reading.place, number=number)
    reading.stored[name] = mapi.key(number, kind)
    return True


def _plain(entry: Any, number: int, kind: int, reading: Reading) -> bool:
    return False


def _data(entry: Any, number: int, kind: int, reading: Reading) -> bool:
    """The data of an attachment are read apart, and an embedded item's are never taken from here: what libpff gives
    for it is the inside of a table."""
    return number == _DATA


def _subject(properties: dict[str, Value]) -> None:
    """A subject that begins with U+0001 says in its second character how long its prefix is, itself included
    (MS-PST 2.5.3.1.1.1); the prefix becomes the property that MAPI gives."""
    for kind in (mapi.PT_UNICODE, mapi.PT_STRING8):
        key = mapi.key(_SUBJECT, kind)
        subject = properties.get(key)
        if isinstance(subject, str) and len(subject) > 1 and subject[0] == "\x01":
            rest, length = subject[2:], max(ord(subject[1]) - 1, 0)
            properties[key] = rest
            if length:
                properties.setdefault(mapi.key(0x003D, kind), rest[:length])


def _unopened(item: Any, properties: dict[str, Value], reading: Reading) -> None:
    """The library opens recipients and attachments of the classes that it knows only; an item of another (a form of the
    house, InfoPath) says itself whether it has any."""
    if not hasattr(item, "recipients") and any(mapi.text(properties, key) for key in _DISPLAYED):
        reading.unreadable.append(f"recipients: {_UNOPENED}")
    if not hasattr(item, "attachments"):
        flags = mapi.integer(properties, mapi_tags.MESSAGE_FLAGS) or 0
        if flags & _HAS_ATTACHMENTS or mapi.boolean(properties, mapi_tags.HAS_ATTACHMENTS):
            reading.unreadable.append(f"attachments: {_UNOPENED}")


def _recipients(item: Any, reading: Reading) -> Value:
    if not hasattr(item, "recipients"):
        return ()
    rows: list[Value] = []
    try:
        table = item.recipients
        for index in range(int(table.get_number_of_record_sets() or 0) if table is not None else 0):
            try:
                entries = list(table.get_record_set(index).entries)
                rows.append(_properties(entries, reading, f"recipients/{index}/", _plain, row=True))
            except DAMAGE as error:
                reading.unreadable.append(f"recipients/{index}: {_reason(error)}")
    except DAMAGE as error:
        reading.unreadable.append(f"recipients: {_reason(error)}")
    return tuple(rows)


def _attachments(item: Any, reading: Reading) -> Value:
    if not hasattr(item, "attachments"):
        return ()
    found: list[Value] = []
    try:
        count = int(item.get_number_of_attachments() or 0)
    except DAMAGE as error:
        reading.unreadable.append(f"attachments: {_reason(error)}")
        return ()
    for index in range(count):
        try:
            found.append(_attachment(item.get_attachment(index), index, reading))
        except DAMAGE as error:
            reading.unreadable.append(f"attachments/{index}: {_reason(error)}")
            found.append({})
    return tuple(found)


def _attachment(attachment: Any, index: int, reading: Reading) -> dict[str, Value]:
    where = f"attachments/{index}/"
    properties = _properties(list(attachment.get_record_set(0).entries), reading, where, _data)
    method = mapi.integer(properties, mapi_tags.ATTACH_METHOD)
    if method in (_EMBEDDED, _OLE):
        reading.unreadable.append(f"{where}{mapi_tags.ATTACH_DATA_OBJECT}: {EMBEDDED}")
    elif method == _BY_VALUE or method is None:
        try:
            reading.bodies[f"attachment/{index}"] = _content(attachment, index, reading)
        except DAMAGE as error:
            reading.unreadable.append(f"{where}{mapi_tags.ATTACH_DATA}: {_reason(error)}")
    return properties


def _content(attachment: Any, index: int, reading: Reading) -> Body:
    size = int(attachment.get_size() or 0)
    if size > IN_MEMORY:
        return AttachmentBody(size=size, place=reading.place, index=index)
    data = attachment.read_buffer(size) if size else b""
    if len(data) != size:
        raise ValueError(f"{len(data)} bytes of {size}")
    return BytesBody.of(data)
