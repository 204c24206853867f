"""Durations, the way back phase by phase, points of no return, rehearsals, links cut: from the passes that were run."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from math import ceil
from typing import Any, Literal

from transhumance.plans import glossary
from transhumance.plans.facts.cells import Key, Totals, workloads_of
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.ledger.contract import PassRow
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import RETURNED, Project
from transhumance.plans.report import facts as f
from transhumance.plans.report.facts import Figure
from transhumance.plans.report.wording import duration
from transhumance.plans.report.words import counted
from transhumance.plans.waves.matching import Matcher

DAY = 24 * 60  # minutes
Measured = Literal["measured", "estimated"]
NOT_KEPT = f.Text("aucun lot n'a été chronométré", "no chunk was timed")
NOT_RUN = f.Text("aucune passe terminée", "no finished pass")
NO_WINDOW = f.Text("le plan ne donne pas de fenêtre à la copie finale", "the plan gives the final copy no window")
HYPOTHESES = (
    f.Text(
        "Débit mesuré sur la machine de ce rapport, tous les domaines de la vague ensemble, à la dernière copie "
        "initiale ou au dernier essai à blanc",
        "Rate measured on the machine of this report, all workloads of the wave together, in the last initial copy or "
        "dry run",
    ),
    f.Text(
        "Durées médiane et au 90e centile : celles d'un lot (jusqu'à 500 éléments, toutes cibles), même passe",
        "Median and 90th percentile: those of one chunk (up to 500 items, all targets), same pass",
    ),
    f.Text(
        "Arrêt : copie finale et relecture de la bascule ; estimé par le dernier delta tant qu'elle n'a pas eu lieu",
        "Downtime: final copy and reading back in cutover; estimated by the last delta until then",
    ),
    f.Text(
        "Fenêtres : l'arrêt divisé par la plus courte fenêtre que le plan donne à la copie finale",
        "Windows: the downtime divided by the shortest window that the plan gives the final copy",
    ),
)


def volume(project: Project, found: Mapping[Key, Totals]) -> f.Volume:
    """How much, and how fast it was measured to go."""
    rows = []
    for wave in project.plan.waves:
        done = _last(project, wave.id, ("initial", "dry_run"))
        downtime = _downtime(project, wave.id)
        for workload in workloads_of(project, wave):
            total = next((t for (w, k, _), t in found.items() if (w, k) == (wave.id, workload)), Totals())
            seen: Measured = "estimated" if total.sampled else "measured"
            median, p90 = _chunks(workload, done, seen)
            rows.append(
                f.DurationRow(
                    workload=workload,
                    wave=wave.id,
                    items=Figure(total.items, "items", "measured"),
                    volume=Figure(sum(row.size for row in total.rows), "B", seen),
                    rate=_rate(done, seen),
                    median=median,
                    p90=p90,
                    windows=_windows(wave, downtime),
                    downtime=downtime,
                )
            )
    return f.Volume(tuple(rows), HYPOTHESES)


def _rate(done: PassRow | None, seen: Measured) -> Figure:
    if done is None or done.seconds <= 0 or not int(done.detail.get("done", 0)):
        return Figure(None, "items/s", "not_assessed", NOT_RUN)
    return Figure(round(int(done.detail["done"]) / done.seconds, 1), "items/s", seen)


def _chunks(workload: str, done: PassRow | None, seen: Measured) -> tuple[Figure, Figure]:
    """The median and the 90th percentile of the durations of a workload's chunks in a pass."""
    if done is None:
        return (Figure(None, "s", "not_assessed", NOT_RUN),) * 2
    timed = done.detail.get("chunk_seconds", {}).get(workload)
    if timed is None:
        return (Figure(None, "s", "not_assessed", NOT_KEPT),) * 2
    return Figure(timed["median"], "s", seen), Figure(timed["p90"], "s", seen)


def _downtime(project: Project, wave: str) -> Figure:
    """How long nobody may write: the final copy and its reading back."""
    final = _last(project, wave, ("final",))
    if final is not None:
        after = (p for p in project.ledger.passes(wave) if p.kind == "verify" and p.state == "done" and p.id > final.id)
        read_back = next(after, None)
        return Figure(round(final.seconds + (read_back.seconds if read_back else 0.0), 1), "s", "measured")
    delta = _last(project, wave, ("delta",))
    if delta is None:
        return Figure(None, "s", "not_assessed", NOT_RUN)
    return Figure(round(delta.seconds, 1), "s", "estimated")


def _windows(wave: Wave, downtime: Figure) -> Figure:
    """How many windows the final copy needs."""
    lengths = [(w.end - w.start) % DAY or DAY for w in wave.windows_of("final")]
    if not lengths:
        return Figure(None, "windows", "not_assessed", NO_WINDOW)
    if downtime.value is None:
        return Figure(None, "windows", "not_assessed", NOT_RUN)
    return Figure(max(ceil(downtime.value / (60 * min(lengths))), 1), "windows", "estimated")


def _last(project: Project, wave: str, kinds: tuple[str, ...]) -> PassRow | None:
    done = [p for p in project.ledger.passes(wave) if p.kind in kinds and p.state in ("done", "rolled_back")]
    return next((p for kind in kinds for p in reversed(done) if p.kind == kind), None)


def _day(row: PassRow | None) -> date | None:
    return datetime.fromisoformat(row.ended).date() if row and row.ended else None


def _passed(project: Project, row: PassRow) -> bool:
    """Whether a way back brought everything back: nothing stayed behind but what people had deleted, which is told."""
    told = sum(problem.state == "told" for problem in project.ledger.problems(row.wave))
    return int(row.detail.get("problems", 0)) <= told


BEFORE = f.Text(
    "rien à faire revenir : la source est restée maître ; ce que nous avions écrit à la cible est retiré, ce que "
    "d'autres y ont changé depuis est laissé et listé",
    "nothing has to return: the source stayed master; what we had written at the target is removed, what others "
    "changed there since is left and listed",
)
AFTER = f.Text(
    "ce qui a été écrit à la cible depuis la bascule revient par la passe inverse ; ce qui y a été supprimé est "
    "signalé",
    "what was written at the target since cutover comes back by the reverse pass; what was deleted there is told",
)
CLOSED = f.Text(
    "le retour est clos : ce qui a été écrit à la cible n'en revient plus ; l'archive reste lisible",
    "the way back is closed: what was written at the target no longer returns; the archive stays readable",
)
NO_LOSS = f.Text("aucune écriture perdue", "no write is lost")


def way_back(project: Project) -> tuple[f.WayBack, ...]:
    """How one goes back from each phase of each wave, and when that was last run. After `finalize` there is no
    command."""
    plan = shlex.quote(project.loaded.path.name)
    out = []
    for wave in project.plan.waves:
        name = shlex.quote(wave.id)
        undone, returned = _last(project, wave.id, ("rollback",)), _last(project, wave.id, ("reverse",))
        for workload in workloads_of(project, wave):
            for phase in ("initial", "delta"):
                command = f"transhume rollback {plan} --wave {name}"
                out.append(_way(project, workload, wave.id, phase, command, _BEFORE_CUTOVER, BEFORE, undone))
            needs = _needs(project, workload)
            for phase in ("cutover", "hypercare"):
                command = f"transhume return {plan} --wave {name}"
                out.append(_way(project, workload, wave.id, phase, command, needs, AFTER, returned))
            out.append(
                f.WayBack(
                    workload=workload, wave=wave.id, phase="decommissioning", command="", who="", written_since=CLOSED
                )
            )
    return tuple(out)


_BEFORE_CUTOVER = f.Text(
    "la vague n'a pas basculé ; le registre et les images d'avant sont gardés",
    "the wave is not cut over; the ledger and the before-images are kept",
)


def _needs(project: Project, workload: str) -> f.Text:
    """What a return needs: the place that it leads to."""
    if project.workload(workload).back:
        return f.Text(
            "la vague a basculé et n'est pas close ; le système de retour (R2) est joignable",
            "the wave is cut over and not closed; the system to return to (R2) is within reach",
        )
    fr, en = glossary.PLACE[RETURNED]
    return f.Text(
        f"la vague a basculé et n'est pas close ; le retour mène à : {fr}",
        f"the wave is cut over and not closed; the return leads to: {en}",
    )


def _way(
    project: Project,
    workload: str,
    wave: str,
    phase: str,
    command: str,
    prerequisites: f.Text,
    written_since: f.Text,
    run: PassRow | None,
) -> f.WayBack:
    passed = run is not None and _passed(project, run)
    took = f.Text(*(duration(run.seconds, lang) for lang in ("fr", "en"))) if run else None
    return f.WayBack(
        workload=workload,
        wave=wave,
        phase=phase,
        command=command,
        who="",
        prerequisites=prerequisites,
        rto=took,
        rto_basis="measured" if took else "not_assessed",
        rpo=NO_LOSS if passed else None,
        rpo_basis="measured" if passed else "not_assessed",
        written_since=written_since,
        rehearsed=_day(run) if passed else None,
    )


def points(project: Project) -> tuple[f.PointOfNoReturn, ...]:
    """The step of each wave after which nothing comes back by itself, and who took it."""
    plan = shlex.quote(project.loaded.path.name)
    out = []
    for wave in project.plan.waves:
        step = f"transhume finalize {plan} --wave {shlex.quote(wave.id)}"
        taken = next((e for e in reversed(project.ledger.events(wave.id)) if _finalized(e)), None)
        out.append(
            f.PointOfNoReturn(
                wave=wave.id,
                step=f.Text(step, step),
                condition=f.Text("vague basculée et vérifiée", "the wave is cut over and verified"),
                signs="",
                on=datetime.fromisoformat(str(taken["at"])).date() if taken else None,
                irreversible=f.Text(
                    "le retour n'est plus tenu prêt ; rien n'est effacé",
                    "the return is no longer kept ready; nothing is erased",
                ),
                signed_by=str(taken["actor"]) if taken else None,
            )
        )
    return tuple(out)


def _finalized(event: Mapping[str, Any]) -> bool:
    return bool(event["what"] == "wave" and event["detail"].get("state") == "finalized")


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
    """The last time that a way back was run to its end, and whether everything came back."""
    done = [p for p in project.ledger.passes() if p.kind in ("rollback", "reverse") and p.state == "done"]
    if not done or (on := _day(done[-1])) is None:
        return None
    last = done[-1]
    problems = int(last.detail.get("problems", 0))
    what = {
        "rollback": f.Text("annulation avant bascule", "rollback before cutover"),
        "reverse": f.Text("retour après bascule", "return after cutover"),
    }
    return f.Rehearsal(
        on=on,
        what=what[last.kind],
        passed=_passed(project, last),
        wave=last.wave,
        duration=Figure(round(last.seconds, 1), "s", "measured"),
        note=f.Text(
            f"{counted('items', problems, 'fr')} à regarder : `transhume quarantine list`",
            f"{counted('items', problems, 'en')} to look at: `transhume quarantine list`",
        )
        if problems
        else None,
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
    cut: dict[tuple[str, str], list[str]] = {}
    for row, key, link in project.ledger.edges():
        ends = directory.find(link.target)
        if len(ends) == 1 and (other := waves.get(ends[0].key)) and other != row.wave:
            counts[(row.wave, link.kind)] += 1
            pair = f"{names.item(row, key)} -> {names.subject(ends[0].label)}"
            cut.setdefault((row.wave, link.kind), []).append(pair)
    return tuple(
        f.CutLink(
            wave=wave,
            kind=kind,
            count=count,
            effect=f.Text("l'autre bout est dans une autre vague", "the other end is in another wave"),
            sample=tuple(sorted(cut[(wave, kind)])[:3]),
            links=tuple(sorted(cut[(wave, kind)])),
        )
        for (wave, kind), count in sorted(counts.items())
    )
