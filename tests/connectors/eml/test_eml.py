"""Trees of .eml files: what is listed, what is told, names, previews, kill -9, the corpus."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from transhumance.connectors.contract import (
    BytesBody,
    Container,
    Context,
    Environment,
    Expect,
    Fault,
    Fence,
    FileBody,
    Outcome,
    Record,
    Selector,
    Status,
    StopEndpoint,
    Value,
    Write,
    read_all,
)
from transhumance.connectors.eml.config import EmlConfig
from transhumance.connectors.eml.source import EmlSource
from transhumance.connectors.eml.target import EmlTarget
from transhumance.migrators.mail.codes import CODES
from transhumance.migrators.mail.rfc5322 import Rfc5322Codec

FENCE = Fence("test", 1)
WHEN = datetime(2024, 2, 29, 12, 0, 0, 250, tzinfo=UTC)
PLACE = Container(b"alice", "mail", b"", ("Sent", "2026"))


def source(base: Path, **options: Any) -> EmlSource:
    return EmlSource(EmlConfig.model_validate({"path": "t", **options}), Environment("t", base, base))


def target(base: Path) -> EmlTarget:
    return EmlTarget(EmlConfig.model_validate({"path": "t"}), Environment("t", base, base))


def mail(key: bytes, data: bytes = b"Subject: x\n\n", **properties: Value) -> Record:
    return Record(key, "message", "rfc5322", {"file_modified": WHEN, **properties}, {"content": BytesBody.of(data)})


def write(to: EmlTarget, *records: Record, place: Container = PLACE) -> list[Outcome]:
    return to.write(to.ensure(place), [Write(r.key, r) for r in records], FENCE)


def everything(opened: EmlSource) -> dict[tuple[str, ...], list[Record | Fault]]:
    found: dict[tuple[str, ...], list[Record | Fault]] = {}
    for subject in opened.subjects(Selector()):
        for container in opened.containers(subject, "mail"):
            cursor, items = None, found.setdefault(container.path, [])
            while True:
                page = opened.page(container, cursor)
                items += [*opened.fetch(container, page.refs), *page.faults]
                cursor = page.next
                if cursor is None:
                    break
    opened.close()
    return found


def state(base: Path) -> dict[tuple[str, ...], dict[bytes, bytes]]:
    return {
        path: {i.key: read_all(i.bodies["content"]) for i in items if isinstance(i, Record)}
        for path, items in everything(source(base)).items()
    }


def test_a_tree(tmp_path: Path) -> None:
    root = tmp_path / "t" / "alice"
    (root / "Boîte%2F1" / "Sent").mkdir(parents=True)
    for name in ("a.eml", "B.EML", "Boîte%2F1/c.eml", "notes.txt", "x.emlx"):
        (root / name).write_bytes(b"Subject: x\n\n")
    (root / "big.eml").write_bytes(b"x" * (2 << 20))
    (root / "link.eml").symlink_to("a.eml")
    (root / "out").symlink_to("/etc")
    os.mkfifo(root / "pipe.eml")
    os.utime(root / "a.eml", ns=(0, 1709208000000250999))
    found = everything(source(tmp_path, page=2))
    assert list(found) == [(), ("Boîte/1",), ("Boîte/1", "Sent")]
    items = {item.key: item for item in found[()]}
    assert {k: i.code for k, i in items.items() if isinstance(i, Fault)} == dict.fromkeys(
        (b"notes.txt", b"x.emlx", b"link.eml", b"out", b"pipe.eml"), "MAIL-FILE-01"
    )
    a, big = items[b"a.eml"], items[b"big.eml"]
    assert isinstance(a, Record) and a.properties == {"file_modified": WHEN}
    assert isinstance(big, Record) and isinstance(big.bodies["content"], FileBody)
    assert [i.key for i in found[("Boîte/1",)]] == [b"c.eml"]


def test_other_endings_lone_files_and_a_folder_that_vanishes(tmp_path: Path) -> None:
    (tmp_path / "t" / "x").mkdir(parents=True)
    (tmp_path / "t" / "lone.eml").write_bytes(b"a")
    (tmp_path / "t" / "x" / "1.msg").write_bytes(b"b")
    opened = source(tmp_path, suffixes=[".eml", ".msg"])
    assert [s.key for s in opened.subjects(Selector())] == [b"lone", b"x"]
    assert [len(items) for items in everything(opened).values()] == [2]  # both at the root of their subject
    x = next(opened.subjects(Selector(frozenset([b"x"]))))
    (container,) = opened.containers(x, "mail")
    (tmp_path / "t" / "x").rename(tmp_path / "gone")
    with pytest.raises(StopEndpoint):
        opened.page(container, None)


def test_names_at_the_target(tmp_path: Path) -> None:
    keys = [
        b"1.eml",
        b"plain",
        b"../../etc/passwd",
        b"a/b:c",
        b"CON.eml",
        b".eml",
        b"\xff",
        b"x" * 300,
        b"y" * 300,
    ]
    outcomes = write(target(tmp_path), *(mail(key) for key in keys))
    names = {outcome.key: outcome.target_key for outcome in outcomes}
    assert {o.status for o in outcomes} == {Status.WRITTEN} and len(set(names.values())) == len(keys)
    assert names[b"1.eml"] == b"1.eml" and names[b"plain"] == b"plain.eml"
    folder = tmp_path / "t" / "alice" / "Sent" / "2026"
    assert set(os.listdir(os.fsencode(folder))) == set(names.values())
    assert all(name.endswith(b".eml") and len(name) <= 255 for name in names.values())
    assert write(target(tmp_path), *(mail(key) for key in keys))[0].status is Status.UNCHANGED


def test_what_has_no_place_is_told(tmp_path: Path) -> None:
    to = target(tmp_path)
    record = mail(b"1", flags=("\\Seen",), keywords=("a",), internal_date=WHEN)
    assert [(f.code, f.detail) for f in to.preview(PLACE, record)] == [
        ("GEN-TARGET-02", name) for name in ("flags", "internal_date", "keywords")
    ]
    assert set(to.forecast(PLACE, record).properties) == {"file_modified"}
    late = mail(b"3", file_modified=WHEN.replace(year=3000, day=1))
    assert [(f.code, f.detail) for f in to.preview(PLACE, late)] == [("GEN-TARGET-02", "file_modified")]
    dated = Record(b"2", "message", "rfc5322", {"internal_date": WHEN}, record.bodies)
    (outcome,) = write(to, dated)
    path = tmp_path / "t" / "alice" / "Sent" / "2026" / os.fsdecode(outcome.target_key)
    assert path.stat().st_mtime_ns == 1709208000000250000


def test_denied_and_unreadable_items_leave_the_others(tmp_path: Path) -> None:
    (tmp_path / "gone").write_bytes(b"x" * 100)
    lost = Record(b"2", "message", "rfc5322", {}, {"content": FileBody.of(tmp_path / "gone")})
    (tmp_path / "gone").unlink()
    first, second, third = write(target(tmp_path), mail(b"1"), lost, mail(b"3"))
    assert (second.status, second.code) == (Status.REFUSED, "GEN-READ-01")
    assert first.status is third.status is Status.WRITTEN
    assert set(state(tmp_path)[PLACE.path]) == {b"1.eml", b"3.eml"}


OLD = [mail(b"a", b"a\n"), mail(b"b", b"b\n"), mail(b"c", b"c\n")]


def prepare(place: Path) -> list[Outcome]:
    return write(target(place), *OLD)


def test_dying_at_any_step_of_a_write(tmp_path: Path, crashes: ModuleType) -> None:
    def writes_of(outcomes: list[Outcome]) -> list[Write]:
        changed = Write(b"a", mail(b"a", b"changed\n"), Expect(outcomes[0].version), b"a.eml")
        return [changed, Write(b"d", mail(b"d", b"d" * 5000)), Write(b"e", mail(b"e", b""))]

    def work(place: Path, outcomes: list[Outcome]) -> None:
        target(place).write(target(place).ensure(PLACE), writes_of(outcomes), FENCE)

    steps = 0
    for steps, place, outcomes in crashes.every_step(tmp_path, prepare, work):
        again, writes = target(place), writes_of(outcomes)
        settled = again.probe(again.ensure(PLACE), writes, "", FENCE)
        rest = [w for w, o in zip(writes, settled, strict=True) if o is None]
        assert {o.status for o in again.write(again.ensure(PLACE), rest, FENCE)} <= {Status.WRITTEN}, steps
        expected = {b"a.eml": b"changed\n", b"b.eml": b"b\n", b"c.eml": b"c\n", b"d.eml": b"d" * 5000, b"e.eml": b""}
        assert state(place)[PLACE.path] == expected, steps
    assert steps > 10


def test_the_corpus_as_a_tree(tmp_path: Path, corpora: Callable[..., Path]) -> None:
    """Every file: an item or a told file; the law, with no residue but the file's time; known codes."""
    (tmp_path / "t").symlink_to(corpora("mime"))
    opened = source(tmp_path, subject="corpus", suffixes=[".eml", ".msg", ".txt", ".mbox", ".bin"])
    found = [item for items in everything(opened).values() for item in items]
    files = [p for p in corpora("mime").rglob("*") if p.is_file() or p.is_symlink()]
    assert len(found) == len(files) > 600
    codec, known = Rfc5322Codec(), {code.code: code for code in CODES}
    seen: Counter[str] = Counter()
    for item in found:
        if isinstance(item, Fault):
            assert item.code == "MAIL-FILE-01"
            continue
        result = codec.to_open(item, Context())
        assert result.document.bodies["content"] is item.bodies["content"]
        returned = codec.from_open(result.document, result.residue, Context())
        assert codec.compare(item, returned.record) == () and [r.path for r in result.residue] == ["file_modified"]
        assert all(known[finding.code].back == "exact" for finding in result.findings)
        seen.update(finding.code for finding in result.findings)
    assert seen["MAIL-EOL-01"] > 5 and seen["MAIL-NUL-01"] > 3 and seen["MAIL-DUP-01"] > 5
