"""The in-memory endpoint. Stores live as long as the process, by name, so that a source and a target can be the same
place."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

from pydantic import BaseModel, ConfigDict, Field

from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
    Body,
    BytesBody,
    Container,
    Environment,
    Expect,
    Fault,
    Fence,
    Finding,
    ItemRef,
    Outcome,
    Page,
    Record,
    Selector,
    Status,
    Subject,
    Write,
    key_text,
    sha256_of,
)
from transhumance.connectors.contract.manifest import to_json
from transhumance.connectors.formats.listing import SpooledListing

INLINE = 1 << 20


class MemoryConfig(BaseModel):
    """`store`: its name. `page`: items a page. `max_item_bytes`: larger bodies are refused."""

    model_config = ConfigDict(extra="forbid")

    store: str = "default"
    page: int = Field(500, ge=1)
    max_item_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class SyntheticBody(Body):
    """A body of any size that lies nowhere: its bytes are computed from `seed`."""

    seed: int = 0

    def open(self, offset: int = 0) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Computed(self.seed, offset, self.size or 0), 1 << 18))


class _Computed(io.RawIOBase):
    """A repeating pattern of 64 KiB drawn from a seed, from an offset up to a size."""

    def __init__(self, seed: int, at: int, end: int) -> None:
        block = b"".join(hashlib.sha256(f"{seed}/{n}".encode()).digest() for n in range(2048))
        self._block, self._at, self._end = block, at, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        start = self._at % len(self._block)
        part = self._block[start : start + min(len(view), self._end - self._at)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)


@dataclass(slots=True)
class Store:
    """Everything that a store holds: subjects, containers in order, items, before-images; the keys of containers that a
    target made."""

    subjects: dict[bytes, Subject] = field(default_factory=dict)
    containers: dict[tuple[bytes, str, tuple[str, ...]], Container] = field(default_factory=dict)
    items: dict[bytes, dict[bytes, Record]] = field(default_factory=dict)
    before: dict[str, Record] = field(default_factory=dict)
    made: set[bytes] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, container: Container, record: Record) -> None:
        """Places an item, as a user of the system would."""
        with self.lock:
            self.subjects.setdefault(container.subject, Subject(container.subject, name=key_text(container.subject)))
            self.containers.setdefault((container.subject, container.workload, container.path), container)
            self.items.setdefault(container.key, {})[record.key] = record


_stores: dict[str, Store] = {}


def store(name: str) -> Store:
    """The store of that name, made where it lacks."""
    return _stores.setdefault(name, Store())


def forget(name: str) -> None:
    """Drops a store."""
    _stores.pop(name, None)


def version_of(record: Record) -> str:
    """A version that changes with anything compared of a record."""
    head = {k: v for k, v in record.properties.items() if k != "change_key"}
    bodies = {name: _identity(body) for name, body in record.bodies.items()}
    text = json.dumps([record.kind, record.form, to_json(head), bodies, record.count], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _identity(body: Body) -> str:
    # the bytes of a synthetic body follow from its seed: no need to compute 5 GB to know that it is the same
    return f"synthetic/{body.seed}/{body.size}" if isinstance(body, SyntheticBody) else sha256_of(body)


class MemoryEndpoint:
    """A source and a target over a store."""

    def __init__(self, config: MemoryConfig, environment: Environment) -> None:
        self._config, self._store = config, store(config.store)
        self._listings: dict[bytes, SpooledListing] = {}

    def identity(self) -> str:
        return f"memory:{self._config.store}"

    def close(self) -> None:
        for listing in self._listings.values():
            listing.close()
        self._listings.clear()

    # --- source

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        with self._store.lock:
            found = sorted(self._store.subjects.items())
        yield from (subject for key, subject in found if selector.wants(key))

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        with self._store.lock:
            found = sorted(self._store.containers.items())
        yield from (c for (owner, kind, _), c in found if owner == subject.key and kind == workload)

    def page(self, container: Container, cursor: bytes | None) -> Page:
        if cursor is None or container.key not in self._listings:
            with self._store.lock:
                records = list(self._store.items.get(container.key, {}).values())
            self._listings[container.key] = SpooledListing(map(_ref, records))
        return self._listings[container.key].page(cursor, self._config.page)

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        for ref in refs:
            record = self._store.items.get(container.key, {}).get(ref.key)
            yield record if record else Fault(ref.key, "GEN-READ-01", "gone", ref.kind, ref.form)

    # --- target

    def ensure(self, container: Container) -> Container:
        key = b"/".join([container.subject, container.workload.encode(), *(p.encode() for p in container.path)])
        with self._store.lock:
            self._store.subjects.setdefault(container.subject, Subject(container.subject))
            if (container.subject, container.workload, container.path) not in self._store.containers:
                self._store.made.add(key)
            return self._store.containers.setdefault(
                (container.subject, container.workload, container.path), replace(container, key=key)
            )

    def discard(self, container: Container, fence: Fence) -> bool:
        name = (container.subject, container.workload, container.path)
        with self._store.lock:
            made = self._store.containers.get(name)
            if made is not None and made.key in self._store.made and not self._store.items.get(made.key):
                fence.check()
                del self._store.containers[name]
                self._store.made.discard(made.key)
            return name not in self._store.containers

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        return (Finding("GEN-SIZE-01"),) if self._too_large(record) else ()

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        return [self._write(container, write, fence) for write in writes]

    def _write(self, container: Container, write: Write, fence: Fence) -> Outcome:
        if self._too_large(write.record):
            return Outcome(write.key, Status.REFUSED, code="GEN-SIZE-01")
        key = write.target_key or write.key
        new = replace(write.record, key=key, bodies={n: _kept(b) for n, b in write.record.bodies.items()})
        fence.check()
        with self._store.lock:
            items = self._store.items.setdefault(container.key, {})
            old = items.get(key)
            if old is not None and version_of(old) == version_of(new):
                return Outcome(write.key, Status.UNCHANGED, key, version_of(new))
            if not _as_expected(old, write.expect):
                return Outcome(write.key, Status.CONFLICT, key, version_of(old) if old else "", code="GEN-CONFLICT-01")
            items[key] = new
            return Outcome(write.key, Status.WRITTEN, key, version_of(new), self._keep(old))

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        found: list[Outcome | None] = []
        for write in writes:
            key = write.target_key or write.key
            there = self._store.items.get(container.key, {}).get(key)
            same = there is not None and version_of(there) == version_of(write.record)
            found.append(Outcome(write.key, Status.WRITTEN, key, version_of(write.record)) if same else None)
        return found

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        for key in target_keys:
            record = self._store.items.get(container.key, {}).get(key)
            yield record or Fault(key, "GEN-READ-01", "gone")

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        with self._store.lock:
            items = self._store.items.get(container.key, {})
            old = items.get(target_key)
            if old is None:
                return Outcome(target_key, Status.ABSENT, target_key)
            if not _as_expected(old, expect):
                return Outcome(target_key, Status.CONFLICT, target_key, version_of(old), code="GEN-CONFLICT-01")
            del items[target_key]
            return Outcome(target_key, Status.REMOVED, target_key, before=self._keep(old))

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        with self._store.lock:
            items = self._store.items.setdefault(container.key, {})
            old = items.get(target_key)
            if not _as_expected(old, expect):
                there = version_of(old) if old else ""
                return Outcome(target_key, Status.CONFLICT, target_key, there, code="GEN-CONFLICT-01")
            if not before.token:
                items.pop(target_key, None)
                return Outcome(target_key, Status.REMOVED, target_key)
            items[target_key] = self._store.before[before.token]
            return Outcome(target_key, Status.WRITTEN, target_key, version_of(items[target_key]))

    def finish(self) -> None:
        return None

    def _keep(self, old: Record | None) -> Before:
        if old is None:
            return Before()
        token = version_of(old)
        self._store.before[token] = old
        return Before(token)

    def _too_large(self, record: Record) -> bool:
        limit = self._config.max_item_bytes
        return limit is not None and any((body.size or 0) > limit for body in record.bodies.values())


def _ref(record: Record) -> ItemRef:
    size = sum(body.size or 0 for body in record.bodies.values())
    return ItemRef(
        record.key, version_of(record), record.kind, record.form, size, stable_id=record.key, count=record.count
    )


def _as_expected(old: Record | None, expect: Expect) -> bool:
    if expect.version == ANY:
        return True
    return old is None if expect.version == ABSENT else old is not None and version_of(old) == expect.version


def _kept(body: Body) -> Body:
    """A body as the store keeps it: read once and whole, so that a source that fails half-way leaves nothing."""
    if isinstance(body, SyntheticBody | BytesBody):
        return body
    with body.open() as stream:
        data = stream.read()
    if body.size is not None and len(data) != body.size:
        raise OSError(f"{len(data)} bytes came, {body.size} were announced")
    return BytesBody.of(data)
