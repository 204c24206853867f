"""What `trace` looks up: a person's subjects at every source, their containers, their items at every target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from transhumance.connectors.contract import Body, ItemRef, Record, key_from_text, key_text
from transhumance.connectors.contract.model import Fault
from transhumance.plans.engine.job import Job, contract_container
from transhumance.plans.ledger.contract import ContainerRow, Member
from transhumance.plans.ledger.itemmap import Item
from transhumance.plans.project import RESIDUE, Project
from transhumance.plans.waves.matching import PEOPLE_LIKE, Known, Matcher, inventory

HEAD = 65_536  # bytes of an item that are searched for a text
MOST = 200
Place = tuple[str, bytes]  # endpoint, subject


@dataclass(frozen=True, slots=True)
class Traced:
    """One subject at one source: a mailbox, an account, a share."""

    known: Known
    members: tuple[Member, ...]


@dataclass(slots=True)
class Held:
    """What one container has at one target."""

    row: ContainerRow
    target: str
    items: int = 0
    size: int = 0
    grades: Counter[str] = field(default_factory=Counter)
    forward: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, item: Item) -> None:
        self.items += item.count
        self.size += item.size
        self.grades[item.grade] += item.count
        self.forward[item.forward] += item.count
        self.codes.update({code.partition(":")[2] for code in item.codes})


def subjects_of(project: Project, name: str) -> list[Traced]:
    """The subjects of the sources that a name means, by themselves or by the person that they belong to."""
    matcher = Matcher(project)
    wanted = name.casefold()
    wave_members = [m for wave in project.plan.waves for m in project.ledger.members(wave.id)]
    people = {p.key for p in matcher.directory.find(name)} if matcher.directory else set()
    people |= {key for key in _by_login(matcher, wanted)}
    found = []
    for endpoint in sorted({n for w in project.plan.workloads.values() for n in w.from_}):
        for known in inventory(project, endpoint):
            match = matcher.match(project, known)
            owner = match.person.key if match.person and match.person.kind in PEOPLE_LIKE else None
            if wanted in known.names() or (owner is not None and owner in people):
                mine = tuple(m for m in wave_members if (m.endpoint, m.subject) == (endpoint, known.key))
                found.append(Traced(known, mine))
    return found


def in_directory(project: Project, name: str) -> list[Known]:
    """The subjects of the directory that a name means."""
    matcher = Matcher(project)
    return matcher.directory.find(name) if matcher.directory else []


def _by_login(matcher: Matcher, wanted: str) -> Iterator[bytes]:
    for key, person in matcher.people.items():
        if wanted in {login.casefold() for login in person.logins.values()}:
            yield key_from_text(key)


def containers_of(project: Project, traced: Traced) -> list[ContainerRow]:
    """The source containers that hold the subject's items; one that many subjects share too."""
    known = traced.known
    rows = project.ledger.containers()
    return [r for r in rows if r.endpoint == known.endpoint and r.subject in (known.key, b"")]


def items_of(project: Project, traced: Traced, row: ContainerRow, target: str) -> Iterator[Item]:
    """The rows of the item map of one container at one target that are the subject's."""
    for batch in project.items.rows(target, row.id):
        yield from (item for item in batch if row.subject or item.subject == traced.known.key)


def held(project: Project, traced: Traced) -> list[Held]:
    """What each container of the subject has at each target."""
    found = []
    for row in containers_of(project, traced):
        for target in _targets(project, row):
            one = Held(row, target)
            for item in items_of(project, traced, row, target):
                if item.status != "removed":
                    one.add(item)
            if one.items or row.subject:
                found.append(one)
    return found


def _targets(project: Project, row: ContainerRow) -> list[str]:
    if row.workload not in project.plan.workloads:
        return []
    return [name for name in project.targets(row.workload) if name != RESIDUE]


@dataclass(slots=True)
class Found:
    """One item: where it comes from, and its row at each target that knows it."""

    row: ContainerRow
    key: bytes
    at: dict[str, Item] = field(default_factory=dict)


def find_items(project: Project, traced: list[Traced], text: str, deep: bool = False) -> list[Found]:
    """The items whose key, target key or stable id holds a text, whatever its case. `deep`: whose first bytes hold it,
    read again from the source."""
    found: dict[tuple[int, bytes], Found] = {}
    for one in traced:
        for row in containers_of(project, one):
            matching = _read(project, one, row, text) if deep else _named(project, one, row, text)
            for key in matching:
                found.setdefault((row.id, key), Found(row, key))
            if len(found) >= MOST:
                break
    for item in found.values():
        for target in _targets(project, item.row):
            if known := project.items.lookup(target, item.row.id, [item.key]).get(item.key):
                item.at[target] = known
    return list(found.values())[:MOST]


def _named(project: Project, traced: Traced, row: ContainerRow, text: str) -> Iterator[bytes]:
    wanted = text.casefold()
    for target in _targets(project, row):
        for item in items_of(project, traced, row, target):
            names = (item.key, item.target_key, item.stable_id)
            if any(wanted in name.decode("utf-8", "replace").casefold() for name in names if name):
                yield item.key


def _read(project: Project, traced: Traced, row: ContainerRow, text: str) -> Iterator[bytes]:
    """Keys of items whose first bytes hold the text: a Message-ID, a subject line, a UID."""
    endpoint, wanted = project.endpoint(row.endpoint), text.encode()
    container = contract_container(row)
    cursor: bytes | None = None
    while True:
        page = endpoint.gate.call(lambda c=cursor: endpoint.source.page(container, c))  # type: ignore[misc]
        refs = [ref for ref in page.refs if row.subject or ref.subject == traced.known.key]
        for low in range(0, len(refs), 200):
            batch: list[ItemRef] = refs[low : low + 200]
            for record in endpoint.gate.call(lambda b=batch: list(endpoint.source.fetch(container, b))):  # type: ignore[misc]
                if _holds(record, wanted):
                    yield record.key
        if (cursor := page.next) is None:
            return


def _holds(record: Record | Fault, wanted: bytes) -> bool:
    if isinstance(record, Fault):
        return False
    body = record.bodies.get("content")
    said = repr(record.properties).encode("utf-8", "replace")
    return wanted.lower() in said.lower() or (body is not None and wanted.lower() in _head(body).lower())


def _head(body: Body) -> bytes:
    try:
        with body.open() as stream:
            return stream.read(HEAD)
    except OSError:
        return b""


def place_at(project: Project, row: ContainerRow, target: str, members: Mapping[Place, Member]) -> str:
    """Where a container lies at a target: the subject there and the path."""
    member = members.get((row.endpoint, row.subject))
    there = Job.place(cast(Job, _Planned(project)), row, target, member)
    return "/".join([key_text(there.subject), *there.path])


@dataclass(frozen=True, slots=True)
class _Planned:
    """All that `Job.place` asks of a job."""

    project: Project
