"""The two functions of a codec between MAPI items and iCalendar objects, for every kind of them.

The object says all it can; what it says is read out of it again, and the residue is what then still differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Document,
    Finding,
    Opened,
    Record,
    ResidueEntry,
    Returned,
    Value,
    read_all,
)
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_residue import (
    ITEM,
    ItemTable,
    Said,
    completed,
    residue_of,
    usable,
    widened,
)
from transhumance.connectors.formats.mapi_stored import TAKEN, body_views
from transhumance.connectors.formats.mapi_text import View
from transhumance.migrators.ical.document import STANDARD
from transhumance.migrators.ical.mapi_files import ASIDE, set_aside
from transhumance.migrators.ical.mapi_object import BODY, PEOPLE, Opening, Part, Reading, digests, read_object, strange
from transhumance.migrators.ical.mapi_people import OWN

LIMIT = 64 << 20  # bytes of an object that are read
FORM = "mapi"


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells one kind from the other. `write`: the object of an item. `said`: what an object says, and what of its
    recurrence and its times MAPI can't. `pattern`: the key of the recurrence. `beyond`: the code of properties without
    a place."""

    kind: str
    component: str
    table: ItemTable
    write: Callable[[Opening], bytes]
    said: Callable[[Reading], tuple[Said, tuple[Finding, ...]]]
    blobs: Mapping[str, View]
    pattern: str
    beyond: str


def to_open(shape: Shape, record: Record, context: Context) -> Opened:
    """The item as an object with its residue."""
    item, narrow = widened(record)
    opening = Opening(record, item, context)
    content = shape.write(opening)
    calendar = read_object(content)
    said, _ = shape.said(Reading(calendar, context, opening.hints))
    set_aside(opening, said)
    residue, large = residue_of(said, item, shape.table, digests(calendar, shape.component),
                                {**shape.blobs, **body_views(item.properties)}, opening.hints, narrow,
                                {TAKEN: BODY, ASIDE: BODY, OWN: PEOPLE})  # fmt: skip
    for name in large:
        opening.find("CAL-ATT-04", name)
    if any(shape.table.part(entry.path) != ITEM and entry.kind == "part" for entry in residue):
        opening.find(shape.beyond)
    name = mapi.text(item.properties, mapi_tags.SUBJECT)[:200]
    document = Document(shape.kind, STANDARD, {}, {"content": BytesBody.of(content), **opening.bodies}, name)
    return Opened(document, residue, tuple(opening.findings), tuple(opening.refs))


def from_open(shape: Shape, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
    """The item again: from the object what it says, from the residue the rest."""
    calendar = _read(document)
    hints, kept, findings = usable(residue, digests(calendar, shape.component))
    said, unsaid = shape.said(Reading(calendar, context, hints, document.bodies))

    def views(properties: Mapping[str, Value]) -> dict[str, View]:
        return {**shape.blobs, **body_views(properties)}

    back, unfit = completed(said, kept, views)
    more = [Finding("GEN-RESIDUE-01", path) for path in unfit]
    more += [finding for finding in unsaid if finding.code != "CAL-REC-02" or shape.pattern not in kept]
    more += [Finding("CAL-BACK-01", name) for name in strange(calendar, shape.component)]
    return Returned(Record(b"", shape.kind, FORM, back.properties, back.bodies), (*findings, *more))


def _read(document: Document) -> Part:
    """The object of a document; an empty one where it can't be read."""
    body = document.bodies.get("content")
    try:
        return read_object(read_all(body, LIMIT)) if body else Part("VCALENDAR")
    except (OSError, ValueError):
        return Part("VCALENDAR")
