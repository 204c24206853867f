"""How long chunks take, by workload: what the report's median and 90th percentile are made of."""

from __future__ import annotations

import threading
from math import ceil

MOST = 4096  # kept for one workload; beyond it every second one is dropped, so that memory stays flat


class Durations:
    """Durations in seconds, added from any thread."""

    def __init__(self) -> None:
        self._kept: dict[str, list[float]] = {}
        self._step: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, workload: str, seconds: float) -> None:
        """One chunk took so long."""
        with self._lock:
            kept = self._kept.setdefault(workload, [])
            step, seen = self._step.get(workload, 1), self._seen.get(workload, 0)
            self._seen[workload] = seen + 1
            if seen % step:
                return
            kept.append(seconds)
            if len(kept) > MOST:
                del kept[1::2]
                self._step[workload] = 2 * step

    def told(self) -> dict[str, dict[str, float]]:
        """By workload: how many chunks, the median, the 90th percentile (nearest rank)."""
        with self._lock:
            return {
                workload: {"chunks": self._seen[workload], "median": _rank(kept, 0.5), "p90": _rank(kept, 0.9)}
                for workload, kept in sorted(self._kept.items())
            }


def _rank(values: list[float], share: float) -> float:
    return round(sorted(values)[max(ceil(len(values) * share), 1) - 1], 3)
