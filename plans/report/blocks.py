"""What a section of the page is made of: tables, lists, lines, and what is missing. The template draws each kind in
one way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from transhumance.plans.report.voice import Voice

Doc: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Code:
    """What is typed or compared by eye: commands, digests, references. Never translated."""

    text: str
    kind: str = "code"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link inside the page."""

    text: str
    to: str
    kind: str = "anchor"


@dataclass(frozen=True, slots=True)
class Pair:
    """A value, and under it in small what it rests on."""

    text: str
    sub: str
    kind: str = "pair"


Cell: TypeAlias = "str | Code | Anchor | Pair | tuple[Code | Anchor, ...]"
LONG_WORD = 24  # characters; a longer one may be broken anywhere, a shorter one never


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: (label, is a number). The first column heads its row. `file`: the annexe that holds every row."""

    id: str
    caption: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    file: str | None = None
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Listing:
    """A titled list of lines."""

    title: str
    items: tuple[Cell, ...]
    ordered: bool = False
    kind: str = "listing"


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, with an optional label before it."""

    text: Cell
    label: str = ""
    kind: str = "line"


@dataclass(frozen=True, slots=True)
class Missing:
    """What was not assessed, and why."""

    reason: str
    label: str = ""
    kind: str = "missing"


Block: TypeAlias = "Table | Listing | Line | Missing"
MOST_ROWS = 400  # rows that the page shows of one table; the annexe has them all


def table(
    v: Voice, id: str, caption: str, columns: str, rows: Iterable[Sequence[Cell]], file: str | None = None
) -> Table:
    """A table from keys of columns: `col_wave col_items#`, where `#` marks numbers."""
    given = tuple(tuple(row) for row in rows)
    heads = tuple((v(key.rstrip("#")), key.endswith("#")) for key in columns.split())
    return Table(id, caption, heads, given[:MOST_ROWS], len(given), file)


def figures(v: Voice, row: Mapping[str, Any], *names: str) -> tuple[Pair, ...]:
    """The cells of some figures of a row."""
    return tuple(Pair(*v.amount(row[name])) for name in names)


def breakable(value: object) -> bool:
    """Whether a cell holds a word too long for its column."""
    text = value if isinstance(value, str) else getattr(value, "text", "")
    return any(len(word) > LONG_WORD for word in text.split(" "))


def missing(v: Voice, section: Mapping[str, Any], label: str = "") -> Missing:
    """The block of a section, or of a part of one, that says `not_assessed`."""
    return Missing(v.text(section["reason"]), label)


def known(section: Mapping[str, Any]) -> bool:
    return bool(section["status"] == "assessed")


def texts(v: Voice, title: str, both: Sequence[Mapping[str, str]]) -> list[Block]:
    """A list of texts under a title; nothing where there is none."""
    return [Listing(title, tuple(v.text(text) for text in both))] if both else []


def code(value: str | None) -> Cell:
    return "–" if value is None else Code(value)


def slug(loss_code: str) -> str:
    """The anchor of a loss's card. Codes are `AREA-NOUN-nn`; whatever else comes is made safe for an `id`."""
    return "loss-" + "".join(
        char if char.isascii() and (char.isalnum() or char == "-") else f"_{ord(char):x}" for char in loss_code
    )
