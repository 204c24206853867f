"""A share being written, killed at each step, then resumed: the same tree, and the same way back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import ABSENT, BytesBody, Container, Expect, Fence, Record, Status, Write
from transhumance.connectors.folder import batch, notes, target
from transhumance.connectors.formats import durable

STEPS = [
    (durable, "write_aside"),
    (durable, "commit"),
    (durable, "discard"),
    (durable, "sync_filesystem"),
    (os, "rename"),
    (os, "link"),
    (os, "unlink"),
    (os, "symlink"),
    (os, "mkdir"),
    (os, "rmdir"),
    (os, "utime"),
    (os, "fchmod"),
    (notes.Notes, "_change"),
    (batch, "set_folder"),
    (target, "set_folder"),
]


class Killed(BaseException):
    """What the test kills a worker with."""


@contextmanager
def killed_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    count = [0]
    with monkeypatch.context() as patch:
        for owner, name in STEPS:
            real: Callable[..., Any] = getattr(owner, name)

            def step(*args: Any, real: Callable[..., Any] = real, **named: Any) -> Any:
                count[0] += 1
                if count[0] >= number:
                    raise Killed  # the dead do nothing more
                return real(*args, **named)

            patch.setattr(owner, name, step)
        yield count


def record(key: bytes, data: bytes | None = None, when: int = 7, **told: Any) -> Record:
    kind = "file" if data is not None else "link" if "target" in told else "folder"
    mode = {} if kind == "link" else {"mode": 0o640 if kind == "file" else 0o750}
    name = os.fsdecode(key.rpartition(b"/")[2])
    properties = {"name": name, "modified_ns": when * 1_000_000_000 + 1, **mode, **told}
    return Record(key, kind, "file", properties, {"content": BytesBody.of(data)} if data is not None else {})


PASSES = [
    [
        [record(b"d/e/f", b"1"), record(b"d/e", when=3), record(b"d", when=5), record(b"d/l", target="x")],
        [
            record(b"d/g", b"2"),
            record(b"Case", b"3"),
            record(b"case", b"4"),
            record(b"e/h", b"5"),
            record(b"e", when=9),
        ],
    ],
    [[record(b"d/e/f", b"changed"), record(b"d/l", target="y"), record(b"e", when=11), record(b"d/new", b"6")]],
]
Ledger = dict[bytes, tuple[str, str]]


def run(made: Any, epoch: int, ledger: Ledger, done: set[str]) -> None:
    """All passes; what has no outcome in the ledger is settled by probing, as the engine does."""
    place = made.ensure(Container(b"s", "documents", b"k"))
    for number, chunks in enumerate(PASSES):
        for at, chunk in enumerate(chunks):
            fence = Fence(f"{number}.{at}", epoch)
            if fence.chunk in done:
                continue
            writes = [Write(r.key, r, Expect(ledger[r.key][0] if r.key in ledger else ABSENT)) for r in chunk]
            outcomes = made.probe(place, writes, "", fence)
            left = [write for write, outcome in zip(writes, outcomes, strict=True) if outcome is None]
            outcomes = [o for o in outcomes if o] + made.write(place, left, fence)
            assert {o.status for o in outcomes} <= {Status.WRITTEN, Status.UNCHANGED}, outcomes
            for outcome in outcomes:
                first = ledger.get(outcome.key)
                ledger[outcome.key] = (outcome.version, first[1] if first else outcome.before.token)
            done.add(fence.chunk)
        made.finish()


@pytest.mark.parametrize("names", ["keep", "portable"])
def test_killed_anywhere_then_resumed(tmp_path: Path, ways: Any, names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, _, _, tree = ways
    run(opened("folder", tmp_path, "calm", target=True, names=names), 1, {}, set())
    wanted = tree(tmp_path / "calm" / "s")
    number = 0
    while True:
        number += 1
        ledger: Ledger = {}
        done: set[str] = set()
        with killed_at(number, monkeypatch) as count:
            try:
                run(opened("folder", tmp_path, "victim", target=True, names=names), 1, ledger, done)
            except Killed:
                pass
            else:
                break
        again = opened("folder", tmp_path, "victim", target=True, names=names)
        run(again, 2, ledger, done)
        assert tree(tmp_path / "victim" / "s") == wanted, f"killed at step {number}"
        again.close()
        shutil.rmtree(tmp_path / "victim" / "s")
    assert number > 60, f"only {count} steps were there to be killed at"
