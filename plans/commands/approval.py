"""`approve`: who accepts which digest and which losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from transhumance.connectors.contract import find_code
from transhumance.plans.commands.sessions import frozen
from transhumance.plans.project import RESIDUE, Project


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
    """What `approve` would record. Raises `UserError` when the wave is not planned."""
    members = frozen(project, wave)
    row = project.ledger.wave(wave)
    losses = seen_losses(project, wave)
    accepted = accepted_losses(project)
    undecided = tuple(code for code in losses if code not in accepted and _matters(code))
    assessed = any(p.kind == "dry_run" and p.state == "done" for p in project.ledger.passes(wave))
    return Approval(wave, row.digest, sum(map(len, members.values())), losses, undecided, assessed)


def approve(project: Project, wave: str, who: str) -> Approval:
    """Records who accepts which digest and losses; the wave is approved once enough people have."""
    found = approval_of(project, wave)
    project.ledger.add_approval(wave, found.digest, who, dict(found.losses))
    project.ledger.add_event(who, "approve", wave, {"digest": found.digest, "losses": dict(found.losses)})
    row = project.ledger.wave(wave)
    if row.state in ("planned", "stopped", "returned") and len(approvers(project, wave)) >= required(project, wave):
        project.ledger.set_wave(wave, who, state="approved")
    return found


def required(project: Project, wave: str) -> int:
    """How many approvals a wave needs."""
    own = project.wave(wave).approval
    number = own.required if own is not None and own.required is not None else None
    return project.plan.policies.approval.required if number is None else number


def approvers(project: Project, wave: str) -> list[str]:
    """Who approved the wave as it is now."""
    digest = project.ledger.wave(wave).digest
    return sorted({str(a["who"]) for a in project.ledger.approvals(wave) if a["digest"] == digest})


def seen_losses(project: Project, wave: str) -> dict[str, int]:
    """Every loss code of a wave's items with its count, once for an item whatever the number of targets."""
    per_target: dict[str, Counter[str]] = {}
    for found in project.items.sums():
        if found.cell.wave == wave and found.cell.target != RESIDUE:
            counter = per_target.setdefault(found.cell.target, Counter())
            for coded in {c.partition(":")[2] for c in found.codes}:
                counter[coded] += found.count
    merged: dict[str, int] = {}
    for counter in per_target.values():
        for code, count in counter.items():
            merged[code] = max(merged.get(code, 0), count)
    return dict(sorted(merged.items()))


def accepted_losses(project: Project, today: date | None = None) -> dict[str, str]:
    """Loss codes that the plan accepts today, with who accepts them."""
    now = today or datetime.now(UTC).date()
    entries = project.plan.policies.loss.accept
    return {a.code: a.by or "" for a in entries if a.until is None or a.until >= now}


def _matters(code: str) -> bool:
    """Whether a loss asks for a decision: information that the residue restores does not."""
    found = find_code(code)
    return found is None or found.severity != "info"
