"""Containers in which nothing is: made at every target of files and in the archive, given back by it as a source, taken
away by a rollback where we made them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from transhumance.connectors.contract import Selector
from transhumance.plans.commands import cutover, forward
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

MAIL = b"Subject: x\r\n\r\nbody\r\n"
VCF = b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:A\r\nEND:VCARD\r\n"
ICS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20240101T000000Z\r\n"
    b"DTSTART:20240101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
PLAN = """\
format: transhumance.plan/1
id: essai
endpoints:
  old: {connector: %(source)s, path: in}
  new: {connector: %(target)s, path: out}
  archive: {connector: archive, path: archive}
  again: {connector: archive, path: archive}
workloads:
  %(workload)s: {from: old, to: [new, archive]}
policies: {approval: {required: 0}}
waves:
  - {id: tous, workloads: [%(workload)s], members: {all: true}}
"""
CASES = [
    ("maildir", "maildir", "mail", None),
    ("eml", "mbox", "mail", ("a.eml", MAIL)),
    ("eml", "eml", "mail", ("a.eml", MAIL)),
    ("ics", "ics", "calendars", ("a.ics", ICS)),
    ("vcf", "vcf", "contacts", ("a.vcf", VCF)),
    ("folder", "folder", "documents", None),
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def case(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[object, ...]]:
    source, target, workload, one = request.param
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    root = tmp_path / "in" / "alice"
    for name in ("", "Vide", "Plein", "Plein/Sous", "Vide/Dessous"):
        box = root / (name if source != "maildir" else name and "." + name.replace("/", "."))
        for part in ("cur", "new", "tmp") if source == "maildir" else ("",):
            (box / part).mkdir(parents=True, exist_ok=True)
    if source == "maildir":
        (root / ".Plein" / "cur" / "1.x:2,S").write_bytes(MAIL)
    elif one:
        (root / "Plein" / one[0]).write_bytes(one[1])
    (tmp_path / "in" / "bob").mkdir()
    (tmp_path / "plan.yaml").write_text(PLAN % {"source": source, "target": target, "workload": workload})
    project = Project.open(tmp_path / "plan.yaml")
    yield project, workload, tmp_path
    project.close()


def paths(project: Project, endpoint: str, workload: str) -> set[tuple[bytes, tuple[str, ...]]]:
    source = project.endpoint(endpoint).source
    return {(s.key, c.path) for s in source.subjects(Selector()) for c in source.containers(s, workload)}


def tree(root: Path) -> list[str]:
    found = (path for path in sorted(root.rglob("*")) if not path.relative_to(root).parts[0].startswith("."))
    return [str(path.relative_to(root)) for path in found]


def test_empty_containers_are_made_and_come_back(case: tuple[Project, str, Path]) -> None:
    project, workload, base = case
    assess(project)
    forward.plan(project)
    (base / "out" / "alice" / "Deja").mkdir(parents=True)
    (done,) = forward.run(project, ["tous"])
    assert done.state == "done", done.reasons
    wanted = paths(project, "old", workload)
    assert wanted <= paths(project, "new", workload)
    assert paths(project, "again", workload) == wanted
    before = tree(base / "out"), tree(base / "archive")
    (again,) = forward.run(project, ["tous"])
    assert again.counts.todo == 0
    assert tree(base / "out") == before[0]
    assert tree(base / "archive") == before[1]
    back = cutover.rollback(project, "tous")
    assert back.state == "done", back.reasons
    assert tree(base / "out") == ["alice", "alice/Deja"]
    assert tree(base / "archive") == ["MANIFEST.sha256", "README.txt", "archive.json"]
    assert paths(project, "again", workload) == set()
    (more,) = forward.run(project, ["tous"])
    assert more.state == "done" and (tree(base / "out"), tree(base / "archive")) == before
