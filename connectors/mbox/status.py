"""Flags and keywords in the header of a message, as mbox programs keep them there: `Status` and `X-Status` (mutt,
Dovecot, UW), `X-Keywords`, and Thunderbird's `X-Mozilla-*`. They stay in the bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transhumance.connectors.contract import Value

_NAMES = rb"status|x-status|x-keywords|x-uid|x-imap|x-imapbase|x-mozilla-status2?|x-mozilla-keys"
_FIELD = re.compile(rb"^(" + _NAMES + rb")[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)\n?", re.M | re.I)
_HINT = re.compile(rb"^[sSxX]", re.M)

_LETTERS = {
    b"status": {"R": "\\Seen"},
    b"x-status": {"A": "\\Answered", "F": "\\Flagged", "T": "\\Draft", "D": "\\Deleted"},
}
# mailnews/base/public/nsMsgMessageFlags: read, replied, marked, expunged, forwarded; MDN sent
_BITS = {0x0001: "\\Seen", 0x0002: "\\Answered", 0x0004: "\\Flagged", 0x0008: "\\Deleted", 0x1000: "$Forwarded"}
_BITS2 = {0x00800000: "$MDNSent"}


@dataclass(frozen=True, slots=True)
class Status:
    """The status lines of a header, as they stand, and the header without them."""

    lines: bytes
    rest: bytes


def split_status(header: bytes) -> Status:
    """Takes the status lines out of a header block."""
    if not _HINT.search(header):
        return Status(b"", header)
    lines = b"".join(match[0] for match in _FIELD.finditer(header))
    return Status(lines, _FIELD.sub(b"", header)) if lines else Status(b"", header)


def read_status(lines: bytes) -> dict[str, Value]:
    """The `flags` and `keywords` that status lines say; absent where they say none."""
    flags: set[str] = set()
    keywords: set[str] = set()
    for name, value in _FIELD.findall(lines):
        kind, text = name.lower(), value.strip().decode("latin-1")
        if kind in _LETTERS:
            flags |= {flag for letter, flag in _LETTERS[kind].items() if letter in text}
        elif kind in (b"x-keywords", b"x-mozilla-keys"):
            keywords |= set(text.split())
        elif kind in (b"x-mozilla-status", b"x-mozilla-status2"):
            bits = _BITS if kind == b"x-mozilla-status" else _BITS2
            number = int(text, 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", text) else 0
            flags |= {flag for bit, flag in bits.items() if number & bit}
    flags |= keywords & {"$Forwarded", "$MDNSent"}
    keywords -= flags
    found: dict[str, Value] = {"flags": tuple(sorted(flags))} if flags else {}
    return {**found, "keywords": tuple(sorted(keywords))} if keywords else found
