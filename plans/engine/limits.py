"""An endpoint's budget: calls at once, requests a second, megabits a second; and what happens when it says "later".

A server's own hint rules; without one the wait grows, with jitter, up to a cap. Every wait can be interrupted and has
a reason.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from transhumance.connectors.contract import Limits, Retry, StopEndpoint, Text

T = TypeVar("T")
TRIES = 8
FIRST_WAIT, LONGEST_WAIT = 0.5, 120.0


class Stopped(Exception):
    """A wait was interrupted because the run is being paused."""


class Bucket:
    """A token bucket: `rate` tokens a second, at most one second's worth saved up."""

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._lock = threading.Lock()
        self._level, self._at = rate or 0.0, clock()

    def take(self, tokens: float) -> float:
        """Takes tokens, on credit if need be; returns the seconds to wait before acting."""
        if self._rate is None:
            return 0.0
        with self._lock:
            moment = self._clock()
            self._level = min(self._rate, self._level + (moment - self._at) * self._rate) - tokens
            self._at = moment
            return max(0.0, -self._level / self._rate)


class Gate:
    """The one door to an endpoint. `waiting`: the reason of the present wait, for `status`; None when there is
    none."""

    def __init__(self, endpoint: str, limits: Limits, stop: threading.Event) -> None:
        self.endpoint = endpoint
        self.waiting: Text | None = None
        self._slots = threading.BoundedSemaphore(limits.concurrency)
        self._requests = Bucket(limits.requests_per_second)
        self._bytes = Bucket(None if limits.mbps is None else limits.mbps * 125_000)
        self._stop = stop

    def call(self, function: Callable[[], T], size: int = 0) -> T:
        """Calls within the budget; `Retry` is obeyed. Raises `StopEndpoint` when the tries are used up, `Stopped` on
        a pause."""
        wait = FIRST_WAIT
        for attempt in range(1, TRIES + 1):
            self._wait(self._requests.take(1) + self._bytes.take(size), Text("budget", "budget"))
            try:
                with self._slots:
                    return function()
            except Retry as error:
                if attempt == TRIES:
                    raise StopEndpoint(
                        Text(
                            f"{self.endpoint} : {TRIES} essais sans succès : {error.text.fr}",
                            f"{self.endpoint}: {TRIES} tries without success: {error.text.en}",
                        )
                    ) from None
                pause = error.after if error.after is not None else wait * random.uniform(0.75, 1.25)
                self._wait(pause, error.text)
                wait = min(wait * 2, LONGEST_WAIT)
        raise AssertionError("unreachable")

    def _wait(self, seconds: float, why: Text) -> None:
        if seconds <= 0:
            return
        self.waiting = Text(f"{self.endpoint} : {why.fr}", f"{self.endpoint}: {why.en}")
        try:
            if self._stop.wait(seconds):
                raise Stopped
        finally:
            self.waiting = None
