"""Tasks, journal entries and notes in the form ical; codes of the three workloads read well in both languages."""

import re
from pathlib import Path

import pytest

from transhumance.connectors import ics, vcf
from transhumance.connectors.contract import BytesBody, Context, Record, all_codes, codec_for, read_all
from transhumance.migrators import calendars, contacts, ical, tasks
from transhumance.migrators.calendars.codes import CODES as CALENDARS
from transhumance.migrators.contacts.codes import CODES as CONTACTS
from transhumance.migrators.tasks.codes import CODES as TASKS


def record(kind: str, *lines: str) -> Record:
    name = {"task": "VTODO"}.get(kind, "VJOURNAL")
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", f"BEGIN:{name}", "UID:1", *lines, f"END:{name}", "END:VCALENDAR"]
    return Record(b"", kind, "ical", {}, {"content": BytesBody.of("".join(f"{x}\r\n" for x in text).encode())})


@pytest.mark.parametrize(
    "item,codes",
    [
        (record("task", "SUMMARY:x", "DUE;VALUE=DATE:20260101"), []),
        (record("task", "SUMMARY:x", "DUE:20260101T090000"), ["CAL-FLOAT-01"]),
        (record("task", "DTSTART:20260101T090000Z", "RRULE:FREQ=DAILY"), ["TASK-REC-01"]),
        (record("task", "DUE;TZID=Romance Standard Time:20260101T090000"), ["CAL-TZ-01"]),
        (record("task", "DUE:someday"), ["CAL-PARSE-01"]),
        (record("note", "SUMMARY:pense-bête", "CLASS:PRIVATE"), ["CAL-PRIV-01"]),
        (record("journal", "DTSTART;VALUE=DATE:20260101"), []),
    ],
)
def test_each_kind_keeps_its_bytes_and_names_what_is_misread(item: Record, codes: list[str]) -> None:
    codec = codec_for(item.kind, item.form)
    assert codec is not None
    opened = codec.to_open(item, Context())
    assert [finding.code for finding in opened.findings] == codes
    assert opened.document.kind == item.kind
    back = codec.from_open(opened.document, opened.residue, Context()).record
    assert codec.compare(item, back) == ()
    if codes != ["CAL-TZ-01"]:
        assert read_all(opened.document.bodies["content"]) == read_all(item.bodies["content"])


def test_every_code_that_these_rooms_can_say_is_registered() -> None:
    """Whatever form says it: a finding without a code is a defect."""
    said: set[str] = set()
    for package in (calendars, contacts, tasks, ical, ics, vcf):
        for path in Path(str(package.__file__)).parent.rglob("*.py"):
            said |= set(re.findall(r'"((?:CAL|CARD|TASK|NOTE|JOUR)-[A-Z0-9]{2,12}-\d\d)"', path.read_text()))
    assert len(said) > 80 and sorted(said - set(all_codes())) == []


@pytest.mark.parametrize("code", [*CALENDARS, *CONTACTS, *TASKS], ids=lambda code: code.code)
def test_codes_say_what_why_and_what_to_do_in_both_languages(code) -> None:
    for text in (code.what, code.why, code.remedy):
        assert text.fr and text.en
        assert not text.fr.endswith(".") and not text.en.endswith(".")
