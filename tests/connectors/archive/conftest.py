"""An archive to play with: items by key and text, written in chunks, listed, and looked at from outside."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from transhumance.connectors.archive.config import ArchiveConfig
from transhumance.connectors.archive.endpoint import ArchiveSource, ArchiveTarget
from transhumance.connectors.contract import (
    ANY,
    BytesBody,
    Container,
    Environment,
    Expect,
    Fence,
    ItemRef,
    Outcome,
    Record,
    Selector,
    Write,
)


def record(key: bytes, text: bytes, kind: str = "message", name: str = "") -> Record:
    """A record of the archive's form."""
    standard = {"message": "rfc5322", "event": "ical", "card": "vcard", "entry": "ldif"}.get(kind, "file")
    residue = ({"path": "X", "value": len(text), "part": "content", "digest": "00"},)
    bodies = {"content": BytesBody.of(text)} if kind != "folder" else {}
    properties = {"standard": standard, "meta": {"n": len(text)}, "residue": residue, "name": name}
    return Record(key, kind, "document", properties, bodies)


class Play:
    """One archive; `reopen` is what a new process would do."""

    def __init__(self, base: Path, layout: str = "files", keep: str = "full", path: str = "archive") -> None:
        self.base, self.root = base, base / path
        self.config = ArchiveConfig.model_validate({"path": path, "layout": layout, "keep": keep})
        self.target: ArchiveTarget = self.open()

    def open(self) -> ArchiveTarget:
        self.target = ArchiveTarget(self.config, Environment("a", self.base / "spool", self.base))
        return self.target

    def reopen(self) -> ArchiveTarget:
        self.target.close()
        return self.open()

    def source(self) -> ArchiveSource:
        return ArchiveSource(self.config, Environment("a", self.base / "spool", self.base))

    def place(
        self, path: tuple[str, ...] = ("Boîte",), workload: str = "mail", subject: bytes = b"agn\xc3\xa8s"
    ) -> Container:
        return self.target.ensure(Container(subject, workload, b"k", path))

    def write(
        self, *records: Record, where: Container | None = None, chunk: str = "c", epoch: int = 1
    ) -> list[Outcome]:
        writes = [Write(r.key, r, Expect(ANY)) for r in records]
        return self.target.write(where or self.place(), writes, Fence(chunk, epoch))

    def refs(self) -> dict[tuple[bytes, tuple[str, ...], bytes], ItemRef]:
        """Every item, by subject, container and key, as a new source lists it."""
        source, found = self.source(), {}
        for subject in source.subjects(Selector()):
            for workload in ("mail", "documents"):
                for container in source.containers(subject, workload):
                    for ref in source.page(container, None).refs:
                        found[subject.key, container.path, ref.key] = ref
        source.close()
        return found

    def texts(self) -> dict[bytes, bytes]:
        """The content of every item, by key, as a new source reads it."""
        source, found = self.source(), {}
        for subject in source.subjects(Selector()):
            for workload in ("mail", "documents"):
                for container in source.containers(subject, workload):
                    for got in source.fetch(container, source.page(container, None).refs):
                        assert isinstance(got, Record), got
                        with got.bodies["content"].open() as stream:
                            found[got.key] = stream.read()
        source.close()
        return found

    def manifest(self) -> bytes:
        self.target.finish()
        return (self.root / "MANIFEST.sha256").read_bytes()

    def files(self) -> list[str]:
        """The files that the manifest names, without the archive's own."""
        lines = self.manifest().decode().splitlines()
        return [path for line in lines if "/.index/" not in (path := line.split("  ", 1)[1]) and "/" in path]

    def sha256sum(self) -> str:
        """What `sha256sum -c` says of the manifest; empty when all is well."""
        command = ["sha256sum", "-c", "--quiet", "--strict", "MANIFEST.sha256"]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
        return done.stdout + done.stderr


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Play]]:
    """A function that makes an archive under the test's folder."""
    made: list[Play] = []

    def make(layout: str = "files", keep: str = "full", path: str = "archive") -> Play:
        made.append(Play(tmp_path, layout, keep, path))
        return made[-1]

    yield make
    for one in made:
        one.target.close()


@pytest.fixture
def item() -> Callable[..., Record]:
    """A function that makes a record."""
    return record
