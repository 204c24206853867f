"""The one reminder of a MAPI item as VALARM, and back (MS-OXORMDR 2.2.1, RFC 5545 section 3.6.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import contentwrite, mapi, mapi_tags
from transhumance.connectors.formats.contentline import Property
from transhumance.migrators.ical.mapi_object import Opening, Part
from transhumance.migrators.ical.mapi_times import stamp

DEFAULT_DELTA = 0x5AE980E1  # "the default of the client", which is 15 minutes (MS-OXORMDR 2.2.1.3)
_MOST = 60 * 24 * 366 * 10  # minutes before the start that are believed
_DURATION = re.compile(
    r"([-+])?P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE
)
_ZERO = timedelta()


def minutes_before(properties: Mapping[str, Value]) -> int | None:
    """The minutes before the start at which a set reminder rings, or None where none is set."""
    if not mapi.boolean(properties, mapi_tags.REMINDER_SET):
        return None
    found = mapi.integer(properties, mapi_tags.REMINDER_DELTA)
    return 15 if found is None or found == DEFAULT_DELTA or not 0 <= found <= _MOST else found


def before_start(opening: Opening, minutes: int | None) -> list[bytes]:
    """A VALARM so many minutes before the start."""
    if minutes is None:
        return []
    opening.find("CAL-REM-01")
    return [_alarm(contentwrite.line("TRIGGER", f"-PT{minutes}M" if minutes else "PT0S"))]


def at_time(opening: Opening, time: datetime) -> list[bytes]:
    """A VALARM at an instant."""
    opening.find("CAL-REM-01")
    return [_alarm(contentwrite.line("TRIGGER", stamp(time), [("VALUE", "DATE-TIME")]))]


def _alarm(trigger: bytes) -> bytes:
    return contentwrite.component("VALARM", [b"ACTION:DISPLAY\r\n", trigger, b"DESCRIPTION:Reminder\r\n"])


# --- and back


def trigger_of(part: Part, start: datetime, length: timedelta) -> datetime | None:
    """The instant at which the first alarm of a component rings, or None where it has none that can be read."""
    for alarm in part.inside("VALARM"):
        prop = alarm.first("TRIGGER")
        if prop is not None and (found := _instant(prop, start, length)) is not None:
            return found
    return None


def _instant(prop: Property, start: datetime, length: timedelta) -> datetime | None:
    text = prop.value.strip().decode("ascii", "replace")
    if (span := duration(text)) is not None:
        base = start + length if prop.param("RELATED").upper() == "END" else start
        return _moved(base, span)
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _moved(time: datetime, span: timedelta) -> datetime | None:
    try:
        return time + span
    except OverflowError:
        return None


def duration(text: str) -> timedelta | None:
    """A DURATION value (RFC 5545 section 3.3.6), or None for what is none."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if match[1] == "-" else span


def said_alarm(part: Part, start: datetime, length: timedelta) -> dict[str, Value]:
    """What the first alarm says; of a series, for its first occurrence."""
    at = trigger_of(part, start, length)
    if at is None:
        return {mapi_tags.REMINDER_SET: False}
    delta = (start - at) // timedelta(minutes=1)
    return {mapi_tags.REMINDER_SET: True, mapi_tags.REMINDER_DELTA: max(0, min(delta, 1 << 30)),
            mapi_tags.REMINDER_TIME: start, mapi_tags.REMINDER_SIGNAL_TIME: at}  # fmt: skip
