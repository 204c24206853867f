"""What a ledger store promises: one small contract, over SQLite now and PostgreSQL later, with one conformance suite.

Invariants (they hold at any time; `docs/architecture.md` gives the order of writes that follows from them):

- A cursor never advances past a page whose manifest is not durable, and page, cursor and chunks are one transaction.
- A chunk is done only with the digest of a durable output manifest; `seq` numbers the done ones without gaps or
doubles.
- A commit carries the epoch of its claim; another epoch's commit raises `StaleLease` and changes nothing.
- The rows of the item map follow from the output manifests in the order of `seq`, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from transhumance.connectors.contract import Link, Tally

FORWARD = ("initial", "delta", "final")
"""The passes that bring to the targets what the sources have."""


@dataclass(frozen=True, slots=True)
class Member:
    """A subject frozen into a wave for one workload and one source endpoint. `person`: its id for people, the same
    over workloads and endpoints. `logins`: its key at each target endpoint. `state`: blocked members are listed and
    never moved."""

    wave: str
    workload: str
    endpoint: str
    subject: bytes
    person: str
    kind: str = "person"
    name: str = ""
    logins: Mapping[str, str] = field(default_factory=dict)
    state: str = "ready"


@dataclass(frozen=True, slots=True)
class WaveRow:
    """A wave as the ledger knows it. `parts`: what its digest was made of, to say what differs."""

    id: str
    state: str = "draft"
    digest: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict)
    master: str = "source"


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """A source container of a wave. `state`: open, or held (why is an exception)."""

    id: int
    wave: str
    workload: str
    endpoint: str
    subject: bytes
    key: bytes
    path: tuple[str, ...]
    role: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    state: str = "open"
    listed: int = 0


@dataclass(frozen=True, slots=True)
class PassRow:
    """One pass over a wave. `since`: the last `seq` committed before it began."""

    id: int
    wave: str
    kind: str
    state: str
    started: str
    ended: str = ""
    seconds: float = 0.0
    since: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feed:
    """How far the listing of a container came in a pass. `changes`: it lists only what changed since an earlier pass.
    `since`: from where a later pass may do so, when its `scope` is the same: the same members, targets and recipes."""

    cursor: bytes | None = None
    pages: int = 0
    listed: int = 0
    complete: bool = False
    last_key: bytes | None = None
    changes: bool = False
    since: bytes | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ChunkSpec:
    """A chunk to be made: lines `low` to `high` of a page, for one target, in a phase (`objects`, `finish`)."""

    target: str
    low: int
    high: int
    phase: str = "objects"
    attempt: int = 0
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk as claimed. `unit`: the same for all targets of one range, so that the source is read once. `intent`:
    an earlier claim may have had an effect, which must be settled by probing the target."""

    id: str
    unit: str
    pass_id: int
    container: int
    target: str
    phase: str
    page: int
    low: int
    high: int
    attempt: int
    epoch: int
    intent: bool
    note: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An item that did not pass: told, kept, retried or skipped by a person's word."""

    container: int
    target: str
    key: bytes
    code: str
    detail: str = ""
    state: str = "quarantined"
    id: int = 0
    wave: str = ""
    workload: str = ""
    attempts: int = 1
    at: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an item claims for its owner alone: its kind, a digest of its folded value, whose item it is, the item's
    name, and the codes of a clash (`Claim`)."""

    container: int
    key: bytes
    kind: str
    value: bytes
    owner: str
    name: str
    told: str
    held: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock. `owner`: empty when nobody does; `until`: wall clock."""

    owner: str
    what: str
    until: float
    epoch: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass came, in lines of its chunks (an item counts once for each target). `containers`: those listed
    to their end, of those begun."""

    done: int
    total: int
    containers: int
    containers_begun: int


class LedgerStore(Protocol):
    """The store. Every method is one transaction and may be called from any thread."""

    # who works
    def take_lock(self, name: str, owner: str, seconds: float, what: str = "") -> int:
        """The epoch of a lock taken or taken over. Raises `UserError` naming who holds it while it is held."""
        ...

    def renew(self, name: str, owner: str, seconds: float) -> None:
        """Renews a lock and every chunk that its owner holds. Raises `StaleLease` when it passed to another."""
        ...

    def drop_lock(self, name: str, owner: str) -> None:
        """Gives a lock back."""
        ...

    def holder(self, name: str) -> Holder | None:
        """Who has a lock, or had it last; None where nobody ever took it."""
        ...

    # waves
    def put_wave(self, wave: WaveRow, position: int) -> None: ...
    def wave(self, wave: str) -> WaveRow: ...
    def waves(self) -> list[WaveRow]: ...
    def set_wave(self, wave: str, actor: str, *, state: str | None = None, master: str | None = None) -> None: ...
    def set_members(self, wave: str, members: Sequence[Member]) -> None: ...
    def members(self, wave: str, workload: str | None = None) -> list[Member]: ...
    def set_member_state(self, wave: str, workload: str, subject: bytes, state: str) -> None: ...
    def add_approval(self, wave: str, digest: str, who: str, losses: Mapping[str, Any]) -> None: ...
    def approvals(self, wave: str) -> list[Mapping[str, Any]]: ...
    def add_event(self, actor: str, what: str, wave: str = "", detail: Mapping[str, Any] | None = None) -> None: ...
    def events(self, wave: str | None = None) -> list[Mapping[str, Any]]: ...

    # passes
    def begin_pass(self, wave: str, kind: str, since: int) -> PassRow:
        """The unfinished pass of this kind over the wave, else a new one."""
        ...

    def end_pass(self, pass_id: int, state: str, seconds: float, detail: Mapping[str, Any], owner: str) -> None: ...
    def close_passes(self, wave: str, kind: str, state: str) -> None:
        """Ends the unfinished and the done passes of a kind under another state, so that the next one begins anew."""
        ...

    def passes(self, wave: str | None = None) -> list[PassRow]: ...

    # discovery
    def container(self, row: ContainerRow) -> ContainerRow:
        """The row of a container, made where it lacks."""
        ...

    def containers(self, wave: str | None = None) -> list[ContainerRow]: ...
    def container_by_id(self, container: int) -> ContainerRow: ...
    def set_container(self, container: int, state: str, listed: int | None = None) -> None: ...
    def feed(self, pass_id: int, container: int) -> Feed: ...
    def changes_from(self, wave: str, container: int, scope: str) -> bytes | None:
        """From where this pass may list only changes: where the wave's last pass ended well, was a forward one of the
        same scope, and left nothing of the container to be done again. Else None: the listing is complete."""
        ...

    def add_page(
        self,
        pass_id: int,
        container: int,
        seq: int,
        sha256: str,
        lines: int,
        feed: Feed,
        chunks: Sequence[ChunkSpec],
        owner: str,
    ) -> None:
        """A page, its chunks and the feed's new cursor, at once. The manifest is durable already. Repeating it is
        harmless."""
        ...

    def page_digest(self, pass_id: int, container: int, seq: int) -> str: ...

    # work
    def claim(self, pass_id: int, phase: str, owner: str, seconds: float) -> list[Chunk]:
        """The ready chunks of the next unit, claimed; empty when there is none now. Also takes over what a dead owner
        held, or one whose lease lapsed."""
        ...

    def intend(self, chunk: Chunk, note: str) -> None:
        """Notes that an effect may happen from now on."""
        ...

    def commit(self, chunk: Chunk, sha256: str, tally: Tally, retry: Sequence[ChunkSpec] = ()) -> int:
        """The chunk is done: returns its `seq`. `retry`: one-item chunks for what failed."""
        ...

    def release(self, chunk: Chunk, not_before: float = 0.0) -> None:
        """Gives a chunk back without an outcome; an intent stays noted."""
        ...

    def waiting(self, pass_id: int, phase: str | None = None) -> tuple[int, float]:
        """How many chunks are not done, and the earliest time (wall clock) at which one may be claimed."""
        ...

    def pending(self, pass_id: int, phase: str) -> list[Chunk]:
        """The chunks of a phase that are not done."""
        ...

    def progress(self, pass_id: int) -> Progress:
        """How far a pass came, from any process, while it runs too."""
        ...

    def committed(self, after: int = 0) -> Iterator[tuple[int, Chunk, str]]:
        """Every done chunk after a `seq`, in order, with the digest of its manifest."""
        ...

    # exceptions, links, checks
    def put_problems(self, wave: str, workload: str, problems: Iterable[Problem]) -> None: ...
    def problems(self, wave: str | None = None, state: str | None = None) -> list[Problem]: ...
    def problem_counts(self, wave: str | None = None) -> Mapping[tuple[str, str], int]:
        """By wave and state, how many items have a problem: one for each item, whatever the number of targets."""
        ...

    def set_problem(self, problem: int, state: str, who: str) -> None: ...
    def clear_problems(self, container: int, target: str, keys: Sequence[bytes]) -> None: ...
    def put_edges(self, container: int, edges: Iterable[tuple[bytes, Link]]) -> None: ...
    def edges(self, wave: str | None = None) -> Iterator[tuple[ContainerRow, bytes, Link]]: ...
    def put_claims(self, container: int, keys: Iterable[bytes], claims: Iterable[Claimed]) -> None:
        """The claims of these items, in place of those that they had."""
        ...

    def clashes(self, container: int, keys: Sequence[bytes]) -> Mapping[bytes, Sequence[Claimed]]:
        """By item, what other owners claim of the same."""
        ...

    def clashing(self, wave: str) -> Iterator[tuple[int, Sequence[bytes]]]:
        """By container of a wave, the items whose claim another owner has too, in order; a few hundred at a time."""
        ...

    def put_inventory(self, endpoint: str, rows: Sequence[Mapping[str, Any]]) -> None: ...
    def inventory(self, endpoint: str | None = None) -> list[Mapping[str, Any]]: ...
    def put_verification(self, pass_id: int, row: Mapping[str, Any]) -> None: ...
    def verifications(self, wave: str | None = None) -> list[Mapping[str, Any]]: ...
    def get(self, key: str) -> str | None: ...
    def put(self, key: str, value: str) -> None: ...
    def close(self) -> None: ...
