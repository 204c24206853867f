"""What the rules of a MAPI time zone blob say: offsets, and which IANA zone they are (MS-OXOCAL 2.2.1.39, 2.2.1.41).

Offsets are minutes east of UTC. A rule's two changes a year are local times before the change. Comparing samples
both sides of each change and the middle of each month, so equal means equal within the years that are asked for.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from transhumance.connectors.formats.mapi_timezone import SystemTime, ZoneRule

_HALF_HOUR = timedelta(minutes=30)
_MINUTE = timedelta(minutes=1)
_DAY_MINUTES = 1440


def rule_in(rules: Sequence[ZoneRule], year: int) -> ZoneRule:
    """The rule that holds in a year: the latest that begins by then, else the first. `rules` is not empty."""
    return max((r for r in rules if r.year <= year), key=lambda r: r.year, default=min(rules, key=lambda r: r.year))


def offsets(rule: ZoneRule) -> tuple[int, int]:
    """Standard and daylight time, minutes east of UTC, held within a day whatever the blob says."""
    return tuple(max(-_DAY_MINUTES + 1, min(_DAY_MINUTES - 1, -(rule.bias + more)))
                 for more in (rule.standard_bias, rule.daylight_bias))  # type: ignore[return-value]  # fmt: skip


def has_daylight(rule: ZoneRule) -> bool:
    """Whether the clock changes at all."""
    return _valid(rule.standard) and _valid(rule.daylight) and rule.standard_bias != rule.daylight_bias


def _valid(time: SystemTime) -> bool:
    day = 1 <= time.day <= 31 if time.year else 1 <= time.day <= 5 and time.weekday <= 6
    return 1 <= time.month <= 12 and day and time.hour < 24 and time.minute < 60 and time.second < 60


def change(time: SystemTime, year: int) -> datetime | None:
    """The local time of a change in a year, naive; None where it names another year or an impossible day."""
    if time.year:
        if time.year != year or time.day > calendar.monthrange(year, time.month)[1]:
            return None
        day = time.day
    else:
        first = (date(year, time.month, 1).weekday() + 1) % 7
        day = 1 + (time.weekday - first) % 7 + 7 * (time.day - 1)
        while day > calendar.monthrange(year, time.month)[1]:
            day -= 7
    return datetime(year, time.month, day, time.hour, time.minute, time.second)


def changes(rule: ZoneRule, year: int) -> tuple[tuple[datetime, int, int], ...]:
    """The changes of a year in order: (UTC naive, offset before, offset after)."""
    if not has_daylight(rule):
        return ()
    std, dst = offsets(rule)
    found = []
    for time, before, after in ((rule.daylight, std, dst), (rule.standard, dst, std)):
        if (local := change(time, year)) is not None:
            found.append((local - timedelta(minutes=before), before, after))
    return tuple(sorted(found))


def offset_at(rules: Sequence[ZoneRule], utc: datetime) -> int:
    """The offset at a time (UTC, naive), by the rule of its local year."""
    year = (utc - timedelta(minutes=min(rules, key=lambda r: r.year).bias)).year
    rule = rule_in(rules, year)
    std, _ = offsets(rule)
    found = None
    for at, before, after in changes(rule, year):
        if utc < at:
            return before if found is None else found
        found = after
    return std if found is None else found


def same(rules: Sequence[ZoneRule], zone: str, years: Iterable[int]) -> bool:
    """Whether the rules give the offsets of an IANA zone in all these years."""
    frozen = tuple(rules)
    return all(_same_year(rule_in(frozen, year), zone, year) for year in years)


@lru_cache(4096)
def _same_year(rule: ZoneRule, zone: str, year: int) -> bool:
    info = zone_info(zone)
    if info is None or not 1 < year < 9999:
        return False
    return all(_offset(info, at) == offset_at((rule,), at) for at in _probes(rule, year))


def _probes(rule: ZoneRule, year: int) -> Iterator[datetime]:
    for at, _, _ in changes(rule, year):
        yield at - _HALF_HOUR
        yield at + _HALF_HOUR
    yield from (datetime(year, month, 15, 12) for month in range(1, 13))


def zone_info(name: str) -> ZoneInfo | None:
    """An IANA zone, or None where there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _offset(info: ZoneInfo, utc: datetime) -> int:
    found = utc.replace(tzinfo=UTC).astimezone(info).utcoffset()
    return 0 if found is None else int(found.total_seconds() // 60)


@lru_cache(1024)
def rule_of(zone: str, year: int) -> ZoneRule | None:
    """The rule that a Windows program would write for an IANA zone in a year: the two changes as days of the week.
    None where there is no such zone, or it changed its clock otherwise than twice."""
    info = zone_info(zone)
    if info is None or not 1 < year < 9990:
        return None
    found = [at for month in range(1, 13) for at in _changes_in_month(info, year, month)]
    first = _offset(info, datetime(year, 1, 1, 12))
    if not found:
        return ZoneRule(1601, -first, 0, 0)
    if len(found) != 2:
        return None
    between = _offset(info, found[0] + _MINUTE)
    to_daylight, to_standard = (found[0], found[1]) if between > first else (found[1], found[0])
    std, dst = min(first, between), max(first, between)
    return ZoneRule(1601, -std, 0, std - dst, _as_weekday(info, to_standard, dst), _as_weekday(info, to_daylight, std))


def _changes_in_month(info: ZoneInfo, year: int, month: int) -> Iterator[datetime]:
    low = datetime(year, month, 1)
    high = low + timedelta(days=calendar.monthrange(year, month)[1])
    before = _offset(info, low)
    if before == _offset(info, high):
        return
    while high - low > _MINUTE:
        middle = low + (high - low) // 2
        middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
        if middle <= low:
            middle = low + _MINUTE
        low, high = (middle, high) if _offset(info, middle) == before else (low, middle)
    yield high


def _as_weekday(info: ZoneInfo, utc: datetime, before: int) -> SystemTime:
    """A change as the n-th weekday of its month: of the two ways to say the last days, the one that later years
    keep."""
    local = utc + timedelta(minutes=before)
    nth = (local.day - 1) // 7 + 1
    length = calendar.monthrange(local.year, local.month)[1]
    weekday = (local.weekday() + 1) % 7
    ways = [5, nth] if local.day + 7 > length else [nth]
    times = [SystemTime(0, local.month, weekday, way, local.hour, local.minute) for way in ways]
    return max(
        times, key=lambda time: sum(_kept(info, time, year, before) for year in range(local.year, local.year + 7))
    )


def _kept(info: ZoneInfo, time: SystemTime, year: int, before: int) -> bool:
    local = change(time, year)
    assert local is not None
    utc = local - timedelta(minutes=before)
    return _offset(info, utc - _MINUTE) == before != _offset(info, utc)
