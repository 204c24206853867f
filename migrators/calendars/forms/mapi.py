"""Appointments of the form `mapi` as iCalendar objects, and back (MS-OXOCAL; MS-OXCICAL for what Exchange itself
writes)."""

from __future__ import annotations

from dataclasses import dataclass

from transhumance.connectors.contract import (
    Context,
    Difference,
    Document,
    Opened,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    compare_records,
)
from transhumance.connectors.formats import mapi_tags
from transhumance.connectors.formats.mapi_rrule import RECURRENCE_VIEW
from transhumance.connectors.formats.mapi_zones import DEFINITION_VIEW, STRUCT_VIEW
from transhumance.migrators.calendars.forms.mapi_event import event_object
from transhumance.migrators.calendars.forms.mapi_said import said_event
from transhumance.migrators.calendars.forms.mapi_table import TABLE
from transhumance.migrators.ical import mapi_codec
from transhumance.migrators.ical.document import DOCUMENT, STANDARD

_BLOBS = {
    mapi_tags.APPOINTMENT_RECUR: RECURRENCE_VIEW,
    mapi_tags.TIME_ZONE_STRUCT: STRUCT_VIEW,
    mapi_tags.TZ_DEFINITION_START: DEFINITION_VIEW,
    mapi_tags.TZ_DEFINITION_END: DEFINITION_VIEW,
    mapi_tags.TZ_DEFINITION_RECUR: DEFINITION_VIEW,
}
_SHAPE = mapi_codec.Shape("event", "VEVENT", TABLE, event_object, said_event, _BLOBS, mapi_tags.APPOINTMENT_RECUR,
                          "CAL-PROP-01")  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventCodec:
    """Kind `event`, form `mapi`."""

    kind: str = "event"
    form: str = mapi_codec.FORM
    standard: str = STANDARD
    version: str = "2"
    table: PropertyTable = TABLE.table
    document_table: PropertyTable = DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        return mapi_codec.to_open(_SHAPE, record, context)

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        return mapi_codec.from_open(_SHAPE, document, residue, context)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


CODECS = (EventCodec(),)
