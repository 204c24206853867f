"""Keywords of a Maildir folder: Dovecot's letters a-z with names in `dovecot-keywords`, Courier's lists in
`courierimapkeywords`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from transhumance.connectors.maildir.filenames import parse_name

NAMES = "dovecot-keywords"
_ATOM = re.compile(r"""[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+""")  # RFC 9051: no ( ) { % * " \ ] and no blanks
_COURIER = "courierimapkeywords"
_LINE = re.compile(r"(\d{1,2}) (\S.*)")
_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True)
class Keywords:
    """The keywords that a folder knows. `letters`: name by letter, Dovecot's. `by_key`: names by a message's unique
    part, Courier's."""

    letters: Mapping[str, str] = field(default_factory=dict)
    by_key: Mapping[bytes, tuple[str, ...]] = field(default_factory=dict)


def is_atom(name: str) -> bool:
    """Whether a keyword can be one in IMAP."""
    return _ATOM.fullmatch(name) is not None


def read_keywords(folder: Path) -> Keywords:
    """The keywords of a folder; unreadable or damaged lists count as none, and the letters stay with the item."""
    return Keywords(read_letters(folder), _courier(folder / _COURIER))


def read_letters(folder: Path) -> dict[str, str]:
    """Dovecot's names by letter: lines of a number from 0 to 25 and a name."""
    found: dict[str, str] = {}
    for line in _text(folder / NAMES).splitlines():
        match = _LINE.fullmatch(line.strip())
        if match and int(match[1]) < 26:
            found[chr(ord("a") + int(match[1]))] = match[2]
    return found


def letters_text(letters: Mapping[str, str]) -> bytes:
    """The file `dovecot-keywords` for these letters."""
    return "".join(f"{ord(letter) - ord('a')} {name}\n" for letter, name in sorted(letters.items())).encode(
        "utf-8", "surrogateescape"
    )


def _courier(folder: Path) -> dict[bytes, tuple[str, ...]]:
    """Courier's `:list`: keyword names, a blank line, then lines of `unique part:number number`; and single files that
    overrule it, with a name a line: `.N.unique part`, the higher number later, and `unique part`, the latest."""
    found: dict[bytes, tuple[str, ...]] = {}
    names, _, lines = _text(folder / ":list").partition("\n\n")
    table = names.split("\n")
    for line in lines.split("\n"):
        key, _, numbers = line.rpartition(":")
        words = [int(number) for number in numbers.split() if number.isdigit()]
        if key:
            found[_key(key)] = tuple(sorted({table[n] for n in words if n < len(table) and table[n]}))
    try:
        single = sorted(name for name in os.listdir(folder) if name != ":list")
    except OSError:
        return found
    ranked = sorted((_number(name), name) for name in single)
    for _, name in ranked:
        base = re.sub(r"\A\.\d+\.", "", name)
        found[_key(base)] = tuple(sorted(set(_text(folder / name).split("\n")) - {""}))
    return found


def _number(name: str) -> int:
    match = re.match(r"\.(\d{1,18})\.", name)
    return int(match[1]) if match else 10**18


def _key(text: str) -> bytes:
    return parse_name(os.fsencode(text)).key


def _text(path: Path) -> str:
    try:
        if path.is_symlink() or path.stat().st_size > _LIMIT:
            return ""
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
