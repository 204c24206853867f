"""The judge of recurrences: two iCalendar objects say the same when `recurring_ical_events` expands them to the same
instants.

It is asked twice, so that a zone's name and its rules are judged apart: `by_rules` hides the names of the zones that
the object defines, `by_names` takes the definitions away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from transhumance.connectors.formats import contentline
from transhumance.migrators.ical import zones

Occurrence = tuple[str, str, str]
DST_CHANGES = ((3, 8), (3, 25), (10, 25), (11, 1))  # days around which Europe's and America's changes fall
YEARS = (1995, 1996, 2006, 2007, 2020, 2026, 2030)


def windows(years: Iterable[int] = YEARS, days: int = 7) -> Iterator[tuple[datetime, datetime]]:
    """Spans that cross each change of the clocks of Europe and North America."""
    for year in years:
        for month, day in DST_CHANGES:
            start = datetime(year, month, day, tzinfo=UTC) - timedelta(days=1)
            yield start, start + timedelta(days=days)


def expand(data: bytes, spans: Iterable[tuple[datetime, datetime]], local: str) -> set[Occurrence]:
    """(UID, start, end) of every occurrence in these spans, as instants where the item has a zone, in local time of
    the onlooker `local` where it floats. Raises what the judge raises."""
    calendar = icalendar.Calendar.from_ical(data)
    query = recurring_ical_events.of(calendar)
    return {
        (str(event.get("UID", "")), _instant(event.get("DTSTART"), local), _instant(event.get("DTEND"), local))
        for start, end in spans
        for event in query.between(start, end)
    }


def _instant(prop: object, local: str) -> str:
    value = getattr(prop, "dt", None)
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(local))
        return aware.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else ""


def by_rules(data: bytes) -> bytes:
    """The object with names that nobody knows for the zones that it defines: only their rules tell."""
    text = contentline.read(data)
    found = zones.places(text)
    defined = {place.name for place in found if place.component >= 0}
    edits = {at: f"Own-{place.name.encode().hex()}" for at, place in enumerate(found) if place.name in defined}
    return contentline.join(zones.apply(text.lines, found, edits)[0])


def by_names(data: bytes) -> bytes:
    """The object without the definitions of its zones: only their names tell."""
    text = contentline.read(data)
    gone = {n for c in text.outline if c.name == "VTIMEZONE" for n in range(c.first, c.last)}
    return b"".join(line for number, line in enumerate(text.lines) if number not in gone)
