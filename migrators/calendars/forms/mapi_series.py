"""A series of appointments: its pattern as RRULE and EXDATE, its modified occurrences as RECURRENCE-ID components
(MS-OXOCAL 2.2.1.44, RFC 5545 sections 3.8.4.4 and 3.8.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from transhumance.connectors.formats import contentwrite, mapi, mapi_recurrence, mapi_rrule, mapi_tags
from transhumance.connectors.formats.mapi_recurrence import BlobError, Override, Recurrence
from transhumance.connectors.formats.mapi_rrule import Rule, Unsayable
from transhumance.migrators.calendars.forms import mapi_when
from transhumance.migrators.calendars.forms.mapi_busy import BUSY
from transhumance.migrators.ical.mapi_object import Opening
from transhumance.migrators.ical.mapi_times import UTC_ZONE, Zone, date_line, iana_zone, local_line, local_text, stamp

_DAY = 1440
_LONGEST = 366 * _DAY  # minutes of an occurrence that are believed
CODEC = "codec"  # the hint: the code page of the 8-bit texts of modified occurrences


@dataclass(frozen=True, slots=True)
class Series:
    """A series that can be said. `all_day`: its times are dates. `deleted`: dates of occurrences that are not
    there."""

    blob: Recurrence
    rule: Rule
    zone: Zone
    all_day: bool
    deleted: tuple[date, ...]
    overrides: tuple[Override, ...]

    def at(self, day: date) -> datetime:
        """The local time of the occurrence of a day."""
        return _midnight(day) + timedelta(minutes=self.blob.start_time)

    def line(self, name: str, local: datetime, all_day: bool | None = None) -> bytes:
        """A time of the series."""
        whole = self.all_day if all_day is None else all_day
        return date_line(name, local.date()) if whole else local_line(name, local, self.zone)


def series_of(opening: Opening) -> Series | None:
    """The item's series, or None where it is none, or one that an object can't say, which is named."""
    data = mapi.binary(opening.properties, mapi_tags.APPOINTMENT_RECUR)
    if data is None:
        if mapi.boolean(opening.properties, mapi_tags.RECURRING):
            opening.find("CAL-REC-04", "no pattern")
        return None
    try:
        blob = mapi_recurrence.parse(data)
        rule = mapi_rrule.to_rule(blob.pattern)
        _check(blob)
    except BlobError:
        opening.find("CAL-REC-04", "damaged pattern")
        return None
    except Unsayable as error:
        _note_unsayable(opening, data, error)
        return None
    if blob.pattern.kind == mapi_recurrence.MONTH and blob.pattern.day > 28:
        opening.find("CAL-REC-01", "day 29 to 31")
    last = rule.until if rule.count is None else _last(blob)
    zone = _zone(opening, rule, blob, last)
    flag = mapi.boolean(opening.properties, mapi_tags.ALL_DAY)
    all_day = flag and not blob.start_time % _DAY and not blob.end_time % _DAY
    if flag and not all_day:
        opening.find("CAL-ALLDAY-01")
    if all_day:
        opening.hints[mapi_when.ZONE] = mapi_when.hint_of(zone)
    overrides = _distinct(blob.overrides)
    deleted = _deleted(blob, overrides)
    _note_strays(opening, blob, deleted)
    return Series(blob, rule, zone, all_day, deleted, overrides)


def _check(blob: Recurrence) -> None:
    if not (blob.start_time < _DAY and blob.start_time <= blob.end_time <= blob.start_time + _LONGEST):
        raise Unsayable("times of day")


def _note_unsayable(opening: Opening, data: bytes, error: Unsayable) -> None:
    pattern = mapi_recurrence.parse(data).pattern
    if not mapi_rrule.is_gregorian(pattern):
        opening.find("CAL-REC-03", f"calendar {pattern.calendar:#x}, pattern {pattern.kind:#x}")
    else:
        opening.find("CAL-REC-04", str(error))


def _last(blob: Recurrence) -> date:
    return mapi_recurrence.when(mapi_rrule.fill(blob.pattern).end_date).date()


def _zone(opening: Opening, rule: Rule, blob: Recurrence, last: date | None) -> Zone:
    """The zone of the series; where nothing says it, the establishment's if the first instant fits, else UTC."""
    found = mapi_when.of_series(opening, rule.first, last)
    if found is not None:
        return found
    opening.find("CAL-TZ-02", "")
    own = iana_zone(opening.context.timezone) or UTC_ZONE
    start, _ = mapi_when.instants(opening)
    first = _midnight(rule.first) + timedelta(minutes=blob.start_time)
    return own if start is None or own.utc(first) == start else UTC_ZONE


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _distinct(overrides: Sequence[Override]) -> tuple[Override, ...]:
    """One for each occurrence, the first where there are two."""
    return tuple({original_day(o): o for o in reversed(overrides)}[day] for day in
                 dict.fromkeys(original_day(o) for o in overrides))  # fmt: skip


def original_day(override: Override) -> date:
    """The day of the occurrence that was modified."""
    return mapi_recurrence.when(override.original).date()


def _deleted(blob: Recurrence, overrides: Sequence[Override]) -> tuple[date, ...]:
    modified = {original_day(o) for o in overrides}
    days = (mapi_recurrence.when(minutes).date() for minutes in blob.pattern.deleted)
    return tuple(dict.fromkeys(day for day in days if day not in modified))


def _note_strays(opening: Opening, blob: Recurrence, deleted: Sequence[date]) -> None:
    """Deleted dates that meet no occurrence: they can't do harm, but say that the pattern was another one once."""
    if deleted:
        last = max(deleted)
        there = set(takewhile(lambda day: day <= last, _bounded(blob)))
        if any(day not in there for day in deleted):
            opening.find("CAL-EXC-02")


def _bounded(blob: Recurrence) -> Iterator[date]:
    return (day for _, day in zip(range(mapi_rrule.COUNTED), mapi_rrule.dates(blob.pattern), strict=False))


def lines(series: Series) -> list[bytes]:
    """DTSTART, DTEND, RRULE and EXDATE."""
    first = series.at(series.rule.first)
    end = first + timedelta(minutes=series.blob.end_time - series.blob.start_time)
    found = [series.line("DTSTART", first)]
    if end > first:
        found.append(series.line("DTEND", end))
    found.append(contentwrite.line("RRULE", series.rule.parts + _end(series)))
    return [*found, *(series.line("EXDATE", series.at(day)) for day in series.deleted)]


def _end(series: Series) -> str:
    if series.rule.count is not None:
        return f";COUNT={series.rule.count}"
    if series.rule.until is None:
        return ""
    if series.all_day:
        return f";UNTIL={local_text(_midnight(series.rule.until))[:8]}"
    return f";UNTIL={stamp(series.zone.utc(series.at(series.rule.until)))}"


def occurrence_lines(series: Series, override: Override) -> list[bytes]:
    """RECURRENCE-ID, DTSTART and DTEND of a modified occurrence."""
    start, end = mapi_recurrence.when(override.start), mapi_recurrence.when(override.end)
    all_day = bool(override.sub_type) if override.has(mapi_recurrence.SUB_TYPE) else series.all_day
    all_day = all_day and not override.start % _DAY and not override.end % _DAY
    found = [series.line("RECURRENCE-ID", series.at(original_day(override))), series.line("DTSTART", start, all_day)]
    return [*found, series.line("DTEND", end, all_day)] if end > start else found


def texts(opening: Opening, override: Override) -> dict[str, str]:
    """Subject and place of a modified occurrence, where they differ from the series'."""
    codec = mapi.codec_of(mapi.code_pages(opening.properties)[0]) or "cp1252"
    found = {}
    for flag, key, wide, narrow in (
        (mapi_recurrence.SUBJECT, mapi_tags.SUBJECT, override.subject, override.ansi_subject),
        (mapi_recurrence.LOCATION, mapi_tags.LOCATION, override.location, override.ansi_location),
    ):
        if override.has(flag):
            found[key] = wide or narrow.decode(codec, "replace")
            if codec != "cp1252":
                opening.hints[CODEC] = codec
    return found


def busy_of(override: Override) -> int | None:
    """How busy a modified occurrence makes, where that differs from the series."""
    return override.busy_status if override.has(mapi_recurrence.BUSY_STATUS) and override.busy_status in BUSY else None
