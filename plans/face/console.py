"""Printing: one place that knows the language, whether JSON is wanted, and where talk goes."""

from __future__ import annotations

import json
import locale
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from transhumance.connectors.contract.model import Text

Lang = Literal["fr", "en"]
FORMAT = "transhumance.cli/1"


def default_lang() -> Lang:
    """The language of the locale: French unless it clearly is another one."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "en" if value.lower().startswith("en") else "fr"
    found = locale.getlocale()[0] or ""
    return "en" if found.lower().startswith("en") else "fr"


class Console:
    """Result on stdout, talk on stderr. With `as_json`, the result is JSON Lines, each with `message_type`."""

    def __init__(self, lang: Lang, as_json: bool = False) -> None:
        self.lang, self.as_json = lang, as_json

    def text(self, fr: str, en: str) -> str:
        """One of two texts."""
        return fr if self.lang == "fr" else en

    def result(self, line: str = "") -> None:
        """A line of the result; not printed where JSON is wanted."""
        if not self.as_json:
            print(printable(line))

    def say(self, fr: str, en: str) -> None:
        """Talk: on stderr."""
        print(printable(self.text(fr, en)), file=sys.stderr)

    def said(self, text: Text) -> None:
        """Talk, from a text in two languages."""
        self.say(text.fr, text.en)

    def emit(self, message_type: str, **fields: Any) -> None:
        """A line of JSON, where JSON is wanted."""
        if self.as_json:
            line = {"format": FORMAT, "message_type": message_type, **fields}
            print(json.dumps(line, ensure_ascii=False, sort_keys=True, default=str), flush=True)

    def table(self, rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
        """Columns aligned by spaces, which any tool can read again."""
        if self.as_json or not rows:
            return
        rows = [[printable(cell) for cell in row] for row in rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
            print("  ".join(cells).rstrip())

    def next(self, fr: str, en: str) -> None:
        """The last line: what to do next."""
        self.result(self.text(f"Ensuite : {fr}", f"Next: {en}"))


def printable(text: str) -> str:
    """Text that can't fool its reader or the terminal: control and direction characters are written out."""
    return (
        "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)
        .encode("utf-8", "backslashreplace")
        .decode()
    )


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
    return (text.replace(".", ",") if lang == "fr" else text) + " " + units[step]


def duration(seconds: float, lang: str) -> str:
    """A duration as people read it."""
    if seconds < 60:
        text = f"{seconds:.1f} s"
        return text.replace(".", ",") if lang == "fr" else text
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def as_rows(table: Mapping[str, int]) -> list[list[str]]:
    """A small table of counts."""
    return [[name, str(count)] for name, count in table.items()]
