"""Progress: a live line on a terminal, plain lines otherwise, JSON events for machines.

A wait never lacks its reason, a count never lacks its total; no time left is told before one part in a hundred is done.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from transhumance.connectors.contract import Text
from transhumance.plans.engine.job import Job
from transhumance.plans.face import words
from transhumance.plans.face.console import Console, duration, number, printable, share, size
from transhumance.plans.face.nextstep import ITEMS, open_problems

LIVE_EVERY = 0.2
JSON_EVERY = 1.0
DENSE, DENSE_EVERY, PLAIN_EVERY = 60.0, 5.0, 30.0  # in the first minute a plain line each 5 s, then each 30 s
COUNT_EVERY = 2.0
ETA_FROM = 0.01


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a pass is. `before`: what earlier tries of it did, so that its rate is this run's own."""

    wave: str
    kind: str
    done: int
    total: int
    before: int
    size: int
    problems: int
    listed: bool
    seconds: float
    waiting: Text | None = None

    @property
    def rate(self) -> float:
        """Items a second in this run."""
        return max(self.done - self.before, 0) / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds to the end; None while too little is known to tell."""
        if not self.listed or not self.rate or self.done < self.total * ETA_FROM:
            return None
        return max(self.total - self.done, 0) / self.rate


class Progress:
    """Give `report` to a pass. Use it as a context manager, and print results after it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Any = None
        self._lock = threading.Lock()
        self._last = self._started = time.monotonic()
        self._job: Job | None = None
        self._before = (0, 0)
        self._asked, self._problems = -COUNT_EVERY, 0

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
            moment = time.monotonic()
            if self._job is not job:
                self._begin(job, moment)
            elif moment - self._last < self._pause(moment):
                return
            self._last = moment
            now = standing(job, moment - self._started, *self._before)
            self._print(replace(now, problems=self._open_problems(job, moment)))

    def _begin(self, job: Job, moment: float) -> None:
        """A new pass: what the ledger knows of it and this process did not do was done before an interruption."""
        known = job.project.ledger.progress(job.row.id)
        self._job, self._started = job, moment
        self._before = max(known.done - job.counts.done, 0), max(known.total - job.counts.todo, 0)

    def _open_problems(self, job: Job, moment: float) -> int:
        """How many items wait for a person, as every other screen counts them; asked of the ledger now and then."""
        if job.counts.problems and moment - self._asked >= COUNT_EVERY:
            self._asked, self._problems = moment, open_problems(job.project, job.wave.id, *ITEMS)
        return self._problems if job.counts.problems else 0

    def _pause(self, moment: float) -> float:
        if self._console.as_json:
            return JSON_EVERY
        if self._live is not None:
            return LIVE_EVERY
        return DENSE_EVERY if moment - self._started < DENSE else PLAIN_EVERY

    def _print(self, now: Standing) -> None:
        line = printable(status_line(now, self._console.lang))
        if self._console.as_json:
            self._emit(now)
        elif self._live is not None:
            from rich.text import Text

            self._live.update(Text(line))  # not markup: a server's words may hold brackets
        elif now.seconds > 0:
            print(line, file=sys.stderr, flush=True)

    def _emit(self, now: Standing) -> None:
        self._console.emit(
            "progress",
            wave=now.wave,
            **{"pass": now.kind},
            done=now.done,
            total=now.total,
            listed=now.listed,
            bytes=now.size,
            problems=now.problems,
            rate=round(now.rate, 1),
            eta=None if now.left is None else round(now.left, 1),
            waiting=self._console.of(now.waiting) if now.waiting else "",
        )


def standing(job: Job, seconds: float, done_before: int = 0, total_before: int = 0) -> Standing:
    """How far a job is now."""
    counts = job.counts
    waits = [endpoint.gate.waiting for endpoint in job.project.endpoints() if endpoint.gate.waiting]
    listed = counts.containers == counts.containers_total
    total = max(total_before + counts.todo, done_before + counts.done)
    return Standing(
        job.wave.id,
        job.kind,
        done_before + counts.done,
        total,
        done_before,
        counts.size,
        counts.problems,
        listed,
        seconds,
        waits[0] if waits else None,
    )


def status_line(now: Standing, lang: str) -> str:
    """One line that can be searched: how far, of how many, how fast, what it waits for, how long yet."""
    parts = [
        f"{now.wave} {words.word(words.PASS, now.kind, lang)}",
        f"{number(now.done, lang)}/{number(now.total, lang)} {share(now.done, now.total, lang)}",
        f"{number(round(now.rate), lang)}/s",
        size(now.size, lang),
    ]
    if now.problems:
        problem = words.plural(now.problems, ("problème", "problem"), ("problèmes", "problems"), lang)
        parts.append(f"{number(now.problems, lang)} {problem}")
    if now.waiting:
        parts.append(f"attend : {now.waiting.fr}" if lang == "fr" else f"waits: {now.waiting.en}")
    if now.left is not None:
        parts.append(("reste " if lang == "fr" else "ETA ") + duration(now.left, lang))
    elif not now.listed:
        parts.append("inventaire en cours" if lang == "fr" else "still listing")
    return "  ".join(parts)
