"""Time zones and times between MAPI items and iCalendar objects (MS-OXOCAL 2.2.1.39 to 43, RFC 5545 section 3.3.5).

MAPI keeps instants (UTC) and tells the zone apart; an object says local times of a zone. A local time that comes twice
a year is written in UTC where its zone's reading would be another instant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from transhumance.connectors.contract import Context, Value
from transhumance.connectors.formats import contentwrite, mapi, mapi_zones, zone_rules, zones
from transhumance.connectors.formats.contentline import Property
from transhumance.connectors.formats.mapi_recurrence import BlobError
from transhumance.connectors.formats.mapi_timezone import (
    EFFECTIVE,
    RECURRING,
    ZoneDefinition,
    ZoneRule,
    ZoneStruct,
    parse_definition,
    parse_struct,
    write_definition,
    write_struct,
)
from transhumance.migrators.ical.mapi_object import Opening, Part
from transhumance.migrators.ical.mapi_vtimezone import rules_of

_LOCAL = re.compile(rb"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?")
_DAY = timedelta(days=1)
_FAR = 5  # years that are looked at in a series without end


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone for times: an IANA one, or one by rules of its own; neither: UTC."""

    tzid: str = ""
    iana: str = ""
    rules: tuple[ZoneRule, ...] = ()

    def local(self, utc: datetime) -> datetime:
        """The local time, naive, of an instant."""
        if self.iana:
            return utc.astimezone(ZoneInfo(self.iana)).replace(tzinfo=None, fold=0)
        naive = utc.astimezone(UTC).replace(tzinfo=None)
        return naive + timedelta(seconds=self._offset(naive))

    def utc(self, local: datetime) -> datetime:
        """The instant of a local time: the first of two, and with the offset before it where the clock leaps over it
        (RFC 5545 section 3.3.5)."""
        if self.iana:
            return local.replace(tzinfo=ZoneInfo(self.iana)).astimezone(UTC)
        before, after = self._offset(local - _DAY), self._offset(local + _DAY)
        for seconds in sorted({before, after}, reverse=True):
            if self._offset(local - timedelta(seconds=seconds)) == seconds:
                return (local - timedelta(seconds=seconds)).replace(tzinfo=UTC)
        return (local - timedelta(seconds=before)).replace(tzinfo=UTC)

    def _offset(self, naive_utc: datetime) -> int:
        found = mapi_zones.evaluated(self.rules) if self.rules else None
        return found.offset(naive_utc) if found else 0

    def block(self, year: int) -> bytes:
        """The VTIMEZONE for times from a year on; nothing for UTC."""
        first = max(zone_rules.FIRST, min(year, zone_rules.LAST)) - 1
        if self.iana:
            return mapi_zones.iana_vtimezone(self.iana, first)
        return mapi_zones.vtimezone(contentwrite.escape(self.tzid), self.rules, first) if self.rules else b""


UTC_ZONE = Zone()


def iana_zone(name: str) -> Zone | None:
    """An IANA zone, or None where there is no such."""
    return Zone(name, name) if name in zones.iana_names() else None


# --- from blobs to zones


def definition(properties: Mapping[str, Value], key: str) -> ZoneDefinition | None:
    """A definition of the item, or None where there is none that can be read."""
    try:
        return parse_definition(mapi.binary(properties, key) or b"")
    except BlobError:
        return None


def struct(properties: Mapping[str, Value], key: str) -> ZoneStruct | None:
    """The rule of a series, or None where there is none that can be read."""
    try:
        return parse_struct(mapi.binary(properties, key) or b"")
    except BlobError:
        return None


def find_zone(
    opening: Opening, name: str, rules: tuple[ZoneRule, ...], first: datetime, last: date | None, single: bool
) -> Zone | None:
    """The zone that a name and rules mean, with what was found about it; None where neither says anything.

    `first`, `last`: what the item covers; without `last` it has no end. `single`: it is no series, so that only the
    offset at `first` (an instant) shows.
    """
    context = opening.context
    known = zones.resolve(name, context.territory, context.timezone) if name else None
    years = (first.year, last.year if last else min(first.year + _FAR, 9999))
    if known:
        if known.how != "iana":
            opening.find("CAL-TZ-01", name)
        if rules and not (_same_offset(rules, known.iana, first) if single else _agrees(rules, known.iana, *years)):
            opening.find("CAL-TZ-03", name)
        return iana_zone(known.iana)
    if not rules:
        return None
    iana = _matched(rules, *years, context.territory, context.timezone)
    if iana:
        opening.find("CAL-TZ-01", name or iana)
        return iana_zone(iana)
    opening.find("CAL-TZ-02", name)
    return Zone(name or _rule_name(rules[-1]), "", rules)


def _same_offset(rules: tuple[ZoneRule, ...], iana: str, at: datetime) -> bool:
    found, naive = mapi_zones.evaluated(rules), at.astimezone(UTC).replace(tzinfo=None)
    return found is None or at.year <= mapi_zones.EARLIEST or found.offset(naive) == zone_rules.iana_offset(
        ZoneInfo(iana), naive)  # fmt: skip


@lru_cache(1024)
def _agrees(rules: tuple[ZoneRule, ...], iana: str, first: int, last: int) -> bool:
    """Whether rules and zone agree in all these years, as far as they can be compared."""
    found = mapi_zones.evaluated(rules)
    return found is None or last <= mapi_zones.EARLIEST or zone_rules.agree(found, iana, *_whole(first, last))


def _whole(first: int, last: int) -> tuple[date, date]:
    return date(min(max(first, 1), 9999), 1, 1), date(min(max(last, 1), 9999), 12, 31)


@lru_cache(1024)
def _matched(rules: tuple[ZoneRule, ...], first: int, last: int, territory: str, timezone: str) -> str | None:
    """The IANA zone of these rules: one of the establishment's that agrees for some span of years and for the item's,
    else any (which is slow to find, hence by whole years and remembered)."""
    found = mapi_zones.evaluated(rules)
    if found is None:
        return None
    days = _whole(first, last)
    for name in zones.preferred(territory, timezone):
        if zone_rules.agree(found, name, *days) and any(
            zone_rules.agree(found, name, *_whole(low, high)) for low, high in zone_rules.SPANS
        ):
            return name
    return zone_rules.match(found, *days, territory, timezone)


def _rule_name(rule: ZoneRule) -> str:
    standard, _ = mapi_zones.offsets(rule)
    return f"UTC{'-' if standard < 0 else '+'}{abs(standard) // 60:02}:{abs(standard) % 60:02}"


# --- and back


def named_zone(tzid: str, calendar: Part, context: Context) -> Zone | None:
    """The zone of a TZID in an object: by its name, else by its VTIMEZONE; None where neither says anything."""
    known = zones.resolve(tzid, context.territory, context.timezone)
    if known:
        return iana_zone(known.iana)
    for part in calendar.inside("VTIMEZONE"):
        if part.text("TZID") == tzid and (rules := rules_of(part)):
            return Zone(tzid, "", rules)
    return None


def definition_bytes(zone: Zone, year: int, series: bool) -> bytes | None:
    """The definition that a Windows program would write for a zone, or None for UTC."""
    flags = EFFECTIVE | RECURRING if series else EFFECTIVE
    if zone.iana:
        rule = _windows_rule(zone.iana, year)
        name = zones.windows_of_iana(zone.iana) or zone.iana
        return _definition(name, rule, flags)
    if not zone.rules:
        return None
    try:
        return write_definition(ZoneDefinition(zone.tzid, zone.rules))
    except BlobError:
        return None


@lru_cache(256)
def _definition(name: str, rule: ZoneRule, flags: int) -> bytes | None:
    found = ZoneRule(1601, rule.bias, 0, rule.daylight_bias, rule.standard, rule.daylight, flags)
    try:
        return write_definition(ZoneDefinition(name, (found,)))
    except BlobError:
        return None


@lru_cache(256)
def _windows_rule(iana: str, year: int) -> ZoneRule:
    rule = mapi_zones.rule_of(iana, year)
    if rule is None:  # a year of odd changes: the offset at its start, all year
        offset = zone_rules.iana_offset(ZoneInfo(iana), datetime(max(2, min(year, 9000)), 1, 1)) // 60
        rule = ZoneRule(1601, -offset, 0, 0)
    return rule


def struct_bytes(zone: Zone, year: int) -> bytes | None:
    """The PidLidTimeZoneStruct of a zone, or None for UTC."""
    rule = _windows_rule(zone.iana, year) if zone.iana else zone.rules[-1] if zone.rules else None
    return write_struct(ZoneStruct(rule)) if rule else None


# --- values


@dataclass(frozen=True, slots=True)
class Time:
    """A DATE or DATE-TIME value that is read. `local`: as it is written, naive. `zone`: None for a date or a floating
    time."""

    local: datetime
    is_date: bool = False
    zone: Zone | None = None

    def utc(self, fallback: Zone) -> datetime:
        """The instant; a date or a floating time is taken in the fallback zone."""
        return (self.zone or fallback).utc(self.local)


def time_line(name: str, utc: datetime, zone: Zone) -> bytes:
    """A DATE-TIME of an instant in a zone; in UTC where the zone's reading of its local time is another instant."""
    whole = utc.replace(microsecond=0)
    if zone.tzid:
        local = zone.local(whole)
        if zone.utc(local) == whole:
            return local_line(name, local, zone)
    return contentwrite.line(name, stamp(whole))


def local_line(name: str, local: datetime, zone: Zone) -> bytes:
    """A DATE-TIME of a local time in a zone."""
    if not zone.tzid:
        return contentwrite.line(name, local_text(local) + "Z")
    return contentwrite.line(name, local_text(local), [("TZID", zone.tzid)])


def date_line(name: str, day: date) -> bytes:
    """A DATE."""
    return contentwrite.line(name, f"{day:%Y%m%d}".zfill(8), [("VALUE", "DATE")])


def local_text(local: datetime) -> str:
    return f"{local:%Y%m%dT%H%M%S}".zfill(15)


def stamp(utc: datetime) -> str:
    """An instant in UTC."""
    return local_text(utc.astimezone(UTC)) + "Z"


def read_time(prop: Property, calendar: Part, context: Context) -> Time | None:
    """A time of an object, or None where it is none. A zone that nothing knows makes it a floating time."""
    found = read_times(prop, calendar, context)
    return found[0] if found else None


def read_times(prop: Property, calendar: Part, context: Context) -> list[Time]:
    """The times of a list; those that are none are left out."""
    tzid = prop.param("TZID")
    zone = named_zone(tzid, calendar, context) if tzid else None
    found = []
    for item in prop.value.split(b","):
        local = read_local(item)
        if local is None or local.year < 1601:
            continue
        if item.strip().endswith(b"Z"):
            found.append(Time(local, zone=UTC_ZONE))
        else:
            found.append(Time(local, b"T" not in item, None if b"T" not in item else zone))
    return found


def read_local(value: bytes) -> datetime | None:
    """A DATE or DATE-TIME value as it reads, without zone; None for what is none."""
    match = _LOCAL.fullmatch(value.strip())
    if match is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
