"""A whole story on the command line, as people read it in French and in English: one file a language and chapter.

`TRANSHUMANCE_REGENERATE=1` writes them again; the difference is then reviewed by eye.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parent / "golden"

CHAPTERS: dict[str, tuple[str, ...]] = {
    "1-before": ("check", "status", "run", "assess"),
    "2-plan": ("plan", "plan --wave pilote", "status", "trace --person alice"),
    "3-dry-run": ("dry-run --wave pilote", "approve --wave pilote --yes", "approve --wave reste --yes"),
    "4-run": ("run", "run", "quarantine list", "verify", "run --wave reste", "quarantine list", "status"),
    "5-trace": (
        "trace --person alice@chu.example",
        "trace --person ALICE --name a003",
        "trace --person alice --message-id s1@chu.example",
        "trace --person alice --name no-such-item",
        "trace --person bob --name note",
        "trace --person nobody",
    ),
    "6-decide": (
        "quarantine retry plan.yaml",
        "status",
        "run --wave reste",
        "quarantine skip plan.yaml 2 99",
        "quarantine skip 2",
        "quarantine list",
        "pause",
        "status",
    ),
    "7-switch": (
        "cutover --wave pilote",
        "cutover --wave pilote --yes",
        "run --wave pilote",
        "rollback --wave pilote --yes",
        "status",
        "return --wave pilote --yes",
        "status",
        "cutover --wave reste --yes",
        "finalize --wave pilote --type-name reste",
        "rollback --wave reste --yes",
        "archive verify archive",
    ),
}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_story(lang: str, estate: Any, steady: Any) -> None:
    for chapter, commands in CHAPTERS.items():
        told = "".join(_told(estate, command, lang, steady) for command in commands)
        _compare(GOLDEN / lang / f"{chapter}.txt", told)


def _told(estate: Any, command: str, lang: str, steady: Any) -> str:
    said = estate(*command.split(), lang=lang)
    out = _without_summary(said.out)
    talk = "".join(f"! {line}\n" for line in said.err.splitlines())
    return steady(f"$ transhume {command}\n{talk}{out.rstrip()}\n= {said.code}\n\n", estate.folder)  # type: ignore[no-any-return]


def _without_summary(text: str) -> str:
    """The report's summary has golden files of its own."""
    return re.sub(
        r"(?ms)^(RAPPORT DE|REVERSIBILITY REPORT).*?(?=^(Rapport|Report), )", "<summary of the report>\n", text
    )


def _compare(path: Path, text: str) -> None:
    if os.environ.get("TRANSHUMANCE_REGENERATE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_the_shelf(empty: Any, steady: Any) -> None:
    """Commands that need no plan."""
    for lang in ("fr", "en"):
        commands = (
            "explain GEN-SIZE-01",
            "explain gen-conflict-01",
            "explain NO-SUCH-99",
            "archive verify .",
            "status",
        )
        told = "".join(_told(empty, command, lang, steady) for command in commands)
        told = re.sub(r"(proches : |near ones: ).*", r"\1<codes>", told)
        _compare(GOLDEN / lang / "8-no-plan.txt", told)
