"""The report of passes that were really run: sums add up, proofs grow, the same source gives the same document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import BytesBody, Container, Record
from transhumance.connectors.memory.store import forget, store
from transhumance.plans.commands import approval, cutover, forward
from transhumance.plans.facts import gather
from transhumance.plans.project import Project
from transhumance.plans.report import build, write
from transhumance.plans.waves.inventory import assess

PLAN = """\
format: transhumance.plan/1
id: rapport
establishment: {name: CHU d'essai}
endpoints:
  source: {connector: memory, store: rapport-source}
  target: {connector: memory, store: rapport-target}
  archive: {connector: archive, path: archive}
workloads:
  mail: {from: source, to: [target, archive]}
policies: {approval: {required: 1}}
waves:
  - {id: pilote, workloads: [mail], members: {people: [alice@chu.example]}}
  - {id: reste, workloads: [mail], members: {all: true}}
"""


def fill() -> None:
    for name in ("rapport-source", "rapport-target"):
        forget(name)
    for owner in ("alice@chu.example", "bob@chu.example"):
        box = Container(owner.encode(), "mail", owner.encode() + b"/INBOX", ("INBOX",))
        for n in range(20):
            body = {"content": BytesBody.of(f"{owner} {n}".encode())}
            extra = {"dose": n} if n % 2 else {}
            store("rapport-source").put(box, Record(str(n).encode(), "blob", "memory", {"title": "t", **extra}, body))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    fill()
    (tmp_path / "plan.yaml").write_text(PLAN)
    opened = Project.open(tmp_path / "plan.yaml")
    yield opened
    opened.close()


def verdicts(project: Project) -> dict[tuple[str, str], dict[str, Any]]:
    document = build(gather(project))
    found = {}
    for verdict in document["verdicts"]:
        assert sum(verdict["grades"].values()) == verdict["items"] == sum(verdict["forward"].values())
        found[(verdict["wave"], verdict["target"])] = verdict
    return found


def test_what_was_not_run_is_not_assessed_and_never_folded(project: Project) -> None:
    assess(project)
    forward.plan(project)
    forward.dry_run(project, ["pilote"])
    found = verdicts(project)
    assert found[("pilote", "target")]["class"] in "AB" and found[("pilote", "target")]["proof"] == "format"
    assert found[("pilote", "archive")]["grades"] == {
        "exact": 10,
        "residual": 10,
        "lossy": 0,
        "blocked": 0,
        "not_assessed": 0,
    }
    assert found[("reste", "target")]["class"] == "N" and found[("reste", "target")]["grades"]["not_assessed"] == 20


def test_proof_grows_with_what_is_run(project: Project) -> None:
    assess(project)
    forward.plan(project)
    approval.approve(project, "pilote", "dsi")
    forward.run(project, ["pilote"])
    cutover.cutover(project, "pilote")
    assert verdicts(project)[("pilote", "target")]["proof"] == "target"
    cutover.give_back(project, "pilote")
    assert verdicts(project)[("pilote", "target")]["proof"] == "returned"


def test_the_same_source_and_plan_give_the_same_document(project: Project, tmp_path: Path) -> None:
    def once(folder: Path) -> Any:
        folder.mkdir()
        (folder / "plan.yaml").write_text(PLAN)
        fill()
        other = Project.open(folder / "plan.yaml")
        assess(other)
        forward.plan(other)
        forward.dry_run(other, ["pilote", "reste"])
        write(gather(other), folder / "report", ("fr", "en"))
        other.close()
        return undated(json.loads((folder / "report" / "reversibility.json").read_text()))

    assert once(tmp_path / "a") == once(tmp_path / "b")


def undated(value: Any) -> Any:
    """The document without its dates and durations."""
    dated = {"generated", "expires", "when", "rehearsed", "on", "since", "rate", "downtime", "duration", "rto"}
    dated |= {"median", "p90"}
    if isinstance(value, dict):
        return {k: undated(v) for k, v in value.items() if k not in dated}
    return [undated(v) for v in value] if isinstance(value, list) else value
