"""Recurrence blobs of MAPI: RecurrencePattern (MS-OXOCAL 2.2.1.44.1, in PidLidTaskRecurrence) and
AppointmentRecurrencePattern (2.2.1.44.5, in PidLidAppointmentRecur).

All numbers are kept as they stand, so that `write(parse(blob)) == blob`; `parse` proves it for each blob and raises
`BlobError` where it is not so. Dates and times are minutes since 1 January 1601, in the item's own time zone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

DAILY, WEEKLY, MONTHLY, YEARLY = 0x200A, 0x200B, 0x200C, 0x200D
DAY, WEEK, MONTH, MONTH_NTH, MONTH_END = 0, 1, 2, 3, 4
HJ_MONTH, HJ_MONTH_NTH, HJ_MONTH_END = 0xA, 0xB, 0xC
END_BY_DATE, END_BY_COUNT, END_NEVER, END_NEVER_TOO = 0x2021, 0x2022, 0x2023, 0xFFFFFFFF
NO_END_DATE = 0x5AE980DF  # 23:59 on 31 August 4500: what is written where there is no end
LAST = 5  # the N of MonthNth that means the last one

# OverrideFlags (2.2.1.44.2): what of an occurrence differs from the series
SUBJECT, MEETING_TYPE, REMINDER_DELTA, REMINDER, LOCATION, BUSY_STATUS, ATTACHMENT, SUB_TYPE, COLOR, BODY = (
    1 << bit for bit in range(10)
)
_LONGS = (  # the 4-byte values of an ExceptionInfo, in their order, the texts apart
    (MEETING_TYPE, "meeting_type"),
    (REMINDER_DELTA, "reminder_delta"),
    (REMINDER, "reminder"),
    (BUSY_STATUS, "busy_status"),
    (ATTACHMENT, "attachment"),
    (SUB_TYPE, "sub_type"),
    (COLOR, "color"),
)
_CHANGE_HIGHLIGHT = 0x3009  # the first WriterVersion2 with a ChangeHighlight in each extended exception
_EPOCH = datetime(1601, 1, 1)


class BlobError(ValueError):
    """The bytes are not such a structure: cut, longer than they say, or not writable again as they were."""


class Reader:
    """Little-endian numbers off a blob; every step is bounded by what is there."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> bytes:
        """The next `size` bytes. Raises `BlobError` where there are fewer."""
        if size < 0 or size > len(self.data) - self.at:
            raise BlobError(f"cut: {size} bytes wanted at {self.at} of {len(self.data)}")
        self.at += size
        return self.data[self.at - size : self.at]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def u32s(self) -> tuple[int, ...]:
        """A count, and so many numbers."""
        count = self.u32()
        return struct.unpack(f"<{count}I", self.take(4 * count)) if count <= len(self.data) else self._cut(count)

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def _cut(self, count: int) -> tuple[int, ...]:
        raise BlobError(f"cut: {count} numbers announced at {self.at} of {len(self.data)}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """RecurrencePattern. `day`: of the month, for MONTH kinds; `mask`: days of the week, Sunday is bit 0; `nth`: 1 to
    4, or LAST. `period`: minutes for DAY, weeks for WEEK, months else. `tail`: bytes after the structure."""

    frequency: int
    kind: int
    period: int
    start_date: int
    end_date: int = NO_END_DATE
    end_type: int = END_NEVER
    count: int = 10
    day: int = 0
    mask: int = 0
    nth: int = 0
    first_weekday: int = 0
    first_date_time: int = 0
    sliding: int = 0
    calendar: int = 0
    deleted: tuple[int, ...] = ()
    modified: tuple[int, ...] = ()
    reader_version: int = 0x3004
    writer_version: int = 0x3004
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class Override:
    """An ExceptionInfo and its ExtendedException: a modified occurrence. `ansi_subject`, `ansi_location`: the texts in
    the item's code page; `subject`, `location`: in Unicode, empty where there is no extended part. Values whose bit
    in `flags` is not set are 0."""

    start: int
    end: int
    original: int
    flags: int = 0
    meeting_type: int = 0
    reminder_delta: int = 0
    reminder: int = 0
    busy_status: int = 0
    attachment: int = 0
    sub_type: int = 0
    color: int = 0
    ansi_subject: bytes = b""
    ansi_location: bytes = b""
    subject: str = ""
    location: str = ""
    highlight: bytes = b""
    reserved1: bytes = b""
    reserved2: bytes = b""

    def has(self, flag: int) -> bool:
        """Whether this differs from the series."""
        return bool(self.flags & flag)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """AppointmentRecurrencePattern. `start_time`, `end_time`: minutes since midnight, the end may lie beyond 1440.
    `extended`: whether the second part is there and could be read; `tail`: the bytes after what could be read."""

    pattern: Pattern
    start_time: int = 0
    end_time: int = 0
    overrides: tuple[Override, ...] = ()
    reserved1: bytes = b""
    reserved2: bytes = b""
    extended: bool = True
    reader_version2: int = 0x3006
    writer_version2: int = 0x3009
    tail: bytes = field(default=b"")


def when(minutes: int) -> datetime:
    """A time of a blob: naive, in the item's own zone. Any 32-bit number is a valid one (the last is in 9767)."""
    return _EPOCH + timedelta(minutes=minutes)


def minutes(time: datetime) -> int:
    """A naive time as minutes since 1601. Raises `BlobError` where 32 bits can't say it."""
    found = (time - _EPOCH) // timedelta(minutes=1)
    if not 0 <= found < 1 << 32:
        raise BlobError(f"{time.year} is out of range")
    return found


def parse_pattern(blob: bytes) -> Pattern:
    """A RecurrencePattern alone, as tasks have it. Raises `BlobError`."""
    reader = Reader(blob)
    found = _pattern(reader, rest=True)
    if write_pattern(found) != blob:
        raise BlobError("it can't be written again as it was")
    return found


def write_pattern(pattern: Pattern) -> bytes:
    """The bytes of a RecurrencePattern, its tail included. Raises `BlobError` where a number is out of range."""
    try:
        return _pattern_bytes(pattern) + pattern.tail
    except struct.error as error:
        raise BlobError(str(error)) from None


def parse(blob: bytes) -> Recurrence:
    """An AppointmentRecurrencePattern. Raises `BlobError` up to the exceptions; an extended part that can't be read
    stays in `tail`."""
    reader = Reader(blob)
    pattern = _pattern(reader)
    head = struct.unpack("<4I", reader.take(16))
    overrides = tuple(_override(reader) for _ in range(reader.u16()))
    found = _extend(Recurrence(pattern, head[2], head[3], overrides, reader_version2=head[0], writer_version2=head[1]),
                    reader.rest())  # fmt: skip
    if write(found) != blob:
        raise BlobError("it can't be written again as it was")
    return found


def write(recurrence: Recurrence) -> bytes:
    """The bytes of an AppointmentRecurrencePattern. Raises `BlobError` where a number or a text is out of range."""
    try:
        return b"".join(_recurrence_bytes(recurrence))
    except (struct.error, UnicodeEncodeError) as error:
        raise BlobError(str(error)) from None


def _pattern(reader: Reader, rest: bool = False) -> Pattern:
    versions = struct.unpack("<5H", reader.take(10))
    first, period, sliding = struct.unpack("<3I", reader.take(12))
    kind = versions[3]
    day = mask = nth = 0
    if kind in (MONTH, MONTH_END, HJ_MONTH, HJ_MONTH_END):
        day = reader.u32()
    elif kind in (MONTH_NTH, HJ_MONTH_NTH):
        mask, nth = struct.unpack("<2I", reader.take(8))
    elif kind == WEEK:
        mask = reader.u32()
    elif kind != DAY:
        raise BlobError(f"unknown pattern type {kind:#x}")
    end_type, count, weekday = struct.unpack("<3I", reader.take(12))
    deleted, modified = reader.u32s(), reader.u32s()
    start, end = struct.unpack("<2I", reader.take(8))
    return Pattern(versions[2], kind, period, start, end, end_type, count, day, mask, nth, weekday, first, sliding,
                   versions[4], deleted, modified, versions[0], versions[1],
                   reader.rest() if rest else b"")  # fmt: skip


def _pattern_bytes(p: Pattern) -> bytes:
    specific: tuple[int, ...] = ()
    if p.kind in (MONTH, MONTH_END, HJ_MONTH, HJ_MONTH_END):
        specific = (p.day,)
    elif p.kind in (MONTH_NTH, HJ_MONTH_NTH):
        specific = (p.mask, p.nth)
    elif p.kind == WEEK:
        specific = (p.mask,)
    head = struct.pack("<5H", p.reader_version, p.writer_version, p.frequency, p.kind, p.calendar)
    numbers = (p.first_date_time, p.period, p.sliding, *specific, p.end_type, p.count, p.first_weekday,
               len(p.deleted), *p.deleted, len(p.modified), *p.modified, p.start_date, p.end_date)  # fmt: skip
    return head + struct.pack(f"<{len(numbers)}I", *numbers)


def _override(reader: Reader) -> Override:
    start, end, original = struct.unpack("<3I", reader.take(12))
    flags = reader.u16()
    values: dict[str, Any] = {}
    subject = location = b""
    if flags & SUBJECT:
        subject = _ansi(reader)
    for flag, name in _LONGS:
        if flag == BUSY_STATUS and flags & LOCATION:
            location = _ansi(reader)
        if flags & flag:
            values[name] = reader.u32()
    return Override(start, end, original, flags, **values, ansi_subject=subject, ansi_location=location)


def _ansi(reader: Reader) -> bytes:
    """A text by two lengths, the first of which counts a NUL that is not there (2.2.1.44.2, SubjectLength)."""
    length, length2 = reader.u16(), reader.u16()
    if length != length2 + 1:
        raise BlobError("two lengths of a text disagree")
    return reader.take(length2)


def _extend(found: Recurrence, data: bytes) -> Recurrence:
    """With the part after the exceptions; where it can't be read it is the tail, whole."""
    reader = Reader(data)
    try:
        reserved1 = reader.take(reader.u32())
        overrides = tuple(_extended(reader, one, found.writer_version2) for one in found.overrides)
        reserved2 = reader.take(reader.u32())
    except (BlobError, UnicodeDecodeError):
        return replace(found, extended=False, tail=data)
    return replace(found, overrides=overrides, reserved1=reserved1, reserved2=reserved2, tail=reader.rest())


def _extended(reader: Reader, override: Override, version: int) -> Override:
    highlight = reader.take(reader.u32()) if version >= _CHANGE_HIGHLIGHT else b""
    reserved1 = reader.take(reader.u32())
    subject = location = ""
    reserved2 = b""
    if override.flags & (SUBJECT | LOCATION):
        if struct.unpack("<3I", reader.take(12)) != (override.start, override.end, override.original):
            raise BlobError("the two parts of an exception name two occurrences")
        if override.has(SUBJECT):
            subject = reader.take(2 * reader.u16()).decode("utf-16-le")
        if override.has(LOCATION):
            location = reader.take(2 * reader.u16()).decode("utf-16-le")
        reserved2 = reader.take(reader.u32())
    return replace(override, subject=subject, location=location, highlight=highlight,
                   reserved1=reserved1, reserved2=reserved2)  # fmt: skip


def _recurrence_bytes(r: Recurrence) -> Iterator[bytes]:
    yield _pattern_bytes(r.pattern)
    yield struct.pack("<4I", r.reader_version2, r.writer_version2, r.start_time, r.end_time)
    yield struct.pack("<H", len(r.overrides))
    for override in r.overrides:
        yield from _override_bytes(override)
    if r.extended:
        yield _sized(r.reserved1)
        for override in r.overrides:
            yield from _extended_bytes(override, r.writer_version2)
        yield _sized(r.reserved2)
    yield r.tail


def _override_bytes(o: Override) -> Iterator[bytes]:
    yield struct.pack("<3IH", o.start, o.end, o.original, o.flags)
    if o.has(SUBJECT):
        yield struct.pack("<2H", len(o.ansi_subject) + 1, len(o.ansi_subject)) + o.ansi_subject
    for flag, name in _LONGS:
        if flag == BUSY_STATUS and o.has(LOCATION):
            yield struct.pack("<2H", len(o.ansi_location) + 1, len(o.ansi_location)) + o.ansi_location
        if o.has(flag):
            yield struct.pack("<I", getattr(o, name))


def _extended_bytes(o: Override, version: int) -> Iterator[bytes]:
    if version >= _CHANGE_HIGHLIGHT:
        yield _sized(o.highlight)
    yield _sized(o.reserved1)
    if o.flags & (SUBJECT | LOCATION):
        yield struct.pack("<3I", o.start, o.end, o.original)
        for flag, text in ((SUBJECT, o.subject), (LOCATION, o.location)):
            if o.has(flag):
                wide = text.encode("utf-16-le")
                yield struct.pack("<H", len(wide) // 2) + wide
        yield _sized(o.reserved2)


def _sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data
