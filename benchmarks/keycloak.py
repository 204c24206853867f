"""People into Keycloak: our target (partialImport) against one POST for each, on one server in one run."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from transhumance.connectors.contract import Container, Environment, Fence, Record, Status, Write
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.keycloak.session import Session
from transhumance.connectors.keycloak.target import KeycloakTarget
from transhumance.fixtures.rigs.keycloak import config
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.keycloak import Keycloak

CHUNK = 500  # items of a chunk of the engine
AIM = 8.0


def benchmark(folder: Path, count: int, posts: int) -> list[str]:
    """`count` people by the target, `posts` of them by POST, the slow one first so that the server is warm."""
    try:
        server = Keycloak()
    except NotHere as absent:
        return [f"keycloak: skipped: {absent}"]
    with server:
        _posted(server, 50)
        peer = _posted(server, posts)
        ours = _written(server, folder, count)
    return [
        f"keycloak: {count} people with 6 attributes by the target, {posts} by POST",
        f"  one POST each               {peer:8.0f} people/s",
        f"  our target                  {ours:8.0f} people/s  {ours / peer:.1f} x the peer (aim: {AIM:g})",
    ]


def _person(number: int) -> dict[str, object]:
    attributes = {kc.ATTRIBUTES + f"a{n}": (f"value {n} of {number}",) for n in range(5)}
    names = {"firstName": "Jean", "lastName": f"Petit {number}", "email": f"person{number}@chu.example"}
    dn = {kc.ATTRIBUTES + kc.DN: (f"uid=person{number},dc=x",)}
    return {
        "type": "user",
        "id": str(uuid.uuid4()),
        "username": f"person{number}",
        "enabled": True,
        **names,
        **attributes,
        **dn,
    }


def _posted(server: Keycloak, count: int) -> float:
    """People a second by one POST each, on one kept-alive connection."""
    realm = _realm(server, "posts")
    session = Session(config(server, realm), Environment("posts", Path(), Path()))
    try:
        started = time.monotonic()
        for number in range(count):
            user = kc.representation_of(_person(number))
            del user["id"]
            assert session.realm("POST", "users", json=user).status == 201
        return count / (time.monotonic() - started)
    finally:
        session.close()


def _written(server: Keycloak, folder: Path, count: int) -> float:
    """People a second by the target, in the chunks of the engine."""
    realm = _realm(server, "batches")
    target = KeycloakTarget(config(server, realm), Environment("kc", folder / "spool", folder, state=folder / "state"))
    try:
        place = target.ensure(Container(b"", "identities", b"x"))
        started = time.monotonic()
        for first in range(0, count, CHUNK):
            people = (_person(number) for number in range(first, min(first + CHUNK, count)))
            writes = [Write(str(p["id"]).encode(), Record(b"", kc.KIND, kc.FORM, p)) for p in people]  # type: ignore[arg-type]
            outcomes = target.write(place, writes, Fence("bench", 1))
            assert {o.status for o in outcomes} == {Status.WRITTEN}
        target.finish()
        return count / (time.monotonic() - started)
    finally:
        target.close()


def _realm(server: Keycloak, name: str) -> str:
    """A realm that keeps attributes."""
    server.realm(name)
    profile = server.call("GET", f"/{name}/users/profile")
    server.call("PUT", f"/{name}/users/profile", {**profile, "unmanagedAttributePolicy": "ADMIN_EDIT"})
    return name
