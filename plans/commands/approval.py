"""`approve`: who accepts which digest and which losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transhumance.connectors.contract import Text, UserError
from transhumance.plans.commands.checks import check_stale
from transhumance.plans.commands.sessions import frozen
from transhumance.plans.project import Project
from transhumance.plans.waves import acceptance
from transhumance.plans.waves.acceptance import approvers, required


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approval of a wave covers, to be shown before it is given. `losses`: code to count, of all targets.
    `undecided`: losses that neither the plan nor an earlier approval accepts."""

    wave: str
    digest: str
    members: int
    losses: Mapping[str, int]
    undecided: tuple[str, ...]
    assessed: bool


def approval_of(project: Project, wave: str) -> Approval:
    """What `approve` would record. Raises `UserError` when the wave is not planned, or no longer as it was planned."""
    members = frozen(project, wave)
    row = project.ledger.wave(wave)
    check_stale(project, project.wave(wave), row)
    losses = acceptance.seen(project, wave)
    undecided = tuple(acceptance.undecided(project, wave))
    assessed = any(p.kind == "dry_run" and p.state == "done" for p in project.ledger.passes(wave))
    return Approval(wave, row.digest, sum(map(len, members.values())), losses, undecided, assessed)


def approve(project: Project, wave: str, who: str) -> Approval:
    """Records who accepts which digest and losses; the wave is approved once enough people have. Raises `UserError` for
    someone whom `approval.by` does not name."""
    found = approval_of(project, wave)
    own = project.wave(wave).approval
    if own is not None and own.by and who not in own.by:
        may = ", ".join(own.by)
        raise UserError(
            Text(
                f"vague {wave} : {who} n'est pas de ceux qui peuvent l'approuver ({may})",
                f"wave {wave}: {who} is none of those who may approve it ({may})",
            ),
            where=f"waves.{wave}.approval.by",
        )
    project.ledger.add_approval(wave, found.digest, who, dict(found.losses))
    project.ledger.add_event(who, "approve", wave, {"digest": found.digest, "losses": dict(found.losses)})
    row = project.ledger.wave(wave)
    if row.state in ("planned", "stopped", "returned") and len(approvers(project, wave)) >= required(project, wave):
        project.ledger.set_wave(wave, who, state="approved")
    return found
