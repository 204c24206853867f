"""`verify`: the target leg measured. Every item is read back, decoded and compared, by digest, with what it should
be."""

from __future__ import annotations

from dataclasses import replace

from transhumance.connectors.contract import Fault, InputLine, OutputLine, Record, key_from_text
from transhumance.plans.engine import rows
from transhumance.plans.engine.codecpool import Decoded
from transhumance.plans.engine.job import Job
from transhumance.plans.engine.transfer import commit, line_of
from transhumance.plans.ledger.contract import Chunk, ContainerRow
from transhumance.plans.ledger.itemmap import Item

MISSING = "GEN-VERIFY-01"
ALTERED = "GEN-VERIFY-02"


class Verify:
    """Reads back all that the item map says is at the targets of the wave."""

    def containers(self, job: Job) -> list[ContainerRow]:
        return rows.containers(job)

    def discover(self, job: Job, row: ContainerRow) -> None:
        rows.discover(job, row, lambda item: item.at_target)

    def process(self, job: Job, chunks: list[Chunk], lines: list[InputLine]) -> None:
        for chunk in chunks:
            self._chunk(job, chunk, lines)

    def _chunk(self, job: Job, chunk: Chunk, lines: list[InputLine]) -> None:
        row = job.project.ledger.container_by_id(chunk.container)
        keys = [key_from_text(line.key) for line in lines]
        known = job.project.items.lookup(chunk.target, row.id, keys)
        items = [known[key] for key in keys if key in known and known[key].at_target]
        with job.one_at_a_time(chunk.target, row.id):
            answers = self._read(job, chunk, row, items)
        records = [a for a in answers if isinstance(a, Record)]
        member = job.member(row, row.subject)
        decoded = iter(job.pool.decode(records, job.context(row, member)))
        out = []
        for item, answer in zip(items, answers, strict=True):
            found = Decoded("", MISSING, answer.detail) if isinstance(answer, Fault) else next(decoded)
            out.append(_judged(item, found))
        commit(job, row, chunk, out)

    def _read(self, job: Job, chunk: Chunk, row: ContainerRow, items: list[Item]) -> list[Record | Fault]:
        endpoint = job.project.endpoint(chunk.target)
        place = rows.place_of(job, row, chunk.target)
        size = sum(item.size for item in items)
        return endpoint.gate.call(lambda: list(endpoint.target.read_back(place, [i.target_key for i in items])), size)


def _judged(item: Item, found: Decoded) -> OutputLine:
    """The item's line after reading back: proof `target` when it is what it should be, else a defect, by code."""
    line = line_of(item, item.status if item.status in ("written", "unchanged", "aside") else "written")
    clean = tuple(c for c in line.codes if c not in (f"target:{MISSING}", f"target:{ALTERED}"))
    if found.digest and found.digest == (item.expected or item.digest):
        proof = item.proof if item.proof == "returned" else "target"
        return replace(line, proof=proof, codes=clean)
    if item.status == "aside" and found.digest:
        return line  # gone at the source, kept here, switched off perhaps: it is there, and that is all that is asked
    code = found.code or ALTERED
    return replace(
        line,
        status="quarantined",
        forward="blocked" if code == MISSING else "reduced",
        grade="lossy",
        proof="target",
        codes=tuple(sorted({*clean, f"target:{code}"})),
        detail=found.detail,
    )
