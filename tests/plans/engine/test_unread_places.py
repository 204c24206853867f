"""Folders that can't be read for a while, over a real plan: told, counted, nothing removed; and cleared when mended."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from transhumance.plans.commands import forward
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

PLAN = """\
format: transhumance.plan/1
id: essai
endpoints:
  old: {connector: %s, path: in}
  archive: {connector: archive, path: archive}
workloads:
  mail: {from: old, to: archive}
policies: {approval: {required: 0}, loss: {default: continue}, deletions: {mode: remove, max_share: 1.0}}
waves:
  - {id: tous, workloads: [mail], members: {all: true}}
"""


def mailbox(root: Path, *names: str) -> None:
    for name in names:
        box = root / name
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True)
        for n in range(3):
            (box / "cur" / f"{n}.x:2,S").write_bytes(f"Subject: {name} {n}\n\nx\n".encode())


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Project]:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    (tmp_path / "in").mkdir()
    (tmp_path / "plan.yaml").write_text(PLAN % request.param)
    project = Project.open(tmp_path / "plan.yaml")
    yield project
    project.close()


def told(project: Project) -> Counter[str]:
    return Counter(problem.code for problem in project.ledger.problems("tous"))


def mails(tmp_path: Path) -> int:
    return sum(1 for _ in (tmp_path / "archive").rglob("*.eml"))


@pytest.mark.parametrize("opened", ["maildir"], indirect=True)
@pytest.mark.parametrize("shut", [".Sent", "", "Sub", ".Sent/cur"])
def test_a_folder_that_can_t_be_read_in_a_delta(opened: Project, tmp_path: Path, rights: ModuleType, shut: str) -> None:
    box = tmp_path / "in" / "alice"
    mailbox(box, "", ".Sent", ".Sent.2026", "Sub", "Sub/Deep")
    assess(opened)
    forward.plan(opened)
    (first,) = forward.run(opened, ["tous"])
    assert (first.state, mails(tmp_path)) == ("done", 15)
    (box / ".Sent.2026" / "cur" / "0.x:2,S").unlink()
    os.chmod(box / shut, 0)
    with rights.as_somebody():
        (second,) = forward.run(opened, ["tous"])
    os.chmod(box / shut, 0o755)
    assert second.state == "done", second.reasons
    assert told(opened) == {"GEN-READ-02": 1}
    assert mails(tmp_path) == (15 if shut == "" else 14)
    (third,) = forward.run(opened, ["tous"])
    assert (third.state, mails(tmp_path), told(opened)) == ("done", 14, Counter())


@pytest.mark.parametrize("opened", ["pst"], indirect=True)
def test_a_mended_data_file(opened: Project, tmp_path: Path, corpora: object) -> None:
    good = corpora("pst", "rjohnsondev+java-libpst")  # type: ignore[operator]
    data = next(path for path in sorted(good.rglob("*.pst")) if path.name == "dist-list.pst").read_bytes()
    (tmp_path / "in" / "alice.pst").write_bytes(data[: len(data) // 2])
    assess(opened)
    forward.plan(opened)
    forward.dry_run(opened, ["tous"])
    assert graded(opened)["blocked"] == 1
    (first,) = forward.run(opened, ["tous"])
    assert first.state == "done" and told(opened) == {"MAIL-PST-05": 1}
    (tmp_path / "in" / "alice.pst").write_bytes(data)
    forward.dry_run(opened, ["tous"])
    assert graded(opened)["blocked"] == 0
    (second,) = forward.run(opened, ["tous"])
    assert second.state == "done" and told(opened) == Counter()
    assert graded(opened)["blocked"] == 0
    (tmp_path / "in" / "alice.pst").write_bytes(data[: len(data) // 2])
    (third,) = forward.run(opened, ["tous"])
    assert third.state == "done" and told(opened) == {"MAIL-PST-05": 1}, "damaged again: nothing of it is gone"


def graded(project: Project) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in project.items.sums():
        found[line.grade] += line.count
    return found
