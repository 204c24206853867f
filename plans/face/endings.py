"""How the short commands end: what was done, in words and in JSON, and what to do next."""

from __future__ import annotations

from typing import Any

from transhumance.plans.face import words
from transhumance.plans.face.console import Console
from transhumance.plans.face.nextstep import next_step
from transhumance.plans.project import Project
from transhumance.plans.waves.acceptance import approvers, required


def finished(console: Console, action: str, fr: str, en: str, following: str = "", **facts: Any) -> int:
    """Tells what was done; `facts` go into the JSON line. Returns 0."""
    console.out(fr, en)
    console.emit("done", action=action, text=console.text(fr, en), next=following, **facts)
    if following:
        console.next(following, following)
    return 0


def show_next(console: Console, project: Project, wave: str | None = None) -> None:
    """The line of what to do next."""
    text = next_step(project, wave).text()
    console.next(text.fr, text.en)


def show_master(console: Console, project: Project, wave: str) -> None:
    """Who is master of a wave now."""
    row = project.ledger.wave(wave)
    state = words.word(words.WAVE, row.state, console.lang)
    master = words.word(words.MASTER, row.master, console.lang)
    console.out(f"Vague {wave} : {state}, maître : {master}.", f"Wave {wave}: {state}, master: {master}.")
    console.emit("master", wave=wave, state=row.state, master=row.master, next=next_step(project, wave).command)
    show_next(console, project, wave)


def show_way_back(console: Console, workload: str, where: str) -> None:
    """Where the way back of a workload leads, before it is taken."""
    fr, en = (
        f"{words.word(words.WORKLOAD, workload, lang)}{colon}{words.word(words.PLACE, where, lang)}"
        for lang, colon in (("fr", " : retour vers "), ("en", ": back to "))
    )
    console.say(fr, en)


def show_approved(console: Console, project: Project, wave: str) -> None:
    """Who approved a wave, of how many."""
    have, needed = approvers(project, wave), required(project, wave)
    row, step = project.ledger.wave(wave), next_step(project, wave)
    names = ", ".join(have)
    fr = f"Approuvé par {names} ({len(have)} sur {needed})."
    en = f"Approved by {names} ({len(have)} of {needed})."
    finished(console, "approve", fr, en, wave=wave, digest=row.digest, approvers=have, required=needed, state=row.state)
    text = step.text()
    console.next(text.fr, text.en)


def nothing_to_run(console: Console, project: Project, wave: str | None = None) -> int:
    """No wave is far enough for what was asked: a decision is wanted first."""
    step = next_step(project, wave)
    fr, en = "Aucune vague n'en est là.", "No wave is that far."
    console.out(fr, en)
    console.emit("done", action="nothing", text=console.text(fr, en), next=step.command)
    show_next(console, project, wave)
    return 2


def was_copied(project: Project, wave: str) -> bool:
    """Whether any pass has written for a wave, so that there is something to read back."""
    return any(p.kind in ("initial", "delta", "final") for p in project.ledger.passes(wave))
