"""The shape of an entry in the tables of messages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One mistake: its stable code, and (message, remedy) in each language."""

    code: str
    fr: tuple[str, str]
    en: tuple[str, str]
