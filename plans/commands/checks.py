"""What must hold before a forward pass: not stale, approved, its losses accepted, in its turn, within its drift."""

from __future__ import annotations

from transhumance.connectors.contract import Text, UserError
from transhumance.plans.commands.sessions import frozen
from transhumance.plans.ledger.contract import FORWARD, WaveRow
from transhumance.plans.model.digest import difference
from transhumance.plans.model.errors import PlanErrors
from transhumance.plans.model.reserved import unsupported
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import RESIDUE, Project
from transhumance.plans.waves import acceptance, states
from transhumance.plans.waves.acceptance import approvers, required
from transhumance.plans.waves.resolve import Resolver, drift, parts_of


def check_supported(project: Project) -> None:
    """Refuses a plan with a field that no command of this version can carry out. Raises `PlanErrors`."""
    if found := unsupported(project.loaded):
        raise PlanErrors(tuple(found))


def check_may_run(project: Project, wave: Wave) -> None:
    """Refuses a forward pass over a wave that is cut over, stale, unapproved, or waits for another one."""
    check_supported(project)
    row = project.ledger.wave(wave.id)
    if row.state == "draft":
        frozen(project, wave.id)
    if not states.may_run(row.state, row.master):
        raise states.refuse(
            wave.id,
            row.state,
            "une passe vers la cible",
            "a forward pass",
            "le maître est la cible : `transhume return` pour revenir",
            "the target is master: `transhume return` to come back",
        )
    check_stale(project, wave, row)
    _check_after(project, wave)
    needed, have = required(project, wave.id), approvers(project, wave.id)
    if len(have) < needed:
        raise states.refuse(
            wave.id,
            row.state,
            "écrire à la cible",
            "writing to the target",
            f"{len(have)} approbation(s) sur {needed} : `transhume approve --wave {wave.id}`",
            f"{len(have)} approval(s) of {needed}: `transhume approve --wave {wave.id}`",
        )


def check_stale(project: Project, wave: Wave, row: WaveRow) -> None:
    """Refuses a wave whose frozen parts no longer match the plan, with the difference."""
    parts = parts_of(project, wave, project.ledger.members(wave.id))
    if changed := difference(row.parts, parts, "fr"):
        english = difference(row.parts, parts, "en")
        raise UserError(
            Text(
                f"vague {wave.id} : ce qui a été figé ne correspond plus au plan :\n  "
                + "\n  ".join(changed)
                + f"\nRelancez `transhume plan --wave {wave.id}`, puis approuvez de nouveau.",
                f"wave {wave.id}: what was frozen no longer matches the plan:\n  "
                + "\n  ".join(english)
                + f"\nRun `transhume plan --wave {wave.id}` again, then approve.",
            ),
            where=wave.id,
        )


def check_losses(project: Project, wave: Wave) -> None:
    """Refuses a wave whose measured losses nobody accepts, before the first effect, where the plan says `stop`."""
    if project.plan.policies.loss.default != "stop":
        return
    if not (found := acceptance.undecided(project, wave.id, "assessed")):
        return
    codes = ", ".join(f"{code} ({count})" for code, count in found.items())
    plan = project.loaded.path.name
    raise states.DecisionWanted(
        Text(
            f"vague {wave.id} : des pertes que personne n'accepte : {codes} ; rien n'a été écrit. "
            f"Les accepter : `transhume approve {plan} --wave {wave.id}`, ou `policies.loss.accept` du plan ; "
            "`policies.loss.default: continue` les laisse passer",
            f"wave {wave.id}: losses that nobody accepts: {codes}; nothing was written. "
            f"Accept them: `transhume approve {plan} --wave {wave.id}`, or `policies.loss.accept` of the plan; "
            "`policies.loss.default: continue` lets them pass",
        ),
        where="policies.loss",
    )


def _check_after(project: Project, wave: Wave) -> None:
    for other, wanted in wave.after.items():
        row = project.ledger.wave(other)
        if not states.reached(row.state, wanted, was_verified(project, other)):
            raise states.refuse(
                wave.id,
                project.ledger.wave(wave.id).state,
                "commencer",
                "starting",
                f"la vague {other} doit d'abord être « {wanted} » (elle est {row.state})",
                f"wave {other} must first be {wanted!r} (it is {row.state})",
            )


def was_verified(project: Project, wave: str) -> bool:
    """Whether the wave was verified without a defect since its last rollback: what a later wave waits for. A delta of
    the earlier one does not send it back to the queue."""
    return _clean(project, wave, _last(project, wave, "rollback"))


def is_verified(project: Project, wave: str) -> bool:
    """Whether what is at the wave's targets now was all read back without a defect: nothing was written or undone
    since, and no target was left out."""
    wrote = (p.id for p in project.ledger.passes(wave) if p.kind in FORWARD and p.detail.get("done", 1))
    return _clean(project, wave, max([_last(project, wave, "rollback"), *wrote]))


def _last(project: Project, wave: str, kind: str) -> int:
    return max((p.id for p in project.ledger.passes(wave) if p.kind == kind), default=0)


def _clean(project: Project, wave: str, after: int) -> bool:
    rows = [r for r in project.ledger.verifications(wave) if r["pass_id"] > after]
    last = {(r["workload"], r["target"]): r for r in rows}
    workloads = {workload for workload, _ in last} & {*project.plan.workloads}
    wanted = {(w, t) for w in workloads for t in project.targets(w) if t != RESIDUE}
    found = last.values()
    return wanted <= last.keys() and any(r["checked"] for r in found) and not any(r["defects"] for r in found)


def drift_of(project: Project, wave: Wave) -> tuple[int, list[str], list[str]]:
    """Members that came and went since the wave was frozen. Raises `UserError` above the plan's bound."""
    present = next(found for found in Resolver(project).all() if found.wave == wave.id)
    found = drift(project.ledger.members(wave.id), present.members)
    bound = project.plan.policies.drift.max_share
    if found.share > bound:
        raise UserError(
            Text(
                f"vague {wave.id} : {found.share:.1%} des membres ont changé, au-delà de {bound:.1%} : "
                f"relancez `transhume plan --wave {wave.id}`",
                f"wave {wave.id}: {found.share:.1%} of its members changed, above {bound:.1%}: "
                f"run `transhume plan --wave {wave.id}` again",
            ),
            where="policies.drift.max_share",
        )
    return len(found.arrived) + len(found.left), list(found.arrived), list(found.left)


def note_drift(project: Project, wave: Wave) -> None:
    """Where the inventory is newer than the frozen members: lists who came and went as an event, or refuses above the
    bound."""
    events = project.ledger.events()
    assessed = max((e["seq"] for e in events if e["what"] == "assess"), default=0)
    planned = max((e["seq"] for e in events if e["what"] in ("plan", "drift") and e["wave"] == wave.id), default=0)
    if assessed < planned:
        return
    changed, arrived, left = drift_of(project, wave)
    if changed:
        project.ledger.add_event(project.actor, "drift", wave.id, {"arrived": arrived, "left": left})
