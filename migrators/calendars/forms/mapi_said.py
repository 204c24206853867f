"""What an iCalendar object says of an appointment, as MAPI properties: the way back, without the residue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from transhumance.connectors.contract import Finding, Value
from transhumance.connectors.formats import mapi_recurrence, mapi_rrule, mapi_tags, zone_rules
from transhumance.connectors.formats.mapi_recurrence import BlobError, Override, Pattern, Recurrence
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.connectors.formats.mapi_rrule import Unsayable
from transhumance.migrators.calendars.forms.mapi_busy import CANCELLED, MARKS, MEETING, PLACE, RECEIVED, said_busy
from transhumance.migrators.calendars.forms.mapi_identity import said_ids
from transhumance.migrators.calendars.forms.mapi_series import CODEC
from transhumance.migrators.calendars.forms.mapi_when import ZONE
from transhumance.migrators.ical.mapi_alarm import duration, said_alarm, trigger_of
from transhumance.migrators.ical.mapi_files import said_files
from transhumance.migrators.ical.mapi_marks import COMMON, said_lists, said_marks, said_of_subject
from transhumance.migrators.ical.mapi_object import Part, Reading
from transhumance.migrators.ical.mapi_people import OWN, said_people
from transhumance.migrators.ical.mapi_texts import said_bodies
from transhumance.migrators.ical.mapi_times import (
    UTC_ZONE,
    Time,
    Zone,
    definition_bytes,
    iana_zone,
    named_zone,
    read_time,
    read_times,
    struct_bytes,
)

_DAY = 1440
_TYPES = {mapi_recurrence.DAILY: 1, mapi_recurrence.WEEKLY: 2, mapi_recurrence.MONTHLY: 3, mapi_recurrence.YEARLY: 4}
_ICONS = {(False, False): 1024, (False, True): 1025, (True, False): 1026, (True, True): 1027}
_SIDE_EFFECTS = 0x171  # what MS-OXOCAL 2.2.2.1 asks of a calendar object
_PRIVATE = 2


@dataclass(frozen=True, slots=True)
class Span:
    """The times of a component. `zone`: of its start, or the one in which its dates hold."""

    start: Time
    end: Time
    zone: Zone

    @property
    def first(self) -> datetime:
        return self.start.utc(self.zone)

    @property
    def last(self) -> datetime:
        return self.end.utc(self.zone)


def said_event(reading: Reading) -> tuple[Said, tuple[Finding, ...]]:
    """The properties and bodies, and what of the rule and the times MAPI can't say."""
    masters = reading.masters("VEVENT")
    if not masters:
        return Said(_constants()), ()
    master = masters[0]
    files, texts, people = said_files(master, reading), said_bodies(master, reading), said_people(master)
    said = Said({**_constants(), **files.properties, **texts.properties, **people, **_marks(master)},
                {**files.bodies, **texts.bodies})  # fmt: skip
    span = span_of(master, reading)
    unsaid: tuple[str, ...] = ()
    found: list[Finding] = []
    pattern = None
    if span is not None:
        pattern, unsaid = _pattern(master, span, reading)
        found = [Finding("CAL-REC-02", text[:80]) for text in unsaid] + _floating(master, span)
        said.properties |= _times(master, span, pattern)
        if pattern is not None:
            said.properties |= _series(master, span, pattern, reading)
        said.properties |= said_alarm(master, span.first, span.last - span.first)
    said.properties |= said_ids(master.text("UID"), _occurrence(master, reading, said.properties))
    said.properties |= _state(master, reading, bool(people["recipients"] or master.first("ORGANIZER")))
    meeting = bool(said.properties.get(mapi_tags.APPOINTMENT_STATE))
    said.properties[mapi_tags.ICON_INDEX] = _ICONS[meeting, pattern is not None]
    return said, tuple(found)


def _floating(part: Part, span: Span) -> list[Finding]:
    """A time without a zone that is known."""
    if span.start.is_date or span.start.zone is not None:
        return []
    prop = part.first("DTSTART")
    tzid = prop.param("TZID") if prop else ""
    return [Finding("CAL-TZ-02", tzid[:80]) if tzid else Finding("CAL-FLOAT-01")]


def _constants() -> dict[str, Value]:
    return {mapi_tags.MESSAGE_CLASS: "IPM.Appointment", mapi_tags.SIDE_EFFECTS: _SIDE_EFFECTS, "bodies": {},
            "recipients": (), "attachments": ()}  # fmt: skip


def _marks(part: Part) -> dict[str, Value]:
    found = said_marks(part, (*COMMON, *MARKS, *PLACE)) | said_lists(part)
    found[mapi_tags.BUSY_STATUS] = said_busy(part)
    if mapi_tags.SENSITIVITY in found:
        found[mapi_tags.PRIVATE] = found[mapi_tags.SENSITIVITY] == _PRIVATE
    return found | said_of_subject(part.text("SUMMARY"))


def span_of(part: Part, reading: Reading) -> Span | None:
    """The times of a component; None where it has no start that can be read."""
    prop = part.first("DTSTART")
    start = read_time(prop, reading.calendar, reading.context) if prop else None
    if start is None:
        return None
    zone = start.zone or _fallback(reading)
    return Span(start, _end(part, start, zone, reading), zone)


def _fallback(reading: Reading) -> Zone:
    """The zone in which dates and floating times hold: the item's own, else the establishment's."""
    hint = reading.hints.get(ZONE)
    if hint == 0:
        return UTC_ZONE
    if hint == 1:
        own = next((tzid for part in reading.calendar.inside("VTIMEZONE") if (tzid := part.text("TZID"))), "")
        hint = own
    found = named_zone(hint, reading.calendar, reading.context) if isinstance(hint, str) and hint else None
    return found or iana_zone(reading.context.timezone) or UTC_ZONE


def _end(part: Part, start: Time, zone: Zone, reading: Reading) -> Time:
    """DTEND, or DTSTART and DURATION, or what RFC 5545 section 3.6.1 says where there is neither."""
    prop = part.first("DTEND")
    if prop is not None and (end := read_time(prop, reading.calendar, reading.context)) is not None:
        return end
    length = duration(part.text("DURATION") or "") or timedelta(days=1 if start.is_date else 0)
    try:
        return Time(start.local + length, start.is_date, start.zone)
    except OverflowError:
        return start


def _times(part: Part, span: Span, pattern: Pattern | None) -> dict[str, Value]:
    first, last = span.first, span.last
    found: dict[str, Value] = {
        mapi_tags.APPOINTMENT_START: first, mapi_tags.APPOINTMENT_END: last,
        mapi_tags.COMMON_START: first, mapi_tags.COMMON_END: last,
        mapi_tags.APPOINTMENT_DURATION: max(-1 << 31, min((last - first) // timedelta(minutes=1), (1 << 31) - 1)),
        mapi_tags.RECURRING: pattern is not None,
        mapi_tags.RECURRENCE_TYPE: _TYPES.get(pattern.frequency, 0) if pattern else 0,
    }  # fmt: skip
    if pattern is None:
        found |= {mapi_tags.CLIP_START: first, mapi_tags.CLIP_END: last}
    found[mapi_tags.ALL_DAY] = span.start.is_date or part.text("X-MICROSOFT-CDO-ALLDAYEVENT") == "TRUE"
    end_zone = span.end.zone or span.zone
    year = span.start.local.year
    for key, zone in ((mapi_tags.TZ_DEFINITION_START, span.zone), (mapi_tags.TZ_DEFINITION_END, end_zone)):
        if (data := definition_bytes(zone, year, False)) is not None:
            found[key] = data
    return found


# --- series


def _pattern(master: Part, span: Span, reading: Reading) -> tuple[Pattern | None, tuple[str, ...]]:
    """The pattern of RRULE, or None; and what can't be said."""
    rules = [prop.value.decode("ascii", "replace") for prop in master.all("RRULE")]
    others = tuple(name for name in ("RDATE", "EXRULE") if master.first(name))
    if not rules:
        return None, others
    if len(rules) > 1:
        return None, (*others, "several RRULE")
    try:
        until = _until(rules[0], span)
        return mapi_rrule.from_rule(rules[0], span.start.local.date(), until), others
    except Unsayable as error:
        return None, (*others, str(error))


def _until(rule: str, span: Span) -> date | None:
    """The day of UNTIL in the zone of the series (RFC 5545 section 3.3.10: UTC where DTSTART has a zone)."""
    text = next((part[6:] for part in rule.upper().split(";") if part.startswith("UNTIL=")), None)
    if text is None:
        return None
    try:
        local = zone_rules.local_time(text.encode())
    except ValueError:
        raise Unsayable("UNTIL") from None
    if text.endswith("Z") and not span.start.is_date and local.year >= 1601:
        return span.zone.local(local.replace(tzinfo=UTC)).date()
    return local.date()


def _series(master: Part, span: Span, pattern: Pattern, reading: Reading) -> dict[str, Value]:
    start = span.start.local
    minute = start.hour * 60 + start.minute
    length = (span.end.local - start) // timedelta(minutes=1)
    overrides = [o for part in reading.calendar.inside("VEVENT") if (o := _override(master, part, span, reading))]
    deleted = {t.local.date() for prop in master.all("EXDATE")
               for t in read_times(prop, reading.calendar, reading.context)}  # fmt: skip
    originals = {mapi_recurrence.when(o.original).date() for o in overrides}
    modified = sorted(_minutes(mapi_recurrence.when(o.start).date()) for o in overrides)
    pattern = replace(pattern, deleted=tuple(sorted(map(_minutes, deleted | originals))), modified=tuple(modified))
    try:
        blob = mapi_recurrence.write(Recurrence(pattern, minute, max(minute + length, 0), tuple(overrides)))
    except BlobError:
        return {}
    first, last = _clips(span, pattern)
    found: dict[str, Value] = {
        mapi_tags.APPOINTMENT_RECUR: blob,
        mapi_tags.CLIP_START: first,
        mapi_tags.CLIP_END: last,
    }
    if (data := struct_bytes(span.zone, start.year)) is not None:
        found[mapi_tags.TIME_ZONE_STRUCT] = data
    if (data := definition_bytes(span.zone, start.year, True)) is not None:
        found[mapi_tags.TZ_DEFINITION_RECUR] = data
    return found


def _clips(span: Span, pattern: Pattern) -> tuple[datetime, datetime]:
    """Midnight of the first day and of the last, as instants (MS-OXOCAL 2.2.1.14 and 15)."""
    first = span.zone.utc(_midnight(span.start.local))
    if pattern.end_type not in (mapi_recurrence.END_BY_DATE, mapi_recurrence.END_BY_COUNT):
        return first, span.zone.utc(mapi_recurrence.when(mapi_recurrence.NO_END_DATE))
    return first, span.zone.utc(_midnight(mapi_recurrence.when(pattern.end_date)))


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0)


def _minutes(day: date) -> int:
    return mapi_recurrence.minutes(datetime(day.year, day.month, day.day))


def _override(master: Part, part: Part, span: Span, reading: Reading) -> Override | None:
    """A modified occurrence, by what differs from the series."""
    which = part.first("RECURRENCE-ID")
    times = span_of(part, reading)
    original = read_time(which, reading.calendar, reading.context) if which else None
    if part is master or original is None or times is None:
        return None
    local = _in_zone(original, span)
    try:
        found = Override(mapi_recurrence.minutes(_in_zone(times.start, span)),
                         mapi_recurrence.minutes(_in_zone(times.end, span)),
                         mapi_recurrence.minutes(local), highlight=bytes(4))  # fmt: skip
    except BlobError:
        return None
    return _with_differences(found, master, part, span, times, reading)


def _in_zone(time: Time, span: Span) -> datetime:
    """A time as a local one of the series, to the minute."""
    if time.zone is None or time.zone == span.zone:
        return time.local
    return span.zone.local(time.zone.utc(time.local))


def _with_differences(found: Override, master: Part, part: Part, span: Span, times: Span, reading: Reading) -> Override:
    codec = reading.hints.get(CODEC)
    codec = codec if isinstance(codec, str) else "cp1252"
    subject, place = part.text("SUMMARY") or "", part.text("LOCATION") or ""
    if subject != (master.text("SUMMARY") or ""):
        found = replace(found, flags=found.flags | mapi_recurrence.SUBJECT, subject=subject,
                        ansi_subject=subject.encode(codec, "replace"))  # fmt: skip
    if place != (master.text("LOCATION") or ""):
        found = replace(found, flags=found.flags | mapi_recurrence.LOCATION, location=place,
                        ansi_location=place.encode(codec, "replace"))  # fmt: skip
    if (busy := said_busy(part)) != said_busy(master):
        found = replace(found, flags=found.flags | mapi_recurrence.BUSY_STATUS, busy_status=busy)
    if times.start.is_date != span.start.is_date:
        found = replace(found, flags=found.flags | mapi_recurrence.SUB_TYPE, sub_type=int(times.start.is_date))
    if part.text("DESCRIPTION") != master.text("DESCRIPTION"):
        found = replace(found, flags=found.flags | mapi_recurrence.BODY)
    return _with_alarm(found, master, part, span, times)


def _with_alarm(found: Override, master: Part, part: Part, span: Span, times: Span) -> Override:
    usual, own = _before(master, span), _before(part, times)
    if (usual is None) != (own is None):
        found = replace(found, flags=found.flags | mapi_recurrence.REMINDER, reminder=int(own is not None))
    if own is not None and own != usual:
        found = replace(found, flags=found.flags | mapi_recurrence.REMINDER_DELTA, reminder_delta=own)
    return found


def _before(part: Part, span: Span) -> int | None:
    at = trigger_of(part, span.first, span.last - span.first)
    return None if at is None else max(0, min((span.first - at) // timedelta(minutes=1), (1 << 32) - 1))


# --- one occurrence, meetings


def _occurrence(part: Part, reading: Reading, properties: dict[str, Value]) -> date | None:
    """Of a component that is one occurrence of a series that is not here: its date, and the properties that say so."""
    prop = part.first("RECURRENCE-ID")
    time = read_time(prop, reading.calendar, reading.context) if prop else None
    if time is None:
        return None
    properties[mapi_tags.EXCEPTION_REPLACE_TIME] = time.utc(_fallback(reading))
    properties[mapi_tags.IS_EXCEPTION] = True
    return time.local.date()


def _state(part: Part, reading: Reading, meeting: bool) -> dict[str, Value]:
    """Whether it is a meeting, received or organised, called off; and how its owner answered."""
    own = reading.hints.get(OWN)
    state = MEETING if meeting else 0
    state |= RECEIVED if meeting and isinstance(own, int) and own >= 0 else 0
    state |= CANCELLED if (part.text("STATUS") or "").strip().upper() == "CANCELLED" else 0
    found: dict[str, Value] = {mapi_tags.APPOINTMENT_STATE: state}
    if not meeting:
        found[mapi_tags.RESPONSE_STATUS] = 0
    elif own == -1:
        found[mapi_tags.RESPONSE_STATUS] = 1
    elif isinstance(own, int) and (answer := _answer(part, own)) is not None:
        found[mapi_tags.RESPONSE_STATUS] = answer
    return found


def _answer(part: Part, own: int) -> int | None:
    words = {"TENTATIVE": 2, "ACCEPTED": 3, "DECLINED": 4, "NEEDS-ACTION": 5}
    people = list(part.all("ATTENDEE"))
    return words.get(people[own].param("PARTSTAT").upper()) if own < len(people) else None
