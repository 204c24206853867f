"""Loads a plan: reads, extends, validates, cross-checks, and tells every mistake at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from transhumance.plans.model import checks
from transhumance.plans.model.checks_waves import check_waves
from transhumance.plans.model.checks_workloads import check_workloads
from transhumance.plans.model.document import Node, locate
from transhumance.plans.model.endpoints import ConfigModel, check_endpoints
from transhumance.plans.model.errors import Lang, Loc, Place, PlanError, PlanErrors, printable
from transhumance.plans.model.extends import read_all
from transhumance.plans.model.messages import Problem
from transhumance.plans.model.schema import FORMAT, Plan
from transhumance.plans.model.validation import problems_of


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """A plan that may be used. `files`: the plan's file, then those that it extends. `configs`: each endpoint's
    settings as its connector's model, secrets still references. `warnings`: what is no mistake and yet probably not
    meant.
    """

    path: Path
    lang: Lang
    plan: Plan
    files: tuple[Path, ...]
    configs: Mapping[str, BaseModel]
    warnings: tuple[PlanError, ...]
    root: Node

    @property
    def base(self) -> Path:
        """The folder that the plan's relative paths start from."""
        return self.path.parent

    def place(self, loc: Loc) -> Place:
        """Where a field is written, `("waves", 1, "after")`; the nearest that encloses it where it is not."""
        return locate(self.root, loc)[0]

    def error(self, name: str, loc: Loc, **params: Any) -> PlanError:
        """A mistake found later at a field of this plan; `name` is a key of `texts.TEXTS`."""
        return Problem(name, self.place(loc), loc, params).render(self.lang)


def load(
    path: Path | str,
    *,
    config_model: ConfigModel,
    lang: Lang = "fr",
    connectors: Iterable[str] = (),
    loss_codes: Collection[str] | None = None,
    today: date | None = None,
) -> LoadedPlan:
    """The plan at `path`.

    `config_model`: a connector's pydantic model by the connector's name, None where there is no such connector;
    `connectors`: the names that there are, for the error; `loss_codes`: the known codes, None to accept any; `today`:
    for acceptances that ended. Raises `PlanErrors` with every mistake, the plan's own file first, then by line.
    """
    path = Path(path)
    problems: list[Problem] = []
    root, files, whole = read_all(path, problems)
    if root is None:
        raise _raised(problems, files, lang)
    if (wrong := _other_format(root)) is not None:
        raise _raised([wrong], files, lang)
    plan = _validated(root, problems, whole)
    configs = check_endpoints(root, config_model, connectors, problems)
    if whole:
        problems += _cross_checked(root, path.parent, loss_codes)
    if problems or plan is None:
        raise _raised(problems, files, lang)
    warned = checks.warnings_of(root, today or date.today())
    return LoadedPlan(path, lang, plan, files, configs, _rendered(warned, files, lang), root)


def _validated(root: Node, problems: list[Problem], whole: bool) -> Plan | None:
    """The plan, or None after adding what is wrong. What the reading told of a value is not told again by its type;
    in a plan that extends an unreadable one, nothing is known to be missing.
    """
    told = {problem.loc for problem in problems if problem.loc}
    try:
        return Plan.model_validate(root.plain())
    except ValidationError as error:
        found = problems_of(error, root, Plan)
        problems += [p for p in found if p.loc not in told and (whole or p.name != "missing" or len(p.loc) > 1)]
        return None


def _cross_checked(root: Node, base: Path, loss_codes: Collection[str] | None) -> Iterator[Problem]:
    yield from checks.check_names(root)
    yield from checks.check_policies(root, loss_codes)
    yield from checks.check_ledger(root)
    yield from check_workloads(root, base)
    yield from check_waves(root)


def _other_format(root: Node) -> Problem | None:
    """Another version of the format has other fields: nothing else is worth saying."""
    node = root.get("format")
    if (
        node is None
        or not isinstance(node.value, str)
        or node.value == FORMAT
        or not node.value.startswith(FORMAT[:-1])
    ):
        return None
    return Problem("format-version", root.keys["format"], ("format",), {"value": printable(node.value)})


def _raised(problems: Iterable[Problem], files: tuple[Path, ...], lang: Lang) -> PlanErrors:
    return PlanErrors(_rendered(problems, files, lang))


def _rendered(problems: Iterable[Problem], files: tuple[Path, ...], lang: Lang) -> tuple[PlanError, ...]:
    """In the file's order, each mistake of a field once."""
    order = {str(file): number for number, file in enumerate(files)}
    unique: dict[Any, Problem] = {}
    for problem in problems:
        unique.setdefault((problem.place, problem.loc, problem.name), problem)
    sort = sorted(
        unique.values(),
        key=lambda p: (order.get(p.place.file, len(order)), p.place.line, p.place.column, p.loc != (), p.name),
    )
    return tuple(problem.render(lang) for problem in sort)
