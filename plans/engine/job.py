"""What one pass over one wave works with."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from transhumance.connectors.contract import Container, Context, InputLine, ItemRef, OutputLine, Subject
from transhumance.plans.engine.codecpool import CodecPool
from transhumance.plans.engine.durations import Durations
from transhumance.plans.engine.lease import Heart
from transhumance.plans.ledger.contract import FORWARD, Chunk, ContainerRow, Member, PassRow
from transhumance.plans.ledger.itemmap import Item
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import Project

Chooser = Callable[[Sequence[ItemRef]], list[ItemRef]]
EFFECT_PASSES = frozenset({*FORWARD, "reverse"})
CHUNK_ITEMS = int(os.environ.get("TRANSHUMANCE_CHUNK_ITEMS", "500"))
CHUNK_BYTES = 64 << 20
PAGES_KEPT = 4
LATER = "later_source"
"""A container's property: its person has an earlier source, so it goes under a folder of its own. Decided once, when
the container is first seen, so that its place at the targets never changes."""
TRIES = 3
"""How often an item is tried in a pass before it is put into quarantine."""


@dataclass(slots=True)
class Counts:
    """How far a pass came; read by progress, written under a lock."""

    listed: int = 0
    todo: int = 0
    done: int = 0
    size: int = 0
    problems: int = 0
    containers: int = 0
    containers_total: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    durations: Durations = field(default_factory=Durations)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **values: int) -> None:
        with self.lock:
            for name, value in values.items():
                setattr(self, name, getattr(self, name) + value)

    def status(self, name: str, count: int) -> None:
        with self.lock:
            self.statuses[name] = self.statuses.get(name, 0) + count


@dataclass(slots=True)
class Job:
    """A pass under way. `members`: by workload, the frozen members that move. `report`: called after each commit.
    `sample`: how many items of a page a dry run measures; all when it is None. `troubled`: containers and targets
    with items that stayed behind, whose problems end when the items pass. `listed`: containers that the sources list
    now. `allowed`: the losses that may pass; None where any may."""

    project: Project
    wave: Wave
    row: PassRow
    members: Mapping[str, tuple[Member, ...]]
    pool: CodecPool
    heart: Heart
    counts: Counts = field(default_factory=Counts)
    report: Callable[[Job], None] = lambda job: None
    sample: int | None = None
    troubled: frozenset[tuple[int, str]] = frozenset()
    listed: frozenset[int] = frozenset()
    allowed: frozenset[str] | None = None
    commits: threading.Lock = field(default_factory=threading.Lock)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _locks: dict[tuple[str, int], threading.Lock] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _index: dict[tuple[str, str, bytes], Member] = field(default_factory=dict)
    _firsts: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    _pages: dict[tuple[int, int, int], list[InputLine]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def effects(self) -> bool:
        """Whether this pass writes to targets."""
        return self.kind in EFFECT_PASSES

    def sources(self, workload: str) -> list[str]:
        """The endpoints that this pass reads of a workload."""
        return list(self.project.workload(workload).from_)

    def targets(self, workload: str) -> list[str]:
        """The endpoints that this pass writes of a workload, or would."""
        return self.project.targets(workload)

    def is_later(self, workload: str, endpoint: str, member: Member) -> bool:
        """Whether the member's person also has an earlier source of this workload."""
        sources = self.sources(workload)
        earlier = set(sources[: sources.index(endpoint)])
        if not earlier:
            return False
        if workload not in self._firsts:
            found: dict[str, set[str]] = {}
            for other in self.members.get(workload, ()):
                found.setdefault(other.person, set()).add(other.endpoint)
            self._firsts[workload] = found
        return bool(earlier & self._firsts[workload].get(member.person, set()))

    def page(self, chunk: Chunk) -> list[InputLine]:
        """Every line of a chunk's page. The last few pages are kept: a page's chunks come one after the other."""
        key = (chunk.pass_id, chunk.container, chunk.page)
        with self._guard:
            if (known := self._pages.get(key)) is not None:
                return known
        digest = self.project.ledger.page_digest(*key)
        lines = list(self.project.manifests.read(page_name(*key), InputLine, digest))
        with self._guard:
            self._pages[key] = lines
            while len(self._pages) > PAGES_KEPT:
                del self._pages[next(iter(self._pages))]
        return lines

    def known(self, row: ContainerRow, target: str, keys: Sequence[bytes]) -> dict[bytes, Item]:
        """What is known to be at a target of these items."""
        return self.project.items.lookup(target, row.id, keys)

    def tell_news(self) -> None:
        """Wakes workers that found nothing to do: there may be something now."""
        with self._news:
            self._news.notify_all()

    def wait_for_news(self, seconds: float) -> None:
        """Waits until there may be something to do, so many seconds at most."""
        with self._news:
            self._news.wait(seconds)

    def one_at_a_time(self, target: str, container: int) -> threading.Lock:
        """The lock of one container at one target: calls for it are never made at the same time."""
        with self._guard:
            return self._locks.setdefault((target, container), threading.Lock())

    def member(self, row: ContainerRow, subject: bytes) -> Member | None:
        """The member whose item it is."""
        if not self._index:
            self._index.update(
                {(m.workload, m.endpoint, m.subject): m for group in self.members.values() for m in group}
            )
        return self._index.get((row.workload, row.endpoint, subject))

    def chooser(self, row: ContainerRow) -> Chooser:
        """What picks this pass's items out of a listing: of a container that many subjects share, the members' only."""
        if not self.project.endpoint(row.endpoint).connector.facts.shared_containers:
            return list
        mine = {m.subject for m in self.members[row.workload] if m.endpoint == row.endpoint}
        return lambda refs: [ref for ref in refs if ref.subject in mine]

    def context(self, row: ContainerRow, member: Member | None) -> Context:
        """What codecs may know for the items of a container."""
        subject = Subject(row.subject, member.kind if member else "person", member.name if member else "")
        return Context(
            subject=subject,
            container=contract_container(row),
            timezone=self.wave.timezone or "Europe/Paris",
            mapping=self.project.mapping(row.workload),
        )

    def place(self, row: ContainerRow, target: str, member: Member | None) -> Container:
        """A source's container as a target is asked for it: under the subject's login there; a later source of a
        mailbox under a named folder, never merged into the first one's."""
        if not row.subject:  # a container that many subjects share is kept under its endpoint's name
            subject = row.endpoint.encode()
        else:
            login = (member.logins.get(target) or member.person) if member else ""
            subject = login.encode() if login else row.subject
        later = bool(row.properties.get(LATER))
        path = (row.endpoint, *row.path) if later else row.path
        role = None if later else row.role
        own = {name: value for name, value in row.properties.items() if name != LATER}
        own |= _passwords(self.project, row, target)
        return Container(subject, row.workload, row.key, path, role, own)


def _passwords(project: Project, row: ContainerRow, target: str) -> dict[str, str]:
    """What a directory is told of the wave's passwords; an archive, which has no log-in, is told nothing."""
    wave = next((wave for wave in project.plan.waves if wave.id == row.wave), None)
    if row.workload != "identities" or wave is None:
        return {}
    kept = project.endpoint(target).connector.facts.keeps_residue
    said = {"passwords": wave.passwords} if wave.passwords else {}
    return {} if kept else {**said, "wave": wave.id}  # a federation is of one wave, so that it is cut alone


def page_name(pass_id: int, container: int, page: int) -> str:
    """The name of an input manifest."""
    return f"{pass_id:05d}-{container:07d}-{page:06d}.in"


def contract_container(row: ContainerRow) -> Container:
    """The row as the source that listed it knows it."""
    return Container(row.subject, row.workload, row.key, row.path, row.role, row.properties)


class Work(Protocol):
    """What one kind of pass does: how it finds its items, and what it does with a unit of them."""

    def containers(self, job: Job) -> list[ContainerRow]:
        """The containers of the wave, known to the ledger."""
        ...

    def discover(self, job: Job, row: ContainerRow) -> None:
        """Lists a container into pages and chunks, from where an earlier try stopped."""
        ...

    def process(self, job: Job, chunks: list[Chunk], lines: list[InputLine]) -> None:
        """Does a claimed unit, and commits each of its chunks."""
        ...


Committed = tuple[Chunk, list[OutputLine]]
