"""What passes share: one working session at a time, the frozen members, one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from transhumance.connectors.contract import Text
from transhumance.plans.commands.timing import closed, until_closed
from transhumance.plans.engine.codecpool import CodecPool
from transhumance.plans.engine.job import Counts, Job, Work
from transhumance.plans.engine.lease import Heart
from transhumance.plans.engine.runner import Result, pausing, run_pass
from transhumance.plans.ledger.contract import Member
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import Project
from transhumance.plans.waves import states

Report = Callable[[Job], None]


def silent(job: Job) -> None:
    """Reports nothing."""


@dataclass(frozen=True, slots=True)
class Session:
    """What passes share: the project's codec pool and the lease."""

    project: Project
    pool: CodecPool
    heart: Heart


@contextmanager
def session(project: Project, what: str) -> Iterator[Session]:
    """A working session: one at a time for a plan. Raises `UserError` naming who works already."""
    ledger = project.ledger
    project.pause_flag.unlink(missing_ok=True)
    with pausing(project), Heart(ledger, project.stop, what) as heart:
        yield Session(project, project.pool, heart)


def frozen(project: Project, wave: str) -> dict[str, tuple[Member, ...]]:
    """The frozen members of a wave by workload. Raises `UserError` when it was never planned."""
    row = project.ledger.wave(wave)
    if row.state == "draft":
        raise states.refuse(
            wave, row.state, "une passe", "a pass", "lancez `transhume plan`", "run `transhume plan` first"
        )
    members: dict[str, list[Member]] = {}
    for member in project.ledger.members(wave):
        if member.state != "blocked":
            members.setdefault(member.workload, []).append(member)
    return {workload: tuple(found) for workload, found in members.items()}


def one_pass(
    s: Session,
    wave: Wave,
    kind: str,
    work: Work,
    report: Report,
    before_finish: Callable[[Job], list[Text]] = lambda job: [],
    job_type: type[Job] = Job,
    sample: int | None = None,
) -> Result:
    """One pass over a wave's frozen members."""
    members = frozen(s.project, wave.id)
    with until_closed(s.project, wave, kind):
        return run_pass(s.project, wave, kind, work, members, s.pool, s.heart, report, before_finish, job_type, sample)


def waiting(wave: Wave, kind: str) -> Result | None:
    """In place of the result of a pass that may not begin now: why, and when it may. None where it may."""
    why = closed(wave, kind)
    return None if why is None else Result(wave.id, kind, "waiting", Counts(), 0.0, (why,))
