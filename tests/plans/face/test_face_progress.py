"""The line of progress, and what a machine is told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from transhumance.connectors.contract import Text
from transhumance.plans.commands import forward
from transhumance.plans.face import progress as module
from transhumance.plans.face.console import Console
from transhumance.plans.face.messages import faults_of
from transhumance.plans.face.progress import Progress, Standing, status_line


def standing(**more: Any) -> Standing:
    given: dict[str, Any] = {"wave": "vague-1", "kind": "initial", "done": 412300, "total": 1310000, "before": 0}
    given |= {"size": 212_000_000_000, "problems": 4, "listed": True, "seconds": 224.0}
    return Standing(**(given | more))


def test_one_line_says_how_far_how_fast_and_how_long() -> None:
    line = status_line(standing(), "en").replace("\u00a0", " ")
    assert line == "vague-1 initial copy  412,300/1,310,000 31.5%  1,841/s  212 GB  4 problems  ETA 8 min 07 s"
    french = re.sub("[\u00a0\u202f]", " ", status_line(standing(problems=1), "fr"))
    assert french == "vague-1 copie initiale  412 300/1 310 000 31,5 %  1 841/s  212 Go  1 problème  reste 8 min 07 s"


def test_a_wait_has_its_reason_and_no_eta_comes_too_early() -> None:
    waiting = status_line(standing(waiting=Text("exchange : occupé, 12 s", "exchange: ErrorServerBusy, 12 s")), "en")
    assert "waits: exchange: ErrorServerBusy, 12 s" in waiting
    assert "ETA" not in status_line(standing(done=100), "en")
    assert "still listing" in status_line(standing(listed=False), "en")


def test_the_rate_is_that_of_this_run() -> None:
    assert standing(before=400_000, seconds=10.0).rate == 1230.0
    assert standing(done=0, before=10).rate == 0.0 and standing(seconds=0.0).rate == 0.0


def test_events_for_machines(memory: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "JSON_EVERY", 0.0)
    memory.ready()
    with Progress(Console("en", as_json=True)) as progress:
        forward.run(memory.project, ["pilote"], None, progress.report)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines and all(faults_of(line) == [] for line in lines)
    assert (lines[-1]["done"], lines[-1]["total"], lines[-1]["listed"]) == (40, 40, True)
    assert all(line["done"] <= line["total"] for line in lines)


def test_plain_lines_where_there_is_no_terminal(
    memory: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DENSE_EVERY", 0.0)
    memory.ready()
    with Progress(Console("fr")) as progress:
        forward.run(memory.project, ["pilote"], None, progress.report)
    told = capsys.readouterr()
    assert told.out == "" and "pilote copie initiale" in told.err and "\x1b" not in told.err
