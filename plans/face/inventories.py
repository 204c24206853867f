"""What `assess` found: a line for each source and workload, who is matched to whom, what the plan does not take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transhumance.connectors.contract import key_text
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, Styled, number, shown, size
from transhumance.plans.face.nextstep import command, next_step
from transhumance.plans.model.csv_text import CsvFault
from transhumance.plans.project import Project
from transhumance.plans.waves.dependants import FILE, dependants, write_dependants
from transhumance.plans.waves.inventory import sources
from transhumance.plans.waves.matching import Match, Matcher, inventory

LISTED = 20


@dataclass(slots=True)
class Line:
    """One workload at one source."""

    endpoint: str
    workload: str
    covered: bool
    subjects: int = 0
    containers: int = 0
    items: int = 0
    bytes: int = 0
    faults: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        self.subjects += 1
        for name in ("containers", "items", "bytes", "faults"):
            setattr(self, name, getattr(self, name) + row[name])
        self.kinds.update(row["kinds"])


def show_inventory(console: Console, project: Project, proposed: tuple[int, int]) -> int:
    """Prints the inventory; 2 where subjects are matched to nobody or to several, or items can't be listed."""
    lines = inventory_lines(project)
    _table(console, lines)
    faults = sum(line.faults for line in lines)
    loose = _people(console, project, proposed)
    _not_covered(console, lines)
    _dependants(console, project)
    step = next_step(project)
    code = 2 if loose or faults else 0
    totals = {name: sum(getattr(line, name) for line in lines if line.covered) for name in ("items", "bytes")}
    console.emit("summary", **totals, faults=faults, unmatched=loose, exit_code=code, next=step.command)
    if loose:
        file = shown(str(people_file(project)), 200)
        then = command(project, "plan")
        console.next(f"compléter {file}, puis {then}", f"complete {file}, then {then}")
    else:
        text = step.text()
        console.next(text.fr, text.en)
    return code


def inventory_lines(project: Project) -> list[Line]:
    """The ledger's inventory, summed by source and workload."""
    taken = sources(project)
    lines: dict[tuple[str, str], Line] = {}
    for row in project.ledger.inventory():
        key = (row["endpoint"], row["workload"])
        covered = row["workload"] in taken.get(row["endpoint"], ())
        lines.setdefault(key, Line(*key, covered)).add(row)
    return sorted(lines.values(), key=lambda line: (line.endpoint, not line.covered, line.workload))


def _table(console: Console, lines: list[Line]) -> None:
    lang = console.lang
    rows: list[list[Cell]] = []
    for line in lines:
        counts = [number(getattr(line, name), lang) for name in ("subjects", "containers", "items")]
        faults = number(line.faults, lang)
        rows.append(
            [
                line.endpoint,
                words.word(words.WORKLOAD, line.workload, lang),
                *counts,
                size(line.bytes, lang),
                Styled(faults, "warn") if line.faults else faults,
                "" if line.covered else console.text("hors du plan", "not in the plan"),
            ]
        )
        console.emit("inventory", **{name: getattr(line, name) for name in Line.__slots__})
    head_fr = ["source", "domaine", "sujets", "conteneurs", "éléments", "volume", "illisibles", ""]
    head_en = ["source", "workload", "subjects", "containers", "items", "size", "unreadable", ""]
    console.table(head_fr if lang == "fr" else head_en, rows, right=(2, 3, 4, 5, 6))
    if not rows:
        console.out("Rien n'a été trouvé aux sources.", "Nothing was found at the sources.", "warn")


def matches(project: Project, matcher: Matcher) -> Iterator[Match]:
    """Every subject of every source, once, matched."""
    for name in sorted({n for w in project.plan.workloads.values() for n in w.from_}):
        for subject in inventory(project, name):
            yield matcher.match(project, subject)


def _people(console: Console, project: Project, proposed: tuple[int, int]) -> int:
    """Who is matched; returns how many subjects are not."""
    if project.plan.directory is None:
        console.out(
            "Le plan ne nomme pas d'annuaire (`directory`) : chaque sujet garde sa clé à la cible.",
            "The plan names no directory: each subject keeps its key at the target.",
        )
    matcher = Matcher(project)
    found = list(matches(project, matcher))
    counts = Counter(match.status for match in found)
    file = str(people_file(project)) if project.plan.directory else ""
    told = {status: counts[status] for status in words.MATCH}
    console.emit("people", **told, total=len(found), proposed=proposed[1], file=file)
    loose = [match for match in found if match.status in ("unmatched", "ambiguous")]
    if project.plan.directory is not None:
        _matched(console, counts, len(found), file)
        _loose(console, matcher, loose)
    return len(loose)


def _matched(console: Console, counts: Counter[str], total: int, file: str) -> None:
    lang = console.lang
    parts = [
        f"{number(counts[s], lang)} {words.plural(counts[s], words.MATCH[s], words.MATCHES[s], lang)}"
        for s in words.MATCH
        if counts[s] or s == "matched"
    ]
    whole = number(total, lang)
    console.out(f"Sujets : {', '.join(parts)}, sur {whole}.", f"Subjects: {', '.join(parts)}, of {whole}.")
    console.out(f"Proposition : {shown(file, 500)}", f"Proposal: {shown(file, 500)}")


def _loose(console: Console, matcher: Matcher, loose: list[Match]) -> None:
    directory = matcher.directory
    rows: list[list[Cell]] = []
    for match in loose:
        known = match.subject
        near = sorted({p.label for n in known.names() for p in directory.find(n)}) if directory else []
        key = key_text(known.key)
        console.emit("unmatched", endpoint=known.endpoint, subject=key, status=match.status, candidates=near)
        label = words.word(words.MATCH, match.status, console.lang)
        rows.append([known.endpoint, shown(key), Styled(label, "warn"), shown(", ".join(near), 80)])
    console.table(
        ["source", "sujet", "état", "candidats"]
        if console.lang == "fr"
        else ["source", "subject", "state", "candidates"],
        rows[:LISTED],
    )
    more(console, len(rows), LISTED)


def more(console: Console, count: int, limit: int) -> None:
    """Says how many lines are not printed, where some are not."""
    if count > limit:
        rest, whole = number(count - limit, console.lang), number(count, console.lang)
        console.out(
            f"… et {rest} autres, sur {whole} (tous par --json).", f"… and {rest} more, of {whole} (all by --json)."
        )


def people_file(project: Project) -> Path:
    """Where the proposal lies: `people.csv`, or beside it where people keep theirs already."""
    path = project.loaded.base / (project.plan.people or "people.csv")
    other = path.with_suffix(".proposed.csv")
    if other.exists() and (not path.exists() or other.stat().st_mtime >= path.stat().st_mtime):
        return other
    return path


def _dependants(console: Console, project: Project) -> None:
    """What keeps the source from being switched off, counted; the list lies beside the plan for its owners."""
    try:
        found = write_dependants(project, console.lang)
    except CsvFault as fault:
        console.out(
            f"{FILE}, ligne {fault.line} : illisible. Le fichier est laissé tel quel ; le corriger ou l'ôter, puis "
            "relancer `transhume assess`.",
            f"{FILE}, line {fault.line}: can't be read. The file is left as it is; mend it or take it away, then "
            "`transhume assess` again.",
            "warn",
        )
        found = dependants(project)
    if not found:
        return
    total, open_ones = len({(d.kind, d.name) for d in found}), sum(not d.owner for d in found)
    console.emit("dependants", total=total, lines=len(found), without_owner=open_ones, file=FILE)
    whole, rest = number(total, console.lang), number(open_ones, console.lang)
    source = project.plan.directory
    console.out(
        f"{source} ne peut pas être éteint : {whole} dépendant(s), {rest} ligne(s) sans responsable (voir {FILE}).",
        f"{source} cannot be switched off: {whole} dependant(s), {rest} line(s) without an owner (see {FILE}).",
        "warn",
    )


def _not_covered(console: Console, lines: list[Line]) -> None:
    for line in lines:
        if not line.covered and line.items + line.faults:
            name, lang = words.word(words.WORKLOAD, line.workload, console.lang), console.lang
            count = f"{number(line.items, lang)} {words.plural(line.items, *words.ITEM, lang)}"
            lost = f", {number(line.faults, lang)} {console.text('illisible(s)', 'unreadable')}" if line.faults else ""
            console.out(
                f"{line.endpoint} contient aussi : {name}, {count}{lost}, que le plan ne prend pas.",
                f"{line.endpoint} also holds: {name}, {count}{lost}, which the plan does not take.",
                "warn",
            )
