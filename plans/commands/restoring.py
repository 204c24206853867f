"""`ledger restore`: a copy in the ledger's place, while nobody works on the plan."""

from __future__ import annotations

from pathlib import Path

from transhumance.connectors.contract import UserError
from transhumance.plans.engine.lease import Heart
from transhumance.plans.ledger.backup import restore
from transhumance.plans.ledger.sql import SqlLedger
from transhumance.plans.project import Project


def restore_ledger(project: Project, copy: Path) -> None:
    """Puts a copy in the ledger's place. Raises `UserError` naming who works on the plan while a run goes on."""
    if (ledger := _present(project)) is not None:
        with Heart(ledger, project.stop, "ledger restore"):
            pass
        project.close()
    restore(copy, project.state)


def _present(project: Project) -> SqlLedger | None:
    """The ledger that is to be replaced; None where there is none, or a damaged one."""
    if not (project.state / "ledger.sqlite").exists():
        return None
    try:
        return project.ledger
    except UserError:
        return None
