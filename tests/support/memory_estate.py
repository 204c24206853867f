"""Two people's items in memory, and the project over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import BytesBody, Container, Record
from transhumance.connectors.memory.store import Store, forget, store
from transhumance.plans.commands import approval, forward
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

PLAN = """\
format: transhumance.plan/1
id: essai
endpoints:
  source: {connector: memory, store: "%(name)s-source", page: 40}
  target: {connector: memory, store: "%(name)s-target"}
  back: {connector: memory, store: "%(name)s-back"}
workloads:
  mail: {from: source, to: target, back: {to: back}}
policies: {approval: {required: 1}, deletions: {mode: remove, max_share: 0.2}}
waves:
  - {id: pilote, workloads: [mail], members: {people: [alice@chu.example]}}
  - {id: reste, workloads: [mail], members: {all: true}}
"""


def box(owner: str, *path: str) -> Container:
    return Container(owner.encode(), "mail", "/".join((owner, *path)).encode(), path)


def blob(key: str, text: str, **properties: Any) -> Record:
    return Record(
        key.encode(), "blob", "memory", {"title": key, **properties}, {"content": BytesBody.of(text.encode())}
    )


class Estate:
    """Two people's items in memory, and the project over them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
        self.name = str(folder)
        for part in ("source", "target", "back"):
            forget(f"{self.name}-{part}")
        self.plan = folder / "plan.yaml"
        self.plan.write_text(PLAN % {"name": self.name})
        self.source, self.target = store(f"{self.name}-source"), store(f"{self.name}-target")
        for n in range(100):
            self.source.put(box("alice@chu.example", "INBOX"), blob(f"a{n:03}", f"text {n}", dose=n))
        self.source.put(box("alice@chu.example", "Envoyés"), blob("s1", "sent"))
        self.source.put(box("bob@chu.example", "INBOX"), blob("b1", "bob"))
        self.project = Project.open(self.plan)

    def ready(self) -> Estate:
        """Assessed, planned and approved."""
        assess(self.project)
        forward.plan(self.project)
        for wave in ("pilote", "reste"):
            approval.approve(self.project, wave, "dsi")
        return self


def texts(held: Store) -> dict[bytes, tuple[bytes, Any]]:
    """Every item of a store: its bytes and its dose."""
    found = {}
    for container, items in held.items.items():
        for key, record in items.items():
            body = record.bodies["content"]
            assert isinstance(body, BytesBody)
            found[container + b"/" + key] = (body.data, record.properties.get("dose"))
    return found
