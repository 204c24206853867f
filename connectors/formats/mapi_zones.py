"""What the rules of a MAPI time zone blob say (MS-OXOCAL 2.2.1.39, 2.2.1.41): as a VTIMEZONE, and back from an IANA
zone to the rule that a Windows program writes.

Whether they are an IANA zone is told by `zone_rules`, which reads the VTIMEZONE. A rule's two changes a year are local
times before the change.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import zone_rules
from transhumance.connectors.formats.mapi_text import View
from transhumance.connectors.formats.mapi_timezone import (
    SystemTime,
    ZoneDefinition,
    ZoneRule,
    ZoneStruct,
    parse_definition,
    parse_struct,
    write_definition,
    write_struct,
)
from transhumance.connectors.formats.zones import iana_names

EARLIEST = 1970  # a VTIMEZONE begins there at the latest
_LIMIT = 1439  # minutes that an offset may be from UTC, whatever a blob says
_RULES = 80  # rules of a definition that are read
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_MINUTE = timedelta(minutes=1)


# --- what a rule says


def offsets(rule: ZoneRule) -> tuple[int, int]:
    """Standard and daylight time, minutes east of UTC."""
    found = [-(rule.bias + more) for more in (rule.standard_bias, rule.daylight_bias)]
    standard, daylight = (max(-_LIMIT, min(_LIMIT, minutes)) for minutes in found)
    return standard, daylight


def has_daylight(rule: ZoneRule) -> bool:
    """Whether the clock changes at all."""
    return _valid(rule.standard) and _valid(rule.daylight) and rule.standard_bias != rule.daylight_bias


def _valid(time: SystemTime) -> bool:
    day = 1 <= time.day <= 31 if time.year else 1 <= time.day <= 5 and time.weekday <= 6
    return 1 <= time.month <= 12 and day and time.hour < 24 and time.minute < 60 and time.second < 60


def change(time: SystemTime, year: int) -> datetime | None:
    """The local time of a change in a year, naive; None where it names another year or an impossible day."""
    length = calendar.monthrange(year, time.month)[1]
    if time.year:
        if time.year != year or time.day > length:
            return None
        day = time.day
    else:
        first = (date(year, time.month, 1).weekday() + 1) % 7
        day = 1 + (time.weekday - first) % 7 + 7 * (time.day - 1)
        while day > length:
            day -= 7
    return datetime(year, time.month, day, time.hour, time.minute, time.second)


# --- as a VTIMEZONE


@dataclass(frozen=True, slots=True)
class _Change:
    """An observance to write."""

    at: datetime
    before: int
    after: int
    daylight: bool
    rule: str = ""
    again: tuple[datetime, ...] = ()


@lru_cache(512)
def vtimezone(tzid: str, rules: tuple[ZoneRule, ...], first: int = EARLIEST) -> bytes:
    """The rules as a VTIMEZONE of this (escaped) TZID, for times from the year after `first` on. `rules` is not
    empty."""
    ordered = sorted(rules[:_RULES], key=lambda rule: rule.year)
    out: list[_Change] = []
    state: int | None = None
    for n, rule in enumerate(ordered):
        begin = max(rule.year, first) if n else first
        end = ordered[n + 1].year - 1 if n + 1 < len(ordered) else None
        if end is None or end >= begin:
            out += _changes(rule, begin, end, state)
            state = _state_at_end(rule, end or begin)
    return _written(tzid, out)


def _written(tzid: str, changes: Sequence[_Change]) -> bytes:
    lines = [line for found in changes for line in _observance(found)]
    return b"\r\n".join([b"BEGIN:VTIMEZONE", b"TZID:" + tzid.encode(), *lines, b"END:VTIMEZONE", b""])


def _changes(rule: ZoneRule, begin: int, end: int | None, before: int | None) -> Iterator[_Change]:
    standard, daylight = offsets(rule)
    start = _state_at_end(rule, begin - 1)
    if before != start if before is not None else not _repeats(rule):
        yield _Change(datetime(begin, 1, 1), start if before is None else before, start, start != standard)
    if has_daylight(rule):
        yield from _yearly(rule.daylight, standard, daylight, True, begin, end)
        yield from _yearly(rule.standard, daylight, standard, False, begin, end)


def _repeats(rule: ZoneRule) -> bool:
    return has_daylight(rule) and not rule.standard.year and not rule.daylight.year


def _yearly(
    time: SystemTime, before: int, after: int, is_daylight: bool, begin: int, end: int | None
) -> Iterator[_Change]:
    if time.year:
        if begin <= time.year <= (end or 9999) and (at := change(time, time.year)):
            yield _Change(at, before, after, is_daylight)
        return
    nth = -1 if time.day == 5 else time.day
    rule = f"FREQ=YEARLY;BYMONTH={time.month};BYDAY={nth}{_DAYS[time.weekday]}"
    if end is not None and (last := change(time, end)):
        rule += f";UNTIL={last - timedelta(minutes=before):%Y%m%dT%H%M%SZ}"
    if at := change(time, begin):
        yield _Change(at, before, after, is_daylight, rule)


def _state_at_end(rule: ZoneRule, year: int) -> int:
    """The offset at the end of a year under a rule: south of the equator it is daylight time."""
    standard, daylight = offsets(rule)
    if not has_daylight(rule):
        return standard
    a, b = change(rule.daylight, year), change(rule.standard, year)
    if a is None or b is None:  # dates of one year only
        return standard
    return daylight if a > b else standard


def _observance(found: _Change) -> list[bytes]:
    kind = b"DAYLIGHT" if found.daylight else b"STANDARD"
    lines = [b"BEGIN:" + kind, f"DTSTART:{found.at:%Y%m%dT%H%M%S}".zfill(15).encode(),
             b"TZOFFSETFROM:" + _offset(found.before), b"TZOFFSETTO:" + _offset(found.after)]  # fmt: skip
    if found.rule:
        lines.append(b"RRULE:" + found.rule.encode())
    lines += [f"RDATE:{at:%Y%m%dT%H%M%S}".encode() for at in found.again]
    return [*lines, b"END:" + kind]


def _offset(minutes: int) -> bytes:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}".encode()


def evaluated(rules: Sequence[ZoneRule]) -> zone_rules.Rules | None:
    """The rules so that `zone_rules` can compare them; None where there are none."""
    return zone_rules.read_vtimezone(vtimezone("x", tuple(rules))) if rules else None


# --- from an IANA zone


@lru_cache(512)
def iana_vtimezone(zone: str, first: int) -> bytes:
    """A VTIMEZONE of an IANA zone for times from the year after `first` on: by yearly rules where these say it, else
    by its changes one by one, until 2040."""
    rules = iana_rules(zone, first)
    block = vtimezone(zone, rules, first) if rules else b""
    found = zone_rules.read_vtimezone(block) if rules else None
    if found and zone_rules.agree(
        found, zone, date(min(first + 1, zone_rules.LAST), 1, 1), date(zone_rules.LAST, 1, 1)
    ):
        return block
    return _written(zone, _one_by_one(zone, first))


def _one_by_one(zone: str, first: int) -> list[_Change]:
    info = ZoneInfo(zone)
    begin = _iana_offset(info, datetime(first, 1, 1))
    found = [_Change(datetime(first, 1, 1), begin, begin, False)]
    groups: dict[tuple[int, int], list[datetime]] = {}
    for at in zone_rules.iana_changes(zone):
        if at.year >= first:
            pair = (_iana_offset(info, at - _MINUTE), _iana_offset(info, at))
            groups.setdefault(pair, []).append(at + timedelta(minutes=pair[0]))
    for (before, after), times in groups.items():
        found.append(_Change(times[0], before, after, after > before, again=tuple(times[1:])))
    return found


@lru_cache(256)
def iana_rules(zone: str, first: int, last: int = zone_rules.LAST) -> tuple[ZoneRule, ...]:
    """The rules of an IANA zone from one year to another, each from the year in which it begins; a year whose clock
    changes otherwise than twice keeps the rule before it. The last holds for what follows."""
    found: list[ZoneRule] = []
    for year in range(min(first, last), last + 1):
        rule = rule_of(zone, year)
        if rule is not None and (not found or rule.key != found[-1].key):
            found.append(ZoneRule(year, rule.bias, 0, rule.daylight_bias, rule.standard, rule.daylight))
    return tuple(found)


@lru_cache(4096)
def rule_of(zone: str, year: int) -> ZoneRule | None:
    """The rule that a Windows program would write for an IANA zone in a year: the two changes as days of the week.
    None where there is no such zone, or it changed its clock otherwise than twice."""
    if zone not in iana_names() or not 1 < year < 9990:
        return None
    info = ZoneInfo(zone)
    found = [at for month in range(1, 13) for at in _changes_in_month(info, year, month)]
    first = _iana_offset(info, datetime(year, 1, 1, 12))
    if not found:
        return ZoneRule(1601, -first, 0, 0)
    if len(found) != 2:
        return None
    between = _iana_offset(info, found[0] + _MINUTE)
    to_daylight, to_standard = (found[0], found[1]) if between > first else (found[1], found[0])
    std, dst = min(first, between), max(first, between)
    return ZoneRule(1601, -std, 0, std - dst, _as_weekday(info, to_standard, dst), _as_weekday(info, to_daylight, std))


def _changes_in_month(info: ZoneInfo, year: int, month: int) -> Iterator[datetime]:
    low = datetime(year, month, 1)
    high = low + timedelta(days=calendar.monthrange(year, month)[1])
    before = _iana_offset(info, low)
    if before == _iana_offset(info, high):
        return
    while high - low > _MINUTE:
        middle = low + max(_MINUTE, (high - low) // 2 // _MINUTE * _MINUTE)
        low, high = (middle, high) if _iana_offset(info, middle) == before else (low, middle)
    yield high


def _iana_offset(info: ZoneInfo, at: datetime) -> int:
    return zone_rules.iana_offset(info, at) // 60


def _as_weekday(info: ZoneInfo, utc: datetime, before: int) -> SystemTime:
    """A change as the n-th weekday of its month: of the two ways to say the last days, the one that later years
    keep."""
    local = utc + timedelta(minutes=before)
    nth = (local.day - 1) // 7 + 1
    length = calendar.monthrange(local.year, local.month)[1]
    weekday = (local.weekday() + 1) % 7
    ways = [5, nth] if local.day + 7 > length else [nth]
    times = [SystemTime(0, local.month, weekday, way, local.hour, local.minute) for way in ways]
    years = range(local.year, local.year + 7)
    return max(times, key=lambda time: sum(_kept(info, time, year, before) for year in years))


def _kept(info: ZoneInfo, time: SystemTime, year: int, before: int) -> bool:
    local = change(time, year)
    if local is None:
        return False
    utc = local - timedelta(minutes=before)
    return _iana_offset(info, utc - _MINUTE) == before != _iana_offset(info, utc)


# --- for the residue


def _rule_parts(rule: ZoneRule) -> dict[str, Value]:
    return {
        "year": rule.year,
        "flags": rule.flags,
        "bias": (rule.bias, rule.standard_bias, rule.daylight_bias),
        "standard": tuple(rule.standard),
        "daylight": tuple(rule.daylight),
        "unused": rule.unused,
        "version": rule.version,
    }


def _rule_of_parts(parts: Value) -> ZoneRule:
    match parts:
        case {
            "year": int(year),
            "flags": int(flags),
            "bias": (int(bias), int(standard_bias), int(daylight_bias)),
            "standard": (*standard,),
            "daylight": (*daylight,),
            "unused": bytes(unused),
            "version": (int(a), int(b), int(c)),
        }:
            return ZoneRule(year, bias, standard_bias, daylight_bias, SystemTime(*standard), SystemTime(*daylight),
                            flags, unused, (a, b, c))  # fmt: skip
    raise ValueError("not the parts of a rule")


def _definition_parts(blob: bytes) -> dict[str, Value]:
    zone = parse_definition(blob)
    return {"name": zone.name, "rules": tuple(_rule_parts(rule) for rule in zone.rules), "flags": zone.flags,
            "version": zone.version, "tail": zone.tail}  # fmt: skip


def _definition_of_parts(parts: Mapping[str, Value]) -> bytes:
    match dict(parts):
        case {"name": str(name), "rules": (*rules,), "flags": int(flags), "version": (int(a), int(b)),
              "tail": bytes(tail)}:  # fmt: skip
            found = tuple(_rule_of_parts(rule) for rule in rules)
            return write_definition(ZoneDefinition(name, found, flags, (a, b), tail))
    raise ValueError("not the parts of a zone")


def _struct_parts(blob: bytes) -> dict[str, Value]:
    zone = parse_struct(blob)
    return {"rule": _rule_parts(zone.rule), "years": (zone.standard_year, zone.daylight_year)}


def _struct_of_parts(parts: Mapping[str, Value]) -> bytes:
    match dict(parts):
        case {"rule": rule, "years": (int(a), int(b))}:
            return write_struct(ZoneStruct(_rule_of_parts(rule), a, b))
    raise ValueError("not the parts of a zone")


DEFINITION_VIEW = View(_definition_parts, _definition_of_parts)
STRUCT_VIEW = View(_struct_parts, _struct_of_parts)
