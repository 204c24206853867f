"""RFC 5322 messages as bytes: the top header with offsets, dates, and what a mail store or a reader may stumble over.

Nothing here decodes or rebuilds a message: it is looked at, and passed on byte for byte. Every function takes any
bytes: no header, a `From ` line first, 8-bit text, NULs, bare CR or LF, headers of any length, no blank line.
"""

from __future__ import annotations

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from transhumance.connectors.contract import Body, BytesBody, read_all
from transhumance.connectors.contract.bodies import blocks

MAX_LINE = 998  # octets without the line end, RFC 5322 2.1.1
WHOLE = 8 << 20  # above this a body is scanned by blocks
HEADER_LIMIT = 1 << 20  # a header that has not ended by then is looked at no further

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.M)
_MAIN = re.compile(
    rb"^(message-id|date|subject|content-type|content-class)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.M | re.I
)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_FROM_LINE = re.compile(rb">?From [^\n]{0,1000}(?:\n|\Z)")
_TYPE = re.compile(rb"\ncontent-type[ \t]*:(?=\s{0,80}([^\s;]{1,100})[\s;])", re.I)
_ID = re.compile(rb"<[^<>\s]*>")
_OVERLAP = 256


@dataclass(frozen=True, slots=True)
class Field:
    """A header field: its name as written, its value unfolded, and where it lies (`end` is past its line end)."""

    name: bytes
    value: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """The top header of a message: its bytes. `start`: past a leading `From ` line. `end`: the first byte of the body,
    past the blank line."""

    block: bytes
    start: int
    end: int

    def get(self, name: bytes) -> bytes | None:
        """The first value of a field (lower-case name), unfolded, or None."""
        return next((f.value for f in self.fields() if f.name.lower() == name), None)

    def fields(self) -> Iterator[Field]:
        """Every field, with its offsets in the message."""
        for match in _FIELD.finditer(self.block):
            end = match.end() + (self.block[match.end() : match.end() + 1] == b"\n")
            yield Field(match[1], unfold(match[2]), self.start + match.start(), self.start + end)

    def main(self) -> dict[bytes, list[bytes]]:
        """The values, unfolded and in order, of the fields that matter to a store, by lower-case name: Message-ID,
        Date, Subject, Content-Type, Content-Class."""
        found: dict[bytes, list[bytes]] = {}
        for name, value in _MAIN.findall(self.block):
            found.setdefault(name.lower(), []).append(unfold(value))
        return found


def unfold(value: bytes) -> bytes:
    """A field's value on one line (RFC 5322 2.2.3), without the blanks around it."""
    return (_FOLD.sub(b"", value) if b"\n" in value else value).strip()


def scan_header(data: bytes) -> Header:
    """The top header of a message. A line that is no field is passed over; where the first line is none, there is no
    header and the body begins at once."""
    start = 0
    if data.startswith((b"From ", b">From ")) and (line := _FROM_LINE.match(data)):
        start = line.end()
    block, end = _header_block(data, start)
    if not _FIELD.match(block) and block.strip():
        return Header(b"", start, start)
    return Header(block, start, end)


def _header_block(data: bytes, start: int) -> tuple[bytes, int]:
    """The bytes up to the first blank line, and where the body begins after it."""
    if data.startswith(b"\n", start):
        return b"", start + 1
    if data.startswith(b"\r\n", start):
        return b"", start + 2
    limit = start + HEADER_LIMIT
    at, length = blank_line(data, start, limit)
    if at < 0:
        return data[start:limit], min(len(data), limit)
    return data[start : at + 1], at + length


def blank_line(data: bytes, start: int, limit: int) -> tuple[int, int]:
    """Where the line before the first blank line ends, and how many bytes its end and the blank line are; (-1, 0) where
    there is none before `limit`."""
    first = data.find(b"\n", start, limit)
    # the likely line end is looked for first: it bounds the search for the other
    likely, other = (b"\n\r\n", b"\n\n") if data[first - 1 : first] == b"\r" else (b"\n\n", b"\n\r\n")
    at, blank = data.find(likely, start, limit), likely
    if (sooner := data.find(other, start, at if at >= 0 else limit)) >= 0:
        at, blank = sooner, other
    return at, len(blank) if at >= 0 else 0


def message_id(header: Header) -> bytes | None:
    """The first Message-ID with its brackets, or what stands in their place, or None (RFC 5322 3.6.4)."""
    value = next(iter(header.main().get(b"message-id", ())), b"")
    found = _ID.search(value)
    return found[0] if found else value or None


# --- dates

_MONTHS = {m: n for n, m in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_ZONES = {
    b"ut": 0,
    b"gmt": 0,
    b"utc": 0,
    b"z": 0,
    b"est": -300,
    b"edt": -240,
    b"cst": -360,
    b"cdt": -300,
    b"mst": -420,
    b"mdt": -360,
    b"pst": -480,
    b"pdt": -420,
    b"cet": 60,
    b"cest": 120,
}
_COMMENT = re.compile(rb"\([^()]*\)")
_TIME = rb"(?P<hour>\d{1,2})\s*:\s*(?P<minute>\d{2})(?:\s*:\s*(?P<second>\d{2})(?:\.\d+)?)?"
_ZONE = rb"(?:[+-]\d{4}\b|[A-Za-z]{1,5}\b)"
DATE_PATTERN = (  # Fri, 22 Feb 2008 15:06:23 +0200
    rb"(?:[A-Za-z]{3,10}\.?\s*,?\s*)?(?P<day>\d{1,2})[\s-]+(?P<month>[A-Za-z]{3})[A-Za-z]*[\s-]+(?P<year>\d{2,4})\s*,?\s+"
    + _TIME
    + rb"(?:\s*(?P<zone>"
    + _ZONE
    + rb"))?"
)
CTIME_PATTERN = (  # Fri Feb 22 15:06:23 2008, a zone before or after the year
    rb"(?:[A-Za-z]{3,10}\s*,?\s+)?(?P<month>[A-Za-z]{3})\s+(?P<day>\d{1,2})\s+"
    + _TIME
    + rb"(?:\s+(?P<before>"
    + _ZONE
    + rb"))?\s+(?P<year>\d{4}|\d{2})\b(?:\s+(?P<zone>"
    + _ZONE
    + rb"))?"
)
_DATE, _CTIME = re.compile(DATE_PATTERN), re.compile(CTIME_PATTERN)


def parse_date(value: bytes) -> datetime | None:
    """The instant of a Date field in UTC, or None where it says none (RFC 5322 3.3; obsolete years, zones and
    comments, 4.3). Unknown zone names are -0000, as 4.3 asks; the order of `ctime` is taken too."""
    text = value.strip()
    for _ in range(8):
        if b"(" not in text:
            break
        text = _COMMENT.sub(b" ", text).strip()
    match = _DATE.match(text) or _CTIME.match(text)
    if match is None:
        return None
    return make_instant(match.groupdict())


def make_instant(parts: dict[str, bytes], local: tzinfo = UTC) -> datetime | None:
    """The instant in UTC of the parts that one of the patterns found, or None where they are no date. `local`: the
    zone where none is written."""
    zone = parts.get("zone") or parts.get("before") or b""
    month = _MONTHS.get(parts["month"][:3].lower())
    minutes = zone_minutes(zone)
    if month is None or minutes is None:
        return None
    offset = timezone(timedelta(minutes=minutes)) if zone else local
    try:
        return datetime(
            full_year(parts["year"]),
            month,
            int(parts["day"]),
            int(parts["hour"]),
            int(parts["minute"]),
            min(int(parts["second"] or 0), 59),
            tzinfo=offset,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def full_year(text: bytes) -> int:
    """A year of two or three digits as RFC 5322 4.3 reads it."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def zone_minutes(zone: bytes) -> int | None:
    """Minutes east of UTC; 0 for a zone name that is not known, None for an offset that can't be."""
    if zone[:1] not in (b"+", b"-"):
        return _ZONES.get(zone.lower(), 0)
    hours, minutes = int(zone[1:3]), int(zone[3:5])
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[:1] == b"-" else 1)


# --- text of a field

_WORD = re.compile(rb"=\?([!-~]{1,40}?)(?:\*[!-~]{0,20}?)?\?([bBqQ])\?([!->@-~ ]*?)\?=")
_BETWEEN = re.compile(rb"(\?=)\s+(=\?)")


def decode_words(value: bytes) -> str:
    """A field's text for people: encoded words decoded (RFC 2047), what can't be decoded left as it is."""
    if b"=?" not in value:
        return value.decode("utf-8", "replace")
    out, at = [], 0
    value = _BETWEEN.sub(rb"\1\2", value)
    for match in _WORD.finditer(value):
        out += [value[at : match.start()].decode("utf-8", "replace"), _word(match)]
        at = match.end()
    return "".join(out) + value[at:].decode("utf-8", "replace")


def _word(match: re.Match[bytes]) -> str:
    try:
        data = a2b_base64(match[3] + b"==") if match[2] in b"bB" else a2b_qp(match[3], header=True)
        return data.decode(match[1].decode("ascii"), "replace") if data else match[0].decode("ascii")
    except (LookupError, ValueError, BinasciiError):
        return match[0].decode("ascii", "replace")


# --- what readers and stores stumble over


@dataclass(frozen=True, slots=True)
class Traits:
    """What one look at a message found. `nul`, `bare_lf`, `bare_cr`: how many; `crlf`: complete line ends; a message
    without any CRLF keeps its lines as Unix stores do, and has no *bare* LF. `long_line`: a line above 998 octets.
    `types`: content types of the message and its parts, lower case. `hints`: names of files (`winmail`, `rpmsg`)
    and of places elsewhere (`reference` in place of a file, `cloud` in the text)."""

    header: Header
    size: int
    nul: int
    crlf: int
    bare_lf: int
    bare_cr: int
    long_line: bool
    types: frozenset[bytes]
    hints: frozenset[str]


_HINTS = (
    ("winmail", b"winmail.dat"),
    ("winmail", b"WINMAIL.DAT"),
    ("rpmsg", b".rpmsg"),
    ("reference", b"X-Mozilla-Cloud-Part:"),
)
_TEXT = frozenset({b"text/plain", b"text/html", b"multipart/alternative"})  # parts that are no files


def scan_body(body: Body) -> Traits:
    """The traits of a message, in one read; a body above 8 MiB by blocks, in flat memory. Raises `OSError` where it
    can't be read."""
    if isinstance(body, BytesBody):
        return scan_message((body.data,))
    if body.size is not None and body.size <= WHOLE:
        return scan_message((read_all(body),))
    return scan_message(blocks(body))


def scan_message(parts: Iterable[bytes]) -> Traits:
    """The traits of a message given as blocks of bytes, one or many."""
    look = _Look(whole=isinstance(parts, tuple) and len(parts) == 1)
    for part in parts:
        look.feed(part)
    return look.traits()


class _Look:
    """The counters of a scan, from block to block. `whole`: there is but one block."""

    __slots__ = (
        "_whole",
        "_head",
        "_header",
        "_line",
        "_long",
        "_tail",
        "cr",
        "crlf",
        "hints",
        "lf",
        "nul",
        "size",
        "types",
    )

    def __init__(self, whole: bool) -> None:
        self._whole = whole
        self._head, self._tail = b"", b"\n"
        self._header: Header | None = None
        self._line, self._long = 0, False
        self.size = self.nul = self.cr = self.lf = self.crlf = 0
        self.types: set[bytes] = set()
        self.hints: set[str] = set()

    def feed(self, part: bytes) -> None:
        """Looks at the next block. The last bytes of the block before are looked at again, so that nothing hides on
        the edge."""
        seam = self._tail + part + (b"\n" if self._whole else b"")
        self.size += len(part)
        if self._header is None:
            self._head += part
            if len(self._head) >= HEADER_LIMIT:
                self._header, self._head = scan_header(self._head), b""
        if b"\0" in part:
            self.nul += part.count(0)
        self.lf += part.count(b"\n")
        if b"\r" in part or self._tail.endswith(b"\r"):
            self.cr += part.count(b"\r")
            self.crlf += part.count(b"\r\n") + (self._tail.endswith(b"\r") and part.startswith(b"\n"))
        if not self._long:
            self._measure(part)
        if len(self.types) < 64:
            self.types.update([kind.lower() for kind in _TYPE.findall(seam)])
        if b"sharepoint.com/:" in seam or b"//1drv.ms/" in seam:
            self.hints.add("cloud")
        if not self._whole or self.types - _TEXT:  # their kind may come later
            self.hints.update(name for name, needle in _HINTS if needle in seam)
        self._tail = seam[-_OVERLAP:]

    def _measure(self, part: bytes) -> None:
        """Whether a line is longer than the limit, by jumps of its length: a line end must lie in each."""
        at = -self._line  # where the line that is open began
        end = len(part)
        while end - at > MAX_LINE:
            cut = part.rfind(b"\n", max(at, 0), at + MAX_LINE + 2)
            if cut < 0:
                self._long = True
                return
            at = cut + 1
        last = part.rfind(b"\n")
        self._line = end - last - 1 if last >= 0 else self._line + end

    def traits(self) -> Traits:
        """What was found."""
        self.types.update([kind.lower() for kind in _TYPE.findall(self._tail + b"\n")])
        header = self._header or scan_header(self._head)
        hints = self.hints if self.types - _TEXT else self.hints & {"cloud"}
        bare_lf = self.lf - self.crlf if self.crlf else 0
        return Traits(
            header,
            self.size,
            self.nul,
            self.crlf,
            bare_lf,
            self.cr - self.crlf,
            self._long,
            frozenset(self.types),
            frozenset(hints),
        )
