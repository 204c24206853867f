"""Passes over what the item map says is at the targets (`verify`, `rollback`): pages are made of its rows."""

from __future__ import annotations

from collections.abc import Callable

from transhumance.connectors.contract import Container, InputLine, key_text
from transhumance.plans.engine.faultpoints import point
from transhumance.plans.engine.job import CHUNK_ITEMS, Job, page_name
from transhumance.plans.engine.limits import Stopped
from transhumance.plans.ledger.contract import ChunkSpec, ContainerRow, Feed
from transhumance.plans.ledger.itemmap import Item


def containers(job: Job) -> list[ContainerRow]:
    """The containers of the wave that the ledger knows, of workloads and sources that the plan still has."""
    wanted = {(w, e) for w in job.wave.workloads for e in job.project.workload(w).from_}
    return [row for row in job.project.ledger.containers(job.wave.id) if (row.workload, row.endpoint) in wanted]


def discover(job: Job, row: ContainerRow, wants: Callable[[Item], bool]) -> None:
    """Pages and chunks of one container's rows, target after target. The feed's cursor is the target and the last
    key."""
    ledger = job.project.ledger
    feed = ledger.feed(job.row.id, row.id)
    if feed.complete:
        return
    targets = job.project.targets(row.workload)
    first, after = _place(feed.cursor)
    for number in range(first, len(targets)):
        for batch in job.project.items.rows(targets[number], row.id, CHUNK_ITEMS, after):
            if job.project.stop.is_set():
                raise Stopped
            lines = [_line(item) for item in batch if wants(item)]
            feed = _page(job, row, feed, f"{number}:".encode() + batch[-1].key, lines, targets[number])
        after = None
    ledger.add_page(
        job.row.id, row.id, feed.pages, "", 0, Feed(None, feed.pages + 1, feed.listed, True), [], job.heart.owner
    )


def _page(job: Job, row: ContainerRow, feed: Feed, cursor: bytes, lines: list[InputLine], target: str) -> Feed:
    specs = [ChunkSpec(target, 0, len(lines))] if lines else []
    sha256 = job.project.manifests.write(page_name(job.row.id, row.id, feed.pages), lines) if lines else ""
    point("page.manifest")
    after = Feed(cursor, feed.pages + 1, feed.listed + len(lines), False)
    job.project.ledger.add_page(job.row.id, row.id, feed.pages, sha256, len(lines), after, specs, job.heart.owner)
    point("page.committed")
    job.counts.add(listed=len(lines), todo=len(lines))
    return after


def _place(cursor: bytes | None) -> tuple[int, bytes | None]:
    if cursor is None:
        return 0, None
    number, _, key = cursor.partition(b":")
    return int(number), key


def _line(item: Item) -> InputLine:
    subject = key_text(item.subject)
    return InputLine(
        key_text(item.key), item.version, item.kind, item.form, item.size, count=item.count, subject=subject
    )


def place_of(job: Job, row: ContainerRow, target: str) -> Container:
    """The container at the target where a source container went."""
    endpoint = job.project.endpoint(target)
    return endpoint.gate.call(lambda: endpoint.target.ensure(job.place(row, target, job.member(row, row.subject))))
