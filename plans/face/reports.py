"""The reversibility report, written and summed up; what a verification found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transhumance.connectors.contract import Text, UserError
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, Styled, number, share
from transhumance.plans.face.nextstep import next_step
from transhumance.plans.facts import gather
from transhumance.plans.project import Project
from transhumance.plans.report import ReportDefect, build, summary, write


def show_report(console: Console, project: Project, folder: Path, pass_: str | None, wave: str | None = None) -> int:
    """Writes the report and prints its summary; 2 when it asks for decisions, 1 when its facts contradict each
    other."""
    facts = gather(project, pass_)
    langs = (console.lang, "en" if console.lang == "fr" else "fr")
    try:
        paths = write(facts, folder, langs)
        document = build(facts)
    except ReportDefect as error:
        raise _contradiction(error) from None
    console.result(summary(document, console.lang))
    decisions = len(document["decisions"])
    step = next_step(project, wave)
    console.out(f"Rapport, {len(paths)} fichiers dans {folder} :", f"Report, {len(paths)} files in {folder}:")
    console.result("\n".join(f"  {path.name}" for path in paths if path.suffix != ".csv"))
    console.emit(
        "report",
        folder=str(folder),
        files=sorted(path.name for path in paths),
        decisions=decisions,
        classes=[_verdict(row) for row in document["verdicts"]],
        exit_code=2 if decisions else 0,
        next=step.command,
    )
    if decisions:
        console.next(
            f"lire {folder / 'reversibility.html'} ({decisions} décision(s) à prendre), puis {step.command}",
            f"read {folder / 'reversibility.html'} ({decisions} decision(s) to take), then {step.command}",
        )
        return 2
    text = step.text()
    console.next(text.fr, text.en)
    return 0


def _verdict(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("wave", "workload", "target", "class", "items") if name in row}


def _contradiction(error: ReportDefect) -> UserError:
    said = str(error)
    return UserError(
        Text(
            f"Rapport non écrit, ses faits se contredisent : {said}. Défaut de l'outil ; le registre est intact",
            f"Report not written, its facts contradict each other: {said}. A defect of the tool; the ledger is intact",
        ),
        where="report",
    )


def show_verification(console: Console, project: Project, waves: Sequence[str]) -> int:
    """What the last verification of each wave found; 2 where there are defects, or where nothing was verified."""
    rows: list[list[Cell]] = []
    code = 0
    for wave in waves:
        last = {(r["workload"], r["target"]): r for r in project.ledger.verifications(wave)}
        if not sum(row["checked"] for row in last.values()):
            console.out(f"{wave} : rien n'a été relu.", f"{wave}: nothing was read back.", "warn")
            code = 2
        for row in last.values():
            code = 2 if row["defects"] else code
            rows.append(_row(console, row))
            names = ("wave", "workload", "target", "method", "checked", "defects", "sample", "seed")
            console.emit("verification", **{name: row[name] for name in names})
    head_fr = ["vague", "domaine", "cible", "relus", "défauts", "part", "échantillon à faire voir à des personnes"]
    head_en = ["wave", "workload", "target", "read back", "defects", "share", "sample for people to look at"]
    console.table(head_fr if console.lang == "fr" else head_en, rows, right=(3, 4, 5, 6))
    step = next_step(project, waves[0] if len(waves) == 1 else None)
    console.emit("summary", waves=len(waves), exit_code=code, next=step.command)
    text = step.text()
    console.next(text.fr, text.en)
    return code


def _row(console: Console, row: Mapping[str, Any]) -> list[Cell]:
    lang, defects = console.lang, row["defects"]
    style = "bad" if defects else "good"
    return [
        row["wave"],
        words.word(words.WORKLOAD, row["workload"], lang),
        row["target"],
        number(row["checked"], lang),
        Styled(number(defects, lang), style),
        share(defects, row["checked"], lang) if row["checked"] else "-",
        number(row["sample"], lang),
    ]
