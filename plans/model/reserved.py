"""Fields that a plan may use and that this version reads without carrying them out: named, so that none is silent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from transhumance.plans.model.errors import Lang, Loc, PlanError
from transhumance.plans.model.load import LoadedPlan
from transhumance.plans.model.mapping import read_mapping
from transhumance.plans.model.messages import Problem


def not_yet_honoured(loaded: LoadedPlan, lang: Lang | None = None) -> list[PlanError]:
    """Each field in use that the schema marks `x-reserved`, with its place; sorted as the file is."""
    used = [*reserved_in(loaded.plan), *_idle_windows(loaded)]
    problems = [Problem("not-honoured", loaded.place(loc), loc) for loc in used]
    return [problem.render(lang or loaded.lang) for problem in sorted(problems, key=lambda problem: problem.place)]


def _idle_windows(loaded: LoadedPlan) -> Iterator[Loc]:
    """`assess` looks at the whole plan: a wave's window does not hold it."""
    for index, wave in enumerate(loaded.plan.waves):
        if "assess" in wave.windows:
            yield "waves", index, "windows", "assess"


def unsupported(loaded: LoadedPlan, lang: Lang | None = None) -> list[PlanError]:
    """What the format foresees and no command of this version can do: no pass begins with it."""
    found: list[Problem] = []
    for name, workload in loaded.plan.workloads.items():
        if workload.mapping is not None and name != "identities":
            loc: Loc = ("workloads", name, "mapping")
            found.append(Problem("mapping-unsupported", loaded.place(loc), loc))
    if loaded.plan.policies.existing == "merge":
        loc = ("policies", "existing")
        found.append(Problem("merge-unsupported", loaded.place(loc), loc))
    told = [problem.render(lang or loaded.lang) for problem in sorted(found, key=lambda problem: problem.place)]
    return [*told, *_mapping_errors(loaded, lang or loaded.lang)]


def _mapping_errors(loaded: LoadedPlan, lang: Lang) -> tuple[PlanError, ...]:
    """What is wrong with the mapping file; one that is not there is told by `missing_files`, or by who reads it."""
    workload = loaded.plan.workloads.get("identities")
    if workload is None or workload.mapping is None or not (loaded.base / workload.mapping).is_file():
        return ()
    return read_mapping(loaded.base / workload.mapping, str(workload.mapping), lang).errors


def reserved_in(value: Any, loc: Loc = ()) -> Iterator[Loc]:
    """Paths of the reserved fields that are set in a model and what it holds."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            inner, path = getattr(value, name), (*loc, info.alias or name)
            extra = info.json_schema_extra
            if isinstance(extra, dict) and extra.get("x-reserved"):
                # what says no more than the default says is carried out
                if name in value.model_fields_set and inner is not None and inner != info.get_default():
                    yield path
            else:
                yield from reserved_in(inner, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from reserved_in(inner, (*loc, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from reserved_in(inner, (*loc, index))
