"""One language's way of saying what the document holds: fixed words, numbers, dates, and texts in the right
language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from transhumance.plans.report import wording
from transhumance.plans.report.strings import string
from transhumance.plans.report.words import LANGS, WORDS, counted, word

_BEFORE = re.compile(r" (?=[:;?!»%])")  # French sets these apart by a space that must not break
_AFTER = re.compile(r"(?<=«) ")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


class Voice:
    """Everything that depends on the language. Raises KeyError for a language or a key that no table has."""

    def __init__(self, lang: str) -> None:
        if lang not in LANGS:
            raise KeyError(lang)
        self.lang = lang

    def __call__(self, key: str, **values: object) -> str:
        return self.typeset(string(key, self.lang, **values))

    def typeset(self, text: str) -> str:
        """Curved apostrophes, and French punctuation held to the word before it."""
        text = _APOSTROPHE.sub("’", text)
        return _AFTER.sub(wording.NBSP, _BEFORE.sub(wording.NBSP, text)) if self.lang == "fr" else text

    def word(self, group: str, value: str | None) -> str:
        """A value of a group, `–` for none."""
        if value is None:
            return "–"
        said = word(group, value, self.lang)
        return self.typeset(said) if value in WORDS[group] else said

    def yes(self, value: bool | None) -> str:
        return self.word("yes", {True: "true", False: "false", None: "none"}[value])

    def counted(self, key: str, n: int) -> str:
        return counted(key, n, self.lang)

    def num(self, value: int | float | None) -> str:
        return "–" if value is None else wording.number(value, self.lang, 1)

    def percent(self, part: int, whole: int) -> str:
        return wording.percent(part, whole, self.lang)

    def size(self, value: int | None) -> str:
        return "–" if value is None else wording.size(value, self.lang)

    def day(self, value: str | None, otherwise: str = "–") -> str:
        return otherwise if value is None else wording.day(date.fromisoformat(value), self.lang)

    def moment(self, value: str | None, otherwise: str = "–") -> str:
        return otherwise if value is None else wording.moment(datetime.fromisoformat(value), self.lang)

    def text(self, both: Mapping[str, str] | None, otherwise: str = "–") -> str:
        """A text that carries both languages."""
        return otherwise if both is None else self.typeset(both[self.lang])

    def of(self, row: Mapping[str, Any], name: str, otherwise: str = "–") -> str:
        """A text of one of the document's own lists, by its translation where that is another language's."""
        value = row["translations"].get(self.lang, row).get(name) if self.lang != "fr" else row[name]
        return otherwise if value is None else self.typeset(value)

    def amount(self, figure: Mapping[str, Any]) -> tuple[str, str]:
        """A figure for a column whose head names the unit of its counts: (`2 h 05 min`, `mesuré`)."""
        if figure["value"] is None:
            return self.word("basis", "not_assessed"), self.text(figure["reason"], "")
        plain = figure["unit"] in ("items", "windows", "days")
        shown = self.num(figure["value"]) if plain else self._amount(figure["value"], figure["unit"])
        return shown, self.word("basis", figure["basis"])

    def figure(self, figure: Mapping[str, Any] | None) -> str:
        """`2 h 05 min (mesuré)`, or `non évalué` with its reason."""
        if figure is None or figure["value"] is None:
            reason = figure and figure["reason"]
            return self.word("basis", "not_assessed") + (f" ({self.text(reason)})" if reason else "")
        return f"{self._amount(figure['value'], figure['unit'])} ({self.word('basis', figure['basis'])})"

    def _amount(self, value: float, unit: str) -> str:
        if unit == "s":
            return wording.duration(value, self.lang)
        if unit == "B":
            return wording.size(int(value), self.lang)
        return f"{self.num(value)}{wording.NBSP}{self.word('unit', unit)}"

    def shown(self, text: str, longest: int = 1000) -> str:
        """Text that can't hide anything from its reader, cut at `longest` characters."""
        return wording.shown(text, self.lang, longest)
