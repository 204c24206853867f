"""Two people's items in memory, a project over them, and what is printed about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import BytesBody, Container, Record
from transhumance.connectors.memory.store import Store, forget, store
from transhumance.plans.commands import approval, forward
from transhumance.plans.face.console import Console
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

PLAN = """\
format: transhumance.plan/1
id: essai
endpoints:
  source: {connector: memory, store: "%(name)s-source", page: 40}
  target: {connector: memory, store: "%(name)s-target", max_item_bytes: 1000}
  back: {connector: memory, store: "%(name)s-back"}
workloads:
  mail: {from: source, to: target, back: {to: back}}
policies: {approval: {required: 1}, deletions: {mode: remove, max_share: 0.2}}
waves:
  - {id: pilote, workloads: [mail], members: {people: [alice@chu.example]}}
  - {id: reste, workloads: [mail], members: {all: true}}
"""


@dataclass(slots=True)
class Memory:
    """The estate. `source`, `target`: the stores themselves, to change them as users would."""

    folder: Path
    project: Project
    source: Store
    target: Store

    def inbox(self, owner: str = "alice@chu.example", *path: str) -> Container:
        names = path or ("INBOX",)
        return Container(owner.encode(), "mail", "/".join((owner, *names)).encode(), names)

    def put(self, key: str, text: str, owner: str = "alice@chu.example", **properties: Any) -> None:
        body = {"content": BytesBody.of(text.encode())}
        self.source.put(self.inbox(owner), Record(key.encode(), "blob", "memory", {"title": key, **properties}, body))

    def ready(self) -> Memory:
        """Assessed, planned and approved."""
        assess(self.project)
        forward.plan(self.project)
        for wave in ("pilote", "reste"):
            approval.approve(self.project, wave, "dsi")
        return self


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    name = str(tmp_path)
    for part in ("source", "target", "back"):
        forget(f"{name}-{part}")
    (tmp_path / "plan.yaml").write_text(PLAN % {"name": name})
    project = Project.open(tmp_path / "plan.yaml", "en")
    made = Memory(tmp_path, project, store(f"{name}-source"), store(f"{name}-target"))
    for number in range(20):
        made.put(f"a{number:03}", f"text {number}")
    made.put("b1", "bob", "bob@chu.example")
    yield made
    project.close()


@pytest.fixture(params=["fr", "en"])
def console(request: pytest.FixtureRequest) -> Console:
    """A console in each language."""
    return Console(request.param)


@pytest.fixture
def english() -> Console:
    return Console("en")
