"""`pause`, and what people decide about items that stayed behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from transhumance.plans.commands.forward import DELETE
from transhumance.plans.engine.discovery import EMPTY
from transhumance.plans.engine.verify import MISSING
from transhumance.plans.project import Project


def pause(project: Project) -> None:
    """`pause`: asks whoever works on this plan to stop after the chunks under way."""
    project.state.mkdir(mode=0o700, exist_ok=True)
    project.pause_flag.write_text(datetime.now(UTC).isoformat() + "\n")


def quarantine_retry(project: Project, numbers: Sequence[int], who: str) -> int:
    """Makes these items (all when none is named) be done again by the next `run`; returns how many."""
    chosen = [p for p in project.ledger.problems() if (not numbers or p.id in numbers) and p.state != "blocked"]
    for problem in chosen:
        if problem.code in (EMPTY, DELETE):
            if problem.container:
                project.ledger.set_container(problem.container, "open")
            project.ledger.close_passes(problem.wave, "delta", "held")
        else:
            project.items.make_stale(problem.target, problem.container, problem.key, gone=problem.code == MISSING)
        project.ledger.set_problem(problem.id, "retry", who)
    return len(chosen)


def quarantine_skip(project: Project, numbers: Sequence[int], who: str) -> int:
    """Accepts that these items stay behind (for an emptied container or too many deletions: accepts the deletions)."""
    chosen = [p for p in project.ledger.problems() if p.id in numbers]
    for problem in chosen:
        if problem.code == EMPTY:
            project.ledger.set_container(problem.container, "emptied")
            project.ledger.close_passes(problem.wave, "delta", "held")
        project.ledger.set_problem(problem.id, "accepted" if problem.code in (EMPTY, DELETE) else "skipped", who)
        project.ledger.add_event(who, "skip", problem.wave, {"code": problem.code, "id": problem.id})
    return len(chosen)
