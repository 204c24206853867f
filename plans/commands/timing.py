"""When a pass may run: its windows and blackouts, and how often its delta comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from transhumance.connectors.contract import Text
from transhumance.plans import glossary
from transhumance.plans.model import windows as times
from transhumance.plans.model.waves import PASSES, Wave
from transhumance.plans.project import Project
from transhumance.plans.waves.states import DecisionWanted


@dataclass(frozen=True, slots=True)
class Due:
    """The pass that `run` makes now. `kind`: None where there is none; `why` says the reason."""

    kind: str | None
    why: Text | None = None


def next_pass(project: Project, wave: Wave, at: datetime | None = None) -> Due:
    """What `run` does by the wave's own list of passes: what is unfinished, then `initial` once, then `delta` each time
    it is due."""
    done = [p for p in project.ledger.passes(wave.id) if p.kind in ("initial", "delta")]
    if unfinished := next((p.kind for p in done if p.state == "running"), None):
        return Due(unfinished)
    listed = {p.pass_: p for p in wave.passes}
    ended = [p for p in done if p.state == "done"]
    if "initial" in listed and not any(p.kind == "initial" for p in ended):
        return Due("initial")
    if "delta" not in listed:
        names = ", ".join(listed)
        return Due(
            None,
            Text(
                f"vague {wave.id} : plus rien à faire, ses passes sont : {names} ; `--pass delta` le fait quand même",
                f"wave {wave.id}: nothing left to do, its passes are: {names}; `--pass delta` does it all the same",
            ),
        )
    every = listed["delta"].every
    if every is None or not ended:
        return Due("delta")
    again = max(datetime.fromisoformat(p.started) for p in ended) + every
    if again <= (at or datetime.now(UTC)):
        return Due("delta")
    when = _local(wave, again)
    return Due(
        None,
        Text(
            f"vague {wave.id} : le prochain delta est pour {when} ; `--pass delta` le fait tout de suite",
            f"wave {wave.id}: its next delta comes at {when}; `--pass delta` does it now",
        ),
    )


def _local(wave: Wave, moment: datetime) -> str:
    return moment.astimezone(_zone(wave)).strftime("%Y-%m-%d %H:%M %Z")


def _zone(wave: Wave) -> ZoneInfo:
    return ZoneInfo(wave.timezone or "Europe/Paris")


def _windows(wave: Wave, kind: str) -> tuple[times.Window, ...]:
    return tuple(window.value() for window in wave.windows.get(kind, ()))  # type: ignore[call-overload]


def closed(wave: Wave, kind: str, at: datetime | None = None) -> Text | None:
    """Why a pass may not begin now, and when it may; None where it may."""
    moment, zone, open_in, black = at or datetime.now(UTC), _zone(wave), _windows(wave, kind), wave.blackouts_of()
    if times.is_open(open_in, zone, moment, black):
        return None
    following = times.next_open(open_in, zone, moment, black)
    fr, en = _blackout(wave, moment) or ("hors fenêtre pour", "outside the window of")
    fr_when, en_when = "aucune", "never again"
    if following is not None:
        fr_when = _local(wave, following)
        en_when = f"next at {fr_when}"
    fr_kind, en_kind = (glossary.word(glossary.PASS, kind, lang) for lang in ("fr", "en"))
    return Text(
        f"vague {wave.id} : {fr} la passe « {fr_kind} » ; prochaine ouverture : {fr_when}",
        f"wave {wave.id}: {en} pass {en_kind}; it opens {en_when}",
    )


def _blackout(wave: Wave, moment: datetime) -> tuple[str, str] | None:
    """The words of the blackout that holds a moment."""
    for one in wave.blackouts_of():
        if not times.is_open((), _zone(wave), moment, (one,)):
            why = f" ({one.reason})" if one.reason else ""
            return f"période interdite{why} pour", f"a blackout{why} holds"
    return None


def check_window(wave: Wave, kind: str) -> None:
    """Refuses a pass outside its windows, with the reason and the time of the next one."""
    if (why := closed(wave, kind)) is not None:
        raise DecisionWanted(why, where="windows")


@contextmanager
def until_closed(project: Project, wave: Wave, kind: str) -> Iterator[None]:
    """Asks for a pause at the end of the window in which a pass began; in the next one it goes on."""
    timer = None
    if kind in PASSES and closed(wave, kind) is None:
        moment = datetime.now(UTC)
        closing = times.closes_at(_windows(wave, kind), _zone(wave), moment, wave.blackouts_of())
        if closing is not None:
            timer = threading.Timer((closing - moment).total_seconds(), _close, (project, wave, kind, closing))
            timer.daemon = True
            timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()


def _close(project: Project, wave: Wave, kind: str, closing: datetime) -> None:
    why = closed(wave, kind, closing) or Text(f"vague {wave.id} : fenêtre fermée", f"wave {wave.id}: window closed")
    project.ask_to_stop(why, window=True)
