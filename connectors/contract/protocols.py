"""The two required faces of a connector, and the optional abilities that it has or has not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple, Protocol, runtime_checkable

from transhumance.connectors.contract.codes import Finding
from transhumance.connectors.contract.errors import StaleLease
from transhumance.connectors.contract.model import Container, Fault, ItemRef, Page, Record, Selector, Subject, Text

ABSENT: Final = "absent"
ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class Expect:
    """What must be at the target for a write to happen: `absent`, `any`, or a version. Anything else there is a
    `conflict`, and nothing is written over it."""

    version: str = ABSENT


class Status(StrEnum):
    """What a write did. `written`: the item is there and durable. `unchanged`: it was there already, equal.
    `conflict`: something else is there. `refused`: the target can't hold it (see `code`). `removed`: it is gone.
    `absent`: there was nothing to remove."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"
    REMOVED = "removed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Before:
    """A before-image: what was at the target, kept for rollback. `token` means something to the target that gave it
    only; an empty one says that nothing was there."""

    token: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """One item to write: its source key (which names it at the target where the target has no keys of its own), its
    record in the target's form, what is expected there, and the target's own key for it where it is known from an
    earlier write. `subject`: whose item it is, where a container is shared by several (as of `ItemRef`)."""

    key: bytes
    record: Record
    expect: Expect = field(default_factory=Expect)
    target_key: bytes | None = None
    subject: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one write. `target_key`: the item's key at the target, the same that its listing as a source
    gives. `version`: what the target's listing says of this state, so that our own write is no change on the way
    back."""

    key: bytes
    status: Status
    target_key: bytes = b""
    version: str = ""
    before: Before = field(default_factory=Before)
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to have effects: a chunk, the epoch of its lease, and the time (monotonic clock) after which nothing
    may start.

    A target calls `check` before each durable step, and makes an older epoch's steps impossible where it can.
    """

    chunk: str
    epoch: int
    deadline: float = float("inf")
    clock: Callable[[], float] = time.monotonic

    def check(self) -> None:
        """Raises `StaleLease` once the deadline has passed."""
        if self.clock() >= self.deadline:
            raise StaleLease(f"{self.chunk} epoch {self.epoch}")


@runtime_checkable
class Source(Protocol):
    """What can be read. Methods are called from several threads, for different containers at once.

    All raise `Retry` for passing faults and `StopEndpoint` where a person must act.
    """

    def identity(self) -> str:
        """What the endpoint itself says it is (a database id, an invocation id, a device and inode): it tells a
        renamed endpoint from another one. Never the label of the plan."""
        ...

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        """Every subject that the selector wants, each once, in a stable order."""
        ...

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        """The subject's containers of one workload, parents before children, in a stable order. An empty one is
        listed too."""
        ...

    def page(self, container: Container, cursor: bytes | None) -> Page:
        """The next page after a cursor, from the start when it is None. Every item is in exactly one page, or is a
        fault; a key comes once. A cursor may be used again after a crash. Raises `Retry`, `Expired` where the cursor
        means nothing any more, or `StopEndpoint` where the container is gone."""
        ...

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        """The records of these items, in this order, one answer for each. An item that is gone, unreadable or damaged
        gives a `Fault` and the others go on. Bodies above 1 MiB come as handles that can be opened in another
        process."""
        ...

    def close(self) -> None:
        """Gives back what it holds."""
        ...


@runtime_checkable
class Target(Protocol):
    """What can be written. Calls for one container are never made at the same time."""

    def identity(self) -> str:
        """As of a source."""
        ...

    def ensure(self, container: Container) -> Container:
        """The container at the target for a container of the source: made where it lacks, parents too; the same again
        when it is there. `subject` is the target's key of the subject. Nothing of an existing container is
        changed."""
        ...

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        """What this target would lose or refuse of a record, told from its facts, without writing. Raises `SkipItem`
        for what it takes nothing of (a machine, a built-in account): the item is left out by its code, not refused."""
        ...

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        """What must be noted before the effect to settle it after a crash (an IMAP UIDNEXT); empty where keys are
        natural."""
        ...

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        """Writes these items; one outcome for each, in order. On return every `written` item is durable. One refused
        item never stops the others (an atomic target writes those apart). Repeating the call with the same writes is
        harmless."""
        ...

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        """After a crash: for each write, the outcome that it had, or None where it had no effect. Trusts nothing but
        the target."""
        ...

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        """What is at the target under these keys, in this order, in the target's form."""
        ...

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        """Removes an item when its version is as expected, and keeps a before-image."""
        ...

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        """Puts a before-image back (an empty one: removes the item) when the present version is as expected; else
        `conflict`."""
        ...

    def finish(self) -> None:
        """The end of a pass: writes what concerns the whole (a manifest), makes it durable."""
        ...

    def close(self) -> None:
        """Gives back what it holds."""
        ...


@runtime_checkable
class Forecast(Protocol):
    """Optional: a target that shares a form with richer ones (a mail store without keywords) says what it will give
    back, so that a verification expects that and no more."""

    def forecast(self, container: Container, record: Record) -> Record:
        """The record as `read_back` will give it, told from the target's facts, without writing. What it leaves out
        is named by `preview`."""
        ...


@runtime_checkable
class Unique(Protocol):
    """Optional: a target where some of what people claim (`Claim.kind`) is one person's only, so that a second one
    with the same is refused."""

    def unique(self) -> frozenset[str]:
        """The kinds of claim of which it takes each value once. Items that clash in one are held, not written."""
        ...


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that `check` tells of a live endpoint: its version and the end of its support, its certificate, a right
    that lacks or is in excess. `level`: `good`, `warn` (a pass works, something is lost or at risk) or `bad` (a pass
    can't work). `remedy`: what to do, the command that grants the right where there is one, verbatim."""

    level: Literal["good", "warn", "bad"]
    what: Text
    remedy: Text | None = None


@runtime_checkable
class Diagnose(Protocol):
    """Optional: an endpoint that is a live system says what `check` should tell of it."""

    def diagnose(self) -> Iterator[Diagnosis]:
        """Looks, without writing. Raises `Retry`, `StopEndpoint` as any call does."""
        ...


@dataclass(frozen=True, slots=True)
class Space:
    """Room at an endpoint: bytes and inodes used and free; None where it can't be known."""

    bytes_free: int | None = None
    inodes_free: int | None = None
    bytes_used: int | None = None


@runtime_checkable
class Quota(Protocol):
    """Optional: how much room there is."""

    def space(self, subject: Subject | None = None) -> Space:
        """The room for a subject, or at the endpoint as a whole."""
        ...


@runtime_checkable
class Discards(Protocol):
    """Optional: a target can take back a container that it made."""

    def discard(self, container: Container, fence: Fence) -> bool:
        """Removes what `ensure` made for this container of the source, and the folders above it that were made on the
        way, where nothing is in them (any more); whatever was there before, or is not empty, stays as it is. Whether
        the container is gone. Harmless when repeated."""
        ...


@runtime_checkable
class Freeze(Protocol):
    """Optional: a subject can be made read-only at the endpoint, and writable again."""

    def freeze(self, subject: Subject) -> None:
        """Users can't write any more; harmless when repeated."""
        ...

    def thaw(self, subject: Subject) -> None:
        """Users can write again."""
        ...


@runtime_checkable
class Aside(Protocol):
    """Optional: a target in a local file system takes small bodies as files that were written beside it, so that the
    one who reads a body for its digest also puts it down."""

    def aside(self, fence: Fence) -> str | None:
        """A new empty folder of the target's file system for the `AsideBody` files of a chunk; None where it takes
        none. What lies there is not in the target. Its caller removes it; a crash leaves it to the chunk's next
        epoch."""
        ...


@runtime_checkable
class Disable(Protocol):
    """Optional: a target where an account can be switched off and kept, which is what becomes of one that disappears at
    the source."""

    def disable(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        """Nobody can log in by this entry any more, and nothing else of it changes: `written` with its new version and
        a before-image; `unchanged` where it is off already or is no account; `conflict` where another version is
        there; `absent`."""
        ...


class NoCredential(NamedTuple):
    """Somebody who could not log in by this endpoint alone. `name`: as people know the account. `open`: the account is
    open, so that its person would be locked out; a closed one would be when it is opened again."""

    name: str
    why: Text
    open: bool = True


@runtime_checkable
class Passwords(Protocol):
    """Optional: a target that has the source check the passwords of a wave's people until the wave is cut over."""

    def without_credential(self, wave: str) -> Iterator[NoCredential]:
        """Those of the wave whose passwords only the source has. Looks, without writing; nobody where the wave is cut
        already or was never joined to the source."""
        ...

    def cut(self, wave: str) -> None:
        """From now on the source's passwords are good for nothing here. Harmless when repeated, and after a crash in
        its midst. Raises `StopEndpoint` while an open account would be left without a credential."""
        ...

    def after_return(self, wave: str) -> Iterator[Text]:
        """What a person must know or do about passwords once the source is master again."""
        ...
