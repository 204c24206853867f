"""Appointments of the form `mapi` as iCalendar objects, and back (MS-OXOCAL; MS-OXCICAL for what Exchange itself
writes).

The object says all it can; what it says is read out of it again, and the residue is what then still differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Difference,
    Document,
    Finding,
    Opened,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    Value,
    compare_records,
    read_all,
)
from transhumance.connectors.formats import mapi_tags
from transhumance.connectors.formats.mapi_residue import completed, residue_of, usable, widened
from transhumance.connectors.formats.mapi_rrule import RECURRENCE_VIEW
from transhumance.connectors.formats.mapi_stored import body_views
from transhumance.connectors.formats.mapi_text import View
from transhumance.connectors.formats.mapi_zones import DEFINITION_VIEW, STRUCT_VIEW
from transhumance.migrators.calendars.forms.mapi_event import event_object
from transhumance.migrators.calendars.forms.mapi_said import said_event
from transhumance.migrators.calendars.forms.mapi_table import TABLE
from transhumance.migrators.ical.document import DOCUMENT, STANDARD
from transhumance.migrators.ical.mapi_files import set_aside
from transhumance.migrators.ical.mapi_object import Opening, Part, Reading, digests, read_object

LIMIT = 64 << 20  # bytes of an object that are read
_BLOBS = {
    mapi_tags.APPOINTMENT_RECUR: RECURRENCE_VIEW,
    mapi_tags.TIME_ZONE_STRUCT: STRUCT_VIEW,
    mapi_tags.TZ_DEFINITION_START: DEFINITION_VIEW,
    mapi_tags.TZ_DEFINITION_END: DEFINITION_VIEW,
    mapi_tags.TZ_DEFINITION_RECUR: DEFINITION_VIEW,
}


@dataclass(frozen=True, slots=True)
class EventCodec:
    """Kind `event`, form `mapi`."""

    kind: str = "event"
    form: str = "mapi"
    standard: str = STANDARD
    version: str = "1"
    table: PropertyTable = TABLE.table
    document_table: PropertyTable = DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        item, narrow = widened(record)
        opening = Opening(record, item, context)
        content = event_object(opening)
        calendar = read_object(content)
        said, _ = said_event(Reading(calendar, context, opening.hints))
        set_aside(opening, said)
        residue, large = residue_of(said, item, TABLE, digests(calendar, "VEVENT"), views(item.properties),
                                    opening.hints, narrow)  # fmt: skip
        for name in large:
            opening.find("CAL-ATT-04", name)
        if any(TABLE.part(entry.path) != "item" and entry.kind == "part" for entry in residue):
            opening.find("CAL-PROP-01")
        name = str(item.properties.get(mapi_tags.SUBJECT, ""))[:200]
        document = Document(self.kind, STANDARD, {}, {"content": BytesBody.of(content), **opening.bodies}, name)
        return Opened(document, residue, tuple(opening.findings), tuple(opening.refs))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        calendar = _read(document)
        hints, kept, findings = usable(residue, digests(calendar, "VEVENT"))
        said, unsaid = said_event(Reading(calendar, context, hints, document.bodies))
        back, unfit = completed(said, kept, views)
        more = [Finding("GEN-RESIDUE-01", path) for path in unfit]
        more += [Finding("CAL-REC-02", text[:80]) for text in unsaid if mapi_tags.APPOINTMENT_RECUR not in kept]
        record = Record(b"", self.kind, self.form, back.properties, back.bodies)
        return Returned(record, (*findings, *more))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


def views(properties: Mapping[str, Value]) -> dict[str, View]:
    """How the blobs and the texts of an appointment are taken apart."""
    return {**_BLOBS, **body_views(properties)}


def _read(document: Document) -> Part:
    """The object of a document; an empty one where it can't be read."""
    body = document.bodies.get("content")
    try:
        return read_object(read_all(body, LIMIT)) if body else Part("VCALENDAR")
    except (OSError, ValueError):
        return Part("VCALENDAR")


CODECS = (EventCodec(),)
