"""A tenant on the simulator, and sources over it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import Container, Environment, Fault, ItemRef, Page, Record, Subject
from transhumance.connectors.entra_id.source import EntraSource
from transhumance.fixtures.graph import GraphSimulator, Tenant
from transhumance.fixtures.rigs.entra_id import settings


@dataclass
class Listed:
    """What a listing gave over all its pages."""

    refs: dict[bytes, ItemRef] = field(default_factory=dict)
    gone: list[bytes] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    since: bytes | None = None
    pages: list[Page] = field(default_factory=list)


@dataclass
class Bench:
    """A tenant, its simulator, and sources."""

    graph: GraphSimulator
    folder: Path
    opened: list[EntraSource] = field(default_factory=list)

    @property
    def tenant(self) -> Tenant:
        return self.graph.tenant

    def source(self, **more: Any) -> EntraSource:
        """A new source, with nothing remembered."""
        number = len(self.opened)
        environment = Environment("entra", self.folder / f"spool{number}", self.folder)
        made = EntraSource(settings(self.graph, **more), environment)
        self.opened.append(made)
        return made

    def place(self, source: EntraSource) -> Container:
        (found,) = source.containers(Subject(b""), "identities")
        return found

    def listed(self, source: EntraSource | None = None, cursor: bytes | None = None) -> Listed:
        """Every line of a listing, all or changes; a key that comes twice fails."""
        source = source or self.source()
        place, found = self.place(source), Listed()
        while True:
            page = source.page(place, cursor)
            found.pages.append(page)
            for ref in page.refs:
                assert ref.key not in found.refs
                found.refs[ref.key] = ref
            found.gone += page.tombstones
            found.faults += page.faults
            if page.next is None:
                found.since = page.since
                assert page.since
                return found
            assert page.since is None
            cursor = page.next

    def records(self, found: Listed, source: EntraSource | None = None) -> dict[bytes, dict[str, Any]]:
        source = source or self.source()
        answers = source.fetch(self.place(source), list(found.refs.values()))
        made = {}
        for answer in answers:
            assert isinstance(answer, Record), answer
            made[answer.key] = dict(answer.properties)
        return made

    def by_name(self, found: Listed) -> dict[str, dict[str, Any]]:
        return {str(item.get("displayName")): item for item in self.records(found).values()}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with GraphSimulator(Tenant()) as graph:
        graph.page_size = 4
        made = Bench(graph, tmp_path)
        yield made
        for source in made.opened:
            source.close()


@pytest.fixture
def crowd(bench: Bench) -> Callable[[int], list[str]]:
    """Adds so many people."""

    def add(count: int) -> list[str]:
        start = len(bench.tenant.objects)
        return [bench.tenant.add_user(f"p{start + n}@chu.example", surname=f"Nom{n}") for n in range(count)]

    return add
