"""`return` into the source itself: what was created, changed and deleted at the target since cutover, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests_support_memory_estate import PLAN, Estate, blob, box, texts

from transhumance.plans.commands import approval, cutover, forward, quarantine
from transhumance.plans.commands.returning import source_writes
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess
from transhumance.plans.waves.states import DecisionWanted


class Home(Estate):
    """The estate, cut over, whose way back leads into its source."""

    def over(self, mode: str = "remove") -> Home:
        text = PLAN % {"name": self.name}
        self.project.close()
        self.plan.write_text(text.replace("{to: back}", "{to: source}").replace("mode: remove", f"mode: {mode}"))
        self.project = Project.open(self.plan)
        assess(self.project)
        forward.plan(self.project)
        approval.approve(self.project, "pilote", "dsi")
        forward.run(self.project, ["pilote"])
        cutover.cutover(self.project, "pilote")
        return self

    def inbox(self) -> Any:
        """Alice's inbox at the target."""
        return self.target.items[b"alice@chu.example/mail/INBOX"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    made = Home(tmp_path, monkeypatch)
    yield made
    made.project.close()


def edit(home: Home) -> None:
    """People work at the target: one item changed, one new, two deleted."""
    inbox = home.inbox()
    inbox[b"a001"] = blob("a001", "changed at the target", dose=1)
    inbox[b"new"] = blob("new", "born at the target")
    del inbox[b"a002"], inbox[b"a003"]


def test_what_happened_at_the_target_happens_at_the_source(home: Home) -> None:
    edit(home.over())
    before = texts(home.source)
    result = cutover.give_back(home.project, "pilote", approved=True)
    assert (result.state, result.counts.statuses) == ("done", {"written": 2, "removed": 2})
    after = texts(home.source)
    here = b"alice@chu.example/INBOX/"
    assert after[here + b"a001"] == (b"changed at the target", 1) and here + b"new" in after
    assert before.keys() - after.keys() == {here + b"a002", here + b"a003"}
    assert after.keys() - before.keys() == {here + b"new"}
    assert home.project.ledger.problems("pilote") == []
    assert home.project.ledger.wave("pilote").master == "source"


def test_the_list_of_writes_is_shown_before_and_writes_nothing(home: Home) -> None:
    edit(home.over())
    before = texts(home.source)
    with pytest.raises(DecisionWanted, match="approve"):
        cutover.give_back(home.project, "pilote")
    found = source_writes(home.project, "pilote")
    assert dict(found.counts) == {"change": 1, "create": 1, "remove": 2} and found.total == 4
    assert {(w.key, w.action) for w in found.listed} == {
        (b"a001", "change"), (b"new", "create"), (b"a002", "remove"), (b"a003", "remove"),
    }  # fmt: skip
    assert texts(home.source) == before and home.project.ledger.wave("pilote").master == "target"


def test_what_changed_at_the_source_meanwhile_is_not_overwritten(home: Home) -> None:
    edit(home.over())
    inbox = box("alice@chu.example", "INBOX")
    home.source.put(inbox, blob("a001", "edited at the source too"))
    home.source.put(inbox, blob("a002", "still wanted at the source"))
    result = cutover.give_back(home.project, "pilote", approved=True)
    assert result.counts.statuses == {"written": 1, "removed": 1, "quarantined": 2}
    assert texts(home.source)[b"alice@chu.example/INBOX/a001"][0] == b"edited at the source too"
    assert {p.key for p in home.project.ledger.problems("pilote")} == {b"a001", b"a002"}


def test_the_policy_that_keeps_tells_the_deletions(home: Home) -> None:
    edit(home.over("keep"))
    before = texts(home.source)
    cutover.give_back(home.project, "pilote", approved=True)
    assert before.keys() <= texts(home.source).keys()
    told = home.project.ledger.problems("pilote")
    assert [(p.key, p.code, p.state) for p in told] == [
        (b"a002", "PLAN-RETURN-01", "told"),
        (b"a003", "PLAN-RETURN-01", "told"),
    ]


def test_too_many_deletions_wait_for_a_person(home: Home) -> None:
    home.over()
    inbox = home.inbox()
    for key in list(inbox)[:50]:
        del inbox[key]
    before = texts(home.source)
    held = cutover.give_back(home.project, "pilote", approved=True)
    assert held.state == "held" and texts(home.source) == before
    (problem,) = home.project.ledger.problems("pilote")
    quarantine.quarantine_skip(home.project, [problem.id], "dsi")
    done = cutover.give_back(home.project, "pilote", approved=True)
    assert done.state == "done" and len(before) - len(texts(home.source)) == 50


def test_a_folder_suddenly_empty_at_the_target_waits_for_a_person(home: Home) -> None:
    home.over()
    sent = home.target.items[b"alice@chu.example/mail/Envoy\xc3\xa9s"]
    sent.clear()
    before = texts(home.source)
    assert cutover.give_back(home.project, "pilote", approved=True).state == "held"
    assert texts(home.source) == before
    (problem,) = home.project.ledger.problems("pilote")
    assert problem.code == "PLAN-EMPTY-01"
    quarantine.quarantine_skip(home.project, [problem.id], "dsi")
    assert cutover.give_back(home.project, "pilote", approved=True).state == "done"
    assert len(texts(home.source)) == len(before) - 1


def test_a_run_after_the_return_writes_nothing_twice(home: Home) -> None:
    edit(home.over())
    cutover.give_back(home.project, "pilote", approved=True)
    there = texts(home.target)
    (delta,) = forward.run(home.project, ["pilote"])
    assert delta.state == "done" and "quarantined" not in delta.counts.statuses and texts(home.target) == there


def test_elsewhere_deletions_are_told_and_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = Estate(tmp_path, monkeypatch).ready()
    forward.run(estate.project, ["pilote"])
    cutover.cutover(estate.project, "pilote")
    del estate.target.items[b"alice@chu.example/mail/INBOX"][b"a002"]
    result = cutover.give_back(estate.project, "pilote")
    assert result.state == "done" and result.counts.statuses == {"written": 100}
    assert [p.code for p in estate.project.ledger.problems("pilote")] == ["PLAN-RETURN-01"]
    estate.project.close()
