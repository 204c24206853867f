"""`run --every`: durations as the plan writes them, waits that say why, ends that leave nothing half done."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import StopEndpoint, Text, UserError
from transhumance.plans.commands import approval, forward
from transhumance.plans.face import running as module
from transhumance.plans.face.console import Console
from transhumance.plans.face.running import duration_of, repeat, run_waves
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(("text", "hours"), [("30m", 0.5), ("24h", 24), ("7d", 168), ("2w", 336)])
def test_durations(text: str, hours: float) -> None:
    assert duration_of(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "15", "m", "0m", "1.5h", "-1h", "15 m", "9999999s"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(UserError) as told:
        duration_of(text)
    assert told.value.where == "--every" and "15m" in told.value.text.en


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes by naps only."""
    slept: list[float] = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    monkeypatch.setattr(module.time, "monotonic", lambda: sum(slept))
    return slept


def test_it_repeats_until_a_pause_is_asked_for(
    tmp_path: Path, naps: list[float], console: Console, capsys: Captured
) -> None:
    flag, turns = tmp_path / "pause", [0]

    def once() -> tuple[int, bool]:
        turns[0] += 1
        if turns[0] == 3:
            flag.touch()
        return 2, False

    assert repeat(console, flag, "10s", once) == 2, "what waits for a person does not stop it"
    assert turns == [3] and sum(naps) == 20.0
    told = capsys.readouterr()
    assert told.out == "" and console.text("Prochaine passe à", "Next pass at") in told.err


def test_a_pause_while_it_waits(tmp_path: Path, console: Console, capsys: Captured, monkeypatch: Any) -> None:
    flag = tmp_path / "pause"
    monkeypatch.setattr(module.time, "sleep", lambda seconds: flag.touch())
    assert repeat(console, flag, "1h", lambda: (0, False)) == 0
    assert console.text("rien n'est en cours", "nothing is under way") in capsys.readouterr().err


def test_an_interruption_while_it_waits(tmp_path: Path, english: Console, monkeypatch: Any) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", interrupt)
    assert repeat(english, tmp_path / "pause", "1h", lambda: (0, False)) == 0


def test_an_error_or_a_signal_ends_it(tmp_path: Path, naps: list[float], english: Console) -> None:
    assert repeat(english, tmp_path / "pause", "1h", lambda: (1, False)) == 1
    assert repeat(english, tmp_path / "pause", "1h", lambda: (0, True)) == 0
    assert naps == []

    def broken() -> tuple[int, bool]:
        raise StopEndpoint(Text("refusé", "refused"))

    with pytest.raises(StopEndpoint):
        repeat(english, tmp_path / "pause", "1h", broken)


def test_a_closed_window_is_waited_for(tmp_path: Path, naps: list[float], english: Console, capsys: Captured) -> None:
    turns: list[int] = []

    def once() -> tuple[int, bool]:
        turns.append(1)
        if len(turns) == 1:
            raise UserError(Text("hors fenêtre", "outside the window"), where="windows")
        return 0, True

    assert repeat(english, tmp_path / "pause", "15m", once) == 0
    assert len(turns) == 2 and sum(naps) == 900.0 and "outside the window" in capsys.readouterr().err


def test_what_was_done_is_shown_though_a_later_wave_fails(
    memory: Any, english: Console, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.ready()
    really = module.forward

    def second_fails(project: Any, names: list[str], kind: Any, report: Any) -> Any:
        if names == ["reste"]:
            raise UserError(Text("non", "no"))
        return really(project, names, kind, report)

    monkeypatch.setattr(module, "forward", second_fails)
    with pytest.raises(UserError):
        run_waves(english, memory.project, None, None)
    assert "40 written" in capsys.readouterr().out


def test_a_wave_that_nobody_need_approve_runs_by_itself(memory: Any, english: Console) -> None:
    path = memory.project.loaded.path
    path.write_text(path.read_text().replace("{required: 1}", "{required: 0}"))
    memory.project.close()
    memory.project = Project.open(path, "en")
    assess(memory.project)
    forward.plan(memory.project)
    assert run_waves(english, memory.project, None, None) == 0
    assert {row.state for row in memory.project.ledger.waves()} == {"ready"}
    assert not memory.project.window_closed


def test_nothing_is_approved(memory: Any, console: Console, capsys: Captured) -> None:
    assess(memory.project)
    forward.plan(memory.project)
    assert run_waves(console, memory.project, None, None) == 2
    assert "dry-run" in capsys.readouterr().out
    approval.approve(memory.project, "reste", "dsi")
    assert run_waves(console, memory.project, None, None) == 0
