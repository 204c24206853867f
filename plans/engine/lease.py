"""The heart of a run: it renews the run's lock and its chunks, and tells everyone when they passed to another."""

from __future__ import annotations

import threading
import time

from transhumance.connectors.contract import Fence, StaleLease
from transhumance.plans.ledger.contract import Chunk
from transhumance.plans.ledger.lease import EFFECT, LEASE, Lease, LeaseFence, this_owner
from transhumance.plans.ledger.sql import RUN, SqlLedger


class Heart:
    """Takes the lock, renews it in a thread, gives it back. Use it as a context manager.

    `lease`: ends by itself when the ledger can't be written or says that someone else has the lock.
    """

    def __init__(self, ledger: SqlLedger, stop: threading.Event, what: str) -> None:
        self._ledger, self._stop, self._what = ledger, stop, what
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self.owner = this_owner()
        self.lease = Lease(self.owner, float("-inf"))

    def __enter__(self) -> Heart:
        self._ledger.take_lock(RUN, self.owner, LEASE, self._what)
        self.lease.renewed(time.monotonic() + LEASE)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()
        self._ledger.drop_lock(RUN, self.owner)

    def _beat(self) -> None:
        while not self._end.wait(LEASE / 4):
            started = time.monotonic()
            try:
                if not self.lease.holds():  # a stopped process that woke up late must ask before it acts
                    raise StaleLease(self._what)
                self._ledger.renew(RUN, self.owner, LEASE)
                self.lease.renewed(started + LEASE)
            except StaleLease:
                self.lease.lost()
                self._stop.set()
                return

    def fence(self, chunk: Chunk) -> Fence:
        """The right to have effects for a chunk. Raises `StaleLease` when an effect could outlive the lease."""
        if not self.lease.holds(EFFECT):
            raise StaleLease(chunk.id)
        return LeaseFence(chunk.id, chunk.epoch, lease=self.lease)
