"""What to do next, told from the ledger: the same sentence after every command and in `status`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from transhumance.connectors.contract import Text
from transhumance.plans.commands.checks import is_verified, was_verified
from transhumance.plans.ledger.contract import WaveRow
from transhumance.plans.project import Project
from transhumance.plans.waves import states
from transhumance.plans.waves.acceptance import approvers, required, undecided

ITEMS = ("held", "quarantined", "failed")
"""States of an item's problem that wait for a person; those of a subject that can't be moved come besides."""
OPEN = (*ITEMS, "blocked")


@dataclass(frozen=True, slots=True)
class Step:
    """A command to type, and why."""

    command: str
    why: Text

    def text(self) -> Text:
        """Both on one line that a shell takes as it is."""
        return Text(f"{self.command}   # {self.why.fr}", f"{self.command}   # {self.why.en}")


def command(project: Project, name: str, wave: str = "", *more: str) -> str:
    """A command line over this plan."""
    words = ["transhume", *name.split(), str(project.loaded.path), *(("--wave", wave) if wave else ()), *more]
    return shlex.join(words)


def next_step(project: Project, wave: str | None = None) -> Step:
    """The next thing to do over the plan, or over one wave of it."""
    if not any(e["what"] == "assess" for e in project.ledger.events()):
        return Step(command(project, "assess"), Text("aucun inventaire encore", "no inventory yet"))
    steps = [step for step in _steps(project, wave) if step is not None]
    return steps[0] if steps else Step(command(project, "report"), Text("rien d'autre à faire", "nothing else to do"))


def _steps(project: Project, wave: str | None) -> Iterator[Step | None]:
    """What waits for a person first, then the waves in their order; closing the way back is never urgent."""
    known = {row.id: row for row in project.ledger.waves()}
    wanted = [known.get(w.id, WaveRow(w.id)) for w in project.plan.waves if wave in (None, w.id)]
    for row in wanted:
        yield _undecided(project, row) or _decided(project, row)
    for row in wanted:
        yield _blocked(project, row) or _step(project, row)
    for row in wanted:
        yield _closing(project, row)


def open_problems(project: Project, wave: str | None, *states: str) -> int:
    """How many items of a wave, or of all, have a problem in one of these states (those that wait for a person by
    default). An item counts once, whatever the number of targets: every screen takes its number from here."""
    counts = project.ledger.problem_counts(wave)
    return sum(count for (_, state), count in counts.items() if state in (states or OPEN))


def _undecided(project: Project, row: WaveRow) -> Step | None:
    count = open_problems(project, row.id, *ITEMS)
    why = Text(f"{count} élément(s) attendent une décision", f"{count} item(s) wait for a decision")
    return Step(command(project, "quarantine list", row.id), why) if count else None


def _blocked(project: Project, row: WaveRow) -> Step | None:
    if row.state not in ("draft", "planned") or not (count := open_problems(project, row.id, "blocked")):
        return None
    people = project.plan.people or "people.csv"
    return Step(
        command(project, "plan", row.id),
        Text(
            f"{count} sujet(s) bloqué(s) : complétez {people} d'abord",
            f"{count} blocked subject(s): complete {people} first",
        ),
    )


def _decided(project: Project, row: WaveRow) -> Step | None:
    count = open_problems(project, row.id, "retry", "accepted")
    if count and row.state == "cut_over":
        why = Text(f"{count} décision(s) à appliquer", f"{count} decision(s) to be carried out")
        return Step(command(project, "return", row.id), why)
    if not count or row.state not in ("approved", "running", "ready", "stopped"):
        return None
    why = Text(f"{count} décision(s) à appliquer", f"{count} decision(s) to be carried out")
    return _turn(project, row, Step(command(project, "run", row.id), why))


def waits_for(project: Project, wave: str) -> tuple[str, str] | None:
    """The first wave that another one must wait for, and how far it must come."""
    for other, wanted in project.wave(wave).after.items():
        if not states.reached(project.ledger.wave(other).state, wanted, was_verified(project, other)):
            return other, wanted
    return None


def _turn(project: Project, row: WaveRow, step: Step) -> Step | None:
    """The step, or that of the wave which must go first."""
    wait = waits_for(project, row.id)
    return step if wait is None else _step(project, project.ledger.wave(wait[0]))


def _step(project: Project, row: WaveRow) -> Step | None:
    passes = project.ledger.passes(row.id)
    unfinished = next((p.kind for p in reversed(passes) if p.state == "running"), None)
    match row.state:
        case "draft":
            return Step(command(project, "plan"), Text(f"{row.id} n'est pas figée", f"{row.id} is not frozen"))
        case "planned" | "approved" | "returned" if unfinished == "dry_run":
            return Step(command(project, "dry-run", row.id), Text("essai à blanc inachevé", "unfinished dry run"))
        case "planned" if not any(p.kind == "dry_run" and p.state == "done" for p in passes):
            return Step(command(project, "dry-run", row.id), Text("pertes non mesurées", "losses not measured yet"))
        case "planned" if len(approvers(project, row.id)) < required(project, row.id):
            return Step(command(project, "approve", row.id), Text("à approuver", "to be approved"))
        case "planned" | "approved" if _unaccepted(project, row):
            return Step(command(project, "approve", row.id), Text("pertes à accepter", "losses to accept"))
        case "planned" | "approved":
            step = Step(command(project, "run", row.id), Text("prête à être copiée", "ready to be copied"))
            return _turn(project, row, step)
        case "running" | "stopped":
            return Step(command(project, "resume", row.id), Text("passe inachevée", "unfinished pass"))
        case "ready" if not is_verified(project, row.id):
            return Step(command(project, "verify", row.id), Text("pas encore relue", "not read back yet"))
        case "ready":
            return Step(command(project, "cutover", row.id), Text("relue sans défaut", "read back without a defect"))
    return None


def _unaccepted(project: Project, row: WaveRow) -> bool:
    """Whether `run` would refuse the wave for its measured losses."""
    return project.plan.policies.loss.default == "stop" and bool(undecided(project, row.id, "assessed"))


def _closing(project: Project, row: WaveRow) -> Step | None:
    if row.state != "cut_over":
        return None
    return Step(
        command(project, "finalize", row.id),
        Text("quand le retour n'est plus utile ; sinon `return`", "once no way back is wanted; else `return`"),
    )
