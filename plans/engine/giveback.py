"""`reverse`, the pass inside `return`: after cutover, what is at the authoritative target goes back into the source's
own format.

It is a forward pass the other way round: the target is read as a source, each document meets its residue again (from
the archive that kept it), the source form's codec makes the record, and the endpoint `back.to` takes it. Where
`back.to` is the source itself only what changed at the target is written, over the version that the source had, and
what was deleted there is deleted by the plan's policy; anywhere else everything is written. What is written is read
back and compared at once: the proof of these items is `returned`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from transhumance.connectors.contract import (
    Container,
    Fault,
    Forecast,
    InputLine,
    ItemRef,
    OutputLine,
    Record,
    ResidueEntry,
    SkipItem,
    Subject,
    Target,
    codec_for,
    document_digest,
    key_from_text,
    key_text,
    worst_back,
)
from transhumance.plans.engine.discovery import hold_empty
from transhumance.plans.engine.faultpoints import point
from transhumance.plans.engine.job import CHUNK_ITEMS, Chooser, Job, contract_container, page_name
from transhumance.plans.engine.legs import Measured, TargetLeg, TargetSpec, blocked
from transhumance.plans.engine.transfer import Items, Transfer, Unit
from transhumance.plans.ledger.contract import Chunk, ChunkSpec, ContainerRow, Feed, Member, Problem
from transhumance.plans.ledger.itemmap import Item
from transhumance.plans.project import RETURNED, Project

DELETED = "PLAN-RETURN-01"
_DELETIONS = "deletions"
"""The scope of a feed whose deletions have their page already."""


def back_target(project: Project, workload: str) -> str:
    """Where the way back leads: `back.to`, else the implicit archive of what was returned."""
    back = project.workload(workload).back
    return back.to if back else RETURNED


@dataclass(slots=True)
class ReverseJob(Job):
    """A pass that reads the authoritative target and writes where the way back leads."""

    _homes: dict[int, bool] = field(default_factory=dict)

    @property
    def effects(self) -> bool:
        return True

    def sources(self, workload: str) -> list[str]:
        return [self.project.workload(workload).master]

    def targets(self, workload: str) -> list[str]:
        return [back_target(self.project, workload)]

    def chooser(self, row: ContainerRow) -> Chooser:
        """Waves may share a container at the target (the entries of a directory): what another wave brought there
        stays there, and so does what was there already when the wave was cut over."""
        others, strangers = self._others(row), self._strangers(row)
        if not others and not strangers:
            return list

        def chosen(refs: Sequence[ItemRef]) -> list[ItemRef]:
            keys = [ref.key for ref in refs]
            found = [self.project.items.by_target_key(row.endpoint, other, keys) for other in others]
            theirs = {key for items in found for key, item in items.items() if item.at_target}
            return [ref for ref in refs if ref.key not in theirs and ref.key not in strangers]

        return chosen

    def _strangers(self, row: ContainerRow) -> frozenset[bytes]:
        digest = self.project.ledger.get(_strangers_of(row))
        if not digest:
            return frozenset()
        lines = self.project.manifests.read(_strangers_of(row), InputLine, digest)
        return frozenset(key_from_text(line.key) for line in lines)

    def _others(self, row: ContainerRow) -> list[int]:
        """The same source container in other waves."""
        if "origin" not in row.properties:
            return []
        origin = self.project.ledger.container_by_id(int(row.properties["origin"]))
        same = (origin.workload, origin.endpoint, origin.key)
        rows = self.project.ledger.containers()
        return [r.id for r in rows if r.wave != origin.wave and (r.workload, r.endpoint, r.key) == same]

    def home(self, row: ContainerRow, target: str) -> ContainerRow | None:
        """The source's own container, where the way back leads into that very source."""
        if "origin" not in row.properties:
            return None
        origin = self.project.ledger.container_by_id(int(row.properties["origin"]))
        if origin.id not in self._homes:
            there = self.project.endpoint(target).target.identity()
            self._homes[origin.id] = there == self.project.endpoint(origin.endpoint).source.identity()
        return origin if self._homes[origin.id] else None

    def known(self, row: ContainerRow, target: str, keys: Sequence[bytes]) -> dict[bytes, Item]:
        """What the way back itself wrote; in the source's own container, what the last forward pass read there."""
        found = Job.known(self, row, target, keys)
        origin = self.home(row, target)
        if origin is None:
            return found
        for key, item in self.project.items.by_target_key(row.endpoint, origin.id, keys).items():
            if key not in found or found[key].seq < item.seq:
                version = item.version if item.at_target else ""
                found[key] = replace(item, key=key, target_key=item.key, target_version=version, before=None)
        return found

    def place(self, row: ContainerRow, target: str, member: Member | None) -> Container:
        """Back under the subject's key at the source; the source's own container where that is where it leads."""
        if (origin := self.home(row, target)) is not None:
            return contract_container(origin)
        subject = str(row.properties["origin_subject"]).encode("utf-8", "surrogateescape")
        own = {name: value for name, value in row.properties.items() if not name.startswith("origin")}
        return Container(subject, row.workload, row.key, row.path, row.role, own)


def _strangers_of(row: ContainerRow) -> str:
    return f"strangers-{row.id:07d}"


def note_strangers(job: ReverseJob) -> None:
    """At cutover: what the authoritative target holds that nobody brought there, so that a return does not take it for
    what users made there since."""
    for row in Reverse().containers(job):
        lines = list(_not_ours(job, row))
        name = _strangers_of(row)
        job.project.ledger.put(name, job.project.manifests.write(name, lines) if lines else "")


def _not_ours(job: ReverseJob, row: ContainerRow) -> Iterator[InputLine]:
    endpoint, choose = job.project.endpoint(row.endpoint), ReverseJob.chooser(job, row)
    container, cursor = contract_container(row), None
    while True:
        page = endpoint.gate.call(lambda c=cursor: endpoint.source.page(container, c))  # type: ignore[misc]
        refs = choose(page.refs)
        ours = Reverse.origins(job, row, [ref.key for ref in refs])
        yield from (InputLine(key_text(ref.key), kind=ref.kind, form=ref.form) for ref in refs if ref.key not in ours)
        if (cursor := page.next) is None:
            return


@dataclass(slots=True)
class Reverse(Transfer):
    """The reverse pass."""

    same_place: dict[str, bool] = field(default_factory=dict)

    def containers(self, job: Job) -> list[ContainerRow]:
        """The authoritative target's containers of the wave's members, each tied to the source container that it came
        from."""
        rows: list[ContainerRow] = []
        for workload in job.wave.workloads:
            self.same_place[workload] = self.is_source(job.project, workload)
            master = job.project.workload(workload).master
            rows += self._containers(job, workload, master)
        return rows

    @staticmethod
    def is_source(project: Project, workload: str) -> bool:
        """Whether the way back leads into a source of the workload."""
        back = project.workload(workload).back
        if back is None:
            return False
        here = project.endpoint(back.to).target.identity()
        return here in {project.endpoint(name).source.identity() for name in project.workload(workload).from_}

    def _containers(self, job: Job, workload: str, master: str) -> list[ContainerRow]:
        endpoint = job.project.endpoint(master)
        origins: dict[bytes, ContainerRow] = {}
        subjects: dict[bytes, ContainerRow] = {}
        for row in job.project.ledger.containers(job.wave.id):
            forward = row.workload == workload and row.endpoint in job.project.workload(workload).from_
            if forward and job.project.items.count(master, row.id):
                place = Job.place(job, row, master, job.member(row, row.subject))
                origins[endpoint.gate.call(lambda p=place: endpoint.target.ensure(p)).key] = row  # type: ignore[misc]
                subjects[place.subject] = row
        shared = endpoint.connector.facts.shared_containers
        rows = []
        for subject in [b""] if shared else sorted(subjects):
            listed = endpoint.gate.call(lambda s=subject: list(endpoint.source.containers(Subject(s), workload)))  # type: ignore[misc]
            for container in listed:
                origin = origins.get(container.key)
                if shared and origin is None:  # another wave's
                    continue
                rows.append(_row(job, workload, master, container, _origin(origin, origin or subjects[subject])))
        return rows

    def discover(self, job: Job, row: ContainerRow) -> None:
        assert isinstance(job, ReverseJob)
        Transfer.discover(self, job, row)
        feed = job.project.ledger.feed(job.row.id, row.id)
        if "origin" in row.properties and feed.complete and feed.scope != _DELETIONS and row.state != "held":
            self._deleted(job, row, feed)

    @staticmethod
    def _deleted(job: ReverseJob, row: ContainerRow, feed: Feed) -> None:
        """What users deleted at the target since cutover: one page of deletions where the way back leads into the
        source itself; told where it leads elsewhere, since nothing of it is there."""
        ledger, (target,) = job.project.ledger, job.targets(row.workload)
        gone = deleted_since(job, row)
        lines: list[InputLine] = []
        if job.home(row, target) is None or job.project.plan.policies.deletions.mode == "keep":
            origin = int(row.properties["origin"])
            problems = [Problem(origin, row.endpoint, item.key, DELETED, state="told") for item in gone]
            ledger.put_problems(row.wave, row.workload, problems)
            job.counts.add(problems=len(problems))
        elif gone and not feed.listed and row.state != "emptied":
            hold_empty(job, row, len(gone))
            return
        else:
            lines = [InputLine(key_text(item.target_key), gone=True) for item in gone]
        specs = [
            ChunkSpec(target, low, min(low + CHUNK_ITEMS, len(lines)), phase="finish")
            for low in range(0, len(lines), CHUNK_ITEMS)
        ]
        sha256 = job.project.manifests.write(page_name(job.row.id, row.id, feed.pages), lines) if lines else ""
        point("page.manifest")
        after = replace(feed, pages=feed.pages + 1, scope=_DELETIONS)
        ledger.add_page(job.row.id, row.id, feed.pages, sha256, len(lines), after, specs, job.heart.owner)
        point("page.committed")
        job.counts.add(todo=len(lines))

    def _there(self, job: Job, unit: Unit, chunk: Chunk, known: Items) -> Items:
        return {**known, **job.known(unit.row, chunk.target, list(known))}

    def _todo(self, job: Job, row: ContainerRow, chunk: Chunk, lines: list[InputLine]) -> Items:
        todo = Transfer._todo(self, job, row, chunk, lines)
        if not self.same_place.get(row.workload):
            return todo
        # what we wrote ourselves, in the version that we wrote, is no change: nothing ping-pongs
        ours = self.origins(job, row, list(todo))
        versions = {key_from_text(line.key): line.version for line in lines}
        return {k: v for k, v in todo.items() if k not in ours or ours[k].target_version != versions[k]}

    @staticmethod
    def origins(job: Job, row: ContainerRow, keys: Sequence[bytes]) -> dict[bytes, Item]:
        """The items that we brought to a container of the master target, by their key there."""
        origin = row.properties.get("origin")
        if origin is None:
            return {}
        return job.project.items.by_target_key(row.endpoint, int(origin), keys)

    def _measure(self, job: Job, unit: Unit, specs: Sequence[TargetSpec], aside: str | None) -> dict[bytes, Measured]:
        origins = self.origins(job, unit.row, list(unit.records))
        residues = self._residues(job, unit.row, origins)
        measured = {}
        for key, record in unit.records.items():
            origin = origins.get(key)
            measured[key] = _returned(job, unit, record, origin, residues.get(key, ()), specs)
        return measured

    def _residues(
        self, job: Job, row: ContainerRow, origins: Mapping[bytes, Item]
    ) -> dict[bytes, tuple[ResidueEntry, ...]]:
        """The residue of each item, from the archive that kept it; none where that archive is the target itself."""
        archive = job.project.residue_archive(row.workload)
        if archive == row.endpoint or not origins:
            return {}
        origin_row = job.project.ledger.container_by_id(int(row.properties["origin"]))
        kept = job.project.items.lookup(archive, origin_row.id, [i.key for i in origins.values()])
        endpoint = job.project.endpoint(archive)
        kept_at = Job.place(job, origin_row, archive, job.member(origin_row, origin_row.subject))
        place = endpoint.gate.call(lambda: endpoint.target.ensure(kept_at))
        wanted = [(key, kept[item.key].target_key) for key, item in origins.items() if item.key in kept]
        answers = endpoint.target.read_back(place, [target_key for _, target_key in wanted])
        found = {}
        for (key, _), answer in zip(wanted, answers, strict=True):
            if isinstance(answer, Record):
                found[key] = _residue_of(job, row, answer)
        return found

    def _proved(
        self,
        job: Job,
        unit: Unit,
        target: Target,
        place: Container,
        lines: list[OutputLine],
        written: Mapping[bytes, Record],
    ) -> list[OutputLine]:
        """Reads back what was written and compares it, in the source's own form: the strongest proof that there is."""
        done = [line for line in lines if line.status in ("written", "unchanged")]
        answers = target.read_back(place, [key_from_text(line.target_key) for line in done])
        proven = {}
        for line, answer in zip(done, answers, strict=True):
            record = written[key_from_text(line.key)]
            if isinstance(target, Forecast):  # what it can't hold was told by its preview
                record = target.forecast(place, record)
            codec = codec_for(record.kind, record.form)
            same = codec is not None and isinstance(answer, Record) and not codec.compare(record, answer)
            proven[line.key] = replace(line, proof="returned") if same else _not_returned(line)
        return [proven.get(line.key, line) for line in lines]


def deleted_since(job: ReverseJob, row: ContainerRow) -> list[Item]:
    """The items that we brought to a container of the master target and that are there no more. What lies below a
    place that could not be listed is only unseen."""
    endpoint, container = job.project.endpoint(row.endpoint), contract_container(row)
    there: set[bytes] = set()
    unseen: tuple[bytes, ...] = ()
    cursor: bytes | None = None
    while True:
        page = endpoint.gate.call(lambda c=cursor: endpoint.source.page(container, c))  # type: ignore[misc]
        there |= {ref.key for ref in page.refs} | {fault.key for fault in page.faults}
        unseen += tuple(fault.key for fault in page.faults if fault.key.endswith(b"/"))
        if (cursor := page.next) is None:
            break
    ours = (i for batch in job.project.items.rows(row.endpoint, int(row.properties["origin"])) for i in batch)
    gone = (item for item in ours if item.at_target and item.target_key not in there)
    return [item for item in gone if not (unseen and item.target_key.startswith(unseen))]


def _origin(origin: ContainerRow | None, owner: ContainerRow) -> dict[str, Any]:
    """Where a target's container came from: what its row says, so that a resumed pass knows it too."""
    subject = owner.subject or owner.endpoint.encode()
    found: dict[str, Any] = {"origin_subject": subject.decode("utf-8", "surrogateescape")}
    return found | ({} if origin is None else {"origin": origin.id})


def _not_returned(line: OutputLine) -> OutputLine:
    codes = tuple(sorted({*line.codes, "target:GEN-VERIFY-02"}))
    return replace(line, status="quarantined", grade="lossy", codes=codes)


def _row(job: Job, workload: str, master: str, container: Container, properties: Mapping[str, Any]) -> ContainerRow:
    found = ContainerRow(
        0,
        job.wave.id,
        workload,
        master,
        container.subject,
        container.key,
        container.path,
        container.role,
        {**container.properties, **properties},
    )
    return job.project.ledger.container(found)


def _residue_of(job: Job, row: ContainerRow, record: Record) -> tuple[ResidueEntry, ...]:
    codec = codec_for(record.kind, record.form)
    return codec.to_open(record, job.context(row, None)).residue if codec else ()


def _returned(
    job: Job,
    unit: Unit,
    record: Record,
    origin: Item | None,
    residue: tuple[ResidueEntry, ...],
    specs: Sequence[TargetSpec],
) -> Measured:
    """One item on its way back: the document as it is at the target now, its residue, the source's form again."""
    codec = codec_for(record.kind, record.form)
    if codec is None:
        return blocked(Fault(record.key, "GEN-FORM-01", record.form, record.kind, record.form), specs)
    context = job.context(unit.row, unit.member)
    try:
        opened = codec.to_open(record, context)
        document = opened.document
        codes = tuple((f"source:{f.code}", f.detail) for f in opened.findings)
        legs = {}
        for spec in specs:
            form = spec.form_back(document.kind, origin.form if origin is not None else record.form)
            theirs = codec_for(document.kind, form) if form else None
            if theirs is None:
                legs[spec.name] = TargetLeg(None, "blocked", "blocked", (("target:GEN-FORM-01", document.kind),))
                continue
            # what the archive kept is of the origin's form; what the target itself had beside the document, of its own
            ours = origin is not None and origin.form != record.form
            own = (residue or opened.residue) if ours else (opened.residue or residue)
            # an item born at the target has no origin: its own residue serves where the way back has its form
            same = form == (origin.form if origin is not None else record.form)
            given = own if theirs.carries_residue or same else ()
            back = theirs.from_open(document, given, context)
            more = tuple((f"target:{f.code}", f.detail) for f in back.findings)
            legs[spec.name] = TargetLeg(back.record, "full", origin.grade if origin else "exact", more)
    except SkipItem as error:
        return blocked(Fault(record.key, error.code, error.text.en, record.kind, record.form), specs)
    except Exception as error:  # a defect of a codec: told by code and by type, the other items go on
        return blocked(Fault(record.key, "GEN-CODEC-01", type(error).__name__, record.kind, record.form), specs)
    size = sum(body.size or 0 for body in document.bodies.values())
    grade = worst_back([leg.grade for leg in legs.values()])
    digest = document_digest(document)
    return Measured(
        record.key, record.kind, record.form, digest, size, record.count, document.name, "full", grade, codes, (), legs
    )
