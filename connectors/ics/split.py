"""An iCalendar file as the items in it: one for each UID, with its exceptions, the VTIMEZONEs that it uses and what
the calendar says of all its items.

A calendar's lines about itself (name, colour, refresh) and time zones that no item uses are properties of the
container, not of the items. Every byte else is in an item, or told by code; blank lines between components say
nothing. Damage is met as the usual programs write it: a component without its END ends where the next begins, and a
calendar that is cut ends for each of its whole items.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import contentline
from transhumance.connectors.formats.objectsplit import (
    DEPTH,
    Buffer,
    Cut,
    Lost,
    NotOurs,
    Sheet,
    Span,
    Tokens,
    guess,
    is_blank,
    merged,
    relax,
)

ITEMS = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY", "VPOLL")
ZONE = "VTIMEZONE"
_ENDS_OPEN = frozenset((*ITEMS, ZONE))  # none of them may stand inside another: RFC 5545 section 3.6
_NAMES = ("NAME", "X-WR-CALNAME")
_CONTAINER = frozenset((
    *_NAMES, "X-WR-CALDESC", "DESCRIPTION", "X-WR-RELCALID", "COLOR", "X-APPLE-CALENDAR-COLOR", "X-OUTLOOK-COLOR",
    "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "SOURCE", "URL", "UID", "LAST-MODIFIED", "CATEGORIES", "IMAGE",
    "X-PRIMARY-CALENDAR", "X-OWNER",
))  # fmt: skip
_WRITER = frozenset(("VERSION", "PRODID", "CALSCALE"))  # of the file's writer: another writer has his own
_SHOWN = {"NAME": "name", "X-WR-CALNAME": "name", "X-WR-CALDESC": "description", "DESCRIPTION": "description",
          "COLOR": "color", "X-APPLE-CALENDAR-COLOR": "color", "X-WR-TIMEZONE": "timezone"}  # fmt: skip
_HEAD = 64 << 10  # bytes of a calendar's own lines that go into each item
_TZID = re.compile(rb'(?i);TZID=("[^"\r\n]*"|[^:;\r\n]*)')
_STEP = 8 << 20
_LINE = 2048  # of a line, how much is looked at for names


@dataclass(slots=True)
class _Calendar:
    """One VCALENDAR: its BEGIN and END lines, the places between its components, its zones by name."""

    begin: Span
    end: Span | None = None
    gaps: list[Span] = field(default_factory=list)
    head: list[Span] = field(default_factory=list)
    zones: dict[str, list[Span]] = field(default_factory=dict)
    till: int = 0


class _Parts:
    """The components of a file, a few bytes each: a file may hold a million."""

    def __init__(self) -> None:
        self.starts, self.ends, self.groups = array("Q"), array("Q"), array("Q")
        self.kinds, self.whole, self.calendars = bytearray(), bytearray(), array("q")

    def add(self, start: int, end: int, name: str, uid: bytes, whole: bool, calendar: int) -> None:
        number = ITEMS.index(name) if name in ITEMS else len(ITEMS)
        mark = uid if uid else b"\0%d" % len(self.starts)
        self.starts.append(start)
        self.ends.append(end)
        self.groups.append(int.from_bytes(blake2b(b"%d:%s" % (number, mark), digest_size=8).digest()))
        self.kinds.append(number)
        self.whole.append(whole)
        self.calendars.append(calendar)

    def groups_in_order(self) -> Iterator[list[int]]:
        """The components of one kind and one UID, in file order."""
        group: list[int] = []
        for at in sorted(range(len(self.starts)), key=self.groups.__getitem__):
            if group and self.groups[group[-1]] != self.groups[at]:
                yield group
                group = []
            group.append(at)
        if group:
            yield group


@dataclass(slots=True)
class _Bundle:
    """Components that are one object: at most one master, exceptions that differ."""

    calendar: int
    uid: bytes
    parts: list[int] = field(default_factory=list)
    master: bool = False
    exceptions: set[bytes] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)
    dated: bool = False


def inspect(buffer: Buffer, named: bool) -> Sheet:
    """What a file holds. `named`: its name says that it is a calendar, so that components without a VCALENDAR are
    taken too. Raises `NotOurs`."""
    calendars, parts, bare_gaps = _scan(buffer)
    bare = any(number < 0 for number in parts.calendars)
    if not calendars and not (bare and named):
        raise NotOurs(guess(buffer))
    lost = [_outside(buffer, bare_gaps)]
    lines: list[bytes] = []
    filled = set(parts.calendars)
    for number, calendar in enumerate(calendars):
        own, strays = _head(buffer, calendar, number in filled)
        lines += own
        lost.append(Lost("#lines", "CAL-SPLIT-01", f"{strays} line(s) that are no property") if strays else None)
        if calendar.end is None:
            lost.append(Lost("#end", "CAL-FILE-02", f"after {len(parts.starts)} component(s)"))
    told = tuple(dict.fromkeys(entry for entry in lost if entry))
    properties = _properties(buffer, calendars, lines)
    single = len(calendars) + bare == 1 and "name" not in properties and _is_single(buffer, parts)
    return Sheet(
        cuts=lambda: _cuts(buffer, calendars, parts),
        single=single and all(entry.code == "CAL-FILE-02" for entry in told),
        kinds=frozenset(_kind_name(number) for number in set(parts.kinds)),
        lost=told,
        name=str(properties.get("name", "")),
        properties=properties,
    )


# --- scanning


def _scan(buffer: Buffer) -> tuple[list[_Calendar], _Parts, list[Span]]:
    """The calendars of a buffer, their components, and what lies outside of both."""
    calendars: list[_Calendar] = []
    parts, outside = _Parts(), [(0, 0)]
    stack: list[str] = []
    start, uid, at, inside = 0, b"", 0, False  # of the open component; where the last known piece ended

    def gap(until: int) -> None:
        if until > at:
            (calendars[-1].gaps if inside else outside).append((at, until))
        if inside:
            calendars[-1].till = until

    def close(end: int, whole: bool) -> None:
        nonlocal at
        if stack[0] == ZONE and inside:
            calendars[-1].zones.setdefault(_zone_name(buffer, start, end), []).append((start, end))
        else:
            parts.add(start, end, stack[0], uid, whole, len(calendars) - 1 if inside else -1)
        stack.clear()
        at = end

    for token in Tokens(buffer, ("BEGIN", "END", "UID")):
        name = token.value[:64].upper().decode("ascii", "replace")
        if token.word == b"UID":
            uid = token.value if len(stack) == 1 and not uid else uid
        elif name == "VCALENDAR":
            if stack:
                close(token.start, False)
            gap(token.start)
            if token.word == b"BEGIN":
                calendars.append(_Calendar((token.start, token.end)))
            elif inside:
                calendars[-1].end = (token.start, token.end)
            inside, at = token.word == b"BEGIN", token.end
        elif token.word == b"BEGIN":
            if stack and name in _ENDS_OPEN and stack[0] in _ENDS_OPEN:
                close(token.start, False)
            if stack:
                stack += [name] if len(stack) < DEPTH else []
            elif inside or name in _ENDS_OPEN:
                gap(token.start)
                stack, start, uid = [name], token.start, b""
        elif name in stack:
            del stack[max(index for index, open_ in enumerate(stack) if open_ == name) + 1 :]
            if len(stack) > 1:
                stack.pop()
            else:
                close(token.end, True)
    if stack:
        close(len(buffer), False)
    gap(len(buffer))
    return calendars, parts, outside


def _zone_name(buffer: Buffer, start: int, end: int) -> str:
    for low, high in contentline.spans(buffer, start, end):
        line = buffer[low : min(high, low + _LINE)]
        if line[:4].upper() == b"TZID" and (prop := contentline.parse(line)):
            return contentline.text_of(prop.value).strip()
    return ""


def _outside(buffer: Buffer, gaps: Sequence[Span]) -> Lost | None:
    size = sum(end - start for start, end in gaps if not is_blank(buffer, start, end))
    return Lost("#outside", "CAL-SPLIT-01", f"{size} bytes outside of any calendar") if size else None


def _head(buffer: Buffer, calendar: _Calendar, filled: bool) -> tuple[list[bytes], int]:
    """Gives a calendar the lines that go into each of its items; returns those about itself (all of them where it has
    no items), and how many are no property."""
    own: list[bytes] = []
    strays = size = 0
    for start, end in calendar.gaps:
        for low, high in contentline.spans(buffer, start, end):
            line = buffer[low:high]
            if not line.strip():
                continue
            prop = contentline.parse(line)
            if prop is None or prop.name in ("BEGIN", "END") or size + len(line) > _HEAD:
                strays += 1
            elif prop.name in _CONTAINER or not (filled or prop.name in _WRITER):
                own.append(line)
            else:
                own += [line] if prop.name == "X-WR-TIMEZONE" else []  # floating times of the items hang on it too
                calendar.head.append((low, high))
                size += len(line)
    return own, strays


def _properties(buffer: Buffer, calendars: Sequence[_Calendar], lines: Sequence[bytes]) -> dict[str, Value]:
    """What a file says of the calendar that it is: names and colours for people, the lines themselves, the zones that
    no item uses."""
    found: dict[str, Value] = {}
    for line in lines:
        prop = contentline.parse(line)
        if prop and prop.name in _SHOWN:
            found.setdefault(_SHOWN[prop.name], contentline.text_of(prop.value).strip())
    zones = [span for calendar in calendars for span in _unused(buffer, calendar)]
    kept = b"".join((*lines, *(buffer[low:high] for low, high in zones)))
    if kept:
        found["icalendar"] = kept
    return found


def _unused(buffer: Buffer, calendar: _Calendar) -> Iterator[Span]:
    """The zones that no component of their calendar names."""
    used: set[str] = set()
    for start in range(calendar.begin[0], calendar.till, _STEP) if calendar.zones else ():
        for match in _TZID.finditer(buffer, start, min(start + _STEP + _LINE, calendar.till)):
            used.add(contentline.plain(match[1]).strip())
        relax(buffer)
    for name, spans in calendar.zones.items():
        yield from spans if name not in used else ()


# --- cutting


def _cuts(buffer: Buffer, calendars: Sequence[_Calendar], parts: _Parts) -> Iterator[Cut]:
    for count, group in enumerate(parts.groups_in_order()):
        if count % 64 == 0:  # groups lie anywhere: the system maps 64 KiB around each place
            relax(buffer)
        for number, bundle in enumerate(_bundles(buffer, parts, group)):
            kind = _kind_name(parts.kinds[group[0]], bundle.dated)
            spans = [(parts.starts[at], parts.ends[at]) for at in bundle.parts]
            tail = b""
            if bundle.calendar >= 0:
                calendar = calendars[bundle.calendar]
                zones = [span for name in bundle.zones for span in calendar.zones.get(name, ())]
                spans += [calendar.begin, *calendar.head, *zones, *([calendar.end] if calendar.end else [])]
                if calendar.end is None and all(parts.whole[at] for at in bundle.parts):
                    tail = b"END:VCALENDAR\r\n"
            yield Cut(bundle.uid, kind, merged(spans), tail, number > 0)


def _bundles(buffer: Buffer, parts: _Parts, group: Sequence[int]) -> list[_Bundle]:
    """The components of one UID as objects: a second master, an exception met twice, or another calendar begins
    another object."""
    found: list[_Bundle] = []
    for at in group:
        read = _read(buffer, parts.starts[at], parts.ends[at])
        last = found[-1] if found else None
        clash = last and (last.master if read.exception is None else read.exception in last.exceptions)
        if last is None or clash or last.calendar != parts.calendars[at]:
            found.append(last := _Bundle(parts.calendars[at], read.uid))
        last.parts.append(at)
        last.master |= read.exception is None
        last.exceptions |= {read.exception} if read.exception is not None else set()
        last.zones |= read.zones
        last.dated |= read.dated
    return found


@dataclass(slots=True)
class _Read:
    """Of a component: its UID, its RECURRENCE-ID, the names of the zones that it uses, whether it has a DTSTART."""

    uid: bytes = b""
    exception: bytes | None = None
    zones: set[str] = field(default_factory=set)
    dated: bool = False


def _read(buffer: Buffer, start: int, end: int) -> _Read:
    found, depth = _Read(), 0
    for low, high in contentline.spans(buffer, start, end):
        line = buffer[low : min(high, low + _LINE)]
        word = line[:14].upper()
        depth += word.startswith(b"BEGIN:") - word.startswith(b"END:")
        if word.startswith((b"UID:", b"UID;", b"RECURRENCE-ID", b"DTSTART")) and depth == 1:
            if prop := contentline.parse(line):
                found.uid = found.uid or (prop.value.strip() if prop.name == "UID" else b"")
                found.dated = found.dated or prop.name == "DTSTART"
                if prop.name == "RECURRENCE-ID" and found.exception is None:
                    found.exception = prop.value.strip()
        if (b"TZID" in line or b"tzid" in line or b"\n" in line[:-2]) and (prop := contentline.parse(line)):
            found.zones |= {prop.param("TZID").strip()} if prop.params else set()
    return found


def _is_single(buffer: Buffer, parts: _Parts) -> bool:
    groups = set(parts.groups)
    return len(groups) == 1 and len(_bundles(buffer, parts, range(len(parts.starts)))) == 1


def _kind_name(number: int, dated: bool = True) -> str:
    """The kind of a component. A VJOURNAL without DTSTART is a note (RFC 5545 section 3.6.3)."""
    name = ITEMS[number] if number < len(ITEMS) else ""
    return {"VTODO": "task", "VJOURNAL": "journal" if dated else "note"}.get(name, "event")
