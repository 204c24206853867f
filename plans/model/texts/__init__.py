"""What each mistake in a plan is called, and what is said of it in French and English: (message, remedy).

A code is never reused. Messages have no full stop; remedies are sentences. `{hint}`: a guess, and the names that would
do.
"""

from __future__ import annotations

from typing import Final

from transhumance.plans.model.texts.cross import CROSS
from transhumance.plans.model.texts.fields import FIELD
from transhumance.plans.model.texts.mapping import MAPPING
from transhumance.plans.model.texts.reading import FILE, YAML
from transhumance.plans.model.texts.tables import CSV
from transhumance.plans.model.texts.text import Text

__all__ = ["TEXTS", "Text"]

TEXTS: Final[dict[str, Text]] = FILE | YAML | FIELD | CROSS | CSV | MAPPING
