"""What a `return` would write into the source itself, listed before anybody is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from transhumance.connectors.contract import ItemRef
from transhumance.plans.commands.sessions import Session, frozen, session
from transhumance.plans.engine.giveback import Reverse, ReverseJob, deleted_since
from transhumance.plans.engine.job import contract_container
from transhumance.plans.ledger.contract import ContainerRow, PassRow
from transhumance.plans.project import Project

Action = Literal["create", "change", "remove"]
KEPT = 1000


@dataclass(frozen=True, slots=True)
class SourceWrite:
    """One write into the source. `key`: the item's at the source, at the target where it was born there."""

    workload: str
    endpoint: str
    subject: bytes
    path: tuple[str, ...]
    key: bytes
    action: Action


@dataclass(slots=True)
class SourceWrites:
    """The first writes one by one, and how many there are of each kind."""

    listed: list[SourceWrite] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many writes in all."""
        return sum(self.counts.values())


def into_source(project: Project, wave_id: str) -> tuple[str, ...]:
    """The workloads of a wave whose way back leads into a source itself."""
    return tuple(w for w in project.wave(wave_id).workloads if Reverse.is_source(project, w))


def source_writes(project: Project, wave_id: str) -> SourceWrites:
    """What `return` would write into a source, by what the master target lists now. Reads, and writes nothing."""
    found = SourceWrites()
    with session(project, "return") as s:
        for write in _writes(s, project, wave_id):
            found.counts[write.action] += 1
            if len(found.listed) < KEPT:
                found.listed.append(write)
    return found


def _writes(s: Session, project: Project, wave_id: str) -> Iterator[SourceWrite]:
    wave = project.wave(wave_id)
    row = PassRow(0, wave_id, "reverse", "running", "")
    job = ReverseJob(project, wave, row, frozen(project, wave_id), s.pool, s.heart)
    homes = set(into_source(project, wave_id))
    for container in Reverse().containers(job):
        if container.workload in homes:
            yield from _changed(job, container)
            yield from _removed(job, container)


def _changed(job: ReverseJob, row: ContainerRow) -> Iterator[SourceWrite]:
    endpoint, place = job.project.endpoint(row.endpoint), contract_container(row)
    choose, cursor = job.chooser(row), None
    while True:
        page = endpoint.gate.call(lambda c=cursor: endpoint.source.page(place, c))  # type: ignore[misc]
        yield from _of_page(job, row, choose(page.refs))
        if (cursor := page.next) is None:
            return


def _of_page(job: ReverseJob, row: ContainerRow, refs: list[ItemRef]) -> Iterator[SourceWrite]:
    (target,) = job.targets(row.workload)
    ours = Reverse.origins(job, row, [ref.key for ref in refs])
    before: Mapping[bytes, object] = job.known(row, target, [ref.key for ref in refs])
    for ref in refs:
        origin = ours.get(ref.key)
        if origin is None or origin.target_version != ref.version:
            yield _write(job, row, origin.key if origin else ref.key, "change" if ref.key in before else "create")


def _removed(job: ReverseJob, row: ContainerRow) -> Iterator[SourceWrite]:
    (target,) = job.targets(row.workload)
    if job.project.plan.policies.deletions.mode == "keep" or job.home(row, target) is None:
        return
    for item in deleted_since(job, row):
        yield _write(job, row, item.key, "remove")


def _write(job: ReverseJob, row: ContainerRow, key: bytes, action: Action) -> SourceWrite:
    (target,) = job.targets(row.workload)
    place = job.place(row, target, None)
    return SourceWrite(row.workload, target, place.subject, place.path, key, action)
