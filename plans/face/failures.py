"""What went wrong, for people: what happened, where, what was kept, what to do next. Never a traceback."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

from transhumance.connectors.contract.errors import TranshumanceError
from transhumance.connectors.contract.model import Text
from transhumance.plans.face.console import Console
from transhumance.plans.model.errors import PlanErrors
from transhumance.plans.model.secrets import SecretError
from transhumance.plans.waves.states import DecisionWanted

DEBUG = "TRANSHUMANCE_DEBUG"
_ROOM = f"{os.sep}transhumance{os.sep}"


def guarded(console: Console, act: Callable[[], int | None], state: Path | None = None) -> int:
    """Does something and returns its exit code; whatever it raises is told, and gives 1, or 2 where a decision is
    wanted. `state`: the plan's state folder, where the trace of an unforeseen error is kept."""
    try:
        return act() or 0
    except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
        raise
    except (click.Abort, KeyboardInterrupt, EOFError):
        console.emit("error", code="interrupted", text=console.of(_INTERRUPTED), where="")
        console.said(_INTERRUPTED)
    except PlanErrors as error:
        _plan(console, error)
    except DecisionWanted as error:
        _told(console, error.text, type(error).__name__, error.where)
        return 2
    except Exception as error:
        _told(console, _text_of(error, state), type(error).__name__, getattr(error, "where", ""))
    return 1


_INTERRUPTED = Text(
    "Interrompu avant la fin ; rien n'est perdu. Sans terminal, répondez par les options (--yes).",
    "Interrupted before the end; nothing is lost. Without a terminal, answer by options (--yes).",
)


def _plan(console: Console, error: PlanErrors) -> None:
    for mistake in error.errors:
        place = f"{mistake.file}:{mistake.line}:{mistake.column}"
        console.emit("error", code=mistake.code, text=str(mistake), where=place)
    count = len(error.errors)
    console.say(str(error), str(error))
    console.say(f"{count} erreur(s) dans le plan.", f"{count} error(s) in the plan.", "bad")


def _told(console: Console, text: Text, code: str, where: str) -> None:
    console.emit("error", code=code, text=console.of(text), where=where)
    console.said(text, "bad")


def _text_of(error: Exception, state: Path | None) -> Text:
    if isinstance(error, TranshumanceError):
        return error.text
    if isinstance(error, SecretError):
        return Text(str(error), str(error))
    cause = getattr(error, "orig", error)
    if type(error).__module__.startswith(("sqlalchemy", "sqlite3")):
        return _of_ledger(str(cause))
    if isinstance(error, OSError):
        said = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return Text(f"Erreur du système : {said}", f"System error: {said}")
    if isinstance(error, MemoryError):
        return Text(
            "Plus de mémoire ; rien n'est perdu : `transhume resume`",
            "Out of memory; nothing is lost: `transhume resume`",
        )
    return _defect(error, state)


def _of_ledger(cause: str) -> Text:
    if "locked" in cause or "busy" in cause:
        return Text(
            "Le registre est occupé par un autre processus ; réessayez dans une minute (`transhume status`)",
            "The ledger is busy with another process; try again in a minute (`transhume status`)",
        )
    return Text(
        f"Le registre ne répond pas ({cause}) ; vérifiez le disque, au besoin `transhume ledger restore`",
        f"The ledger does not answer ({cause}); look at the disk, if need be `transhume ledger restore`",
    )


def _defect(error: Exception, state: Path | None) -> Text:
    """An error that nobody foresaw is a defect of the tool: its place is told, its trace kept for whoever mends it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _ROOM in f.filename]
    place = f"{frames[-1].filename.rpartition(_ROOM)[2]}:{frames[-1].lineno}" if frames else "?"
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    kept = _kept(error, state)
    fr = f" ; la trace est dans {kept}" if kept else f" ; {DEBUG}=1 en montre la trace"
    en = f"; its trace is in {kept}" if kept else f"; {DEBUG}=1 shows its trace"
    name = type(error).__name__
    return Text(
        f"Défaut de l'outil : {name} en {place}{fr}. Ce qui était validé l'est resté ; `transhume resume` reprend",
        f"Defect of the tool: {name} at {place}{en}. What was committed stays so; `transhume resume` goes on",
    )


def _kept(error: Exception, state: Path | None) -> Path | None:
    if state is None or not state.is_dir():
        return None
    path = state / f"defect-{time.strftime('%Y%m%dT%H%M%S')}.txt"
    with suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
            out.write("".join(traceback.format_exception(error)))
        return path
    return None
