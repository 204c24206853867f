"""Two workers on one plan: the second is refused or takes over, a late one has no effect; a day-old ledger goes on."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .test_kill import (
    DRIVER,
    Outcome,
    differences,
    drive,
    finish,
    mutate,
    outcome,
    prepared,
    undisturbed,
)

__all__ = ["prepared", "undisturbed"]
pytestmark = pytest.mark.slow


def start(folder: Path, fault: str, lease: float) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "TRANSHUMANCE_FAULT": fault,
        "TRANSHUMANCE_CODECS": "inline",
        "TRANSHUMANCE_CHUNK_ITEMS": "3",
        "TRANSHUMANCE_ACTOR": "chaos",
        "TRANSHUMANCE_LEASE": str(lease),
    }
    command = [sys.executable, str(DRIVER), str(folder / "plan.yaml"), "run"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stopped(process: subprocess.Popen[str]) -> bool:
    """Whether the process is stopped by SIGSTOP."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def until_stopped(process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        if stopped(process):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("the armed point was not reached")


def locked(folder: Path) -> list[Path]:
    """The databases into which a stopped process was just writing: SQLite lets nobody else write there."""
    held = []
    for path in (p for p in folder.rglob("*") if p.is_file() and p.open("rb").read(15) == b"SQLite format 3"):
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
                database.execute("ROLLBACK")
            except sqlite3.OperationalError:
                held.append(path)
    return held


@pytest.mark.parametrize(
    "name", ["page.manifest", "chunk.claimed", "intent.committed", "effect.done", "output.manifest"]
)
def test_stopped_past_its_lease_a_worker_has_no_effect_when_it_wakes(
    name: str, prepared: Path, undisturbed: Outcome, tmp_path: Path
) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(prepared, folder)
    late = start(folder, f"{name}:2:stop", lease=2)
    until_stopped(late)
    taker = None
    try:
        refused = start(folder, "", lease=2)
        text, _ = refused.communicate(timeout=60)
        assert refused.returncode == 4 and "another process is at work" in text
        # a process stopped within a transaction holds SQLite's own lock: nobody can take over, and the text says so
        if "has held the ledger" not in text:
            time.sleep(3)
            held = locked(folder)
            taker = start(folder, "", lease=2)
            if not held:
                assert taker.wait(timeout=120) == 0, taker.communicate()
    finally:
        os.kill(late.pid, signal.SIGCONT)
    if taker is not None:  # where the sleeper held a lock of another database, it can end only now
        assert taker.wait(timeout=120) == 0, taker.communicate()
    text, errors = late.communicate(timeout=120)
    assert late.returncode in (0, 3, 4) and "Traceback" not in errors, (late.returncode, text, errors)
    finish(folder)
    mutate(folder)
    assert drive(folder, "run", "verify") == 0
    assert differences(outcome(folder), undisturbed) == []


def test_a_killed_worker_is_taken_over_at_once(prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(prepared, folder)
    killed = start(folder, "effect.done:1", lease=600)
    assert killed.wait(timeout=60) == -signal.SIGKILL
    finish(folder)


def test_a_ledger_restored_a_day_old_loses_nothing_and_repeats_nothing(
    prepared: Path, undisturbed: Outcome, tmp_path: Path
) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(prepared, folder)
    assert drive(folder, "backup") == 0
    assert drive(folder, "run") == 0
    mutate(folder)
    assert drive(folder, "run") == 0
    assert drive(folder, "restore") == 0
    finish(folder)
    assert drive(folder, "run", "verify") == 0
    found = outcome(folder)
    assert (
        differences(Outcome(found.archive, found.copy, None), Outcome(undisturbed.archive, undisturbed.copy, None))
        == []
    )
