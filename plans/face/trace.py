"""`trace`: where something was, where it is, how well it comes back, what was found on it, its last pass."""

from __future__ import annotations

from collections import Counter
from typing import Any

from transhumance.connectors.contract import find_code, key_text
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, number, shown, size
from transhumance.plans.face.endings import show_next
from transhumance.plans.face.inventories import more
from transhumance.plans.face.nextstep import command
from transhumance.plans.face.tracefacts import (
    MOST,
    Found,
    Held,
    Place,
    Traced,
    find_items,
    held,
    in_directory,
    place_at,
    subjects_of,
)
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.ledger.contract import Member, PassRow, Problem
from transhumance.plans.ledger.itemmap import Item
from transhumance.plans.project import Project
from transhumance.plans.report.words import counted

LISTED = 200


def show_trace(console: Console, project: Project, person: str, item: str | None) -> int:
    """What is known of a person's items, or of those that a text names; 2 when nothing is found."""
    traced = subjects_of(project, person)
    if not traced:
        return _nobody(console, project, person)
    for one in traced:
        _subject(console, one)
    if item is None:
        return _overview(console, project, traced)
    return _items(console, project, traced, item)


def _nobody(console: Console, project: Project, person: str) -> int:
    name = shown(person, 200)
    known = [subject.label for subject in in_directory(project, person)]
    if known:
        labels = shown(", ".join(known), 200)
        console.out(
            f"{labels} est dans l'annuaire, mais aucun sujet des sources ne lui est apparié.",
            f"{labels} is in the directory, but no subject of the sources is matched to it.",
            "warn",
        )
    else:
        console.out(
            f"Aucun sujet des sources ne s'appelle {name}.", f"No subject of the sources is called {name}.", "warn"
        )
    console.emit("summary", subjects=0, items=0, exit_code=2, next=command(project, "assess"))
    again = command(project, "assess")
    console.next(
        f"essayer son adresse, son identifiant ou sa clé ; ou {again}",
        f"try its address, its login or its key; or {again}",
    )
    return 2


def _subject(console: Console, traced: Traced) -> None:
    known = traced.known
    kind = words.subjects(known.kind, 1, console.lang)
    waves = ", ".join(dict.fromkeys(m.wave for m in traced.members)) or console.text("aucune", "none")
    login = {endpoint: login for m in traced.members for endpoint, login in m.logins.items()}
    key = shown(key_text(known.key), 100)
    label = f"{kind} {shown(known.name or known.label)} ({key})"
    console.out(f"{known.endpoint} : {label} ; vague : {waves}", f"{known.endpoint}: {label}; wave: {waves}", "strong")
    console.emit(
        "subject",
        endpoint=known.endpoint,
        subject=key_text(known.key),
        kind=known.kind,
        name=known.name,
        mail=known.mail,
        waves=list(dict.fromkeys(m.wave for m in traced.members)),
        logins=login,
    )


def _members(traced: list[Traced]) -> dict[Place, Member]:
    return {(m.endpoint, m.subject): m for one in traced for m in one.members}


# --- a person


def _overview(console: Console, project: Project, traced: list[Traced]) -> int:
    found, members = [line for one in traced for line in held(project, one)], _members(traced)
    rows = [_held(console, project, line, members) for line in found]
    head_fr = ["domaine", "conteneur à la source", "cible", "où", "éléments", "volume", "retour", "codes"]
    head_en = ["workload", "container at the source", "target", "where", "items", "size", "way back", "codes"]
    console.table(head_fr if console.lang == "fr" else head_en, rows[:LISTED], right=(4, 5))
    more(console, len(rows), LISTED)
    _codes(console, Counter({code: n for line in found for code, n in line.codes.items()}))
    items = sum(line.items for line in found)
    if not found:
        console.out("Aucune passe ne l'a encore lu.", "No pass has read it yet.", "warn")
    code = 0 if found else 2
    console.emit("summary", subjects=len(traced), items=items, exit_code=code, next=command(project, "status"))
    show_next(console, project)
    return code


def _held(console: Console, project: Project, line: Held, members: dict[Place, Member]) -> list[Cell]:
    lang, row = console.lang, line.row
    place = place_at(project, row, line.target, members)
    console.emit(
        "container",
        workload=row.workload,
        endpoint=row.endpoint,
        container=key_text(row.key),
        path=list(row.path),
        target=line.target,
        place=place,
        items=line.items,
        bytes=line.size,
        grades=dict(line.grades),
        forward=dict(line.forward),
        codes=dict(line.codes),
    )
    grades = [counted(grade, n, lang) for grade, n in sorted(line.grades.items())]
    return [
        words.word(words.WORKLOAD, row.workload, lang),
        shown("/".join(row.path) or key_text(row.key)),
        line.target,
        shown(place),
        number(line.items, lang),
        size(line.size, lang),
        ", ".join(grades) or "-",
        ", ".join(sorted(line.codes)),
    ]


# --- an item


def _items(console: Console, project: Project, traced: list[Traced], text: str) -> int:
    found = find_items(project, traced, text)
    if not found:
        console.say(
            "Aucune clé ne le contient : lecture du début de chaque élément à la source…",
            "No key holds it: reading the beginning of each item at the source...",
        )
        found = find_items(project, traced, text, deep=True)
    if not found:
        wanted = shown(text, 200)
        console.out(f"Aucun de ses éléments ne contient {wanted}.", f"None of its items holds {wanted}.", "warn")
    facts = _Facts(project)
    for item in found:
        _item(console, project, item, _members(traced), facts)
    if len(found) == MOST:
        console.out(f"Arrêté après {MOST} éléments.", f"Stopped after {MOST} items.", "warn")
    code = 0 if found else 2
    console.emit("summary", subjects=len(traced), items=len(found), exit_code=code, next=command(project, "status"))
    show_next(console, project)
    return code


class _Facts:
    """What is asked of every item, looked up once."""

    def __init__(self, project: Project) -> None:
        self._ledger = project.ledger
        self.names = Pseudonyms(project)
        self.passes: dict[int, PassRow] = {row.id: row for row in project.ledger.passes()}
        self.problems: dict[tuple[int, str, bytes], Problem] = {
            (p.container, p.target, p.key): p for p in project.ledger.problems()
        }

    def last_pass(self, seq: int) -> PassRow | None:
        """The pass that told of an item last."""
        row = next(iter(self._ledger.committed(seq - 1)), None)
        return self.passes.get(row[1].pass_id) if row is not None and row[0] == seq else None


def _item(console: Console, project: Project, found: Found, members: dict[Place, Member], facts: _Facts) -> None:
    row = found.row
    path, key = "/".join(row.path) or key_text(row.key), key_text(found.key)
    console.result()
    where = f"{row.endpoint} › {path} › {key}"
    console.out(f"Était : {shown(where, 400)}", f"Was: {shown(where, 400)}", "strong")
    reference = facts.names.item(row, found.key)
    console.out(f"  Au rapport : {reference}", f"  In the report: {reference}")
    if not found.at:
        console.out("  aucune passe ne l'a encore lu", "  no pass has read it yet", "warn")
    for target, item in found.at.items():
        problem = facts.problems.get((row.id, target, found.key))
        last = facts.last_pass(item.seq)
        place = place_at(project, row, target, members)
        _tell(console, target, item, place, last, problem)
        _emit(console, found, target, item, place, last, problem)


def _tell(console: Console, target: str, item: Item, place: str, last: PassRow | None, problem: Problem | None) -> None:
    lang, text = console.lang, console.text
    status = words.word(words.STATUS_ONE, item.status, lang)
    if item.at_target:
        where = f"{target} › {place} › {key_text(item.target_key)}"
        console.out(f"  Est : {shown(where, 400)} ({status})", f"  Is: {shown(where, 400)} ({status})")
    else:
        console.out(f"  Pas à la cible {target} ({status})", f"  Not at target {target} ({status})", "warn")
    forward, grade = words.word(words.FORWARD, item.forward, lang), words.word(words.GRADE, item.grade, lang)
    measured = item.grade not in ("blocked", "not_assessed")
    proof = f"{words.word(words.PROOF, item.proof, lang)} ({words.word(words.PROOF_LONG, item.proof, lang)})"
    console.out(
        f"    à la cible : {forward} ; retour : {grade}" + (f" ; preuve : {proof}" if measured else ""),
        f"    there: {forward}; way back: {grade}" + (f"; proof: {proof}" if measured else ""),
    )
    before = {None: text("jamais écrit", "never written"), "": text("rien n'y était", "nothing was there")}
    image = before.get(item.before, text("gardé", "kept"))
    versions = f"{shown(item.version, 40) or '-'} > {shown(item.target_version, 40) or '-'}"
    console.out(f"    versions : {versions} ; avant : {image}", f"    versions: {versions}; before: {image}")
    if last is not None:
        kind, moment = words.word(words.PASS, last.kind, lang), (last.ended or last.started)[:19]
        console.out(f"    dernière passe : {kind}, {moment} UTC", f"    last pass: {kind}, {moment} UTC")
    if problem is not None:
        state = words.word(words.PROBLEM, problem.state, lang)
        console.out(f"    problème n° {problem.id} : {state}", f"    problem no. {problem.id}: {state}", "bad")
    _codes(console, Counter(code.partition(":")[2] for code in item.codes), "    ")


def _codes(console: Console, codes: Counter[str], indent: str = "") -> None:
    for name, count in sorted(codes.items()):
        known = find_code(name)
        style = "bad" if known and known.severity in ("major", "blocked") else ""
        times = f" ({number(count, console.lang)})" if not indent else ""
        console.result(f"{indent}{name}{times}  {console.of(known.what) if known else ''}", style)


def _emit(
    console: Console, found: Found, target: str, item: Item, place: str, last: PassRow | None, problem: Problem | None
) -> None:
    fields: dict[str, Any] = {name: getattr(item, name) for name in _PLAIN}
    console.emit(
        "item",
        endpoint=found.row.endpoint,
        workload=found.row.workload,
        path=list(found.row.path),
        key=key_text(found.key),
        target=target,
        place=place,
        target_key=key_text(item.target_key) if item.at_target else "",
        at_target=item.at_target,
        codes=list(item.codes),
        before={None: "never", "": "nothing"}.get(item.before, "kept"),
        last_pass=None if last is None else {"pass": last.kind, "started": last.started, "ended": last.ended},
        problem=None if problem is None else {"number": problem.id, "state": problem.state, "code": problem.code},
        **fields,
    )


_PLAIN = (
    "status", "kind", "form", "version", "target_version", "forward", "grade", "proof", "size", "digest", "recipe",
)  # fmt: skip
