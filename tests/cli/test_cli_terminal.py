"""On a terminal: colour and a live line; the result stays apart from both."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import Any


def on_terminal(estate: Any, *words: str, both: bool = False, **environment: str) -> tuple[int, str, str]:
    """Runs a command whose stderr (and stdout, for `both`) is a terminal: exit code, the pipe's text, the
    terminal's."""
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "transhumance.cli", *words],
        cwd=estate.folder,
        env={**os.environ, **estate.environment, "TERM": "xterm", "COLUMNS": "200", **environment},
        stdin=subprocess.DEVNULL,
        stdout=follower if both else subprocess.PIPE,
        stderr=follower,
    )
    os.close(follower)
    told = b""
    while True:
        try:
            block = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        told += block
    os.close(leader)
    out = b"" if running.stdout is None else running.stdout.read()
    return running.wait(timeout=60), out.decode(), told.decode()


def test_the_live_line_is_on_stderr_and_the_result_on_stdout(approved: Any) -> None:
    code, out, told = on_terminal(approved, "run", "--wave", "pilote", "--lang", "en")
    assert code == 0 and "11 written" in out and "\x1b" not in out, "a piped result has no colour"
    assert "11 written" not in told and "pilote initial" in told


def test_colour_and_no_colour(approved: Any) -> None:
    code, _, told = on_terminal(approved, "status", both=True)
    assert code == 2 and "\x1b[1m" in told
    _, _, plain = on_terminal(approved, "status", both=True, NO_COLOR="1")
    assert "\x1b" not in plain and "essai-2026" in plain
