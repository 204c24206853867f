"""`assess`: what is at each source, listed and counted, never read: subjects, containers, items, bytes, faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from transhumance.connectors.contract import Container, Selector, Subject
from transhumance.plans.engine.limits import Stopped
from transhumance.plans.project import Endpoint, Project


@dataclass(slots=True)
class _Count:
    """What was counted of one subject in one workload."""

    containers: int = 0
    items: int = 0
    size: int = 0
    faults: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def assess(project: Project, report: Callable[[str, int], None] = lambda endpoint, items: None) -> None:
    """Takes the inventory of every source of the plan, and of the directory, into the ledger."""
    for name, workloads in sources(project).items():
        rows = list(_endpoint(project, name, workloads, report))
        project.ledger.put_inventory(name, rows)
    project.ledger.add_event(project.actor, "assess", detail={"sources": list(sources(project))})


def sources(project: Project) -> dict[str, list[str]]:
    """Each source endpoint, with the workloads that are taken from it; the directory too."""
    found: dict[str, list[str]] = {}
    for workload, entry in project.plan.workloads.items():
        for name in entry.from_:
            found.setdefault(name, []).append(workload)
    if project.plan.directory:
        workloads = found.setdefault(project.plan.directory, [])
        if "identities" not in workloads:
            workloads.append("identities")
    return found


def not_covered(project: Project) -> dict[str, list[str]]:
    """Workloads that a source of the plan also holds and that the plan does not take from it."""
    taken = sources(project)
    return {
        name: missing
        for name, workloads in taken.items()
        if (missing := [w for w in project.endpoint(name).connector.workloads if w not in workloads])
    }


def _endpoint(
    project: Project, name: str, workloads: list[str], report: Callable[[str, int], None]
) -> Iterator[dict[str, Any]]:
    endpoint = project.endpoint(name)
    subjects = endpoint.gate.call(lambda: list(endpoint.source.subjects(Selector())))
    other = [w for w in endpoint.connector.workloads if w not in workloads]
    for workload in [*workloads, *other]:
        if endpoint.connector.facts.shared_containers:
            counts = _shared(project, endpoint, workload, subjects, report)
        else:
            counts = {s.key: _own(project, endpoint, workload, s, report) for s in subjects}
        wanted = workload in workloads
        for subject in subjects:
            count = counts.get(subject.key, _Count())
            if wanted or count.items or count.faults:
                yield _row(name, workload, subject, count)


def _row(endpoint: str, workload: str, subject: Subject, count: _Count) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "workload": workload,
        "subject": subject.key,
        "kind": subject.kind,
        "name": subject.name,
        "mail": subject.mail or "",
        "attributes": subject.attributes,
        "containers": count.containers,
        "items": count.items,
        "bytes": count.size,
        "faults": count.faults,
        "kinds": dict(sorted(count.kinds.items())),
    }


def _own(
    project: Project, endpoint: Endpoint, workload: str, subject: Subject, report: Callable[[str, int], None]
) -> _Count:
    count = _Count()
    for container in endpoint.gate.call(lambda: list(endpoint.source.containers(subject, workload))):
        count.containers += 1
        for ref in _refs(project, endpoint, container, count, report):
            count.items += ref.count
            count.size += ref.size or 0
            count.kinds[ref.kind] += ref.count
    return count


def _shared(
    project: Project,
    endpoint: Endpoint,
    workload: str,
    subjects: list[Subject],
    report: Callable[[str, int], None],
) -> dict[bytes, _Count]:
    """Counts of containers that many subjects share. What is nobody's (the containers, and entries that can't be
    read) is counted once, with the first subject."""
    counts: dict[bytes, _Count] = {}
    whole = counts.setdefault(subjects[0].key if subjects else b"", _Count())
    for container in endpoint.gate.call(lambda: list(endpoint.source.containers(Subject(b""), workload))):
        whole.containers += 1
        for ref in _refs(project, endpoint, container, whole, report):
            count = counts.setdefault(ref.subject, _Count())
            count.items += ref.count
            count.size += ref.size or 0
            count.kinds[ref.kind] += ref.count
    return counts


def _refs(
    project: Project, endpoint: Endpoint, container: Container, count: _Count, report: Callable[[str, int], None]
) -> Iterator[Any]:
    cursor: bytes | None = None
    while True:
        if project.stop.is_set():
            raise Stopped
        page = endpoint.gate.call(lambda c=cursor: endpoint.source.page(container, c))  # type: ignore[misc]
        count.faults += len(page.faults)
        yield from page.refs
        report(endpoint.name, len(page.refs))
        if (cursor := page.next) is None:
            return
