"""What `status` says, gathered from the ledger without disturbing a run that goes on."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from transhumance.plans.commands.checks import is_verified
from transhumance.plans.face.nextstep import ITEMS, open_problems
from transhumance.plans.face.progress import Standing
from transhumance.plans.ledger.contract import Holder, Member, PassRow, WaveRow
from transhumance.plans.ledger.lease import is_dead
from transhumance.plans.ledger.sql import RUN
from transhumance.plans.model import windows as times
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import Project
from transhumance.plans.waves.acceptance import approvers, required

FORWARD = ("initial", "delta", "final")


@dataclass(frozen=True, slots=True)
class Turn:
    """The way back of a wave. `how`: `rollback`, `return` or nothing. `closes`: when the next cutover window opens, in
    local time, after which `rollback` may be no more; None where no window says it."""

    how: str
    closes: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaveStatus:
    """A wave as it stands. `items`: what its passes listed, else what the inventory says. `problems`: items by state
    of their problem. `subjects`: by workload, how many members are in which finer state."""

    row: WaveRow
    people: int
    items: int
    problems: Mapping[str, int]
    subjects: Mapping[str, Mapping[str, int]]
    verified: bool
    approvers: tuple[str, ...]
    required: int
    last: PassRow | None
    turn: Turn


@dataclass(frozen=True, slots=True)
class Now:
    """What runs. `owner`: process and host. `pass_`: how far its pass is, None where it works on no pass."""

    what: str
    process: str
    host: str
    lease_left: float
    pass_: Standing | None


def running(project: Project) -> Now | None:
    """Who works on the plan at this moment."""
    holder = project.ledger.holder(RUN)
    if holder is None or not holder.owner or holder.until < time.time() or is_dead(holder.owner):
        return None
    host, _, process, *_ = [*holder.owner.split("/"), "", "", ""]
    return Now(holder.what, process, host, holder.until - time.time(), _pass(project, holder))


def _pass(project: Project, holder: Holder) -> Standing | None:
    """The unfinished pass that was begun or taken up last. A session works on one at a time."""
    unfinished = [p for p in project.ledger.passes() if p.state == "running"]
    if not unfinished:
        return None
    row = unfinished[-1]
    progress = project.ledger.progress(row.id)
    seconds = max(time.time() - max(_process_start(holder.owner), _time(row.started)), 0.001) + row.seconds
    listed = progress.containers == progress.containers_begun > 0
    size = sum(int(tally.get("size", 0)) for _, tally in project.ledger.tallies(row.id))
    waiting = open_problems(project, row.wave, *ITEMS)
    return Standing(row.wave, row.kind, progress.done, progress.total, 0, size, waiting, listed, seconds)


def _process_start(owner: str) -> float:
    """When the owner's process began, where it is on this host; else 0."""
    host, _, _, started, *_ = [*owner.split("/"), "", "", "", ""]
    if host != socket.gethostname() or not started.isdigit():
        return 0.0
    try:
        with open("/proc/stat") as handle:
            boot = next(float(line.split()[1]) for line in handle if line.startswith("btime"))
    except (OSError, StopIteration, ValueError):
        return 0.0
    return boot + int(started) / os.sysconf("SC_CLK_TCK")


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def wave_statuses(project: Project) -> list[WaveStatus]:
    """Every wave of the plan, in its order."""
    known = {row.id: row for row in project.ledger.waves()}
    problems = project.ledger.problem_counts()
    return [_wave(project, wave, known.get(wave.id, WaveRow(wave.id)), problems) for wave in project.plan.waves]


def _wave(project: Project, wave: Wave, row: WaveRow, problems: Mapping[tuple[str, str], int]) -> WaveStatus:
    members = project.ledger.members(wave.id)
    passes = project.ledger.passes(wave.id)
    verified = is_verified(project, wave.id)
    mine = {state: count for (name, state), count in sorted(problems.items()) if name == wave.id}
    return WaveStatus(
        row,
        len({m.person for m in members}),
        _items(project, wave, members, passes),
        mine,
        _subjects(row, members, verified, any(mine.get(s) for s in ITEMS)),
        verified,
        tuple(approvers(project, wave.id)) if row.digest else (),
        required(project, wave.id),
        passes[-1] if passes else None,
        _turn(wave, row),
    )


def _items(project: Project, wave: Wave, members: list[Member], passes: list[PassRow]) -> int:
    """Items of the wave: as the inventory counted them or as its last passes listed them, whichever is more."""
    places = {(m.endpoint, m.workload, m.subject) for m in members}
    rows = project.ledger.inventory()
    counted = sum(int(r["items"] + r["faults"]) for r in rows if (r["endpoint"], r["workload"], r["subject"]) in places)
    if not any(p.kind in FORWARD for p in passes):
        return counted
    containers = project.ledger.containers(wave.id)
    return max(counted, sum(c.listed for c in containers if _is_source(project, c.workload, c.endpoint)))


def _is_source(project: Project, workload: str, endpoint: str) -> bool:
    return workload in project.plan.workloads and endpoint in project.workload(workload).from_


_FINER = {
    "draft": "assessed",
    "planned": "ready",
    "approved": "queued",
    "running": "syncing",
    "stopped": "syncing",
    "ready": "synced",
    "returned": "returned",
}


def _subjects(row: WaveRow, members: list[Member], verified: bool, problems: bool) -> Mapping[str, Mapping[str, int]]:
    """The finer state of the members by workload. What a wave's state does not say of its members one by one, the
    member's own does (blocked, completed, finalized)."""
    found: dict[str, Counter[str]] = {}
    for member in members:
        state = (
            _FINER.get(row.state, member.state) if member.state == "ready" or row.state == "returned" else member.state
        )
        if row.state == "ready" and verified and state == "synced":
            state = "ready_for_cutover"
        if state == "completed" and problems:
            state = "completed_with_warnings"
        found.setdefault(member.workload, Counter())[state] += 1
    return {workload: dict(sorted(counts.items())) for workload, counts in sorted(found.items())}


def _turn(wave: Wave, row: WaveRow) -> Turn:
    if row.state == "finalized":
        return Turn("")
    if row.master == "target":
        return Turn("return")
    windows = wave.windows_of("final")
    if not windows:
        return Turn("rollback")
    zone = ZoneInfo(wave.timezone or "Europe/Paris")
    opens = times.next_open(windows, zone, datetime.now(UTC), wave.blackouts_of())
    return Turn("rollback", opens.astimezone(zone) if opens else None)


def last_backup(project: Project) -> datetime | None:
    """When the ledger was last copied by itself."""
    folder: Path = project.state / "backup"
    names = (
        sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")) if folder.is_dir() else []
    )
    for name in reversed(names):
        try:
            return datetime.strptime(name, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
