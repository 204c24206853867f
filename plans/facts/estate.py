"""What there is at the systems of the plan: the inventory, what still depends on the source, what the plan leaves out,
and what a source says that it can't give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from transhumance.connectors.contract import find_code, key_text
from transhumance.plans import glossary
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.project import Project
from transhumance.plans.report import facts as f
from transhumance.plans.report.words import counted
from transhumance.plans.waves.dependants import dependants
from transhumance.plans.waves.inventory import not_covered

_TOLD = {
    "orphan_items": f.Text("éléments d'aucun dossier, comptés, non pris", "items of no folder, counted, not taken"),
    "hidden_items": f.Text(
        "éléments de dossiers que personne ne voit, comptés, non pris",
        "items of folders that nobody sees, counted, not taken",
    ),
    "unreadable_folders": f.Text("dossiers illisibles, leurs éléments inconnus", "unreadable folders, items unknown"),
}
"""Counts that a connector gives as properties of a container: what it sees there and can't take."""


def inventory(project: Project, names: Pseudonyms) -> f.Inventory | None:
    """R2; None where nothing was assessed."""
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
        dependants=_dependants(project),
    )


def _systems(project: Project) -> tuple[f.System, ...]:
    """Every endpoint. Its own version is not asked for by file connectors: the report says that it is unknown."""
    out = []
    for name, entry in project.plan.endpoints.items():
        source = name == project.plan.directory or any(name in w.from_ for w in project.plan.workloads.values())
        back = any(w.back and w.back.to == name for w in project.plan.workloads.values())
        role: f.Role = "source" if source else "back" if back else "target"
        if entry.connector == "archive" and role == "target":
            role = "archive"
        out.append(f.System(endpoint=name, role=role, product=entry.connector))
    return tuple(out)


def _dependants(project: Project) -> tuple[f.Dependant, ...] | None:
    """What rests on the source, by name: who must see to it has to find it. None where the plan has no directory."""
    found = dependants(project)
    if found is None:
        return None
    return tuple(
        f.Dependant(
            kind=each.kind,
            name=each.name,
            what=f.Text(each.what.fr, each.what.en),
            owner=each.owner or None,
            remedy=f.Text(each.remedy.fr, each.remedy.en),
        )
        for each in found
    )


def left_out(project: Project, names: Pseudonyms) -> tuple[f.Text, ...]:
    """What the sources hold and no wave moves, each with how much it is."""
    rows = project.ledger.inventory()
    return (*_untaken(project, rows), *_in_no_wave(project, rows), *_blocked(project, rows, names))


def _untaken(project: Project, rows: list[Mapping[str, Any]]) -> list[f.Text]:
    """Workloads of a source that the plan does not take from it."""
    out = []
    for endpoint, workloads in not_covered(project).items():
        for workload in workloads:
            held = [
                r for r in rows if (r["endpoint"], r["workload"]) == (endpoint, workload) and r["items"] + r["faults"]
            ]
            if held:
                out.append(
                    _told(f"{endpoint}, {{}}", workload, held, "que le plan ne prend pas", "not taken by the plan")
                )
    return out


def _in_no_wave(project: Project, rows: list[Mapping[str, Any]]) -> list[f.Text]:
    """Subjects that no wave names, once the waves are frozen."""
    if not any(row.digest for row in project.ledger.waves()):
        return []
    known = {
        (m.endpoint, m.workload, m.subject) for wave in project.plan.waves for m in project.ledger.members(wave.id)
    }
    known |= {(p.target, p.detail, p.key) for p in project.ledger.problems(state="blocked")}
    loose: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        taken = row["workload"] in project.plan.workloads and row["endpoint"] in project.workload(row["workload"]).from_
        if taken and row["items"] + row["faults"] and (row["endpoint"], row["workload"], row["subject"]) not in known:
            loose.setdefault((row["endpoint"], row["workload"]), []).append(row)
    return [
        _told(endpoint, workload, held, "d'aucune vague", "in no wave")
        for (endpoint, workload), held in sorted(loose.items())
    ]


def _told(endpoint: str, workload: str, held: list[Mapping[str, Any]], fr: str, en: str) -> f.Text:
    items, subjects = sum(r["items"] + r["faults"] for r in held), len({r["subject"] for r in held})
    said = []
    for lang, why in (("fr", fr), ("en", en)):
        where = f"{endpoint}, {glossary.word(glossary.WORKLOAD, workload, lang)}"
        colon, of = (" : ", "de") if lang == "fr" else (": ", "of")
        said.append(f"{where}{colon}{counted('items', items, lang)} {of} {counted('subjects', subjects, lang)} {why}")
    return f.Text(*said)


def _blocked(project: Project, rows: list[Mapping[str, Any]], names: Pseudonyms) -> list[f.Text]:
    """Subjects that a wave names and that can't be moved."""
    sizes = {(r["endpoint"], r["workload"], r["subject"]): r["items"] + r["faults"] for r in rows}
    out = []
    for problem in project.ledger.problems(state="blocked"):
        if (known := find_code(problem.code)) is None:
            continue
        workload = problem.workload or problem.detail
        count, who = sizes.get((problem.target, workload, problem.key), 0), names.subject(key_text(problem.key))
        fr, en = (glossary.word(glossary.WORKLOAD, workload, lang) for lang in ("fr", "en"))
        out.append(
            f.Text(
                f"{problem.wave}, {fr}, sujet {who} ({counted('items', count, 'fr')}) : {known.what.fr}",
                f"{problem.wave}, {en}, subject {who} ({counted('items', count, 'en')}): {known.what.en}",
            )
        )
    return out


def source_limits(project: Project, names: Pseudonyms) -> tuple[f.SourceLimit, ...]:
    """What the sources say of their containers and can't give: counted by container, once for all waves."""
    found: dict[tuple[str, str, str], f.SourceLimit] = {}
    for row in project.ledger.containers():
        for name, what in _TOLD.items():
            count = row.properties.get(name)
            if not isinstance(count, int) or not count:
                continue
            ref = names.item(row, b"")
            limit = f.SourceLimit(
                endpoint=row.endpoint, workload=row.workload, wave=row.wave, ref=ref, what=what, count=count
            )
            found.setdefault((row.endpoint, ref, name), limit)
    return tuple(found[key] for key in sorted(found))
