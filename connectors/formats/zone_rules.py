"""Rules of time zones: what a VTIMEZONE says (RFC 5545 section 3.6.5), compared with IANA's by the instants of their
changes.

Two zones are the same for an item when they agree on every instant of the item's own time, whatever their names. An
unknown zone is given the IANA name whose rules agree there and, among several, for the widest span of years.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from transhumance.connectors.formats import contentline
from transhumance.connectors.formats.zones import iana_names, territory_zones, windows_table

FIRST, LAST = 1950, 2040  # years that are compared at most
SPANS = ((1990, LAST), (1996, LAST), (2007, LAST), (2020, LAST))
LIMIT = 64 << 10  # a VTIMEZONE of more bytes is not evaluated
_DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_OFFSET = re.compile(r"([-+])(\d\d)(\d\d)(\d\d)?")
_TIME = re.compile(rb"\s*(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d))?")
_BYDAY = re.compile(r"([-+]?\d)?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True, slots=True)
class YearRule:
    """A day of each year: the `week`-th (negative: from the end) `weekday` (0: Monday) of `month`; or, with `days`,
    those days of the month, only where they are that weekday when there is one. `until`: last local time, or UTC when
    `until_utc`."""

    month: int
    weekday: int | None = None
    week: int = 0
    days: tuple[int, ...] = ()
    until: datetime | None = None
    until_utc: bool = False
    last_year: int = LAST

    def on(self, year: int) -> Iterator[date]:
        """Its days in one year."""
        length = calendar.monthrange(year, self.month)[1]
        if self.days:
            days = (length + 1 + day if day < 0 else day for day in self.days)
            found = [date(year, self.month, day) for day in days if 0 < day <= length]
            yield from (day for day in found if self.weekday is None or day.weekday() == self.weekday)
        elif self.weekday is not None:
            all_days = [day for day in range(1, length + 1) if calendar.weekday(year, self.month, day) == self.weekday]
            at = self.week - 1 if self.week > 0 else self.week
            if -len(all_days) <= at < len(all_days):
                yield date(year, self.month, all_days[at])


@dataclass(frozen=True, slots=True)
class Observance:
    """A change of offset: from `start` (local time before it) on, and again by `rule` or at `dates`. Offsets are
    seconds east of UTC."""

    start: datetime
    before: int
    after: int
    rule: YearRule | None = None
    dates: tuple[datetime, ...] = ()

    def changes(self, first: int, last: int) -> Iterator[tuple[datetime, int, int]]:
        """(UTC instant without tzinfo, offset before, offset after) of its first change, and of those of these
        years."""
        shift = timedelta(seconds=self.before)
        for local in (self.start, *self.dates):
            yield local - shift, self.before, self.after
        if (rule := self.rule) is None:
            return
        ends = min(last, rule.last_year, rule.until.year if rule.until else last)
        # one year back, or the rule's last year where it ended before: the offset at the span's start hangs on it
        for year in range(max(self.start.year, min(first - 1, ends - 1)), ends + 1):
            for day in rule.on(year):
                local = datetime.combine(day, self.start.time())
                until = rule.until + shift if rule.until and rule.until_utc else rule.until
                if local > self.start and (until is None or local <= until):
                    yield local - shift, self.before, self.after


@dataclass(frozen=True, eq=False)
class Rules:
    """All observances of a zone. Compared by identity: what reads them gives the same object for the same text."""

    observances: tuple[Observance, ...]

    @cached_property
    def timeline(self) -> tuple[list[datetime], list[int], int]:
        """The changes from 1950 to 2040: instants, offsets after each, offset before the first."""
        found = sorted({change for o in self.observances for change in o.changes(FIRST, LAST)})
        return [at for at, _, _ in found], [after for _, _, after in found], found[0][1] if found else 0

    def offset(self, at: datetime) -> int:
        """Seconds east of UTC at an instant (UTC, without tzinfo)."""
        instants, offsets, before = self.timeline
        index = bisect_right(instants, at)
        return offsets[index - 1] if index else before


# --- reading a VTIMEZONE


@lru_cache(maxsize=512)
def read_vtimezone(block: bytes) -> Rules | None:
    """The rules of a VTIMEZONE, or None where it has none that can be evaluated (rules that are not yearly, missing
    offsets, more than 64 KiB)."""
    if len(block) > LIMIT:
        return None
    text = contentline.read(block)
    found = []
    for index, part in enumerate(text.outline):
        if part.name in ("STANDARD", "DAYLIGHT"):
            try:
                found.append(_observance({p.name: p for _, p in text.own(index) if p.name != "RDATE"},
                                         [p for _, p in text.own(index) if p.name == "RDATE"]))  # fmt: skip
            except (KeyError, ValueError, OverflowError):
                return None
    return Rules(tuple(found)) if found else None


def _observance(values: dict[str, contentline.Property], rdates: list[contentline.Property]) -> Observance:
    start = local_time(values["DTSTART"].value)
    rule = year_rule(values["RRULE"].value.decode("ascii"), start) if "RRULE" in values else None
    dates = tuple(local_time(item) for p in rdates for item in p.value.split(b",")[:200])
    return Observance(start, _offset(values["TZOFFSETFROM"]), _offset(values["TZOFFSETTO"]), rule, dates)


def local_time(value: bytes) -> datetime:
    """A DATE or DATE-TIME value as it reads, without zone. Raises `ValueError`."""
    match = _TIME.match(value)
    if match is None:
        raise ValueError("no date")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second)


def _offset(found: contentline.Property) -> int:
    match = _OFFSET.fullmatch(found.value.strip().decode("ascii"))
    if match is None:
        raise ValueError("an offset")
    seconds = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4] or 0)
    return -seconds if match[1] == "-" else seconds


def year_rule(rule: str, start: datetime) -> YearRule:
    """A yearly RRULE. Raises `ValueError` for any other."""
    parts = dict(part.split("=", 1) for part in rule.strip().upper().split(";") if part)
    for key, value in (("BYHOUR", start.hour), ("BYMINUTE", start.minute), ("BYSECOND", start.second)):
        if int(parts.pop(key, value)) != value:  # Lotus Notes repeats the time of DTSTART
            raise ValueError(rule)
    known = {"FREQ", "BYMONTH", "BYDAY", "BYMONTHDAY", "BYSETPOS", "UNTIL", "COUNT", "INTERVAL", "WKST"}
    if parts.get("FREQ") != "YEARLY" or parts.keys() - known or parts.get("INTERVAL", "1") != "1":
        raise ValueError(rule)
    until = parts.get("UNTIL")
    count = int(parts["COUNT"]) if "COUNT" in parts else None
    month = int(parts.get("BYMONTH", start.month))
    weekday, week = None, int(parts.get("BYSETPOS", 0))
    if "BYDAY" in parts:
        if "BYMONTH" not in parts or not (match := _BYDAY.fullmatch(parts["BYDAY"])):
            raise ValueError(rule)
        weekday, week = _DAYS[match[2]], int(match[1] or week)
    days = tuple(int(day) for day in parts.get("BYMONTHDAY", "").split(",") if day)
    if weekday is None and not days:
        days = (start.day,)
    if not 1 <= month <= 12 or (weekday is not None and not days and not -5 <= week <= 5) or (not days and week == 0):
        raise ValueError(rule)
    return YearRule(month, weekday, week, days, local_time(until.encode()) if until else None,
                    bool(until and until.endswith("Z")), start.year + count - 1 if count else LAST)  # fmt: skip


# --- comparing with IANA


@lru_cache(maxsize=1024)
def iana_changes(name: str) -> tuple[datetime, ...]:
    """The instants (UTC, without tzinfo) at which an IANA zone changes its offset, from 1950 to 2040."""
    zone, step = ZoneInfo(name), timedelta(days=10)  # no zone changes twice in less
    end = datetime(LAST + 1, 1, 1)
    points = [datetime(FIRST, 1, 1) + n * step for n in range(int((end - datetime(FIRST, 1, 1)) / step) + 1)]
    offsets = [iana_offset(zone, at) for at in points]
    return tuple(
        _bisect(zone, a, b)
        for (a, before), (b, after) in pairwise(zip(points, offsets, strict=True))
        if before != after
    )


def _bisect(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    before = iana_offset(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        low, high = (middle, high) if iana_offset(zone, middle) == before else (low, middle)
    return high


def iana_offset(zone: ZoneInfo, at: datetime) -> int:
    """Seconds east of UTC of an IANA zone at an instant (UTC, without tzinfo)."""
    offset = at.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@lru_cache(maxsize=4096)
def differences(rules: Rules, name: str) -> tuple[tuple[datetime, datetime], ...]:
    """The spans (UTC, without tzinfo, end left out) from 1950 to 2040 in which rules and an IANA zone differ."""
    zone, end = ZoneInfo(name), datetime(LAST + 1, 1, 1)
    points = sorted({datetime(FIRST, 1, 1), *rules.timeline[0], *iana_changes(name), end})
    found: list[tuple[datetime, datetime]] = []
    for low, high in pairwise(p for p in points if datetime(FIRST, 1, 1) <= p <= end):
        if rules.offset(low) == iana_offset(zone, low):
            continue
        if found and found[-1][1] == low:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return tuple(found)


def agree(rules: Rules, name: str, first: date, last: date, times: frozenset[time] | None = None) -> bool:
    """Whether rules and an IANA zone are the same for an item from one day to another, both included.

    `times`: the local times of day at which the item has anything; None: any. A difference of less than a day, around
    a change that one of them has an hour later, then counts only where it meets one of these times.
    """
    low = max(datetime.combine(first, time.min), datetime(FIRST, 1, 2)) - timedelta(days=1)
    high = min(datetime.combine(last, time.min), datetime(LAST, 12, 30)) + timedelta(days=2)
    return not any(
        _meets(start, end, rules, times) for start, end in differences(rules, name) if start < high and end > low
    )


def _meets(start: datetime, end: datetime, rules: Rules, times: frozenset[time] | None) -> bool:
    """Whether a span in which two zones differ holds one of these times of day, in local time of either."""
    if times is None or end - start >= timedelta(hours=20):
        return True
    hours = timedelta(hours=2)  # what two offsets differ by at most around one change
    offset = timedelta(seconds=rules.offset(start))
    begin, stop = start + offset - hours, end + offset + hours
    days = {begin.date(), stop.date()}
    return any(begin <= datetime.combine(day, at) <= stop for day in days for at in times)


@lru_cache(maxsize=1024)
def match(
    rules: Rules, first: date, last: date, territory: str = "FR", timezone: str = "",
    times: frozenset[time] | None = None, hints: tuple[str, ...] = (),
) -> str | None:  # fmt: skip
    """The IANA zone whose rules agree from one day to another and over one of `SPANS`, or None; `times` as in `agree`.

    A zone that only agrees on the item's few days is none: it would go apart at the next edit. Among several: the one
    that agrees over the widest span; then one of `hints`, the establishment's own, its territory's, for rules that
    never change an `Etc` one, a Windows default, any other in alphabetical order.
    """
    steady = len(set(rules.timeline[1])) <= 1 and rules.timeline[2] in rules.timeline[1]
    names = dict.fromkeys([*hints, *_candidates(territory, timezone, steady)])
    mine = _sampled(rules.offset)
    for low, high in SPANS:
        at = (low - SPANS[0][0]) * 4
        for name in [name for name in names if _samples(name)[at:] == mine[at:]]:
            if agree(rules, name, date(low, 1, 1), date(high, 12, 30), times) and agree(
                rules, name, first, last, times
            ):
                return name
    return None


def _sampled(offset: Callable[[datetime], int]) -> tuple[int, ...]:
    """Offsets in the middle of each season, far from any change: two zones are told apart by them at once."""
    years = range(SPANS[0][0], LAST + 1)
    return tuple(offset(datetime(year, month, 15)) for year in years for month in (1, 4, 7, 10))


@lru_cache(maxsize=1024)
def _samples(name: str) -> tuple[int, ...]:
    zone = ZoneInfo(name)
    return _sampled(lambda at: iana_offset(zone, at))


@lru_cache(maxsize=64)
def _candidates(territory: str, timezone: str, steady: bool) -> tuple[str, ...]:
    fixed = ["Etc/UTC", *(name for name in sorted(iana_names()) if name.startswith("Etc/GMT") and name[-1] != "0")]
    places = [name for name in sorted(iana_names()) if "/" in name and not name.startswith("Etc/")]
    defaults = [name for name in sorted(windows_table()[0].values()) if not name.startswith("Etc/")]
    own = [timezone] if timezone in iana_names() else []
    home = [*own, *territory_zones(territory)]
    return tuple(dict.fromkeys([*home, *fixed, *defaults, *places] if steady else [*home, *defaults, *places, *fixed]))
