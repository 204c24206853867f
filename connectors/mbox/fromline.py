"""The line that begins a message in an mbox: `From `, a sender, a date (RFC 4155, and what programs really write)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from transhumance.connectors.contract import Value
from transhumance.connectors.formats.rfc5322 import CTIME_PATTERN, DATE_PATTERN, make_instant

MAX_LINE = 1000  # a longer one is text
NOBODY = b"MAILER-DAEMON"
# Written by us after a `From ` line: the message has no line end of its own, the one that follows it is the file's.
OPEN_END = b"\t"

_SHAPES = tuple(re.compile(rb"From (?P<sender>.*?)[ \t]*" + shape, re.S) for shape in (CTIME_PATTERN, DATE_PATTERN))
_HEADER = re.compile(rb"(?:[!-9;-~]+[ \t]*:|>From )")
_DAYS = b"Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FromLine:
    """A `From ` line without its line end. `dated`: it bears what looks like a date, right or wrong. `when`: the
    instant, None where it says none: 1970-01-01 00:00:00 is what programs write that know none."""

    raw: bytes
    sender: bytes
    dated: bool
    when: datetime | None


def read_from_line(raw: bytes, local: tzinfo = UTC) -> FromLine:
    """A line that begins with `From `, taken apart."""
    for shape in _SHAPES:
        if match := shape.match(raw):
            parts = match.groupdict()
            when = None if make_instant(parts) == _NEVER else make_instant(parts, local)
            return FromLine(raw, match["sender"], True, when)
    return FromLine(raw, raw[5:], False, None)


def begins_message(line: bytes, after_blank: bool, following: bytes) -> bool:
    """Whether a line that begins with `From ` begins a message. With a date, and after a blank line: yes. With one of
    the two only, what follows must look like a header: programs forget the blank line, or write no date, but text of
    a mail may begin with "From" too."""
    if len(line) > MAX_LINE:
        return False
    dated = any(shape.match(line) for shape in _SHAPES)
    if dated and after_blank:
        return True
    return (dated or after_blank) and _HEADER.match(following) is not None


def write_from_line(sender: bytes, when: datetime | None, local: tzinfo = UTC) -> bytes:
    """The plain `From ` line: the date as `ctime` writes it, in the zone of the file; in UTC, and saying so, where that
    would be another instant (the hour that comes twice)."""
    at = (when or _NEVER).astimezone(local if when else UTC)
    if when is not None and at.replace(tzinfo=None, fold=0).replace(tzinfo=local).astimezone(UTC) != when:
        return _line(sender, when.astimezone(UTC)) + b" +0000"
    return _line(sender, at)


def _line(sender: bytes, at: datetime) -> bytes:
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    time = b"%2d %02d:%02d:%02d %04d" % (at.day, at.hour, at.minute, at.second, at.year)
    return b"From " + sender + b" " + day + b" " + month + b" " + time


def line_properties(line: FromLine, local: tzinfo) -> dict[str, Value]:
    """The record's properties for a `From ` line: sender and date where these say it all, else the line as it is."""
    properties: dict[str, Value] = {}
    if line.when is not None:
        properties["internal_date"] = line.when
    if line.raw == write_from_line(line.sender, line.when, local):
        if line.sender != NOBODY:
            properties["from_sender"] = _value(line.sender)
    else:
        properties["from_line"] = _value(line.raw)
    return properties


def line_of(properties: Mapping[str, Value], following: bytes, local: tzinfo) -> bytes:
    """The `From ` line of a record. One that would not begin a message before these bytes is replaced by the plain
    one."""
    raw = _bytes(properties.get("from_line"))
    if raw.startswith(b"From ") and _fits(raw) and begins_message(raw, True, following):
        return raw
    when = properties.get("internal_date")
    when = when.replace(microsecond=0) if isinstance(when, datetime) else None
    sender = _bytes(properties.get("from_sender")) or NOBODY
    plain = write_from_line(sender, when, local)
    if _fits(plain) and read_from_line(plain, local).sender == sender:
        return plain
    return write_from_line(NOBODY, when, local)


def _fits(line: bytes) -> bool:
    return len(line) < MAX_LINE and b"\n" not in line and not line.endswith((OPEN_END, b"\r"))


def _value(raw: bytes) -> Value:
    """Text where it is, for people who read the residue; else the bytes."""
    return raw.decode() if raw.isascii() else raw


def _bytes(value: Value) -> bytes:
    return (
        value
        if isinstance(value, bytes)
        else value.encode("utf-8", "surrogateescape")
        if isinstance(value, str)
        else b""
    )
