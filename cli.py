"""The command line: parse, call plans, print; no logic.

Exit codes: 0 done or nothing to do, 1 error (a mistyped command too), 2 there are changes or findings that need a
decision. Heavy imports happen inside the commands, so that `--help` answers at once. The texts of `--help` are English
here and French in `plans/face/help_fr.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transhumance import __version__
from transhumance.plans.face.commandline import Commands, plan_first, spoken

if TYPE_CHECKING:
    from transhumance.plans.engine.runner import Result
    from transhumance.plans.face.console import Console
    from transhumance.plans.project import Project

DECISION = 2
PLAN = click.argument("plan", type=click.Path(dir_okay=False, path_type=Path), default=Path("plan.yaml"))
PLAN_FIRST = click.argument("plan", type=click.Path(path_type=Path), default=Path("plan.yaml"), callback=plan_first)
WAVE = click.option("--wave", "wave", metavar="W", help="only this wave")
ONE_WAVE = click.option("--wave", "wave", metavar="W", required=True, help="the wave")


def face(function: Callable[..., int | None]) -> Callable[..., None]:
    """Adds --lang and --json, and turns what a command raises into what a person reads and an exit code."""

    @click.option("--lang", type=click.Choice(["fr", "en"]), help="language; the locale's by default")
    @click.option("--json", "as_json", is_flag=True, help="JSON Lines on stdout")
    @wraps(function)
    def command(lang: str | None, as_json: bool, **options: Any) -> None:
        from transhumance.plans.face.console import Console
        from transhumance.plans.face.failures import guarded

        console = Console(lang or spoken(), as_json)  # type: ignore[arg-type]
        plan = options.get("plan")
        state = plan.parent / ".transhumance" if plan else None
        sys.exit(guarded(console, lambda: function(console, **options), state))

    return command


@contextmanager
def _project(console: Console, plan: Path, begins: bool = False) -> Iterator[Project]:
    """The plan's project. `begins`: the command begins work, so that a pause asked for earlier is over."""
    from transhumance.plans.project import Project

    project = Project.open(plan, console.lang)
    if begins:
        project.pause_flag.unlink(missing_ok=True)
    for warning in project.loaded.warnings:
        console.emit("warning", code=warning.code, text=str(warning))
        console.say(str(warning), str(warning), "warn")
    try:
        yield project
    finally:
        project.close()


def _waves(project: Project, wave: str | None) -> list[str]:
    return [project.wave(wave).id] if wave else [w.id for w in project.plan.waves]


def _results(console: Console, project: Project, results: list[Result], last: bool = True) -> int:
    from transhumance.plans.face.results import show_results

    return show_results(console, project, results, last)


def _worst(*codes: int) -> int:
    """An error before a decision, a decision before nothing."""
    return 1 if 1 in codes else max(codes)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="transhume")
def main() -> None:
    """Takes an establishment from proprietary systems to open ones, wave by wave, and measures the way back.

    \b
    First plan:   transhume init, then check, assess, plan, dry-run, approve, run, verify, cutover
    Way back:     rollback (before cutover), return (after it)
    Documentation: docs/ of the project; --lang fr for French.
    Exit codes:   0 done, 1 error, 2 a decision is wanted
    """


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("."))
@click.option("--id", "plan_id", help="the plan's name")
@click.option("--title", default="", help="the plan's title")
@click.option("--establishment", help="the establishment")
@click.option("--finess", default="", help="its FINESS number")
@click.option("--source", "sources", multiple=True, metavar="NAME=CONNECTOR:PATH", help="a source; may be repeated")
@click.option("--force", is_flag=True, help="write over an existing plan")
@face
def init(console: Console, folder: Path, **answers: Any) -> int:
    """Writes a commented plan to start from, by questions or by flags."""
    from transhumance.plans.face.start import write_starter

    return write_starter(console, folder, **answers)


@main.command()
@PLAN
@click.option("--probe", is_flag=True, help="write canaries at the targets, read them back, remove them")
@face
def check(console: Console, plan: Path, probe: bool) -> int:
    """Validates the plan; a line per endpoint; says for what it is ready."""
    from transhumance.plans.commands.check import check as checked
    from transhumance.plans.face.checking import show_check

    with _project(console, plan) as project:
        return show_check(console, project, checked(project, probe))


@main.command()
@PLAN
@face
def assess(console: Console, plan: Path) -> int:
    """Takes the inventory of the sources; proposes people.csv."""
    from transhumance.plans.face.inventories import show_inventory
    from transhumance.plans.waves.inventory import assess as take
    from transhumance.plans.waves.matching import propose

    with _project(console, plan) as project:
        take(project)
        return show_inventory(console, project, propose(project))


@main.command(name="plan")
@PLAN
@WAVE
@face
def plan_(console: Console, plan: Path, wave: str | None) -> int:
    """Resolves each wave into a frozen list; prints counts and digests. Nothing is written at any target."""
    from transhumance.plans.commands.forward import plan as freeze
    from transhumance.plans.face.planning import show_plan

    with _project(console, plan) as project:
        return show_plan(console, project, freeze(project, wave), wave)


@main.command(name="dry-run")
@PLAN
@WAVE
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="measure N items of each page; figures are estimates"
)
@click.option("--report", "folder", type=click.Path(file_okay=False, path_type=Path), help="write the report there")
@face
def dry_run(console: Console, plan: Path, wave: str | None, folder: Path | None, sample: int | None) -> int:
    """Runs both directions on every item, in memory, and predicts the targets. Nothing is written there."""
    from transhumance.plans.commands.forward import dry_run as measure
    from transhumance.plans.face.progress import Progress
    from transhumance.plans.face.reports import show_report

    with _project(console, plan, begins=True) as project:
        with Progress(console) as progress:
            results = measure(project, _waves(project, wave), progress.report, sample)
        code = _results(console, project, results, last=False)
        return _worst(code, show_report(console, project, folder or project.loaded.base / "report", "dry_run", wave))


@main.command()
@PLAN
@ONE_WAVE
@click.option("--who", help="who approves; the login by default")
@click.option("--yes", is_flag=True, help="do not ask")
@face
def approve(console: Console, plan: Path, wave: str, who: str | None, yes: bool) -> int:
    """Records who accepts which digest and losses."""
    from transhumance.plans.commands import approval
    from transhumance.plans.face.asking import confirmed
    from transhumance.plans.face.endings import show_approved
    from transhumance.plans.face.planning import show_approval

    with _project(console, plan) as project:
        show_approval(console, project, approval.approval_of(project, wave))
        if not yes and not confirmed(console, "Approuver ?", "Approve?"):
            return DECISION
        approval.approve(project, wave, who or project.actor)
        show_approved(console, project, wave)
    return 0


@main.command()
@PLAN
@WAVE
@click.option("--pass", "pass_", type=click.Choice(["initial", "delta"]), help="default: initial, then delta")
@click.option("--every", metavar="15m", help="repeat the delta until paused")
@face
def run(console: Console, plan: Path, wave: str | None, pass_: str | None, every: str | None) -> int:
    """Passes initial and delta; a second run does nothing twice; never enters final."""
    from transhumance.plans.face.running import repeat, run_waves

    def once() -> tuple[int, bool]:
        with _project(console, plan) as project:
            code = run_waves(console, project, wave, pass_)
            return code, project.stop.is_set() and not project.window_closed

    return once()[0] if every is None else repeat(console, plan.parent / ".transhumance" / "pause", every, once)


@main.command()
@PLAN
@WAVE
@face
def resume(console: Console, plan: Path, wave: str | None) -> int:
    """Goes on after a pause, a crash or a full disk."""
    from transhumance.plans.face.running import run_waves

    with _project(console, plan) as project:
        return run_waves(console, project, wave, None)


@main.command()
@PLAN
@face
def pause(console: Console, plan: Path) -> int:
    """Asks whoever works on this plan to stop after the chunks under way."""
    from transhumance.plans.commands.quarantine import pause as ask
    from transhumance.plans.face.endings import finished

    with _project(console, plan) as project:
        ask(project)
    return finished(console, "pause", "Pause demandée.", "Pause asked for.", f"transhume resume {plan}")


@main.command()
@PLAN
@ONE_WAVE
@click.option("--yes", is_flag=True, help="do not ask")
@face
def cutover(console: Console, plan: Path, wave: str, yes: bool) -> int:
    """final, then verify; the wave's master becomes the target."""
    from transhumance.plans.commands.cutover import cutover as switch
    from transhumance.plans.face.asking import confirmed
    from transhumance.plans.face.endings import show_master
    from transhumance.plans.face.progress import Progress

    with _project(console, plan, begins=True) as project:
        project.wave(wave)
        if not yes and not confirmed(console, f"Basculer la vague {wave} ?", f"Cut wave {wave} over?"):
            return DECISION
        with Progress(console) as progress:
            results = switch(project, wave, progress.report)
        code = _results(console, project, results, last=False)
        show_master(console, project, wave)
        return _worst(code, 0 if project.ledger.wave(wave).master == "target" else DECISION)


@main.command()
@PLAN
@WAVE
@face
def verify(console: Console, plan: Path, wave: str | None) -> int:
    """Reads every item back at every target and compares it."""
    from transhumance.plans.commands.cutover import verify as read_back
    from transhumance.plans.face.endings import nothing_to_run, was_copied
    from transhumance.plans.face.progress import Progress
    from transhumance.plans.face.reports import show_verification

    with _project(console, plan, begins=True) as project:
        waves = [w for w in _waves(project, wave) if was_copied(project, w)]
        if not waves:
            return nothing_to_run(console, project, wave)
        with Progress(console) as progress:
            results = read_back(project, waves, progress.report)
        code = _results(console, project, results, last=False)
        return _worst(code, show_verification(console, project, waves))


@main.command()
@PLAN
@ONE_WAVE
@click.option("--yes", is_flag=True, help="do not ask")
@face
def rollback(console: Console, plan: Path, wave: str, yes: bool) -> int:
    """Before cutover: undoes what was written, by before-image, refusing what has changed since."""
    from transhumance.plans.commands.cutover import rollback as undo
    from transhumance.plans.face.asking import confirmed
    from transhumance.plans.face.progress import Progress

    with _project(console, plan, begins=True) as project:
        project.wave(wave)
        asked = f"Défaire ce que la vague {wave} a écrit ?", f"Undo what wave {wave} wrote?"
        if not yes and not confirmed(console, *asked):
            return DECISION
        with Progress(console) as progress:
            result = undo(project, wave, progress.report)
        return _results(console, project, [result])


@main.command(name="return")
@PLAN
@ONE_WAVE
@click.option("--yes", is_flag=True, help="do not ask")
@face
def return_(console: Console, plan: Path, wave: str, yes: bool) -> int:
    """After cutover: what is at the target goes back into the source's own format; the source is master again."""
    from transhumance.plans.commands.cutover import give_back
    from transhumance.plans.engine.giveback import back_target
    from transhumance.plans.face.asking import confirmed
    from transhumance.plans.face.endings import show_master, show_way_back
    from transhumance.plans.face.progress import Progress
    from transhumance.plans.face.returns import show_source_writes

    with _project(console, plan, begins=True) as project:
        for workload in project.wave(wave).workloads:
            show_way_back(console, workload, back_target(project, workload))
        show_source_writes(console, project, wave)
        if not yes and not confirmed(console, f"Faire revenir la vague {wave} ?", f"Bring wave {wave} back?"):
            return DECISION
        with Progress(console) as progress:
            result = give_back(project, wave, progress.report, approved=True)
        code = _results(console, project, [result], last=False)
        show_master(console, project, wave)
        return code


@main.command()
@PLAN
@ONE_WAVE
@click.option("--type-name", "typed", help="the wave's name again")
@face
def finalize(console: Console, plan: Path, wave: str, typed: str | None) -> int:
    """Closes the way back; the wave's name must be typed. Erases nothing."""
    from transhumance.plans.commands.cutover import finalize as close
    from transhumance.plans.face.asking import ask
    from transhumance.plans.face.endings import show_master

    asked = ("Tapez le nom de la vague :", "Type the wave's name:")
    if (typed or ask(console, *asked, hint="--type-name")) != wave:
        console.say("Nom différent : rien n'est fait.", "Another name: nothing is done.")
        return DECISION
    with _project(console, plan) as project:
        close(project, wave)
        show_master(console, project, wave)
    return 0


@main.command()
@PLAN
@click.option("--watch", is_flag=True, help="again every two seconds")
@face
def status(console: Console, plan: Path, watch: bool) -> int:
    """Who is master, is anything lost, latest time to turn back, safe to stop now, next action."""
    from transhumance.plans.face.status import show_status, watched

    with _project(console, plan) as project:
        return watched(console, project) if watch else show_status(console, project)


@main.command()
@PLAN
@click.option("--person", required=True, help="address, login or key")
@click.option(
    "--message-id", "--path", "--name", "item", help="an item, by part of its key, its name or its Message-ID"
)
@face
def trace(console: Console, plan: Path, person: str, item: str | None) -> int:
    """Where something was, where it is, its grade, findings, last pass."""
    from transhumance.plans.face.trace import show_trace

    with _project(console, plan) as project:
        return show_trace(console, project, person, item)


@main.command(name="map")
@PLAN
@click.option("--person", required=True, help="address, login or key")
@click.option("--endpoint", help="the source to read; all of the identities' by default")
@face
def map_(console: Console, plan: Path, person: str, endpoint: str | None) -> int:
    """Shows, on a real entry, where each attribute goes: document, target, residue, rule."""
    from transhumance.plans.face.mapped import show_map

    with _project(console, plan) as project:
        return show_map(console, project, person, endpoint)


@main.group()
def quarantine() -> None:
    """Items that stayed behind, and what is decided about them."""


@quarantine.command(name="list")
@PLAN
@WAVE
@face
def quarantine_list(console: Console, plan: Path, wave: str | None) -> int:
    """Lists them, each with its number, code and remedy."""
    from transhumance.plans.face.problems import show_problems

    with _project(console, plan) as project:
        return show_problems(console, project, wave)


@quarantine.command(name="retry")
@PLAN_FIRST
@click.argument("numbers", nargs=-1, type=int)
@face
def quarantine_retry(console: Console, plan: Path, numbers: tuple[int, ...]) -> int:
    """Makes the next run do them again; all of them when none is named."""
    from transhumance.plans.commands.quarantine import quarantine_retry as retry
    from transhumance.plans.face.endings import finished

    with _project(console, plan) as project:
        count = retry(project, numbers, project.actor)
    again = f"transhume run {plan}"
    return finished(console, "retry", f"{count} à refaire.", f"{count} to be done again.", again, count=count)


@quarantine.command(name="skip")
@PLAN_FIRST
@click.argument("numbers", nargs=-1, type=int, required=True)
@face
def quarantine_skip(console: Console, plan: Path, numbers: tuple[int, ...]) -> int:
    """Accepts that they stay behind (for an emptiness or too many deletions: accepts the deletions)."""
    from transhumance.plans.commands.quarantine import quarantine_skip as skip
    from transhumance.plans.face.endings import finished
    from transhumance.plans.face.nextstep import next_step

    with _project(console, plan) as project:
        count = skip(project, numbers, project.actor)
        following = next_step(project).command
    return finished(console, "skip", f"{count} accepté(s).", f"{count} accepted.", following, count=count)


@main.command()
@click.argument("code")
@face
def explain(console: Console, code: str) -> int:
    """Says what a loss code means, why it happens and what to do."""
    from transhumance.plans.face.problems import show_code

    return show_code(console, code)


@main.command()
@PLAN
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="folder, default report/")
@face
def report(console: Console, plan: Path, folder: Path | None) -> int:
    """Writes the reversibility report as things stand: JSON, HTML, CSV, summary."""
    from transhumance.plans.face.reports import show_report

    with _project(console, plan) as project:
        return show_report(console, project, folder or project.loaded.base / "report", None)


@main.group()
def archive() -> None:
    """The open archive."""


@archive.command(name="ls")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@face
def archive_ls(console: Console, folder: Path) -> int:
    """Lists what an archive holds."""
    from transhumance.plans.face.archives import show_listing

    return show_listing(console, folder)


@archive.command(name="verify")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@face
def archive_verify(console: Console, folder: Path) -> int:
    """Reads an archive again and names what is missing, altered or stray."""
    from transhumance.plans.face.archives import show_verification

    return show_verification(console, folder)


@main.group()
def ledger() -> None:
    """The ledger's own copies."""


@ledger.command(name="backup")
@PLAN
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="folder for the copies")
@face
def ledger_backup(console: Console, plan: Path, folder: Path | None) -> int:
    """Copies the ledger by its store's own backup, while a run goes on too."""
    from transhumance.plans.face.endings import finished
    from transhumance.plans.ledger.backup import backup

    with _project(console, plan) as project:
        _ = project.ledger
        path = backup(project.state, folder or project.state / "backup")
    return finished(console, "backup", f"Registre copié dans {path}", f"Ledger copied to {path}", path=str(path))


@ledger.command(name="restore")
@PLAN_FIRST
@click.argument("copy", type=click.Path(exists=True, file_okay=False, path_type=Path))
@face
def ledger_restore(console: Console, plan: Path, copy: Path) -> int:
    """Puts a copy in the ledger's place; the present one is kept aside."""
    from transhumance.plans.commands.restoring import restore_ledger
    from transhumance.plans.face.endings import finished

    with _project(console, plan) as project:
        restore_ledger(project, copy)
    return finished(console, "restore", "Registre restauré.", "Ledger restored.", f"transhume resume {plan}")


@main.command()
@face
def connectors(console: Console) -> int:
    """Lists the connectors: what each reads and writes, and what is true of it."""
    from transhumance.plans.face.connectorlist import show_connectors

    return show_connectors(console)


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
@click.option("--scale", type=int, default=1, show_default=True, help="how many times the sample estate")
@click.option("--seed", type=int, default=2026, show_default=True, help="seed of the draw")
@face
def demo(console: Console, folder: Path, scale: int, seed: int) -> int:
    """The main job on a fictional hospital: from check to return, then where to look."""
    from transhumance.plans.demo import demonstrate

    return demonstrate(console, folder, scale, seed)


if __name__ == "__main__":
    main()
