"""Every field of a plan acts, or is named: arrivals, what a dry run reads, passes and their rhythm, windows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import BytesBody, Container, Record, Text, UserError
from transhumance.connectors.memory.store import forget, store
from transhumance.plans.commands import approval, cutover, forward, timing
from transhumance.plans.commands.check import check
from transhumance.plans.commands.timing import next_pass
from transhumance.plans.facts import gather
from transhumance.plans.model.errors import PlanErrors
from transhumance.plans.project import Project
from transhumance.plans.report import build
from transhumance.plans.waves.inventory import assess
from transhumance.plans.waves.resolve import Resolver
from transhumance.plans.waves.states import DecisionWanted

PLAN = """\
format: transhumance.plan/1
id: essai
endpoints:
  source: {connector: memory, store: "%(name)s-source", page: 40}
  target: {connector: memory, store: "%(name)s-target"}
workloads:
  mail: {from: source, to: target%(mail)s}
policies: {%(policies)s}
waves:
  - {id: un, workloads: [mail], members: {people: [alice]}%(un)s}
  - {id: deux, workloads: [mail], members: {all: true}%(deux)s}
"""


class Made:
    """A plan over one store of two people, with these fields."""

    def __init__(self, folder: Path, **fields: str) -> None:
        self.name = str(folder)
        self.source, self.target = store(f"{self.name}-source"), store(f"{self.name}-target")
        self.path = folder / "plan.yaml"
        given = dict.fromkeys(("mail", "policies", "un", "deux"), "") | {"name": self.name} | fields
        self.path.write_text(PLAN % given)
        self.project = Project.open(self.path, "en")

    def put(self, owner: str, key: str) -> None:
        box = Container(owner.encode(), "mail", f"{owner}/INBOX".encode(), ("INBOX",))
        body = {"content": BytesBody.of(key.encode())}
        self.source.put(box, Record(key.encode(), "blob", "memory", {"title": key}, body))

    def ready(self) -> Project:
        assess(self.project)
        forward.plan(self.project)
        for wave in ("un", "deux"):
            approval.approve(self.project, wave, "dsi")
        return self.project

    def members(self, wave: str) -> list[str]:
        return sorted(m.person for m in self.project.ledger.members(wave))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    for part in ("source", "target"):
        forget(f"{tmp_path}-{part}")
    kept: list[Made] = []

    def make(**fields: str) -> Made:
        kept.append(Made(tmp_path, **fields))
        for owner, count in (("alice", 100), ("bob", 3)):
            for number in range(count):
                kept[-1].put(owner, f"{owner}{number:03}")
        return kept[-1]

    yield make
    for one in kept:
        one.project.close()


# --- policies.drift.arrivals


def test_who_arrives_in_an_approved_wave_goes_to_the_wave_for_arrivals(made: Any) -> None:
    estate = made(
        policies="drift: {arrivals: trois, max_share: 1.0}",
        deux="}\n  - {id: trois, workloads: [mail], members: {people: [nobody]}",
    )
    project = estate.ready()
    assert estate.members("deux") == ["bob"]
    estate.put("carole", "c1")
    assess(project)
    now = {found.wave: [m.person for m in found.members] for found in Resolver(project).all()}
    assert now == {"un": ["alice"], "deux": ["bob"], "trois": ["carole"]}
    forward.plan(project)
    assert project.ledger.wave("deux").state == "approved" and estate.members("trois") == ["carole"]


def test_without_a_wave_for_arrivals_they_join_where_they_are(made: Any) -> None:
    estate = made(policies="drift: {max_share: 1.0}")
    project = estate.ready()
    estate.put("carole", "c1")
    assess(project)
    forward.plan(project)
    assert estate.members("deux") == ["bob", "carole"] and project.ledger.wave("deux").state == "planned"


def test_nobody_of_a_wave_that_is_cut_over_is_taken_by_another(made: Any) -> None:
    estate = made()
    project = estate.ready()
    forward.run(project, ["un"])
    cutover.cutover(project, "un")
    estate.path.write_text(estate.path.read_text().replace("{people: [alice]}", "{people: [nobody]}"))
    again = Project.open(estate.path, "en")
    forward.plan(again)
    assert [m.person for m in again.ledger.members("deux")] == ["bob"]
    again.close()


# --- policies.dry_run.bodies and --sample


@pytest.mark.parametrize(("fields", "sample"), [({"policies": "dry_run: {bodies: sample}"}, None), ({}, 50)])
def test_a_sample_reads_less_and_its_figures_are_estimates(
    made: Any, fields: dict[str, str], sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = made(**fields)
    for number in range(100, 300):
        estate.put("alice", f"alice{number:03}")
    estate.path.write_text(estate.path.read_text().replace("page: 40", "page: 200"))
    estate.project.close()
    estate.project = Project.open(estate.path, "en")
    project = estate.ready()
    forward.dry_run(project, ["un"], sample=sample)
    document = build(gather(project, "dry_run"))
    verdict = next(v for v in document["verdicts"] if v["wave"] == "un")
    assert verdict["items"] == 300 and verdict["grades"]["not_assessed"] == 200 and verdict["class"] == "N"
    assert verdict["basis"] == "estimated" and verdict["legs"][0]["basis"] == "estimated"
    monkeypatch.setitem(forward.DRAWN, "sample", None)  # then everything is read
    forward.dry_run(project, ["un"])
    verdict = next(v for v in build(gather(project, "dry_run"))["verdicts"] if v["wave"] == "un")
    assert (verdict["basis"], verdict["grades"]["not_assessed"]) == ("measured", 0)


def test_no_bodies_at_all_leaves_everything_not_assessed(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = made(policies="dry_run: {bodies: none}")
    project = estate.ready()
    source = project.endpoint("source").source
    monkeypatch.setattr(source, "fetch", lambda *args: pytest.fail("something was read"))
    (result,) = forward.dry_run(project, ["un"])
    assert result.state == "done" and result.counts.listed == 100
    verdict = next(v for v in build(gather(project, "dry_run"))["verdicts"] if v["wave"] == "un")
    assert verdict["grades"]["not_assessed"] == verdict["items"] == 100 and verdict["class"] == "N"


def test_an_interrupted_sample_does_not_pass_for_the_whole(made: Any) -> None:
    estate = made()
    project = estate.ready()
    project.stop.set()
    (paused,) = forward_stopped(project)
    assert paused.state == "paused"
    project.stop.clear()
    (result,) = forward.dry_run(project, ["un"])
    assert result.counts.listed == 100
    verdict = next(v for v in build(gather(project, "dry_run"))["verdicts"] if v["wave"] == "un")
    assert (verdict["basis"], verdict["grades"]["not_assessed"]) == ("measured", 0)


def forward_stopped(project: Project) -> list[Any]:
    """A dry run of a sample that is stopped after its first page."""
    from transhumance.plans.commands.sessions import one_pass, session
    from transhumance.plans.engine.transfer import Transfer

    project.stop.clear()
    with session(project, "dry-run") as s:
        return [one_pass(s, project.wave("un"), "dry_run", Transfer(), lambda job: project.stop.set(), sample=2)]


# --- fields that can't be carried out


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mail": ", mapping: noms.yaml"}, "PLAN-UNSUPPORTED-01"),
        ({"policies": "existing: merge"}, "PLAN-UNSUPPORTED-02"),
    ],
)
def test_what_no_command_can_do_is_refused_by_name_and_place(made: Any, fields: dict[str, str], code: str) -> None:
    estate = made(**fields)
    (estate.path.parent / "noms.yaml").write_text("a: b\n")
    assess(estate.project)
    for act in (forward.plan, lambda project: forward.dry_run(project, ["un"])):
        with pytest.raises(PlanErrors) as refused:
            act(estate.project)
        assert [(e.code, e.line > 1) for e in refused.value.errors] == [(code, True)]
    found = check(estate.project)
    assert [e.code for e in found.unsupported] == [code] and found.why_not["run"]


def test_a_window_that_holds_nothing_is_named(made: Any) -> None:
    windows = ', windows: {assess: [{from: "20:00", to: "06:00"}]}, timezone: Europe/Paris'
    found = check(made(un=windows).project)
    assert [e.field for e in found.reserved] == ["waves[0].windows.assess"]


def test_only_those_whom_the_wave_names_may_approve_it(made: Any) -> None:
    estate = made(un=", approval: {required: 1, by: [direction]}")
    assess(estate.project)
    forward.plan(estate.project)
    with pytest.raises(UserError, match="direction"):
        approval.approve(estate.project, "un", "dsi")
    approval.approve(estate.project, "un", "direction")
    assert estate.project.ledger.wave("un").state == "approved"


# --- passes, their rhythm, their windows


def test_a_wave_without_delta_is_copied_once(made: Any) -> None:
    project = made(un=", passes: [initial]").ready()
    assert [r.kind for r in forward.run(project, ["un"])] == ["initial"]
    assert forward.run(project, ["un"]) == []
    due = next_pass(project, project.wave("un"))
    assert due.kind is None and due.why is not None and "--pass delta" in due.why.en
    assert [r.kind for r in forward.run(project, ["un"], "delta")] == ["delta"]


def test_a_delta_comes_back_when_it_is_due(made: Any) -> None:
    project = made(un=", passes: [initial, {pass: delta, every: 24h}]").ready()
    forward.run(project, ["un"])
    wave, now = project.wave("un"), datetime.now(UTC)
    assert next_pass(project, wave, now).kind is None and forward.run(project, ["un"]) == []
    assert next_pass(project, wave, now + timedelta(hours=25)).kind == "delta"


SHUT = ', blackouts: [{from: 2020-01-01, to: 2090-01-01, reason: "visite"}], timezone: Europe/Paris'


def test_a_wave_outside_its_hours_waits_and_says_why(made: Any) -> None:
    project = made(un=SHUT).ready()
    waiting, done = forward.run(project, ["un", "deux"])  # the others go on
    assert (waiting.state, done.state) == ("waiting", "done")
    assert "visite" in waiting.reasons[0].en and "2090" in waiting.reasons[0].en
    assert [r.state for r in forward.dry_run(project, ["un"])] == ["waiting"]
    assert [r.state for r in cutover.verify(project, ["un"])] == ["waiting"]
    assert project.ledger.wave("un").state == "approved"


def test_a_cutover_outside_its_hours_is_refused_with_its_reason(made: Any) -> None:
    windows = ', windows: {final: [{days: [mon], from: "03:00", to: "03:01"}]}, timezone: Europe/Paris'
    project = made(un=windows).ready()
    forward.run(project, ["un"])
    with pytest.raises(DecisionWanted, match="final"):
        cutover.cutover(project, "un")


def test_a_window_that_closes_pauses_the_pass_and_says_so(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project = made(un=', windows: {initial: [{from: "00:00", to: "24:00"}]}, timezone: Europe/Paris').ready()
    why = Text("la fenêtre est fermée", "the window is closed")
    (result,) = forward.run(project, ["un"], report=lambda job: project.ask_to_stop(why, window=True))
    assert (result.state, result.reasons, project.window_closed) == ("paused", (why,), True)


def test_the_end_of_a_window_asks_for_the_pause(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project = made(un=', windows: {initial: [{from: "00:00", to: "24:00"}]}, timezone: Europe/Paris').project
    monkeypatch.setattr(timing.times, "closes_at", lambda *args: datetime.now(UTC))
    with timing.until_closed(project, project.wave("un"), "initial"):
        assert project.stop.wait(5)
    assert project.window_closed and project.why_stopped is not None
