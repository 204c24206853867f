"""`rollback`: before cutover, undoes what was written at the targets, by before-image, and refuses what has changed
since."""

from __future__ import annotations

from dataclasses import replace

from transhumance.connectors.contract import (
    ABSENT,
    Before,
    Container,
    Discards,
    Expect,
    Fence,
    InputLine,
    OutputLine,
    Status,
    Target,
    Text,
    key_from_text,
)
from transhumance.plans.engine import rows
from transhumance.plans.engine.faultpoints import point
from transhumance.plans.engine.job import Job
from transhumance.plans.engine.transfer import commit, line_of
from transhumance.plans.ledger.contract import Chunk, ContainerRow
from transhumance.plans.ledger.itemmap import NEVER, Item
from transhumance.plans.ledger.lease import LeaseFence


def to_undo(item: Item) -> bool:
    """Whether a rollback has something to do for an item: we wrote it, or removed what was there before us."""
    return item.ours and (item.at_target or (item.status == "removed" and bool(item.before)))


def _wanted(job: Job, item: Item) -> bool:
    if item.at_target and not item.ours:  # it was there before us: it stays, and is counted
        job.counts.status("left", item.count)
    return to_undo(item)


class Rollback:
    """Puts back, at every target of the wave, what was there before."""

    def containers(self, job: Job) -> list[ContainerRow]:
        return rows.containers(job)

    def discover(self, job: Job, row: ContainerRow) -> None:
        rows.discover(job, row, lambda item: _wanted(job, item))

    def process(self, job: Job, chunks: list[Chunk], lines: list[InputLine]) -> None:
        for chunk in chunks:
            row = job.project.ledger.container_by_id(chunk.container)
            known = job.project.items.lookup(chunk.target, row.id, [key_from_text(line.key) for line in lines])
            endpoint = job.project.endpoint(chunk.target)
            fence = job.heart.fence(chunk)
            with job.one_at_a_time(chunk.target, row.id):
                place = rows.place_of(job, row, chunk.target)
                job.project.ledger.intend(chunk, "")
                point("intent.committed")
                undo = [known[key] for key in sorted(known) if to_undo(known[key])]
                out = [_undone(endpoint.target, place, item, fence) for item in undo]
                point("effect.done")
                commit(job, row, chunk, out)


def discard_containers(job: Job) -> list[Text]:
    """Takes back the containers that were made at the targets and are empty now, those inside first."""
    fence = LeaseFence("containers", 0, lease=job.heart.lease)
    found = sorted(rows.containers(job), key=lambda row: len(row.path), reverse=True)
    for row in (row for row in found if row.subject):
        for target in job.targets(row.workload):
            endpoint = job.project.endpoint(target)
            if isinstance(endpoint.target, Discards):
                place = job.place(row, target, job.member(row, row.subject))
                endpoint.gate.call(lambda t=endpoint.target, p=place: t.discard(p, fence))  # type: ignore[misc]
    return []


def _undone(target: Target, place: Container, item: Item, fence: Fence) -> OutputLine:
    version = ABSENT if item.status == "removed" else item.target_version
    outcome = target.restore(place, item.target_key, Before(item.before or ""), Expect(version), fence)
    done = outcome.status in (Status.REMOVED, Status.WRITTEN, Status.ABSENT, Status.UNCHANGED)
    if not done and not item.before and not outcome.version:
        done = True  # nothing is there and nothing was before: an earlier, interrupted rollback did it
    if done:
        status = "removed" if item.status == "removed" else "assessed"
        return replace(line_of(item, status), target_version="", target_key="", before=NEVER, proof="format")
    line = line_of(item, "quarantined")
    return replace(line, codes=tuple(sorted({*line.codes, "target:GEN-CONFLICT-01"})))
