"""A task as VTODO, and what a VTODO says of a task (MS-OXOTASK, MS-OXCICAL 2.1.3.1.2 as far as it goes).

Outlook's tasks have days, no times: midnight, written as if it were UTC. Their instants, for views that mix them with
appointments, are the midnights of the mailbox's zone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from transhumance.connectors.contract import Finding, Value
from transhumance.connectors.formats import contentwrite, mapi, mapi_recurrence, mapi_rrule, mapi_tags, zone_rules
from transhumance.connectors.formats.mapi import PSETID_COMMON, named
from transhumance.connectors.formats.mapi_recurrence import BlobError, Pattern
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.connectors.formats.mapi_rrule import Unsayable
from transhumance.migrators.ical.mapi_alarm import at_time, trigger_of
from transhumance.migrators.ical.mapi_files import said_files
from transhumance.migrators.ical.mapi_marks import (
    COMMON,
    choice_mark,
    said_lists,
    said_marks,
    said_of_subject,
    time_mark,
)
from transhumance.migrators.ical.mapi_object import Opening, Part, Reading
from transhumance.migrators.ical.mapi_people import attendee_lines, organizer_line, rows, said_people
from transhumance.migrators.ical.mapi_texts import said_bodies
from transhumance.migrators.ical.mapi_times import UTC_ZONE, Zone, date_line, iana_zone, read_time, read_times

ZONE = "zone"  # the hint: the mailbox's zone, for the instants of days
TASK_GLOBAL_ID = named(PSETID_COMMON, 0x8519, 0x102)
NOT_STARTED, IN_PROGRESS, COMPLETE, WAITING, DEFERRED = range(5)
_STATUS = {NOT_STARTED: "NEEDS-ACTION", IN_PROGRESS: "IN-PROCESS", COMPLETE: "COMPLETED", WAITING: "IN-PROCESS",
           DEFERRED: "NEEDS-ACTION"}  # fmt: skip
_SAID = {"NEEDS-ACTION": NOT_STARTED, "IN-PROCESS": IN_PROGRESS, "COMPLETED": COMPLETE}
_OWN = 1  # PidLidTaskState: the task is its owner's, and assigned to nobody
_GLOBAL_ID = re.compile("(?:[0-9A-F]{2}){8,500}")
_HALF_DAY = timedelta(hours=12)
MARKS = (
    choice_mark(mapi_tags.TASK_STATUS, "X-TASK-STATUS", {WAITING: "WAITING", DEFERRED: "DEFERRED"}),
    time_mark(mapi_tags.TASK_COMPLETED, "COMPLETED"),
)


def task_lines(opening: Opening) -> list[bytes]:
    """DTSTART, DUE, RRULE, STATUS, PERCENT-COMPLETE, ORGANIZER and ATTENDEE, VALARM."""
    return [*_days(opening), *_progress(opening), *_people(opening), *_alarm(opening)]


def _days(opening: Opening) -> list[bytes]:
    p = opening.properties
    if any(isinstance(p.get(key), datetime) for key in (mapi_tags.TASK_START, mapi_tags.TASK_DUE)):
        opening.hints[ZONE] = opening.context.timezone
    pattern = _pattern(opening)
    start, due = day_of(p.get(mapi_tags.TASK_START)), day_of(p.get(mapi_tags.TASK_DUE))
    found: list[bytes] = []
    if pattern is not None:
        rule = mapi_rrule.to_rule(pattern)
        found.append(date_line("DTSTART", rule.first))
        start = rule.first
        end = f";COUNT={rule.count}" if rule.count else f";UNTIL={rule.until:%Y%m%d}" if rule.until else ""
        found.append(contentwrite.line("RRULE", rule.parts + end))
        found += [date_line("EXDATE", day) for day in dict.fromkeys(map(_day, pattern.deleted))]
        opening.find("TASK-REC-01")
    elif start is not None and (due is None or due > start):
        found.append(date_line("DTSTART", start))  # a DUE on the same day would not be later (RFC 5545, 3.8.2.3)
    if due is not None and (pattern is None or (start is not None and due > start)):
        found.append(date_line("DUE", due))
        opening.find("TASK-DATE-01")
    return found


def _pattern(opening: Opening) -> Pattern | None:
    """The pattern of the task, or None where it has none, or one that an object can't say, which is named."""
    data = mapi.binary(opening.properties, mapi_tags.TASK_RECUR)
    if data is None:
        return None
    try:
        found = mapi_recurrence.parse_pattern(data)
        if found.sliding:
            opening.find("TASK-REGEN-01")
            return None
        mapi_rrule.to_rule(found)
    except BlobError:
        opening.find("CAL-REC-04", "damaged pattern")
        return None
    except Unsayable as error:
        known = mapi_rrule.is_gregorian(mapi_recurrence.parse_pattern(data))
        opening.find("CAL-REC-04" if known else "CAL-REC-03", str(error))
        return None
    if found.kind == mapi_recurrence.MONTH and found.day > 28:
        opening.find("CAL-REC-01", "day 29 to 31")
    return found


def _day(minutes: int) -> date:
    return mapi_recurrence.when(minutes).date()


def day_of(value: Value) -> date | None:
    """The day of a task's date: the nearest midnight UTC."""
    if not isinstance(value, datetime) or value.year >= 4501:
        return None
    return (value.astimezone(UTC) + _HALF_DAY).date()


def _progress(opening: Opening) -> list[bytes]:
    p = opening.properties
    status, done = mapi.integer(p, mapi_tags.TASK_STATUS), mapi.number(p, mapi_tags.PERCENT_COMPLETE)
    found = []
    if status in _STATUS:
        found.append(contentwrite.line("STATUS", _STATUS[status]))
    if status in (WAITING, DEFERRED):
        opening.find("TASK-STATUS-01")
    if done is not None and 0 <= done <= 1:
        found.append(contentwrite.line("PERCENT-COMPLETE", str(round(done * 100))))
    efforts = (mapi.integer(p, key) for key in (mapi_tags.TASK_ACTUAL_EFFORT, mapi_tags.TASK_ESTIMATED_EFFORT))
    if any(efforts) or mapi.text(p, mapi_tags.BILLING) or mapi.text(p, mapi_tags.MILEAGE):
        opening.find("TASK-WORK-01")
    return found


def _people(opening: Opening) -> list[bytes]:
    """Who gave the task and who has it, of one that is assigned (MS-OXOTASK 2.2.2.2.16)."""
    state = mapi.integer(opening.properties, mapi_tags.TASK_STATE)
    if not rows(opening.properties) and state in (None, 0, _OWN):
        return []
    opening.find("TASK-ASSIGN-01")
    return [*organizer_line(opening), *attendee_lines(opening)]


def _alarm(opening: Opening) -> list[bytes]:
    p = opening.properties
    at = mapi.moment(p, mapi_tags.REMINDER_SIGNAL_TIME) or mapi.moment(p, mapi_tags.REMINDER_TIME)
    return at_time(opening, at) if at is not None and mapi.boolean(p, mapi_tags.REMINDER_SET) else []


# --- and back


def said_task(reading: Reading) -> tuple[Said, tuple[Finding, ...]]:
    """The properties and bodies, and what of the rule MAPI can't say."""
    constants: dict[str, Value] = {mapi_tags.MESSAGE_CLASS: "IPM.Task", "bodies": {}, "recipients": (),
                                   "attachments": ()}  # fmt: skip
    masters = reading.masters("VTODO")
    if not masters:
        return Said(constants), ()
    part = masters[0]
    files, texts, people = said_files(part, reading), said_bodies(part, reading), said_people(part)
    said = Said({**constants, **files.properties, **texts.properties, **people}, {**files.bodies, **texts.bodies})
    said.properties |= {**said_status(part), **said_marks(part, (*COMMON, *MARKS)), **said_lists(part)}
    said.properties |= said_of_subject(part.text("SUMMARY"))
    if mapi_tags.SENSITIVITY in said.properties:
        said.properties[mapi_tags.PRIVATE] = said.properties[mapi_tags.SENSITIVITY] == 2
    if _GLOBAL_ID.fullmatch(uid := part.text("UID") or ""):
        said.properties[TASK_GLOBAL_ID] = bytes.fromhex(uid)
    days, unsaid = _said_days(part, reading)
    said.properties |= {**days, **_said_alarm(part, reading)}
    return said, tuple(Finding("CAL-REC-02", text[:80]) for text in unsaid)


def said_status(part: Part) -> dict[str, Value]:
    """STATUS and PERCENT-COMPLETE."""
    status = _SAID.get((part.text("STATUS") or "").strip().upper(), NOT_STARTED)
    found: dict[str, Value] = {mapi_tags.TASK_STATUS: status, mapi_tags.TASK_IS_COMPLETE: status == COMPLETE}
    text = (part.text("PERCENT-COMPLETE") or "").strip()
    if text.isascii() and text.isdigit() and int(text) <= 100:
        found[mapi_tags.PERCENT_COMPLETE] = int(text) / 100
    return found


def _zone(reading: Reading) -> Zone:
    """The mailbox's zone: as it was when the task was opened, else the establishment's."""
    hint = reading.hints.get(ZONE)
    return iana_zone(hint if isinstance(hint, str) else reading.context.timezone) or UTC_ZONE


def _said_days(part: Part, reading: Reading) -> tuple[dict[str, Value], tuple[str, ...]]:
    found: dict[str, Value] = {}
    for name, key, common in (
        ("DTSTART", mapi_tags.TASK_START, mapi_tags.COMMON_START),
        ("DUE", mapi_tags.TASK_DUE, mapi_tags.COMMON_END),
    ):
        prop = part.first(name)
        time = read_time(prop, reading.calendar, reading.context) if prop else None
        if time is not None:
            day = time.local.replace(hour=0, minute=0, second=0)
            found |= {key: day.replace(tzinfo=UTC), common: _zone(reading).utc(day)}
    pattern, unsaid = _said_pattern(part, reading)
    found[mapi_tags.TASK_RECURRING] = pattern is not None
    if pattern is not None:
        found[mapi_tags.TASK_RECUR] = mapi_recurrence.write_pattern(pattern)
    return found, unsaid


def _said_pattern(part: Part, reading: Reading) -> tuple[Pattern | None, tuple[str, ...]]:
    rules = [prop.value.decode("ascii", "replace") for prop in part.all("RRULE")]
    prop = part.first("DTSTART")
    start = read_time(prop, reading.calendar, reading.context) if prop else None
    if not rules:
        return None, ()
    if len(rules) > 1 or start is None:
        return None, ("several RRULE" if start else "no DTSTART",)
    until = next((p[6:] for p in rules[0].upper().split(";") if p.startswith("UNTIL=")), None)
    try:
        last = zone_rules.local_time(until.encode()).date() if until else None
        found = mapi_rrule.from_rule(rules[0], start.local.date(), last)
        deleted = {t.local.date() for p in part.all("EXDATE")
                   for t in read_times(p, reading.calendar, reading.context)}  # fmt: skip
        days = sorted(mapi_recurrence.minutes(datetime(d.year, d.month, d.day)) for d in deleted)
        return replace(found, deleted=tuple(days)), ()
    except (Unsayable, BlobError, ValueError) as error:
        return None, (str(error),)


def _said_alarm(part: Part, reading: Reading) -> dict[str, Value]:
    prop = part.first("DTSTART") or part.first("DUE")
    start = read_time(prop, reading.calendar, reading.context) if prop else None
    base = start.utc(_zone(reading)) if start else datetime(1970, 1, 1, tzinfo=UTC)
    at = trigger_of(part, base, timedelta())
    if at is None:
        return {mapi_tags.REMINDER_SET: False}
    return {mapi_tags.REMINDER_SET: True, mapi_tags.REMINDER_TIME: at, mapi_tags.REMINDER_SIGNAL_TIME: at}
