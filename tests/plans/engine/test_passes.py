"""Passes over the in-memory connector: what is written, second runs, deltas, deletions, verification, ways back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests_support_memory_estate import PLAN, Estate, blob, box, texts

from transhumance.connectors.contract import BytesBody, Fault, ItemRef, Page, UserError
from transhumance.connectors.memory.store import store
from transhumance.plans.commands import approval, cutover, forward, quarantine
from transhumance.plans.engine.discovery import gone_of
from transhumance.plans.project import Project


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = Estate(tmp_path, monkeypatch)
    yield made
    made.project.close()


def states(results: Any) -> list[str]:
    return [r.state for r in results]


def test_initial_brings_everything_of_the_wave_and_nothing_else(estate: Estate) -> None:
    estate.ready()
    (result,) = forward.run(estate.project, ["pilote"])
    assert result.state == "done" and result.counts.statuses == {"written": 202}  # to the target and to the residue
    found = texts(estate.target)
    assert len(found) == 101
    assert not any(b"bob" in key for key in found)
    assert estate.project.ledger.wave("pilote").state == "ready"


def test_a_second_run_does_nothing_twice(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    before = {k: dict(v) for k, v in estate.target.items.items()}
    (again,) = forward.run(estate.project, ["pilote"])
    assert (again.kind, again.state, again.counts.todo, again.counts.statuses) == ("delta", "done", 0, {})
    assert {k: dict(v) for k, v in estate.target.items.items()} == before


def test_a_dry_run_writes_nothing_and_grades_everything(estate: Estate) -> None:
    estate.ready()
    (result,) = forward.dry_run(estate.project, ["pilote"])
    assert result.state == "done"
    assert texts(estate.target) == {}
    sums = [s for s in estate.project.items.sums() if s.cell.target == "target"]
    assert sum(s.count for s in sums) == 101
    # the title has a place in the document, the dose has none; the target's own form then keeps both
    assert {s.grade for s in sums} == {"residual", "exact"} and {s.proof for s in sums} == {"format"}
    (again,) = forward.dry_run(estate.project, ["pilote"])
    assert again.counts.todo == 0


def test_a_delta_follows_changes_arrivals_and_deletions(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    inbox = box("alice@chu.example", "INBOX")
    estate.source.put(inbox, blob("a001", "changed", dose=1.5))
    estate.source.put(inbox, blob("new", "new"))
    del estate.source.items[inbox.key][b"a002"]
    (delta,) = forward.run(estate.project, ["pilote"])
    assert delta.state == "done" and delta.counts.statuses == {"written": 4, "removed": 2}
    found = texts(estate.target)
    assert found[b"alice@chu.example/mail/INBOX/a001"] == (b"changed", 1.5)
    assert b"alice@chu.example/mail/INBOX/new" in found and b"alice@chu.example/mail/INBOX/a002" not in found


def test_sudden_emptiness_is_held_until_a_person_speaks(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    sent = box("alice@chu.example", "Envoyés")
    estate.source.items[sent.key].clear()
    forward.run(estate.project, ["pilote"])
    assert b"alice@chu.example/mail/Envoy\xc3\xa9s/s1" in texts(estate.target)
    (problem,) = estate.project.ledger.problems("pilote")
    assert problem.code == "PLAN-EMPTY-01"
    quarantine.quarantine_skip(estate.project, [problem.id], "dsi")
    forward.run(estate.project, ["pilote"])
    assert b"alice@chu.example/mail/Envoy\xc3\xa9s/s1" not in texts(estate.target)


def test_too_many_deletions_stop_before_any_of_them(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    inbox = box("alice@chu.example", "INBOX")
    for n in range(50):
        del estate.source.items[inbox.key][f"a{n:03}".encode()]
    (held,) = forward.run(estate.project, ["pilote"])
    assert held.state == "held" and len(texts(estate.target)) == 101
    (problem,) = estate.project.ledger.problems("pilote")
    quarantine.quarantine_skip(estate.project, [problem.id], "dsi")
    (done,) = forward.run(estate.project, ["pilote"])
    assert done.state == "done" and len(texts(estate.target)) == 51


def test_what_moved_is_no_deletion(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    inbox, sent = box("alice@chu.example", "INBOX"), box("alice@chu.example", "Envoyés")
    for n in range(50):
        record = estate.source.items[inbox.key].pop(f"a{n:03}".encode())
        estate.source.put(sent, record)
    (done,) = forward.run(estate.project, ["pilote"])
    assert done.state == "done" and len(texts(estate.target)) == 101


def test_verify_proves_the_target_leg_and_finds_what_was_altered(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    (verified,) = cutover.verify(estate.project, ["pilote"])
    assert verified.state == "done"
    sums = [s for s in estate.project.items.sums() if s.cell.target == "target"]
    assert {s.proof for s in sums} == {"target"}
    key = next(c.key for c in estate.target.containers.values() if c.path == ("INBOX",))
    item = estate.target.items[key][b"a005"]
    estate.target.items[key][b"a005"] = replace(item, bodies={"content": BytesBody.of(b"tampered")})
    del estate.target.items[key][b"a006"]
    cutover.verify(estate.project, ["pilote"])
    codes = {p.code for p in estate.project.ledger.problems("pilote")}
    assert codes == {"GEN-VERIFY-01", "GEN-VERIFY-02"}


def test_rollback_puts_back_what_was_there(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    inbox = box("alice@chu.example", "INBOX")
    estate.source.put(inbox, blob("a001", "changed"))
    forward.run(estate.project, ["pilote"])
    result = cutover.rollback(estate.project, "pilote")
    assert result.state == "done" and texts(estate.target) == {}
    assert estate.project.ledger.wave("pilote").state == "approved"
    (again,) = forward.run(estate.project, ["pilote"])
    assert (again.kind, again.state, len(texts(estate.target))) == ("initial", "done", 101)


def test_cutover_turns_the_master_and_return_brings_everything_back(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    assert states(cutover.cutover(estate.project, "pilote")) == ["done", "done"]
    row = estate.project.ledger.wave("pilote")
    assert (row.state, row.master) == ("cut_over", "target")
    with pytest.raises(Exception, match="target is master"):
        forward.run(estate.project, ["pilote"])
    target_box = next(c for c in estate.target.containers.values() if c.path == ("INBOX",))
    estate.target.put(target_box, blob("written-since", "since", dose=7))
    del estate.target.items[target_box.key][b"a007"]
    result = cutover.give_back(estate.project, "pilote")
    assert result.state == "done"
    assert [p.code for p in estate.project.ledger.problems("pilote")] == ["PLAN-RETURN-01"]
    returned = texts(store(f"{estate.name}-back"))
    expected = {k.replace(b"example/", b"example/mail/"): v for k, v in texts(estate.source).items() if b"alice" in k}
    expected[b"alice@chu.example/mail/INBOX/written-since"] = (b"since", 7)
    del expected[b"alice@chu.example/mail/INBOX/a007"]
    assert returned == expected
    assert estate.project.ledger.wave("pilote").master == "source"


def test_the_item_map_is_rebuilt_from_the_manifests(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote", "reste"])
    cutover.verify(estate.project, ["pilote"])
    before = estate.project.items.sums()
    estate.project.close()
    (estate.project.state / "itemmap.sqlite").unlink()
    estate.project = Project.open(estate.plan)
    assert estate.project.items.sums() == before


def test_a_target_added_later_is_brought_up_to_date(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    estate.project.close()
    later = PLAN.replace("to: target,", "to: [target, back],").replace(", back: {to: back}", "") % {"name": estate.name}
    estate.plan.write_text(later)
    estate.project = Project.open(estate.plan)
    with pytest.raises(UserError, match="no longer matches the plan"):
        forward.run(estate.project, ["pilote"])
    forward.plan(estate.project)
    assert estate.project.ledger.wave("pilote").state == "planned"
    approval.approve(estate.project, "pilote", "dsi")
    (result,) = forward.run(estate.project, ["pilote"])
    assert result.counts.statuses == {"written": 101}
    assert texts(store(f"{estate.name}-back")).keys() == texts(estate.target).keys()


def test_what_lies_below_a_place_that_could_not_be_listed_is_not_gone() -> None:
    known = {"target": {key: ("v", "r", "written") for key in (b"a/1", b"b/1", b"b/2", b"c")}}
    page = Page((ItemRef(b"a/1", "v", "file", "file"),), None, faults=(Fault(b"b/", "DOC-READ-01"),))
    assert gone_of(page, known) == [b"c"]


def rename(estate: Estate, old: str, new: str) -> None:
    """Renames a folder at the source."""
    before, after = box("alice@chu.example", old), box("alice@chu.example", new)
    for record in estate.source.items.pop(before.key).values():
        estate.source.put(after, record)
    del estate.source.containers[(before.subject, before.workload, before.path)]


def test_a_renamed_folder_comes_once(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    rename(estate, "INBOX", "Ancien")
    (done,) = forward.run(estate.project, ["pilote"])
    assert done.state == "done" and len(texts(estate.target)) == 101
    assert not any(b"/INBOX/" in key for key in texts(estate.target))


def test_a_folder_that_vanished_is_held_and_stops_a_cutover(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    sent = box("alice@chu.example", "Envoyés")
    del estate.source.items[sent.key]
    del estate.source.containers[(sent.subject, sent.workload, sent.path)]
    (held,) = forward.run(estate.project, ["pilote"])
    assert held.state == "held" and len(texts(estate.target)) == 101
    (verified,) = cutover.verify(estate.project, ["pilote"])
    assert verified.counts.done == 202  # what is held is read back like the rest
    estate.project.ledger.set_wave("pilote", "dsi", state="ready")
    assert states(cutover.cutover(estate.project, "pilote")) == ["held"]
    (problem,) = estate.project.ledger.problems("pilote")
    quarantine.quarantine_skip(estate.project, [problem.id], "dsi")
    (done,) = forward.run(estate.project, ["pilote"])
    assert done.state == "done" and len(texts(estate.target)) == 100


def test_an_acceptance_of_deletions_holds_once(estate: Estate) -> None:
    estate.ready()
    forward.run(estate.project, ["pilote"])
    inbox = estate.source.items[box("alice@chu.example", "INBOX").key]
    for n in range(50):
        del inbox[f"a{n:03}".encode()]
    forward.run(estate.project, ["pilote"])
    (problem,) = estate.project.ledger.problems("pilote")
    quarantine.quarantine_skip(estate.project, [problem.id], "dsi")
    assert states(forward.run(estate.project, ["pilote"])) == ["done"]
    assert estate.project.ledger.problems("pilote") == []
    for n in range(50, 90):
        del inbox[f"a{n:03}".encode()]
    assert states(forward.run(estate.project, ["pilote"])) == ["held"]


def test_an_accepted_loss_with_a_last_day_can_be_planned(estate: Estate) -> None:
    accept = "policies: {loss: {accept: [{code: GEN-TARGET-02, by: DSI, until: 2099-06-30}]}, "
    estate.plan.write_text(estate.plan.read_text().replace("policies: {", accept))
    estate.project = Project.open(estate.plan)
    estate.ready()
    assert states(forward.run(estate.project, ["pilote"])) == ["done"]


def test_what_was_at_the_target_before_the_cutover_does_not_return(estate: Estate) -> None:
    """A mailbox of the new system may hold mail of its own: only what users did there since the cutover goes back."""
    place = replace(box("alice@chu.example", "INBOX"), key=b"alice@chu.example/mail/INBOX")
    estate.target.put(place, blob("own", "of the new system"))
    estate.ready()
    forward.run(estate.project, ["pilote"])
    cutover.cutover(estate.project, "pilote")
    estate.target.put(place, blob("since", "written after the cutover"))
    result = cutover.give_back(estate.project, "pilote")
    assert result.state == "done"
    back = {key.rpartition(b"/")[2] for key in texts(store(f"{estate.name}-back"))}
    assert b"since" in back and b"a001" in back and b"own" not in back
