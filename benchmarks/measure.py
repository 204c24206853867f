"""Timing whole processes: wall time, CPU time and the peak of resident memory over a process and its children."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TRANSHUME = [sys.executable, "-m", "transhumance.cli"]


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of wall and CPU time, and the peak in MiB of the process and of its whole tree (proportional shares)."""

    wall: float
    cpu: float
    peak: float
    tree: float
    output: str


def run(
    command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None, codes: tuple[int, ...] = (0, 2)
) -> Run:
    """Runs a command to its end. Raises `RuntimeError` with its output when it fails."""
    started = time.monotonic()
    before = os.times()
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peaks = [0.0, 0.0]
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks, ended))
    watcher.start()
    output, _ = process.communicate()
    ended.set()
    watcher.join()
    after = os.times()
    if process.returncode not in codes:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{output}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(time.monotonic() - started, cpu, peaks[0], peaks[1], output)


def transhume(*arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Run:
    """Runs our own command line."""
    return run([*TRANSHUME, *arguments], cwd, env)


def _watch(pid: int, peaks: list[float], ended: threading.Event) -> None:
    while not ended.wait(0.05):
        own = _pss(pid)
        peaks[0] = max(peaks[0], own)
        peaks[1] = max(peaks[1], own + sum(_pss(child) for child in _children(pid)))


def _pss(pid: int) -> float:
    """Proportional set size in MiB; 0 for a process that is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def _children(pid: int) -> list[int]:
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *_children(int(child))]
    except OSError:
        pass
    return found


def machine() -> str:
    """What the figures were measured on."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    return f"{os.cpu_count()} cores, {model}, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}"
