"""A batch of files at a target: every body aside first, one flush of the disk, then each its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from transhumance.connectors.contract import Outcome, Write
from transhumance.connectors.formats.durable import discard, sync_filesystem, sync_folder


class Staged(Protocol):
    """A write whose bytes lie aside, ready to be named. `at`: its place in the batch; `temp`: where the bytes are."""

    at: int
    temp: str


Step = TypeVar("Step", bound=Staged)


def write_batch(
    folder: Path,
    writes: Sequence[Write],
    stage: Callable[[int, Write], Step | Outcome],
    name: Callable[[Write, Step], Outcome],
) -> list[Outcome]:
    """The outcomes of the writes to one folder, in order. `stage`: lays one aside, or says that there is nothing to do;
    `name`: gives it its name. What is left aside is removed, whatever happens."""
    done: list[Outcome | None] = [None] * len(writes)
    staged: list[Step] = []
    try:
        for at, write in enumerate(writes):
            step = stage(at, write)
            if isinstance(step, Outcome):
                done[at] = step
            else:
                staged.append(step)
        if staged:
            sync_filesystem(folder)
        for step in staged:
            done[step.at] = name(writes[step.at], step)
    finally:
        for step in staged:
            discard(step.temp)
        if staged:
            sync_folder(folder)
    return [outcome for outcome in done if outcome is not None]
