"""What an index keeps of a message: digests that tell it from others, and a state from another; how it is quoted."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from transhumance.connectors.formats.rfc5322 import HEADER_LIMIT, scan_header
from transhumance.connectors.mbox.quoting import Rule, unquote, unquote_blocks
from transhumance.connectors.mbox.scan import Span
from transhumance.connectors.mbox.status import split_status

WHOLE = 8 << 20
_BLOCK = 1 << 18
_MARKED = re.compile(rb"^(>+)From [^\n]*", re.M)
_DEPTH = re.compile(rb"(?:>[ \t]?)*")


@dataclass(frozen=True, slots=True)
class Measure:
    """`digest`: SHA-256 of the message without its status lines, which stays when a flag is set. `state`: a digest of
    the status lines and the `From ` line. `size`: octets once unquoted. `quoted`: lines that were protected."""

    digest: str
    state: str
    size: int
    quoted: int


def measure(blocks: Iterator[bytes], line: bytes | None, quoted: int = 0) -> Measure:
    """The measure of a message given as unquoted blocks."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= HEADER_LIMIT + 4096:
            break
    header = scan_header(head)
    status = split_status(header.block)
    digest = hashlib.sha256()
    size = len(head)
    if status.lines:
        digest.update(head[: header.start] + status.rest)
        digest.update(head[header.start + len(header.block) :])
    else:
        digest.update(head)
    for block in blocks:
        digest.update(block)
        size += len(block)
    return Measure(digest.hexdigest(), state_digest(line, status.lines), size, quoted)


def state_digest(line: bytes | None, status: bytes) -> str:
    """The digest of what may change while the message stays the same."""
    return hashlib.sha256((line or b"") + b"\0" + status).hexdigest()[:20]


def measure_span(handle: int, span: Span, rule: Rule) -> tuple[Measure, bytes]:
    """The measure of a message in a file, and its raw bytes where they were read whole (up to 8 MiB), else empty."""
    length = span.end - span.start
    if length <= WHOLE:
        raw = os.pread(handle, length, span.start) if length else b""
        data, quoted = unquote(raw, rule)
        return measure(iter((data,)), span.line, quoted), raw
    # what unquoting takes away is one octet a line
    found = measure(unquote_blocks(read_range(handle, span.start, length), rule), span.line)
    return Measure(found.digest, found.state, found.size, length - found.size), b""


def read_range(handle: int, start: int, length: int) -> Iterator[bytes]:
    """A part of an open file by blocks. Raises `OSError` where it ends before."""
    while length:
        block = os.pread(handle, min(length, _BLOCK), start)
        if not block:
            raise OSError(f"the file is {length} bytes shorter than it was")
        start, length = start + len(block), length - len(block)
        yield block


def evidence(raw: bytes) -> tuple[int, int]:
    """What a message tells of how its file is quoted: (for mboxrd, for mboxo). A line `>From ` among lines that are
    quoted as deep as itself was so in the reply: nothing was added, so it is mboxo. One level deeper than its
    neighbours, above the first, means that each level gets one more: mboxrd."""
    if b">From " not in raw:
        return 0, 0
    rd = o = 0
    for match in _MARKED.finditer(raw):
        depth = len(match[1])
        above = _depth(raw, raw.rfind(b"\n", 0, match.start() - 1) + 1) if match.start() else 0
        below = _depth(raw, match.end() + 1)
        deepest = max(above, below) if depth > 1 else min(above, below)
        o += deepest == depth
        rd += depth > 1 and deepest == depth - 1
    return rd, o


def _depth(raw: bytes, at: int) -> int:
    """How deep the line at an offset is quoted; -1 where it is such a line itself, which tells nothing."""
    if _MARKED.match(raw, at):
        return -1
    match = _DEPTH.match(raw, at) if at < len(raw) else None
    return match[0].count(b">") if match else 0
