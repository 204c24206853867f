"""Tasks, sticky notes and journal entries of the form `mapi` as iCalendar objects, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

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
from transhumance.connectors.formats import contentwrite, mapi, mapi_tags
from transhumance.connectors.formats.mapi_rrule import PATTERN_VIEW
from transhumance.migrators.ical import mapi_codec
from transhumance.migrators.ical.document import DOCUMENT, STANDARD
from transhumance.migrators.ical.mapi_files import file_lines
from transhumance.migrators.ical.mapi_identity import derived_uid
from transhumance.migrators.ical.mapi_marks import COMMON, Mark, list_lines, mark_lines, note_marks, note_unreadable
from transhumance.migrators.ical.mapi_object import Opening
from transhumance.migrators.ical.mapi_texts import body_lines
from transhumance.migrators.ical.mapi_times import stamp
from transhumance.migrators.tasks.forms.mapi_journal import (
    JOURNAL_COMMON,
    JOURNAL_MARKS,
    NOTE_MARKS,
    journal_lines,
    note_lines,
    said_journal,
    said_note,
)
from transhumance.migrators.tasks.forms.mapi_table import JOURNALS, NOTES, TASKS
from transhumance.migrators.tasks.forms.mapi_task import MARKS, TASK_GLOBAL_ID, said_task, task_lines

_PRODID = b"PRODID:-//transhumance//mapi//EN\r\n"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def task_object(opening: Opening) -> bytes:
    """A VTODO."""
    return _object(opening, "VTODO", MARKS, task_lines(opening))


def note_object(opening: Opening) -> bytes:
    """A VJOURNAL without a date."""
    return _object(opening, "VJOURNAL", NOTE_MARKS, note_lines(opening))


def journal_object(opening: Opening) -> bytes:
    """A VJOURNAL with its date."""
    return _object(opening, "VJOURNAL", JOURNAL_MARKS, journal_lines(opening))


def _object(opening: Opening, component: str, marks: tuple[Mark, ...], own: list[bytes]) -> bytes:
    p = opening.properties
    touched = mapi.moment(p, mapi_tags.LAST_MODIFICATION_TIME) or mapi.moment(p, mapi_tags.CREATION_TIME) or _EPOCH
    shared = mapi.binary(p, TASK_GLOBAL_ID)
    uid = shared.hex().upper() if shared and len(shared) < 500 else derived_uid(opening)
    alarms = [line for line in own if line.startswith(b"BEGIN:")]
    common = COMMON if component == "VTODO" else JOURNAL_COMMON
    lines = [
        contentwrite.line("UID", uid),
        contentwrite.line("DTSTAMP", stamp(touched)),
        *mark_lines(p, (*common, *marks)),
        *list_lines(opening),
        *(line for line in own if not line.startswith(b"BEGIN:")),
        *body_lines(opening),
        *file_lines(opening),
        *alarms,
    ]
    note_marks(opening)
    note_unreadable(opening)
    return contentwrite.component("VCALENDAR", [_PRODID, b"VERSION:2.0\r\n", contentwrite.component(component, lines)])


_BLOBS = {mapi_tags.TASK_RECUR: PATTERN_VIEW}
_PATTERN = mapi_tags.TASK_RECUR
_SHAPES = {
    "task": mapi_codec.Shape("task", "VTODO", TASKS, task_object, said_task, _BLOBS, _PATTERN, "TASK-PROP-01"),
    "note": mapi_codec.Shape("note", "VJOURNAL", NOTES, note_object, said_note, {}, _PATTERN, "TASK-PROP-01"),
    "journal": mapi_codec.Shape("journal", "VJOURNAL", JOURNALS, journal_object, said_journal, {}, _PATTERN,
                                "TASK-PROP-01"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaskCodec:
    """Kinds `task`, `note` and `journal`, form `mapi`."""

    kind: str
    table: PropertyTable
    form: str = mapi_codec.FORM
    standard: str = STANDARD
    version: str = "2"
    document_table: PropertyTable = DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        return mapi_codec.to_open(_SHAPES[self.kind], record, context)

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        return mapi_codec.from_open(_SHAPES[self.kind], document, residue, context)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


CODECS = tuple(TaskCodec(kind, shape.table.table) for kind, shape in _SHAPES.items())
