"""`verify`, `cutover`, `rollback`, `return`, `finalize`: the switch, its proof, and the ways back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, log

from transhumance.connectors.contract import Text
from transhumance.plans.commands import passwords
from transhumance.plans.commands.checks import check_losses, check_may_run, is_verified
from transhumance.plans.commands.forward import forget_acceptances, forward, held_back
from transhumance.plans.commands.returning import into_source
from transhumance.plans.commands.sessions import Report, Session, frozen, one_pass, session, silent, waiting
from transhumance.plans.commands.timing import check_window
from transhumance.plans.engine.giveback import Reverse, ReverseJob, note_strangers
from transhumance.plans.engine.rollback import Rollback, discard_containers
from transhumance.plans.engine.runner import Result
from transhumance.plans.engine.verify import Verify
from transhumance.plans.ledger.itemmap import Cell
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import RESIDUE, Project
from transhumance.plans.waves import states
from transhumance.plans.waves.acceptance import approvers, required


def verify(project: Project, waves: Sequence[str], report: Report = silent) -> list[Result]:
    """`verify`: every item read back at every target and compared."""
    with session(project, "verify") as s:
        return [waiting(wave, "verify") or _verify(s, wave, report) for wave in map(project.wave, waves)]


def _verify(s: Session, wave: Wave, report: Report) -> Result:
    result = one_pass(s, wave, "verify", Verify(), report)
    if result.state == "done":
        row = [p for p in s.project.ledger.passes(wave.id) if p.kind == "verify"][-1]
        _record_verification(s.project, wave, row.id)
    return result


def _record_verification(project: Project, wave: Wave, pass_id: int) -> None:
    policy = project.plan.policies.verify
    found: dict[Cell, list[int]] = {}
    for row in project.items.sums():
        if row.cell.wave == wave.id and row.cell.source in project.workload(row.cell.workload).from_:
            checked = found.setdefault(row.cell, [0, 0])
            if row.proof in ("target", "returned"):
                checked[0] += row.count
            checked[1] += row.count if any("GEN-VERIFY" in c for c in row.codes) else 0
    merged: dict[tuple[str, str], list[int]] = {}
    for cell, (checked_count, defects) in found.items():
        entry = merged.setdefault((cell.workload, cell.target), [0, 0])
        entry[0] += checked_count
        entry[1] += defects
    for (workload, target), (checked_count, defects) in sorted(merged.items()):
        if target == RESIDUE:
            continue
        project.ledger.put_verification(
            pass_id,
            {
                "wave": wave.id,
                "workload": workload,
                "target": target,
                "method": "sha256",
                "checked": checked_count,
                "sample": sample_size(policy.confidence, policy.max_defect_rate, checked_count),
                "seed": f"{project.plan.id}/{wave.id}/{pass_id}",
                "defects": defects,
            },
        )


def sample_size(confidence: float, rate: float, population: int) -> int:
    """How many items people must look at, without finding a defect, to rule out a defect rate: n = ln(1-C) / ln(1-p),
    at most all of them; 299 for 95 % and 1 %."""
    return min(population, ceil(log(1 - confidence) / log(1 - rate)))


def cutover(project: Project, wave_id: str, report: Report = silent) -> list[Result]:
    """`cutover`: `final`, then `verify`; the wave's master becomes its target. Raises `UserError` where it may not
    begin."""
    wave = project.wave(wave_id)
    check_may_run(project, wave)
    row = project.ledger.wave(wave_id)
    if row.state != "ready":
        raise states.refuse(
            wave_id,
            row.state,
            "la bascule",
            "cutover",
            f"`transhume run --wave {wave_id}` d'abord",
            f"`transhume run --wave {wave_id}` first",
        )
    check_losses(project, wave)
    check_window(wave, "final")
    passwords.check_credentials(project, wave_id)
    with session(project, "cutover") as s:
        results = [forward(s, wave, "final", report)]
        if results[-1].state == "done":
            results.append(_verify(s, wave, report))
        if results[-1].state == "done" and is_verified(project, wave_id):
            last = project.ledger.passes(wave_id)[-1]
            told = passwords.check_credentials(project, wave_id)  # `final` may have brought people
            passwords.cut(project, wave_id)
            results[-1] = replace(results[-1], reasons=(*results[-1].reasons, *told))
            note_strangers(ReverseJob(project, wave, last, frozen(project, wave_id), s.pool, s.heart))
            project.ledger.set_wave(wave_id, project.actor, state="cut_over", master="target")
            for member in project.ledger.members(wave_id):
                project.ledger.set_member_state(wave_id, member.workload, member.subject, "completed")
    return results


def rollback(project: Project, wave_id: str, report: Report = silent) -> Result:
    """`rollback`: before cutover, undoes what was written. After it, `return` is the way."""
    row = project.ledger.wave(wave_id)
    if row.master == "target":
        raise states.refuse(
            wave_id,
            row.state,
            "le retour en arrière",
            "rollback",
            "après la bascule : `transhume return`",
            "after cutover: `transhume return`",
        )
    with session(project, "rollback") as s:
        result = one_pass(s, project.wave(wave_id), "rollback", Rollback(), report, discard_containers)
        if result.state == "done":
            for workload in project.wave(wave_id).workloads:
                for name in project.targets(workload):
                    project.endpoint(name).target.finish()
            for kind in ("initial", "delta", "final"):
                project.ledger.close_passes(wave_id, kind, "rolled_back")
            project.ledger.set_wave(wave_id, project.actor, state="planned")
            approved = len(approvers(project, wave_id)) >= required(project, wave_id)
            if approved:
                project.ledger.set_wave(wave_id, project.actor, state="approved")
    return result


def give_back(project: Project, wave_id: str, report: Report = silent, approved: bool = False) -> Result:
    """`return`: after cutover, what is at the target goes back into the source's format; the source is master again.
    `approved`: somebody has seen what it writes into the source itself. Raises `DecisionWanted` where nobody has."""
    row = project.ledger.wave(wave_id)
    if row.master != "target" or row.state == "finalized":
        raise states.refuse(
            wave_id,
            row.state,
            "le retour",
            "return",
            "la vague n'a pas basculé : `transhume rollback`",
            "the wave is not cut over: `transhume rollback`",
        )
    check_window(project.wave(wave_id), "reverse")
    if (homes := into_source(project, wave_id)) and not approved:
        raise states.DecisionWanted(
            Text(
                f"vague {wave_id} : le retour écrit dans la source même ({', '.join(homes)}) ; "
                "voyez la liste de ses écritures et approuvez-la d'abord",
                f"wave {wave_id}: the return writes into the source itself ({', '.join(homes)}); "
                "see the list of its writes and approve it first",
            ),
            where="back",
        )
    with session(project, "return") as s:
        wave = project.wave(wave_id)
        result = one_pass(s, wave, "reverse", Reverse(), report, held_back, ReverseJob)
        if result.state == "done":
            forget_acceptances(project, wave_id)
            project.ledger.set_wave(wave_id, project.actor, state="returned", master="source")
            result = replace(result, reasons=(*result.reasons, *passwords.after_return(project, wave_id)))
    return result


def finalize(project: Project, wave_id: str) -> None:
    """`finalize`: closes the way back. Erases nothing."""
    row = project.ledger.wave(wave_id)
    if row.state != "cut_over":
        raise states.refuse(
            wave_id, row.state, "la clôture", "finalizing", "elle suit la bascule", "it comes after cutover"
        )
    project.ledger.set_wave(wave_id, project.actor, state="finalized")
    for member in project.ledger.members(wave_id):
        project.ledger.set_member_state(wave_id, member.workload, member.subject, "finalized")
