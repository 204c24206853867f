"""The command as a process of its own: exit codes, what goes where, terminals that can't show a name, signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ANSI = re.compile(r"\x1b")


@pytest.mark.slow
def test_a_story_by_its_exit_codes(estate: Any) -> None:
    expected = (
        ("check", 0),
        ("assess", 2),  # a subject is matched to nobody
        ("plan --wave pilote", 0),
        ("run", 2),  # not approved yet
        ("dry-run --wave pilote", 0),
        ("approve --wave pilote", 1),  # nobody answers
        ("approve --wave pilote --yes", 0),
        ("run", 0),
        ("verify", 0),
        ("cutover --wave pilote --yes", 0),
        ("run --wave pilote", 1),  # the target is master
        ("archive verify archive", 0),
        ("return --wave pilote --yes", 0),
        ("explain NO-SUCH-01", 1),
        ("rnu", 1),
    )
    for command, code in expected:
        said = estate.process(*command.split())
        assert said.code == code, (command, said)
        assert "Traceback" not in said.err and not ANSI.search(said.out + said.err), command


def test_hostile_names_never_reach_the_terminal(planned: Any) -> None:
    planned("approve", "--wave", "reste", "--yes")
    planned.environment["PYTHONIOENCODING"] = "ascii"
    for command in (["plan"], ["quarantine", "list"]):
        said = planned.process(*command)
        assert not ANSI.search(said.out + said.err) and "\u202e" not in said.out, command
        assert "Traceback" not in said.err
        assert said.out.isascii() and said.err.isascii(), command


def test_the_reader_may_go_away(planned: Any) -> None:
    script = f"{sys.executable} -m transhumance.cli connectors | true"
    ended = subprocess.run(["bash", "-c", script], cwd=planned.folder, capture_output=True, timeout=60)
    assert b"Traceback" not in ended.stderr and b"BrokenPipe" not in ended.stderr


@pytest.mark.slow
def test_a_signal_pauses_and_resume_goes_on(approved: Any) -> None:
    box = approved.folder / "boites" / "alice@chu.example" / "INBOX"
    sample = (box / "a000.eml").read_bytes()
    for number in range(6000):
        (box / f"m{number:05}.eml").write_bytes(sample)
    environment = _environment(approved)
    running = subprocess.Popen(
        [sys.executable, "-m", "transhumance.cli", "run", "--wave", "pilote", "--lang", "en", "--json"],
        cwd=approved.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    first = running.stdout.readline()  # the first event: work is under way
    assert '"progress"' in first, first
    status = approved("status", "--json").one("status")
    assert status["running"]["pass"] == "initial" and status["running"]["wave"] == "pilote"
    refused = approved("run", "--wave", "pilote", lang="en")
    assert refused.code == 1 and "another process is at work already" in refused.err
    running.terminate()
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0 and "Traceback" not in err
    if '"paused"' not in out:
        pytest.skip("the run was over before the signal came")
    assert "transhume resume" in out
    again = approved("resume", lang="en")
    assert again.code == 0 and "6,011" in again.out, again


def _environment(estate: Any) -> dict[str, str]:
    return {**os.environ, **estate.environment, "TRANSHUMANCE_CODECS": "inline"}


LAZY = ("pydantic", "sqlalchemy", "rich", "ruamel", "jinja2", "icalendar")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--lang", "fr", "quarantine", "list", "--help"]])
def test_help_imports_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    script = f"""
import sys
from transhumance.cli import main
try:
    main({words!r})
except SystemExit as ended:
    assert ended.code == 0, ended.code
print([name for name in {LAZY!r} if name in sys.modules])
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "[]"


def test_an_unforeseen_error_is_told_and_its_trace_kept(planned: Any) -> None:
    script = """
import sys
import transhumance.plans.commands.forward as forward
def broken(*words, **more):
    raise ZeroDivisionError("patient: Alice")
forward.plan = broken
from transhumance.cli import main
main(["plan", "--lang", "en"])
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=planned.folder, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1 and "Traceback" not in ended.stderr and "Alice" not in ended.stderr
    assert "Defect of the tool: ZeroDivisionError" in ended.stderr
    (kept,) = (planned.folder / ".transhumance").glob("defect-*.txt")
    assert "ZeroDivisionError" in kept.read_text() and kept.stat().st_mode & 0o077 == 0


def test_a_damaged_ledger_is_told(planned: Any) -> None:
    (planned.folder / ".transhumance" / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    for suffix in ("-wal", "-shm"):
        (planned.folder / ".transhumance" / f"ledger.sqlite{suffix}").unlink(missing_ok=True)
    said = planned("status", lang="en")
    assert said.code == 1 and "ledger restore" in said.err


def test_watch_ends_by_a_signal(planned: Any) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "transhumance.cli", "status", "--watch", "--json"],
        cwd=planned.folder,
        env=_environment(planned),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert '"status"' in running.stdout.readline()
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode in (0, 2) and "Traceback" not in err
