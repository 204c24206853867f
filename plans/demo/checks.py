"""What each step of the demonstration must have come to. Every function returns what is wrong, nothing where all is
as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transhumance.connectors.contract import Text, key_text
from transhumance.fixtures.estate.build import ORPHAN
from transhumance.plans.commands.checks import is_verified
from transhumance.plans.engine.giveback import back_target
from transhumance.plans.engine.runner import Result
from transhumance.plans.ledger.contract import WaveRow
from transhumance.plans.project import Project
from transhumance.plans.waves.resolve import Resolved

Faults = list[Text]


def listed(project: Project) -> Faults:
    """Every item of every source could be listed, and there are some of each workload."""
    rows = project.ledger.inventory()
    found = [_text(f"{r['endpoint']} : {r['faults']} illisibles", f"{r['endpoint']}: {r['faults']} unreadable")
             for r in rows if r["faults"]]  # fmt: skip
    for workload in project.plan.workloads:
        if not any(r["items"] for r in rows if r["workload"] == workload):
            found.append(_text(f"{workload} : rien n'a été trouvé", f"{workload}: nothing was found"))
    return found


def frozen(found: Sequence[tuple[WaveRow, Resolved]]) -> Faults:
    """Each wave has members, no name of the plan is nobody's, and only the mailbox without owner is left out."""
    wrong: Faults = []
    for row, resolved in found:
        if not resolved.members:
            wrong.append(_text(f"{row.id} : sans membre", f"{row.id}: without members"))
        wrong += [_text(f"{name} : inconnu", f"{name}: unknown") for name in resolved.missing]
        loose = {key_text(match.subject.key) for _, _, match in resolved.blocked} - {ORPHAN}
        wrong += [_text(f"{name} : à personne", f"{name}: nobody's") for name in sorted(loose)]
    return wrong


def done(results: Iterable[Result]) -> Faults:
    """Every pass came to its end and did something, and no item waits for a person."""
    wrong: Faults = []
    for result in results:
        where = f"{result.wave} {result.kind}"
        if result.state != "done":
            why = result.reasons or (_text("sans raison", "without a reason"),)
            wrong += [_text(f"{where} : {result.state}, {t.fr}", f"{where}: {result.state}, {t.en}") for t in why]
        if result.counts.problems:
            count = result.counts.problems
            wrong.append(_text(f"{where} : {count} éléments restés", f"{where}: {count} items stayed behind"))
    return wrong


def changed(results: Iterable[Result]) -> Faults:
    """A delta found the changes of its wave."""
    return [
        _text(f"{r.wave} : aucun changement vu", f"{r.wave}: no change was seen") for r in results if not r.counts.todo
    ]


def verified(project: Project, waves: Iterable[str]) -> Faults:
    """Everything was read back without a defect."""
    return [
        _text(f"{wave} : des défauts à la relecture", f"{wave}: defects when read back")
        for wave in waves
        if not is_verified(project, wave)
    ]


def state(project: Project, wave: str, wanted: str, master: str) -> Faults:
    """The wave is in the state that it should be in."""
    row = project.ledger.wave(wave)
    if (row.state, row.master) == (wanted, master):
        return []
    return [_text(f"{wave} : {row.state}, maître {row.master}", f"{wave}: {row.state}, master {row.master}")]


def returned(project: Project, wave: str) -> Faults:
    """What lies at the target of the wave is back in the source's format, all of it, proven by reading it there."""
    there: dict[str, int] = {}
    back: dict[str, int] = {}
    for found in project.items.sums():
        workload = project.workload(found.cell.workload)
        if found.cell.wave != wave:
            continue
        if found.cell.target == workload.master and found.cell.source in workload.from_:
            there[found.cell.workload] = there.get(found.cell.workload, 0) + found.count
        elif found.cell.target == back_target(project, found.cell.workload) and found.proof == "returned":
            back[found.cell.workload] = back.get(found.cell.workload, 0) + found.count
    return [
        _text(f"{name} : {back.get(name, 0)} rendus sur {count}", f"{name}: {back.get(name, 0)} returned of {count}")
        for name, count in there.items()
        if back.get(name, 0) != count
    ]


def undone(project: Project, wave: str) -> Faults:
    """Nothing of the wave is at a target any more."""
    left = sum(
        item.at_target
        for row in project.ledger.containers(wave)
        for target in project.workload(row.workload).to
        for batch in project.items.rows(target, row.id)
        for item in batch
    )
    return [_text(f"{wave} : {left} éléments encore là", f"{wave}: {left} items still there")] if left else []


def _text(fr: str, en: str) -> Text:
    return Text(fr, en)
