"""A realm of the shared Keycloak for each test, a target and a source of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import (
    ABSENT,
    Container,
    Context,
    Document,
    Environment,
    Expect,
    Fence,
    Outcome,
    Record,
    Write,
    codec_for,
    connector,
    read_all,
)
from transhumance.connectors.contract.bodies import BytesBody
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.ldif import LdifRecord, canonical, write_record
from transhumance.connectors.testing.rig import NotHere
from transhumance.fixtures.rigs.keycloak import config, fresh_realm, shared

FENCE = Fence("test", 1)
CODEC: Any = codec_for("entry", kc.FORM)
PERSON = (b"top", b"person", b"organizationalPerson", b"inetOrgPerson")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)
            item.add_marker(pytest.mark.xdist_group("keycloak"))


@pytest.fixture(scope="session")
def server() -> Any:
    try:
        return shared()
    except NotHere as absent:
        pytest.skip(str(absent))


def entry(dn: str, id_: str, **attributes: Any) -> Document:
    """A directory's entry as a document."""
    said = {name: tuple(v.encode() if isinstance(v, str) else v for v in values) for name, values in attributes.items()}
    said["entryUUID"] = (id_.encode(),)
    return Document("entry", "ldif", bodies={"content": BytesBody.of(write_record(canonical(LdifRecord(dn, said))))})


@dataclass(slots=True)
class Bench:
    """A realm under test, seen by the connector and by another client."""

    server: Any
    realm: str
    target: Any
    source: Any
    place: Container
    reopened: Callable[[], Any]
    fence: Fence = FENCE

    @staticmethod
    def person(login: str, id_: str = "", **more: Any) -> Document:
        said = {"objectClass": PERSON, "cn": (login,), "sn": ("Petit",), "uid": (login,), **more}
        return entry(f"uid={login},ou=people,dc=x", id_ or str(uuid.uuid4()), **said)

    @staticmethod
    def group(name: str, *members: str, id_: str = "", **more: Any) -> Document:
        said = {
            "objectClass": (b"top", b"groupOfNames"),
            "cn": (name,),
            "member": members or ("cn=empty-group",),
            **more,
        }
        return entry(f"cn={name},ou=groups,dc=x", id_ or str(uuid.uuid4()), **said)

    @staticmethod
    def dn(login: str) -> str:
        return f"uid={login},ou=people,dc=x"

    def write(self, *documents: Document, expect: str = ABSENT, keys: Any = None) -> list[Outcome]:
        """Writes documents, as the engine does."""
        writes = []
        for at, document in enumerate(documents):
            record = CODEC.from_open(document, (), Context()).record
            target_key = keys[at] if keys else None
            writes.append(Write(str(at).encode(), record, Expect(expect), target_key))
        return list(self.target.write(self.place, writes, FENCE))

    def back(self, outcome: Outcome) -> bytes:
        """The entry that is there for an outcome."""
        (record,) = self.target.read_back(self.place, [outcome.target_key])
        assert isinstance(record, Record), record
        return read_all(CODEC.to_open(record, Context()).document.bodies["content"])

    @staticmethod
    def entry(dn: str, id_: str, **attributes: Any) -> Document:
        return entry(dn, id_, **attributes)

    @property
    def classes(self) -> tuple[bytes, ...]:
        return PERSON

    @property
    def codec(self) -> Any:
        return CODEC

    @staticmethod
    def unit(name: str, dn: str) -> Document:
        return entry(dn, str(uuid.uuid4()), objectClass=(b"top", b"organizationalUnit"), ou=(name,))

    @staticmethod
    def content(document: Document) -> bytes:
        return read_all(document.bodies["content"])

    @staticmethod
    def record(document: Document) -> Record:
        made: Record = CODEC.from_open(document, (), Context()).record
        return made

    def id_of(self, document: Document) -> str:
        return str(self.record(document).properties["id"])

    def preview(self, document: Document) -> Any:
        return self.target.preview(self.place, self.record(document))

    def forecast(self, document: Document) -> bytes:
        """The entry that reading back should give."""
        expected = self.target.forecast(self.place, self.record(document))
        return self.content(CODEC.to_open(expected, Context()).document)

    def tree(self) -> list[dict[str, Any]]:
        """Every group, by another client."""
        found, todo = [], [*self.call("GET", "/groups?max=100")]
        while todo:
            group = todo.pop()
            found.append({"id": group["id"], "name": group["name"], "path": group["path"]})
            todo += self.call("GET", f"/groups/{group['id']}/children?max=100")
        return sorted(found, key=lambda g: str(g["path"]))

    def effective(self, name: str) -> set[str]:
        """The log-in names of who is in a group, or in one below it."""
        (top,) = [g for g in self.tree() if g["name"] == name]
        below = [g for g in self.tree() if g["path"] == top["path"] or g["path"].startswith(top["path"] + "/")]
        return {u["username"] for g in below for u in self.call("GET", f"/groups/{g['id']}/members?max=1000")}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self.server.call(method, f"/{self.realm}{path}", body)

    def user(self, login: str) -> dict[str, Any]:
        (found,) = self.call("GET", f"/users?username={login}&exact=true")
        return dict(found)

    def groups_of(self, login: str) -> set[str]:
        return {g["path"] for g in self.call("GET", f"/users/{self.user(login)['id']}/groups")}

    def versions(self) -> dict[bytes, str]:
        """What the source lists."""
        found, cursor = {}, None
        while True:
            page = self.source.page(self.place, cursor)
            found |= {ref.key: ref.version for ref in page.refs}
            if (cursor := page.next) is None:
                return found


@pytest.fixture
def make_bench(server: Any, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    opened: list[Any] = []

    def make(realm: str = "", **more: Any) -> Bench:
        name, declared = realm or fresh_realm(server), connector("keycloak")
        settings = config(server, name, **more)

        def environment(of: str) -> Environment:
            return Environment("kc", tmp_path / f"spool-{of}", tmp_path, state=tmp_path / "state")

        def target() -> Any:
            opened.append(declared.open_target(settings, environment("t")))
            return opened[-1]

        opened.append(declared.open_source(settings, environment("s")))
        source, first = opened[-1], target()
        place = first.ensure(Container(b"ad", "identities", b"DC=x", ("DC=x",)))
        return Bench(server, name, first, source, place, target)

    yield make
    for end in opened:
        end.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()
