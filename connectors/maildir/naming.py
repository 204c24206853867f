"""From a record to a file of a Maildir: its unique part, its letters, its time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from transhumance.connectors.contract import Record, Value, Write
from transhumance.connectors.formats.mailfiles import head_of, nanoseconds, storable
from transhumance.connectors.formats.rfc5322 import HEADER_LIMIT, parse_date, scan_header
from transhumance.connectors.maildir.filenames import LETTERS, is_unique_part
from transhumance.connectors.maildir.keywords import is_atom

ALL_LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMED_FLAGS = frozenset({"$Forwarded", "$MDNSent"})
_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Name:
    """A file's name in a folder: `part` is `new` or `cur`."""

    part: str
    raw: bytes


def unique_part(write: Write) -> bytes:
    """The unique part of a message: the target's own where it is known, the source's where it can be one, else a
    digest of the source's key."""
    if write.target_key:
        return write.target_key
    if is_unique_part(write.key):
        return write.key
    return hashlib.sha256(write.key).hexdigest()[:40].encode() + b".transhumance"


def texts(value: Value) -> tuple[str, ...]:
    """The texts of a property that should be a list of them."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def words(record: Record) -> list[str]:
    """What needs a keyword letter: the keywords that can be one, and the flags that Maildir has no letter for."""
    flags = [flag for flag in texts(record.properties.get("flags")) if flag in NAMED_FLAGS]
    return sorted({*flags, *(word for word in texts(record.properties.get("keywords")) if is_atom(word))})


def name_of(key: bytes, record: Record, letters: Mapping[str, str]) -> Name:
    """The name of a message in a folder that knows these keyword letters."""
    properties = record.properties
    extra = properties.get("maildir_info")
    extra = extra if isinstance(extra, str) else ""
    by_word = {word: letter for letter, word in letters.items()}
    info = {LETTERS[flag] for flag in texts(properties.get("flags")) if flag in LETTERS}
    info |= {by_word[word] for word in words(record) if word in by_word}
    if not info and extra.startswith(":"):
        return Name("cur", key + extra.encode("utf-8", "surrogateescape"))
    info |= {char for char in extra.partition(":")[0] if _is_free(char, letters)}
    if properties.get("maildir_new") is True and not info:
        return Name("new", key)
    part = "new" if properties.get("maildir_new") is True else "cur"
    return Name(part, key + b":2," + "".join(sorted(info)).encode("latin-1"))


def _is_free(char: str, letters: Mapping[str, str]) -> bool:
    """An unknown letter may stand in a name when it means nothing else there."""
    return " " < char <= "~" and char not in "/:;!" and char not in letters


def file_time(record: Record) -> int:
    """The file's time in nanoseconds: the internal date in whole seconds, else the Date field where a file can have
    that time, else 0, which says none."""
    when = record.properties.get("internal_date")
    if isinstance(when, datetime):
        return storable(nanoseconds(when) // _SECOND * _SECOND)
    date = date_field(record)
    time = nanoseconds(date) if date is not None else 0
    return time if storable(time) == time else 0


def date_field(record: Record) -> datetime | None:
    """What the message's Date field says."""
    values = scan_header(head_of(record, HEADER_LIMIT) or b"").main().get(b"date")
    return parse_date(values[0]) if values else None


def assign_letters(wanted: list[str], known: Mapping[str, str], taken: set[str]) -> dict[str, str]:
    """The letters of a folder once these words have one; `taken` letters mean something unknown there. What comes
    after the twenty-sixth gets none."""
    letters = dict(known)
    free = [letter for letter in ALL_LETTERS if letter not in letters and letter not in taken]
    for word in wanted:
        if word not in letters.values() and free:
            letters[free.pop(0)] = word
    return letters
