"""Gathers the report's facts: each section from what was run, or missing with the reason."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from transhumance import __version__
from transhumance.connectors.contract import codec_for, codecs, find_code, key_text
from transhumance.plans.facts import ways
from transhumance.plans.facts.cells import Key, Totals, blocked, cells, losses, text, totals
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.project import RESIDUE, Project
from transhumance.plans.report import facts as f
from transhumance.plans.waves.acceptance import approvers, required
from transhumance.plans.waves.inventory import not_covered

VALID_DAYS = 90
DEPENDANTS = ("service", "computer")


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
        inventory=_inventory(project, names),
        matrix=_matrix(found),
        formats=_formats(project, found),
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
        limits=_limits(found),
        gates=_gates(project),
        not_covered=_not_covered(project, names),
        method=_method(),
        missing=_missing(),
    )


def _identity(project: Project, pass_kind: str | None) -> f.Identity:
    plan = project.plan
    moment = datetime.now(UTC)
    last = [p.kind for p in project.ledger.passes()]
    used = sorted({e.connector for e in plan.endpoints.values()})
    return f.Identity(
        plan=plan.id,
        revision=plan.revision,
        pass_=pass_kind or (last[-1] if last else "assess"),
        generated=moment,
        expires=moment + timedelta(days=VALID_DAYS),
        tool=__version__,
        establishment=plan.establishment.name if plan.establishment else plan.id,
        finess=plan.establishment.finess if plan.establishment else None,
        title=plan.title,
        digests={row.id: row.digest for row in project.ledger.waves() if row.digest},
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
    for number, wave in enumerate(project.plan.waves):
        members = project.ledger.members(wave.id)
        out.append(
            f.Wave(
                id=wave.id,
                title=f.Text(wave.title, wave.title) if wave.title else None,
                pilot=number == 0,
                state=project.ledger.wave(wave.id).state,
                subjects=len({m.person for m in members}) if members else None,
            )
        )
    return tuple(out)


def _inventory(project: Project, names: Pseudonyms) -> f.Inventory | None:
    rows = project.ledger.inventory()
    if not rows:
        return None
    counts: Counter[tuple[str, str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    for row in rows:
        sizes[(row["endpoint"], row["workload"])] += row["bytes"]
        for kind, count in row["kinds"].items():
            counts[(row["endpoint"], row["workload"], kind)] += count
    single = Counter((e, w) for e, w, _ in counts)
    return f.Inventory(
        systems=_systems(project),
        objects=tuple(
            f.ObjectCount(
                endpoint=e,
                workload=w,
                kind=kind,
                objects=count,
                bytes=sizes[(e, w)] if single[(e, w)] == 1 else None,
            )
            for (e, w, kind), count in sorted(counts.items())
        ),
        exclusions=tuple(
            f.Exclusion(
                name, f.Text(f"exclu de la vague {wave.id} par le plan", f"left out of wave {wave.id} by the plan")
            )
            for wave in project.plan.waves
            for name in map(names.subject, wave.members.except_)
        ),
        dependants=_dependants(project, rows, names),
    )


def _systems(project: Project) -> tuple[f.System, ...]:
    out = []
    for name, entry in project.plan.endpoints.items():
        roles = [w for w in project.plan.workloads.values() if name in w.from_]
        role: Any = "source" if roles or name == project.plan.directory else "target"
        if entry.connector == "archive" and role == "target":
            role = "archive"
        if any(w.back and w.back.to == name for w in project.plan.workloads.values()):
            role = "back" if role == "target" else role
        out.append(f.System(endpoint=name, role=role, product=entry.connector, version=__version__))
    return tuple(out)


def _dependants(project: Project, rows: list[Mapping[str, Any]], names: Pseudonyms) -> tuple[f.Dependant, ...] | None:
    """Accounts and machines that the directory names and that rest on the source; None where the plan has no
    directory."""
    if not project.plan.directory:
        return None
    what = {
        "service": f.Text("compte de service lié à la source", "service account bound to the source"),
        "computer": f.Text("poste ou serveur joint au domaine", "machine joined to the domain"),
    }
    return tuple(
        f.Dependant(kind=row["kind"], name=names.subject(key_text(row["subject"])), what=what[row["kind"]])
        for row in rows
        if row["endpoint"] == project.plan.directory and row["kind"] in what
    )


def _matrix(found: Mapping[Key, Totals]) -> tuple[f.MatrixRow, ...]:
    counts: Counter[tuple[str, str, str, str, str, str | None]] = Counter()
    for (_, workload, target), total in found.items():
        for row in total.rows:
            codes: list[str | None] = sorted({c.partition(":")[2] for c in row.codes}) or [None]  # type: ignore[assignment]
            for code in codes:
                counts[(workload, row.kind, target, row.forward, row.grade, code)] += row.count
    return tuple(
        f.MatrixRow(
            workload=workload,
            kind=kind,
            property=_noun(code),
            target=target,
            forward=forward,  # type: ignore[arg-type]
            back=back,  # type: ignore[arg-type]
            count=count,
            code=code,
        )
        for (workload, kind, target, forward, back, code), count in sorted(counts.items(), key=lambda e: str(e[0]))
    )


def _noun(code: str | None) -> str:
    """The noun of a code (`MAIL-FLAG-01`: flag), which names what is concerned; `*`: the whole item."""
    return code.split("-")[-2].lower() if code else "*"


_STANDARDS = {
    "rfc5322": ("RFC 5322", "RFC 5322, RFC 2045-2049", "python3 -m email, any mail client"),
    "ical": ("iCalendar", "RFC 5545", "any calendar client"),
    "vcard": ("vCard", "RFC 6350, RFC 2426", "any address book"),
    "ldif": ("LDIF", "RFC 2849", "ldapadd, slapadd"),
    "file": ("file", None, "the file's own program"),
}


def _formats(project: Project, found: Mapping[Key, Totals]) -> tuple[f.Format, ...]:
    seen: dict[tuple[str, str, str, str], list[int]] = {}
    for (_, workload, target), total in found.items():
        for row in total.rows:
            entry = seen.setdefault((workload, row.kind, row.form, target), [0, 0])
            entry[0] += row.count
            entry[1] += row.count if row.grade in ("lossy", "blocked") else 0
    out = []
    for (workload, kind, form, target), (checked, failed) in sorted(seen.items()):
        codec = codec_for(kind, form)
        if codec is None:
            continue
        name, reference, reader = _STANDARDS.get(codec.standard, (codec.standard, None, None))
        theirs = project.endpoint(target).spec.form_of(kind)
        out.append(
            f.Format(
                workload=workload,
                form=form,
                source=f.Standard(form),
                pivot=f.Standard(name, reference),
                target=f.Standard(theirs) if theirs else None,
                reader=reader,
                round_trip=f.RoundTrip(checked, failed, "format"),
                properties=tuple(f.PropertyRule(p, str(c), why) for p, c, why in codec.table.rows),
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
    return f.Security(accounts=tuple(accounts), work_area=".transhumance")


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
    rows = {c.id: c for c in project.ledger.containers()}
    out = []
    for problem in project.ledger.problems():
        known = find_code(problem.code)
        if problem.state in ("skipped", "accepted", "retry") or known is None or problem.target == RESIDUE:
            continue
        row = rows.get(problem.container)
        out.append(
            f.Quarantined(
                ref=names.item(row, problem.key),
                workload=problem.workload,
                wave=problem.wave,
                target=problem.target,
                operation="match" if problem.state == "blocked" else "write",
                code=problem.code,
                cause=text(known.what),
                remedy=text(known.remedy),
                attempts=problem.attempts,
            )
        )
    return tuple(sorted(out, key=lambda q: (q.wave, q.workload, q.target, q.code, q.ref)))


def _evidence(project: Project) -> f.Evidence | None:
    """The archive's own manifest, where the plan has an archive and it was finished."""
    for name, entry in project.plan.endpoints.items():
        if entry.connector != "archive":
            continue
        manifest = project.loaded.base / Path(str(entry.settings.get("path", ""))) / "MANIFEST.sha256"
        if manifest.is_file():
            digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
            return f.Evidence(manifest_sha256=digest, verify_command=f"cd {name} && sha256sum -c MANIFEST.sha256")
    return None


def _limits(found: Mapping[Key, Totals]) -> f.Limits:
    weak: dict[str, int] = {}
    for (wave, workload, target), total in found.items():
        count = sum(row.count for row in total.rows if row.proof in ("predicted", "format"))
        if count:
            weak[f"{wave}, {workload}, {target}"] = count
    return f.Limits(
        predicted=tuple(
            f.Text(f"{place} : {count} éléments, jambe cible prédite", f"{place}: {count} items, target leg predicted")
            for place, count in weak.items()
        ),
        unseen=(
            f.Text(
                "Ce qu'un serveur réel ferait d'éléments que ses faits n'annoncent pas n'est vu qu'à la vérification",
                "What a real server would do with items that its facts do not foretell is seen by verification only",
            ),
        ),
    )


def _gates(project: Project) -> tuple[f.GateEvent, ...]:
    out = []
    for wave in project.plan.waves:
        row = project.ledger.wave(wave.id)
        needed, have = required(project, wave.id), approvers(project, wave.id)
        if needed:
            out.append(
                f.GateEvent(
                    wave=wave.id,
                    gate="approval",
                    outcome="passed" if len(have) >= needed else "waiting",
                    who=", ".join(have) or None,
                    digest=row.digest or None,
                )
            )
    return tuple(out)


def _not_covered(project: Project, names: Pseudonyms) -> tuple[f.Text, ...]:
    out = []
    held = Counter((r["endpoint"], r["workload"]) for r in project.ledger.inventory() if r["items"])
    for endpoint, workloads in not_covered(project).items():
        for workload in workloads:
            if count := held[(endpoint, workload)]:
                out.append(
                    f.Text(
                        f"{endpoint} : {workload} de {count} sujet(s), que le plan ne prend pas",
                        f"{endpoint}: {workload} of {count} subject(s), which the plan does not take",
                    )
                )
    for problem in project.ledger.problems(state="blocked"):
        known = find_code(problem.code)
        if known:
            who = names.subject(key_text(problem.key))
            out.append(
                f.Text(
                    f"{problem.wave}, {problem.workload}, sujet {who} : {known.what.fr}",
                    f"{problem.wave}, {problem.workload}, subject {who}: {known.what.en}",
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


def _missing() -> dict[str, f.Text]:
    later = f.Text("aucun fait recueilli par cette version", "no fact is gathered by this version")
    asked = f.Text("à remplir par l'établissement", "to be filled in by the establishment")
    return {"r9": later, "r11": asked, "r13": asked, "r14": asked}


def today() -> date:
    """The day, UTC."""
    return datetime.now(UTC).date()
