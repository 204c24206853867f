"""The files that a plan names beside itself: whether they are there, for `check`. Loading a plan touches none of
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from transhumance.plans.model.errors import Loc, PlanError, printable
from transhumance.plans.model.load import LoadedPlan


def named_files(loaded: LoadedPlan) -> Iterator[tuple[Loc, Path]]:
    """Each file that the plan needs, with the field that names it; not `people`, which `assess` proposes."""
    for name, endpoint in loaded.plan.endpoints.items():
        if endpoint.assign is not None:
            yield ("endpoints", name, "assign"), loaded.base / endpoint.assign
    for kind, workload in loaded.plan.workloads.items():
        if workload.mapping is not None:
            yield ("workloads", kind, "mapping"), loaded.base / workload.mapping
    for index, wave in enumerate(loaded.plan.waves):
        for number, path in enumerate(wave.members.csv):
            yield ("waves", index, "members", "csv", number), loaded.base / path


def missing_files(loaded: LoadedPlan) -> list[PlanError]:
    """An error for each of them that is not there, in the order of the plan."""
    errors = [
        loaded.error("named-file-missing", loc, value=printable(str(path)), base=printable(str(loaded.base.resolve())))
        for loc, path in named_files(loaded)
        if not path.is_file()
    ]
    return sorted(errors, key=lambda error: (error.line, error.column))
