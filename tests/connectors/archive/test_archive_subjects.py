"""Whose each item of a shared container is: kept by the archive, and said again when it is read as a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from transhumance.connectors.archive.config import ArchiveConfig
from transhumance.connectors.archive.endpoint import ArchiveSource, ArchiveTarget
from transhumance.connectors.archive.naming import CATALOGUE
from transhumance.connectors.contract import (
    ANY,
    BytesBody,
    Container,
    Environment,
    Expect,
    Fence,
    Record,
    Selector,
    Value,
    Write,
)

FENCE = Fence("c", 1)


def entry(key: bytes, text: bytes = b"dn: x\n") -> Record:
    properties: dict[str, Value] = {"standard": "ldif", "meta": {}, "residue": (), "name": ""}
    return Record(key, "entry", "document", properties, {"content": BytesBody.of(text)})


def subjects(base: Path) -> dict[bytes, bytes]:
    source = ArchiveSource(ArchiveConfig(path=Path("a")), Environment("a", base / "spool", base))
    (subject,) = source.subjects(Selector())
    (container,) = source.containers(subject, "identities")
    found = {ref.key: ref.subject for ref in source.page(container, None).refs}
    source.close()
    return found


@pytest.mark.parametrize("layout", ["files", "packed"])
def test_an_item_of_a_shared_container_keeps_its_subject(tmp_path: Path, layout: str) -> None:
    config = ArchiveConfig.model_validate({"path": "a", "layout": layout})
    target = ArchiveTarget(config, Environment("a", tmp_path / "spool", tmp_path))
    place = target.ensure(Container(b"ad", "identities", b"k", ("Utilisateurs",)))
    writes = [Write(b"1", entry(b"1"), subject=b"alice\xff"), Write(b"2", entry(b"2"), subject=b"bob")]
    writes.append(Write(b"3", entry(b"3")))
    target.write(place, writes, FENCE)
    wanted = {b"1": b"alice\xff", b"2": b"bob", b"3": b""}
    assert subjects(tmp_path) == wanted
    target.finish()
    assert subjects(tmp_path) == wanted
    changed = Write(b"1", entry(b"1", b"dn: y\n"), Expect(ANY), subject=b"alice\xff")
    (outcome,) = target.write(place, [changed], FENCE)
    target.restore(place, b"1", outcome.before, Expect(outcome.version), FENCE)
    target.finish()
    target.close()
    (tmp_path / "a" / CATALOGUE).unlink()
    assert subjects(tmp_path) == wanted, "the index files say it, not the catalogue alone"
