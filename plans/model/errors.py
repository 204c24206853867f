"""Errors of a plan file: each has its place, its field, a stable code, what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Lang = Literal["fr", "en"]
Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something is written: file as the user named it, line and column from 1, in characters."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class PlanError:
    """One mistake, for people. `field` is a path such as `waves[1].after`, empty where the whole file is meant."""

    file: str
    line: int
    column: int
    field: str
    code: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " + (f"{self.field}: " if self.field else "")
        return f"{where}{self.message}." + (f" {self.remedy}" if self.remedy else "")


class PlanErrors(Exception):
    """Every mistake that was found, the plan's own file first, then by line."""

    def __init__(self, errors: Iterable[PlanError]) -> None:
        self.errors = tuple(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


def field_text(loc: Iterable[str | int]) -> str:
    """A path as people write it: `waves[1].after`; odd keys are quoted and escaped."""
    out = ""
    for step in loc:
        if isinstance(step, int):
            out += f"[{step}]"
        elif step.replace("-", "").replace("_", "").isalnum() and len(step) <= 60:
            out += f".{step}" if out else step
        else:
            out += f"[{printable(step)}]"
    return out


def printable(value: object, limit: int = 60) -> str:
    """A value on one line: text in double quotes, control and direction characters escaped, cut after `limit`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if not isinstance(value, str):
        return str(value)[:limit]
    cut = value if len(value) <= limit else value[:limit] + "…"
    return '"' + "".join(_escaped(char) for char in cut) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else char.encode("unicode_escape").decode()
