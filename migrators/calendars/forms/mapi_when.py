"""When an appointment is: its zone, its times, whether it lasts whole days (MS-OXOCAL 2.2.1.5 to 2.2.1.9, 2.2.1.39 to
43)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_timezone import ZoneRule
from transhumance.migrators.ical.mapi_object import Opening
from transhumance.migrators.ical.mapi_times import (
    UTC_ZONE,
    Zone,
    date_line,
    definition,
    find_zone,
    iana_zone,
    struct,
    time_line,
)

ZONE = "zone"  # the hint: the IANA zone of times that the object says as dates; 0: UTC; 1: that of its VTIMEZONE
_STARTS = (mapi_tags.APPOINTMENT_START, mapi_tags.COMMON_START, mapi_tags.START_DATE, mapi_tags.CLIP_START)
_ENDS = (mapi_tags.APPOINTMENT_END, mapi_tags.COMMON_END, mapi_tags.END_DATE, mapi_tags.CLIP_END)
_HALF_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class When:
    """The times of an appointment that is no series, or of a series' first occurrence: instants, and the zones that
    they are written in."""

    start: datetime | None
    end: datetime | None
    zone: Zone = UTC_ZONE
    end_zone: Zone = UTC_ZONE


def instants(opening: Opening) -> tuple[datetime | None, datetime | None]:
    """Start and end, by the first property that has them."""
    p = opening.properties
    start = next((found for key in _STARTS if (found := mapi.moment(p, key))), None)
    end = next((found for key in _ENDS if (found := mapi.moment(p, key))), None)
    return start, end


def single(opening: Opening) -> When:
    """The times of an item that is no series."""
    start, end = instants(opening)
    if start is None:
        opening.find("CAL-PARSE-01", "no start")
        return When(None, None)
    zone = _zone(opening, (mapi_tags.TZ_DEFINITION_START,), start, start.date(), True) or UTC_ZONE
    end_zone = _end_zone(opening, zone, start)
    return When(start, end, zone, end_zone)


def _end_zone(opening: Opening, zone: Zone, start: datetime) -> Zone:
    """The zone of the end, which may be another one."""
    found = definition(opening.properties, mapi_tags.TZ_DEFINITION_END)
    first = definition(opening.properties, mapi_tags.TZ_DEFINITION_START)
    if found is None or first is None or found.name == first.name or not zone.tzid:
        return zone
    return find_zone(opening, found.name, found.rules, start, start.date(), True) or zone


def of_series(opening: Opening, first: date, last: date | None) -> Zone | None:
    """The zone of a series; None where nothing says it."""
    keys = (mapi_tags.TZ_DEFINITION_RECUR, mapi_tags.TZ_DEFINITION_START)
    return _zone(opening, keys, datetime(first.year, first.month, first.day), last, False)


def _zone(opening: Opening, keys: tuple[str, ...], first: datetime, last: date | None, single: bool) -> Zone | None:
    p = opening.properties
    rules: tuple[ZoneRule, ...] = ()
    name = ""
    for key in keys:
        if (found := definition(p, key)) is not None:
            name, rules = name or found.name, rules or found.rules
    if not rules and (one := struct(p, mapi_tags.TIME_ZONE_STRUCT)) is not None:
        rules = (one.rule,)
    name = name or mapi.text(p, mapi_tags.TIME_ZONE_DESCRIPTION)
    return find_zone(opening, name, rules, first, last, single)


def lines(opening: Opening, when: When) -> list[bytes]:
    """DTSTART and DTEND."""
    if when.start is None:
        return []
    if mapi.boolean(opening.properties, mapi_tags.ALL_DAY):
        return _all_day(opening, when.start, when.end, when.zone)
    found = [time_line("DTSTART", when.start, when.zone)]
    if when.end is not None and when.end > when.start:
        found.append(time_line("DTEND", when.end, when.end_zone))
    elif when.end is not None and when.end < when.start:
        opening.find("CAL-PARSE-01", "it ends before it begins")
    return found


def _all_day(opening: Opening, start: datetime, end: datetime | None, zone: Zone) -> list[bytes]:
    """Whole days: dates of the item's own zone; the nearest ones where it says times that are no midnights."""
    own = iana_zone(opening.context.timezone)
    chosen = next((z for z in (zone, own) if z is not None and z.tzid and _midnight(z.local(start))), None)
    if chosen is None:
        chosen = zone if zone.tzid else own or UTC_ZONE
        opening.find("CAL-ALLDAY-01")
    opening.hints[ZONE] = hint_of(chosen)
    first = _nearest(chosen.local(start))
    found = [date_line("DTSTART", first)]
    if end is not None and (last := _nearest(chosen.local(end))) > first:
        found.append(date_line("DTEND", last))
    return found


def hint_of(zone: Zone) -> str | int:
    """The hint for a zone."""
    return zone.iana or int(bool(zone.rules))


def _midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def _nearest(local: datetime) -> date:
    return (local + _HALF_DAY).date()
