"""Discovery: a container is listed page by page; each page is durable before its cursor, and nothing has an effect
meanwhile.

A listing whose facts say `feed="full"` comes in order of key, so what is known between two keys of a page and absent
from it is gone: deletions are found in one streaming pass, whatever the number of items.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from transhumance.connectors.contract import (
    UNREAD,
    Expired,
    Fault,
    InputLine,
    ItemRef,
    Page,
    Subject,
    key_from_text,
    key_text,
)
from transhumance.plans.engine.faultpoints import point
from transhumance.plans.engine.job import CHUNK_BYTES, CHUNK_ITEMS, LATER, Job, contract_container, page_name
from transhumance.plans.engine.limits import Stopped
from transhumance.plans.ledger.contract import FORWARD, ChunkSpec, ContainerRow, Feed, Member, Problem
from transhumance.plans.ledger.itemmap import Known

EMPTY = "PLAN-EMPTY-01"
_DEAD = ("aside", "removed")


def containers_of(job: Job) -> list[ContainerRow]:
    """The source containers of the wave's members, known to the ledger from now on."""
    rows: list[ContainerRow] = []
    for workload in job.wave.workloads:
        for endpoint in job.sources(workload):
            members = [m for m in job.members.get(workload, ()) if m.endpoint == endpoint]
            if members:
                rows += _containers(job, workload, endpoint, members)
    return rows


def _containers(job: Job, workload: str, endpoint: str, members: Sequence[Member]) -> Iterator[ContainerRow]:
    opened = job.project.endpoint(endpoint)
    shared = opened.connector.facts.shared_containers
    subjects = [Subject(b"")] if shared else [Subject(m.subject, m.kind, m.name) for m in members]
    later = set() if shared else {m.subject for m in members if job.is_later(workload, endpoint, m)}
    for subject in subjects:
        for found in opened.gate.call(lambda s=subject: list(opened.source.containers(s, workload))):  # type: ignore[misc]
            yield job.project.ledger.container(
                ContainerRow(
                    0,
                    job.wave.id,
                    workload,
                    endpoint,
                    found.subject,
                    found.key,
                    found.path,
                    found.role,
                    {**found.properties, **({LATER: True} if found.subject in later else {})},
                )
            )


def discover(job: Job, row: ContainerRow) -> None:
    """Lists a container from where an earlier try stopped; makes chunks of what differs from the item map. One that
    is held is left as it is, until a person has spoken."""
    if row.state == "held":
        return
    ledger, opened = job.project.ledger, job.project.endpoint(row.endpoint)
    targets = job.targets(row.workload)
    choose = job.chooser(row)
    feed = _begun(job, row, ledger.feed(job.row.id, row.id))
    container = contract_container(row)
    while not feed.complete:
        if job.project.stop.is_set():
            raise Stopped
        try:
            page = opened.gate.call(lambda c=feed.cursor: opened.source.page(container, c))  # type: ignore[misc]
        except Expired:
            if feed.cursor is None:
                raise
            feed = replace(feed, cursor=None, last_key=None, changes=False)
            continue
        point("page.listed")
        refs = choose(page.refs)
        known = {t: _known(job, row, t, page, feed) for t in targets}
        empty = page.next is None and not feed.changes and not feed.listed and not refs and not page.faults
        if empty and _emptied(job, row, known):
            return
        gone = gone_of(page, known)
        lines = [_line(r) for r in refs]
        lines += [
            InputLine(key_text(f.key), kind=f.kind, form=f.form, fault=f.code, detail=f.detail) for f in page.faults
        ]
        if job.sample is not None:
            lines = lines[:: max(1, len(lines) // max(job.sample, 1))][: job.sample]
        specs = _specs(job, row, lines, known)
        first_gone = len(lines)
        lines += [InputLine(key_text(key), gone=True) for key in gone]
        specs += _gone_specs(known, gone, first_gone, targets)
        name = page_name(job.row.id, row.id, feed.pages)
        sha256 = job.project.manifests.write(name, lines) if specs else ""
        point("page.manifest")
        last = _last_key(page) or feed.last_key
        after = replace(
            feed,
            cursor=page.next,
            pages=feed.pages + 1,
            listed=feed.listed + len(refs),
            complete=page.next is None,
            last_key=last,
            since=page.since,
        )
        ledger.add_page(
            job.row.id, row.id, feed.pages, sha256, len(lines) if specs else 0, after, specs, job.heart.owner
        )
        point("page.committed")
        feed = after
        job.counts.add(listed=len(refs), todo=sum(s.high - s.low for s in specs))
        if specs:
            job.tell_news()
    if job.kind != "dry_run":
        ledger.set_container(row.id, "open", None if feed.changes else feed.listed)
    _make_empty(job, row)
    point("feed.complete")


def _make_empty(job: Job, row: ContainerRow) -> None:
    """A container in which nothing is has no chunk that would make it: it is made here, so that it is there for people
    and comes back."""
    if not job.effects or not row.subject:
        return
    for target in job.targets(row.workload):
        if not job.project.items.count(target, row.id):
            endpoint = job.project.endpoint(target)
            place = job.place(row, target, job.member(row, row.subject))
            with job.one_at_a_time(target, row.id):
                endpoint.gate.call(lambda e=endpoint, p=place: e.target.ensure(p))  # type: ignore[misc]


def _line(ref: ItemRef) -> InputLine:
    return InputLine(
        key_text(ref.key),
        ref.version,
        ref.kind,
        ref.form,
        ref.size,
        key_text(ref.stable_id or b""),
        ref.locator,
        ref.count,
        key_text(ref.subject),
    )


def _fault_line(fault: Fault) -> InputLine:
    return InputLine(key_text(fault.key), kind=fault.kind, form=fault.form, fault=fault.code, detail=fault.detail)


def ref_of(line: InputLine) -> ItemRef:
    """The ref that a line was made from."""
    return ItemRef(
        key_from_text(line.key),
        line.version,
        line.kind,
        line.form,
        line.size,
        key_from_text(line.stable_id) or None,
        line.locator,
        line.count,
        key_from_text(line.subject),
    )


def _begun(job: Job, row: ContainerRow, feed: Feed) -> Feed:
    """The feed as it stands; a new one of a source that can tell its changes begins where the last pass left it."""
    facts = job.project.endpoint(row.endpoint).connector.facts
    hinted = facts.feed == "incremental" or (facts.feed == "fingerprint" and job.kind != "final")
    if feed.pages or feed.complete or not hinted or job.kind not in FORWARD:
        return feed
    scope = _scope(job, row)
    since = job.project.ledger.changes_from(job.wave.id, row.id, scope)
    return replace(feed, cursor=since, changes=since is not None, scope=scope)


def _scope(job: Job, row: ContainerRow) -> str:
    """What a listing of changes rests on: whose items were taken, for which targets, by which recipes. Where any of
    them is another, what did not change at the source may still have to be done."""
    connector = job.project.endpoint(row.endpoint).connector
    members = sorted(key_text(m.subject) for m in job.members[row.workload] if m.endpoint == row.endpoint)
    recipes = [
        job.project.recipe(row.workload, kind, form, target)
        for target in job.targets(row.workload)
        for kind, form in sorted(connector.forms.items())
    ]
    said = json.dumps([sorted(job.targets(row.workload)), members, recipes])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _last_key(page: Page) -> bytes | None:
    """The last key that a page of a listing in order of key tells of, faults among them."""
    return max([ref.key for ref in page.refs[-1:]] + [fault.key for fault in page.faults], default=None)


def _known(job: Job, row: ContainerRow, target: str, page: Page, feed: Feed) -> Known:
    if not feed.changes:
        upto = _last_key(page) if page.next is not None else None
        return job.project.items.known(target, row.id, feed.last_key, upto)
    keys = [r.key for r in page.refs] + list(page.tombstones)
    found = job.project.items.lookup(target, row.id, keys)
    return {k: (i.version, i.recipe, i.status) for k, i in found.items() if i.status != "removed"}


def gone_of(page: Page, known: dict[str, Known]) -> list[bytes]:
    """Keys that are known and that a complete listing lacks. A fault whose key ends in `/` is a place that could not
    be listed: what lies there or below is not gone, only unseen; where its key is `UNREAD` that is everything."""
    present = {r.key for r in page.refs} | {f.key for f in page.faults}
    unseen = tuple(f.key for f in page.faults if f.key.endswith(b"/"))
    absent = {k for rows in known.values() for k, row in rows.items() if k not in present and row[2] not in _DEAD}
    if UNREAD in unseen:
        absent = set()
    elif unseen:
        absent = {key for key in absent if not (key + b"/").startswith(unseen)}
    return sorted(absent | set(page.tombstones))


def vanished(job: Job) -> list[ContainerRow]:
    """Containers that the ledger knows of present members, and that their source no longer lists: renamed, or gone.
    Not those that lie below one of which a part could not be listed."""
    members = {(m.workload, m.endpoint, m.subject) for group in job.members.values() for m in group}
    rows = [r for r in job.project.ledger.containers(job.wave.id) if r.endpoint in job.sources(r.workload)]
    found = [
        r for r in rows if r.id not in job.listed and (not r.subject or (r.workload, r.endpoint, r.subject) in members)
    ]
    blind = [r for r in rows if r.id in job.listed and _is_blind(job, r)] if found else []
    return [row for row in found if not any(_is_above(above, row) for above in blind)]


def _is_blind(job: Job, row: ContainerRow) -> bool:
    """Whether a part of a container could not be listed in this pass."""
    first = job.targets(row.workload)[0]
    return job.project.items.has_place(first, row.id)


def _is_above(above: ContainerRow, row: ContainerRow) -> bool:
    same = (above.workload, above.endpoint, above.subject) == (row.workload, row.endpoint, row.subject)
    return same and row.path[: len(above.path)] == above.path


def discover_gone(job: Job, row: ContainerRow) -> None:
    """One page that says of every item of a vanished container that it is gone."""
    ledger, targets = job.project.ledger, job.targets(row.workload)
    if ledger.feed(job.row.id, row.id).complete:
        return
    known = {t: job.project.items.known(t, row.id, None, None) for t in targets}
    gone = sorted({key for rows in known.values() for key, found in rows.items() if found[2] not in _DEAD})
    lines = [InputLine(key_text(key), gone=True) for key in gone]
    specs = _gone_specs(known, gone, 0, targets)
    sha256 = job.project.manifests.write(page_name(job.row.id, row.id, 0), lines) if specs else ""
    point("page.manifest")
    feed = Feed(None, 1, 0, True)
    ledger.add_page(job.row.id, row.id, 0, sha256, len(lines) if specs else 0, feed, specs, job.heart.owner)
    point("page.committed")
    job.counts.add(todo=sum(s.high - s.low for s in specs))


def hold_empty(job: Job, row: ContainerRow, had: int) -> None:
    """Holds a container whose items are all gone at once, and tells it."""
    job.project.ledger.set_container(row.id, "held")
    problem = Problem(row.id, "", b"", EMPTY, f"{had} items before, none now", state="held")
    job.project.ledger.put_problems(row.wave, row.workload, [problem])
    job.counts.add(problems=1)


def stale(job: Job, row: ContainerRow, target: str, line: InputLine, known: tuple[str, str, str] | None) -> bool:
    """Whether a line's item must be done (again) for a target."""
    if known is None:
        return True
    version, recipe, status = known
    if job.effects and status in ("assessed", "aside"):
        return True
    return version != line.version or recipe != job.project.recipe(row.workload, line.kind, line.form, target)


def _specs(job: Job, row: ContainerRow, lines: list[InputLine], known: dict[str, Known]) -> list[ChunkSpec]:
    specs = []
    for low, high in _ranges(lines):
        for target, rows in known.items():
            if any(stale(job, row, target, line, rows.get(key_from_text(line.key))) for line in lines[low:high]):
                specs.append(ChunkSpec(target, low, high))
    return specs


def _ranges(lines: Sequence[InputLine]) -> Iterator[tuple[int, int]]:
    """Ranges of at most 500 items and about 64 MiB; one larger item is a range of its own."""
    low, size = 0, 0
    for at, line in enumerate(lines):
        weight = line.size or 0
        if at > low and (at - low >= CHUNK_ITEMS or size + weight > CHUNK_BYTES):
            yield low, at
            low, size = at, 0
        size += weight
    if low < len(lines):
        yield low, len(lines)


def _gone_specs(known: dict[str, Known], gone: list[bytes], first: int, targets: Iterable[str]) -> list[ChunkSpec]:
    specs = []
    for low in range(0, len(gone), CHUNK_ITEMS):
        part = gone[low : low + CHUNK_ITEMS]
        for target in targets:
            if any(key in known[target] for key in part):
                specs.append(ChunkSpec(target, first + low, first + low + len(part), phase="finish"))
    return specs


def _emptied(job: Job, row: ContainerRow, known: dict[str, Known]) -> bool:
    """Sudden emptiness is a fault, not a wish: a container that was full and lists nothing is held until a person has
    spoken."""
    had = max((len([1 for v in rows.values() if v[2] not in _DEAD]) for rows in known.values()), default=0)
    if not had or row.state == "emptied":
        return False
    hold_empty(job, row, had)
    return True
