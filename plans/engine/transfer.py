"""The work of `dry_run`, `initial`, `delta` and `final`: fetch once, measure both legs, write to each target,
commit."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from transhumance.connectors.contract import (
    ABSENT,
    UNREAD,
    Aside,
    Container,
    Disable,
    Expect,
    Fault,
    Fence,
    Forecast,
    InputLine,
    ItemRef,
    Outcome,
    OutputLine,
    Record,
    Status,
    Tally,
    Target,
    Write,
    find_code,
    key_from_text,
    key_text,
)
from transhumance.plans.engine import clashes, discovery
from transhumance.plans.engine.codecpool import attach
from transhumance.plans.engine.faultpoints import armed_for, point
from transhumance.plans.engine.job import TRIES, Job, contract_container
from transhumance.plans.engine.legs import Measured, TargetLeg, TargetSpec, blocked, decoded_digest, previewed
from transhumance.plans.ledger.contract import Chunk, ChunkSpec, ContainerRow, Member, Problem
from transhumance.plans.ledger.itemmap import NEVER, Item
from transhumance.plans.waves.acceptance import HELD, unaccepted

RETRY_WAIT = 1.0
Items = dict[bytes, Item | None]


@dataclass(slots=True)
class Unit:
    """The items of one range, fetched and measured once for all targets."""

    row: ContainerRow
    lines: dict[bytes, InputLine]
    records: dict[bytes, Record]
    measured: dict[bytes, Measured]
    member: Member | None


class Transfer:
    """Forward passes, and the dry run that writes nothing."""

    def containers(self, job: Job) -> list[ContainerRow]:
        return discovery.containers_of(job)

    def discover(self, job: Job, row: ContainerRow) -> None:
        discovery.discover(job, row)

    def process(self, job: Job, chunks: list[Chunk], lines: list[InputLine]) -> None:
        row = job.project.ledger.container_by_id(chunks[0].container)
        if chunks[0].phase == "finish":
            for chunk in chunks:
                self._remove(job, row, chunk, lines)
            return
        if chunks[0].phase == clashes.PHASE:
            for chunk in chunks:
                commit(job, row, chunk, clashes.told(job, row, chunk, lines))
            return
        wanted = {chunk.id: self._todo(job, row, chunk, lines) for chunk in chunks}
        keys = {key for todo in wanted.values() for key in todo}
        with _beside(job, chunks) as aside:
            unit = self._fetch(job, row, [line for line in lines if key_from_text(line.key) in keys], chunks, aside)
            for chunk in chunks:
                self._one_target(job, unit, chunk, wanted[chunk.id])

    def _todo(self, job: Job, row: ContainerRow, chunk: Chunk, lines: list[InputLine]) -> Items:
        """The items of a chunk that this target lacks, with what the item map knows of them."""
        keys = [key_from_text(line.key) for line in lines]
        known = job.project.items.lookup(chunk.target, row.id, keys)
        todo: Items = {}
        for line, key in zip(lines, keys, strict=True):
            item = known.get(key)
            brief = (item.version, item.recipe, item.status) if item and item.status != "removed" else None
            again = chunk.attempt > 0 and (item is None or item.status == "failed")
            if again or discovery.stale(job, row, chunk.target, line, brief):
                todo[key] = item
        return todo

    def _fetch(
        self, job: Job, row: ContainerRow, lines: list[InputLine], chunks: list[Chunk], aside: str | None = None
    ) -> Unit:
        opened = job.project.endpoint(row.endpoint)
        specs = [job.project.endpoint(chunk.target).spec for chunk in chunks]
        refs = [discovery.ref_of(line) for line in lines if not line.fault]
        size = sum(ref.size or 0 for ref in refs)
        answers = opened.gate.call(lambda: list(opened.source.fetch(contract_container(row), refs)), size)
        point("source.fetched")
        subjects = {key_from_text(line.subject) for line in lines} or {row.subject}
        member = job.member(row, subjects.pop() if len(subjects) == 1 and b"" not in subjects else row.subject)
        faults = [a for a in answers if isinstance(a, Fault)]
        faults += [Fault(key_from_text(x.key), x.fault, x.detail, x.kind, x.form) for x in lines if x.fault]
        unit = Unit(
            row,
            {key_from_text(line.key): line for line in lines},
            {a.key: a for a in answers if isinstance(a, Record)},
            {f.key: blocked(f, specs) for f in faults},
            member,
        )
        unit.measured.update(self._measure(job, unit, specs, aside))
        point("codecs.done")
        job.project.ledger.put_edges(row.id, ((m.key, link) for m in unit.measured.values() for link in m.links))
        clashes.note(job, row, unit.measured.values(), unit.lines)
        return unit

    def _measure(self, job: Job, unit: Unit, specs: Sequence[TargetSpec], aside: str | None) -> dict[bytes, Measured]:
        context = job.context(unit.row, unit.member)
        found = job.pool.measure(list(unit.records.values()), context, specs, job.effects, aside)
        return {measured.key: measured for measured in found}

    def _one_target(self, job: Job, unit: Unit, chunk: Chunk, todo: Items) -> None:
        keys = sorted(key for key in todo if key in unit.measured)
        if not job.effects:
            lines = self._dry(job, unit, chunk, keys, todo)
            commit(job, unit.row, chunk, lines)
            return
        with job.one_at_a_time(chunk.target, unit.row.id):
            lines = self._write(job, unit, chunk, keys, todo)
            commit(job, unit.row, chunk, lines)

    # --- dry run

    def _dry(self, job: Job, unit: Unit, chunk: Chunk, keys: list[bytes], known: Items) -> list[OutputLine]:
        target = job.project.endpoint(chunk.target)
        place = job.place(unit.row, chunk.target, unit.member)
        others = clashes.others_of(job, unit.row, keys)
        lines = []
        for key in keys:
            measured = unit.measured[key]
            leg = measured.targets[chunk.target]
            if leg.record is not None:
                leg = previewed(leg, target.target, place, leg.record)
            leg = clashes.clashing(leg, others.get(key, ()), target.target)
            line = self._line(job, unit, chunk, key, leg, "assessed", proof="format")
            lines.append(_keeping_effect(line, known[key]))
        return lines

    # --- effects

    def _write(self, job: Job, unit: Unit, chunk: Chunk, keys: list[bytes], known: Items) -> list[OutputLine]:
        endpoint = job.project.endpoint(chunk.target)
        target = endpoint.target
        fence = job.heart.fence(chunk)
        place = endpoint.gate.call(lambda: target.ensure(job.place(unit.row, chunk.target, unit.member)))
        legs = {key: unit.measured[key].targets[chunk.target] for key in keys}
        writes, refused = self._writes(
            job, unit, legs, self._there(job, unit, chunk, known), target, place, chunk.target
        )
        size = sum(unit.measured[w.key].size for w in writes)
        settled: dict[bytes, Outcome] = {}
        if chunk.intent:
            found = endpoint.gate.call(lambda: target.probe(place, writes, chunk.note, fence))
            settled = {w.key: o for w, o in zip(writes, found, strict=True) if o is not None}
        rest = [w for w in writes if w.key not in settled]
        note = target.prepare(place, rest, fence)
        job.project.ledger.intend(chunk, note)
        point("intent.committed")
        outcomes = dict(settled)
        if rest:
            for outcome in endpoint.gate.call(lambda: _halved(target, place, rest, fence), size):
                outcomes[outcome.key] = outcome
        point("effect.done")
        lines = []
        for key in keys:
            if key in outcomes:
                lines.append(self._outcome_line(job, unit, chunk, key, legs[key], outcomes[key], known[key]))
            else:
                leg = refused.get(key, legs[key])
                # what a target takes no items of is no fault of the item; what its user would miss waits for a person
                status = "quarantined" if leg.forward == "blocked" or key in refused else "skipped"
                line = self._line(job, unit, chunk, key, leg, status)
                lines.append(_keeping_effect(line, known[key], status=status))
        return self._proved(job, unit, target, place, lines, {w.key: w.record for w in writes})

    def _there(self, job: Job, unit: Unit, chunk: Chunk, known: Items) -> Items:
        """What the writes of a chunk expect at the target: what the item map knows of it."""
        return known

    def _proved(
        self,
        job: Job,
        unit: Unit,
        target: Target,
        place: Container,
        lines: list[OutputLine],
        written: Mapping[bytes, Record],
    ) -> list[OutputLine]:
        """The lines with what this pass itself can prove of them; a forward pass leaves that to `verify`."""
        return lines

    def _writes(
        self,
        job: Job,
        unit: Unit,
        legs: dict[bytes, TargetLeg],
        known: Items,
        target: Target,
        place: Container,
        name: str,
    ) -> tuple[list[Write], dict[bytes, TargetLeg]]:
        writes, refused = [], {}
        forecast = target.forecast if isinstance(target, Forecast) else None
        context = job.context(unit.row, unit.member)
        others = clashes.others_of(job, unit.row, list(legs))
        for key, leg in legs.items():
            if leg.record is None:
                continue
            record = attach(leg.record, unit.records[key])
            asked = previewed(leg, target, place, record)
            if forecast is not None and asked.record is not None:
                expected = decoded_digest(forecast(place, record), context)
                same = expected == unit.measured[key].digest
                asked = replace(asked, expected="" if same else expected)
            asked = clashes.clashing(asked, others.get(key, ()), target)
            legs[key] = asked
            if asked.record is None and asked.forward != "blocked":
                continue  # the target takes nothing of it: left out by its code
            asked = _held(job, asked, unit.measured[key], name)
            if asked.record is None:
                refused[key] = asked
                continue
            item = known[key]
            expect = Expect(item.target_version if item is not None and item.at_target else ABSENT)
            target_key = item.target_key if item is not None and item.at_target else None
            subject = key_from_text(unit.lines[key].subject)
            writes.append(Write(key, record, expect, target_key, subject))
        return writes, refused

    def _outcome_line(
        self, job: Job, unit: Unit, chunk: Chunk, key: bytes, leg: TargetLeg, outcome: Outcome, item: Item | None
    ) -> OutputLine:
        if outcome.status in (Status.WRITTEN, Status.UNCHANGED):
            line = self._line(job, unit, chunk, key, leg, outcome.status.value)
            line.target_key, line.target_version = key_text(outcome.target_key), outcome.version
            if item is not None and item.before is not None:
                line.before = item.before
            elif outcome.status is Status.WRITTEN:  # our first write: what was there is what a rollback puts back
                line.before = outcome.before.token
            return line
        adopts = job.project.plan.policies.existing == "adopt"
        if outcome.status is Status.CONFLICT and adopts and (item is None or not item.at_target):
            kept = with_codes(leg, "target:GEN-CONFLICT-02", forward="reduced")
            line = self._line(job, unit, chunk, key, kept, "kept")
            return replace(line, target_key=key_text(outcome.target_key), target_version=outcome.version, before=NEVER)
        gone = outcome.status is Status.CONFLICT and not outcome.version  # expected there, and nothing is
        code = "GEN-VERIFY-01" if gone else outcome.code or "GEN-CONFLICT-01"
        last = chunk.attempt + 1 >= TRIES or outcome.status is Status.CONFLICT or code.startswith("GEN-SIZE")
        status = "quarantined" if last else "failed"
        leg = with_codes(leg, f"target:{code}", forward="blocked", detail=outcome.detail)
        return _keeping_effect(self._line(job, unit, chunk, key, leg, status), item, status=status)

    def _line(
        self, job: Job, unit: Unit, chunk: Chunk, key: bytes, leg: TargetLeg, status: str, proof: str = "format"
    ) -> OutputLine:
        measured, line = unit.measured[key], unit.lines[key]
        said = dict.fromkeys(f"{code}: {text}" for code, text in leg.codes + measured.codes if text)
        detail = "; ".join(said)[:500]
        return OutputLine(
            key=line.key,
            status=status,
            version=line.version,
            kind=measured.kind or line.kind,
            form=measured.form or line.form,
            digest=measured.digest,
            recipe=job.project.recipe(unit.row.workload, line.kind, line.form, chunk.target),
            forward=leg.forward,
            grade=leg.grade,
            proof=proof,
            codes=tuple(sorted({code for code, _ in leg.codes + measured.codes})),
            expected=leg.expected,
            subject=line.subject,
            size=measured.size,
            count=measured.count,
            stable_id=line.stable_id,
            before=NEVER,
            detail=detail,
        )

    # --- deletions

    def _remove(self, job: Job, row: ContainerRow, chunk: Chunk, lines: list[InputLine]) -> None:
        keys = [key_from_text(line.key) for line in lines]
        known = job.known(row, chunk.target, keys)
        live = {k: i for k, i in known.items() if i.status != "removed"}
        for key in _unseen(job, row, chunk.target, live):
            del live[key]
        if not job.effects:
            gone = [i for i in live.values() if not i.at_target]
            commit(job, row, chunk, [line_of(i, status="removed") for i in gone])
            clashes.forget(job, row, [i.key for i in gone])
            return
        endpoint = job.project.endpoint(chunk.target)
        fence = job.heart.fence(chunk)
        still = _still_there(job, row, live)
        with job.one_at_a_time(chunk.target, row.id):
            member = job.member(row, row.subject)
            place = endpoint.gate.call(lambda: endpoint.target.ensure(job.place(row, chunk.target, member)))
            job.project.ledger.intend(chunk, "")
            point("intent.committed")
            last = chunk.attempt + 1 >= TRIES
            out = [_not_gone(live[key], last) for key in sorted(still)]
            out += [self._gone(job, endpoint.target, place, live[key], fence) for key in sorted(live.keys() - still)]
            point("effect.done")
            commit(job, row, chunk, out)
            clashes.forget(job, row, [key_from_text(line.key) for line in out if line.status == "removed"])

    def _gone(self, job: Job, target: Target, place: Container, item: Item, fence: Fence) -> OutputLine:
        mode = job.project.plan.policies.deletions.mode
        if not item.at_target:
            return line_of(item, status="removed")
        if mode == "keep" or (mode == "disable" and item.kind == "entry"):
            return _switched_off(target, place, item, fence) if mode == "disable" else line_of(item, status="aside")
        outcome = target.remove(place, item.target_key, Expect(item.target_version), fence)
        if outcome.status in (Status.REMOVED, Status.ABSENT):
            return line_of(item, status="removed")
        return _coded(item, "target:GEN-CONFLICT-01", "quarantined")


def _switched_off(target: Target, place: Container, item: Item, fence: Fence) -> OutputLine:
    """An entry that is gone at the source, switched off at the target where the target can, and kept."""
    if not isinstance(target, Disable):
        return line_of(item, status="aside")
    outcome = target.disable(place, item.target_key, Expect(item.target_version), fence)
    if outcome.status is Status.ABSENT:
        return line_of(item, status="removed")
    if outcome.status not in (Status.WRITTEN, Status.UNCHANGED):
        return _coded(item, f"target:{outcome.code or 'GEN-CONFLICT-01'}", "quarantined")
    line = line_of(item, status="aside")
    return replace(line, target_version=outcome.version or line.target_version)


def _still_there(job: Job, row: ContainerRow, live: Mapping[bytes, Item]) -> set[bytes]:
    """Of entries of a directory that are said to be gone, those that it still gives: a deletion of a person is believed
    after a second read only (a replica that lags, rights that were taken away)."""
    opened = job.project.endpoint(row.endpoint)
    if not opened.connector.facts.shared_containers or not live:
        return set()
    refs = [ItemRef(i.key, i.version, i.kind, i.form, i.size, i.stable_id or None) for i in live.values()]
    answers = opened.gate.call(lambda: list(opened.source.fetch(contract_container(row), refs)))
    return {answer.key for answer in answers if isinstance(answer, Record)}


def _not_gone(item: Item, last: bool) -> OutputLine:
    return _coded(item, "source:GEN-GONE-01", "quarantined" if last else "failed")


def _coded(item: Item, code: str, status: str) -> OutputLine:
    line = line_of(item, status=status)
    return replace(line, codes=tuple(sorted({*line.codes, code})))


@contextmanager
def _beside(job: Job, chunks: Sequence[Chunk]) -> Iterator[str | None]:
    """A folder beside the first target that can take bodies from it, for the time of one unit."""
    folder = None
    for chunk in chunks if job.effects else ():
        target = job.project.endpoint(chunk.target).target
        if isinstance(target, Aside) and (folder := target.aside(job.heart.fence(chunk))):
            break
    try:
        yield folder
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _unseen(job: Job, row: ContainerRow, target: str, keys: Iterable[bytes]) -> list[bytes]:
    """Keys that lie below a place that this pass could not list (it may have been told on another page than theirs)."""
    above = {key: _places(key) for key in keys}
    places = sorted({place for found in above.values() for place in found})
    told = job.project.items.lookup(target, row.id, places) if places else {}
    blind = {place for place, item in told.items() if item.forward == "blocked" and item.status != "removed"}
    return [key for key, found in above.items() if blind.intersection(found)]


def _places(key: bytes) -> list[bytes]:
    """The places that a key may lie in, each with its final `/`: its container, and those above it if it is a path, its
    own among them. A place does not lie in itself."""
    parts = key.rstrip(b"/").split(b"/")
    places = [UNREAD, *(b"/".join(parts[:n]) + b"/" for n in range(1, len(parts) + 1))]
    return [place for place in places if place != key]


def _halved(target: Target, place: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
    """Writes; where the test arms `effect.half`, the point lies between the two halves of the batch."""
    if not armed_for("effect.half") or len(writes) < 2:
        return target.write(place, writes, fence)
    half = len(writes) // 2
    first = target.write(place, writes[:half], fence)
    point("effect.half")
    return first + target.write(place, writes[half:], fence)


def _held(job: Job, leg: TargetLeg, measured: Measured, target: str) -> TargetLeg:
    """The leg, without its record where the item would lose what nobody accepts: it is held, not written."""
    if job.allowed is None or leg.record is None or not (leg.codes or measured.codes):
        return leg
    lost = unaccepted((code for code, _ in leg.codes + measured.codes), job.allowed, target)
    if not lost:
        return leg
    return replace(with_codes(leg, f"target:{HELD}", forward="blocked", detail=", ".join(lost)), record=None)


def with_codes(leg: TargetLeg, code: str, forward: str, detail: str = "") -> TargetLeg:
    """A leg with one more code and a worse forward answer."""
    return replace(leg, forward=forward, codes=leg.codes + ((code, detail),))  # type: ignore[arg-type]


def _keeping_effect(line: OutputLine, item: Item | None, status: str = "") -> OutputLine:
    """A line that tells new answers and keeps what is known of the effect: what is at the target stays known."""
    if item is None or not item.at_target:
        return line
    return replace(
        line,
        status=status or item.status,
        version=item.version,
        digest=item.digest,
        expected=item.expected,
        target_key=key_text(item.target_key),
        target_version=item.target_version,
        before=NEVER if item.before is None else item.before,
    )


def line_of(item: Item, status: str) -> OutputLine:
    """A row of the item map as a line again, with another status."""
    return OutputLine(
        key=key_text(item.key),
        status=status,
        version=item.version,
        kind=item.kind,
        form=item.form,
        target_key=key_text(item.target_key),
        target_version=item.target_version,
        digest=item.digest,
        recipe=item.recipe,
        forward=item.forward,
        grade=item.grade,
        proof=item.proof,
        codes=item.codes,
        expected=item.expected,
        subject=key_text(item.subject),
        size=item.size,
        count=item.count,
        stable_id=key_text(item.stable_id),
        before=NEVER if item.before is None else item.before,
    )


def commit(job: Job, row: ContainerRow, chunk: Chunk, lines: list[OutputLine]) -> None:
    """Output manifest durable, then the outcome, then the item map; failed items become chunks of their own."""
    project = job.project
    lines.sort(key=lambda line: line.key)
    sha256 = project.manifests.write(chunk.id, lines)
    point("output.manifest")
    tally = Tally()
    for line in lines if chunk.phase != clashes.PHASE else ():  # those are counted already
        tally.add(line)
    with job.commits:
        seq = project.ledger.commit(chunk, sha256, tally, _retries(job, row, chunk, lines))
        point("outcome.committed")
        project.items.apply(seq, row.id, project.cell(row.wave, row.workload, row.endpoint, chunk.target), lines)
    point("itemmap.applied")
    bad = [line for line in lines if line.status in ("failed", "quarantined")]
    project.ledger.put_problems(row.wave, row.workload, (_problem(row, chunk, line) for line in bad))
    if (row.id, chunk.target) in job.troubled or chunk.attempt:
        good = [key_from_text(line.key) for line in lines if line.status not in ("failed", "quarantined")]
        project.ledger.clear_problems(row.id, chunk.target, good)
    for name, count in tally.statuses.items():
        job.counts.status(name, count)
    job.counts.add(done=chunk.high - chunk.low, size=tally.size, problems=len(bad))
    job.report(job)
    job.tell_news()


def _retries(job: Job, row: ContainerRow, chunk: Chunk, lines: list[OutputLine]) -> list[ChunkSpec]:
    failed = {line.key for line in lines if line.status == "failed"}
    if not failed:
        return []
    everything = job.page(chunk)
    wait = time.time() + RETRY_WAIT * 2**chunk.attempt
    return [
        ChunkSpec(chunk.target, at, at + 1, chunk.phase, chunk.attempt + 1, wait)
        for at in range(chunk.low, chunk.high)
        if everything[at].key in failed
    ]


def _problem(row: ContainerRow, chunk: Chunk, line: OutputLine) -> Problem:
    worst = max(line.codes, key=_weight, default="source:GEN-READ-01")
    code = worst.partition(":")[2]
    state = "failed" if line.status == "failed" else "quarantined"
    return Problem(row.id, chunk.target, key_from_text(line.key), code, line.detail, state)


# what was seen at a target or a source in this pass: it explains more than any loss that the item has besides
_SEEN = ("GEN-VERIFY-", "GEN-CONFLICT-01", "GEN-GONE-")


def _weight(coded: str) -> tuple[bool, bool, int]:
    """How much a code explains that an item stayed behind: what was just seen most, then a blocking one, then by
    severity."""
    code = coded.partition(":")[2]
    found = find_code(code)
    if found is None:
        return (True, True, 0)
    blocks = "blocked" in (found.forward, found.back)
    return (code.startswith(_SEEN), blocks, ("info", "minor", "major", "blocked").index(found.severity))
