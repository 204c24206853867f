"""`status`: read from the ledger alone, while another process works too."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from transhumance.plans.commands import cutover, forward, quarantine
from transhumance.plans.commands.sessions import session
from transhumance.plans.face import status as module
from transhumance.plans.face.console import Console
from transhumance.plans.face.status import show_status, watched
from transhumance.plans.face.statusfacts import last_backup, running, wave_statuses
from transhumance.plans.ledger.sql import RUN
from transhumance.plans.project import Project

Captured = pytest.CaptureFixture[str]


def test_nothing_runs_and_nothing_is_lost(memory: Any, console: Console, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    assert show_status(console, memory.project) == 0
    out = capsys.readouterr().out
    assert console.text("Perdu ? Rien : 0 / 21", "Lost? Nothing: 0 / 21") in out
    assert console.text("En cours : rien", "At work: nothing") in out
    assert console.text("annulation possible", "a rollback is possible") in out


def test_who_works_how_far_and_how_to_stop(memory: Any, console: Console, capsys: Captured) -> None:
    memory.ready()
    looks: list[str] = []

    def look(job: Any) -> None:
        if not looks and job.counts.done:
            project = Project.open(memory.project.loaded.path)  # as another process would
            show_status(console, project)
            now = running(project)
            project.close()
            assert now is not None and now.what == "run" and now.pass_ is not None
            assert now.pass_.kind == "initial" and 0 < now.pass_.done <= now.pass_.total
            looks.append(capsys.readouterr().out)

    forward.run(memory.project, ["pilote"], None, look)
    (out,) = looks
    assert console.text("pilote copie initiale", "pilote initial copy") in out and "transhume pause" in out
    assert console.text("Arrêter est sans risque : Ctrl-C une fois", "Stopping is safe: Ctrl-C once") in out
    assert running(memory.project) is None


def test_a_dead_process_does_not_run(memory: Any) -> None:
    memory.ready()
    with session(memory.project, "run"):
        assert running(memory.project) is not None
    memory.project.ledger.take_lock(RUN, "otherhost/boot/42/7/x", -5.0, "run")
    assert running(memory.project) is None, "its lease ended"
    memory.project.ledger.take_lock(RUN, "otherhost/boot/42/7/x", 60.0, "run")
    now = running(memory.project)
    assert now is not None and (now.process, now.host) == ("42", "otherhost") and now.pass_ is None


def test_what_stayed_behind_counts_until_it_is_there(memory: Any, english: Console, capsys: Captured) -> None:
    memory.put("large", "x" * 2000)
    memory.ready()
    forward.run(memory.project, ["pilote"])
    assert show_status(english, memory.project) == 2
    assert "Lost? Nothing erased; 1 / 22 items stayed behind (quarantined: 1)" in capsys.readouterr().out
    (problem,) = memory.project.ledger.problems()
    quarantine.quarantine_retry(memory.project, [problem.id], "dsi")
    show_status(english, memory.project)
    assert "1 / 22 items stayed behind (to be done again: 1)" in capsys.readouterr().out
    quarantine.quarantine_skip(memory.project, [problem.id], "dsi")
    assert show_status(english, memory.project) == 0
    assert "1 / 22 items stayed behind (skipped by decision: 1)" in capsys.readouterr().out


def test_the_way_back_of_each_wave(memory: Any, english: Console, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    cutover.cutover(memory.project, "pilote")
    show_status(english, memory.project)
    assert "Turning back, pilote: a return is possible until `finalize`" in capsys.readouterr().out
    cutover.finalize(memory.project, "pilote")
    show_status(english, memory.project)
    assert "Turning back, pilote: the way back is closed" in capsys.readouterr().out
    found = {wave.row.id: wave for wave in wave_statuses(memory.project)}
    assert found["pilote"].subjects == {"mail": {"finalized": 1}} and found["pilote"].row.master == "target"


def test_completed_with_warnings(memory: Any) -> None:
    memory.put("large", "x" * 2000)
    memory.ready()
    forward.run(memory.project, ["pilote"])
    cutover.cutover(memory.project, "pilote")
    (pilot, _) = wave_statuses(memory.project)
    assert pilot.row.state == "cut_over" and pilot.subjects == {"mail": {"completed_with_warnings": 1}}


def test_the_last_backup(memory: Any, tmp_path: Path) -> None:
    assert last_backup(memory.project) is None
    memory.ready()
    forward.run(memory.project, ["pilote"])
    (memory.project.state / "backup" / "zzz-not-a-copy").mkdir()
    moment = last_backup(memory.project)
    assert moment is not None and abs((datetime.now(UTC) - moment).total_seconds()) < 60


def test_watching_repeats_until_it_is_interrupted(
    memory: Any, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.ready()
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", nap)
    assert watched(Console("en", as_json=True), memory.project) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message_type"] for line in lines] == ["status"] * 3 and naps == [2.0, 2.0, 2.0]


def test_status_of_a_long_ledger_is_quick(memory: Any) -> None:
    """It reads no item: ten thousand rows of the item map cost nothing."""
    memory.ready()
    forward.run(memory.project, ["pilote"])
    assert "items" in memory.project.__dict__
    memory.project.__dict__.pop("items").close()
    started = time.monotonic()
    wave_statuses(memory.project)
    running(memory.project)
    assert "items" not in memory.project.__dict__ and time.monotonic() - started < 5
