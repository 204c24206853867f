"""Inline SVG: a stacked bar of grades and the rail of the way back. Never colour alone: each grade has its pattern and
its words.

The drawings stretch with the page, since they hold no text; the words beside them are HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from transhumance.plans.report.facts import Back
from transhumance.plans.report.voice import Voice
from transhumance.plans.report.wording import visible

GRADES: tuple[Back, ...] = ("exact", "residual", "lossy", "blocked", "not_assessed")
LEAST = 1.2  # percent of the bar: a share that is not zero is seen
# What is drawn over (or, for what was not assessed, instead of) the colour of a grade, in a tile of 8 by 8.
_TILES = {
    "exact": "",
    "residual": '<path class="over" d="M-2 10 10 -2M-2 2 2 -2M6 10 10 6"/>',
    "lossy": '<circle class="dot" cx="2" cy="2" r="1.5"/><circle class="dot" cx="6" cy="6" r="1.5"/>',
    "blocked": '<path class="over" d="M0 0 8 8M8 0 0 8"/>',
    "not_assessed": '<path class="bare" d="M0 4H8"/>',
}


def definitions() -> Markup:
    """The patterns, once a page. Not `display: none`: browsers then paint nothing with them."""
    tiles = "".join(
        f'<pattern id="tile-{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect class="{"ground" if name == "not_assessed" else "fill-" + name}" width="8" height="8"/>{tile}</pattern>'
        for name, tile in _TILES.items()
    )
    return Markup(f'<svg class="defs" aria-hidden="true" focusable="false"><defs>{tiles}</defs></svg>')


def swatch(grade: str) -> Markup:
    """The small square that stands beside a grade's name."""
    return Markup(
        '<svg class="swatch" aria-hidden="true" focusable="false" width="16" height="16">'
        f'<rect class="part edge-{_known(grade)}" fill="url(#tile-{_known(grade)})" width="16" height="16"/></svg>'
    )


def shares(counts: Mapping[str, int]) -> list[tuple[str, float, float]]:
    """(grade, start, width) in percent, for the grades that are not zero; together they are 100 wide."""
    total = sum(counts[grade] for grade in GRADES)
    raw = {grade: max(100 * counts[grade] / total, LEAST) for grade in GRADES if counts[grade]} if total else {}
    over = sum(raw.values()) - 100
    room = sum(width for width in raw.values() if width > LEAST)
    placed: list[tuple[str, float, float]] = []
    start = 0.0
    for grade, width in raw.items():
        fitted = width - over * width / room if width > LEAST and room else width
        placed.append((grade, round(start, 3), round(fitted, 3)))
        start += fitted
    return placed


def bar(counts: Mapping[str, int], voice: Voice, tall: bool = False) -> Markup:
    """A stacked bar of grades. Its text alternative is the same list of counts that stands beside it."""
    parts = "".join(
        f'<rect class="part edge-{grade}" x="{start}%" width="{width}%" height="100%" fill="url(#tile-{grade})"/>'
        for grade, start, width in shares(counts)
    )
    label = Markup.escape(spoken(counts, voice) or voice("none"))
    return Markup(f'<svg class="bar{" tall" if tall else ""}" role="img" aria-label="{label}">{parts}</svg>')


def spoken(counts: Mapping[str, int], voice: Voice) -> str:
    """`1 100 exacts, 90 par le résidu, ...`: the grades that are not zero."""
    return ", ".join(voice.counted(grade, counts[grade]) for grade in GRADES if counts[grade])


@dataclass(frozen=True, slots=True)
class Stop:
    """One column of the rail. `way`: one can return from here; `rehearsed`: it was run; `point`: the point of no
    return."""

    way: bool
    rehearsed: bool = False
    point: bool = False


def rail(stops: Sequence[Stop], label: str) -> Markup:
    """The line above the columns of the way back: whole while one can return, dashed beyond the point of no return.

    A full disc is a way back that was run, a ring one that was not, a diamond the point of no return.
    """
    step = 100 / max(len(stops), 1)
    centres = [round(step * at + step / 2, 3) for at in range(len(stops))]
    turn = next((centre for stop, centre in zip(stops, centres, strict=True) if stop.point), None)
    end = 100.0 if turn is None else turn
    lines = f'<line class="rail" x1="0" x2="{end}%" y1="14" y2="14"/>'
    if turn is not None:
        lines += f'<line class="rail beyond" x1="{end}%" x2="100%" y1="14" y2="14"/>'
    marks = "".join(_mark(stop, centre) for stop, centre in zip(stops, centres, strict=True))
    return Markup(f'<svg class="line" role="img" aria-label="{Markup.escape(visible(label))}">{lines}{marks}</svg>')


def _mark(stop: Stop, centre: float) -> str:
    if stop.point:
        return f'<svg x="{centre}%" y="14" class="spill"><path class="turn" d="M0 -11 11 0 0 11 -11 0Z"/></svg>'
    kind = "run" if stop.rehearsed else "way" if stop.way else "gap"
    return f'<circle class="{kind}" cx="{centre}%" cy="14" r="7"/>'


def _known(grade: str) -> str:
    return grade if grade in _TILES else "not_assessed"
