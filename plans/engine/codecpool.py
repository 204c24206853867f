"""Codecs run in spawned processes, a batch at a time, so that all cores work; connectors stay in threads.

Bodies that a codec hands on are not sent back: the parent puts its own in their place. A process that dies on an item
(a crash in a library, memory) costs that item alone: the batch is tried again one by one in a fresh process.
"""

from __future__ import annotations

import gc
import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing import get_context
from typing import Literal

from transhumance.connectors.contract import (
    AsideBody,
    Body,
    BytesBody,
    Context,
    Fault,
    Record,
    SkipItem,
    read_all,
    sha256_of,
)
from transhumance.plans.engine.legs import Measured, TargetLeg, TargetSpec, blocked, decoded_digest, measure

SMALL = 1 << 20
"""Bytes of a body that a codec process holds in memory; larger ones are read by block."""
_numbers = count()  # names of files put aside by this process
BATCH_SECONDS = 900.0
"""Longest time for one batch before its process is taken for hung."""


@dataclass(frozen=True, slots=True)
class _Own(Body):
    """In place of a body that the parent has: its name in the record, the digest found on the way, and the file that
    it was put aside in, if it was."""

    name: str = ""
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The digest of a record read back, or the code and detail of why there is none."""

    digest: str = ""
    code: str = ""
    detail: str = ""


def _measure_batch(
    records: Sequence[Record], context: Context, targets: Sequence[TargetSpec], keep: bool, aside: str | None = None
) -> list[Measured]:
    return [_measure_one(record, context, targets, keep, aside) for record in records]


def _measure_one(
    record: Record, context: Context, targets: Sequence[TargetSpec], keep: bool, aside: str | None
) -> Measured:
    try:
        record = _loaded(record)
    except OSError as error:  # it was there when it was listed
        return blocked(Fault(record.key, "GEN-READ-01", str(error), record.kind, record.form), targets)
    return _light(measure(record, context, targets), record, keep, aside)


def _loaded(record: Record) -> Record:
    """The record with its small bodies in memory and their digests, so that each is read and digested once."""
    bodies = {n: _in_memory(b) for n, b in record.bodies.items()}
    return Record(record.key, record.kind, record.form, record.properties, bodies, record.count)


def _in_memory(body: Body) -> Body:
    if type(body) is BytesBody:
        return BytesBody(body.size, body.nature, body.replayable, {"sha256": sha256_of(body)}, body.data)
    known = "sha256" in body.digests  # it may be all that there is: an archive of residue only
    if known or body.size is None or body.size > SMALL or not body.replayable:
        return body
    data = read_all(body)
    return BytesBody(len(data), body.nature, True, {**body.digests, "sha256": hashlib.sha256(data).hexdigest()}, data)


def _light(measured: Measured, record: Record, keep: bool, aside: str | None) -> Measured:
    if not keep:
        legs = {n: replace(leg, record=leg.record and _bare(leg.record)) for n, leg in measured.targets.items()}
        return replace(measured, targets=legs)
    own = {id(body): name for name, body in record.bodies.items()}
    put: dict[int, str] = {}
    legs = {n: _without_bytes(leg, own, aside, put) for n, leg in measured.targets.items()}
    return replace(measured, targets=legs)


def _bare(record: Record) -> Record:
    """A record for a preview: sizes without bytes."""
    return replace(record, bodies={n: Body(size=b.size, nature=b.nature) for n, b in record.bodies.items()})


def _without_bytes(leg: TargetLeg, own: Mapping[int, str], aside: str | None, put: dict[int, str]) -> TargetLeg:
    """A leg whose record refers to the bodies that the parent has. `put`: those that lie aside, and where."""
    record = leg.record
    if record is None:
        return leg
    bodies: dict[str, Body] = {}
    for name, body in record.bodies.items():
        if (origin := own.get(id(body))) is None:
            bodies[name] = body
            continue
        if aside and type(body) is BytesBody and id(body) not in put:
            put[id(body)] = _put_aside(aside, body.data)
        digest = {"sha256": sha256_of(body)}
        bodies[name] = _Own(body.size, body.nature, True, digest, origin, put.get(id(body), ""))
    bare = Record(record.key, record.kind, record.form, record.properties, bodies, record.count)
    return TargetLeg(bare, leg.forward, leg.grade, leg.codes, leg.expected)


def _put_aside(folder: str, data: bytes) -> str:
    """Writes a body into a new file there; empty where it can't be, and the target will read the source itself."""
    path = f"{folder}/{os.getpid():x}-{next(_numbers)}"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return ""
    try:
        written = os.write(handle, data)
        while written < len(data):
            written += os.write(handle, memoryview(data)[written:])
    except OSError:
        with suppress(OSError):
            os.unlink(path)
        return ""
    finally:
        os.close(handle)
    return path


def _decode_batch(records: Sequence[Record], context: Context) -> list[Decoded]:
    found = []
    for record in records:
        try:
            found.append(Decoded(decoded_digest(_loaded(record), context)))
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
    if found.aside:
        return AsideBody(found.size, body.nature, True, found.digests, found.aside, body)
    if type(body) is BytesBody:  # nearly all: `replace` would cost as much as the rest of the item
        return BytesBody(body.size, body.nature, body.replayable, found.digests, body.data)
    return replace(body, digests={**body.digests, **found.digests})


def _ready() -> None:
    from transhumance.connectors.contract import codecs

    codecs()
    spare_collector()


def spare_collector() -> None:
    """Leaves what is loaded now out of the cyclic collector's rounds, and makes these rarer: items by the hundred
    thousand leave no cycles, and each round costs as much as many items."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class CodecPool:
    """The pool. `mode="inline"` runs in the caller's process, for tests and for very small jobs."""

    def __init__(self, workers: int | None = None, mode: Literal["processes", "inline"] | None = None) -> None:
        self._workers = workers or len(os.sched_getaffinity(0))
        self._inline = (mode or os.environ.get("TRANSHUMANCE_CODECS", "processes")) == "inline"
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def measure(
        self,
        records: Sequence[Record],
        context: Context,
        targets: Sequence[TargetSpec],
        keep_records: bool,
        aside: str | None = None,
    ) -> list[Measured]:
        """Both legs of each record, in order. Without `keep_records` target records come without their bytes.
        `aside`: a folder for the small bodies that codecs hand on; they come back as `AsideBody`."""
        if not records:
            return []
        if self._inline:
            return _measure_batch(records, context, targets, keep_records, aside)
        try:
            return self._run(_measure_batch, records, context, targets, keep_records, aside)  # type: ignore[return-value]
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
                spare_collector()
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
