"""Durations, the way back phase by phase, points of no return, rehearsals, links cut: from the passes that were run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from transhumance.plans.facts.cells import Key, Totals
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.ledger.contract import PassRow
from transhumance.plans.project import Project
from transhumance.plans.report import facts as f
from transhumance.plans.report.facts import Figure
from transhumance.plans.waves.matching import Matcher

NOT_KEPT = f.Text("seule la durée totale du passage est tenue", "only the whole pass is timed")
NOT_RUN = f.Text("aucun passage terminé", "no finished pass")
NO_WINDOW = f.Text("le plan ne donne pas de fenêtre", "the plan gives no window")


def volume(project: Project, found: Mapping[Key, Totals]) -> f.Volume:
    """How much, and how fast it was measured to go."""
    rows = []
    for wave in project.plan.waves:
        done = _last(project, wave.id, ("initial", "dry_run"))
        for workload in wave.workloads:
            total = next((t for (w, k, _), t in found.items() if (w, k) == (wave.id, workload)), Totals())
            rows.append(_duration(project, wave.id, workload, total, done))
    return f.Volume(
        tuple(rows),
        (
            f.Text(
                "Débit mesuré sur la machine de ce rapport, tous domaines de la vague ensemble",
                "Rate measured on the machine of this report, all workloads of the wave together",
            ),
        ),
    )


def _duration(project: Project, wave: str, workload: str, total: Totals, done: PassRow | None) -> f.DurationRow:
    seen: Literal["measured", "estimated"] = "estimated" if total.sampled else "measured"
    nothing = Figure(None, "items/s", "not_assessed", NOT_RUN)
    rate = nothing
    if done is not None and done.seconds > 0 and int(done.detail.get("done", 0)):
        rate = Figure(round(int(done.detail["done"]) / done.seconds, 1), "items/s", seen)
    final = _last(project, wave, ("final",))
    return f.DurationRow(
        workload=workload,
        wave=wave,
        items=Figure(total.items, "items", "measured"),
        volume=Figure(sum(row.size for row in total.rows), "B", seen),
        rate=rate,
        median=Figure(None, "s", "not_assessed", NOT_KEPT),
        p90=Figure(None, "s", "not_assessed", NOT_KEPT),
        windows=Figure(None, "windows", "not_assessed", NO_WINDOW),
        downtime=Figure(round(final.seconds, 1), "s", "measured")
        if final
        else Figure(None, "s", "not_assessed", NOT_RUN),
    )


def _last(project: Project, wave: str, kinds: tuple[str, ...]) -> PassRow | None:
    done = [p for p in project.ledger.passes(wave) if p.kind in kinds and p.state in ("done", "rolled_back")]
    return next((p for kind in kinds for p in reversed(done) if p.kind == kind), None)


def _day(row: PassRow | None) -> date | None:
    return datetime.fromisoformat(row.ended).date() if row and row.ended else None


def way_back(project: Project) -> tuple[f.WayBack, ...]:
    """How one goes back from each phase of each wave, and when that was last run."""
    plan = project.loaded.path.name
    out = []
    for wave in project.plan.waves:
        undone, returned = _last(project, wave.id, ("rollback",)), _last(project, wave.id, ("reverse",))
        for workload in wave.workloads:
            for phase in ("initial", "delta"):
                out.append(_way(workload, wave.id, phase, f"transhume rollback {plan} --wave {wave.id}", undone))
            out.append(_way(workload, wave.id, "cutover", f"transhume return {plan} --wave {wave.id}", returned))
    return tuple(out)


def _way(workload: str, wave: str, phase: str, command: str, run: PassRow | None) -> f.WayBack:
    before = f.Text(
        "la source reste maître, rien n'y a été écrit", "the source is still master, nothing was written there"
    )
    after = f.Text(
        "ce qui a été écrit à la cible depuis la bascule revient par la passe inverse",
        "what was written at the target since cutover comes back by the reverse pass",
    )
    loss = f.Text("aucune écriture perdue", "no write is lost")
    took = f.Text(f"{run.seconds:.0f} s".replace(".", ","), f"{run.seconds:.0f} s") if run else None
    return f.WayBack(
        workload=workload,
        wave=wave,
        phase=phase,
        command=command,
        who="DSI",
        rto=took,
        rto_basis="measured" if took else "not_assessed",
        rpo=loss if run else None,
        rpo_basis="measured" if run else "not_assessed",
        written_since=after if phase == "cutover" else before,
        rehearsed=_day(run),
    )


def points(project: Project) -> tuple[f.PointOfNoReturn, ...]:
    """The step of each wave after which nothing comes back by itself."""
    plan = project.loaded.path.name
    return tuple(
        f.PointOfNoReturn(
            wave=wave.id,
            step=f.Text(
                f"transhume finalize {plan} --wave {wave.id}",
                f"transhume finalize {plan} --wave {wave.id}",
            ),
            condition=f.Text("vague basculée et vérifiée", "the wave is cut over and verified"),
            signs="direction",
            irreversible=f.Text(
                "le retour n'est plus tenu prêt ; rien n'est effacé",
                "the return is no longer kept ready; nothing is erased",
            ),
        )
        for wave in project.plan.waves
    )


def restoration() -> f.Restoration:
    """The steps back after cutover."""
    return f.Restoration(
        (
            f.Text("Figer la cible et prévenir les services", "Freeze the target and tell the departments"),
            f.Text("Lancer `transhume return` pour la vague", "Run `transhume return` for the wave"),
            f.Text("Lire le rapport ; contrôler un échantillon", "Read the report; look at a sample"),
            f.Text("Rouvrir la source, qui redevient maître", "Open the source again: it is master"),
        )
    )


def last_rehearsal(project: Project) -> f.Rehearsal | None:
    """The last time that a way back was run to its end."""
    done = [p for p in project.ledger.passes() if p.kind in ("rollback", "reverse") and p.state == "done"]
    if not done:
        return None
    last = done[-1]
    on = _day(last)
    if on is None:
        return None
    what = {
        "rollback": f.Text("annulation avant bascule", "rollback before cutover"),
        "reverse": f.Text("retour après bascule", "return after cutover"),
    }
    return f.Rehearsal(
        on=on,
        what=what[last.kind],
        passed=True,
        wave=last.wave,
        duration=Figure(round(last.seconds, 1), "s", "measured"),
    )


def affinity(project: Project, names: Pseudonyms) -> tuple[f.CutLink, ...] | None:
    """Links whose two ends are in different waves; None where the plan has no directory to tell."""
    if not project.plan.directory or not project.ledger.inventory():
        return None
    directory = Matcher(project).directory
    if directory is None:
        return None
    waves: dict[bytes, str] = {}
    for wave in project.plan.waves:
        for member in project.ledger.members(wave.id):
            if member.endpoint == project.plan.directory:
                waves[member.subject] = wave.id
    counts: Counter[tuple[str, str]] = Counter()
    samples: dict[tuple[str, str], list[str]] = {}
    for row, key, link in project.ledger.edges():
        ends = directory.find(link.target)
        if len(ends) == 1 and (other := waves.get(ends[0].key)) and other != row.wave:
            counts[(row.wave, link.kind)] += 1
            pair = f"{names.item(row, key)} -> {names.subject(ends[0].label)}"
            samples.setdefault((row.wave, link.kind), []).append(pair)
    return tuple(
        f.CutLink(
            wave=wave,
            kind=kind,
            count=count,
            effect=f.Text("l'autre bout est dans une autre vague", "the other end is in another wave"),
            sample=tuple(sorted(samples[(wave, kind)])[:3]),
        )
        for (wave, kind), count in sorted(counts.items())
    )
