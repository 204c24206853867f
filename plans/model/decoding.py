"""The bytes of a file as text, or a problem that names what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from transhumance.plans.model.errors import Place
from transhumance.plans.model.messages import Problem

# What YAML 1.2 does not allow in a file (section 5.1, "c-printable").
FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def decoded(path: Path, shown: str, limit: int, problems: list[Problem]) -> str | None:
    """The file's text without a byte order mark; None after adding a problem. Reads at most `limit` bytes."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        problems.append(Problem("file-missing", Place(shown)))
        return None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        problems.append(
            Problem("file-unreadable", Place(shown), params={"why": getattr(error, "strerror", None) or str(error)})
        )
        return None
    if len(data) > limit:
        problems.append(Problem("file-too-large", Place(shown), params={"limit": limit}))
        return None
    return _text(data, shown, problems)


def _text(data: bytes, shown: str, problems: list[Problem]) -> str | None:
    if encoding := _wide_encoding(data):
        problems.append(Problem("file-utf16", Place(shown), params={"encoding": encoding}))
        return None
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        problems.append(_not_utf8(data, error.start, shown))
        return None
    if found := FORBIDDEN.findall(text):
        at = text.index(found[0])
        char = f"U+{ord(found[0]):04X}"
        problems.append(Problem("file-control", place_at(text, at, shown), params={"char": char, "count": len(found)}))
        return None
    if not text.strip():
        problems.append(Problem("file-empty", Place(shown)))
        return None
    return text


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32 by its mark, or by the NUL that every second byte of western text is."""
    for mark, name in _WIDE:
        if data.startswith(mark):
            return name
    start = data[:64]
    if len(start) >= 4 and (not any(start[::2]) or not any(start[1::2])):
        return "UTF-16"
    return None


def _not_utf8(data: bytes, start: int, shown: str) -> Problem:
    """The first bad byte, and its letter in Windows-1252, which is what French Windows editors write."""
    letter = data[start : start + 1].decode("cp1252", "replace")
    known = letter.isprintable() and letter != "\ufffd"
    guess = {
        "fr": f" (« {letter} » en Windows-1252)" if known else "",
        "en": f' ("{letter}" in Windows-1252)' if known else "",
    }
    before = data[:start].decode("utf-8")
    place = place_at(before, len(before), shown)
    return Problem("file-not-utf8", place, params={"byte": f"0x{data[start]:02X}", "guess_char": guess})


def place_at(text: str, at: int, shown: str) -> Place:
    """The place of a character of a text."""
    before = text[:at]
    return Place(shown, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
