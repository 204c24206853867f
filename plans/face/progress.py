"""Progress: a live block on a terminal, plain lines otherwise, JSON events for machines.

A wait never lacks its reason, a count never lacks its total; no time left is told before one part in a hundred is done.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any

from transhumance.plans.engine.job import Job
from transhumance.plans.face.console import Console, duration, number, size

PLAIN_EVERY = 30.0
LIVE_EVERY = 0.2


class Progress:
    """Give `report` to a pass. Use it as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Any = None
        self._lock = threading.Lock()
        self._last = 0.0
        self._started = time.monotonic()
        self._job: Job | None = None

    def __enter__(self) -> Progress:
        if not self._console.as_json and sys.stderr.isatty():
            from rich.console import Console as Terminal
            from rich.live import Live

            self._live = Live(console=Terminal(stderr=True), refresh_per_second=4, transient=True)
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)

    def report(self, job: Job) -> None:
        """Called after each commit and each container; prints when it is time to."""
        with self._lock:
            if self._job is not job:
                self._job, self._started, self._last = job, time.monotonic(), time.monotonic()
            moment = time.monotonic()
            if moment - self._last < (LIVE_EVERY if self._live or self._console.as_json else PLAIN_EVERY):
                return
            self._last = moment
            self._print(job)

    def _print(self, job: Job) -> None:
        line = status_line(job, time.monotonic() - self._started, self._console.lang)
        if self._console.as_json:
            counts = job.counts
            self._console.emit(
                "status",
                wave=job.wave.id,
                **{"pass": job.kind},
                done=counts.done,
                total=counts.todo,
                bytes=counts.size,
                problems=counts.problems,
            )
        elif self._live is not None:
            self._live.update(line)
        else:
            print(line, file=sys.stderr, flush=True)


def status_line(job: Job, seconds: float, lang: str) -> str:
    """One line that can be searched: how far, of how many, how fast, what it waits for, how long yet."""
    counts = job.counts
    rate = counts.done / seconds if seconds > 0 else 0.0
    share = counts.done / counts.todo if counts.todo else 0.0
    parts = [
        f"{job.wave.id} {job.kind}",
        f"{number(counts.done, lang)}/{number(counts.todo, lang)} {share:.1%}",
        f"{number(int(rate), lang)}/s",
        size(counts.size, lang),
    ]
    if counts.problems:
        parts.append(f"{counts.problems} problèmes" if lang == "fr" else f"{counts.problems} problems")
    waits = [e.gate.waiting for e in job.project.endpoints() if e.gate.waiting]
    if waits:
        parts.append(("attend : " if lang == "fr" else "waits: ") + waits[0])
    listed = counts.containers == counts.containers_total
    if share >= 0.01 and rate and listed:
        left = duration((counts.todo - counts.done) / rate, lang)
        parts.append(f"reste {left}" if lang == "fr" else f"ETA {left}")
    return "  ".join(parts)
