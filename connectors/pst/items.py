"""One item of a file as a record of the form `mapi`, the items inside its attachments too. Every read is guarded: a bad
property is named in `unreadable` and the rest of the item is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from transhumance.connectors.contract import Body, BytesBody, Record, Value
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_embedded import DEEPEST, EMBEDDED, prefix
from transhumance.connectors.formats.mapi_values import value
from transhumance.connectors.formats.pst.context import Properties, Stored, Table
from transhumance.connectors.formats.pst.data import Data
from transhumance.connectors.formats.pst.ndb import Node
from transhumance.connectors.pst.bodies import DataBody
from transhumance.connectors.pst.codes import EMBEDDED as NOT_OPENED
from transhumance.connectors.pst.files import DAMAGE, PstFile, bytes_of

IN_MEMORY = 1 << 20
_BODIES = {0x1000: "body/plain", 0x1009: "body/rtf", 0x1013: "body/html"}
_SUBJECT, _DATA = 0x0037, 0x3701
_INTERNAL = {0x67F2, 0x67F3}  # the row's number and version in its table (MS-PST 2.3.4.4.1), the file's bookkeeping
_RECIPIENTS, _ATTACHMENTS = 0x692, 0x671  # nodes below an item (MS-PST 2.4.6)
_BY_VALUE, _EMBEDDED, _OLE = 1, 5, 6
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")  # what an OLE object that is a file begins with (MS-CFB 2.2)


@dataclass(slots=True)
class Reading:
    """What is being read of one item. `codec`: of its 8-bit texts. `codepage`: the plan's. `depth`: how many items it
    lies in."""

    file: PstFile
    codec: str
    codepage: int
    depth: int = 0
    bodies: dict[str, Body] = field(default_factory=dict)
    stored: dict[str, Value] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def key(self, stored: Stored) -> str:
        """The property's key in a record."""
        if stored.number >= 0x8000 and stored.number in self.file.names:
            return f"{self.file.names[stored.number]}{stored.kind:04X}"
        return f"0x{stored.number:04X}{stored.kind:04X}"

    def body(self, found: Data | bytes | None) -> Body:
        """Data as a body: with its bytes where it is small."""
        if not isinstance(found, Data):
            return BytesBody.of(found or b"")
        if found.size <= IN_MEMORY:
            return BytesBody.of(found.read())
        return DataBody(size=found.size, path=self.file.path, stamp=self.file.stamp, bid=found.bid)


def read_item(file: PstFile, nid: int, key: bytes, codepage: int) -> Record:
    """The record of an item. Raises `Damaged` where not even the item's own set of properties can be read."""
    properties, bodies = _item(file, file.ndb.node(nid), codepage, 0)
    return Record(key, mapi.kind_of(mapi.text(properties, mapi_tags.MESSAGE_CLASS)), "mapi", properties, bodies)


def _item(file: PstFile, node: Node, codepage: int, depth: int) -> tuple[dict[str, Value], dict[str, Body]]:
    holder = Properties(file.ndb, node)
    reading = Reading(file, _codec(holder, codepage), codepage, depth)
    properties = _values(holder, holder.stored, reading, "", _own)
    if file.nameless and any(stored.number >= 0x8000 for stored in holder.stored):
        reading.unreadable.append("names of properties: damaged")
    _subject(properties)
    properties["recipients"] = _recipients(holder, reading)
    properties["attachments"] = _attachments(holder, reading)
    properties["bodies"] = reading.stored
    if reading.unreadable:
        properties["unreadable"] = tuple(reading.unreadable)
    return properties, reading.bodies


def _codec(holder: Properties, codepage: int) -> str:
    """The code page of the item's 8-bit texts: its own, else the plan's. The internet code page is of its HTML only
    where the other is absent."""
    own = next((s.raw for s in holder.stored if s.number == 0x3FFD and s.kind == mapi.PT_LONG), None)
    pages = (own if isinstance(own, int) else None, codepage)
    return next((c for p in pages if (c := mapi.codec_of(p))), "cp1252")


Special = Callable[[Properties | Table, Stored, Reading], bool]


def _values(
    holder: Properties | Table, stored: Iterable[Stored], reading: Reading, where: str, special: Special
) -> dict[str, Value]:
    """Every property of a set. `special` takes what is no plain value."""
    found: dict[str, Value] = {}
    for one in stored:
        if one.number in _INTERNAL:
            continue
        try:
            if not special(holder, one, reading):
                found[reading.key(one)] = value(one.kind, bytes_of(holder, one), reading.codec)
        except DAMAGE as error:
            reading.unreadable.append(f"{where}{reading.key(one)}: {_reason(error)}")
    return found


def _reason(error: BaseException) -> str:
    if isinstance(error, UnicodeError):
        return "not text"
    return str(error)[:60] if isinstance(error, ValueError) else "damaged"


def _own(holder: Properties | Table, stored: Stored, reading: Reading) -> bool:
    """Bodies of the item, which are no properties."""
    name = _BODIES.get(stored.number)
    if name is None:
        return False
    reading.bodies[name] = reading.body(holder.value(stored))
    reading.stored[name] = mapi.key(stored.number, stored.kind)
    return True


def _plain(holder: Properties | Table, stored: Stored, reading: Reading) -> bool:
    return False


def _data(holder: Properties | Table, stored: Stored, reading: Reading) -> bool:
    """The data of an attachment are read apart."""
    return stored.number == _DATA


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


def _table(holder: Properties, nid: int) -> Table | None:
    """A table below an item; None where it has none."""
    node = holder.below.get(nid)
    return Table(holder.ndb, node) if node is not None else None


def _recipients(holder: Properties, reading: Reading) -> Value:
    found: list[Value] = []
    try:
        table = _table(holder, _RECIPIENTS)
        for index, row in enumerate(table.rows() if table else ()):
            if isinstance(row, OSError):
                reading.unreadable.append(f"recipients/{index}: {_reason(row)}")
            elif table:
                found.append(_values(table, row.stored, reading, f"recipients/{index}/", _plain))
    except DAMAGE as error:
        reading.unreadable.append(f"recipients: {_reason(error)}")
    return tuple(found)


def _attachments(holder: Properties, reading: Reading) -> Value:
    found: list[Value] = []
    try:
        table = _table(holder, _ATTACHMENTS)
        ids = [nid for _, nid in sorted((place, nid) for nid, place in table.ids())] if table else []
    except DAMAGE as error:
        reading.unreadable.append(f"attachments: {_reason(error)}")
        return ()
    for index, nid in enumerate(ids):
        try:
            node = holder.below.get(nid)
            if node is None:
                raise ValueError("not there")
            found.append(_attachment(Properties(holder.ndb, node), index, reading))
        except DAMAGE as error:
            reading.unreadable.append(f"attachments/{index}: {_reason(error)}")
            found.append({})
    return tuple(found)


def _attachment(holder: Properties, index: int, reading: Reading) -> dict[str, Value]:
    where = f"attachments/{index}/"
    properties = _values(holder, holder.stored, reading, where, _data)
    method = mapi.integer(properties, mapi_tags.ATTACH_METHOD)
    stored = next((s for s in holder.stored if s.number == _DATA), None)
    if stored is None:
        return properties
    try:
        if stored.kind == mapi.PT_OBJECT:
            _object(holder, stored, properties, index, reading)
        elif method == _BY_VALUE or method is None:
            reading.bodies[f"attachment/{index}"] = reading.body(holder.value(stored))
        elif method in (_EMBEDDED, _OLE):
            raise ValueError(NOT_OPENED)
    except DAMAGE as error:
        reading.unreadable.append(f"{where}{reading.key(stored)}: {_reason(error)}")
    return properties


def _object(holder: Properties, stored: Stored, properties: dict[str, Value], index: int, reading: Reading) -> None:
    """What an attachment holds as an object, which is a node below it (MS-PST 2.3.3.5): an item, or the stream of an
    OLE object. Raises as reading does."""
    entry = bytes_of(holder, stored) or b""
    node = holder.below.get(int.from_bytes(entry[:4], "little"))
    method = mapi.integer(properties, mapi_tags.ATTACH_METHOD)
    if node is None or len(entry) != 8:
        raise ValueError("damaged" if node is None else f"an object's entry of {len(entry)} bytes")
    if method == _EMBEDDED:
        if reading.depth >= DEEPEST:
            raise ValueError(NOT_OPENED)
        inner, bodies = _item(reading.file, node, reading.codepage, reading.depth + 1)
        properties[EMBEDDED] = inner
        reading.bodies.update({prefix(index) + name: body for name, body in bodies.items()})
        reading.unreadable += _within(inner, f"attachments/{index}/{EMBEDDED}/")
        return
    data = Data.of(holder.ndb, node.data)
    if next(data.blocks(), b"")[: len(_COMPOUND)] != _COMPOUND:
        raise ValueError(NOT_OPENED)
    reading.bodies[f"attachment/{index}"] = reading.body(data)


def _within(inner: Mapping[str, Value], where: str) -> list[str]:
    """What could not be read of an inner item, told by the outer one too, so that it has its finding."""
    told = inner.get("unreadable")
    return [f"{where}{line}" for line in told if isinstance(line, str)] if isinstance(told, tuple) else []
