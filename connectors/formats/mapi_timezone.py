"""Time zone blobs of MAPI: PidLidTimeZoneStruct (MS-OXOCAL 2.2.1.39) and PidLidAppointmentTimeZoneDefinition*
(2.2.1.41 to 43).

As in `mapi_recurrence`, all numbers are kept as they stand, `write*(parse*(blob)) == blob` is proven for each blob,
and `BlobError` is raised where it is not so. Biases are minutes to be added to local time for UTC.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from transhumance.connectors.formats.mapi_recurrence import BlobError, Reader

EFFECTIVE, RECURRING = 2, 1  # TZRule flags: the rule that holds for the item; the one its series was made with
_RULE = struct.Struct("<BBHHH14s3i16s16s")
_STRUCT = struct.Struct("<3iH16sH16s")
_NAME_UNITS = 260  # of UTF-16, at most (2.2.1.41, cchKeyName)


class SystemTime(NamedTuple):
    """SYSTEMTIME ([MS-DTYP] 2.3.13). With `year` 0: the `day`-th (5: the last) `weekday` (0: Sunday) of `month`, each
    year; else that very date. `month` 0: there is none."""

    year: int = 0
    month: int = 0
    weekday: int = 0
    day: int = 0
    hour: int = 0
    minute: int = 0
    second: int = 0
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """From `year` on: offsets and the two changes. `standard` is given in daylight time, `daylight` in standard
    time."""

    year: int
    bias: int
    standard_bias: int = 0
    daylight_bias: int = -60
    standard: SystemTime = SystemTime()
    daylight: SystemTime = SystemTime()
    flags: int = 0
    unused: bytes = bytes(14)
    version: tuple[int, int, int] = (2, 1, 0x3E)

    @property
    def key(self) -> tuple[int, ...]:
        """What tells one rule's times from another's."""
        return (self.bias, self.standard_bias, self.daylight_bias, *self.standard, *self.daylight)


@dataclass(frozen=True, slots=True)
class ZoneDefinition:
    """A zone by its Windows key name and its rules, in the order of the blob. `flags` is the header's word before the
    name; `tail`: bytes after the structure."""

    name: str
    rules: tuple[ZoneRule, ...] = ()
    flags: int = 2
    version: tuple[int, int] = (2, 1)
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class ZoneStruct:
    """The one rule of a series, and two years that are not used."""

    rule: ZoneRule
    standard_year: int = 0
    daylight_year: int = 0


def parse_definition(blob: bytes) -> ZoneDefinition:
    """A time zone definition. Raises `BlobError`."""
    reader = Reader(blob)
    major, minor, header = struct.unpack("<BBH", reader.take(4))
    flags, units = reader.u16(), reader.u16()
    if units > _NAME_UNITS:
        raise BlobError(f"a zone name of {units} units")
    try:
        name = reader.take(2 * units).decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise BlobError(str(error)) from None
    rules = tuple(_rule(reader.take(_RULE.size)) for _ in range(reader.u16()))
    found = ZoneDefinition(name, rules, flags, (major, minor), reader.rest())
    if header != 2 * units + 6 or write_definition(found) != blob:
        raise BlobError("it can't be written again as it was")
    return found


def write_definition(zone: ZoneDefinition) -> bytes:
    """The bytes of a definition. Raises `BlobError` where a number is out of range."""
    try:
        name = zone.name.encode("utf-16-le")
        head = struct.pack("<BBHHH", *zone.version, len(name) + 6, zone.flags, len(name) // 2)
        rules = b"".join(_rule_bytes(rule) for rule in zone.rules)
        return head + name + struct.pack("<H", len(zone.rules)) + rules + zone.tail
    except (struct.error, UnicodeEncodeError) as error:
        raise BlobError(str(error)) from None


def parse_struct(blob: bytes) -> ZoneStruct:
    """A PidLidTimeZoneStruct. Raises `BlobError`."""
    if len(blob) != _STRUCT.size:
        raise BlobError(f"{len(blob)} bytes where there are {_STRUCT.size}")
    bias, standard_bias, daylight_bias, standard_year, standard, daylight_year, daylight = _STRUCT.unpack(blob)
    rule = ZoneRule(0, bias, standard_bias, daylight_bias, _time(standard), _time(daylight))
    return ZoneStruct(rule, standard_year, daylight_year)


def write_struct(zone: ZoneStruct) -> bytes:
    """The bytes of a PidLidTimeZoneStruct. Raises `BlobError` where a number is out of range."""
    r = zone.rule
    try:
        return _STRUCT.pack(r.bias, r.standard_bias, r.daylight_bias, zone.standard_year, _time_bytes(r.standard),
                            zone.daylight_year, _time_bytes(r.daylight))  # fmt: skip
    except struct.error as error:
        raise BlobError(str(error)) from None


def _rule(data: bytes) -> ZoneRule:
    major, minor, reserved, flags, year, unused, bias, std_bias, dst_bias, std, dst = _RULE.unpack(data)
    return ZoneRule(year, bias, std_bias, dst_bias, _time(std), _time(dst), flags, unused, (major, minor, reserved))


def _rule_bytes(r: ZoneRule) -> bytes:
    return _RULE.pack(*r.version, r.flags, r.year, r.unused, r.bias, r.standard_bias, r.daylight_bias,
                      _time_bytes(r.standard), _time_bytes(r.daylight))  # fmt: skip


def _time(data: bytes) -> SystemTime:
    year, month, weekday, day, hour, minute, second, ms = struct.unpack("<8H", data)
    return SystemTime(year, month, weekday, day, hour, minute, second, ms)


def _time_bytes(time: SystemTime) -> bytes:
    return struct.pack("<8H", *time)
