"""Zone names of an iCalendar object: Windows, localised and private ones become IANA's, and back exactly.

The edit is the least that another program needs: the name is changed wherever it stands, in the VTIMEZONE too, whose
rules stay. It is made only where the instants stay the same: by the zone's own rules, where it has a VTIMEZONE, over
the time that the item covers. What was written goes into the residue as written, quotes and folds included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from transhumance.connectors.contract import Context, Finding, ResidueEntry, Value, part_digest, usable_residue
from transhumance.connectors.formats import zone_rules, zones
from transhumance.connectors.formats.contentline import Text, parse, plain, splice, text_of, unfold

PART = "zones"  # the part of the document that the residue completes: every zone name in it, in order
PATH = "TZID"
NEVER = date(zone_rules.LAST, 12, 30)
_MAYBE = re.compile(rb"(?i)TZID|X-WR-TIMEZONE|[\r\n][ \t]")  # a name, or a fold that may lie inside one
_PARAM = re.compile(rb"(?i);TZID=")
_TIMES = re.compile(rb"\d{8}(?:T\d{6})?")
_UNTIL = re.compile(rb"(?i)UNTIL=(\d{8}(?:T\d{6})?)")
_SUBDAY = re.compile(rb"(?i)BYHOUR|BYMINUTE|BYSECOND|FREQ=(?:HOUR|MINUTE|SECOND)LY")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a zone name stands: its line, and its span in the unfolded line. `component`: of a TZID property of a
    VTIMEZONE, the VTIMEZONE, else -1."""

    line: int
    start: int
    end: int
    name: str
    component: int = -1


@dataclass(frozen=True, slots=True)
class Renamed:
    """What `rename` made of a text: the lines, what the residue must keep, and what was found."""

    lines: list[bytes]
    residue: tuple[ResidueEntry, ...] = ()
    findings: tuple[Finding, ...] = ()


def places(text: Text) -> list[Place]:
    """Every zone name in a text, in order: TZID parameters, the TZID of each VTIMEZONE, X-WR-TIMEZONE."""
    found: list[Place] = []
    for number, line in enumerate(text.lines):
        if not _MAYBE.search(line):
            continue
        flat = unfold(line)
        upper = flat[:2048].upper()
        if b";TZID=" in upper and not upper.startswith((b"BEGIN:", b"END:")):
            found += _param(number, line)
        elif upper.startswith((b"TZID:", b"TZID;", b"X-WR-TIMEZONE:")) and (prop := parse(line)):
            owner = text.owner[number]
            inside = owner if owner >= 0 and text.outline[owner].name == "VTIMEZONE" and prop.name == "TZID" else -1
            found.append(Place(number, prop.at, prop.at + len(prop.value), text_of(prop.value), inside))
    return found


def _param(number: int, line: bytes) -> Iterator[Place]:
    prop = parse(line)
    value = next((value for key, value in prop.params if key == "TZID"), None) if prop else None
    if prop and value is not None:
        flat = unfold(line).removeprefix(b"\xef\xbb\xbf")
        for match in _PARAM.finditer(flat, 0, prop.at):
            if flat.startswith(value, match.end()):
                yield Place(number, match.end(), match.end() + len(value), plain(value))
                return


def rename(text: Text, context: Context) -> Renamed:
    """The text with IANA names for its zones, wherever that keeps every instant."""
    found = places(text)
    if not found:
        return Renamed(text.lines)
    rules = _definitions(text, found)
    decided = {name: _decide(name, rules, text, found, context) for name in dict.fromkeys(p.name for p in found)}
    chosen = {name: iana for name, (iana, _) in decided.items() if iana}
    edits = dict(_edits(found, chosen, set(rules)))
    renamed = {found[index].name for index in edits}
    findings = tuple(said for name, (iana, said) in decided.items() if said and (name in renamed or not iana))
    if not edits:
        return Renamed(text.lines, (), findings)
    lines, was = apply(text.lines, found, {at: _written(text.lines, found[at], new) for at, new in edits.items()})
    names = [edits.get(index, place.name) for index, place in enumerate(found)]
    residue = ResidueEntry(PATH, _runs(was), PART, part_digest(tuple(names)))
    return Renamed(lines, (residue,), findings)


def _written(lines: Sequence[bytes], place: Place, name: str) -> str:
    """A name as it is to be written: in quotes only where without them the rest of the line would be taken for more of
    it (a colon in a damaged value)."""
    line, was = splice(lines[place.line], place.start, place.end, name.encode())
    if not was.startswith(b'"') or any(found.name == name for found in _param(place.line, line)):
        return name
    return f'"{name}"'


def restore(text: Text, residue: Iterable[ResidueEntry]) -> tuple[list[bytes], tuple[Finding, ...]]:
    """The lines with the names that the residue kept, where the document's zone names are as they were left."""
    found = places(text)
    parts = {PART: part_digest(tuple(place.name for place in found))}
    kept, findings = usable_residue(residue, parts)
    back = {at: raw for at, raw in _read_runs(kept.get(PATH)) if 0 <= at < len(found)}
    return apply(text.lines, found, back)[0], findings


def apply(
    lines: Sequence[bytes], found: Sequence[Place], edits: Mapping[int, str | bytes]
) -> tuple[list[bytes], dict[int, bytes]]:
    """The lines with other names at these places, and what stood there, as it was written."""
    out, was = list(lines), {}
    for index, new in edits.items():
        place = found[index]
        raw = new if isinstance(new, bytes) else new.encode()
        out[place.line], was[index] = splice(out[place.line], place.start, place.end, raw)
    return out, was


# --- deciding


def _definitions(text: Text, found: Iterable[Place]) -> dict[str, zone_rules.Rules | None]:
    """The rules of each zone that the object defines."""
    return {p.name: zone_rules.read_vtimezone(text.bytes_of(p.component)) for p in found if p.component >= 0}


def _decide(
    name: str, rules: Mapping[str, zone_rules.Rules | None], text: Text, found: Sequence[Place], context: Context
) -> tuple[str | None, Finding | None]:
    """The IANA name that a zone is to be given (None: it keeps its own), and what there is to say of it."""
    known = zones.resolve(name, context.territory, context.timezone)
    if known and known.how == "iana" and rules.get(name) is None:
        return None, None
    if name not in rules:
        if known is None:
            return None, Finding("CAL-TZ-02", f"{name[:80]}: no rules")
        return known.iana, Finding("CAL-TZ-01", f"{name[:80]} -> {known.iana}")
    mine = rules[name]
    if mine is None:
        return None, Finding("CAL-TZ-02", f"{name[:80]}: its rules can't be evaluated")
    extent = Extent.of(text, name, found)
    if known and zone_rules.agree(mine, known.iana, extent.first, extent.last, extent.times):
        if known.how == "iana":
            return None, None
        return known.iana, Finding("CAL-TZ-01", f"{name[:80]} -> {known.iana}")
    if known and known.how == "iana":
        return None, Finding("CAL-TZ-03", name[:80])
    by_rules = zone_rules.match(
        mine, extent.first, extent.last, context.territory, context.timezone, extent.times, zones.hints(name)
    )
    if by_rules is None:
        return None, Finding("CAL-TZ-03" if known else "CAL-TZ-02", name[:80])
    return by_rules, Finding("CAL-TZ-01", f"{name[:80]} -> {by_rules} (by its rules)")


def _edits(found: Sequence[Place], chosen: Mapping[str, str], defined: set[str]) -> Iterator[tuple[int, str]]:
    """Which places get which name. A VTIMEZONE keeps its own where another one has the new name already: two of one
    name would be invalid."""
    taken = {name for name in defined if name not in chosen}
    for index, place in enumerate(found):
        iana = chosen.get(place.name)
        if iana is None:
            continue
        if place.component >= 0:
            if iana in taken:
                continue
            taken.add(iana)
        yield index, iana


@dataclass(frozen=True, slots=True)
class Extent:
    """The time that an item covers in one zone: days, and local times of day (None: any)."""

    first: date
    last: date
    times: frozenset[time] | None

    @classmethod
    def of(cls, text: Text, name: str, found: Sequence[Place]) -> Extent:
        """From the values that are written in that zone, to the end of the recurrences, which may be never."""
        moments = [m for p in found if p.name == name and p.component < 0 for m in _moments(text.lines[p.line])]
        if not moments:
            return cls(date(2007, 1, 1), NEVER, None)
        rules = list(_rules(text))
        ends = [end for rule in rules if (end := _until(rule))]
        last = NEVER if len(ends) < len(rules) else max(m.date() for m in moments + ends)
        strict = any(_SUBDAY.search(rule) for rule in rules)
        return cls(min(m.date() for m in moments), last, None if strict else frozenset(m.time() for m in moments))


def _moments(line: bytes) -> Iterator[datetime]:
    if prop := parse(line):
        for value in _TIMES.findall(prop.value)[:5000]:
            try:
                yield zone_rules.local_time(value)
            except ValueError:
                continue


def _rules(text: Text) -> Iterator[bytes]:
    """The RRULE values of the items, not those of the time zones."""
    for number, line in enumerate(text.lines):
        if line[:5].upper() == b"RRULE" and (owner := text.owner[number]) >= 0:
            if text.outline[owner].name not in ("STANDARD", "DAYLIGHT") and (prop := parse(line)):
                yield prop.value


def _until(rule: bytes) -> datetime | None:
    match = _UNTIL.search(rule)
    try:
        return zone_rules.local_time(match[1]) if match else None
    except ValueError:
        return None


# --- the residue's form: pairs of a name as it was written and the places where it stood


def _runs(was: Mapping[int, bytes]) -> Value:
    by_raw: dict[bytes, list[int]] = {}
    for index, raw in was.items():
        by_raw.setdefault(raw, []).append(index)
    return tuple((_said(raw), tuple(at)) for raw, at in by_raw.items())


def _said(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _read_runs(value: Value) -> Iterator[tuple[int, bytes]]:
    for run in value if isinstance(value, tuple | list) else ():
        match run:
            case [str() | bytes() as raw, [*places_of_it]]:
                text = raw.encode() if isinstance(raw, str) else raw
                yield from ((at, text) for at in places_of_it if isinstance(at, int))
