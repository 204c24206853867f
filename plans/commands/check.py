"""`check`: is everything there that the plan needs, and for what is it ready. Writes nowhere, but for `--probe`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from transhumance.connectors.archive.check import bytes_and_inodes
from transhumance.connectors.contract import (
    Diagnose,
    Diagnosis,
    Quota,
    Selector,
    Space,
    Text,
    TranshumanceError,
    UserError,
)
from transhumance.plans.commands.canaries import canaries
from transhumance.plans.commands.probe import Probed, probe
from transhumance.plans.engine.giveback import back_target
from transhumance.plans.engine.lease import Heart
from transhumance.plans.ledger.sqlite import file_system, refuse_network
from transhumance.plans.model.errors import PlanError, PlanErrors
from transhumance.plans.model.files import missing_files
from transhumance.plans.model.reserved import not_yet_honoured, reserved_in, unsupported
from transhumance.plans.model.secrets import SecretError
from transhumance.plans.project import Endpoint, Project

Role = Literal["source", "target", "back", "directory"]
Goal = Literal["assess", "run", "cutover"]
GOALS: tuple[Goal, ...] = ("assess", "run", "cutover")
_CUTOVER = ("steps", "cutover")  # reserved fields of a wave that its cutover would pass over


@dataclass(frozen=True, slots=True)
class EndpointCheck:
    """One endpoint. `reason`: why it was not reached. `location`: where its files lie, None for what has no files.
    `writable`: None where nothing is written there. `needed`: bytes and inodes that the inventory asks of it as a
    target; None before `assess`. `made`: it is not there yet and will be made. `diagnoses`: what a live system says of
    itself."""

    name: str
    connector: str
    roles: tuple[Role, ...]
    reached: bool
    reason: Text | None = None
    identity: str = ""
    location: Path | None = None
    writable: bool | None = None
    space: Space | None = None
    needed: tuple[int, int] | None = None
    made: bool = False
    empty: bool = False
    diagnoses: tuple[Diagnosis, ...] = ()

    @property
    def short_of(self) -> str:
        """What there is not enough room for: `bytes`, `inodes` or nothing."""
        if self.space is None or self.needed is None:
            return ""
        for name, free, need in zip(
            ("bytes", "inodes"), (self.space.bytes_free, self.space.inodes_free), self.needed, strict=True
        ):
            if free is not None and need > free:
                return name
        return ""


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """Where the ledger lies. `reason`: why it can't lie there."""

    path: Path
    file_system: str
    free: int
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found. `unsupported`: fields with which no pass begins. `why_not`: for each goal, the reasons that
    keep the plan from it; empty: it is ready."""

    missing: tuple[PlanError, ...]
    reserved: tuple[PlanError, ...]
    endpoints: tuple[EndpointCheck, ...]
    ledger: LedgerCheck
    probes: tuple[Probed, ...] = ()
    troubles: tuple[tuple[str, Text], ...] = ()
    without_canaries: tuple[str, ...] = ()
    unsupported: tuple[PlanError, ...] = ()
    why_not: dict[Goal, tuple[Text, ...]] = field(default_factory=dict)


def check(project: Project, wants_probe: bool = False) -> Checked:
    """Looks everything over. `wants_probe`: writes canaries at the targets and takes them away again."""
    with suppress(PermissionError):  # told below: an endpoint that can not be written, a ledger that has no place
        project.state.mkdir(mode=0o700, exist_ok=True)
    refused = tuple(unsupported(project.loaded))
    missing, reserved = tuple(missing_files(project.loaded)), tuple(not_yet_honoured(project.loaded))
    endpoints = tuple(_endpoint(project, name, found) for name, found in roles(project).items())
    ledger = _ledger(project)
    found = Checked(missing, reserved, endpoints, ledger, unsupported=refused)
    probes: list[Probed] = []
    troubles: list[tuple[str, Text]] = []
    bare: list[str] = []
    if wants_probe:
        probes, troubles, bare = _probes(project)
    why_not = {goal: tuple(dict.fromkeys(_why_not(project, found, goal))) for goal in GOALS}
    return replace(found, probes=tuple(probes), troubles=tuple(troubles), without_canaries=tuple(bare), why_not=why_not)


def roles(project: Project) -> dict[str, tuple[Role, ...]]:
    """Each endpoint of the plan that is used, with what for."""
    found: dict[str, list[Role]] = {}
    for workload in project.plan.workloads.values():
        for name in workload.from_:
            found.setdefault(name, []).append("source")
        for name in workload.to:
            found.setdefault(name, []).append("target")
        if workload.back:
            found.setdefault(workload.back.to, []).append("back")
    if project.plan.directory:
        found.setdefault(project.plan.directory, []).append("directory")
    return {name: tuple(dict.fromkeys(roles)) for name, roles in found.items()}


# --- one endpoint


def _endpoint(project: Project, name: str, found: tuple[Role, ...]) -> EndpointCheck:
    try:
        endpoint = project.endpoint(name)
        location = _location(project, endpoint)
        reads, writes = "source" in found or "directory" in found, "target" in found or "back" in found
        made = location is not None and not os.path.lexists(location) and not reads
        identity, empty = "", False
        if reads:
            identity, empty = _reach_source(endpoint)
        elif not made:
            identity = _identity(endpoint)
        return EndpointCheck(
            name,
            endpoint.connector.name,
            found,
            True,
            identity=identity,
            location=location,
            writable=_writable(location) if writes else None,
            space=_space(endpoint, location) if writes else None,
            needed=_needed(project, endpoint) if "target" in found else None,
            made=made,
            empty=empty,
            diagnoses=tuple(dict.fromkeys(_diagnoses(endpoint, reads, writes))),
        )
    except (TranshumanceError, OSError, SecretError, PlanErrors) as error:
        entry = project.plan.endpoints[name]
        return EndpointCheck(name, entry.connector, found, False, _why(error))


def _diagnoses(endpoint: Endpoint, reads: bool, writes: bool) -> Iterator[Diagnosis]:
    """What the endpoint says of itself, in each role that it has; a connector of files says nothing."""
    if reads and isinstance(endpoint.source, Diagnose):
        yield from endpoint.source.diagnose()
    if writes and isinstance(endpoint.target, Diagnose):
        yield from endpoint.target.diagnose()


def _why(error: Exception) -> Text:
    return error.text if isinstance(error, TranshumanceError) else Text(str(error), str(error))


def _reach_source(endpoint: Endpoint) -> tuple[str, bool]:
    """The identity, and whether no subject is there at all. A live system that tells its changes lists all that it has
    before it gives the first one: it is not asked."""
    source = endpoint.source
    identity = source.identity()
    if endpoint.connector.facts.feed == "incremental" and isinstance(source, Diagnose):
        return identity, False
    return identity, next(iter(source.subjects(Selector())), None) is None


def _identity(endpoint: Endpoint) -> str:
    """A target's identity, asked of its reading side where it has one, because opening a target may make it."""
    return endpoint.source.identity() if endpoint.connector.source else endpoint.target.identity()


def _location(project: Project, endpoint: Endpoint) -> Path | None:
    """The folder or file of a connector of files."""
    path = getattr(endpoint.config, "path", None)
    return project.loaded.base / path if isinstance(path, Path | str) else None


def _there(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _writable(location: Path | None) -> bool | None:
    return None if location is None else os.access(_there(location), os.W_OK | os.X_OK, effective_ids=True)


def _space(endpoint: Endpoint, location: Path | None) -> Space | None:
    target = endpoint.target
    if isinstance(target, Quota):
        return target.space()
    if location is None:
        return None
    disk = os.statvfs(_there(location))
    return Space(disk.f_bavail * disk.f_frsize, disk.f_favail if disk.f_files else None)


def _needed(project: Project, endpoint: Endpoint) -> tuple[int, int] | None:
    """The room that the inventory asks for, by every workload that goes there; None before any inventory."""
    if not (project.state / "ledger.sqlite").exists():
        return None
    rows = project.ledger.inventory()
    if not rows:
        return None
    items = size = 0
    for workload, entry in project.plan.workloads.items():
        if endpoint.name in entry.to:
            mine = [r for r in rows if r["workload"] == workload and r["endpoint"] in entry.from_]
            items, size = items + sum(r["items"] for r in mine), size + sum(r["bytes"] for r in mine)
    layout, keep = getattr(endpoint.config, "layout", "files"), getattr(endpoint.config, "keep", "full")
    return bytes_and_inodes(items, size, layout, keep)


def _ledger(project: Project) -> LedgerCheck:
    place = _there(project.state)
    disk = os.statvfs(place)
    reason: Text | None = None
    try:
        refuse_network(place)
        if not os.access(place, os.W_OK | os.X_OK, effective_ids=True):
            raise UserError(Text(f"{place} : écriture refusée", f"{place}: not writable"))
    except UserError as error:
        reason = error.text
    return LedgerCheck(project.state, file_system(place), disk.f_bavail * disk.f_frsize, reason)


# --- canaries


def _probes(project: Project) -> tuple[list[Probed], list[tuple[str, Text]], list[str]]:
    """Canaries at every target, one workload after the other, while no pass runs."""
    found: list[Probed] = []
    troubles: list[tuple[str, Text]] = []
    bare: list[str] = []
    with Heart(project.ledger, project.stop, "check --probe"):
        for workload, entry in project.plan.workloads.items():
            if not canaries(workload):
                bare.append(workload)
                continue
            for name in entry.to:
                try:
                    answers, trouble = probe(project.endpoint(name), workload)
                except (SecretError, PlanErrors) as error:
                    answers, trouble = [], _why(error)
                found += answers
                troubles += [(name, trouble)] if trouble else []
    return found, troubles, bare


# --- what keeps the plan from going on


def _why_not(project: Project, found: Checked, goal: Goal) -> Iterator[Text]:
    yield from _why_not_assess(found)
    if goal == "assess":
        return
    yield from _why_not_run(project, found)
    if goal == "run":
        return
    yield from _why_not_cutover(project, found)


def _why_not_assess(found: Checked) -> Iterator[Text]:
    if found.ledger.reason:
        yield found.ledger.reason
    for each in found.endpoints:
        if "source" in each.roles or "directory" in each.roles:
            yield from _troubles(each)


def _troubles(each: EndpointCheck) -> Iterator[Text]:
    """Why it was not reached, or what keeps it from working."""
    for text in [each.reason] if each.reason else [d.what for d in each.diagnoses if d.level == "bad"]:
        yield Text(f"{each.name} : {text.fr}", f"{each.name}: {text.en}")


def _why_not_run(project: Project, found: Checked) -> Iterator[Text]:
    if not project.plan.waves:
        yield Text("le plan n'a pas de vague", "the plan has no wave")
    for error in found.unsupported:
        yield Text(f"{error.field} : non pris en charge", f"{error.field}: not supported")
    for error in found.missing:
        yield Text(f"{error.field} : fichier absent", f"{error.field}: file missing")
    for each in found.endpoints:
        if "target" not in each.roles:
            continue
        yield from _troubles(each)
        if each.reason:
            continue
        if each.writable is False:
            yield Text(f"{each.name} : écriture refusée", f"{each.name}: not writable")
        elif each.short_of:
            yield Text(f"{each.name} : pas assez de place", f"{each.name}: not enough room")


def _why_not_cutover(project: Project, found: Checked) -> Iterator[Text]:
    """What `cutover` and the way back need besides: a master that can be read, a place to return to."""
    for workload, entry in project.plan.workloads.items():
        master = project.endpoint(entry.master)
        if master.connector.source is None:
            name = entry.master
            yield Text(
                f"{workload} : {name} ne peut pas être relu, donc pas de retour",
                f"{workload}: {name} can't be read, so no return",
            )
        back = project.endpoint(back_target(project, workload))
        if back.connector.target is None:
            yield Text(
                f"{workload} : le retour vers {back.name} ne peut pas être écrit",
                f"{workload}: the way back to {back.name} can't be written",
            )
    for each in found.endpoints:
        if "back" in each.roles:
            yield from _troubles(each)
            if each.writable is False and not each.reason:
                yield Text(f"{each.name} : écriture refusée", f"{each.name}: not writable")
    for loc in reserved_in(project.plan):
        if loc[0] == "waves" and loc[-1] in _CUTOVER:
            yield Text(
                f"le champ {loc[-1]} d'une vague n'est pas encore exécuté",
                f"field {loc[-1]} of a wave is not carried out yet",
            )
