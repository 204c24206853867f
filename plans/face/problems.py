"""Items that stayed behind, each with its number, code and remedy; what a code means."""

from __future__ import annotations

import re
from difflib import get_close_matches

from transhumance.connectors.contract import Text, UserError, all_codes, find_code, key_text
from transhumance.connectors.contract.codes import CODE
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, Styled, number, shown
from transhumance.plans.face.inventories import more
from transhumance.plans.face.nextstep import ITEMS, OPEN, command, next_step, open_problems
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.ledger.contract import ContainerRow, Problem
from transhumance.plans.project import Project

LISTED = 200
_CODED = re.compile(rf"\b(?:source|target):{CODE.pattern}: ")  # the ledger's own mark of where a detail comes from
_STYLE = {"quarantined": "bad", "failed": "bad", "held": "warn", "blocked": "warn"}


def show_problems(console: Console, project: Project, wave: str | None) -> int:
    """Every item or subject that did not pass; 2 while some wait for a person."""
    if wave is not None:
        project.wave(wave)
    found = project.ledger.problems(wave)
    waiting, items = (open_problems(project, wave, *states) for states in (OPEN, words.PROBLEM))
    rows = {row.id: row for row in project.ledger.containers(wave)}
    references = Pseudonyms(project) if found else None
    lines: list[list[Cell]] = []
    for problem in found:
        row = rows.get(problem.container)
        reference = references.item(row, problem.key) if references else ""
        lines.append(_line(console, problem, row, reference))
        _emit(console, problem, row, reference)
    head_fr = ["n°", "vague", "domaine", "sujet", "élément", "cible", "code", "état", "essais", "au rapport"]
    head_en = ["no.", "wave", "workload", "subject", "item", "target", "code", "state", "tries", "in the report"]
    console.table(head_fr if console.lang == "fr" else head_en, lines[:LISTED], right=(0, 8))
    more(console, len(lines), LISTED)
    _by_target(console, len(found), items)
    _remedies(console, found)
    only_blocked = not any(problem.state in ITEMS for problem in found)
    return _last(console, project, wave, items, waiting, only_blocked)


def _by_target(console: Console, lines: int, items: int) -> None:
    if lines > items:
        console.out(
            f"{number(lines, console.lang)} lignes : une par cible.",
            f"{number(lines, console.lang)} lines: one a target.",
        )


def _line(console: Console, problem: Problem, row: ContainerRow | None, reference: str) -> list[Cell]:
    workload = problem.workload or problem.detail
    subject = key_text(row.subject) if row else key_text(problem.key)
    item = key_text(problem.key) if row else ""
    if row and not problem.key:  # a whole container is held
        item = "/".join(row.path)
    return [
        str(problem.id),
        problem.wave,
        words.word(words.WORKLOAD, workload, console.lang),
        shown(subject, 40),
        shown(item, 50),
        words.word(words.PLACE, problem.target, console.lang),
        problem.code,
        Styled(words.word(words.PROBLEM, problem.state, console.lang), _STYLE.get(problem.state, "")),
        number(problem.attempts, console.lang),
        reference,
    ]


def _emit(console: Console, problem: Problem, row: ContainerRow | None, reference: str) -> None:
    known = find_code(problem.code)
    console.emit(
        "problem",
        number=problem.id,
        wave=problem.wave,
        workload=problem.workload or problem.detail,
        subject=key_text(row.subject) if row else key_text(problem.key),
        container=list(row.path) if row else [],
        item=key_text(problem.key) if row else "",
        reference=reference,
        target=problem.target,
        code=problem.code,
        detail=problem.detail if row else "",
        state=problem.state,
        attempts=problem.attempts,
        at=problem.at,
        who=problem.who,
        what=console.of(known.what) if known else "",
        remedy=console.of(known.remedy) if known else "",
    )


def _remedies(console: Console, found: list[Problem]) -> None:
    """What each code means and what to do, once."""
    for name in dict.fromkeys(problem.code for problem in found if problem.state in OPEN):
        count = len({(p.container, p.key) for p in found if p.code == name and p.state in OPEN})
        details = dict.fromkeys(p.detail for p in found if p.code == name and p.detail and p.container)
        known = find_code(name)
        if known is None:
            continue
        console.result()
        console.result(f"{name} ({number(count, console.lang)})  {console.of(known.what)}", "strong")
        for detail in list(details)[:3]:
            console.result(f"  {shown(_CODED.sub('', detail), 200)}")
        why, remedy = console.of(known.why), console.of(known.remedy)
        console.out(f"  Pourquoi : {why}", f"  Why: {why}")
        console.out(f"  Remède : {remedy}", f"  Remedy: {remedy}")


def _last(console: Console, project: Project, wave: str | None, total: int, waiting: int, only_blocked: bool) -> int:
    code = 2 if waiting else 0
    lang = console.lang
    counted = f"{number(waiting, lang)} / {number(total, lang)}"
    if total:
        console.result()
    console.result(
        console.text(f"{counted} attendent une décision.", f"{counted} wait for a decision.")
        if total
        else console.text("Rien n'est resté en arrière.", "Nothing stayed behind.")
    )
    retry, skip = command(project, "quarantine retry"), command(project, "quarantine skip")
    step = next_step(project, wave)
    console.emit("summary", problems=total, waiting=waiting, exit_code=code, next=retry if waiting else step.command)
    if only_blocked and waiting:
        people = project.plan.people or "people.csv"
        console.next(
            f"compléter {people}, puis {command(project, 'plan')} ; ou {skip} N   (laisser, par décision)",
            f"complete {people}, then {command(project, 'plan')}; or {skip} N   (leave behind, by decision)",
        )
    elif waiting:
        console.next(
            f"{retry} N   (refaire), ou {skip} N   (laisser, par décision)",
            f"{retry} N   (do again), or {skip} N   (leave behind, by decision)",
        )
    else:
        text = step.text()
        console.next(text.fr, text.en)
    return code


def show_code(console: Console, code: str) -> int:
    """What a loss code means, why it happens and what to do. Raises `UserError` with the likely ones where there is
    none."""
    wanted = code.upper().rpartition(":")[2]
    found = find_code(wanted)
    if found is None:
        near = ", ".join(get_close_matches(wanted, all_codes(), 5, 0.5)) or ", ".join(list(all_codes())[:5])
        raise UserError(
            Text(f"code inconnu : {shown(code)} ; proches : {near}", f"unknown code: {shown(code)}; near ones: {near}"),
            where=code,
        )
    lang = console.lang
    severity = words.word(words.SEVERITY, found.severity, lang)
    there, back = words.word(words.FORWARD, found.forward, lang), words.word(words.GRADE, found.back, lang)
    console.result(f"{found.code}  {console.of(found.what)}", "strong")
    console.out(f"Pourquoi : {console.of(found.why)}", f"Why: {console.of(found.why)}")
    console.out(f"Remède : {console.of(found.remedy)}", f"Remedy: {console.of(found.remedy)}")
    console.out(
        f"Gravité {severity} ; à la cible, au mieux : {there} ; au retour, au mieux : {back}.",
        f"Severity {severity}; at the target, at best: {there}; on the way back, at best: {back}.",
    )
    console.emit(
        "code",
        code=found.code,
        severity=found.severity,
        forward=found.forward,
        back=found.back,
        what=console.of(found.what),
        why=console.of(found.why),
        remedy=console.of(found.remedy),
    )
    console.next(
        f"l'accepter s'il le faut : policies.loss.accept: [{found.code}]",
        f"accept it if need be: policies.loss.accept: [{found.code}]",
    )
    return 0
