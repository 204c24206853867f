"""Turns a problem (a name, a place, its parameters) into an error in French or English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from transhumance.plans.model.errors import Lang, Loc, Place, PlanError, field_text
from transhumance.plans.model.texts import TEXTS

MAX_LISTED: Final = 12
_WORDS: Final = {
    "fr": {
        "did": "Vouliez-vous dire `{}` ?",
        "known": "Possibles : {}.",
        "more": "et {} autres",
        "none": "Il n'y en a pas.",
    },
    "en": {"did": "Did you mean `{}`?", "known": "Possible: {}.", "more": "and {} more", "none": "There are none."},
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake before it has a language. `name` is a key of `TEXTS`; `params` fill its sentences.

    Two parameters are for hints: `guess` (a name or None) and `known` (names that would do).
    """

    name: str
    place: Place
    loc: Loc = ()
    params: Mapping[str, Any] = field(default_factory=dict)

    def render(self, lang: Lang) -> PlanError:
        """The problem as an error in a language."""
        text = TEXTS[self.name]
        values = {key: _by_language(value, lang) for key, value in self.params.items()}
        values["hint"] = hint(self.params.get("guess"), self.params.get("known"), lang)
        message, remedy = text.fr if lang == "fr" else text.en
        return PlanError(
            file=self.place.file,
            line=self.place.line,
            column=self.place.column,
            field=field_text(self.loc),
            code=text.code,
            message=message.format_map(values),
            remedy=remedy.format_map(values).strip(),
        )


def hint(guess: str | None, known: Iterable[str] | None, lang: Lang) -> str:
    """`Did you mean ...?` and the names that would do, as far as given; a long list is cut and says by how much."""
    words = _WORDS[lang]
    known = None if known is None or list(known) == [guess] else known
    parts = [words["did"].format(guess)] if guess else []
    if known is not None:
        names = list(known)
        listed = ", ".join(f"`{name}`" for name in names[:MAX_LISTED])
        if len(names) > MAX_LISTED:
            listed += " " + words["more"].format(len(names) - MAX_LISTED)
        parts.append(words["known"].format(listed) if names else words["none"])
    return " ".join(parts)


def _by_language(value: Any, lang: Lang) -> Any:
    """A parameter that is itself words comes as {"fr": ..., "en": ...}."""
    return value[lang] if isinstance(value, Mapping) else value
