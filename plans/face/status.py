"""`status`: who is master, is anything lost, latest time to turn back, safe to stop now and how, what is next; then
what runs, how fast, what it waits for."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Any

from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, Styled, duration, number
from transhumance.plans.face.nextstep import ITEMS, command, next_step
from transhumance.plans.face.progress import status_line
from transhumance.plans.face.statusfacts import Now, WaveStatus, last_backup, running, wave_statuses
from transhumance.plans.project import Project

EVERY = 2.0
_STYLE = {"running": "warn", "stopped": "bad", "cut_over": "good", "finalized": "good", "ready": "good"}


def watched(console: Console, project: Project) -> int:
    """The status again every two seconds, until Ctrl-C."""
    try:
        while True:
            if sys.stdout.isatty() and not console.as_json:
                print("\x1b[2J\x1b[H", end="")
            code = show_status(console, project)
            if not sys.stdout.isatty() and not console.as_json:
                print()
            sys.stdout.flush()
            time.sleep(EVERY)
    except KeyboardInterrupt:
        return code


def show_status(console: Console, project: Project) -> int:
    """Prints the status; 2 while something waits for a person."""
    now, waves = running(project), wave_statuses(project)
    backup, step = last_backup(project), next_step(project)
    waiting = sum(wave.problems.get(state, 0) for wave in waves for state in (*ITEMS, "blocked"))
    code = 2 if waiting else 0
    if console.as_json:
        _emit(console, project, now, waves, backup, step.command, code)
        return code
    plan = project.plan
    name = plan.establishment.name if plan.establishment else plan.title or ""
    console.result(
        " - ".join(filter(None, [plan.id, console.text("révision", "revision") + f" {plan.revision}", name])), "strong"
    )
    _table(console, waves)
    _lost(console, waves)
    _turn_back(console, waves)
    _stop(console, project, now)
    _backup(console, backup)
    text = step.text()
    if now is not None:
        wait = console.text("laisser finir", "let it finish")
        console.next(f"{wait}, ou {command(project, 'pause')}", f"{wait}, or {command(project, 'pause')}")
    else:
        console.next(text.fr, text.en)
    return code


def _table(console: Console, waves: list[WaveStatus]) -> None:
    lang = console.lang
    head_fr = ["vague", "état", "maître", "relue", "sujets", "éléments", "approbations", "dernière passe"]
    head_en = ["wave", "state", "master", "read back", "subjects", "items", "approvals", "last pass"]
    rows: list[list[Cell]] = [
        [
            wave.row.id,
            Styled(words.word(words.WAVE, wave.row.state, lang), _STYLE.get(wave.row.state, "")),
            words.word(words.MASTER, wave.row.master, lang),
            console.text("oui", "yes") if wave.verified else console.text("non", "no"),
            number(wave.people, lang),
            number(wave.items, lang),
            f"{len(wave.approvers)}/{wave.required}" + (f" {', '.join(wave.approvers)}" if wave.approvers else ""),
            _last(console, wave),
        ]
        for wave in waves
    ]
    console.table(head_fr if lang == "fr" else head_en, rows, right=(4, 5))


def _last(console: Console, wave: WaveStatus) -> str:
    if wave.last is None:
        return "-"
    kind = words.word(words.PASS, wave.last.kind, console.lang)
    state = words.word(words.ENDED, wave.last.state, console.lang)
    return f"{kind}, {state}, {_moment(wave.last.ended or wave.last.started)}"


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")


def _lost(console: Console, waves: list[WaveStatus]) -> None:
    total, lang = sum(wave.items for wave in waves), console.lang
    states: dict[str, int] = {}
    for wave in waves:
        for state, count in wave.problems.items():
            states[state] = states.get(state, 0) + count
    behind = sum(states.get(state, 0) for state in (*ITEMS, "retry", "skipped"))
    of = f"{number(behind, lang)} / {number(total, lang)}"
    colon = " : " if lang == "fr" else ": "
    parts = [f"{words.word(words.PROBLEM, s, lang)}{colon}{number(n, lang)}" for s, n in states.items() if n]
    detail = f" ({', '.join(parts)})" if parts else ""
    if behind:
        console.out(
            f"Perdu ? Rien d'effacé ; {of} éléments restés en arrière{detail}. La source n'a pas été touchée.",
            f"Lost? Nothing erased; {of} items stayed behind{detail}. The source was not touched.",
            "bad" if any(states.get(state) for state in (*ITEMS, "retry")) else "",
        )
    else:
        console.out(f"Perdu ? Rien : {of} éléments en arrière{detail}.", f"Lost? Nothing: {of} items behind{detail}.")


def _turn_back(console: Console, waves: list[WaveStatus]) -> None:
    for wave in waves:
        name, turn = wave.row.id, wave.turn
        if wave.row.state in ("draft", "planned", "approved") and wave.last is None:
            continue
        if turn.how == "return":
            fr, en = "retour possible jusqu'à `finalize` (`transhume return`)", "a return is possible until `finalize`"
        elif turn.how == "rollback":
            fr, en = (
                "annulation possible jusqu'à la bascule (`transhume rollback`)",
                "a rollback is possible until cutover",
            )
            if turn.closes is not None:
                when = turn.closes.strftime("%Y-%m-%d %H:%M %Z")
                fr, en = f"{fr}, pas avant {when}", f"{en}, not before {when}"
        else:
            fr, en = "le retour est clos", "the way back is closed"
        console.out(f"Revenir en arrière, {name} : {fr}.", f"Turning back, {name}: {en}.")


def _stop(console: Console, project: Project, now: Now | None) -> None:
    if now is None:
        console.out("En cours : rien ; arrêter est sans risque.", "At work: nothing; stopping is safe.")
        return
    lease = duration(now.lease_left, console.lang)
    console.out(
        f"En cours : {now.what}, processus {now.process} sur {now.host}, bail {lease}.",
        f"At work: {now.what}, process {now.process} on {now.host}, lease {lease}.",
        "warn",
    )
    if now.pass_ is not None:
        console.result("  " + status_line(now.pass_, console.lang))
    pause = command(project, "pause")
    console.out(
        f"Arrêter est sans risque : Ctrl-C une fois, ou {pause} ; `resume` reprend là.",
        f"Stopping is safe: Ctrl-C once, or {pause}; `resume` goes on from there.",
    )


def _backup(console: Console, moment: datetime | None) -> None:
    if moment is None:
        console.out("Copie du registre : aucune encore.", "Copy of the ledger: none yet.")
        return
    when = moment.astimezone().strftime("%Y-%m-%d %H:%M")
    console.out(f"Copie du registre : {when}.", f"Copy of the ledger: {when}.")


def _emit(
    console: Console,
    project: Project,
    now: Now | None,
    waves: list[WaveStatus],
    backup: datetime | None,
    following: str,
    code: int,
) -> None:
    console.emit(
        "status",
        plan=project.plan.id,
        revision=project.plan.revision,
        running=None if now is None else _now(now),
        waves=[_plain(wave) for wave in waves],
        backup=backup.isoformat() if backup else None,
        safe_to_stop=True,
        exit_code=code,
        next=following,
    )


def _now(now: Now) -> dict[str, Any]:
    found: dict[str, Any] = {"what": now.what, "process": now.process, "host": now.host}
    found["lease_seconds"] = round(now.lease_left, 1)
    if now.pass_ is not None:
        step = now.pass_
        found |= {"wave": step.wave, "pass": step.kind, "done": step.done, "total": step.total, "listed": step.listed}
        found |= {"rate": round(step.rate, 1), "eta": None if step.left is None else round(step.left, 1)}
    return found


def _plain(wave: WaveStatus) -> dict[str, Any]:
    last = wave.last
    return {
        "wave": wave.row.id,
        "state": wave.row.state,
        "master": wave.row.master,
        "verified": wave.verified,
        "digest": wave.row.digest,
        "people": wave.people,
        "items": wave.items,
        "problems": dict(wave.problems),
        "subjects": {workload: dict(states) for workload, states in wave.subjects.items()},
        "approvers": list(wave.approvers),
        "approvals_required": wave.required,
        "last_pass": None
        if last is None
        else {"pass": last.kind, "state": last.state, "started": last.started, "ended": last.ended},
        "turn_back": wave.turn.how,
        "cutover_not_before": wave.turn.closes.isoformat() if wave.turn.closes else None,
    }
