"""Two owners of what only one can have (a mail address, a log-in name): told of every party, held where a target takes
it once.

Items are read in any order, so whoever is read first can't know of the other. What each claims lies in the ledger; a
dry run, once it read everything, has a second step that tells all parties, by output manifests like every outcome. A
pass with effects finds the claims there before it writes.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from transhumance.connectors.contract import (
    Finding,
    InputLine,
    OutputLine,
    Target,
    Unique,
    find_code,
    key_from_text,
    key_text,
    worst_back,
    worst_forward,
)
from transhumance.plans.engine.faultpoints import point
from transhumance.plans.engine.job import Job, page_name
from transhumance.plans.engine.legs import Measured, TargetLeg
from transhumance.plans.ledger.contract import Chunk, ChunkSpec, Claimed, ContainerRow
from transhumance.plans.ledger.itemmap import Item

PHASE = "clashes"
CLAIMING = "identities"
"""The workload whose items claim anything; those of the others by the million need not be asked for."""
NAMED = 5
"""How many of the other parties the detail of a finding names."""


def note(job: Job, row: ContainerRow, measured: Iterable[Measured], lines: Mapping[bytes, InputLine]) -> None:
    """Keeps what items claim. Whoever shared a claim that is dropped is looked at again by the next pass."""
    if row.workload != CLAIMING:
        return
    found = list(measured)
    keys = [m.key for m in found]
    claims = []
    for m in found:
        member = job.member(row, key_from_text(lines[m.key].subject)) if m.claims else None
        owner = member.person if member else f"{row.id}:{key_text(m.key)}"
        claims += [
            Claimed(row.id, m.key, c.kind, _digest(c.kind, c.value), owner, m.name, c.told, c.held) for c in m.claims
        ]
    before = job.project.ledger.clashes(row.id, keys)
    job.project.ledger.put_claims(row.id, keys, claims)
    now = {(c.kind, c.value) for c in claims}
    _look_again(job, (c for others in before.values() for c in others if (c.kind, c.value) not in now))


def forget(job: Job, row: ContainerRow, keys: Sequence[bytes]) -> None:
    """What items that are gone claimed is free again."""
    if row.workload != CLAIMING:
        return
    before = job.project.ledger.clashes(row.id, keys)
    job.project.ledger.put_claims(row.id, keys, ())
    _look_again(job, (c for others in before.values() for c in others))


def others_of(job: Job, row: ContainerRow, keys: Sequence[bytes]) -> Mapping[bytes, Sequence[Claimed]]:
    """By item, what other owners claim of the same, as far as the ledger knows by now."""
    return job.project.ledger.clashes(row.id, keys) if row.workload == CLAIMING else {}


def _look_again(job: Job, freed: Iterable[Claimed]) -> None:
    for container, key in {(c.container, c.key) for c in freed}:
        for target in job.targets(job.project.ledger.container_by_id(container).workload):
            job.project.items.make_stale(target, container, key)


def _digest(kind: str, value: str) -> bytes:
    """A claim's value as the ledger keeps it: names of people are compared in composed form and without case."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).casefold())
    return hashlib.sha256(f"{kind}\0{folded}".encode("utf-8", "surrogatepass")).digest()[:16]


def clashing(leg: TargetLeg, others: Sequence[Claimed], target: Target) -> TargetLeg:
    """The leg of an item of which others claim the same: held where the target takes it once, else told."""
    unique = target.unique() if others and isinstance(target, Unique) else frozenset()
    by_code: dict[str, list[str]] = defaultdict(list)
    for other in others:
        held = other.kind in unique
        by_code[f"target:{other.held}" if held else f"source:{other.told}"].append(other.name)
    for coded, names in by_code.items():
        leg = _with(leg, coded, tuple(dict.fromkeys(names)))
    return leg


def _with(leg: TargetLeg, coded: str, names: Sequence[str]) -> TargetLeg:
    found = find_code(coded.partition(":")[2])
    more = f" (+{len(names) - NAMED})" if len(names) > NAMED else ""
    finding = Finding(coded.partition(":")[2], ", ".join(names[:NAMED]) + more)
    forward = found.forward if found else "blocked"
    return TargetLeg(
        leg.record if forward != "blocked" else None,
        worst_forward([leg.forward, forward]),
        worst_back([leg.grade, found.back if found else "blocked"]),
        (*(pair for pair in leg.codes if pair[0] != coded), (coded, finding.detail)),
        leg.expected,
    )


def list_clashes(job: Job) -> None:
    """A page of every few hundred items whose claim another one has too, with its chunks for each target."""
    ledger = job.project.ledger
    for container, keys in ledger.clashing(job.wave.id):
        row = ledger.container_by_id(container)
        if container not in job.listed:
            continue
        targets = job.targets(row.workload)
        known = [job.known(row, target, keys) for target in targets]
        live = [key for key in keys if any(key in items and items[key].status != "removed" for items in known)]
        if not live:
            continue
        lines = [InputLine(key_text(key)) for key in live]
        feed = ledger.feed(job.row.id, container)
        sha256 = job.project.manifests.write(page_name(job.row.id, container, feed.pages), lines)
        point("page.manifest")
        specs = [ChunkSpec(target, 0, len(lines), phase=PHASE) for target in targets]
        after = replace(feed, pages=feed.pages + 1)
        ledger.add_page(job.row.id, container, feed.pages, sha256, len(lines), after, specs, job.heart.owner)
        point("page.committed")
        job.counts.add(todo=len(lines) * len(specs))


def told(job: Job, row: ContainerRow, chunk: Chunk, lines: Sequence[InputLine]) -> list[OutputLine]:
    """The lines of a chunk's items as they were last committed, with the clashes that they are party to."""
    keys = [key_from_text(line.key) for line in lines]
    others = job.project.ledger.clashes(row.id, keys)
    items = {k: i for k, i in job.known(row, chunk.target, keys).items() if i.status != "removed" and k in others}
    target = job.project.endpoint(chunk.target).target
    out = []
    for line in _committed(job, items):
        leg = TargetLeg(None, line.forward, line.grade)
        leg = clashing(leg, others[key_from_text(line.key)], target)
        said = [line.detail, *(f"{code}: {names}" for code, names in leg.codes if code not in line.codes)]
        out.append(
            replace(
                line,
                forward=leg.forward,
                grade=leg.grade,
                codes=tuple(sorted({*line.codes, *(code for code, _ in leg.codes)})),
                detail="; ".join(filter(None, said))[:500],
            )
        )
    return out


def _committed(job: Job, items: Mapping[bytes, Item]) -> Iterable[OutputLine]:
    """The line of each item in the manifest that its row came from, so that nothing that it says is lost."""
    by_seq: dict[int, set[str]] = defaultdict(set)
    for key, item in items.items():
        by_seq[item.seq].add(key_text(key))
    for seq, wanted in sorted(by_seq.items()):
        _, chunk, sha256 = next(iter(job.project.ledger.committed(seq - 1)))
        for line in job.project.manifests.read(chunk.id, OutputLine, sha256):
            if line.key in wanted:
                yield line
