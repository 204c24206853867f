"""Named points between every two durable steps, where a test may kill or stop this process.

`TRANSHUMANCE_FAULT=point:n` kills it (SIGKILL) the n-th time that the point is passed; `point:n:stop` stops it
(SIGSTOP); `point:n:full` raises what a full disk raises. Nothing is armed otherwise, and a point costs one
comparison.
"""

from __future__ import annotations

import errno
import os
import signal
import threading

POINTS = (
    "pass.begun",
    "page.listed",
    "page.manifest",
    "page.committed",
    "feed.complete",
    "chunk.claimed",
    "source.fetched",
    "codecs.done",
    "intent.committed",
    "effect.half",
    "effect.done",
    "output.manifest",
    "outcome.committed",
    "itemmap.applied",
    "target.finished",
    "pass.ended",
)

_armed = os.environ.get("TRANSHUMANCE_FAULT", "")
_lock = threading.Lock()
_seen = 0


def armed_for(name: str) -> bool:
    """Whether a fault is armed at this point."""
    return bool(_armed) and _armed.split(":")[0] == name


def point(name: str) -> None:
    """Passes a point."""
    if not _armed or not armed_for(name):
        return
    global _seen
    with _lock:
        _seen += 1
        _, nth, *how = _armed.split(":")
        if _seen != int(nth):
            return
    if how == ["stop"]:
        os.kill(os.getpid(), signal.SIGSTOP)
    elif how == ["full"]:
        raise OSError(errno.ENOSPC, "No space left on device (armed)")
    else:
        os.kill(os.getpid(), signal.SIGKILL)
