"""The cells of the report (wave, workload, target), their losses and their blocked items: sums over the item map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from transhumance.connectors.contract import find_code
from transhumance.connectors.contract.codes import LossCode
from transhumance.plans.engine.giveback import back_target
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.ledger.itemmap import PROOFS, Cell, Sum
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import RESIDUE, Project
from transhumance.plans.report import facts as f
from transhumance.plans.waves.acceptance import by_approval, by_plan

BLOCKED_SHOWN = 10_000
Key = tuple[str, str, str]  # wave, workload, target


@dataclass(slots=True)
class Totals:
    """What the rows of one cell come to. `listed`: what the inventory says is there. `sampled`: only a sample was
    drawn so far."""

    rows: list[Sum] = field(default_factory=list)
    listed: int = 0
    sampled: bool = False
    sources: set[str] = field(default_factory=set)

    @property
    def counted(self) -> int:
        return sum(row.count for row in self.rows)

    @property
    def items(self) -> int:
        return max(self.counted, self.listed)

    @property
    def missing(self) -> int:
        """Items that are there and that no pass has assessed."""
        return self.items - self.counted

    def by(self, name: str) -> Counter[str]:
        """Counts of items by one of their answers."""
        counter: Counter[str] = Counter()
        for row in self.rows:
            counter[getattr(row, name)] += row.count
        return counter


def totals(project: Project) -> dict[Key, Totals]:
    """The totals of every cell of the plan, whether assessed or not."""
    found: dict[Key, Totals] = {}
    for wave in project.plan.waves:
        for workload in workloads_of(project, wave):
            for target in project.targets(workload):
                if target != RESIDUE:
                    found[(wave.id, workload, target)] = Totals(listed=_listed(project, wave, workload))
    for row in project.items.sums():
        key = (row.cell.wave, row.cell.workload, row.cell.target)
        if key in found and row.cell.source in project.workload(row.cell.workload).from_:
            found[key].rows.append(row)
            found[key].sources.add(row.cell.source)
    _complete(project, found)
    return found


def workloads_of(project: Project, wave: Wave) -> list[str]:
    """The workloads that a wave moves: those of the plan until it is frozen, then those that have a member in it."""
    if not project.ledger.wave(wave.id).digest:
        return list(wave.workloads)
    members = {member.workload for member in project.ledger.members(wave.id)}
    return [workload for workload in wave.workloads if workload in members]


def _complete(project: Project, found: dict[Key, Totals]) -> None:
    """A finished full pass has seen everything: the inventory, taken earlier, no longer counts, and a workload in which
    there was nothing has no cell. A sample has not."""
    full = ("dry_run", "initial", "delta")
    done = [p for p in project.ledger.passes() if p.kind in full and p.state == "done"]
    finished = {p.wave for p in done if p.detail.get("sample") is None}
    drawn = {p.wave for p in project.ledger.passes() if p.kind == "dry_run" and p.detail.get("sample")} - finished
    for (wave, workload, target), total in list(found.items()):
        total.sampled = wave in drawn
        if wave in finished:
            total.listed = 0
            if not total.items:
                del found[(wave, workload, target)]


def _listed(project: Project, wave: Wave, workload: str) -> int:
    members = {(m.endpoint, m.subject) for m in project.ledger.members(wave.id, workload)}
    rows = project.ledger.inventory()
    return sum(
        r["items"] + r["faults"] for r in rows if r["workload"] == workload and (r["endpoint"], r["subject"]) in members
    )


def cells(project: Project, found: Mapping[Key, Totals]) -> tuple[f.Cell, ...]:
    """The report's cells."""
    returned = _returned(project)
    return tuple(_cell(project, key, total, returned) for key, total in found.items())


def _cell(project: Project, key: Key, total: Totals, returned: Mapping[tuple[str, str], int]) -> f.Cell:
    wave, workload, target = key
    forward, grades, proofs = total.by("forward"), total.by("grade"), total.by("proof")
    answered = {name: proofs[name] for name in PROOFS}
    master = project.workload(workload).master
    if target == master and returned.get((wave, workload), -1) >= total.counted > 0:
        answered = dict.fromkeys(PROOFS, 0) | {"returned": total.counted}
    effects = any(row.proof in ("target", "returned") for row in total.rows)
    seen: Literal["measured", "estimated"] = "estimated" if total.sampled else "measured"
    source = "+".join(sorted(total.sources)) or "+".join(project.workload(workload).from_)
    return f.Cell(
        workload=workload,
        wave=wave,
        target=target,
        basis=seen,
        items=total.items,
        bytes=sum(row.size for row in total.rows),
        forward=f.ForwardCounts(
            forward["full"],
            forward["reduced"],
            forward["blocked"],
            forward["not_assessed"] + total.missing,
        ),
        grades=f.GradeCounts(
            grades["exact"],
            grades["residual"],
            grades["lossy"],
            grades["blocked"],
            grades["not_assessed"] + total.missing,
        ),
        proofs=f.ProofCounts(**{name: answered.get(name, 0) for name in PROOFS}),
        legs=(
            f.Leg("source", source, seen if total.rows else "not_assessed"),
            f.Leg("target", target, "measured" if effects else "predicted" if total.rows else "not_assessed"),
        ),
        passwords_return=False if workload == "identities" else None,
    )


def _returned(project: Project) -> dict[tuple[str, str], int]:
    """How many items of each wave and workload came back and were compared."""
    found: Counter[tuple[str, str]] = Counter()
    for row in project.items.sums():
        cell: Cell = row.cell
        if row.proof == "returned" and cell.workload in project.plan.workloads:
            if cell.target == back_target(project, cell.workload):
                found[(cell.wave, cell.workload)] += row.count
    return dict(found)


def losses(project: Project, found: Mapping[Key, Totals], names: Pseudonyms) -> tuple[f.Loss, ...]:
    """Every named loss of every cell. What the source leg loses is told once, for all targets of the wave."""
    merged: dict[tuple[str, str, str, str | None, str], int] = {}
    for (wave, workload, target), total in found.items():
        for (leg, code), count in _coded(total).items():
            key = (code, workload, wave, None if leg == "source" else target, leg)
            merged[key] = max(merged.get(key, 0), count)
    rows = {c.id: c for c in project.ledger.containers()}
    approved = {wave.id: by_approval(project, wave.id) for wave in project.plan.waves}
    out = []
    for (code, workload, wave, place, leg), count in sorted(merged.items(), key=lambda entry: str(entry[0])):
        sample = [
            names.item(rows.get(container), key)
            for cell in _cells_of(project, wave, workload, place, found)
            for container, key in project.items.sample(cell, f"{leg}:{code}")
        ]
        out.append(
            _loss(project, code, workload, wave, place, leg, count, tuple(dict.fromkeys(sample))[:3], approved[wave])
        )
    return tuple(out)


def _coded(total: Totals) -> Counter[tuple[str, str]]:
    counter: Counter[tuple[str, str]] = Counter()
    for row in total.rows:
        for coded in row.codes:
            leg, _, code = coded.partition(":")
            counter[(leg, code)] += row.count
    return counter


def _cells_of(
    project: Project, wave: str, workload: str, place: str | None, found: Mapping[Key, Totals]
) -> Iterator[Cell]:
    targets = [place] if place else [t for w, k, t in found if (w, k) == (wave, workload)][:1]
    for target in targets:
        for source in project.workload(workload).from_:
            yield Cell(wave, workload, source, target)


def _loss(
    project: Project,
    code: str,
    workload: str,
    wave: str,
    target: str | None,
    leg: str,
    count: int,
    sample: tuple[str, ...],
    approved: Mapping[str, tuple[str, ...]],
) -> f.Loss:
    known = find_code(code) or unknown(code)
    accepted = next((a for a in project.plan.policies.loss.accept if a.code == code), None)
    if accepted and code in approved and code not in by_plan(project):
        accepted = None  # the plan's acceptance has run out, the approval's has not
    by = (accepted.by or "plan") if accepted else ", ".join(approved.get(code, ())) or None
    return f.Loss(
        code=code,
        workload=workload,
        wave=wave,
        target=target,
        leg="source" if leg == "source" else "target",
        severity=known.severity,
        count=count,
        what=text(known.what),
        why=text(known.why),
        remedy=text(known.remedy),
        back=known.back if known.back not in ("exact", "not_assessed") else None,
        accepted_by=by,
        accepted_until=accepted.until if accepted else None,
        sample=sample,
    )


def unknown(code: str) -> LossCode:
    """A code that no registry knows (its plug-in is gone): told all the same."""
    fallback = find_code("GEN-DIFF-01")
    assert fallback is not None
    return LossCode(code, fallback.severity, fallback.what, fallback.why, fallback.remedy, back="lossy")


def blocked(project: Project, found: Mapping[Key, Totals], names: Pseudonyms) -> tuple[f.BlockedItem, ...]:
    """Every item that can't be moved, one by one."""
    rows = {c.id: c for c in project.ledger.containers()}
    out = []
    for wave, workload, target in found:
        for source in project.workload(workload).from_:
            for container, key, codes in project.items.blocked(Cell(wave, workload, source, target), BLOCKED_SHOWN):
                first = next((c for c in codes if _blocks(c)), codes[0] if codes else "source:GEN-READ-01")
                code = first.partition(":")[2]
                known = find_code(code)
                out.append(
                    f.BlockedItem(
                        ref=names.item(rows.get(container), key),
                        workload=workload,
                        wave=wave,
                        target=target,
                        code=code,
                        why=text(known.what) if known else None,
                    )
                )
    return tuple(out)


def _blocks(coded: str) -> bool:
    known = find_code(coded.partition(":")[2])
    return known is not None and "blocked" in (known.forward, known.back)


def text(said: object) -> f.Text:
    """A text of the contract as the report's own."""
    return f.Text(said.fr, said.en)  # type: ignore[attr-defined]
