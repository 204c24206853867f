"""The demonstration from its first step to where to look afterwards."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

from transhumance.connectors.contract import Text
from transhumance.fixtures.estate import PEOPLE
from transhumance.fixtures.estate.build import ORPHAN
from transhumance.fixtures.estate.people import pilots
from transhumance.plans.demo.stage import Quiet, Stage, make_room
from transhumance.plans.demo.steps import STEPS, Step
from transhumance.plans.face.console import Console, duration


def demonstrate(console: Console, folder: Path, scale: int = 1, seed: int = 2026, people: int = PEOPLE) -> int:
    """Plays the whole demonstration in `folder`: 0 when each step did what it should, else 1. `scale`: how many times
    the estate of `people`. Raises `UserError` where the folder holds what no demonstration made."""
    make_room(folder)
    stage = Stage(Quiet(console.lang, console.as_json), folder, scale, seed, people)
    started = time.monotonic()
    try:
        for number, step in enumerate(STEPS, 1):
            _announce(stage, number, step)
            if wrong := step.act(stage):
                return _failed(stage, step, wrong)
    finally:
        stage.close()
    return _ended(stage, time.monotonic() - started)


def _announce(stage: Stage, number: int, step: Step) -> None:
    console, command = stage.console, step.command.format(plan=shlex.quote(str(stage.plan)))
    console.result()
    console.result(f"[{number}/{len(STEPS)}] {console.of(step.what)}", "strong")
    if command:
        console.result(f"$ {command}", "dim")
    console.emit("step", number=number, total=len(STEPS), what=console.of(step.what), command=command)


def _failed(stage: Stage, step: Step, wrong: list[Text]) -> int:
    console = stage.console
    console.result()
    console.result(console.text("Ceci n'est pas comme prévu :", "This did not come out as it should:"), "bad")
    for text in wrong:
        console.result(f"  {console.of(text)}")
    console.emit("demo", exit_code=1, step=console.of(step.what), wrong=[console.of(text) for text in wrong])
    console.result(
        console.text(
            f"La démonstration s'arrête là ; tout est resté dans {stage.folder}.",
            f"The demonstration ends here; everything is still in {stage.folder}.",
        )
    )
    return 1


def _ended(stage: Stage, seconds: float) -> int:
    console, folder = stage.console, stage.folder
    console.result()
    took = duration(seconds, console.lang)
    console.result(
        console.text(f"Chaque étape a fait ce qu'elle devait, en {took}.", f"Each step did what it should, in {took}."),
        "good",
    )
    for path, fr, en in _places(stage):
        console.result(f"  {path}\n      {console.text(fr, en)}")
    where = {"folder": str(folder), "plan": str(stage.plan), "report": str(stage.report)}
    console.emit("demo", exit_code=0, seconds=round(seconds, 1), **where)
    return 0


def _places(stage: Stage) -> list[tuple[str, str, str]]:
    """What to look at, and why."""
    folder, plan = stage.folder, shlex.quote(str(stage.plan))
    first = pilots(stage.seed, stage.people * stage.scale)[0].mail
    return [
        (
            str(stage.report / "reversibility.html"),
            "le rapport : peut-on partir, peut-on revenir, que perd-on (JSON et CSV à côté)",
            "the report: can we go, can we come back, what is lost (JSON and CSV beside it)",
        ),
        (
            str(stage.plan),
            "le plan, commenté : toutes les commandes marchent dessus",
            "the plan, with comments: every command works on it",
        ),
        (
            str(folder / "people.csv"),
            f"qui est qui ; la boîte {ORPHAN} n'est à personne et attend une décision",
            f"who is who; the mailbox {ORPHAN} is nobody's and waits for a decision",
        ),
        (
            f"cd {shlex.quote(str(folder / 'archive'))} && sha256sum -c --quiet MANIFEST.sha256",
            "l'archive : des fichiers ouverts, vérifiables sans transhumance",
            "the archive: open files that anyone can check without transhumance",
        ),
        (
            str(folder / "retour"),
            "ce qui est revenu de la vague pilote, dans les formats de départ",
            "what came back of the pilot wave, in the formats it came from",
        ),
        (
            f"transhume trace {plan} --person {first}",
            "où est passé chaque élément d'une personne",
            "where each item of a person went",
        ),
        (
            f"transhume status {plan}",
            "qui est maître, ce qui attend une décision, la suite",
            "who is master, what waits for a decision, what comes next",
        ),
    ]
