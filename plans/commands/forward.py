"""`plan`, `dry-run`, `run`: waves are frozen, measured, and brought to their targets."""

from __future__ import annotations

from collections.abc import Sequence

from transhumance.connectors.contract import Text, key_from_text
from transhumance.plans.commands.checks import check_losses, check_may_run, check_supported, note_drift
from transhumance.plans.commands.sessions import Report, Session, one_pass, session, silent, waiting
from transhumance.plans.commands.timing import next_pass
from transhumance.plans.engine import clashes, discovery
from transhumance.plans.engine.job import Job
from transhumance.plans.engine.runner import Result
from transhumance.plans.engine.transfer import Transfer
from transhumance.plans.ledger.backup import backup
from transhumance.plans.ledger.contract import Chunk, ContainerRow, Problem, WaveRow
from transhumance.plans.ledger.itemmap import Item
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import Project
from transhumance.plans.waves import acceptance
from transhumance.plans.waves.resolve import Resolved, freeze

DELETE = "PLAN-DELETE-01"
DRAWN = {"full": None, "sample": 50, "none": 0}
"""How many items of each page a dry run reads, by `policies.dry_run.bodies`."""


def plan(project: Project, wave: str | None = None) -> list[tuple[WaveRow, Resolved]]:
    """`plan`: freezes the waves. Raises `UserError` when there is no inventory."""
    check_supported(project)
    if wave is not None:
        project.wave(wave)
    return freeze(project, wave)


def dry_run(project: Project, waves: Sequence[str], report: Report = silent, sample: int | None = None) -> list[Result]:
    """`dry-run`: the source leg on every item (or on `sample` items of each page of a listing), the target leg
    predicted; nothing is written at any target. A sample's figures are estimates, and what was not drawn stays not
    assessed. Without `sample` it is `policies.dry_run.bodies` that says what is read."""
    check_supported(project)
    drawn = sample or DRAWN[project.plan.policies.dry_run.bodies]
    results = []
    with session(project, "dry-run") as s:
        for name in waves:
            if not project.stop.is_set():
                wave = project.wave(name)
                wait = waiting(wave, "dry_run")
                done = wait or one_pass(s, wave, "dry_run", Transfer(), report, _forget_vanished, sample=drawn)
                results.append(done)
    return results


def run(project: Project, waves: Sequence[str], kind: str | None = None, report: Report = silent) -> list[Result]:
    """`run` and `resume`: `initial`, then `delta`, as the wave's `passes` list them (no result where none is due). A
    second run does nothing twice. A wave outside its window waits; the others go on."""
    results = []
    with session(project, "run") as s:
        for name in waves:
            wave = project.wave(name)
            check_may_run(project, wave)
            check_losses(project, wave)
            chosen = kind or next_pass(project, wave).kind
            if chosen is None:
                continue
            if (wait := waiting(wave, chosen)) is not None:
                results.append(wait)
                continue
            note_drift(project, wave)
            results.append(forward(s, wave, chosen, report))
            if results[-1].state != "done":
                break
    return results


def forward(s: Session, wave: Wave, kind: str, report: Report) -> Result:
    project = s.project
    acceptance.release(project, wave.id)
    if project.ledger.wave(wave.id).state != "running":
        project.ledger.set_wave(wave.id, project.actor, state="running")
    result = one_pass(s, wave, kind, Transfer(), report, _before_removals)
    if result.state == "done":
        forget_acceptances(project, wave.id)
        project.ledger.set_wave(wave.id, project.actor, state="ready")
    elif result.state == "stopped":
        project.ledger.set_wave(wave.id, project.actor, state="stopped")
    _backup(project)
    return result


def forget_acceptances(project: Project, wave: str) -> None:
    """An acceptance of deletions holds for one pass: the next ones ask again."""
    for problem in project.ledger.problems(wave):
        if problem.state == "accepted" or problem.code == DELETE:
            project.ledger.clear_problems(problem.container, problem.target, [problem.key])


def _backup(project: Project) -> None:
    backup(project.state, project.state / "backup", keep=2)


def _before_removals(job: Job) -> list[Text]:
    """What must hold before anything is removed: no container held, not too many deletions at once."""
    for row in discovery.vanished(job):
        _vanished(job, row)
    return held_back(job)


def _forget_vanished(job: Job) -> list[Text]:
    """A dry run no longer counts what its source no longer lists, where nothing of it is at a target."""
    for row in discovery.vanished(job):
        if not _at_target(job, row):
            discovery.discover_gone(job, row)
    clashes.list_clashes(job)
    return []


def _at_target(job: Job, row: ContainerRow) -> list[Item]:
    first = job.targets(row.workload)[0]
    return [item for batch in job.project.items.rows(first, row.id) for item in batch if item.at_target]


def held_back(job: Job) -> list[Text]:
    """Why deletions wait for a person: a container is held, or there are too many of them."""
    held = [r for r in job.project.ledger.containers(job.wave.id) if r.state == "held"]
    return ([_held(len(held))] if held else []) + _deletion_brake(job)


def _vanished(job: Job, row: ContainerRow) -> None:
    """A container that its source no longer lists: followed where all of its items came elsewhere (it was renamed),
    where none was at a target (a file that could not be opened, and now is) or where a person accepted it, else held
    like one that is suddenly empty."""
    items = _at_target(job, row)
    if row.state == "held":
        return
    first = job.targets(row.workload)[0]
    moved = job.project.items.appeared(first, {item.digest for item in items}, job.row.since)
    if row.state == "emptied" or all(item.digest in moved for item in items):
        discovery.discover_gone(job, row)
    else:
        discovery.hold_empty(job, row, len(items))


def _held(count: int) -> Text:
    return Text(
        f"{count} dossier(s) vidé(s) ou disparu(s) d'un coup à la source : rien n'a été supprimé ; "
        "voir `transhume quarantine list`",
        f"{count} container(s) suddenly empty or gone at the source: nothing was removed; "
        "see `transhume quarantine list`",
    )


def _deletion_brake(job: Job) -> list[Text]:
    """Too many deletions at once stop the pass before any of them, until a person has spoken."""
    limit = job.project.plan.policies.deletions.max_share
    accepted = {p.workload for p in job.project.ledger.problems(job.wave.id, "accepted") if p.code == DELETE}
    held = []
    for workload in job.wave.workloads:
        gone, live = _gone_share(job, workload)
        if live and gone / live > limit and workload not in accepted:
            job.project.ledger.put_problems(
                job.wave.id, workload, [Problem(0, workload, b"", DELETE, f"{gone}/{live}", "held")]
            )
            held.append(_too_many(workload, gone, live, limit))
    return held


def _too_many(workload: str, gone: int, live: int, limit: float) -> Text:
    return Text(
        f"{workload} : {gone} éléments sur {live} ont disparu de la source, au-delà de {limit:.1%} ; "
        "rien n'a été supprimé ; voir `transhume quarantine list`",
        f"{workload}: {gone} items of {live} are gone from the source, above {limit:.1%}; "
        "nothing was removed; see `transhume quarantine list`",
    )


def _gone_share(job: Job, workload: str) -> tuple[int, int]:
    """How many items of a workload are about to be removed, of how many; what only moved is not counted."""
    rows = {c.id: c for c in job.project.ledger.containers(job.wave.id) if c.workload == workload}
    first = job.targets(workload)[0]
    pending = [c for c in job.project.ledger.pending(job.row.id, "finish") if c.container in rows and c.target == first]
    gone = sum(c.high - c.low for c in pending)
    cells = [s for s in job.project.items.sums() if (s.cell.wave, s.cell.workload) == (job.wave.id, workload)]
    places = (first, *job.sources(workload))  # a way back empties what the master target held, too
    live = max(sum(s.rows for s in cells if s.cell.target == place) for place in places)
    if not gone or gone / max(live, 1) <= job.project.plan.policies.deletions.max_share:
        return gone, live
    digests = [item.digest for chunk in pending for item in _gone_items(job, chunk)]
    moved = job.project.items.appeared(first, set(digests), job.row.since)
    return sum(digest not in moved for digest in digests), live


def _gone_items(job: Job, chunk: Chunk) -> list[Item]:
    lines = job.page(chunk)[chunk.low : chunk.high]
    keys = [key_from_text(line.key) for line in lines]
    return list(job.known(job.project.ledger.container_by_id(chunk.container), chunk.target, keys).values())
