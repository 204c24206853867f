"""`run`, `resume` and `run --every`: wave after wave, what each came to, and the wait until the next time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from transhumance.connectors.contract import Text, TranshumanceError, UserError
from transhumance.plans.commands.forward import run as forward
from transhumance.plans.commands.timing import Due, next_pass
from transhumance.plans.engine.runner import Result
from transhumance.plans.face import words
from transhumance.plans.face.console import Console, duration, shown
from transhumance.plans.face.endings import nothing_to_run, show_next
from transhumance.plans.face.nextstep import waits_for
from transhumance.plans.face.progress import Progress
from transhumance.plans.face.results import show_results
from transhumance.plans.model.scalars import Duration
from transhumance.plans.project import Project
from transhumance.plans.waves.acceptance import required

LOOK_EVERY = 1.0


def run_waves(console: Console, project: Project, wave: str | None, kind: str | None) -> int:
    """Runs one wave, or every wave that is approved and whose turn it is. What was done is shown even where a later
    wave can't begin."""
    wanted = [project.wave(wave).id] if wave else [w for w in _approved(project) if _its_turn(console, project, w)]
    if not wave:
        _left_aside(console, project)
    if not wanted:
        return nothing_to_run(console, project)
    results: list[Result] = []
    trouble: TranshumanceError | None = None
    with Progress(console) as progress:
        for name in wanted:
            due = next_pass(project, project.wave(name)) if kind is None else Due(kind)
            if due.why is not None:
                console.emit("due", wave=name, text=console.of(due.why))
                console.result(console.of(due.why))
                continue
            try:
                results += forward(project, [name], kind, progress.report)
            except TranshumanceError as error:
                trouble = error
            if trouble or results[-1].state not in ("done", "waiting"):
                break
    code = show_results(console, project, results, last=trouble is None) if results else 0
    if not results and trouble is None:
        show_next(console, project, wave)
    if trouble is not None:
        raise trouble
    return code


def _approved(project: Project) -> list[str]:
    """Waves that `run` takes by itself: approved, or begun, or planned where nobody need approve."""
    taken = {"approved", "running", "ready", "stopped"}
    found = [(w.id, project.ledger.wave(w.id).state) for w in project.plan.waves]
    return [name for name, state in found if state in taken or (state == "planned" and not required(project, name))]


def _left_aside(console: Console, project: Project) -> None:
    """Waves that `run` does not take by itself yet, and what they wait for."""
    for wave in project.plan.waves:
        state = project.ledger.wave(wave.id).state
        if state == "draft":
            console.say(f"{wave.id} attend `transhume plan`.", f"{wave.id} waits for `transhume plan`.")
        elif state == "planned" and required(project, wave.id):
            console.say(f"{wave.id} attend une approbation.", f"{wave.id} waits for an approval.")


def _its_turn(console: Console, project: Project, name: str) -> bool:
    """Whether the waves that it comes after are far enough; if not, which one is waited for is told."""
    wait = waits_for(project, name)
    if wait is None:
        return True
    other, wanted = wait
    state = project.ledger.wave(other).state
    want = {"verified": ("relue", "verified")}.get(wanted, words.WAVE.get(wanted, (wanted, wanted)))
    console.say(
        f"{name} attend que {other} soit {want[0]} (elle est {words.word(words.WAVE, state, 'fr')}).",
        f"{name} waits until {other} is {want[1]} (it is {words.word(words.WAVE, state, 'en')}).",
    )
    return False


def duration_of(text: str) -> timedelta:
    """A duration as the plan writes it: `15m`, `24h`. Raises `UserError`."""
    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        raise UserError(
            Text(
                f"durée illisible : {shown(text)} ; écrivez 30s, 15m, 24h, 7d ou 2w",
                f"unreadable duration: {shown(text)}; write 30s, 15m, 24h, 7d or 2w",
            ),
            where="--every",
        ) from None


def repeat(console: Console, flag: Path, every: str, once: Callable[[], tuple[int, bool]]) -> int:
    """Runs again and again, until a pause is asked for (by `flag` or a signal) or an error. What waits for a person
    does not stop it, a closed window is waited for. `once`: an exit code, and whether it was asked to stop."""
    pause, code = duration_of(every).total_seconds(), 0
    while True:
        started, stopped = time.monotonic(), False
        try:
            code, stopped = once()
        except UserError as error:
            if error.where != "windows":
                raise
            console.said(error.text)
        if code == 1 or stopped or flag.exists():
            return code
        if not _waited(console, flag, max(started + pause - time.monotonic(), 0.0)):
            return code


def _waited(console: Console, flag: Path, seconds: float) -> bool:
    """Waits; False where a pause was asked for meanwhile."""
    until = datetime.now().astimezone() + timedelta(seconds=seconds)
    at, left = until.strftime("%Y-%m-%d %H:%M:%S"), duration(seconds, console.lang)
    console.emit("waiting", until=until.isoformat(timespec="seconds"), seconds=round(seconds, 1), reason="every")
    console.say(
        f"Prochaine passe à {at} (dans {left}) ; Ctrl-C ou `transhume pause` arrête.",
        f"Next pass at {at} (in {left}); Ctrl-C or `transhume pause` stops.",
    )
    end = time.monotonic() + seconds
    with suppress(KeyboardInterrupt):
        while (rest := end - time.monotonic()) > 0 and not flag.exists():
            time.sleep(min(rest, LOOK_EVERY))
        if not flag.exists():
            return True
    console.say("Arrêt entre deux passes ; rien n'est en cours.", "Stopped between two passes; nothing is under way.")
    return False
