"""What passes came to: one line a pass, the reasons of what did not end, one sentence, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transhumance.connectors.contract import Text
from transhumance.plans.engine.runner import Result
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, Styled, duration, number, size
from transhumance.plans.face.nextstep import ITEMS, Step, command, next_step, open_problems
from transhumance.plans.face.words import Pair
from transhumance.plans.facts.cells import workloads_of
from transhumance.plans.project import RESIDUE, Project

DECISION = 2
_STYLE = {"done": "good", "paused": "warn", "held": "warn", "waiting": "warn", "stopped": "bad", "lost": "bad"}
_ORDER = tuple(words.STATUS)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A result with how far its pass came over all its tries."""

    result: Result
    done: int
    total: int


def show_results(console: Console, project: Project, results: Sequence[Result], last: bool = True) -> int:
    """Prints how passes ended; the exit code is 0 done or paused, 1 stopped, 2 where a person must decide or a
    window is waited for. `last`:
    whether the line of what to do next is wanted too."""
    found = [_progress(project, result) for result in results]
    console.table(_head(console), [_row(console, shown) for shown in found], right=(3, 4, 6, 7, 8))
    for shown in found:
        _emit(console, shown)
        for reason in shown.result.reasons:
            where = f"{shown.result.wave} {words.word(words.PASS, shown.result.kind, console.lang)}"
            console.out(f"{where} : {reason.fr}", f"{where}: {reason.en}")
    left = sum(open_problems(project, wave, *ITEMS) for wave in {r.wave for r in results})
    code = _code(results, left)
    step = _next(project, results)
    _sentence(console, project, found, left, code, step)
    if last and results:
        console.next(*_both(step))
    return code


def _both(step: Step) -> tuple[str, str]:
    text = step.text()
    return text.fr, text.en


def _progress(project: Project, result: Result) -> _Shown:
    """The counts of the whole pass: a resumed one counts what was done before it was interrupted."""
    rows = [p for p in project.ledger.passes(result.wave) if p.kind == result.kind]
    if not rows:
        return _Shown(result, result.counts.done, result.counts.todo)
    progress = project.ledger.progress(rows[-1].id)
    return _Shown(result, progress.done, progress.total)


def _head(console: Console) -> list[str]:
    fr = ["vague", "passe", "état", "faits", "à faire", "ce qui s'est passé", "volume", "durée", "débit"]
    en = ["wave", "pass", "state", "done", "of", "what happened", "size", "time", "rate"]
    return fr if console.lang == "fr" else en


def _row(console: Console, shown: _Shown) -> list[Cell]:
    result, lang = shown.result, console.lang
    return [
        result.wave,
        words.word(words.PASS, result.kind, lang),
        Styled(words.word(words.ENDED, result.state, lang), _STYLE.get(result.state, "")),
        number(shown.done, lang),
        number(shown.total, lang),
        outcomes(result.kind, _with_unchanged(result), lang) or _nothing(console, shown),
        size(result.counts.size, lang),
        duration(result.seconds, lang),
        f"{number(round(_rate(result)), lang)}/s",
    ]


def _with_unchanged(result: Result) -> dict[str, int]:
    """The statuses with those that needed nothing, which no line tells: listed anew, and the same as before."""
    statuses = result.counts.statuses
    same = result.counts.done - sum(statuses.values())
    if result.kind not in ("initial", "delta", "final") or same <= 0:
        return statuses
    return {**statuses, "same": same}


def _nothing(console: Console, shown: _Shown) -> str:
    if shown.total:
        return console.text("rien de plus", "nothing more")
    return console.text("rien à faire", "nothing to do")


def _rate(result: Result) -> float:
    return result.counts.done / result.seconds if result.seconds > 0 else 0.0


def outcomes(kind: str, statuses: dict[str, int], lang: str) -> str:
    """What became of the items, in the words of the pass: a verification finds them equal, it does not write them."""
    counts: dict[tuple[Pair, Pair], int] = {}
    for status in sorted(statuses, key=lambda s: _ORDER.index(s) if s in _ORDER else len(_ORDER)):
        label = _label(kind, status)
        counts[label] = counts.get(label, 0) + statuses[status]
    parts = [f"{number(n, lang)} {words.plural(n, *label, lang)}" for label, n in counts.items() if n]
    return ", ".join(parts)


_EQUAL = (("égal à la relecture", "equal when read back"), ("égaux à la relecture", "equal when read back"))
_DIFFERENT = (("manquant ou différent", "missing or different"), ("manquants ou différents", "missing or different"))
_UNDONE = (("défait", "undone"), ("défaits", "undone"))
_CHANGED = (("changé depuis, laissé", "changed since, left"), ("changés depuis, laissés", "changed since, left"))
_LEFT = (("là avant nous, laissé", "there before us, left"), ("là avant nous, laissés", "there before us, left"))
_RETURNED = (
    ("revenu, relu, égal", "returned, read back, equal"),
    ("revenus, relus, égaux", "returned, read back, equal"),
)
_AS_IT_IS = (("laissé tel quel", "left as it is"), ("laissés tels quels", "left as they are"))
_NOT_RETURNED = (("non revenu", "not returned"), ("non revenus", "not returned"))
_ASSESSED = (words.STATUS_ONE["assessed"], words.STATUS["assessed"])
_QUARANTINED = (words.STATUS_ONE["quarantined"], words.STATUS["quarantined"])
_BY_PASS = {
    "verify": (_EQUAL, _DIFFERENT),
    "rollback": (_UNDONE, _CHANGED),
    "reverse": (_RETURNED, _NOT_RETURNED),
    "dry_run": (_ASSESSED, _QUARANTINED),
}


def _label(kind: str, status: str) -> tuple[Pair, Pair]:
    if kind == "rollback" and status == "left":
        return _LEFT
    if kind == "reverse" and status == "skipped":  # the target takes nothing of it: never called returned
        return _AS_IT_IS
    if kind not in _BY_PASS or (kind == "reverse" and status in ("failed", "removed", "aside")):
        return words.STATUS_ONE.get(status, (status, status)), words.STATUS.get(status, (status, status))
    return _BY_PASS[kind][status in ("quarantined", "failed")]


def _code(results: Iterable[Result], left: int) -> int:
    states = {result.state for result in results}
    if "stopped" in states or "lost" in states:
        return 1
    return DECISION if states & {"held", "waiting"} or left else 0


def _next(project: Project, results: Sequence[Result]) -> Step:
    for result in results:
        if result.state in ("paused", "stopped", "lost"):
            again = {"dry_run": "dry-run", "reverse": "return", "final": "cutover"}.get(result.kind, result.kind)
            name = "resume" if result.kind in ("initial", "delta") else again
            return Step(command(project, name, result.wave), Text("reprend où il en était", "goes on where it was"))
    waves = {result.wave for result in results}
    return next_step(project, waves.pop() if len(waves) == 1 else None)


def _sentence(console: Console, project: Project, found: Sequence[_Shown], left: int, code: int, step: Step) -> None:
    done, total = sum(s.done for s in found), sum(s.total for s in found)
    lang = console.lang
    passes = f"{len(found)} {words.plural(len(found), ('passe', 'pass'), ('passes', 'passes'), lang)}"
    figures, waiting = f"{number(done, lang)} / {number(total, lang)}", number(left, lang)
    waves = [project.wave(s.result.wave) for s in found]
    kept = any(RESIDUE in project.targets(workload) for wave in waves for workload in workloads_of(project, wave))
    fr = ", l'archive des résidus comprise" if kept else ""
    en = ", the archive of residues too" if kept else ""
    console.out(
        f"{passes}, {figures} éléments (comptés par cible{fr}), {waiting} en attente d'une décision.",
        f"{passes}, {figures} items (counted by target{en}), {waiting} waiting for a decision.",
    )
    console.emit("summary", passes=len(found), done=done, total=total, waiting=left, exit_code=code, next=step.command)


def _emit(console: Console, shown: _Shown) -> None:
    result = shown.result
    console.emit(
        "pass",
        wave=result.wave,
        **{"pass": result.kind},
        state=result.state,
        done=shown.done,
        total=shown.total,
        listed=result.counts.listed,
        containers=result.counts.containers,
        containers_total=result.counts.containers_total,
        statuses=dict(sorted(result.counts.statuses.items())),
        bytes=result.counts.size,
        seconds=round(result.seconds, 3),
        rate=round(_rate(result), 1),
        reasons=[console.of(reason) for reason in result.reasons],
    )
