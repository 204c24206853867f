"""The small values that facts are made of: texts in two languages, figures with what they rest on, counts by answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Basis = Literal["measured", "predicted", "estimated", "not_assessed"]
Severity = Literal["info", "minor", "major", "blocked"]
Forward = Literal["full", "reduced", "blocked", "not_assessed"]
Back = Literal["exact", "residual", "lossy", "blocked", "not_assessed"]
Proof = Literal["predicted", "format", "target", "returned"]
Role = Literal["source", "target", "archive", "back"]


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for people, in French and in English."""

    fr: str
    en: str

    def __call__(self, lang: str) -> str:
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit (`s`, `B`, `items`, `items/s`, `days`, `windows`) and what it rests on.

    Raises ValueError where a value has no basis, a basis no value, or the value is no finite number.
    """

    value: int | float | None
    unit: str
    basis: Basis
    reason: Text | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != (self.basis == "not_assessed"):
            raise ValueError(
                f"a figure is either a value with a basis or not_assessed, not {self.value!r} {self.basis}"
            )
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"{self.value!r} {self.unit} is no figure")


@dataclass(frozen=True, slots=True)
class ForwardCounts:
    """What the users of so many items have at the target."""

    full: int = 0
    reduced: int = 0
    blocked: int = 0
    not_assessed: int = 0


@dataclass(frozen=True, slots=True)
class GradeCounts:
    """How so many items come back."""

    exact: int = 0
    residual: int = 0
    lossy: int = 0
    blocked: int = 0
    not_assessed: int = 0


@dataclass(frozen=True, slots=True)
class ProofCounts:
    """The proof that each item's answer rests on, the weakest of its legs. Items without an answer have none."""

    predicted: int = 0
    format: int = 0
    target: int = 0
    returned: int = 0
