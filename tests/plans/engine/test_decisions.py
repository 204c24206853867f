"""What commands refuse, count and forget: stale approvals, verifications that writes make old, acceptances, rights."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests_support_memory_estate import Estate, blob, box

from transhumance.connectors.contract import UserError, part_digest
from transhumance.plans.commands import approval, checks, cutover, forward, quarantine
from transhumance.plans.commands.restoring import restore_ledger
from transhumance.plans.engine.lease import Heart
from transhumance.plans.face.nextstep import next_step
from transhumance.plans.face.results import outcomes
from transhumance.plans.ledger.backup import backup
from transhumance.plans.project import Project
from transhumance.plans.waves.resolve import Resolver


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    made = Estate(tmp_path, monkeypatch)
    yield made
    made.project.close()


def again(estate: Estate, old: str, new: str) -> Project:
    """The project of the plan with another text."""
    text = estate.plan.read_text()
    assert old in text
    estate.plan.write_text(text.replace(old, new))
    estate.project.close()
    estate.project = Project.open(estate.plan, "en")
    return estate.project


def test_a_stale_wave_is_not_approved_and_the_difference_is_shown(estate: Estate) -> None:
    estate.ready()
    project = again(estate, "max_share: 0.2", "max_share: 0.3")
    with pytest.raises(UserError, match="max_share"):
        approval.approve(project, "pilote", "rssi")
    assert approval.approvers(project, "pilote") == ["dsi"]


def test_a_write_makes_a_verification_old_and_an_idle_delta_does_not(estate: Estate) -> None:
    project = estate.ready().project
    forward.run(project, ["pilote"])
    assert not checks.is_verified(project, "pilote")
    cutover.verify(project, ["pilote"])
    forward.run(project, ["pilote"])  # nothing changed
    assert checks.is_verified(project, "pilote")
    estate.source.put(box("alice@chu.example", "INBOX"), blob("late", "late"))
    forward.run(project, ["pilote"])
    assert not checks.is_verified(project, "pilote")
    assert checks.was_verified(project, "pilote")  # a wave that comes after it need not wait again
    cutover.verify(project, ["pilote"])
    cutover.rollback(project, "pilote")
    assert not checks.was_verified(project, "pilote")


def test_a_target_that_was_never_read_back_is_not_verified(estate: Estate) -> None:
    project = estate.ready().project
    forward.run(project, ["pilote"])
    cutover.verify(project, ["pilote"])
    project = again(estate, "to: target, back: {to: back}", "to: [target, back]")
    assert not checks.is_verified(project, "pilote")


def test_the_next_step_after_an_accepted_emptiness_is_the_run(estate: Estate) -> None:
    project = estate.ready().project
    forward.run(project, ["pilote"])
    estate.source.items[box("alice@chu.example", "Envoyés").key].clear()
    forward.run(project, ["pilote"])
    (problem,) = project.ledger.problems("pilote")
    quarantine.quarantine_skip(project, [problem.id], "dsi")
    assert "transhume run" in next_step(project, "pilote").command
    (done,) = forward.run(project, ["pilote"])
    assert done.state == "done" and done.counts.statuses == {"removed": 2}
    assert project.ledger.problems("pilote") == []


def test_a_rollback_counts_what_was_there_before_apart(estate: Estate) -> None:
    estate.target.put(box("alice@chu.example/mail", "INBOX"), blob("a000", "text 0", dose=0))
    assert outcomes("rollback", {"assessed": 3, "left": 2}, "en") == "3 undone, 2 there before us, left"


def test_a_name_that_except_takes_out_is_told_as_such(estate: Estate) -> None:
    estate.ready()
    project = again(
        estate,
        "{people: [alice@chu.example]}",
        "{people: [alice@chu.example, bob@chu.example], except: [bob@chu.example]}",
    )
    found = next(one for one in Resolver(project).all() if one.wave == "pilote")
    assert (found.missing, found.excluded) == ((), ("bob@chu.example",))


def test_no_ledger_is_restored_under_a_run(estate: Estate, tmp_path: Path) -> None:
    project = estate.ready().project
    copy = backup(project.state, tmp_path / "copies")
    with Heart(project.ledger, project.stop, "run"):
        other = Project.open(estate.plan, "en")
        with pytest.raises(UserError, match="run"):
            restore_ledger(other, copy)
        other.close()
    restore_ledger(project, copy)
    assert project.ledger.wave("pilote").state == "approved"


def test_a_damaged_ledger_can_still_be_replaced(estate: Estate, tmp_path: Path) -> None:
    project = estate.ready().project
    copy = backup(project.state, tmp_path / "copies")
    project.close()
    for part in project.state.glob("ledger.sqlite*"):
        part.unlink()
    (project.state / "ledger.sqlite").write_bytes(b"not a database at all" * 100)
    restore_ledger(project, copy)
    assert project.ledger.wave("pilote").state == "approved"


@pytest.mark.parametrize(("folder", "file"), [(0o700, 0o600), (0o770, 0o660)])
def test_the_state_folder_is_read_by_its_owner_or_its_group_alone(estate: Estate, folder: int, file: int) -> None:
    state = estate.project.state
    state.mkdir(mode=0o700)
    state.chmod(folder)
    estate.ready()
    forward.run(estate.project, ["pilote"])
    checked: dict[str, Any] = {"ledger.sqlite": file, "itemmap.sqlite": file, "manifests": folder}
    assert {name: stat.S_IMODE((state / name).stat().st_mode) for name in checked} == checked
    inside = [p for p in (state / "manifests").rglob("*")]
    assert inside and all(stat.S_IMODE(p.stat().st_mode) == (folder if p.is_dir() else file) for p in inside)


def test_half_a_surrogate_pair_has_a_digest() -> None:
    assert part_digest({"name": "x\udc80"}) != part_digest({"name": "x\udc81"})
