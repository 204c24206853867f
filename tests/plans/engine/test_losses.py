"""`policies.loss`: what nobody accepts is not written; what somebody accepts is, and is no open decision any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from transhumance.plans.commands import approval, cutover, forward, quarantine
from transhumance.plans.facts import gather
from transhumance.plans.project import Project
from transhumance.plans.report import build
from transhumance.plans.waves import acceptance
from transhumance.plans.waves.inventory import assess
from transhumance.plans.waves.states import DecisionWanted

PLAN = """\
format: transhumance.plan/1
id: pertes
endpoints:
  boites: {connector: eml, path: boites}
  archive: {connector: archive, path: archive}
workloads:
  mail: {from: boites, to: archive}
policies: {approval: {required: %d}, loss: %s}
waves:
  - {id: tous, workloads: [mail], members: {all: true}}
"""
PLAIN = b"From: a@x.example\r\nSubject: bonjour\r\nMessage-ID: <%d@x.example>\r\n\r\ntexte\r\n"
NUL = b"From: a@x.example\r\nSubject: nul\r\nMessage-ID: <n%d@x.example>\r\n\r\navant\0apres\r\n"  # MAIL-NUL-01, minor


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    box = tmp_path / "boites" / "alice"
    box.mkdir(parents=True)
    for number in range(3):
        (box / f"m{number}.eml").write_bytes(PLAIN % number)
    (box / "n0.eml").write_bytes(NUL % 0)
    return tmp_path


class Opened:
    """A plan's project, opened again where its text changes."""

    def __init__(self, folder: Path, required: int = 0, loss: str = "{}") -> None:
        self.path = folder / "plan.yaml"
        self.path.write_text(PLAN % (required, loss))
        self.project = Project.open(self.path, "en")

    def ready(self) -> Project:
        assess(self.project)
        forward.plan(self.project)
        return self.project


@pytest.fixture
def opened(folder: Path) -> Iterator[type[Opened]]:
    made: list[Opened] = []

    class Kept(Opened):
        def __init__(self, required: int = 0, loss: str = "{}") -> None:
            super().__init__(folder, required, loss)
            made.append(self)

    yield Kept  # type: ignore[misc]
    for one in made:
        one.project.close()


def written(folder: Path) -> int:
    return len(list((folder / "archive").rglob("*.eml")))


def test_a_measured_loss_that_nobody_accepts_stops_the_wave_before_any_effect(folder: Path, opened: type) -> None:
    project = opened().ready()
    forward.dry_run(project, ["tous"])
    with pytest.raises(DecisionWanted) as stopped:
        forward.run(project, ["tous"])
    assert "MAIL-NUL-01 (1)" in stopped.value.text.en and "approve" in stopped.value.text.en
    assert written(folder) == 0 and project.ledger.wave("tous").state == "planned"


def test_an_approval_accepts_what_it_shows(folder: Path, opened: type) -> None:
    project = opened(required=1).ready()
    forward.dry_run(project, ["tous"])
    assert approval.approval_of(project, "tous").undecided == ("MAIL-NUL-01",)
    approval.approve(project, "tous", "dsi")
    assert approval.approval_of(project, "tous").undecided == ()
    (result,) = forward.run(project, ["tous"])
    assert result.state == "done" and written(folder) == 4
    document = build(gather(project, None))
    loss = next(loss for loss in document["losses"] if loss["code"] == "MAIL-NUL-01")
    assert loss["accepted_by"] == "dsi" and not any("MAIL-NUL-01" in d["what_en"] for d in document["decisions"])


def test_two_approvals_must_cover_a_loss_where_two_are_wanted(opened: type) -> None:
    project = opened(required=2).ready()
    approval.approve(project, "tous", "first")  # before anything was measured: it covers no loss
    forward.dry_run(project, ["tous"])
    approval.approve(project, "tous", "second")
    with pytest.raises(DecisionWanted, match="MAIL-NUL-01"):
        forward.run(project, ["tous"])
    approval.approve(project, "tous", "first")
    assert forward.run(project, ["tous"])[0].state == "done"


def test_a_loss_that_shows_in_the_pass_itself_holds_the_item_alone(folder: Path, opened: type) -> None:
    project = opened().ready()
    (result,) = forward.run(project, ["tous"])  # no dry run came before
    assert result.state == "done" and written(folder) == 3
    (held,) = project.ledger.problems("tous")
    assert (held.code, held.state) == (acceptance.HELD, "quarantined") and "MAIL-NUL-01" in held.detail
    approval.approve(project, "tous", "dsi")
    (delta,) = forward.run(project, ["tous"])
    assert delta.counts.statuses == {"written": 1} and written(folder) == 4
    assert project.ledger.problems("tous") == []


def test_a_loss_first_met_by_a_delta_is_held_too(folder: Path, opened: type) -> None:
    project = opened(loss="{accept: [MAIL-NUL-01]}").ready()
    forward.run(project, ["tous"])
    assert written(folder) == 4
    (folder / "boites" / "alice" / "vide.eml").write_bytes(b"")  # MAIL-EMPTY-01
    forward.run(project, ["tous"])
    assert written(folder) == 4
    (held,) = project.ledger.problems("tous")
    assert "MAIL-EMPTY-01" in held.detail
    forward.run(project, ["tous"])  # nothing changed and nobody spoke: it stays held, once
    assert [p.id for p in project.ledger.problems("tous")] == [held.id]
    quarantine.quarantine_skip(project, [held.id], "dsi")
    forward.run(project, ["tous"])
    assert [p.state for p in project.ledger.problems("tous")] == ["skipped"] and written(folder) == 4


def test_an_edited_item_that_would_lose_more_keeps_its_earlier_copy(folder: Path, opened: type) -> None:
    project = opened(loss="{accept: [MAIL-NUL-01]}").ready()
    forward.run(project, ["tous"])
    first = {p.name: p.read_bytes() for p in (folder / "archive").rglob("*.eml")}
    (folder / "boites" / "alice" / "m0.eml").write_bytes(b"")
    forward.run(project, ["tous"])
    assert {p.name: p.read_bytes() for p in (folder / "archive").rglob("*.eml")} == first
    assert cutover.verify(project, ["tous"])[0].counts.statuses == {"written": 4}


def test_continue_lets_every_loss_pass_and_tells_it(folder: Path, opened: type) -> None:
    project = opened(loss="{default: continue}").ready()
    forward.dry_run(project, ["tous"])
    (result,) = forward.run(project, ["tous"])
    assert result.state == "done" and written(folder) == 4
    assert "MAIL-NUL-01" in acceptance.seen(project, "tous")
