"""Loss codes: one registry of stable names for what a migration loses, and the findings that use them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from transhumance.connectors.contract.model import Text

Severity = Literal["info", "minor", "major", "blocked"]
Forward = Literal["full", "reduced", "blocked", "not_assessed"]
Back = Literal["exact", "residual", "lossy", "blocked", "not_assessed"]

FORWARD: tuple[Forward, ...] = ("full", "reduced", "blocked", "not_assessed")
BACK: tuple[Back, ...] = ("exact", "residual", "lossy", "blocked", "not_assessed")
CODE = re.compile(r"[A-Z]{2,8}(?:-[A-Z0-9]{2,12}){1,2}-\d{2}")


@dataclass(frozen=True, slots=True)
class LossCode:
    """A named loss. `forward`: the best that an item with it can be for its user at the target; `back`: the best that
    its way back can be, whatever the comparison says, because comparing can't see this loss (`exact` where the
    comparison decides).

    A code is `AREA-NOUN-nn`, never reused. `what`, `why`, `remedy`: sentences for people.
    """

    code: str
    severity: Severity
    what: Text
    why: Text
    remedy: Text
    forward: Forward = "full"
    back: Back = "exact"

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code):
            raise ValueError(f"{self.code}: a loss code is AREA-NOUN-nn")


@dataclass(frozen=True, slots=True)
class Finding:
    """A loss seen on an item. `detail`: what exactly, without personal data (a property name, a size, a charset)."""

    code: str
    detail: str = ""


def worst_forward(answers: Iterable[Forward]) -> Forward:
    """The worst answer, `full` when there is none; `not_assessed` is worse than anything measured."""
    return max(answers, key=FORWARD.index, default="full")


def worst_back(answers: Iterable[Back]) -> Back:
    """The worst grade, `exact` when there is none."""
    return max(answers, key=BACK.index, default="exact")
