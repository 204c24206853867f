"""Printing: one place that knows the language, whether JSON is wanted, where talk goes, and what a terminal may be
shown."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any, TextIO

from transhumance.connectors.contract.model import Text
from transhumance.plans.face.lang import Lang, default_lang
from transhumance.plans.face.tables import columns, stacked, widths, wrapped

__all__ = ["Console", "Lang", "Styled", "default_lang", "duration", "number", "printable", "share", "shown", "size"]

FORMAT = "transhumance.cli/1"
_OWN_SPACES = "\u00a0\u202f"  # the spaces of French numbers and of its punctuation
_STYLES = {"strong": "1", "dim": "2", "good": "32", "warn": "33", "bad": "31"}


@dataclass(frozen=True, slots=True)
class Styled:
    """A cell with a style: `good`, `warn`, `bad`, `strong` or `dim`. The words alone say it too."""

    text: str
    style: str


Cell = str | Styled


class Console:
    """Result on stdout, talk on stderr. With `as_json`, the result is JSON Lines, each with `message_type`."""

    def __init__(self, lang: Lang, as_json: bool = False) -> None:
        self.lang, self.as_json = lang, as_json
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):  # a name that the terminal can't show is escaped, never an error
                stream.reconfigure(errors="backslashreplace")

    def text(self, fr: str, en: str) -> str:
        """One of two texts."""
        return fr if self.lang == "fr" else en

    def of(self, text: Text) -> str:
        """A text in the language of the talk."""
        return text(self.lang)

    def result(self, line: str = "", style: str = "") -> None:
        """Lines of the result; not printed where JSON is wanted."""
        if not self.as_json:
            print(_painted(printable(line), style, sys.stdout))

    def out(self, fr: str, en: str, style: str = "") -> None:
        """Lines of the result in the language of the talk."""
        self.result(self.text(fr, en), style)

    def say(self, fr: str, en: str, style: str = "") -> None:
        """Talk: on stderr."""
        print(_painted(printable(self.text(fr, en)), style, sys.stderr), file=sys.stderr, flush=True)

    def said(self, text: Text, style: str = "") -> None:
        """Talk, from a text in two languages."""
        self.say(text.fr, text.en, style)

    def emit(self, message_type: str, **fields: Any) -> None:
        """A line of JSON, where JSON is wanted."""
        if self.as_json:
            line = {"format": FORMAT, "message_type": message_type, **fields}
            print(json.dumps(line, ensure_ascii=True, sort_keys=True, default=str), flush=True)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[Cell]], right: Sequence[int] = ()) -> None:
        """Columns aligned by two spaces, which any tool can read again; on a narrow terminal words go on below.
        `right`: columns of numbers."""
        if self.as_json or not rows:
            return
        cells = [[Styled(name, "strong") for name in head], *([_cell(cell) for cell in row] for row in rows)]
        limit = terminal_width()
        wide = widths([[cell.text for cell in row] for row in cells], right, limit)
        if wide is None:
            self._stack(cells, limit or 0)
            return
        for row in cells:
            parts = [wrapped(cell.text, width) for cell, width in zip(row, wide, strict=True)]
            for at in range(max(map(len, parts))):
                line = [
                    _fitted(Styled(part[at] if at < len(part) else "", cell.style), width, column in right)
                    for column, (cell, part, width) in enumerate(zip(row, parts, wide, strict=True))
                ]
                print("  ".join(line).rstrip())

    def _stack(self, cells: Sequence[Sequence[Styled]], limit: int) -> None:
        """The rows of a table that the terminal is too narrow for."""
        head, *rows = [[cell.text for cell in row] for row in cells]
        for row in rows:
            print("\n".join(stacked(head, row, limit, self.text(" : ", ": "))))

    def next(self, fr: str, en: str) -> None:
        """The last line: what to do next."""
        self.result(self.text(f"Ensuite : {fr}", f"Next: {en}"))


def _cell(cell: Cell) -> Styled:
    return Styled(shown(cell, 10_000), "") if isinstance(cell, str) else Styled(shown(cell.text, 10_000), cell.style)


def _fitted(cell: Styled, width: int, right: bool) -> str:
    space = " " * (width - columns(cell.text))
    text = _painted(cell.text, cell.style, sys.stdout)
    return space + text if right else text + space


def _painted(text: str, style: str, stream: TextIO) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and has_colour(stream) else text


def has_colour(stream: TextIO) -> bool:
    """Whether colour may be used there: a terminal, and nobody said `NO_COLOR` (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def terminal_width() -> int | None:
    """How wide a table may be: what `COLUMNS` says, else the terminal; None where nobody looks (a file, a pipe)."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None if sys.stdout.isatty() else None
    except (OSError, ValueError):
        return None


def printable(text: str) -> str:
    """Lines that can't fool their reader or the terminal: control and direction characters are written out."""
    return "".join(char if char == "\n" else _escaped(char) for char in text)


def shown(text: str, limit: int = 60) -> str:
    """A name of a source on one line, cut after `limit` characters."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(_escaped(char) for char in cut)


def _escaped(char: str) -> str:
    if char.isprintable() or char in _OWN_SPACES:
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 256 else char.encode("ascii", "backslashreplace").decode()


def number(value: int, lang: str) -> str:
    """A count as people write it: thin spaces in French, commas in English."""
    return f"{value:,}".replace(",", "\u202f") if lang == "fr" else f"{value:,}"


def size(value: float, lang: str) -> str:
    """Bytes as people read them."""
    units = ("o", "ko", "Mo", "Go", "To") if lang == "fr" else ("B", "kB", "MB", "GB", "TB")
    step = 0
    while value >= 1000 and step < len(units) - 1:
        value, step = value / 1000, step + 1
    text = f"{value:.0f}" if step == 0 or value >= 100 else f"{value:.1f}"
    return (text.replace(".", ",") if lang == "fr" else text) + "\u00a0" + units[step]


def share(part: int, whole: int, lang: str) -> str:
    """A share in per cent."""
    text = f"{100 * part / whole if whole else 100:.1f}"
    return text.replace(".", ",") + "\u00a0%" if lang == "fr" else text + "%"


def duration(seconds: float, lang: str) -> str:
    """A duration as people read it."""
    if seconds < 60:
        text = f"{seconds:.1f}"
        return (text.replace(".", ",") if lang == "fr" else text) + "\u00a0s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}\u00a0{'j' if lang == 'fr' else 'd'} {hours}\u00a0h"
    return f"{hours}\u00a0h {minutes:02}\u00a0min" if hours else f"{minutes}\u00a0min {rest:02}\u00a0s"
