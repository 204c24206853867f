"""The contract suite. Each test is one promise of the contract, and reads back what it wrote.

A test that needs a target is skipped for a connector that is only a source; `Rig.unlike` names what a system can't
do, and why.
"""

from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from transhumance.connectors.contract import (
    ABSENT,
    Body,
    Container,
    Context,
    Expect,
    Fault,
    Fence,
    ItemRef,
    Outcome,
    Record,
    Selector,
    Source,
    StaleLease,
    Status,
    Target,
    Write,
    codec_for,
    connector,
)
from transhumance.connectors.contract.connector import load
from transhumance.connectors.testing.rig import NotHere, Rig

FENCE = Fence("suite", 1)
FLAT = 64 << 20


@dataclass(slots=True)
class Bench:
    """An opened endpoint under test."""

    rig: Rig
    source: Source | None
    target: Target | None

    def place(self) -> Container:
        """The suite's container, made at the target."""
        assert self.target is not None
        return self.target.ensure(Container(self.rig.subject, self.rig.workload, b"suite", self.rig.path))

    def write(self, *records: Record, expect: Expect | None = None) -> list[Outcome]:
        """Writes records into the suite's container."""
        assert self.target is not None
        writes = [Write(r.key, r, expect or Expect(ABSENT)) for r in records]
        return self.target.write(self.place(), writes, FENCE)

    def back(self, outcome: Outcome) -> Record:
        """What is at the target for an outcome."""
        assert self.target is not None
        (record,) = self.target.read_back(self.place(), [outcome.target_key])
        assert isinstance(record, Record), record
        return record

    def listed(self) -> dict[bytes, ItemRef]:
        """Every item of the rig's subject, by key, over all pages; a key that comes twice fails."""
        assert self.source is not None
        found: dict[bytes, ItemRef] = {}
        for container in self.containers():
            for ref in pages(self.source, container):
                assert ref.key not in found, f"{ref.key!r} is listed twice"
                found[ref.key] = ref
        return found

    def containers(self) -> list[Container]:
        assert self.source is not None
        if connector(self.rig.connector).facts.shared_containers:
            from transhumance.connectors.contract import Subject

            return list(self.source.containers(Subject(b""), self.rig.workload))
        subjects = list(self.source.subjects(Selector()))
        return [c for s in subjects for c in self.source.containers(s, self.rig.workload)]


def pages(source: Source, container: Container) -> Iterator[ItemRef]:
    """Every ref of a container, page by page."""
    cursor: bytes | None = None
    while True:
        page = source.page(container, cursor)
        yield from page.refs
        if page.next is None:
            return
        assert page.next != cursor, "the cursor does not advance"
        cursor = page.next


def assert_same(a: Record, b: Record) -> None:
    """Equal by the form's own table, and by nothing else."""
    codec = codec_for(a.kind, a.form)
    assert codec is not None, f"no codec for {a.kind}, {a.form}"
    assert codec.compare(a, b) == ()


@pytest.fixture
def make_rig(contract_connector: str) -> Callable[[Path], Rig]:
    """What makes the rig: the connector's own. A module that runs the suite over another server of the same connector
    gives a fixture of this name."""
    declared = connector(contract_connector)
    assert declared.rig, f"{contract_connector} declares no rig"
    made: Callable[[Path], Rig] = load(declared.rig)
    return made


@pytest.fixture
def bench(
    contract_connector: str, make_rig: Callable[[Path], Rig], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Bench]:
    """The connector under test, on a fresh endpoint."""
    declared = connector(contract_connector)
    try:
        rig = make_rig(tmp_path)
    except NotHere as absent:
        pytest.skip(f"{contract_connector}: {absent}")
    name = request.node.originalname
    if name in rig.unlike:
        pytest.skip(f"{contract_connector}: {rig.unlike[name]}")
    if rig.populate:
        rig.populate()
    source = declared.open_source(rig.config, rig.environment) if declared.source else None
    target = declared.open_target(rig.config, rig.environment) if declared.target else None
    bench = Bench(rig, source, target)
    yield bench
    for end in (source, target):
        if end is not None:
            end.close()


@pytest.fixture
def writable(bench: Bench) -> Bench:
    """The same, for tests that write."""
    if bench.target is None:
        pytest.skip(f"{bench.rig.connector} is only a source")
    return bench


@pytest.fixture
def filled(bench: Bench) -> Bench:
    """The endpoint with the samples in it, by its target or by the rig."""
    if bench.source is None:
        pytest.skip(f"{bench.rig.connector} is only a target")
    if bench.target is not None:
        assert {o.status for o in bench.write(*bench.rig.samples)} == {Status.WRITTEN}
        bench.target.finish()
    return bench


def test_declares_itself(contract_connector: str) -> None:
    declared = connector(contract_connector)
    assert declared.name == contract_connector
    assert declared.source or declared.target
    assert declared.summary.fr and declared.summary.en
    assert hasattr(declared.config_model(), "model_validate")


def test_identity_is_stable(bench: Bench) -> None:
    for end in (bench.source, bench.target):
        if end is not None:
            assert end.identity() == end.identity() != ""


def test_an_empty_endpoint_lists_nothing(writable: Bench) -> None:
    if writable.source is None:
        pytest.skip("only a target")
    assert writable.listed() == {}


def test_ensure_twice_is_the_same_container(writable: Bench) -> None:
    assert writable.place() == writable.place()


def test_what_is_written_reads_back_equal(writable: Bench) -> None:
    outcomes = writable.write(*writable.rig.samples)
    assert [o.key for o in outcomes] == [s.key for s in writable.rig.samples]
    for sample, outcome in zip(writable.rig.samples, outcomes, strict=True):
        assert outcome.status is Status.WRITTEN, outcome
        assert_same(sample, writable.back(outcome))


def test_writing_again_changes_nothing(writable: Bench) -> None:
    first = writable.write(*writable.rig.samples)
    again = writable.write(*writable.rig.samples)
    assert {o.status for o in again} == {Status.UNCHANGED}
    assert [o.target_key for o in first] == [o.target_key for o in again]
    if writable.source is not None:
        assert len(writable.listed()) == len(writable.rig.samples)


def test_nothing_is_written_over_what_was_not_expected(writable: Bench) -> None:
    changed = _changed(writable)
    (outcome,) = writable.write(_original(writable))
    (clash,) = writable.write(changed)
    assert clash.status is Status.CONFLICT, clash
    assert_same(_original(writable), writable.back(outcome))


def test_an_expected_version_is_replaced_and_comes_back(writable: Bench) -> None:
    target, original, changed = writable.target, _original(writable), _changed(writable)
    assert target is not None
    (first,) = writable.write(original)
    write = Write(changed.key, changed, Expect(first.version), first.target_key)
    (second,) = target.write(writable.place(), [write], FENCE)
    assert second.status is Status.WRITTEN and second.before.token, second
    assert_same(changed, writable.back(second))
    stale = target.restore(writable.place(), second.target_key, second.before, Expect(first.version + "x"), FENCE)
    assert stale.status is Status.CONFLICT
    back = target.restore(writable.place(), second.target_key, second.before, Expect(second.version), FENCE)
    assert back.status is Status.WRITTEN, back
    assert_same(original, writable.back(back))


def test_undoing_a_first_write_leaves_nothing(writable: Bench) -> None:
    assert writable.target is not None
    for outcome in writable.write(*writable.rig.samples):
        gone = writable.target.restore(
            writable.place(), outcome.target_key, outcome.before, Expect(outcome.version), FENCE
        )
        assert gone.status is Status.REMOVED, gone
    writable.target.finish()
    if writable.source is not None:
        assert writable.listed() == {}


def test_remove_asks_the_version_and_can_be_undone(writable: Bench) -> None:
    target, original = writable.target, _original(writable)
    assert target is not None
    (outcome,) = writable.write(original)
    refused = target.remove(writable.place(), outcome.target_key, Expect(outcome.version + "x"), FENCE)
    assert refused.status is Status.CONFLICT
    assert_same(original, writable.back(outcome))
    removed = target.remove(writable.place(), outcome.target_key, Expect(outcome.version), FENCE)
    assert removed.status is Status.REMOVED, removed
    (gone,) = target.read_back(writable.place(), [outcome.target_key])
    assert isinstance(gone, Fault)
    assert target.remove(writable.place(), outcome.target_key, Expect(outcome.version), FENCE).status is Status.ABSENT
    restored = target.restore(writable.place(), outcome.target_key, removed.before, Expect(ABSENT), FENCE)
    assert restored.status is Status.WRITTEN, restored
    assert_same(original, writable.back(outcome))


def test_probe_tells_what_had_an_effect(writable: Bench) -> None:
    assert writable.target is not None
    samples = writable.rig.samples
    writes = [Write(s.key, s) for s in samples]
    note = writable.target.prepare(writable.place(), writes, FENCE)
    assert writable.target.probe(writable.place(), writes, note, FENCE) == [None] * len(samples)
    done = writable.target.write(writable.place(), writes[:1], FENCE)
    first, *rest = writable.target.probe(writable.place(), writes, note, FENCE)
    assert first is not None and first.target_key == done[0].target_key and first.version == done[0].version
    assert rest == [None] * len(rest)


def test_a_lost_lease_writes_nothing(writable: Bench) -> None:
    assert writable.target is not None
    late = Fence("suite", 1, deadline=0.0, clock=lambda: 1.0)
    container = writable.place()
    writes = [Write(s.key, s) for s in writable.rig.samples]
    with pytest.raises(StaleLease):
        writable.target.write(container, writes, late)
    writable.target.finish()
    if writable.source is not None:
        assert writable.listed() == {}


class _CutBody(Body):
    """A body whose source fails after some bytes, or ends before its size."""

    def open(self, offset: int = 0) -> BinaryIO:
        raise OSError("cut by the suite")


def test_a_body_that_fails_leaves_nothing(writable: Bench) -> None:
    assert writable.target is not None
    sample = next(s for s in writable.rig.samples if s.bodies)
    cut = replace(sample, bodies={name: _CutBody(size=10) for name in sample.bodies})
    container = writable.place()
    try:
        outcomes = writable.target.write(container, [Write(cut.key, cut)], FENCE)
    except OSError:
        outcomes = []
    assert all(o.status is Status.REFUSED for o in outcomes), outcomes
    assert writable.target.probe(container, [Write(sample.key, sample)], "", FENCE) == [None]
    writable.target.finish()
    if writable.source is not None:
        assert writable.listed() == {}


def test_the_listing_is_what_was_written(writable: Bench) -> None:
    if writable.source is None:
        pytest.skip("only a target")
    outcomes = writable.write(*writable.rig.samples)
    assert writable.target is not None
    writable.target.finish()
    refs = writable.listed()
    assert {o.target_key: o.version for o in outcomes} == {key: ref.version for key, ref in refs.items()}


def test_subjects_and_paths_survive(filled: Bench) -> None:
    assert filled.source is not None
    if connector(filled.rig.connector).facts.shared_containers or filled.target is None:
        pytest.skip("subjects are not containers here")
    assert [s.key for s in filled.source.subjects(Selector())] == [filled.rig.subject]
    assert [s.key for s in filled.source.subjects(Selector(frozenset([b"nobody"])))] == []
    assert filled.rig.path in [c.path for c in filled.containers()]


def test_pages_resume_and_repeat(filled: Bench) -> None:
    assert filled.source is not None
    for container in filled.containers():
        cursor = None
        while True:
            page, same = filled.source.page(container, cursor), filled.source.page(container, cursor)
            assert page == same
            if page.next is None:
                break
            cursor = page.next
    whole = filled.listed()
    assert whole == filled.listed() and len(whole) >= len(filled.rig.samples)


def test_fetch_answers_for_each_ref_in_order(filled: Bench) -> None:
    assert filled.source is not None
    for container in filled.containers():
        refs = list(pages(filled.source, container))
        gone = ItemRef(b"no-such-item", "0", "blob", "none")
        answers = list(filled.source.fetch(container, [*refs, gone]))
        assert [a.key for a in answers] == [*(r.key for r in refs), gone.key]
        assert isinstance(answers[-1], Fault)
        for ref, answer in zip(refs, answers, strict=False):
            assert isinstance(answer, Fault) or (answer.kind, answer.form) == (ref.kind, ref.form)


def test_fetched_records_equal_the_samples(filled: Bench) -> None:
    if filled.target is None:
        pytest.skip(f"{filled.rig.connector} is only a source")
    outcomes = filled.write(*filled.rig.samples)
    samples = {o.target_key: s for o, s in zip(outcomes, filled.rig.samples, strict=True)}
    for container in filled.containers():
        assert filled.source is not None
        for record in filled.source.fetch(container, list(pages(filled.source, container))):
            assert isinstance(record, Record), record
            told = {n: v for n, v in record.properties.items() if n not in filled.rig.place_says}
            assert_same(samples.pop(record.key), replace(record, properties=told))
    assert samples == {}


def test_records_travel_and_bodies_reopen(filled: Bench) -> None:
    assert filled.source is not None
    for container in filled.containers():
        for record in filled.source.fetch(container, list(pages(filled.source, container))):
            if isinstance(record, Fault):
                continue
            copy = pickle.loads(pickle.dumps(record))
            for name, body in copy.bodies.items():
                with record.bodies[name].open() as whole, body.open(2) as rest:
                    assert whole.read(4096)[2:] == rest.read(4094)


def test_the_codec_returns_what_was_fetched(filled: Bench) -> None:
    """The source leg's law on each sample: from_open(to_open(x)) == x."""
    assert filled.source is not None
    context = Context()
    for container in filled.containers():
        for record in filled.source.fetch(container, list(pages(filled.source, container))):
            if isinstance(record, Fault):
                continue
            codec: Any = codec_for(record.kind, record.form)
            assert codec is not None, (record.kind, record.form)
            opened = codec.to_open(record, context)
            returned = codec.from_open(opened.document, opened.residue, context)
            differences = codec.compare(record, returned.record)
            assert differences == () or opened.findings, differences


def test_a_large_body_is_never_in_memory(writable: Bench) -> None:
    from transhumance.connectors.memory.store import SyntheticBody

    assert writable.target is not None
    sample = next((s for s in writable.rig.samples if "content" in s.bodies), None)
    if sample is None:
        pytest.skip("no item here has a body")
    big = replace(sample, bodies={"content": SyntheticBody(size=4 * FLAT, seed=9)})
    container = writable.place()
    tracemalloc.start()
    try:
        (outcome,) = writable.target.write(container, [Write(big.key, big)], FENCE)
        assert outcome.status is Status.WRITTEN, outcome
        back = writable.back(outcome)
        assert back.bodies["content"].size == 4 * FLAT
        assert tracemalloc.get_traced_memory()[1] < FLAT
    finally:
        tracemalloc.stop()


def _changed(bench: Bench) -> Record:
    if bench.rig.changed is None:
        pytest.skip("the rig has no changed sample")
    return bench.rig.changed


def _original(bench: Bench) -> Record:
    changed = _changed(bench)
    return next(s for s in bench.rig.samples if s.key == changed.key)
