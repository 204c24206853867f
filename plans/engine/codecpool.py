"""Codecs run in spawned processes, a batch at a time, so that all cores work; connectors stay in threads.

Bodies that a codec hands on are not sent back: the parent puts its own in their place. A process that dies on an item
(a crash in a library, memory) costs that item alone: the batch is tried again one by one in a fresh process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Literal

from transhumance.connectors.contract import Body, BytesBody, Context, Fault, Record, SkipItem, sha256_of
from transhumance.plans.engine.legs import Measured, TargetSpec, blocked, decoded_digest, measure

BATCH_SECONDS = 900.0
"""Longest time for one batch before its process is taken for hung."""


@dataclass(frozen=True, slots=True)
class _Own(Body):
    """In place of a body that the parent has: its name in the record, and the digest found on the way."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The digest of a record read back, or the code and detail of why there is none."""

    digest: str = ""
    code: str = ""
    detail: str = ""


def _measure_batch(
    records: Sequence[Record], context: Context, targets: Sequence[TargetSpec], keep: bool
) -> list[Measured]:
    digested = [_digested(record) for record in records]
    return [_light(measure(record, context, targets), record, keep) for record in digested]


def _digested(record: Record) -> Record:
    """The record with the digests of the bodies that it carries, so that each is computed once whoever asks."""
    bodies = {n: _with_digest(b) if type(b) is BytesBody else b for n, b in record.bodies.items()}
    return Record(record.key, record.kind, record.form, record.properties, bodies, record.count)


def _with_digest(body: BytesBody) -> BytesBody:
    return BytesBody(body.size, body.nature, body.replayable, {"sha256": sha256_of(body)}, body.data)


def _light(measured: Measured, record: Record, keep: bool) -> Measured:
    if not keep:
        legs = {n: replace(leg, record=leg.record and _bare(leg.record)) for n, leg in measured.targets.items()}
        return replace(measured, targets=legs)
    own = {id(body): name for name, body in record.bodies.items()}
    legs = {
        n: replace(leg, record=leg.record and replace(leg.record, bodies=_placeholders(leg.record.bodies, own)))
        for n, leg in measured.targets.items()
    }
    return replace(measured, targets=legs)


def _bare(record: Record) -> Record:
    """A record for a preview: sizes without bytes."""
    return replace(record, bodies={n: Body(size=b.size, nature=b.nature) for n, b in record.bodies.items()})


def _placeholders(bodies: Mapping[str, Body], own: Mapping[int, str]) -> dict[str, Body]:
    return {
        n: _Own(size=b.size, digests={"sha256": sha256_of(b)}, name=own[id(b)]) if id(b) in own else b
        for n, b in bodies.items()
    }


def _decode_batch(records: Sequence[Record], context: Context) -> list[Decoded]:
    found = []
    for record in records:
        try:
            found.append(Decoded(decoded_digest(record, context)))
        except SkipItem as error:
            found.append(Decoded("", error.code, error.text.en))
        except OSError as error:
            found.append(Decoded("", "GEN-READ-01", str(error)))
        except Exception as error:  # a defect of a codec: the other items go on
            found.append(Decoded("", "GEN-CODEC-01", type(error).__name__))
    return found


def attach(record: Record, source: Record) -> Record:
    """The record with the parent's own bodies back in their places, their digests now known."""
    bodies = {n: _own(b, source.bodies[b.name]) if isinstance(b, _Own) else b for n, b in record.bodies.items()}
    return Record(record.key, record.kind, record.form, record.properties, bodies, record.count)


def _own(found: _Own, body: Body) -> Body:
    if type(body) is BytesBody:  # nearly all: `replace` would cost as much as the rest of the item
        return BytesBody(body.size, body.nature, body.replayable, found.digests, body.data)
    return replace(body, digests={**body.digests, **found.digests})


def _ready() -> None:
    from transhumance.connectors.contract import codecs

    codecs()


class CodecPool:
    """The pool. `mode="inline"` runs in the caller's process, for tests and for very small jobs."""

    def __init__(self, workers: int | None = None, mode: Literal["processes", "inline"] | None = None) -> None:
        self._workers = workers or len(os.sched_getaffinity(0))
        self._inline = (mode or os.environ.get("TRANSHUMANCE_CODECS", "processes")) == "inline"
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def measure(
        self, records: Sequence[Record], context: Context, targets: Sequence[TargetSpec], keep_records: bool
    ) -> list[Measured]:
        """Both legs of each record, in order. Without `keep_records` target records come without their bytes."""
        if not records:
            return []
        if self._inline:
            return _measure_batch(records, context, targets, keep_records)
        try:
            return self._run(_measure_batch, records, context, targets, keep_records)  # type: ignore[return-value]
        except (BrokenExecutor, TooSlow):
            return [self._alone(record, context, targets, keep_records) for record in records]

    def _alone(self, record: Record, context: Context, targets: Sequence[TargetSpec], keep: bool) -> Measured:
        try:
            (found,) = self._run(_measure_batch, [record], context, targets, keep)
            return found  # type: ignore[return-value]
        except (BrokenExecutor, TooSlow) as error:
            detail = f"its process ended ({type(error).__name__})"
            return blocked(Fault(record.key, "GEN-CODEC-01", detail, record.kind, record.form), targets)

    def decode(self, records: Sequence[Record], context: Context) -> list[Decoded]:
        """The digest of each record read back, in order."""
        if self._inline or not records:
            return _decode_batch(records, context)
        try:
            return self._run(_decode_batch, records, context)  # type: ignore[return-value]
        except (BrokenExecutor, TooSlow):
            return [Decoded("", "GEN-CODEC-01", "its process ended") for _ in records]

    def _run(self, function: object, *args: object) -> list[object]:
        pool = self._open()
        try:
            return pool.submit(function, *args).result(BATCH_SECONDS)  # type: ignore[arg-type]
        except (BrokenExecutor, TooSlow):
            self._drop(pool)
            raise

    def _open(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"), initializer=_ready)
            return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Ends the processes."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
                self._pool = None
