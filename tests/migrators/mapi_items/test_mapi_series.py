"""Series of appointments: what a reader of iCalendar makes of the object is what a reader of MS-OXOCAL, written here
day by day, makes of the blob; and the blob comes back."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import tests_support_mapi_make as make
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import Context, Record
from transhumance.connectors.formats import mapi_recurrence as rec
from transhumance.connectors.formats import mapi_rrule, mapi_tags
from transhumance.migrators.calendars.forms import CODECS

CODEC, HERE = CODECS[0], Context(timezone="Europe/Paris", territory="FR")
WINDOW = timedelta(days=500)


# --- an independent reading of the blob


def occurs(p: rec.Pattern, day: date) -> bool:
    """MS-OXOCAL 2.2.1.44.1, for one day, without counting."""
    start = rec.when(p.start_date).date()
    if day < start:
        return False
    if p.kind == rec.DAY:
        return (day - start).days % (p.period // 1440) == 0
    if p.kind == rec.WEEK:
        return bool(p.mask & 1 << sunday_first(day)) and (week(day, p) - week(start, p)) % p.period == 0
    if ((day.year - start.year) * 12 + day.month - start.month) % p.period:
        return False
    length = calendar.monthrange(day.year, day.month)[1]
    if p.kind == rec.MONTH:
        return day.day == min(p.day, length)
    chosen = [d for d in range(1, length + 1) if p.mask & 1 << sunday_first(day.replace(day=d))]
    return day.day == (chosen[-1] if p.nth == rec.LAST else chosen[p.nth - 1])


def sunday_first(day: date) -> int:
    return day.isoweekday() % 7


def week(day: date, p: rec.Pattern) -> int:
    return (day.toordinal() - (sunday_first(day) - p.first_weekday) % 7) // 7


def days(p: rec.Pattern, until: date) -> Iterator[date]:
    """The days of the series, one day after the other."""
    day, counted = rec.when(p.start_date).date(), 0
    while day <= until:
        if p.end_type == rec.END_BY_DATE and day > rec.when(p.end_date).date():
            return
        if occurs(p, day):
            counted += 1
            if p.end_type == rec.END_BY_COUNT and counted > p.count:
                return
            yield day
        day += timedelta(days=1)


def expected(blob: rec.Recurrence, zone: str, until: date) -> set[tuple[datetime, datetime]]:
    """Start and end of every occurrence, as instants."""
    gone = {rec.when(minutes).date() for minutes in blob.pattern.deleted}
    times = [(at(day, blob.start_time), at(day, blob.end_time)) for day in days(blob.pattern, until) if day not in gone]
    times += [(rec.when(o.start), rec.when(o.end)) for o in blob.overrides]
    return {(instant(a, zone), instant(b, zone)) for a, b in times}


def at(day: date, minutes: int) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)


def instant(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def record(blob: rec.Recurrence, zone: str, **more: object) -> Record:
    year = rec.when(blob.pattern.start_date).year
    return Record(b"k", "event", "mapi", {
        mapi_tags.MESSAGE_CLASS: "IPM.Appointment", mapi_tags.SUBJECT: "Staff", mapi_tags.RECURRING: True,
        mapi_tags.APPOINTMENT_RECUR: rec.write(blob), mapi_tags.TIME_ZONE_STRUCT: make.struct(zone, year),
        mapi_tags.TZ_DEFINITION_RECUR: make.definition(zone, year), **more,
    })  # fmt: skip


def expanded(opened, first: date, last: date) -> set[tuple[datetime, datetime]]:
    """By an independent library, which reads the object's own zones."""
    cal = icalendar.Calendar.from_ical(opened.document.bodies["content"].data)
    found = recurring_ical_events.of(cal).between(first, last)
    return {(e["DTSTART"].dt.astimezone(UTC), e["DTEND"].dt.astimezone(UTC)) for e in found}


# --- tests


@settings(max_examples=60, deadline=None)
@given(make.series(), st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/New_York", "Pacific/Noumea"]))
def test_an_expansion_of_the_object_equals_one_of_the_blob_across_clock_changes(blob, zone):
    if any(o.end <= o.start for o in blob.overrides) or blob.end_time == blob.start_time:
        return  # nothing that lasts: RFC 5545 has no DTEND for it, and its reading differs between readers
    opened = CODEC.to_open(record(blob, zone), HERE)
    first = rec.when(blob.pattern.start_date).date()
    last = first + WINDOW
    want = {pair for pair in expected(blob, zone, last + timedelta(days=2)) if pair[0].date() < last}
    got = expanded(opened, first - timedelta(days=3), last + timedelta(days=3))
    assert {pair for pair in got if pair[0].date() < last} == want


@settings(max_examples=40, deadline=None)
@given(make.series(), st.sampled_from(["Europe/Paris", "Indian/Reunion"]), st.integers(1, 3))
def test_an_expansion_of_whole_days_equals_one_of_the_blob(blob, zone, length):
    blob = replace(blob, start_time=0, end_time=1440 * length, overrides=(), pattern=replace(blob.pattern, modified=()))
    opened = CODEC.to_open(record(blob, zone, **{mapi_tags.ALL_DAY: True}), HERE)
    first = rec.when(blob.pattern.start_date).date()
    gone = {rec.when(minutes).date() for minutes in blob.pattern.deleted}
    want = {(day, day + timedelta(days=length)) for day in days(blob.pattern, first + WINDOW) if day not in gone}
    cal = icalendar.Calendar.from_ical(opened.document.bodies["content"].data)
    found = recurring_ical_events.of(cal).between(first, first + WINDOW + timedelta(days=1))
    got = {(e["DTSTART"].dt, e["DTEND"].dt) for e in found}
    assert {pair for pair in got if pair[0] <= first + WINDOW} == want


@settings(max_examples=80, deadline=None)
@given(make.series(), st.sampled_from(["Europe/Paris", "Indian/Reunion"]))
def test_the_blob_comes_back_from_the_document_alone_but_for_what_it_can_not_say(blob, zone):
    source = record(blob, zone)
    opened = CODEC.to_open(source, HERE)
    assert not CODEC.compare(source, CODEC.from_open(opened.document, opened.residue, HERE).record)
    entry = next((e for e in opened.residue if e.path == mapi_tags.APPOINTMENT_RECUR), None)
    assert entry is None or "view" in entry.value  # never the raw blob
    if not blob.overrides and rec.when(blob.pattern.start_date).date() == mapi_rrule.to_rule(blob.pattern).first:
        assert entry is None


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        (dict(frequency=rec.DAILY, kind=rec.DAY, period=2880), "FREQ=DAILY;INTERVAL=2"),
        (dict(frequency=rec.DAILY, kind=rec.WEEK, period=1, mask=0x3E), "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR"),
        (dict(frequency=rec.WEEKLY, kind=rec.WEEK, period=2, mask=0x0A, first_weekday=0),
         "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU"),
        (dict(frequency=rec.MONTHLY, kind=rec.MONTH, period=1, day=15), "FREQ=MONTHLY;BYMONTHDAY=15"),
        (dict(frequency=rec.MONTHLY, kind=rec.MONTH, period=1, day=31),
         "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
        (dict(frequency=rec.MONTHLY, kind=rec.MONTH, period=3, day=30),
         "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        (dict(frequency=rec.MONTHLY, kind=rec.MONTH_NTH, period=1, mask=0x04, nth=2), "FREQ=MONTHLY;BYDAY=2TU"),
        (dict(frequency=rec.MONTHLY, kind=rec.MONTH_NTH, period=1, mask=0x3E, nth=5),
         "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
        (dict(frequency=rec.YEARLY, kind=rec.MONTH, period=12, day=6), "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=6"),
        (dict(frequency=rec.YEARLY, kind=rec.MONTH_NTH, period=24, mask=0x01, nth=5),
         "FREQ=YEARLY;INTERVAL=2;BYMONTH=9;BYDAY=-1SU"),
        (dict(frequency=rec.YEARLY, kind=rec.MONTH, period=12, day=31), "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=31"),
    ],
)  # fmt: skip
def test_each_kind_of_pattern_has_its_rule_and_comes_back(pattern, rule):
    start = make.minutes(date(2025, 9, 1))
    p = rec.Pattern(**{"start_date": start, "first_weekday": 1, **pattern})
    if pattern.get("kind") == rec.MONTH and pattern["day"] == 31 and pattern["frequency"] == rec.YEARLY:
        rule = "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=30,31;BYSETPOS=-1"  # September has 30 days
    found = mapi_rrule.to_rule(p)
    assert found.parts == rule
    back = mapi_rrule.from_rule(found.parts, found.first)
    assert (back.frequency, back.kind, back.period, back.day, back.mask, back.nth) == (
        p.frequency, p.kind, p.period, p.day, p.mask, p.nth)  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    ["FREQ=HOURLY", "FREQ=WEEKLY;BYWEEKNO=3", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYDAY=MO,2TU",
     "FREQ=DAILY;BYHOUR=8", "FREQ=YEARLY;BYMONTH=1,6", "FREQ=MONTHLY;BYDAY=5MO", "FREQ=YEARLY;BYYEARDAY=9",
     "FREQ=DAILY;COUNT=2;UNTIL=20260101",
     "FREQ=DAILY;INTERVAL=0", "", "FREQ=WEEKLY;BYDAY=XX", "RSCALE=CHINESE;FREQ=YEARLY"],
)  # fmt: skip
def test_a_rule_that_mapi_can_not_say_is_refused(rule):
    with pytest.raises(mapi_rrule.Unsayable):
        mapi_rrule.from_rule(rule, date(2025, 9, 1))


@given(st.text(max_size=60), st.dates(date(1601, 1, 1), date(9000, 1, 1)))
def test_any_text_is_a_rule_or_refused(text, first):
    try:
        mapi_rrule.from_rule(text, first)
    except mapi_rrule.Unsayable:
        pass


@given(make.patterns(date(1601, 1, 1), date(9000, 1, 1)))
def test_dates_are_those_of_a_reading_day_by_day(pattern):
    first = rec.when(pattern.start_date).date()
    until = min(first + timedelta(days=400), date(9999, 1, 1))
    got = [day for day, _ in zip(mapi_rrule.dates(pattern), range(500), strict=False) if day <= until]
    assert got == list(days(pattern, until))
