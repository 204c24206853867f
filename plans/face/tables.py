"""Tables that fit: columns aligned by two spaces, and, where the terminal is narrower, words put on further lines of
their cell. Numbers and words are never broken: where no table fits, rows are stacked. Pure functions over texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

GAP = 2
LONGEST = 30  # a longer word (a path, an address) may be broken anywhere


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: East Asian wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def widths(rows: Sequence[Sequence[str]], right: Sequence[int], limit: int | None) -> list[int] | None:
    """The width of each column; None where no table fits. `rows`: the head first. `limit`: the terminal's width, None
    for any. The widest column of words gives way first, down to its longest word; a column of numbers gives way in
    its head only."""
    wide = [max(columns(row[at]) for row in rows) for at in range(len(rows[0]))]
    if limit is None:
        return wide
    least = [_least([row[at] for row in rows], at in right) for at in range(len(wide))]
    while sum(wide) + GAP * (len(wide) - 1) > limit:
        room = [at for at in range(len(wide)) if wide[at] > least[at]]
        if not room:
            return None
        wide[max(room, key=lambda at: (wide[at], at))] -= 1
    return wide


def _least(cells: Sequence[str], is_number: bool) -> int:
    words = max(columns(word) for cell in cells for word in cell.split(" "))
    return max(map(columns, cells[1:])) if is_number else min(words, LONGEST)


def stacked(head: Sequence[str], row: Sequence[str], limit: int, colon: str) -> list[str]:
    """A row as `head: cell` pairs on as many lines as it takes: what a terminal too narrow for the table is shown."""
    lines, line = [], ""
    for name, cell in zip(head, row, strict=True):
        if not cell:
            continue
        pair = f"{name}{colon}{cell}" if name else cell
        if line and columns(line) + GAP + columns(pair) > limit:
            lines.append(line)
            line = ""
        line = f"{line}  {pair}" if line else f"{'  ' if lines else ''}{pair}"
    return [*lines, line]


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many columns, broken at spaces where there are some."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and columns(line) + 1 + columns(word) <= width:
            line += " " + word
            continue
        if line:
            lines.append(line)
        while columns(word) > width:
            head = _head(word, width)
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line or not lines else lines


def _head(word: str, width: int) -> str:
    end, taken = 0, 0
    while end < len(word) and taken + columns(word[end]) <= width:
        taken += columns(word[end])
        end += 1
    return word[: max(end, 1)]
