"""How the lines of the headers that came differ from those that the document has: what was left out or written anew is
scattered, and the residue must not repeat the rest."""

from __future__ import annotations

from collections.abc import Sequence

from transhumance.connectors.contract import Value


def lines_delta(original: Sequence[str], rebuilt: Sequence[str]) -> tuple[Value, ...]:
    """Steps that make `original` out of `rebuilt`: a positive number keeps so many lines, a negative one drops them, a
    text is put in. One walk over both: lines that come in another order are repeated."""
    left: dict[str, int] = {}
    for line in original:
        left[line] = left.get(line, 0) + 1
    steps: list[Value] = []
    at = 0
    for line in original:
        left[line] -= 1
        skip = at
        while skip < len(rebuilt) and rebuilt[skip] != line and not left.get(rebuilt[skip]):
            skip += 1
        if skip < len(rebuilt) and rebuilt[skip] == line:
            _add(steps, at - skip)
            _add(steps, 1)
            at = skip + 1
        else:
            steps.append(line)
    return tuple(steps)


def _add(steps: list[Value], count: int) -> None:
    last = steps[-1] if steps else None
    if count and isinstance(last, int) and (last > 0) == (count > 0):
        steps[-1] = last + count
    elif count:
        steps.append(count)


def apply_lines(rebuilt: Sequence[str], steps: Sequence[Value]) -> list[str]:
    """The original lines again."""
    out: list[str] = []
    at = 0
    for step in steps:
        if isinstance(step, str):
            out.append(step)
        elif isinstance(step, int):
            if step > 0:
                out += rebuilt[at : at + step]
            at += abs(step)
    return out
