"""Windows against a minute-by-minute model of them, in zones with and without changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from transhumance.plans.model.windows import Blackout, Window, closes_at, is_open, next_open

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
MIQUELON = ZoneInfo("America/Miquelon")
NOUMEA = ZoneInfo("Pacific/Noumea")
ZONES = [PARIS, REUNION, MIQUELON, NOUMEA]
NIGHT = (Window.of(["fri"], "20:00", "06:00"),)


def local(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[misc,arg-type]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_night_over_midnight() -> None:
    friday = local(PARIS, 2026, 11, 27, 20, 0)
    saturday = local(PARIS, 2026, 11, 28, 6, 0)
    minute = timedelta(minutes=1)
    assert not is_open(NIGHT, PARIS, friday - minute)
    assert is_open(NIGHT, PARIS, friday)
    assert is_open(NIGHT, PARIS, saturday - minute)
    assert not is_open(NIGHT, PARIS, saturday)
    assert next_open(NIGHT, PARIS, saturday) == friday + timedelta(days=7)
    assert next_open(NIGHT, PARIS, friday + minute) == friday + minute
    assert closes_at(NIGHT, PARIS, friday) == saturday
    with pytest.raises(ValueError):
        closes_at(NIGHT, PARIS, saturday)


def test_the_same_words_are_other_instants_overseas() -> None:
    assert next_open(NIGHT, REUNION, utc(2026, 11, 25)) == utc(2026, 11, 27, 16)
    assert next_open(NIGHT, PARIS, utc(2026, 11, 25)) == utc(2026, 11, 27, 19)
    assert next_open(NIGHT, NOUMEA, utc(2026, 11, 25)) == utc(2026, 11, 27, 9)


def test_no_windows_means_any_time() -> None:
    at = utc(2026, 11, 25)
    assert is_open((), PARIS, at) and next_open((), PARIS, at) == at and closes_at((), PARIS, at) is None


def test_windows_that_touch_are_one_and_a_full_week_never_closes() -> None:
    touching = (Window.of(["fri"], "20:00", "24:00"), Window.of(["sat"], "00:00", "06:00"))
    assert closes_at(touching, PARIS, local(PARIS, 2026, 11, 27, 21)) == local(PARIS, 2026, 11, 28, 6)
    always = (Window.of(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "00:00", "24:00"),)
    assert closes_at(always, PARIS, local(PARIS, 2026, 3, 28, 12)) is None
    assert is_open(always, PARIS, local(PARIS, 2026, 3, 29, 3))


def test_spring_a_skipped_time_is_the_change_itself() -> None:
    change = utc(2026, 3, 29, 1)  # 02:00 becomes 03:00
    opening = (Window.of(["sun"], "02:30", "05:00"),)
    assert next_open(opening, PARIS, utc(2026, 3, 28, 12)) == change
    assert closes_at(opening, PARIS, change) == utc(2026, 3, 29, 3)
    closing = (Window.of(["sat"], "22:00", "02:30"),)
    assert closes_at(closing, PARIS, utc(2026, 3, 28, 22)) == change
    within = (Window.of(["sun"], "02:10", "02:50"),)
    assert next_open(within, PARIS, utc(2026, 3, 28, 12)) == local(PARIS, 2026, 4, 5, 2, 10)


def test_autumn_a_doubled_time_is_its_first_occurrence() -> None:
    opening = (Window.of(["sun"], "02:30", "04:00"),)
    assert next_open(opening, PARIS, utc(2026, 10, 24, 12)) == utc(2026, 10, 25, 0, 30)
    assert closes_at(opening, PARIS, utc(2026, 10, 25, 0, 30)) == utc(2026, 10, 25, 3)
    closing = (Window.of(["sat"], "22:00", "02:30"),)
    assert closes_at(closing, PARIS, utc(2026, 10, 24, 21)) == utc(2026, 10, 25, 0, 30)
    assert not is_open(closing, PARIS, utc(2026, 10, 25, 1, 15))


def test_a_night_keeps_its_words_over_the_change_and_changes_its_length() -> None:
    night = (Window.of(["sat"], "20:00", "06:00"),)
    for day, hours in ((date(2026, 3, 28), 9), (date(2026, 10, 24), 11), (date(2026, 11, 28), 10)):
        start = next_open(night, PARIS, local(PARIS, day.year, day.month, day.day, 12))
        assert start is not None
        end = closes_at(night, PARIS, start)
        assert end is not None and end - start == timedelta(hours=hours)


def test_blackouts() -> None:
    christmas = (Blackout.of(date(2026, 12, 24), date(2027, 1, 1), "fêtes"),)
    assert not is_open((), PARIS, local(PARIS, 2027, 1, 1, 23, 59), christmas)
    assert next_open((), PARIS, local(PARIS, 2026, 12, 24), christmas) == local(PARIS, 2027, 1, 2)
    assert next_open(NIGHT, PARIS, local(PARIS, 2026, 12, 20), christmas) == local(PARIS, 2027, 1, 2, 0, 0)
    assert closes_at((), PARIS, local(PARIS, 2026, 12, 1), christmas) == local(PARIS, 2026, 12, 24)
    evening = (Blackout.of(datetime(2026, 11, 27, 22), datetime(2026, 11, 27, 23)),)
    assert closes_at(NIGHT, PARIS, local(PARIS, 2026, 11, 27, 20), evening) == local(PARIS, 2026, 11, 27, 22)


def test_blackouts_that_hit_many_openings() -> None:
    blackouts = tuple(
        Blackout.of(
            datetime(2026, 11, 27, 19) + timedelta(days=7 * n), datetime(2026, 11, 28, 7) + timedelta(days=7 * n)
        )
        for n in range(60)
    )
    first_free = local(PARIS, 2026, 11, 27, 20) + timedelta(days=7 * 60)
    assert next_open(NIGHT, PARIS, local(PARIS, 2026, 11, 25), blackouts) == first_free


def test_an_instant_needs_a_zone() -> None:
    with pytest.raises(ValueError):
        is_open(NIGHT, PARIS, datetime(2026, 11, 27, 21))


clocks = st.integers(0, 1439)
windows = st.lists(
    st.builds(
        Window, st.frozensets(st.integers(0, 6), min_size=1, max_size=3), clocks, st.integers(0, 1440)
    ).filter(lambda w: w.start != w.end),
    min_size=1,
    max_size=3,
)  # fmt: skip
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
zones = st.sampled_from(ZONES)


def _by_words(chosen: list[Window], zone: ZoneInfo, at: datetime) -> bool:
    """Whether the clock on the wall stands in a window: the plain meaning, right on all days but those of a change."""
    wall = at.astimezone(zone)
    minute, today, yesterday = wall.hour * 60 + wall.minute, wall.weekday(), (wall.weekday() - 1) % 7
    for window in chosen:
        over = window.end <= window.start
        if today in window.days and window.start <= minute and (over or minute < window.end):
            return True
        if over and yesterday in window.days and minute < window.end:
            return True
    return False


def _near_a_change(zone: ZoneInfo, at: datetime) -> bool:
    day = timedelta(days=1)
    return len({(at + n * day).astimezone(zone).utcoffset() for n in (-2, -1, 0, 1, 2)}) > 1


@settings(max_examples=300, deadline=None)
@given(windows, zones, moments)
def test_open_is_what_the_wall_clock_says(chosen: list[Window], zone: ZoneInfo, at: datetime) -> None:
    assume(not _near_a_change(zone, at))
    assert is_open(chosen, zone, at) == _by_words(chosen, zone, at)


@settings(max_examples=100, deadline=None)
@given(windows, zones, moments)
def test_next_open_is_the_first(chosen: list[Window], zone: ZoneInfo, at: datetime) -> None:
    start = next_open(chosen, zone, at)
    assert start is not None and start >= at and is_open(chosen, zone, start)
    span = int((start - at) / timedelta(minutes=1))
    for minutes in {*range(0, span, max(1, span // 60)), span - 1} if span else ():
        assert not is_open(chosen, zone, at + timedelta(minutes=minutes))


@settings(max_examples=100, deadline=None)
@given(windows, zones, moments)
def test_what_opens_stays_open_until_it_closes(chosen: list[Window], zone: ZoneInfo, at: datetime) -> None:
    start = next_open(chosen, zone, at)
    assert start is not None
    end = closes_at(chosen, zone, start)
    assert end is None or (end > start and not is_open(chosen, zone, end))
    span = int(((end or start + timedelta(days=9)) - start) / timedelta(minutes=1))
    for minutes in {*range(0, span, max(1, span // 60)), span - 1}:
        assert is_open(chosen, zone, start + timedelta(minutes=minutes))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([datetime(2026, 3, 28, 12), datetime(2026, 10, 24, 12)]),
    windows,
    st.sampled_from([PARIS, MIQUELON]),
)
def test_on_the_days_of_a_change_open_and_close_agree(around: datetime, chosen: list[Window], zone: ZoneInfo) -> None:
    at, stop = around.replace(tzinfo=UTC), around.replace(tzinfo=UTC) + timedelta(days=2)
    while at < stop:
        start = next_open(chosen, zone, at)
        assert start is not None and is_open(chosen, zone, start)
        assert start == at or not is_open(chosen, zone, start - timedelta(seconds=1))
        end = closes_at(chosen, zone, start)
        if end is None:
            return
        assert not is_open(chosen, zone, end) and is_open(chosen, zone, end - timedelta(seconds=1))
        at = end
