"""Runs steps of a plan in a process of its own, which a test may have killed at an armed point."""

from __future__ import annotations

import sys
from pathlib import Path

from transhumance.connectors.contract import TranshumanceError
from transhumance.plans.commands import approval, cutover, forward
from transhumance.plans.facts import gather
from transhumance.plans.ledger.backup import backup, restore
from transhumance.plans.project import Project
from transhumance.plans.report import write
from transhumance.plans.waves.inventory import assess


def main(plan: str, *steps: str) -> int:
    try:
        return act(plan, *steps)
    except TranshumanceError as error:
        print(error.text.en)
        return 4


def act(plan: str, *steps: str) -> int:
    project = Project.open(plan)
    waves = [wave.id for wave in project.plan.waves]
    results = []
    for step in steps:
        match step:
            case "prepare":
                assess(project)
                forward.plan(project)
                for wave in waves:
                    approval.approve(project, wave, "dsi")
            case "dry-run":
                results += forward.dry_run(project, waves)
            case "run":
                results += forward.run(project, waves)
            case "verify":
                results += cutover.verify(project, waves)
            case "rollback":
                results += [cutover.rollback(project, wave) for wave in waves]
            case "backup":
                backup(project.state, project.state / "copies")
            case "restore":
                restore(max((project.state / "copies").iterdir()), project.state)
            case "report":
                write(gather(project), Path(plan).parent / "report")
    project.close()
    for result in results:
        print(result.kind, result.state, *(reason.en for reason in result.reasons))
    return 0 if all(result.state == "done" for result in results) else 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
