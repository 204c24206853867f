"""Which losses somebody accepts: by the plan, or by the approvals of the wave as it is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from transhumance.connectors.contract import find_code
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import RESIDUE, Project

HELD: Final = "PLAN-LOSS-01"
"""The code of an item that is held because nobody accepts what it would lose."""


def asks(code: str) -> bool:
    """Whether a loss asks for somebody's acceptance: what is only information does not."""
    found = find_code(code)
    return found is None or found.severity != "info"


def required(project: Project, wave: str) -> int:
    """How many approvals a wave needs."""
    own = project.wave(wave).approval
    number = own.required if own is not None and own.required is not None else None
    return project.plan.policies.approval.required if number is None else number


def approvers(project: Project, wave: str) -> list[str]:
    """Who approved the wave as it is now."""
    digest = project.ledger.wave(wave).digest
    return sorted({str(a["who"]) for a in project.ledger.approvals(wave) if a["digest"] == digest})


def by_plan(project: Project, today: date | None = None) -> dict[str, str]:
    """Loss codes that the plan accepts today, with who accepts them."""
    now = today or datetime.now(UTC).date()
    entries = project.plan.policies.loss.accept
    return {a.code: a.by or "" for a in entries if a.until is None or a.until >= now}


def by_approval(project: Project, wave: str) -> dict[str, tuple[str, ...]]:
    """Loss codes that the approvals of a wave as it is now cover, with who gave them: as many people as the wave
    needs approvals."""
    digest, who = project.ledger.wave(wave).digest, dict[str, set[str]]()
    for approval in project.ledger.approvals(wave):
        if approval["digest"] == digest:
            for code in approval["losses"]:
                who.setdefault(code, set()).add(str(approval["who"]))
    enough = max(required(project, wave), 1)
    return {code: tuple(sorted(people)) for code, people in sorted(who.items()) if len(people) >= enough}


def accepted(project: Project, wave: str) -> frozenset[str]:
    """Every loss code that somebody accepts for a wave."""
    return frozenset({*by_plan(project), *by_approval(project, wave)})


def bound(project: Project, wave: Wave) -> frozenset[str] | None:
    """The codes that a forward pass may let through; None where `policies.loss.default` lets all pass."""
    return accepted(project, wave.id) if project.plan.policies.loss.default == "stop" else None


def unaccepted(codes: Iterable[str], allowed: frozenset[str], target: str) -> list[str]:
    """Which of these coded losses (`source:MAIL-FLAG-01`) at a target ask for an acceptance that they have not. What
    the implicit archive of residues has no place for is nobody's loss."""
    bare = {coded.partition(":")[2] for coded in codes if target != RESIDUE or coded.startswith("source:")}
    return sorted(code for code in bare if code not in allowed and code != HELD and asks(code))


def seen(project: Project, wave: str, *statuses: str) -> dict[str, int]:
    """Every loss code of a wave's items with its count, once for an item whatever the number of targets. `statuses`:
    only of items that stand so."""
    per_target: dict[str, Counter[str]] = {}
    for found in project.items.sums():
        if found.cell.wave == wave and found.cell.target != RESIDUE and (not statuses or found.status in statuses):
            counter = per_target.setdefault(found.cell.target, Counter())
            for coded in {c.partition(":")[2] for c in found.codes} - {HELD}:
                counter[coded] += found.count
    merged: dict[str, int] = {}
    for counter in per_target.values():
        for code, count in counter.items():
            merged[code] = max(merged.get(code, 0), count)
    return dict(sorted(merged.items()))


def undecided(project: Project, wave: str, *statuses: str) -> dict[str, int]:
    """The losses of a wave that ask for an acceptance which neither the plan nor its approvals give."""
    allowed = accepted(project, wave)
    return {code: n for code, n in seen(project, wave, *statuses).items() if asks(code) and code not in allowed}


def release(project: Project, wave: str) -> int:
    """Makes the next pass do again each held item whose losses are all accepted by now; returns how many."""
    held = [p for p in project.ledger.problems(wave) if p.code == HELD and p.state in ("quarantined", "retry")]
    if not held:
        return 0
    allowed, done = bound(project, project.wave(wave)), 0
    for problem in held:
        item = project.items.lookup(problem.target, problem.container, [problem.key]).get(problem.key)
        if item is not None and (allowed is None or not unaccepted(item.codes, allowed, problem.target)):
            project.items.make_stale(problem.target, problem.container, problem.key)
            done += 1
    return done
