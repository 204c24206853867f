"""Gathers the report's facts: each section from what was run, or missing with the reason."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from transhumance import __version__
from transhumance.connectors.contract import codecs, find_code
from transhumance.plans import glossary
from transhumance.plans.facts import estate, forms, ways
from transhumance.plans.facts.cells import Key, Totals, blocked, cells, losses, text, totals, unknown
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.project import RESIDUE, Project
from transhumance.plans.report import facts as f
from transhumance.plans.report.wording import number
from transhumance.plans.report.words import counted
from transhumance.plans.waves.acceptance import approvers, required

VALID_DAYS = 90


def gather(project: Project, pass_kind: str | None = None) -> f.ReportFacts:
    """The facts as they stand. `pass_kind`: the pass that the report is about; the last one when it is None."""
    names = Pseudonyms(project)
    found = totals(project)
    return f.ReportFacts(
        identity=_identity(project, pass_kind),
        waves=_waves(project),
        cells=cells(project, found),
        losses=losses(project, found, names),
        blocked=blocked(project, found, names),
        inventory=estate.inventory(project, names),
        matrix=forms.matrix(found),
        formats=forms.formats(project, found),
        volume=ways.volume(project, found),
        way_back=ways.way_back(project),
        points_of_no_return=ways.points(project),
        restoration=ways.restoration(),
        last_rehearsal=ways.last_rehearsal(project),
        affinity=ways.affinity(project, names),
        security=_security(project),
        verification=_verification(project),
        quarantine=_quarantine(project, names),
        evidence=_evidence(project),
        limits=_limits(project, found, names),
        gates=_gates(project),
        not_covered=estate.left_out(project, names),
        method=_method(),
        missing=_missing(project),
    )


def _identity(project: Project, pass_kind: str | None) -> f.Identity:
    plan = project.plan
    moment = datetime.now(UTC)
    passes = project.ledger.passes()
    about = [p for p in passes if pass_kind in (None, p.kind)]
    used = sorted({e.connector for e in plan.endpoints.values()})
    return f.Identity(
        plan=plan.id,
        revision=plan.revision,
        pass_=pass_kind or (passes[-1].kind if passes else "assess"),
        generated=moment,
        expires=moment + timedelta(days=VALID_DAYS),
        tool=__version__,
        establishment=plan.establishment.name if plan.establishment else plan.id,
        finess=plan.establishment.finess if plan.establishment else None,
        title=plan.title,
        digests={row.id: row.digest for row in project.ledger.waves() if row.digest},
        run_id=f"{plan.id}/{about[-1].wave}/{about[-1].id}" if about else None,
        operator=project.actor,
        approvers=tuple(
            f.Approver(str(a["who"]), wave=wave.id, when=datetime.fromisoformat(a["at"]))
            for wave in plan.waves
            for a in project.ledger.approvals(wave.id)
        ),
        components=tuple(f.Component(name, __version__) for name in used)
        + tuple(f.Component(f"{kind}/{form}", c.version, "codec") for (kind, form), c in sorted(codecs().items())),
    )


def _waves(project: Project) -> tuple[f.Wave, ...]:
    out = []
    for at, wave in enumerate(project.plan.waves):
        members = project.ledger.members(wave.id)
        out.append(
            f.Wave(
                id=wave.id,
                title=f.Text(wave.title, wave.title) if wave.title else None,
                pilot=at == 0,
                state=project.ledger.wave(wave.id).state,
                subjects=len({m.person for m in members}) if members else None,
            )
        )
    return tuple(out)


def _security(project: Project) -> f.Security:
    accounts = [
        f.AccountUse(
            endpoint=name,
            account=str(entry.settings["username"]),
            rights=f.Text("voir `transhume check`", "see `transhume check`"),
        )
        for name, entry in project.plan.endpoints.items()
        if entry.settings.get("username")
    ]
    return f.Security(
        accounts=tuple(accounts),
        encryption=(
            f.Text(
                "Les fichiers de travail ne sont pas chiffrés par l'outil ; seul leur propriétaire les lit",
                "The tool does not encrypt its work files; only their owner reads them",
            ),
        ),
        work_area=".transhumance",
    )


def _verification(project: Project) -> tuple[f.Verification, ...]:
    policy = project.plan.policies.verify
    latest = {(v["wave"], v["workload"], v["target"]): v for v in project.ledger.verifications()}
    return tuple(
        f.Verification(
            workload=workload,
            wave=wave,
            target=target,
            method=f.Text(
                "chaque élément relu à la cible, décodé, empreinte SHA-256 comparée",
                "every item read back at the target, decoded, SHA-256 digest compared",
            ),
            checked=row["checked"],
            defects=row["defects"],
            sample=row["sample"],
            seed=row["seed"],
            confidence=policy.confidence,
            max_defect_rate=policy.max_defect_rate,
        )
        for (wave, workload, target), row in sorted(latest.items())
    )


def _quarantine(project: Project, names: Pseudonyms) -> tuple[f.Quarantined, ...]:
    """What stayed behind and waits for a person. What the implicit archive of residues alone refused is told too."""
    rows = {c.id: c for c in project.ledger.containers()}
    waiting = [p for p in project.ledger.problems() if p.state not in ("skipped", "accepted", "retry", "told")]
    named = {(p.container, p.key) for p in waiting if p.target != RESIDUE}
    out = []
    for problem in waiting:
        if problem.target == RESIDUE and (problem.container, problem.key) in named:
            continue
        known = find_code(problem.code) or unknown(problem.code)
        matching = problem.state == "blocked"
        out.append(
            f.Quarantined(
                ref=names.item(rows.get(problem.container), problem.key),
                workload=problem.workload or problem.detail,
                wave=problem.wave,
                target=problem.target,
                operation="match" if matching else "write",
                code=problem.code,
                cause=text(known.what),
                remedy=text(known.remedy),
                attempts=problem.attempts,
                since=datetime.fromisoformat(problem.at) if problem.at else None,
            )
        )
    return tuple(sorted(out, key=lambda q: (q.wave, q.workload, q.target, q.code, q.ref)))


def _evidence(project: Project) -> f.Evidence | None:
    """The manifest of the plan's archive, once a pass has finished it."""
    for entry in project.plan.endpoints.values():
        if entry.connector != "archive":
            continue
        path = str(entry.settings.get("path", ""))
        manifest = project.loaded.base / path / "MANIFEST.sha256"
        if manifest.is_file():
            digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
            command = f"cd {shlex.quote(path)} && sha256sum -c --quiet MANIFEST.sha256"
            return f.Evidence(manifest_sha256=digest, verify_command=command)
    return None


def _limits(project: Project, found: Mapping[Key, Totals], names: Pseudonyms) -> f.Limits:
    predicted = []
    for (wave, workload, target), total in found.items():
        count = sum(row.count for row in total.rows if row.proof in ("predicted", "format"))
        if count:
            fr, en = (glossary.word(glossary.WORKLOAD, workload, lang) for lang in ("fr", "en"))
            predicted.append(
                f.Text(
                    f"{wave}, {fr} → {target} : {counted('items', count, 'fr')} sur "
                    f"{number(total.items, 'fr')}, jambe cible prédite",
                    f"{wave}, {en} → {target}: {counted('items', count, 'en')} of "
                    f"{number(total.items, 'en')}, target leg predicted",
                )
            )
    return f.Limits(
        predicted=tuple(predicted),
        unseen=(
            f.Text(
                "Ce qu'un serveur réel ferait d'éléments que ses faits n'annoncent pas n'est vu qu'à la vérification",
                "What a real server would do with items that its facts do not foretell is seen by verification only",
            ),
        ),
        source=estate.source_limits(project, names),
    )


def _gates(project: Project) -> tuple[f.GateEvent, ...]:
    out = []
    for wave in project.plan.waves:
        digest = project.ledger.wave(wave.id).digest
        needed, have = required(project, wave.id), approvers(project, wave.id)
        if needed:
            given = [str(a["at"]) for a in project.ledger.approvals(wave.id) if a["digest"] == digest]
            passed = len(have) >= needed
            out.append(
                f.GateEvent(
                    wave=wave.id,
                    gate="approval",
                    outcome="passed" if passed else "waiting",
                    when=datetime.fromisoformat(max(given)) if passed else None,
                    who=", ".join(have) or None,
                    digest=digest or None,
                    note=f.Text(f"{len(have)} sur {needed}", f"{len(have)} of {needed}"),
                )
            )
    return tuple(out)


def _method() -> tuple[f.Text, ...]:
    return (
        f.Text(
            "Jambe source : pour chaque élément, les deux fonctions de conversion sont exécutées en mémoire et le "
            "résultat comparé à l'original selon la table des classes de propriétés de sa forme.",
            "Source leg: for each item both conversion functions are run in memory and the result is compared with the "
            "original by the table of property classes of its form.",
        ),
        f.Text(
            "Jambe cible : prédite à blanc ; mesurée par `transhume verify`, qui relit chaque élément.",
            "Target leg: predicted by the dry run; measured by `transhume verify`, which reads every item back.",
        ),
    )


def _missing(project: Project) -> dict[str, f.Text]:
    """Why each section that has no facts has none."""
    later = f.Text("aucun fait recueilli par cette version", "no fact is gathered by this version")
    asked = f.Text("à remplir par l'établissement", "to be filled in by the establishment")
    no_directory = f.Text("le plan ne nomme pas d'annuaire", "the plan names no directory")
    unassessed = f.Text("pas d'inventaire : `transhume assess`", "no inventory: `transhume assess`")
    looked = no_directory if not project.plan.directory else unassessed
    return {
        "r2": unassessed,
        "dependants": looked,
        "rehearsal": f.Text("aucun retour n'a encore été exécuté", "no way back was run yet"),
        "r9": later,
        "r10": looked,
        "r11": asked,
        "r13": asked,
        "r14": asked,
        "r16": f.Text("aucune archive du plan n'est encore écrite", "no archive of the plan is written yet"),
    }
