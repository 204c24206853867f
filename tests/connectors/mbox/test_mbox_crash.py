"""kill -9 at every step of a write, then settle as the engine does: nothing lost, nothing twice."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from transhumance.connectors.contract import (
    ABSENT,
    Body,
    BytesBody,
    Container,
    Environment,
    Expect,
    Fence,
    FileBody,
    Record,
    Retry,
    Selector,
    Status,
    StopEndpoint,
    Write,
    read_all,
)
from transhumance.connectors.mbox.config import MboxConfig
from transhumance.connectors.mbox.index import Index
from transhumance.connectors.mbox.session import open_session
from transhumance.connectors.mbox.source import MboxSource
from transhumance.connectors.mbox.target import MboxTarget

FENCE = Fence("test", 1)
WHEN = datetime(2024, 2, 29, 12, tzinfo=UTC)
FOREIGN = b"From x@y Thu Feb 29 12:00:00 2024\nSubject: delivered\n\nmeanwhile\n\n"


def mail(key: bytes, data: bytes) -> Record:
    return Record(key, "message", "rfc5322", {"internal_date": WHEN}, {"content": BytesBody.of(data)})


def target(place: Path) -> MboxTarget:
    return MboxTarget(MboxConfig.model_validate({"path": "t"}), Environment("t", place, place))


def box(place: Path) -> Container:
    return target(place).ensure(Container(b"alice", "mail", b"", ("A",)))


def contents(place: Path) -> dict[bytes, bytes]:
    source = MboxSource(MboxConfig.model_validate({"path": "t"}), Environment("t", place, place))
    found: dict[bytes, bytes] = {}
    for subject in source.subjects(Selector()):
        for container in source.containers(subject, "mail"):
            page = source.page(container, None)
            assert page.next is None and not page.faults
            for record in source.fetch(container, page.refs):
                assert isinstance(record, Record), record
                assert record.key not in found
                found[record.key] = read_all(record.bodies["content"])
    source.close()
    return found


def more_steps(countdown: Any) -> None:
    """Also dies before and after each commit of the record."""

    @contextmanager
    def transaction(self: Index) -> Any:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        countdown.step()
        self.db.execute("COMMIT")
        countdown.step()

    Index._transaction = transaction  # type: ignore[method-assign]


OLD = [mail(b"a", b"Subject: a\n\nFrom a\n"), mail(b"b", b"Subject: same\n\n"), mail(b"c", b"Subject: same\n\n")]
NEW = [
    mail(b"d", b"Subject: same\n\n"),
    mail(b"e", b"Subject: e\n\nno end"),
    mail(b"f", b""),
    mail(b"g", b"Subject: g\n\n" + b"From g\n" * 40000),
]


def prepare(place: Path) -> Any:
    return target(place).write(box(place), [Write(r.key, r) for r in OLD], FENCE)


@pytest.mark.slow
@pytest.mark.parametrize("meanwhile", [b"", FOREIGN], ids=["alone", "delivered"])
def test_an_append(tmp_path: Path, crashes: ModuleType, meanwhile: bytes) -> None:
    writes = [Write(r.key, r) for r in NEW]
    steps = 0
    for number, place, _ in crashes.every_step(
        tmp_path, prepare, lambda p, _: target(p).write(box(p), writes, FENCE), more_steps
    ):
        steps = number
        path = place / "t" / os.fsdecode(box(place).key)
        with path.open("ab") as file:
            file.write(meanwhile)  # another program, between the crash and the settling
        again = target(place)
        note = again.prepare(box(place), writes, FENCE)
        settled = again.probe(box(place), writes, note, FENCE)
        rest = [w for w, o in zip(writes, settled, strict=True) if o is None]
        assert {o.status for o in again.write(box(place), rest, FENCE)} <= {Status.WRITTEN}
        found = contents(place)
        expected = {r.key: read_all(r.bodies["content"]) for r in OLD + NEW}
        theirs = {k: v for k, v in found.items() if k not in expected}
        assert {k: v for k, v in found.items() if k in expected} == expected, number
        assert list(theirs.values()) == ([b"Subject: delivered\n\nmeanwhile\n"] if meanwhile else []), number
    assert steps > 8


@pytest.mark.slow
def test_a_replacement_and_an_append_in_one_batch(tmp_path: Path, crashes: ModuleType) -> None:
    changed = mail(b"b", b"Subject: other\n\nFrom b\nlonger than it was\n")

    def writes_of(outcomes: Any) -> list[Write]:
        return [Write(b"b", changed, Expect(outcomes[1].version), b"b"), *(Write(r.key, r) for r in NEW[:2])]

    for number, place, outcomes in crashes.every_step(
        tmp_path, prepare, lambda p, o: target(p).write(box(p), writes_of(o), FENCE), more_steps
    ):
        writes = writes_of(outcomes)
        settled = target(place).probe(box(place), writes, "", FENCE)
        rest = [w for w, o in zip(writes, settled, strict=True) if o is None]
        assert {o.status for o in target(place).write(box(place), rest, FENCE)} <= {Status.WRITTEN}, number
        expected = {r.key: read_all(r.bodies["content"]) for r in [OLD[0], changed, OLD[2], *NEW[:2]]}
        assert contents(place) == expected, number


def test_a_removal_takes_the_right_one_of_equals(tmp_path: Path, crashes: ModuleType) -> None:
    for number, place, outcomes in crashes.every_step(
        tmp_path, prepare, lambda p, o: target(p).remove(box(p), b"b", Expect(o[1].version), FENCE), more_steps
    ):
        again = target(place).remove(box(place), b"b", Expect(outcomes[1].version), FENCE)
        assert again.status in (Status.REMOVED, Status.ABSENT)
        assert set(contents(place)) == {b"a", b"c"}, number


def test_a_restore_after_a_crash(tmp_path: Path, crashes: ModuleType) -> None:
    def removed(place: Path) -> Any:
        outcomes = prepare(place)
        return target(place).remove(box(place), b"a", Expect(outcomes[0].version), FENCE).before

    for number, place, before in crashes.every_step(
        tmp_path, removed, lambda p, b: target(p).restore(box(p), b"a", b, Expect(ABSENT), FENCE), more_steps
    ):
        there = target(place).probe(box(place), [Write(b"a", OLD[0])], "", FENCE)
        if there == [None]:
            target(place).restore(box(place), b"a", before, Expect(ABSENT), FENCE)
        assert contents(place) == {r.key: read_all(r.bodies["content"]) for r in OLD}, number


def test_a_mailbox_changed_by_hand_keeps_its_keys(tmp_path: Path) -> None:
    prepare(tmp_path)
    path = tmp_path / "t" / os.fsdecode(box(tmp_path).key)
    data = path.read_bytes()
    path.write_bytes(FOREIGN + data)  # a program put a message first
    found = contents(tmp_path)
    assert found.keys() >= {b"a", b"b", b"c"} and len(found) == 4
    outcome = target(tmp_path).write(box(tmp_path), [Write(b"a", OLD[0])], FENCE)[0]
    assert outcome.status is Status.UNCHANGED
    assert contents(tmp_path) == found


def test_a_file_of_another_variant_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t" / os.fsdecode(box(tmp_path).key)
    path.write_bytes(
        b"From x@y Thu Feb 29 12:00:00 2024\nSubject: r\n\n> one\n>From two\n> three\n\n"
    )  # the line was quoted by a reply, not by the file: mboxo
    (outcome,) = target(tmp_path).write(box(tmp_path), [Write(b"n", NEW[0])], FENCE)
    assert (outcome.status, outcome.code, outcome.detail) == (Status.REFUSED, "MAIL-MBOX-04", "mboxo")
    assert len(contents(tmp_path)) == 1


def test_a_large_body_is_staged_from_a_file(tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"Subject: big\n\n" + b"From big\n>From\n" * 100_000 + b"end")
    record = Record(b"big", "message", "rfc5322", {}, {"content": FileBody.of(big)})
    (outcome,) = target(tmp_path).write(box(tmp_path), [Write(b"big", record)], FENCE)
    assert outcome.status is Status.WRITTEN
    assert contents(tmp_path)[b"big"] == big.read_bytes()
    assert target(tmp_path).write(box(tmp_path), [Write(b"big", record)], FENCE)[0].status is Status.UNCHANGED
    assert not [p for p in (tmp_path / "t" / ".transhumance-mbox").iterdir() if "aside" in p.name]


def test_a_full_disk_and_a_damaged_record_stop_with_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path)
    before = contents(tmp_path)

    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("transhumance.connectors.mbox.target.write_segment", full)
        with pytest.raises(StopEndpoint) as stopped:
            target(tmp_path).write(box(tmp_path), [Write(r.key, r) for r in NEW], FENCE)
        assert "place" in stopped.value.text.fr
    assert contents(tmp_path) == before
    (record,) = (tmp_path / "t" / ".transhumance-mbox").glob("*.db")
    record.write_bytes(b"SQLite format 3\0" + b"rubbish" * 1000)
    with pytest.raises(StopEndpoint) as stopped:
        target(tmp_path).write(box(tmp_path), [Write(r.key, r) for r in NEW], FENCE)
    assert "sauvegarde" in stopped.value.text.fr
    assert sorted(contents(tmp_path).values()) == sorted(before.values())  # the file alone is still read


def test_two_workers_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path)
    monkeypatch.setattr("transhumance.connectors.mbox.session.PATIENCE", 0.0)
    root = tmp_path / "t"
    path = root / os.fsdecode(box(tmp_path).key)
    with open_session(root, path, "auto", FENCE), pytest.raises(Retry):
        target(tmp_path).write(box(tmp_path), [Write(b"d", NEW[0])], FENCE)
    with path.open("ab") as other:
        fcntl.lockf(other, fcntl.LOCK_EX)
        child = os.fork()
        if not child:  # a lock of fcntl is one process's
            try:
                target(tmp_path).write(box(tmp_path), [Write(b"d", NEW[0])], FENCE)
            except Retry:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert target(tmp_path).write(box(tmp_path), [Write(b"d", NEW[0])], FENCE)[0].status is Status.WRITTEN


def test_previews(tmp_path: Path) -> None:
    to = target(tmp_path)
    place = Container(b"alice", "mail", b"", ("A",))
    flagged = Record(b"1", "message", "rfc5322", {"flags": ("\\Seen",)}, {"content": BytesBody.of(b"A: b\n\n")})
    said = replace(flagged, bodies={"content": BytesBody.of(b"Status: R\n\n")})
    unseen = replace(flagged, bodies={"content": Body(size=10)})  # a dry run lets go of the bytes
    assert [(f.code, f.detail) for f in to.preview(place, flagged)] == [("GEN-TARGET-02", "flags")]
    assert to.preview(place, said) == () and len(to.preview(place, unseen)) == 1
    assert to.forecast(place, flagged).properties == {} and to.forecast(place, said).properties == said.properties
    unsaid = replace(said, properties={})
    assert [f.detail for f in to.preview(place, unsaid)] == ["flags"]
    late = replace(flagged, properties={"internal_date": WHEN.replace(microsecond=1)})
    assert [f.code for f in to.preview(place, late)] == ["MAIL-DATE-01"]
    assert to.forecast(place, late).properties["internal_date"] == WHEN
    odd = replace(flagged, properties={"from_line": "no line at all"})
    assert [f.detail for f in to.preview(place, odd)] == ["from_line"]
    long = Container(b"alice", "mail", b"", ("x" * 300,))
    assert [f.code for f in to.preview(long, mail(b"1", b""))] == ["FOLDER-NAME-02"]
