"""What a connector gives the contract suite: a fresh, empty endpoint and a few items of its own form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from transhumance.connectors.contract import Environment, Record

Make = TypeVar("Make", bound=Callable[..., object])


class NotHere(Exception):
    """What a rig needs (a server's programs) is not installed: the text says what to install. The suite is skipped with
    it."""


def live(server: str) -> Callable[[Make], Make]:
    """Marks a rig that starts a real server: its tests get the marker `server`, and one worker runs those of one
    server."""

    def marked(make: Make) -> Make:
        make.server = server  # type: ignore[attr-defined]
        return make

    return marked


@dataclass(frozen=True, slots=True)
class Rig:
    """`config`: the connector's own model, of an endpoint that is empty. `samples`: at least three items, nasty ones
    among them, with distinct keys. `changed`: another content under the key of one of them. `populate`: for a
    connector that is only a source, puts the samples there by other means; the suite then skips what writes.
    `subject`, `path`: where the suite writes. `unlike`: names of suite tests that can't hold for this system, each
    with the reason. `place_says`: properties that the place itself says of every item, whatever was written (whose a
    file is)."""

    connector: str
    config: Any
    environment: Environment
    workload: str
    samples: tuple[Record, ...]
    changed: Record | None = None
    populate: Callable[[], None] | None = None
    subject: bytes = "agnès.o'neil@chu.example".encode()
    path: tuple[str, ...] = ("Dossier spécial <&>", "2026")
    unlike: dict[str, str] = field(default_factory=dict)
    place_says: frozenset[str] = frozenset()
