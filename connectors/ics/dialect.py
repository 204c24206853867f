"""What tells iCalendar files from others of content lines."""

from __future__ import annotations

from collections.abc import Mapping

from transhumance.connectors.contract import Value
from transhumance.connectors.formats.objectsource import Dialect
from transhumance.connectors.ics.split import inspect


def mark_text(properties: Mapping[str, Value]) -> bytes:
    """A calendar without items, that says of itself what the container's source said (RFC 7986 section 5)."""
    said = properties.get("icalendar", b"")
    lines = said if isinstance(said, bytes) else b""
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//transhumance//ics//EN\r\n" + lines + b"END:VCALENDAR\r\n"


ICS = Dialect(
    name="ics",
    form="ical",
    suffixes=(".ics", ".ical", ".icalendar", ".ifb", ".vcs"),
    workloads={"event": "calendars", "task": "tasks", "journal": "tasks", "note": "tasks"},
    primary="calendars",
    inspect=inspect,
    foreign="CAL-FILE-01",
    refused="CAL-WRITE-01",
    no_before="CAL-BEFORE-01",
    mark=".transhumance-calendar.ics",
    mark_text=mark_text,
)
