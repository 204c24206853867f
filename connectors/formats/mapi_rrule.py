"""Recurrence patterns of MAPI (MS-OXOCAL 2.2.1.44.1) as RRULE (RFC 5545 3.3.10), both ways, and their dates.

Where the two differ: day 29, 30 or 31 of a month means its last day where the month is shorter, while BYMONTHDAY
skips that month; so the rule says `BYMONTHDAY=28,...;BYSETPOS=-1`. The phase of an interval hangs on the start date
here as there. Gregorian patterns only: others are `Unsayable`.
"""

from __future__ import annotations

import calendar
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import mapi_recurrence as blob
from transhumance.connectors.formats.mapi_recurrence import Pattern
from transhumance.connectors.formats.mapi_text import View

DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")  # in the order of the mask's bits
GREGORIAN = frozenset((0, 1, 2, 3, 4, 5, 7, 9, 0xA, 0xB, 0xC, 0x13))  # [MS-OXOCAL] CalendarType: same months as ours
MONTHS = frozenset((blob.MONTH, blob.MONTH_NTH, blob.MONTH_END))
COUNTED = 20_000  # occurrences counted at most for a field that repeats what others say
_EVERY_DAY = 0x7F
_KNOWN = frozenset(("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST", "COUNT", "UNTIL"))
_BYDAY = re.compile(r"([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)")


class Unsayable(ValueError):
    """One of the two can't say what the other does; the text says what."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule apart from its end, whose writing depends on the item's times. `first`: the first occurrence. `until`:
    the last day on which one may start; `count`: how many there are; both None where there is no end."""

    parts: str
    first: date
    until: date | None = None
    count: int | None = None


def is_gregorian(p: Pattern) -> bool:
    """Whether a pattern counts days, weeks, or months of our calendar."""
    return p.kind in (blob.DAY, blob.WEEK) or (p.kind in MONTHS and p.calendar in GREGORIAN)


def to_rule(p: Pattern) -> Rule:
    """The pattern as a rule. Raises `Unsayable`."""
    first = next(dates(p), None)
    if first is None:
        raise Unsayable("the series has no occurrence")
    parts = [*_parts(p, first)]
    if p.first_weekday != 1:  # Monday is what a rule means without WKST
        parts.append(f"WKST={DAYS[p.first_weekday]}")
    if p.end_type == blob.END_BY_COUNT:
        return Rule(";".join(parts), first, count=p.count)
    until = blob.when(p.end_date).date() if p.end_type == blob.END_BY_DATE else None
    return Rule(";".join(parts), first, until)


def _parts(p: Pattern, first: date) -> Iterator[str]:
    if p.kind == blob.DAY:
        yield from _every("DAILY", p.period // 1440)
    elif p.kind == blob.WEEK:
        workdays = p.frequency == blob.DAILY and p.period == 1  # Outlook's "every weekday" is a daily one
        yield from _every("DAILY" if workdays else "WEEKLY", p.period)
        yield f"BYDAY={_mask_text(p.mask)}"
    else:
        yearly = p.frequency == blob.YEARLY and p.period % 12 == 0
        yield from _every("YEARLY", p.period // 12) if yearly else _every("MONTHLY", p.period)
        if yearly:
            yield f"BYMONTH={first.month}"
        yield from _in_month(p, _shortest(first.month) if yearly else 28)


def _every(freq: str, interval: int) -> Iterator[str]:
    yield f"FREQ={freq}"
    if interval != 1:
        yield f"INTERVAL={interval}"


def _in_month(p: Pattern, shortest: int) -> Iterator[str]:
    if p.kind == blob.MONTH_NTH:
        nth = -1 if p.nth == blob.LAST else p.nth
        if p.mask.bit_count() == 1:
            yield f"BYDAY={nth}{_mask_text(p.mask)}"
        else:
            yield f"BYDAY={_mask_text(p.mask)}"
            yield f"BYSETPOS={nth}"
        return
    day = 31 if p.kind == blob.MONTH_END else p.day
    if day <= shortest:
        yield f"BYMONTHDAY={day}"
    else:
        yield f"BYMONTHDAY={','.join(str(d) for d in range(shortest, day + 1))}"
        yield "BYSETPOS=-1"


def _shortest(month: int) -> int:
    """The days of a month in the shortest year."""
    return calendar.monthrange(2001, month)[1]


def _mask_text(mask: int) -> str:
    return ",".join(name for bit, name in enumerate(DAYS) if mask & 1 << bit)


def dates(p: Pattern) -> Iterator[date]:
    """The days of the series in order, deleted ones included; without end where it has none. Raises `Unsayable`."""
    _check(p)
    start = blob.when(p.start_date).date()
    days = (day for day in _days(p, start) if day >= start)
    if p.end_type == blob.END_BY_COUNT:
        return islice(days, p.count)
    if p.end_type == blob.END_BY_DATE:
        return _until(days, blob.when(p.end_date).date())
    return days


def _check(p: Pattern) -> None:
    if not is_gregorian(p):
        raise Unsayable(f"calendar {p.calendar:#x}, pattern {p.kind:#x}")
    if p.period < 1 or (p.kind == blob.DAY and p.period % 1440):
        raise Unsayable(f"period {p.period}")
    if p.kind in (blob.WEEK, blob.MONTH_NTH) and not 0 < p.mask <= _EVERY_DAY:
        raise Unsayable(f"days {p.mask:#x}")
    if p.kind == blob.MONTH_NTH and not 1 <= p.nth <= blob.LAST:
        raise Unsayable(f"week {p.nth}")
    if p.kind == blob.MONTH and not 1 <= p.day <= 31:
        raise Unsayable(f"day {p.day}")
    if p.first_weekday > 6:
        raise Unsayable(f"first weekday {p.first_weekday}")
    if p.end_type not in (blob.END_BY_DATE, blob.END_BY_COUNT, blob.END_NEVER, blob.END_NEVER_TOO):
        raise Unsayable(f"end {p.end_type:#x}")


def _until(days: Iterator[date], last: date) -> Iterator[date]:
    for day in days:
        if day > last:
            return
        yield day


def _days(p: Pattern, start: date) -> Iterator[date]:
    try:
        if p.kind == blob.DAY:
            yield from _stepped(start, timedelta(days=p.period // 1440))
        elif p.kind == blob.WEEK:
            monday_like = start - timedelta(days=(_weekday(start) - p.first_weekday) % 7)
            order = [d for d in range(7) if p.mask & 1 << (d + p.first_weekday) % 7]
            for week in _stepped(monday_like, timedelta(weeks=p.period)):
                yield from (week + timedelta(days=d) for d in order)
        else:
            month = start.year * 12 + start.month - 1
            while True:
                yield _day_in(p, *divmod(month, 12))
                month += p.period
    except (OverflowError, ValueError):  # beyond the year 9999
        return


def _stepped(day: date, step: timedelta) -> Iterator[date]:
    while True:
        yield day
        day += step


def _weekday(day: date) -> int:
    """0 is Sunday, as in the mask."""
    return (day.weekday() + 1) % 7


def _day_in(p: Pattern, year: int, month0: int) -> date:
    first = date(year, month0 + 1, 1)
    length = calendar.monthrange(year, month0 + 1)[1]
    if p.kind != blob.MONTH_NTH:
        return first.replace(day=min(p.day if p.kind == blob.MONTH else 31, length))
    lead = _weekday(first)
    days = [d for d in range(1, length + 1) if p.mask & 1 << (lead + d - 1) % 7]
    return first.replace(day=days[-1] if p.nth == blob.LAST else days[p.nth - 1])


def from_rule(text: str, first: date, until: date | None = None) -> Pattern:
    """The pattern that a rule says for a series whose first occurrence is `first`, with every field that repeats
    others filled in as MS-OXOCAL lays down. `until`: the day of UNTIL in the item's zone. Raises `Unsayable`."""
    rule = _split(text)
    _refuse(rule)
    p = _kind_of(rule, first)
    weekday = DAYS.index(_in(rule.get("WKST", "MO"), DAYS))
    p = replace(p, start_date=_minutes(first), first_weekday=weekday)
    if "COUNT" in rule:
        p = replace(p, end_type=blob.END_BY_COUNT, count=_number(rule["COUNT"], "COUNT"))
    elif until is not None:
        p = replace(p, end_type=blob.END_BY_DATE, end_date=_minutes(until))
    if next(dates(p), None) != first:
        raise Unsayable("the first occurrence is not in the rule")
    return replace(fill(p), first_date_time=first_date_time(p))


def fill(p: Pattern) -> Pattern:
    """With the end that its count says, or the count that its end says (2.2.1.44.1, OccurrenceCount, EndDate)."""
    if p.end_type == blob.END_BY_COUNT:
        last = deque(islice(dates(p), min(p.count, COUNTED)), maxlen=1)
        return replace(p, end_date=_minutes(last[0])) if last else p
    if p.end_type == blob.END_BY_DATE:
        return replace(p, count=sum(1 for _ in islice(dates(p), COUNTED)))
    return p


def first_date_time(p: Pattern) -> int:
    """FirstDateTime: the phase of the series against 1601, in minutes (2.2.1.44.1)."""
    if p.kind == blob.DAY:
        return p.start_date % p.period
    if p.kind == blob.WEEK:
        start = blob.when(p.start_date)
        return (p.start_date - 1440 * ((_weekday(start) - p.first_weekday) % 7)) % (p.period * 10080)
    start = blob.when(p.start_date)
    months = ((start.year - 1601) * 12 + start.month - 1) % p.period
    return blob.minutes(datetime(1601 + months // 12, months % 12 + 1, 1))


def _split(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.strip().upper().split(";") if part]
    rule = {name: value for name, _, value in pairs}
    if len(rule) != len(pairs):
        raise Unsayable("a part comes twice")
    return rule


def _refuse(rule: Mapping[str, str]) -> None:
    if strange := sorted(rule.keys() - _KNOWN):
        raise Unsayable(", ".join(strange))
    if "COUNT" in rule and "UNTIL" in rule:
        raise Unsayable("COUNT and UNTIL")


def _kind_of(rule: Mapping[str, str], first: date) -> Pattern:
    interval = _number(rule.get("INTERVAL", "1"), "INTERVAL")
    match rule.get("FREQ"):
        case "DAILY":
            return _daily(rule, interval)
        case "WEEKLY":
            _only(rule, "BYDAY")
            mask = _mask(rule["BYDAY"]) if "BYDAY" in rule else 1 << _weekday(first)
            return Pattern(blob.WEEKLY, blob.WEEK, interval, 0, mask=mask)
        case "MONTHLY":
            _only(rule, "BYDAY", "BYMONTHDAY", "BYSETPOS")
            return replace(_monthly(rule, first, 28), frequency=blob.MONTHLY, period=interval)
        case "YEARLY":
            _only(rule, "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS")
            if rule.get("BYMONTH", str(first.month)) != str(first.month) or ("BYDAY" in rule and "BYMONTH" not in rule):
                raise Unsayable("BYMONTH")
            inside = _monthly(rule, first, _shortest(first.month))
            return replace(inside, frequency=blob.YEARLY, period=interval * 12)
    raise Unsayable(f"FREQ={rule.get('FREQ', '')}")


def _daily(rule: Mapping[str, str], interval: int) -> Pattern:
    _only(rule, "BYDAY")
    if "BYDAY" not in rule:
        return Pattern(blob.DAILY, blob.DAY, interval * 1440, 0)
    if interval != 1:
        raise Unsayable("BYDAY and INTERVAL in a daily rule")
    return Pattern(blob.DAILY, blob.WEEK, 1, 0, mask=_mask(rule["BYDAY"]))


def _monthly(rule: Mapping[str, str], first: date, shortest: int) -> Pattern:
    """The pattern within a month that has at least `shortest` days."""
    if "BYDAY" in rule:
        if "BYMONTHDAY" in rule:
            raise Unsayable("BYDAY and BYMONTHDAY")
        return _nth(rule)
    days = sorted(_number(d, "BYMONTHDAY", -1) for d in rule.get("BYMONTHDAY", str(first.day)).split(","))
    if days == [-1] and rule.get("BYSETPOS", "-1") in ("1", "-1"):
        return Pattern(0, blob.MONTH, 1, 0, day=31)
    if days == list(range(shortest, days[-1] + 1)) and len(days) > 1 and rule.get("BYSETPOS") == "-1":
        return Pattern(0, blob.MONTH, 1, 0, day=days[-1])
    if len(days) == 1 and 1 <= days[0] <= shortest and rule.get("BYSETPOS", "1") in ("1", "-1"):
        return Pattern(0, blob.MONTH, 1, 0, day=days[0])
    raise Unsayable("BYMONTHDAY")


def _nth(rule: Mapping[str, str]) -> Pattern:
    found = [_BYDAY.fullmatch(day) for day in rule["BYDAY"].split(",")]
    ordinals = {m[1] for m in found if m}
    if None in found or len(ordinals) != 1:
        raise Unsayable("BYDAY")
    (ordinal,) = ordinals
    if ordinal is not None and (len(found) > 1 or "BYSETPOS" in rule):
        raise Unsayable("BYDAY with numbers")
    nth = _number(ordinal or rule.get("BYSETPOS", ""), "BYSETPOS", -1)
    if nth not in (1, 2, 3, 4, -1):
        raise Unsayable(f"week {nth}")
    mask = sum({1 << DAYS.index(m[2]) for m in found if m})
    return Pattern(0, blob.MONTH_NTH, 1, 0, mask=mask, nth=blob.LAST if nth == -1 else nth)


def _mask(text: str) -> int:
    return sum({1 << DAYS.index(_in(day, DAYS)) for day in text.split(",")})


def _only(rule: Mapping[str, str], *allowed: str) -> None:
    if more := [name for name in rule if name.startswith("BY") and name not in allowed]:
        raise Unsayable(", ".join(more))


def _in(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise Unsayable(value)
    return value


def _number(text: str, name: str, least: int = 1) -> int:
    if not re.fullmatch(r"[+-]?\d{1,9}", text) or int(text) < least or int(text) == 0:
        raise Unsayable(f"{name}={text}")
    return int(text)


def _minutes(day: date) -> int:
    try:
        return blob.minutes(datetime(day.year, day.month, day.day))
    except blob.BlobError as error:
        raise Unsayable(str(error)) from None


# --- for the residue


def _parts_of(data: bytes) -> dict[str, Value]:
    found = blob.parse(data)
    parts = _shallow(found)
    return {**parts, "pattern": _shallow(found.pattern), "overrides": tuple(_shallow(o) for o in found.overrides)}


def _shallow(value: Pattern | blob.Override | blob.Recurrence) -> dict[str, Value]:
    """The fields by name; `asdict` copies what is frozen."""
    return {name: getattr(value, name) for name in value.__slots__}


def _from_parts(parts: Mapping[str, Value]) -> bytes:
    match dict(parts):
        case {"pattern": Mapping() as inner, "overrides": (*overrides,), **rest}:
            try:
                pattern = Pattern(**_whole(inner))
                changed = tuple(blob.Override(**_whole(o)) for o in overrides if isinstance(o, Mapping))
                return blob.write(blob.Recurrence(pattern, overrides=changed, **_whole(rest)))
            except (TypeError, AttributeError) as error:
                raise ValueError(str(error)) from None
    raise ValueError("not the parts of a pattern")


def _whole(parts: Mapping[str, Value]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in parts.items()}


def _pattern_parts(data: bytes) -> dict[str, Value]:
    return _shallow(blob.parse_pattern(data))


def _pattern_from(parts: Mapping[str, Value]) -> bytes:
    try:
        return blob.write_pattern(Pattern(**_whole(parts)))
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None


RECURRENCE_VIEW = View(_parts_of, _from_parts)
PATTERN_VIEW = View(_pattern_parts, _pattern_from)
