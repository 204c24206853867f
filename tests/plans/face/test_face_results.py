"""What passes came to: exit codes, words and what to do next, for each way in which a pass ends."""

from __future__ import annotations

from typing import Any

import pytest

from transhumance.connectors.contract import StopEndpoint, Text
from transhumance.plans.commands import cutover, forward, quarantine
from transhumance.plans.engine.runner import Result
from transhumance.plans.face.console import Console
from transhumance.plans.face.nextstep import next_step
from transhumance.plans.face.problems import show_problems
from transhumance.plans.face.reports import show_verification
from transhumance.plans.face.results import outcomes, show_results

Captured = pytest.CaptureFixture[str]


def shown(console: Console, memory: Any, results: list[Result], capsys: Captured) -> tuple[int, str]:
    code = show_results(console, memory.project, results)
    return code, capsys.readouterr().out


def test_done(memory: Any, english: Console, capsys: Captured) -> None:
    memory.ready()
    code, out = shown(english, memory, forward.run(memory.project, ["pilote"]), capsys)
    assert code == 0 and "40 written" in out and "40 / 40 items" in out  # the residue archive is a target too
    assert out.splitlines()[-1].startswith("Next: transhume verify ")
    code, out = shown(english, memory, forward.run(memory.project, ["pilote"]), capsys)
    assert code == 0 and "nothing to do" in out


def test_quarantined_items_ask_for_a_decision(memory: Any, english: Console, capsys: Captured) -> None:
    memory.put("large", "x" * 2000)
    memory.ready()
    code, out = shown(english, memory, forward.run(memory.project, ["pilote"]), capsys)
    assert code == 2 and "1 quarantined" in out and "1 waiting for a decision" in out
    assert "quarantine list" in out.splitlines()[-1]
    code, _ = shown(english, memory, forward.run(memory.project, ["pilote"]), capsys)
    assert code == 2, "a second run has nothing to do, and the decision is still wanted"
    assert show_problems(english, memory.project, None) == 2
    listed = capsys.readouterr().out
    assert "GEN-SIZE-01" in listed and "Remedy:" in listed and "large" in listed
    (problem,) = memory.project.ledger.problems()
    quarantine.quarantine_skip(memory.project, [problem.id], "dsi")
    assert show_problems(english, memory.project, None) == 0
    code, _ = shown(english, memory, forward.run(memory.project, ["pilote"]), capsys)
    assert code == 0


def test_held_says_why(memory: Any, console: Console, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    for number in range(10):
        del memory.source.items[memory.inbox().key][f"a{number:03}".encode()]
    code, out = shown(console, memory, forward.run(memory.project, ["pilote"]), capsys)
    assert code == 2 and "10" in out and "20" in out and "max_share" not in out
    assert "quarantine list" in out.splitlines()[-1]


def test_stopped_says_why_and_how_to_resume(
    memory: Any, console: Console, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.ready()

    def broken(*words: Any) -> Any:
        raise StopEndpoint(Text("mot de passe refusé", "password refused"))

    monkeypatch.setattr(type(memory.project.endpoint("source").source), "fetch", broken)
    code, out = shown(console, memory, forward.run(memory.project, ["pilote"]), capsys)
    assert code == 1 and console.text("mot de passe refusé", "password refused") in out
    assert "transhume resume" in out.splitlines()[-1]
    monkeypatch.undo()
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    memory.project.stop.clear()
    code, out = shown(console, memory, forward.run(memory.project, ["pilote"]), capsys)
    assert code == 0 and "40 / 40" in out, "what was listed before the stop counts in the total"


def test_paused_is_no_error(memory: Any, english: Console, capsys: Captured) -> None:
    memory.ready()

    def pause(job: Any) -> None:
        memory.project.stop.set()

    code, out = shown(english, memory, forward.run(memory.project, ["pilote"], None, pause), capsys)
    assert code == 0 and "paused" in out and "transhume resume" in out.splitlines()[-1]


def test_what_a_verification_finds(memory: Any, console: Console, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    place = next(c.key for c in memory.target.containers.values())
    del memory.target.items[place][b"a005"]
    results = cutover.verify(memory.project, ["pilote"])
    code, out = shown(console, memory, results, capsys)
    assert code == 2 and console.text("1 manquant ou différent", "1 missing or different") in out
    assert show_verification(console, memory.project, ["pilote"]) == 2
    assert "5" in capsys.readouterr().out
    assert show_verification(console, memory.project, ["reste"]) == 2, "nothing was read back"


def test_words_agree_with_their_counts() -> None:
    assert outcomes("initial", {"written": 1, "quarantined": 2}, "fr") == "1 écrit, 2 en quarantaine"
    assert outcomes("verify", {"written": 1, "unchanged": 1200}, "fr") == "1\u202f201 égaux à la relecture"
    assert outcomes("rollback", {"assessed": 3, "removed": 1}, "en") == "4 undone"
    assert outcomes("initial", {"newly-invented": 3}, "en") == "3 newly-invented"


def test_the_next_step_follows_the_waves(memory: Any) -> None:
    project = memory.project
    assert next_step(project).command.startswith("transhume assess")
    memory.ready()
    assert "run" in next_step(project).command
    forward.run(project, ["pilote", "reste"])
    assert next_step(project).command.endswith("--wave pilote") and "verify" in next_step(project).command
    cutover.verify(project, ["pilote"])
    assert "cutover" in next_step(project).command
    cutover.cutover(project, "pilote")
    assert "verify" in next_step(project).command, "the next wave comes before the way back is closed"
    assert "finalize" in next_step(project, "pilote").command
    cutover.finalize(project, "pilote")
    assert "report" in next_step(project, "pilote").command
