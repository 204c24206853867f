"""The runner: one pass over one wave, with discovery and workers side by side, until nothing is left or something
says stop.

Order of writes (the invariants page explains it): page manifest, page with cursor and chunks; then for each chunk and
target: claim, intent, effect, output manifest, outcome, item map.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from transhumance.connectors.contract import InputLine, StaleLease, StopEndpoint, Text, TranshumanceError
from transhumance.plans.engine import clashes
from transhumance.plans.engine.codecpool import CodecPool
from transhumance.plans.engine.faultpoints import point
from transhumance.plans.engine.job import Counts, Job, Work
from transhumance.plans.engine.lease import Heart
from transhumance.plans.engine.limits import Stopped
from transhumance.plans.ledger.contract import FORWARD, Chunk, ContainerRow, Member, PassRow
from transhumance.plans.ledger.lease import LEASE
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import Project
from transhumance.plans.waves import acceptance

DISCOVERERS = 2
WORKERS = 4
NAP = 0.2
"""Seconds after which an idle worker looks again by itself; what is listed or committed wakes it at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a pass ended. `state`: done, paused, stopped (by an endpoint), lost (the lease passed to another process),
    held (a person must decide), waiting (for its window: nothing was done)."""

    wave: str
    kind: str
    state: str
    counts: Counts
    seconds: float
    reasons: tuple[Text, ...] = ()


@dataclass(slots=True)
class _Trouble:
    """Why the pass must end before its end, gathered from the threads."""

    reasons: list[Text] = field(default_factory=list)
    crash: BaseException | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, error: BaseException) -> None:
        with self.lock:
            if isinstance(error, TranshumanceError):
                if error.text not in self.reasons:
                    self.reasons.append(error.text)
            elif self.crash is None:
                self.crash = error


_SIGNALLED = Text("pause demandée par un signal", "a signal asked for a pause")
_PAUSED = Text("pause demandée par `transhume pause`", "`transhume pause` asked for a pause")


@contextmanager
def pausing(project: Project) -> Iterator[None]:
    """SIGINT, SIGTERM and the flag file ask for a pause: the chunks under way are finished, nothing new begins."""
    ended = threading.Event()

    def ask(number: int, frame: object) -> None:
        project.ask_to_stop(_SIGNALLED)

    def watch() -> None:
        while not ended.wait(0.2):
            if project.pause_flag.exists():
                project.ask_to_stop(_PAUSED)
                return

    handlers = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    watcher = threading.Thread(target=watch, name="pause", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def run_pass(
    project: Project,
    wave: Wave,
    kind: str,
    work: Work,
    members: dict[str, tuple[Member, ...]],
    pool: CodecPool,
    heart: Heart,
    report: Callable[[Job], None] = lambda job: None,
    before_finish: Callable[[Job], list[Text]] = lambda job: [],
    job_type: type[Job] = Job,
    sample: int | None = None,
) -> Result:
    """One pass from where it stands to its end. What it could not do stays in the ledger for `resume`."""
    started = time.monotonic()
    items = project.items  # opened, and brought up to date, before anything is claimed
    row = _begun(project, wave, kind, sample, heart)
    behind = _troubled(project, wave)
    job = job_type(project, wave, row, members, pool, heart, report=report, sample=sample, troubled=behind)
    job.allowed = acceptance.bound(project, wave) if kind in FORWARD else None
    trouble = _Trouble()
    point("pass.begun")
    held: list[Text] = []
    state = "paused"
    try:
        containers = work.containers(job)
        job.listed = frozenset(c.id for c in containers)
        job.counts.add(containers_total=len(containers))
        _objects(job, work, containers, trouble)
        if not (project.stop.is_set() or trouble.reasons or trouble.crash):
            held = before_finish(job)
            if not held:
                _drain(job, work, "finish", trouble, threading.Event())
                _drain(job, work, clashes.PHASE, trouble, threading.Event())
        if not (project.stop.is_set() or trouble.reasons or trouble.crash):
            _finish_targets(job)
            state = "held" if held else "done"
    except Stopped:
        pass
    except TranshumanceError as error:
        trouble.add(error)
    if trouble.crash is not None:
        raise trouble.crash
    if not heart.lease.holds():  # whoever has the work now says how the pass ends
        trouble.add(StaleLease(f"{wave.id} {kind}"))
        return Result(wave.id, kind, "lost", job.counts, time.monotonic() - started, tuple(trouble.reasons))
    if trouble.reasons:
        state = "stopped"
    elif state == "paused" and project.why_stopped is not None:
        held = [project.why_stopped]
    seconds = time.monotonic() - started
    _end(job, state, seconds, items.applied())
    return Result(wave.id, kind, state, job.counts, seconds, tuple(trouble.reasons + held))


def _begun(project: Project, wave: Wave, kind: str, sample: int | None, heart: Heart) -> PassRow:
    """The unfinished pass of this kind, else a new one: what was listed with another sample is not gone on with, or
    a sample would pass for the whole."""
    ledger, applied = project.ledger, project.items.applied()
    row = ledger.begin_pass(wave.id, kind, applied)
    if ledger.get(f"sample.{row.id}") not in (None, str(sample)):
        ledger.end_pass(row.id, "superseded", 0.0, row.detail, heart.owner)
        row = ledger.begin_pass(wave.id, kind, applied)
    if kind == "dry_run":
        ledger.put(f"sample.{row.id}", str(sample))
    return row


def _troubled(project: Project, wave: Wave) -> frozenset[tuple[int, str]]:
    return frozenset((p.container, p.target) for p in project.ledger.problems(wave.id) if p.container)


def _end(job: Job, state: str, seconds: float, applied: int) -> None:
    detail = {
        "applied": applied,
        "done": job.counts.done,
        "bytes": job.counts.size,
        "problems": job.counts.problems,
        "sample": job.sample,
        "chunk_seconds": job.counts.durations.told(),
        "ledger_seconds": round(job.project.ledger.seconds + job.project.items.seconds, 3),
        "ledger_cpu": round(job.project.ledger.cpu + job.project.items.cpu, 3),
    }
    try:
        ended = "done" if state == "done" else "running"
        job.project.ledger.end_pass(job.row.id, ended, seconds, detail, job.heart.owner)
    except (OSError, StaleLease):
        return  # a full disk, or the lease is lost: the pass stays as it is
    point("pass.ended")


def _objects(job: Job, work: Work, containers: Sequence[ContainerRow], trouble: _Trouble) -> None:
    listed = threading.Event()
    finders = threading.Thread(target=_discover, args=(job, work, containers, trouble, listed), name="discovery")
    finders.start()
    _drain(job, work, "objects", trouble, listed)
    finders.join()
    # what was listed after the last worker saw nothing left
    _drain(job, work, "objects", trouble, listed)


def _discover(
    job: Job, work: Work, containers: Sequence[ContainerRow], trouble: _Trouble, listed: threading.Event
) -> None:
    queue = iter(containers)
    guard = threading.Lock()

    def loop() -> None:
        while not job.project.stop.is_set():
            with guard:
                row = next(queue, None)
            if row is None:
                return
            if not _guarded(trouble, job, lambda r=row: work.discover(job, r)):  # type: ignore[misc]
                return
            job.counts.add(containers=1)
            job.report(job)

    _together(loop, min(DISCOVERERS, max(len(containers), 1)), "list")
    listed.set()
    job.tell_news()


def _drain(job: Job, work: Work, phase: str, trouble: _Trouble, listed: threading.Event) -> None:
    """Claims and does units until none is left and discovery is over."""
    if phase != "objects":
        listed.set()

    def loop() -> None:
        while not job.project.stop.is_set():
            over = listed.is_set()  # asked before claiming: what is listed in between is seen at the next turn
            chunks: list[Chunk] = []
            if not _guarded(trouble, job, lambda c=chunks: c.extend(_claim(job, phase))):  # type: ignore[misc]
                return
            if not chunks:
                left, _ = job.project.ledger.waiting(job.row.id, phase)
                if over and not left:
                    return
                job.wait_for_news(NAP)
                continue
            point("chunk.claimed")
            if not _guarded(trouble, job, lambda c=chunks: _timed(job, work, c)):  # type: ignore[misc]
                _release(job, chunks)
                return

    _together(loop, WORKERS, phase)


def _timed(job: Job, work: Work, chunks: list[Chunk]) -> None:
    started = time.monotonic()
    work.process(job, chunks, _lines(job, chunks[0]))
    workload = job.project.ledger.container_by_id(chunks[0].container).workload
    job.counts.durations.add(workload, time.monotonic() - started)


def _claim(job: Job, phase: str) -> list[Chunk]:
    return job.project.ledger.claim(job.row.id, phase, job.heart.owner, LEASE)


def _lines(job: Job, chunk: Chunk) -> list[InputLine]:
    return job.page(chunk)[chunk.low : chunk.high]


def _release(job: Job, chunks: Sequence[Chunk]) -> None:
    for chunk in chunks:
        try:
            job.project.ledger.release(chunk)
        except (StaleLease, OSError):
            pass  # it was committed, or someone else has it: either way it is not ours to give back


def _guarded(trouble: _Trouble, job: Job, act: Callable[[], None]) -> bool:
    """Does something; whatever it raises stops the pass, and is told."""
    try:
        act()
        return True
    except Stopped:
        return False
    except OSError as error:
        trouble.add(_endpoint_error(error))
    except BaseException as error:
        trouble.add(_database_full(error) or error)
    job.project.stop.set()
    return False


def _endpoint_error(error: OSError) -> TranshumanceError:
    return StopEndpoint(
        Text(
            f"arrêt sur une erreur du système : {error} ; rien n'est perdu, `transhume resume` reprendra",
            f"stopped by a system error: {error}; nothing is lost, `transhume resume` goes on",
        )
    )


def _database_full(error: BaseException) -> TranshumanceError | None:
    """SQLite says a full disk in its own words."""
    cause = str(getattr(error, "orig", error))
    if "disk is full" in cause or "disk I/O error" in cause:
        return _endpoint_error(OSError(cause))
    return None


def _finish_targets(job: Job) -> None:
    for workload in job.wave.workloads:
        if not job.effects:
            return
        for name in job.targets(workload):
            endpoint = job.project.endpoint(name)
            endpoint.gate.call(endpoint.target.finish)
    point("target.finished")


def _together(loop: Callable[[], None], count: int, name: str) -> None:
    threads = [threading.Thread(target=loop, name=f"{name}-{n}") for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
