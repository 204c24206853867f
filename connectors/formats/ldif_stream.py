"""LDIF files of any size: their records one by one, in flat memory, each with its place; a damaged one is told and
the next ones are read.

A record ends at an empty line (RFC 2849) or with the file. What is damaged ends there too: reading goes on after the
next empty line. The `version:` line and comments belong to no record. So do the `search:`, `result:` and `ref:` lines
that `ldapsearch` adds; but a result that is no success says that the export is cut short, and that is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from transhumance.connectors.formats.ldif import LdifError, LdifRecord, logical_lines, parse_lines, physical_line

LIMIT = 32 << 20
DN_LIMIT = 16 << 10  # a name becomes a key, in every listing and manifest
_READ = 1 << 16  # of one line at a time: a line may be as long as the file
_BLANK = frozenset((b"\n", b"\r\n", b"\r"))
BOM = b"\xef\xbb\xbf"

DAMAGED, URL, TOO_LARGE, INCOMPLETE = "damaged", "url", "too-large", "incomplete"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong: `kind` is one of `damaged`, `url`, `too-large`, `incomplete`; `line` of the file, from 1;
    `reason` in words that hold no value of the record."""

    kind: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A record, or what is wrong where one should be; where its bytes lie (`start`, `size`) and its first line. `raw`:
    its bytes, cut where they are too many."""

    start: int
    size: int
    line: int
    raw: bytes
    record: LdifRecord | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """The lines between two empty ones. `raw` is cut where `size` passes the limit."""

    start: int
    size: int
    line: int
    raw: bytes


def blocks(stream: BinaryIO, limit: int = LIMIT) -> Iterator[Block]:
    """The blocks of lines of a seekable file, none of them held above `limit` bytes; a byte order mark of UTF-8 is left
    out."""
    at = stream.seek(0 if stream.read(len(BOM)) != BOM else len(BOM))
    parts: list[bytes] = []
    start, first, size, number, whole = at, 1, 0, 1, True
    while line := stream.readline(_READ):
        at += len(line)
        if whole and line in _BLANK:
            if size:
                yield Block(start, size, first, b"".join(parts))
            number += 1
            parts, size, start, first = [], 0, at, number
            continue
        if size <= limit:
            parts.append(line)
        size += len(line)
        whole = line.endswith(b"\n")
        number += whole
    if size:
        yield Block(start, size, first, b"".join(parts))


def records(stream: BinaryIO, limit: int = LIMIT) -> Iterator[Found]:
    """Every record of an LDIF file, entries and changes alike, and everything that should be one and can't be read."""
    for block in blocks(stream, limit):
        if found := read_block(block, limit):
            yield found


def read_block(block: Block, limit: int = LIMIT) -> Found | None:
    """The record of one block; None where it holds none by right."""
    place = (block.start, block.size, block.line, block.raw)
    if block.size > limit:
        return Found(*place, trouble=Trouble(TOO_LARGE, block.line, f"{block.size} bytes, the limit is {limit}"))
    above = 0
    try:
        lines = logical_lines(block.raw)
        if lines and lines[0][:8].lower() == b"version:":
            if lines[0][8:].strip() != b"1":
                raise LdifError("unknown version of LDIF")
            above, lines = 1, lines[1:]
        if not lines:
            return None
        if lines[0][:3].lower() != b"dn:" and _ADDED.issuperset(line.partition(b":")[0].lower() for line in lines):
            trouble = _result(lines, block.line)
            return Found(*place, trouble=trouble) if trouble else None
        return named(Found(*place, record=parse_lines(lines)))
    except LdifError as error:
        line = block.line + physical_line(block.raw, error.line + above)
        if error.reason == "url":
            return Found(*place, trouble=Trouble(URL, line, "a value is a URL; it is not opened"))
        return Found(*place, trouble=Trouble(DAMAGED, line, error.reason))


def named(found: Found) -> Found:
    """What was found, or the trouble of a name that is too long to be a key."""
    if found.record is None or len(found.record.dn) <= DN_LIMIT:
        return found
    trouble = Trouble(TOO_LARGE, found.line, f"a name of {len(found.record.dn)} characters, the limit is {DN_LIMIT}")
    return Found(found.start, found.size, found.line, found.raw, trouble=trouble)


_ADDED = frozenset((b"search", b"result", b"text", b"matcheddn", b"ref", b"control", b"pagedresults"))


def _result(lines: list[bytes], first: int) -> Trouble | None:
    """What the last lines of `ldapsearch` say: a result other than 0 is a listing that stopped before its end."""
    for line in lines:
        name, _, value = line.partition(b":")
        code = value.strip().partition(b" ")[0]
        if name.lower() == b"result" and code != b"0":
            return Trouble(INCOMPLETE, first, f"the search ended with result {code[:9].decode('ascii', 'replace')}")
    return None
