"""The steps of the demonstration, in order: each does what the command of its name does, prints it alike, and is
checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from transhumance.connectors.contract import Text
from transhumance.fixtures.estate import build, mutate
from transhumance.plans.commands import approval, cutover, forward
from transhumance.plans.commands.check import check
from transhumance.plans.demo import checks
from transhumance.plans.demo.plan import CARDIO, PILOT, REST, plan_text
from transhumance.plans.demo.stage import Stage
from transhumance.plans.engine.runner import Result
from transhumance.plans.face.checking import show_check
from transhumance.plans.face.endings import show_approved, show_master
from transhumance.plans.face.inventories import show_inventory
from transhumance.plans.face.planning import show_approval, show_plan
from transhumance.plans.face.progress import Progress
from transhumance.plans.face.reports import show_report, show_verification
from transhumance.plans.face.results import show_results
from transhumance.plans.waves.inventory import assess
from transhumance.plans.waves.matching import propose

WAVES = (PILOT, CARDIO, REST)
WHO = "dsi"
_COUNTS = {
    "mails_new": ("messages arrivés", "mails came"),
    "mails_flagged": ("marqués", "flagged"),
    "mails_moved": ("déplacés", "moved"),
    "mails_deleted": ("supprimés", "deleted"),
    "events_changed": ("agendas modifiés", "calendars changed"),
    "contacts_new": ("contacts ajoutés", "contacts added"),
    "documents_new": ("documents ajoutés", "documents added"),
    "documents_edited": ("modifiés", "edited"),
    "documents_renamed": ("renommés", "renamed"),
    "entries_changed": ("entrées d'annuaire modifiées", "directory entries changed"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `command`: what one would type, with `{plan}` for the plan; empty for what no command does."""

    command: str
    what: Text
    act: Callable[[Stage], list[Text]]


def _estate(stage: Stage) -> list[Text]:
    build(stage.folder / "estate", stage.scale, stage.seed, stage.people)
    text = plan_text(stage.seed, stage.people * stage.scale, stage.console.lang)
    stage.plan.write_text(text, encoding="utf-8")
    return []


def _check(stage: Stage) -> list[Text]:
    found = check(stage.project)
    show_check(stage.console, stage.project, found)
    return [reason for reasons in found.why_not.values() for reason in reasons]


def _assess(stage: Stage) -> list[Text]:
    assess(stage.project)
    show_inventory(stage.console, stage.project, propose(stage.project))
    return checks.listed(stage.project)


def _plan(stage: Stage) -> list[Text]:
    found = forward.plan(stage.project)
    show_plan(stage.console, stage.project, found)
    return checks.frozen(found)


def _dry_run(stage: Stage) -> list[Text]:
    with Progress(stage.console) as progress:
        results = forward.dry_run(stage.project, WAVES, progress.report)
    return _shown(stage, results)


def _approve(stage: Stage) -> list[Text]:
    for wave in WAVES:
        found = approval.approve(stage.project, wave, WHO)
        decisions = {code: count for code, count in found.losses.items() if code in found.undecided}
        show_approval(stage.console, stage.project, replace(found, losses=decisions))  # the rest asks for nothing
        show_approved(stage.console, stage.project, wave)
    return [fault for wave in WAVES for fault in checks.state(stage.project, wave, "approved", "source")]


def _run(*waves: str) -> Callable[[Stage], list[Text]]:
    def act(stage: Stage) -> list[Text]:
        with Progress(stage.console) as progress:
            results = forward.run(stage.project, waves, None, progress.report)
        return _shown(stage, results) + checks.changed(results)

    return act


def _verify(*waves: str) -> Callable[[Stage], list[Text]]:
    def act(stage: Stage) -> list[Text]:
        with Progress(stage.console) as progress:
            results = cutover.verify(stage.project, waves, progress.report)
        wrong = _shown(stage, results) + checks.verified(stage.project, waves)
        show_verification(stage.console, stage.project, waves)
        return wrong

    return act


def _changes(stage: Stage) -> list[Text]:
    found = mutate(stage.folder / "estate", stage.seed)
    counts = {name: getattr(found, name) for name in _COUNTS}
    parts = [f"{count} {stage.console.text(*_COUNTS[name])}" for name, count in counts.items() if count]
    stage.console.result(", ".join(parts) + ".")
    stage.console.emit("changes", **counts)
    return []


def _cut_over(stage: Stage) -> list[Text]:
    with Progress(stage.console) as progress:
        results = cutover.cutover(stage.project, PILOT, progress.report)
    wrong = _shown(stage, results)
    show_master(stage.console, stage.project, PILOT)
    return wrong + checks.state(stage.project, PILOT, "cut_over", "target")


def _return(stage: Stage) -> list[Text]:
    with Progress(stage.console) as progress:
        results = [cutover.give_back(stage.project, PILOT, progress.report)]
    wrong = _shown(stage, results)
    show_master(stage.console, stage.project, PILOT)
    wrong += checks.state(stage.project, PILOT, "returned", "source")
    return wrong + checks.returned(stage.project, PILOT)


def _roll_back(stage: Stage) -> list[Text]:
    with Progress(stage.console) as progress:
        results = [cutover.rollback(stage.project, CARDIO, progress.report)]
    return _shown(stage, results) + checks.undone(stage.project, CARDIO)


def _report(stage: Stage) -> list[Text]:
    show_report(stage.console, stage.project, stage.report, None)
    missing = [name for name in ("reversibility.json", "reversibility.html") if not (stage.report / name).is_file()]
    return [Text(f"{name} n'est pas là", f"{name} is not there") for name in missing]


def _shown(stage: Stage, results: Sequence[Result]) -> list[Text]:
    show_results(stage.console, stage.project, results, last=False)
    return checks.done(results)


STEPS: tuple[Step, ...] = (
    Step("", Text("Les exports d'un établissement fictif", "The exports of a fictional establishment"), _estate),
    Step("transhume check {plan}", Text("Tout est-il joignable ?", "Can everything be reached?"), _check),
    Step("transhume assess {plan}", Text("L'inventaire, et qui est qui", "The inventory, and who is who"), _assess),
    Step("transhume plan {plan}", Text("Les vagues, figées", "The waves, frozen"), _plan),
    Step(
        "transhume dry-run {plan}",
        Text("Aller et retour mesurés, sans rien écrire", "Both ways measured, nothing written"),
        _dry_run,
    ),
    Step(
        "transhume approve {plan} --wave ...",
        Text("Ce que l'on accepte, vague par vague", "What is accepted, wave by wave"),
        _approve,
    ),
    Step("transhume run {plan} --wave pilote", Text("La vague pilote, copiée", "The pilot wave, copied"), _run(PILOT)),
    Step(
        "transhume verify {plan} --wave pilote",
        Text("Relue à la cible, comparée", "Read back at the target, compared"),
        _verify(PILOT),
    ),
    Step("transhume run {plan}", Text("Les deux autres vagues", "The other two waves"), _run(CARDIO, REST)),
    Step("", Text("Pendant ce temps, on travaille à la source", "Meanwhile people work at the source"), _changes),
    Step(
        "transhume run {plan}", Text("Le delta : ce qui a changé, et rien d'autre", "The delta, no more"), _run(*WAVES)
    ),
    Step("transhume verify {plan}", Text("Tout est relu", "Everything is read back"), _verify(*WAVES)),
    Step(
        "transhume cutover {plan} --wave pilote",
        Text("La vague pilote bascule : la cible est maître", "The pilot wave cuts over: the target is master"),
        _cut_over,
    ),
    Step(
        "transhume return {plan} --wave pilote",
        Text("... et revient, dans le format de départ", "... and comes back, in the format it came from"),
        _return,
    ),
    Step(
        "transhume rollback {plan} --wave cardiologie",
        Text("Une autre vague est défaite avant sa bascule", "Another wave is undone before its cutover"),
        _roll_back,
    ),
    Step("transhume report {plan}", Text("Le rapport de réversibilité", "The reversibility report"), _report),
)
