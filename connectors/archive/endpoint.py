"""The archive as a source and as a target."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence

from transhumance.connectors.archive.before import heal, read_before
from transhumance.connectors.archive.catalogue import Place
from transhumance.connectors.archive.codec import FORM
from transhumance.connectors.archive.config import ArchiveConfig
from transhumance.connectors.archive.discard import discard
from transhumance.connectors.archive.effect import Effect, record_version
from transhumance.connectors.archive.lines import decode
from transhumance.connectors.archive.manifest import finish
from transhumance.connectors.archive.staging import aside, tidy
from transhumance.connectors.archive.store import Lines, Store
from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
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
    Space,
    Status,
    Subject,
    Write,
    key_text,
)

PAGE = 5000
_KINDS = {"documents": "share", "databases": "database"}  # of a subject that has nothing else and no address
GONE = "GEN-READ-01"


class _Endpoint:
    """An archive, opened when first needed."""

    writable = False

    def __init__(self, config: ArchiveConfig, environment: Environment) -> None:
        self._config, self._environment = config, environment
        self._opened: Store | None = None
        self._lock = threading.Lock()

    @property
    def _store(self) -> Store:
        with self._lock:
            if self._opened is None:
                root = self._environment.base / self._config.path
                self._opened = Store(root, self._environment.spool, writable=self.writable)
                if self.writable:
                    tidy(root)
            return self._opened

    def identity(self) -> str:
        """The archive's own name, which it keeps wherever it is moved to."""
        return self._store.identity()

    def close(self) -> None:
        """Closes the catalogue."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def space(self, subject: Subject | None = None) -> Space:
        """The room on the archive's disk."""
        at = self._environment.base / self._config.path
        while not at.exists():
            at = at.parent
        disk = os.statvfs(at)
        used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
        # btrfs and others have no fixed number of inodes, and say 0
        return Space(disk.f_bavail * disk.f_frsize, disk.f_favail if disk.f_files else None, used)

    def _place(self, container: Container) -> Place:
        place = self._store.place_of(container)
        self._store.sync(place)
        return place

    def _records(self, place: Place, keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        with Lines(self._store, place) as lines:
            for key in keys:
                row = self._store.catalogue.row(place, key)
                item = decode(lines.of(row)) if row else None
                if item is None:
                    yield Fault(key, GONE, "not in the archive")
                elif fault := self._store.fault_of(place, item):
                    yield Fault(key, GONE, fault, item.kind, FORM)
                else:
                    yield self._store.record(place, item)


class ArchiveSource(_Endpoint):
    """An archive that is read: its own files are never changed."""

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        """Every subject that has a container here. What it is, is told by what it has."""
        held: dict[bytes, set[str]] = {}
        for place in self._store.catalogue.places():
            held.setdefault(place.container.subject, set()).add(place.container.workload)
        for key, workloads in sorted(held.items()):
            if selector.wants(key):
                name = key_text(key)
                kind = _KINDS.get("".join(workloads), "person") if "@" not in name else "person"
                yield Subject(key, kind, name, mail=name if "@" in name else None)

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        """The subject's containers of a workload."""
        yield from (place.container for place in self._store.catalogue.places(subject.key, workload))

    def page(self, container: Container, cursor: bytes | None) -> Page:
        """The items after the cursor, which is the last key of the page before."""
        place = self._store.place_of(container)
        self._store.sync(place, again=cursor is None)
        rows = self._store.catalogue.page(place, cursor, PAGE + 1)
        refs = tuple(
            ItemRef(row.key, row.version, row.kind, FORM, row.size, count=row.count, subject=row.subject)
            for row in rows[:PAGE]
        )
        return Page(refs, refs[-1].key if len(rows) > PAGE else None)

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        """The documents with their residue; a file that is gone or has another size is a fault."""
        yield from self._records(self._place(container), [ref.key for ref in refs])


class ArchiveTarget(_Endpoint):
    """An archive that is written."""

    writable = True

    def ensure(self, container: Container) -> Container:
        """The container, made where it lacks."""
        return self._store.ensure(container).container

    def discard(self, container: Container, fence: Fence) -> bool:
        """Removes a container without items."""
        return discard(self._store, container, fence)

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        """Nothing is lost in an archive."""
        return ()

    def aside(self, fence: Fence) -> str | None:
        """Where bodies may be put that become files of their own."""
        if self._config.keep != "full" or self._config.layout != "files":
            return None
        return aside(self._store.root, fence)

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        """Nothing need be noted: keys are natural."""
        return ""

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        """Writes a batch, whole or not at all; refused items are left out of it."""
        with self._effect(container, fence) as effect:
            effect.expect([write.target_key or write.key for write in writes])
            outcomes = [effect.write(write) for write in writes]
            effect.commit()
        return outcomes

    def _effect(self, container: Container, fence: Fence, *, keep: bool = True) -> Effect:
        shelf = self._config.layout if self._config.keep == "full" else "none"
        return Effect(self._store, self._store.place_of(container), fence, shelf, keep=keep)

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        """What had its effect, told from the index. A file that an effect without commit replaced is put back."""
        place = self._store.place_of(container)
        self._store.sync(place, again=True)
        with Lines(self._store, place) as lines:
            return [self._settled(place, lines, write) for write in writes]

    def _settled(self, place: Place, lines: Lines, write: Write) -> Outcome | None:
        key = write.target_key or write.key
        row = self._store.catalogue.row(place, key)
        if row is None:
            return None
        item = decode(lines.of(row))
        try:
            wanted = record_version(write.record)
        except (RecursionError, TypeError, ValueError, OSError):  # writing it will say what is wrong with it
            wanted = ""
        if row.version != wanted:
            heal(self._store, place, item)
            return None
        if self._store.fault_of(place, item):
            return None
        return Outcome(write.key, Status.WRITTEN, key, row.version, Before(item.before))

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        """What lies in the archive, bodies by handles that claim no digest: comparing reads them."""
        yield from self._records(self._place(container), target_keys)

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        """Removes an item; its files go when the container is settled."""
        with self._effect(container, fence) as effect:
            outcome = effect.remove(target_key, expect)
            effect.commit()
        return outcome

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        """Puts a before-image back."""
        place = self._place(container)
        row = self._store.catalogue.row(place, target_key)
        there = row.version if row else ""
        if expect.version not in (ANY, there or ABSENT):
            return Outcome(target_key, Status.CONFLICT, target_key, there, code="GEN-CONFLICT-01")
        image = read_before(self._store, before.token) if before.token else None
        if before.token and (image is None or image.key != target_key):
            detail = "its before-image is not kept any more"
            return Outcome(target_key, Status.REFUSED, target_key, there, code=GONE, detail=detail)
        with self._effect(container, fence, keep=False) as effect:
            if image is None:
                effect.remove(target_key, Expect(ANY))
                done = Outcome(target_key, Status.REMOVED, target_key)
            else:
                done = effect.write(Write(target_key, image, Expect(ANY), subject=row.subject if row else b""))
            effect.commit()
        if done.status in (Status.WRITTEN, Status.UNCHANGED):
            return Outcome(target_key, Status.WRITTEN, target_key, done.version)
        return done

    def finish(self) -> None:
        """Settles what was written and writes the manifest."""
        finish(self._store, self._config)
