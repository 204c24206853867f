"""Killed at each step of an effect or of the end of a pass, then resumed: the same archive as an undisturbed one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.archive import catalogue, effect, endpoint, settle
from transhumance.connectors.archive import manifest as manifest_module
from transhumance.connectors.archive.staging import Staging
from transhumance.connectors.contract import (
    ANY,
    BytesBody,
    Container,
    Expect,
    Fence,
    Record,
    StaleLease,
    Status,
    StopEndpoint,
    Write,
)
from transhumance.connectors.formats import durable


class Killed(BaseException):
    """What the test kills a worker with: nothing may catch it."""


# every step that changes the disk or the catalogue, by where it is called from
STEPS = [
    (durable, "write_file"),
    (durable, "write_aside"),
    (durable, "commit"),
    (durable, "discard"),
    (durable, "sync_filesystem"),
    (durable, "sync_folder"),
    (os, "rename"),
    (os, "link"),
    (os, "unlink"),
    (os, "mkdir"),
    (os, "rmdir"),
    (catalogue.Catalogue, "apply"),
    (catalogue.Catalogue, "run"),
    (settle, "_drop_chunks"),
]


@contextmanager
def killed_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Kills at the step of that number, before it is done."""
    count = [0]
    with monkeypatch.context() as patch:
        for owner, name in STEPS:
            real: Callable[..., Any] = getattr(owner, name)

            def step(*args: Any, real: Callable[..., Any] = real, **named: Any) -> Any:
                count[0] += 1
                if count[0] == number:
                    raise Killed
                if count[0] > number:
                    raise Killed  # the dead do nothing more, not even tidy up
                return real(*args, **named)

            patch.setattr(owner, name, step)
        yield count


def record(key: bytes, text: bytes, kind: str = "message") -> Record:
    bodies = {"content": BytesBody.of(text), "version/1": BytesBody.of(text * 2)}
    properties = {"standard": "rfc5322" if kind == "message" else "file", "meta": {}, "residue": (), "name": "n"}
    return Record(key, kind, "document", properties, bodies)


PASSES = [
    [
        [record(b"1", b"one"), record(b"2", b"two"), record(b"Dir/A", b"A", "file")],
        [record(b"3", b"three"), record(b"dir/a", b"a", "file"), record(b"dir", b"file, not folder", "file")],
    ],
    [[record(b"1", b"one again"), record(b"3", b"3"), record(b"Dir/A", b"AA", "file")]],
]
GONE = b"2"


def run(target: endpoint.ArchiveTarget, epoch: int, ledger: set[str]) -> None:
    """All passes. The ledger knows what was told to be done; a chunk without outcome is settled by probing."""
    place = target.ensure(Container(b"s", "documents", b"k", ("Boîte",)))
    for number, chunks in enumerate(PASSES):
        for at, chunk in enumerate(chunks):
            fence = Fence(f"{number}.{at}", epoch)
            if fence.chunk not in ledger:
                writes = [Write(r.key, r, Expect(ANY)) for r in chunk]
                found = target.probe(place, writes, "", fence)
                left = [write for write, outcome in zip(writes, found, strict=True) if outcome is None]
                assert {o.status for o in target.write(place, left, fence)} <= {Status.WRITTEN}
                ledger.add(fence.chunk)
        if f"finish {number}" not in ledger:
            if number == 1:
                target.remove(place, GONE, Expect(ANY), Fence("gone", epoch))
            target.finish()
            ledger.add(f"finish {number}")


def state(root: Path) -> tuple[bytes, bytes]:
    return (root / "MANIFEST.sha256").read_bytes(), (root / "archive.json").read_bytes()


@pytest.mark.parametrize("layout", ["files", "packed"])
@pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_anywhere_then_resumed(
    play: Callable[..., Any], layout: str, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = play(layout, path="calm")
    run(calm.target, 1, set())
    wanted, texts = state(calm.root), calm.texts()
    assert calm.sha256sum() == ""
    number = 1 - stride
    while True:
        number += stride
        victim = play(layout, path="victim")
        ledger: set[str] = set()
        with killed_at(number, monkeypatch) as count:
            try:
                run(victim.target, 1, ledger)
            except Killed:
                pass
            else:
                break
        if number // stride % 2:  # a new machine: the catalogue is lost too
            victim.target.close()
            for left in victim.root.glob(".catalog*"):
                left.unlink()
        run(victim.reopen(), 2, ledger)
        assert state(victim.root) == wanted, f"killed at step {number}"
        assert victim.texts() == texts
        victim.target.close()
        shutil.rmtree(victim.root)
    assert number > 100, f"only {count} steps were there to be killed at"
    victim.target.close()


def test_an_older_epoch_is_refused(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play()
    it.write(item(b"1", b"new"), chunk="c", epoch=2)
    with pytest.raises(StaleLease):
        it.write(item(b"2", b"late"), chunk="c", epoch=1)
    assert set(it.texts()) == {b"1"}


def test_a_worker_that_slept_commits_nothing(
    play: Callable[..., Any], item: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes between two steps of its effect, after another worker has done the chunk."""
    it, other = play(), play()
    place = it.place()
    real = durable.sync_filesystem

    def sleep(path: Any) -> None:
        monkeypatch.setattr(durable, "sync_filesystem", real)
        other.write(item(b"1", b"by the newer"), chunk="c", epoch=2, where=other.place())

    monkeypatch.setattr(durable, "sync_filesystem", sleep)
    with pytest.raises(StaleLease):
        it.write(item(b"1", b"by the older, and late"), chunk="c", epoch=1, where=place)
    monkeypatch.undo()
    it.reopen()
    assert it.refs() == other.refs()


def test_a_worker_that_slept_before_its_renames(
    play: Callable[..., Any], item: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    it, other = play(), play()
    place = it.place()
    real = durable.write_file

    def sleep(*args: Any, **named: Any) -> Any:
        done = real(*args, **named)
        monkeypatch.setattr(durable, "write_file", real)
        other.write(item(b"1", b"by the newer"), chunk="c", epoch=2, where=other.place())
        return done

    monkeypatch.setattr(durable, "write_file", sleep)
    with pytest.raises(StaleLease):
        it.write(item(b"1", b"late"), item(b"2", b"late too"), chunk="c", epoch=1, where=place)
    assert it.texts() == {b"1": b"by the newer"}


def test_a_live_chunk_is_not_swept(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play()
    it.place()
    with Staging(it.root, Fence("live", 3)) as staging:
        Path(staging.new()).write_bytes(b"half")
        it.reopen().finish()
        assert not staging.lost()
        Staging(it.root, Fence("live", 4)).__enter__()
        assert staging.lost()


@pytest.mark.parametrize("step", range(1, 9))
def test_a_full_disk_stops_and_resumes(
    play: Callable[..., Any], item: Callable[..., Record], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    it = play("files" if step % 2 else "packed")
    place, records = it.place(), [item(b"%d" % n, b"text %d" % n) for n in range(4)]
    count, real = [0], os.write

    def full(handle: int, data: bytes) -> int:
        count[0] += 1
        if count[0] >= step:
            raise OSError(28, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(durable, "write_all", lambda handle, data: full(handle, data))
    if step % 2:
        with pytest.raises(StopEndpoint) as told:
            it.write(*records, where=place)
            it.target.finish()
        assert "transhume resume" in told.value.text.fr
    else:
        with pytest.raises(StopEndpoint):
            it.write(*records, where=place)
            it.target.finish()
    monkeypatch.undo()
    it.reopen()
    writes = [Write(r.key, r) for r in records]
    left = [w for w, o in zip(writes, it.target.probe(place, writes, "", Fence("c", 2)), strict=True) if o is None]
    if left:
        assert {o.status for o in it.target.write(place, left, Fence("c", 2))} == {Status.WRITTEN}
    it.target.finish()
    assert len(it.texts()) == 4 and it.sha256sum() == ""
    assert manifest_module.MANIFEST in os.listdir(it.root) and effect.SHARD_ABOVE == 20_000
