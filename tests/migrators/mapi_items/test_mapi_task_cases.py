"""Tasks, sticky notes and journal entries case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import tests_support_mapi_make as make

from transhumance.connectors.contract import BytesBody, Context, Document, Record, read_all
from transhumance.connectors.formats import contentline
from transhumance.connectors.formats import mapi_recurrence as rec
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.migrators.tasks.forms import CODECS as ALL

CODECS = {codec.kind: codec for codec in ALL}
PARIS = Context(timezone="Europe/Paris", territory="FR")
CLASSES = {"task": "IPM.Task", "note": "IPM.StickyNote", "journal": "IPM.Activity"}


def day(*parts):
    return datetime(*parts, tzinfo=UTC)


def opened(properties, kind="task", bodies=None):
    base = {tags.MESSAGE_CLASS: CLASSES[kind], tags.SUBJECT: "Relire", tags.SEARCH_KEY: b"0123456789abcdef"}
    record = Record(b"k", kind, "mapi", {**base, **properties}, bodies or {})
    found = CODECS[kind].to_open(record, PARIS)
    assert CODECS[kind].compare(record, CODECS[kind].from_open(found.document, found.residue, PARIS).record) == ()
    return found


def lines(found, name):
    data = read_all(found.document.bodies["content"])
    flat = [contentline.unfold(line).decode() for line in contentline.split(data)]
    return [line for line in flat if line.startswith((f"{name}:", f"{name};"))]


def codes(found):
    return {finding.code for finding in found.findings}


def held(found):
    return {entry.path for entry in found.residue}


def test_days_of_a_task_are_dates_and_their_instants_midnights_of_the_zone():
    found = opened({tags.TASK_START: day(2025, 7, 1), tags.TASK_DUE: day(2025, 7, 4),
                    tags.COMMON_START: day(2025, 6, 30, 22), tags.COMMON_END: day(2025, 7, 3, 22)})  # fmt: skip
    assert lines(found, "DTSTART") == ["DTSTART;VALUE=DATE:20250701"]
    assert lines(found, "DUE") == ["DUE;VALUE=DATE:20250704"]
    assert "TASK-DATE-01" in codes(found)
    assert not held(found) & {tags.TASK_START, tags.TASK_DUE, tags.COMMON_START, tags.COMMON_END}


def test_a_task_of_one_day_has_its_due_day_alone():
    found = opened({tags.TASK_START: day(2025, 7, 1), tags.TASK_DUE: day(2025, 7, 1)})
    assert not lines(found, "DTSTART")
    assert lines(found, "DUE") == ["DUE;VALUE=DATE:20250701"]


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [(0, "NEEDS-ACTION", ""), (1, "IN-PROCESS", ""), (2, "COMPLETED", ""), (3, "IN-PROCESS", "TASK-STATUS-01"),
     (4, "NEEDS-ACTION", "TASK-STATUS-01")],
)  # fmt: skip
def test_every_status_comes_back(status, word, code):
    found = opened({tags.TASK_STATUS: status, tags.TASK_IS_COMPLETE: status == 2, tags.PERCENT_COMPLETE: 0.25})
    assert lines(found, "STATUS") == [f"STATUS:{word}"]
    assert lines(found, "PERCENT-COMPLETE") == ["PERCENT-COMPLETE:25"]
    assert not held(found) & {tags.TASK_STATUS, tags.TASK_IS_COMPLETE, tags.PERCENT_COMPLETE}
    assert (code in codes(found)) == bool(code)


def test_a_series_of_tasks_is_a_rule():
    pattern = rec.Pattern(rec.WEEKLY, rec.WEEK, 1, make.minutes(date(2025, 7, 1)), mask=4, first_weekday=1,
                          first_date_time=1440, deleted=(make.minutes(date(2025, 7, 8)),))  # fmt: skip
    found = opened({tags.TASK_RECUR: rec.write_pattern(pattern), tags.TASK_START: day(2025, 7, 1),
                    tags.TASK_RECURRING: True})  # fmt: skip
    assert lines(found, "RRULE") == ["RRULE:FREQ=WEEKLY;BYDAY=TU"]
    assert lines(found, "EXDATE") == ["EXDATE;VALUE=DATE:20250708"]
    entry = next(e for e in found.residue if e.path == tags.TASK_RECUR)
    assert entry.value == {"view": {"in": {"first_date_time": 1440}}}


def test_a_task_that_is_made_anew_has_no_rule_and_is_told():
    pattern = rec.Pattern(rec.DAILY, rec.DAY, 1440, make.minutes(date(2025, 7, 1)), sliding=1)
    found = opened({tags.TASK_RECUR: rec.write_pattern(pattern)})
    assert not lines(found, "RRULE")
    assert "TASK-REGEN-01" in codes(found)


def test_an_assigned_task_names_people_and_is_told():
    row = {tags.RECIPIENT_TYPE: 1, tags.DISPLAY_NAME: "Bob", tags.ADDRESS_TYPE: "SMTP",
           tags.EMAIL_ADDRESS: "bob@chu.example"}  # fmt: skip
    found = opened({tags.TASK_STATE: 3, "recipients": (row,), tags.SENT_REPRESENTING_NAME: "Ana",
                    tags.SENT_REPRESENTING_EMAIL_ADDRESS: "ana@chu.example"})  # fmt: skip
    assert lines(found, "ORGANIZER") == ["ORGANIZER;CN=Ana:mailto:ana@chu.example"]
    assert "mailto:bob@chu.example" in lines(found, "ATTENDEE")[0]
    assert "TASK-ASSIGN-01" in codes(found)


def test_a_reminder_rings_at_its_instant():
    at = day(2025, 7, 1, 6)
    found = opened({tags.REMINDER_SET: True, tags.REMINDER_TIME: at, tags.REMINDER_SIGNAL_TIME: at})
    assert lines(found, "TRIGGER") == ["TRIGGER;VALUE=DATE-TIME:20250701T060000Z"]
    assert not held(found) & {tags.REMINDER_SET, tags.REMINDER_TIME, tags.REMINDER_SIGNAL_TIME}


def test_work_is_told():
    assert "TASK-WORK-01" in codes(opened({tags.TASK_ACTUAL_EFFORT: 90}))


def test_a_note_has_its_colour_and_no_date():
    found = opened({tags.NOTE_COLOR: 2, tags.NOTE_WIDTH: 200, tags.CREATION_TIME: day(2025, 7, 1)}, "note")
    assert lines(found, "COLOR") == ["COLOR:pink"]
    assert not lines(found, "DTSTART")
    assert lines(found, "BEGIN")[1] == "BEGIN:VJOURNAL"
    assert "NOTE-FORM-01" in codes(found)
    assert tags.NOTE_COLOR not in held(found)


def test_a_journal_entry_has_its_date_and_its_kind():
    found = opened({tags.LOG_START: day(2025, 7, 1, 9), tags.LOG_END: day(2025, 7, 1, 10), tags.LOG_DURATION: 60,
                    tags.LOG_TYPE: "Appel", tags.LOG_TYPE_DESCRIPTION: "Appel", tags.CONTACTS: ("Ana", "Léo")},
                   "journal")  # fmt: skip
    assert lines(found, "DTSTART") == ["DTSTART:20250701T090000Z"]
    assert lines(found, "X-LOG-TYPE") == ["X-LOG-TYPE:Appel"]
    assert lines(found, "CONTACT") == ["CONTACT:Ana", "CONTACT:Léo"]
    assert "JOUR-LINK-01" in codes(found)
    assert not held(found) & {tags.LOG_START, tags.LOG_TYPE, tags.LOG_TYPE_DESCRIPTION, tags.CONTACTS}


def test_a_task_of_another_program_becomes_one():
    data = b"""BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:x\r\nSUMMARY:S\r\nDTSTART;VALUE=DATE:20250701\r
RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20251231\r\nSTATUS:COMPLETED\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"""
    document = Document("task", "ical", {}, {"content": BytesBody.of(data)})
    p = CODECS["task"].from_open(document, (), PARIS).record.properties
    assert (p[tags.TASK_STATUS], p[tags.TASK_IS_COMPLETE]) == (2, True)
    assert tags.TASK_RECUR not in p  # the first of July is not in the rule
    fixed = data.replace(b"20250701", b"20250731")
    document = Document("task", "ical", {}, {"content": BytesBody.of(fixed)})
    pattern = rec.parse_pattern(CODECS["task"].from_open(document, (), PARIS).record.properties[tags.TASK_RECUR])
    assert (pattern.day, pattern.end_date) == (31, make.minutes(date(2025, 12, 31)))
