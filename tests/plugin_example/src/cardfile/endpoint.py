"""The endpoint: one JSON file a card, under a folder a subject."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel

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
    Status,
    Subject,
    Write,
)
from transhumance.connectors.formats.names import escape_name, unescape_name


class CardfileConfig(BaseModel):
    path: Path


class Cardfile:
    """A folder of cards, as source and as target."""

    def __init__(self, config: CardfileConfig, environment: Environment) -> None:
        self._root = environment.base / config.path

    def identity(self) -> str:
        return f"cardfile:{self._root.resolve()}"

    def close(self) -> None:
        return None

    def finish(self) -> None:
        return None

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        for name in sorted(os.listdir(self._root)) if self._root.is_dir() else []:
            key = unescape_name(name) or name.encode()
            if selector.wants(key) and not name.startswith("."):
                yield Subject(key)

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        folder = self._root / escape_name(subject.key)
        for name in sorted(os.listdir(folder)) if workload == "tasks" and folder.is_dir() else []:
            path = tuple((unescape_name(part) or b"").decode() for part in name.split("%2F"))
            yield Container(subject.key, workload, str(folder / name).encode(), path)

    def page(self, container: Container, cursor: bytes | None) -> Page:
        names = sorted((self._key(p), p) for p in Path(container.key.decode()).glob("*.json"))
        refs = [ItemRef(k, _version(p.read_bytes()), "note", "index-card", p.stat().st_size) for k, p in names]
        after = [ref for ref in refs if cursor is None or ref.key > cursor]
        return Page(tuple(after[:2]), after[1].key if len(after) > 2 else None)

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        yield from self.read_back(container, [ref.key for ref in refs])

    def ensure(self, container: Container) -> Container:
        folder = self._root / escape_name(container.subject) / "%2F".join(map(escape_name, container.path))
        folder.mkdir(parents=True, exist_ok=True)
        return Container(container.subject, container.workload, str(folder).encode(), container.path)

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        return ()

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        return [self._write(container, write, fence) for write in writes]

    def _write(self, container: Container, write: Write, fence: Fence) -> Outcome:
        data = json.dumps(dict(write.record.properties), sort_keys=True).encode()
        path = self._path(container, write.key)
        old = path.read_bytes() if path.exists() else None
        if old == data:
            return Outcome(write.key, Status.UNCHANGED, write.key, _version(data))
        if not _expected(old, write.expect):
            return Outcome(write.key, Status.CONFLICT, write.key, _version(old or b""), code="GEN-CONFLICT-01")
        fence.check()
        before = self._keep(old)
        self._put(path, data)
        return Outcome(write.key, Status.WRITTEN, write.key, _version(data), before)

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        found: list[Outcome | None] = []
        for write in writes:
            data = json.dumps(dict(write.record.properties), sort_keys=True).encode()
            path = self._path(container, write.key)
            there = path.exists() and path.read_bytes() == data
            found.append(Outcome(write.key, Status.WRITTEN, write.key, _version(data)) if there else None)
        return found

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        for key in target_keys:
            try:
                properties = json.loads(self._path(container, key).read_bytes())
                yield Record(key, "note", "index-card", properties)
            except (OSError, ValueError):
                yield Fault(key, "GEN-READ-01", "no such card", "note", "index-card")

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        path = self._path(container, target_key)
        if not path.exists():
            return Outcome(target_key, Status.ABSENT, target_key)
        old = path.read_bytes()
        if not _expected(old, expect):
            return Outcome(target_key, Status.CONFLICT, target_key, _version(old), code="GEN-CONFLICT-01")
        fence.check()
        before = self._keep(old)
        path.unlink()
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        path = self._path(container, target_key)
        old = path.read_bytes() if path.exists() else None
        if not _expected(old, expect):
            return Outcome(target_key, Status.CONFLICT, target_key, _version(old or b""), code="GEN-CONFLICT-01")
        fence.check()
        if not before.token:
            path.unlink(missing_ok=True)
            return Outcome(target_key, Status.REMOVED, target_key)
        data = (self._root / ".before" / before.token).read_bytes()
        self._put(path, data)
        return Outcome(target_key, Status.WRITTEN, target_key, _version(data))

    def _path(self, container: Container, key: bytes) -> Path:
        return Path(container.key.decode()) / f"{escape_name(key)}.json"

    @staticmethod
    def _key(path: Path) -> bytes:
        return unescape_name(path.name.removesuffix(".json")) or b""

    def _keep(self, old: bytes | None) -> Before:
        if old is None:
            return Before()
        folder = self._root / ".before"
        folder.mkdir(exist_ok=True)
        self._put(folder / _version(old), old)
        return Before(_version(old))

    @staticmethod
    def _put(path: Path, data: bytes) -> None:
        aside = path.with_suffix(".tmp")
        with open(aside, "wb") as out:
            out.write(data)
            os.fsync(out.fileno())
        os.replace(aside, path)


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _expected(old: bytes | None, expect: Expect) -> bool:
    if expect.version == ANY:
        return True
    return old is None if expect.version == ABSENT else old is not None and _version(old) == expect.version
