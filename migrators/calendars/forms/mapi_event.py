"""An appointment as an iCalendar object: the component, its modified occurrences, the zones that they use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from transhumance.connectors.formats import contentwrite, mapi, mapi_recurrence, mapi_tags
from transhumance.connectors.formats.mapi_embedded import EMBEDDED
from transhumance.connectors.formats.mapi_recurrence import Override
from transhumance.migrators.calendars.forms import mapi_series, mapi_when
from transhumance.migrators.calendars.forms.mapi_busy import (
    CANCELLED,
    MARKS,
    MEETING,
    PLACE,
    RECEIVED,
    busy_lines,
    conference_lines,
    note_busy,
)
from transhumance.migrators.calendars.forms.mapi_identity import uid_of
from transhumance.migrators.calendars.forms.mapi_series import Series
from transhumance.migrators.ical.mapi_alarm import before_start, minutes_before
from transhumance.migrators.ical.mapi_files import exceptions, file_lines
from transhumance.migrators.ical.mapi_files import rows as files
from transhumance.migrators.ical.mapi_marks import COMMON, list_lines, mark_lines, note_marks, note_unreadable
from transhumance.migrators.ical.mapi_object import Opening
from transhumance.migrators.ical.mapi_people import attendee_lines, organizer_line, rows
from transhumance.migrators.ical.mapi_texts import body_lines
from transhumance.migrators.ical.mapi_times import Zone, local_line, stamp, time_line

PRODID = b"PRODID:-//transhumance//mapi//EN\r\n"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OWN = frozenset((mapi_tags.SUBJECT,))


def event_object(opening: Opening) -> bytes:
    """The object. What it can't say is in the opening's findings."""
    uid = contentwrite.line("UID", contentwrite.escape(uid_of(opening)))
    shared = [uid, *_shared(opening)]
    series = mapi_series.series_of(opening)
    if series is not None:
        components, zones = _series(opening, series, shared), [series.zone]
        year = series.rule.first.year
    else:
        when = mapi_when.single(opening)
        own = [*_occurrence(opening, when.zone), *mapi_when.lines(opening, when)]
        components = [_component(opening, shared, own)]
        zones = [when.zone, when.end_zone]
        year = when.start.year if when.start else 1970
    note_marks(opening)
    note_busy(opening, b"".join(shared).decode("utf-8", "replace"))
    note_unreadable(opening, exceptions(opening.properties))
    body = b"".join(components)
    blocks = [zone.block(year) for zone in dict.fromkeys(zones) if _is_used(zone, body, opening)]
    return contentwrite.component("VCALENDAR", [PRODID, b"VERSION:2.0\r\n", *blocks, body])


def _is_used(zone: Zone, body: bytes, opening: Opening) -> bool:
    named = opening.hints.get(mapi_when.ZONE) == 1 and not zone.iana
    return bool(zone.tzid) and (b"TZID=" in body or named)


def _shared(opening: Opening) -> list[bytes]:
    """What the series and all its occurrences have alike."""
    p = opening.properties
    touched = mapi.moment(p, mapi_tags.LAST_MODIFICATION_TIME) or mapi.moment(p, mapi_tags.CREATION_TIME) or _EPOCH
    marks = [mark for mark in (*COMMON, *MARKS) if mark.key not in _OWN]
    return [
        contentwrite.line("DTSTAMP", stamp(touched)),
        *mark_lines(p, marks),
        *list_lines(opening),
        *body_lines(opening),
        *_people(opening),
        *conference_lines(p),
        *file_lines(opening),
    ]


def _people(opening: Opening) -> list[bytes]:
    """ORGANIZER and ATTENDEE of a meeting; an appointment of one's own names nobody (MS-OXOCAL 2.2.1.10)."""
    state = mapi.integer(opening.properties, mapi_tags.APPOINTMENT_STATE)
    if not (state or 0) & MEETING and (state is not None or not rows(opening.properties)):
        return []
    if (state or 0) & RECEIVED:
        opening.find("CAL-ORG-01")
    opening.find("CAL-SCHED-03")
    return [*organizer_line(opening), *attendee_lines(opening)]


def _component(
    opening: Opening, shared: Iterable[bytes], own: Iterable[bytes], override: Override | None = None
) -> bytes:
    p = opening.properties
    busy, minutes, texts = mapi.integer(p, mapi_tags.BUSY_STATUS), minutes_before(p), {}
    if override is not None:
        busy = busy if (other := mapi_series.busy_of(override)) is None else other
        minutes, texts = _reminder(override, minutes), mapi_series.texts(opening, override)
    marks = [mark for mark in (*COMMON, *PLACE) if mark.key in (mapi_tags.SUBJECT, mapi_tags.LOCATION)]
    state = mapi.integer(p, mapi_tags.APPOINTMENT_STATE) or 0
    lines = [*own, *mark_lines({**p, **texts}, marks), *shared, *busy_lines(busy, state & CANCELLED)]
    return contentwrite.component("VEVENT", [*lines, *before_start(opening, minutes)])


def _reminder(override: Override, minutes: int | None) -> int | None:
    """Minutes before a modified occurrence: by what it says of its own, else as the series."""
    if override.has(mapi_recurrence.REMINDER) and not override.reminder:
        return None
    if override.has(mapi_recurrence.REMINDER_DELTA) and (minutes is not None or override.has(mapi_recurrence.REMINDER)):
        return min(override.reminder_delta, 60 * 24 * 366)
    return 15 if minutes is None and override.has(mapi_recurrence.REMINDER) else minutes


def _series(opening: Opening, series: Series, shared: list[bytes]) -> list[bytes]:
    found = [_component(opening, shared, mapi_series.lines(series))]
    if series.overrides:
        opening.find("CAL-EXC-01")
    embedded = exceptions(opening.properties)
    held = embedded and all(EMBEDDED in files(opening.properties)[n] for n in embedded)
    for override in series.overrides:
        if override.has(mapi_recurrence.BODY) or (embedded and override.has(mapi_recurrence.ATTACHMENT)):
            opening.find("CAL-EXC-04" if held else "CAL-EXC-03", "text or files of an occurrence")
        found.append(_component(opening, shared, mapi_series.occurrence_lines(series, override), override))
    return found


def _occurrence(opening: Opening, zone: Zone) -> list[bytes]:
    """RECURRENCE-ID of an item that is one occurrence of a series that is not here."""
    at = mapi.moment(opening.properties, mapi_tags.EXCEPTION_REPLACE_TIME)
    if at is None or not mapi.boolean(opening.properties, mapi_tags.IS_EXCEPTION):
        return []
    opening.find("CAL-REC-06")
    if mapi.boolean(opening.properties, mapi_tags.ALL_DAY) and zone.tzid:
        return [local_line("RECURRENCE-ID", zone.local(at), zone)]
    return [time_line("RECURRENCE-ID", at, zone)]
