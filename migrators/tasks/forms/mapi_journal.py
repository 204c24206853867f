"""Sticky notes and journal entries as VJOURNAL, and back (MS-OXONOTE, MS-OXOJRNL).

A VJOURNAL without DTSTART is a note, one with it a journal entry (RFC 5545 section 3.6.3).
"""

from __future__ import annotations

from transhumance.connectors.contract import Finding, Value
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi import PSETID_LOG
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.migrators.ical.mapi_files import said_files
from transhumance.migrators.ical.mapi_marks import (
    COMMON,
    Mark,
    choice_mark,
    said_lists,
    said_marks,
    said_of_subject,
    text_mark,
)
from transhumance.migrators.ical.mapi_object import Opening, Reading
from transhumance.migrators.ical.mapi_people import said_people
from transhumance.migrators.ical.mapi_texts import said_bodies
from transhumance.migrators.ical.mapi_times import UTC_ZONE, iana_zone, read_time, time_line

COLORS = {0: "blue", 1: "green", 2: "pink", 3: "yellow", 4: "white"}  # MS-OXONOTE 2.2.1.1; RFC 7986 section 5.9
_PLACES = (mapi_tags.NOTE_WIDTH, mapi_tags.NOTE_HEIGHT, mapi_tags.NOTE_X, mapi_tags.NOTE_Y)
NOTE_MARKS = (choice_mark(mapi_tags.NOTE_COLOR, "COLOR", COLORS),)
JOURNAL_MARKS = (text_mark(mapi_tags.LOG_TYPE, "X-LOG-TYPE"),)
# a VJOURNAL has no PRIORITY (RFC 5545 section 3.6.3)
JOURNAL_COMMON = tuple(mark for mark in COMMON if mark.key != mapi_tags.IMPORTANCE)
_JOURNAL_LOST = tuple(f"{PSETID_LOG}/{lid}" for lid in ("0x8707:0003", "0x8708:0040"))


def note_lines(opening: Opening) -> list[bytes]:
    """Nothing of its own: what a note has beside its text and colour has no place."""
    if any(mapi.integer(opening.properties, key) is not None for key in _PLACES):
        opening.find("NOTE-FORM-01")
    return []


def journal_lines(opening: Opening) -> list[bytes]:
    """DTSTART."""
    p = opening.properties
    if any(p.get(key) for key in _JOURNAL_LOST):
        opening.find("JOUR-LINK-01")
    keys = (mapi_tags.LOG_START, mapi_tags.COMMON_START, mapi_tags.CREATION_TIME)
    start = next((at for key in keys if (at := mapi.moment(p, key))), None)
    return [time_line("DTSTART", start, UTC_ZONE)] if start else []


def said_note(reading: Reading) -> tuple[Said, tuple[Finding, ...]]:
    """The properties and bodies of a note."""
    return _said(reading, "IPM.StickyNote", NOTE_MARKS), ()


def said_journal(reading: Reading) -> tuple[Said, tuple[Finding, ...]]:
    """The properties and bodies of a journal entry."""
    said = _said(reading, "IPM.Activity", JOURNAL_MARKS)
    for part in reading.masters("VJOURNAL")[:1]:
        prop = part.first("DTSTART")
        time = read_time(prop, reading.calendar, reading.context) if prop else None
        if time is not None:
            start = time.utc(iana_zone(reading.context.timezone) or UTC_ZONE)
            said.properties |= {mapi_tags.LOG_START: start, mapi_tags.COMMON_START: start}
        if kind := part.text("X-LOG-TYPE"):
            said.properties[mapi_tags.LOG_TYPE_DESCRIPTION] = kind
    return said, ()


def _said(reading: Reading, message_class: str, marks: tuple[Mark, ...]) -> Said:
    constants: dict[str, Value] = {mapi_tags.MESSAGE_CLASS: message_class, "bodies": {}, "recipients": (),
                                   "attachments": ()}  # fmt: skip
    parts = reading.masters("VJOURNAL")
    if not parts:
        return Said(constants)
    part = parts[0]
    files, texts, people = said_files(part, reading), said_bodies(part, reading), said_people(part)
    said = Said({**constants, **files.properties, **texts.properties, **people}, {**files.bodies, **texts.bodies})
    said.properties |= {**said_marks(part, (*JOURNAL_COMMON, *marks)), **said_lists(part)}
    if mapi_tags.SENSITIVITY in said.properties:
        said.properties[mapi_tags.PRIVATE] = said.properties[mapi_tags.SENSITIVITY] == 2
    said.properties |= said_of_subject(part.text("SUMMARY"))
    return said
