"""When a pass may run: weekly windows and blackouts in a time zone. Pure functions; nothing here reads a clock.

A window opens and closes at local times, and becomes an interval of instants. So the two days a year on which clocks
change need two rules only: a local time that occurs twice counts by its first occurrence, one that is skipped counts
as the instant of the change. An interval holds its opening and not its closing. No windows at all means any time;
blackouts take away from both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

Interval = tuple[datetime, datetime]

DAY_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = timedelta(days=1)
# Windows repeat every week; a second week covers one that a change of clocks makes empty.
_HORIZON: Final = timedelta(days=16)
_NEVER_CLOSES: Final = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Window:
    """Opens on `days` (0 is Monday) at minute `start` of the local day, closes at minute `end`.

    `end` is on the next day where it is not after `start`. 1440 is the end of the day.
    """

    days: frozenset[int]
    start: int
    end: int

    @classmethod
    def of(cls, days: Iterable[str], start: str, end: str) -> Window:
        """From the plan's words: `of(["fri"], "20:00", "06:00")`."""
        return cls(frozenset(DAY_NAMES.index(day) for day in days), _minutes(start), _minutes(end))


@dataclass(frozen=True, slots=True)
class Blackout:
    """A period, in local time without zone, in which nothing may run; `end` is not in it."""

    start: datetime
    end: datetime
    reason: str = ""

    @classmethod
    def of(cls, start: date | datetime, end: date | datetime, reason: str = "") -> Blackout:
        """From days or moments; a day given as the end is in the period."""
        first = start if isinstance(start, datetime) else datetime.combine(start, time())
        last = end if isinstance(end, datetime) else datetime.combine(end, time()) + _DAY
        return cls(first, last, reason)

    @property
    def empty(self) -> bool:
        """Whether it ends before it begins."""
        return self.end <= self.start


def is_open(windows: Sequence[Window], tz: ZoneInfo, at: datetime, blackouts: Sequence[Blackout] = ()) -> bool:
    """Whether a pass may run at an instant (aware; `ValueError` otherwise)."""
    at = _utc(at)
    return _ends(_closed(blackouts, tz), at) is None and _in_window(windows, tz, at)


def next_open(
    windows: Sequence[Window], tz: ZoneInfo, at: datetime, blackouts: Sequence[Blackout] = ()
) -> datetime | None:
    """The first instant, in UTC, from `at` on at which a pass may run: `at` itself where it may now. None: never."""
    at, closed = _utc(at), _closed(blackouts, tz)
    for _ in range(2 * len(closed) + 2):  # each blackout costs at most one jump to an opening and one to its end
        if end := _ends(closed, at):
            at = end
        elif _in_window(windows, tz, at):
            return at
        else:
            coming = [start for start, _ in _intervals(windows, tz, at, at + _HORIZON) if start > at]
            if not coming:
                return None
            at = min(coming)
    return None


def closes_at(
    windows: Sequence[Window], tz: ZoneInfo, at: datetime, blackouts: Sequence[Blackout] = ()
) -> datetime | None:
    """When, in UTC, what is open at `at` closes; windows that touch count as one. None: it never closes.

    Raises `ValueError` where it is closed at `at`.
    """
    at = _utc(at)
    if not is_open(windows, tz, at, blackouts):
        raise ValueError("closed at that time")
    end: datetime | None = None
    if windows:
        end = at
        for start, stop in sorted(_intervals(windows, tz, at, at + _HORIZON)):
            if start <= end < stop:
                end = stop
        if end - at > _NEVER_CLOSES:
            end = None
    ahead = [start for start, _ in _closed(blackouts, tz) if start > at]
    return min([*ahead, end] if end else ahead, default=None)


def _in_window(windows: Sequence[Window], tz: ZoneInfo, at: datetime) -> bool:
    return not windows or any(start <= at < stop for start, stop in _intervals(windows, tz, at, at))


def _intervals(windows: Sequence[Window], tz: ZoneInfo, first: datetime, last: datetime) -> Iterator[Interval]:
    """Every interval that may hold an instant from `first` to `last`, and some around; none of them empty."""
    day, end_day = first.astimezone(tz).date() - 2 * _DAY, last.astimezone(tz).date() + _DAY
    while day <= end_day:
        for window in windows:
            if day.weekday() in window.days:
                end = window.end if window.end > window.start else window.end + 1440
                start, stop = (
                    _instant(datetime.combine(day, time()) + timedelta(minutes=m), tz) for m in (window.start, end)
                )
                if start < stop:
                    yield start, stop
        day += _DAY


def _closed(blackouts: Iterable[Blackout], tz: ZoneInfo) -> list[Interval]:
    intervals = [(_instant(blackout.start, tz), _instant(blackout.end, tz)) for blackout in blackouts]
    return sorted(interval for interval in intervals if interval[0] < interval[1])


def _ends(closed: Iterable[Interval], at: datetime) -> datetime | None:
    """The latest end of the intervals that hold `at`."""
    return max((stop for start, stop in closed if start <= at < stop), default=None)


def _instant(local: datetime, tz: ZoneInfo) -> datetime:
    """The instant of a local time: its first occurrence, or the change of clocks that skips it (told by PEP 495)."""
    late = local.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if late.astimezone(tz).replace(tzinfo=None) == local:
        return late
    early = local.replace(tzinfo=tz, fold=1).astimezone(UTC)
    before = early.astimezone(tz).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(tz).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
