"""Leases: who works, until when, and whether a late worker may still act.

The owner's name says host, boot, process and its start, so that the lease of a process that provably died on this
host ends at once; the lease of any other owner ends with its time. Wall clock in the ledger (it must survive a
reboot), monotonic clock for the right to act.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field

from transhumance.connectors.contract import Fence, StaleLease

LEASE = float(os.environ.get("TRANSHUMANCE_LEASE", "90"))
"""Seconds that a claim lasts without being renewed."""
EFFECT = LEASE / 3
"""Seconds that one effect may take between two renewals; an effect starts only if the lease outlives it."""


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as handle:
            return handle.read().strip()[:8]
    except OSError:
        return "-"


def _started(pid: int) -> str | None:
    """The start time of a process in clock ticks since boot, or None where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as handle:
            fields = handle.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def this_owner() -> str:
    """This process, as an owner of leases."""
    return "/".join(
        [socket.gethostname(), _boot(), str(os.getpid()), _started(os.getpid()) or "-", uuid.uuid4().hex[:8]]
    )


def is_dead(owner: str) -> bool:
    """True when the owner's process ran on this host and is no more: killed, ended, or the host was booted again."""
    host, boot, pid, started, *_ = [*owner.split("/"), "", "", "", ""]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return boot != _boot() or _started(int(pid)) != started


@dataclass(slots=True)
class Lease:
    """A claim that is being renewed. `limit`: the monotonic time at which it ends unless renewed."""

    owner: str
    limit: float
    lock: threading.Lock = field(default_factory=threading.Lock)

    def renewed(self, limit: float) -> None:
        with self.lock:
            self.limit = max(self.limit, limit)

    def lost(self) -> None:
        """Ends it now: the ledger said that someone else has it."""
        with self.lock:
            self.limit = float("-inf")

    def holds(self, margin: float = 0.0) -> bool:
        """Whether it outlives `margin` seconds from now."""
        return time.monotonic() + margin < self.limit


@dataclass(frozen=True, slots=True)
class LeaseFence(Fence):
    """A fence that follows a lease as it is renewed."""

    lease: Lease | None = None

    def check(self) -> None:
        """Raises `StaleLease` once the lease ended or passed to another."""
        if self.lease is not None and not self.lease.holds():
            raise StaleLease(f"{self.chunk} epoch {self.epoch}")
