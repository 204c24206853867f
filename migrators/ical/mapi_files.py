"""Attachments of a MAPI item as ATTACH, and back (RFC 5545 section 3.8.1.1, MS-OXCICAL 2.1.3.1.1.20.1).

What is small lies in the object, base64; what is large stays beside it, as a body of the document of its own, and is
named. Embedded items (the content of modified occurrences above all) and OLE objects are no files.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from transhumance.connectors.contract import Body, BytesBody, Value, read_all
from transhumance.connectors.formats import contentwrite, mapi, mapi_tags
from transhumance.connectors.formats.contentline import Property
from transhumance.connectors.formats.mapi_embedded import EMBEDDED as ITEM
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.migrators.ical.mapi_object import Opening, Part, Reading

INLINE = 4 << 20  # bytes of all files that lie in an object
SMALL, LARGE = 64 << 10, 1 << 20  # bytes of a file, and of any other body, that a residue may hold
BY_VALUE, REFERENCE, RESOLVE, ONLY, EMBEDDED, OLE, WEB = 1, 2, 3, 4, 5, 6, 7
_BY_REFERENCE = frozenset((REFERENCE, RESOLVE, ONLY, WEB))
ASIDE = "aside"  # the hint, as long as the texts are not edited: which of them are bodies of the document
PLACES = "attachments"  # the hint: which attachments the lines stand for, where that is not all of them in order
_MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")


def file_lines(opening: Opening) -> list[bytes]:
    """An ATTACH for each file and each link."""
    lines, places, room = [], [], INLINE
    attachments = rows(opening.properties)
    for n, row in enumerate(attachments):
        body = opening.item.bodies.get(f"attachment/{n}")
        method = mapi.integer(row, mapi_tags.ATTACH_METHOD)
        if method in _BY_REFERENCE:
            line = _link(opening, row)
        elif body is not None and body.size is not None and body.size <= room and method in (BY_VALUE, None):
            line = _inline(opening, row, body)
            room -= body.size if line else 0
        else:
            line = None
            if isinstance(row.get(ITEM), Mapping) and not is_exception(row):
                opening.find("CAL-ATT-05", mapi.text(row, mapi_tags.DISPLAY_NAME)[:60])
        if line is not None:
            lines.append(line)
            places.append(n)
    if places and places != list(range(len(places))):
        opening.hints[PLACES] = tuple(places)
    return lines


def set_aside(opening: Opening, said: Said) -> None:
    """Bodies that the object does not say and no residue should hold become bodies of the document."""
    for name, body in opening.item.bodies.items():
        most = SMALL if name.startswith("attachment/") else LARGE
        if name not in said.bodies and (body.size is None or body.size > most):
            opening.bodies[name] = body
            said.bodies[name] = body
            opening.find("CAL-ATT-03", name.partition("/")[0])
    if texts := tuple(name for name in opening.bodies if name.startswith("body/")):
        opening.hints[ASIDE] = texts


def rows(properties: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    """The attachments, in order; what is no mapping is an empty one."""
    found = properties.get("attachments")
    return [row if isinstance(row, Mapping) else {} for row in found] if isinstance(found, list | tuple) else []


def exceptions(properties: Mapping[str, Value]) -> list[int]:
    """The attachments that are modified occurrences (MS-OXOCAL 2.2.10.1)."""
    return [n for n, row in enumerate(rows(properties)) if is_exception(row)]


def is_exception(row: Mapping[str, Value]) -> bool:
    return mapi.integer(row, mapi_tags.ATTACH_METHOD) == EMBEDDED and (
        mapi_tags.EXCEPTION_START_TIME in row or (mapi.integer(row, mapi_tags.ATTACHMENT_FLAGS) or 0) & 2 != 0
    )


def _name(row: Mapping[str, Value]) -> str:
    names = (mapi_tags.ATTACH_LONG_FILENAME, mapi_tags.ATTACH_FILENAME, mapi_tags.DISPLAY_NAME)
    return next((text for key in names if (text := mapi.text(row, key))), "")


def _type(row: Mapping[str, Value]) -> str:
    said = mapi.text(row, mapi_tags.ATTACH_MIME_TAG)
    if _MIME.fullmatch(said):
        return said
    return mimetypes.guess_type(_name(row))[0] or "application/octet-stream"


def _params(row: Mapping[str, Value]) -> list[tuple[str, str]]:
    name = _name(row)
    return [("FMTTYPE", _type(row)), *([("FILENAME", name)] if name else [])]


def _inline(opening: Opening, row: Mapping[str, Value], body: Body) -> bytes | None:
    try:
        data = read_all(body, INLINE)
    except (OSError, ValueError):
        opening.find("MAIL-PST-04", "0x37010102")
        return None
    opening.find("CAL-ATT-01")
    more = [("ENCODING", "BASE64"), ("VALUE", "BINARY")]
    return contentwrite.line("ATTACH", base64.b64encode(data).decode(), [*_params(row), *more])


def _link(opening: Opening, row: Mapping[str, Value]) -> bytes | None:
    path = mapi.text(row, mapi_tags.ATTACH_LONG_PATHNAME) or mapi.text(row, mapi_tags.ATTACH_PATHNAME)
    if not path:
        return None
    opening.find("CAL-ATT-02")
    return contentwrite.line("ATTACH", uri_of(path), _params(row))


def uri_of(path: str) -> str:
    """A path or an address as a URI: what is none yet becomes `file:`."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", path):
        return quote(path, safe=":/?#[]@!$&'()*+,;=%-._~")
    slashes = path.replace("\\", "/")
    return "file:" + ("" if slashes.startswith("//") else "///") + quote(slashes, safe="/:-._~")


def path_of(uri: str) -> str:
    """The Windows path of a `file:` URI; any other URI as it is."""
    if not uri.lower().startswith("file:"):
        return uri
    rest = unquote(uri[5:])
    return (rest[3:] if rest.startswith("///") else rest).replace("/", "\\")


# --- and back


def said_files(part: Part, reading: Reading) -> Said:
    """Attachments and their bodies, each at the place that it had."""
    found = [(prop, _data(prop)) for prop in part.all("ATTACH")]
    places = reading.hints.get(PLACES)
    order = [p for p in places if isinstance(p, int)] if isinstance(places, list | tuple) else []
    if len(order) != len(found):
        order = list(range(len(found)))
    said = Said()
    table: list[Value] = [{}] * (max(order, default=-1) + 1)
    for place, (prop, data) in zip(order, found, strict=True):
        table[place] = _row(prop, data is None, place)
        if data is not None:
            said.bodies[f"attachment/{place}"] = BytesBody.of(data)
    said.properties["attachments"] = tuple(table)
    said.bodies |= {name: body for name, body in reading.bodies.items() if is_current(name, reading.hints)}
    return said


def is_current(name: str, hints: Mapping[str, Value]) -> bool:
    """Whether a body of the document is the item's: a text only as long as its hint is kept."""
    texts = hints.get(ASIDE)
    return name != "content" and (not name.startswith("body/") or (isinstance(texts, tuple | list) and name in texts))


def _data(prop: Property) -> bytes | None:
    if prop.param("VALUE").upper() != "BINARY" and prop.param("ENCODING").upper() != "BASE64":
        return None
    try:
        return base64.b64decode(prop.value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _row(prop: Property, link: bool, place: int) -> dict[str, Value]:
    name, type_ = prop.param("FILENAME") or prop.param("X-FILENAME"), prop.param("FMTTYPE")
    row: dict[str, Value] = {mapi_tags.ATTACH_METHOD: ONLY if link else BY_VALUE, mapi_tags.ATTACH_NUMBER: place,
                             mapi_tags.RENDERING_POSITION: -1}  # fmt: skip
    if link:
        row[mapi_tags.ATTACH_LONG_PATHNAME] = path_of(prop.value.decode("utf-8", "replace"))
    if name:
        row |= {mapi_tags.ATTACH_LONG_FILENAME: name, mapi_tags.ATTACH_FILENAME: name, mapi_tags.DISPLAY_NAME: name}
        if "." in name:
            row[mapi_tags.ATTACH_EXTENSION] = "." + name.rpartition(".")[2]
    if type_:
        row[mapi_tags.ATTACH_MIME_TAG] = type_
    return row
