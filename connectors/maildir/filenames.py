"""File names in a Maildir: the unique part, and the info that holds the flags (https://cr.yp.to/proto/maildir.html).

`1700000000.M1P2.host,S=1234,W=1250:2,FSab`: unique part, Dovecot's sizes, `:2,`, flag letters, keyword letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_INFO = re.compile(rb"(.*)[:;!]2,([^:;!]*)\Z", re.S)  # `;` and `!`: copies that went through Windows
_OTHER = re.compile(rb"([^:]*)(:.*)\Z", re.S)
_SIZES = re.compile(rb",[SW]=\d+(?=,|\Z)")

FLAGS = {
    "D": "\\Draft",
    "F": "\\Flagged",
    "P": "$Forwarded",  # passed: resent, forwarded or bounced
    "R": "\\Answered",
    "S": "\\Seen",
    "T": "\\Deleted",
}
LETTERS = {flag: letter for letter, flag in FLAGS.items()}


@dataclass(frozen=True, slots=True)
class FileName:
    """A file name taken apart. `key`: the unique part, without Dovecot's sizes, which may be added or mended by a
    rename. `letters`: the info after `2,`. `other`: an info of another kind, as it stands."""

    key: bytes
    letters: bytes = b""
    other: bytes = b""


def parse_name(raw: bytes) -> FileName:
    """A file name of `cur` or `new`."""
    base, letters, other = raw, b"", b""
    if match := _INFO.match(raw):
        base, letters = match[1], match[2]
    elif match := _OTHER.match(raw):
        base, other = match[1], match[2]
    if b"=" in base:
        base = _SIZES.sub(b"", base)
    return FileName(base, letters, other) if base else FileName(raw)


@lru_cache(4096)
def flags_of(letters: bytes) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """IMAP flags, keyword letters and unknown letters of an info; each sorted, each once."""
    text = sorted(set(letters.decode("latin-1")))
    return (
        tuple(sorted(FLAGS[char] for char in text if char in FLAGS)),
        tuple(char for char in text if "a" <= char <= "z"),
        "".join(char for char in text if char not in FLAGS and not "a" <= char <= "z"),
    )


def is_unique_part(key: bytes) -> bool:
    """Whether a key can be a file's unique part as it is: printable, no separator, read back as the same key."""
    return (
        0 < len(key) <= 180
        and re.fullmatch(rb"[!-~]+", key) is not None
        and not key.startswith(b".")
        and b"/" not in key
        and b":" not in key
        and parse_name(key) == FileName(key)
    )
