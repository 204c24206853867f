"""What the report may not invent: names, versions, counts and answers come from what was run, or are left open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import BytesBody, Container, Record
from transhumance.connectors.memory.store import forget, store
from transhumance.plans.commands import approval, cutover, forward
from transhumance.plans.engine.durations import MOST, Durations
from transhumance.plans.facts import gather
from transhumance.plans.facts.estate import source_limits
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.ledger.contract import ContainerRow
from transhumance.plans.project import Project
from transhumance.plans.report import build, render
from transhumance.plans.waves.inventory import assess

PLAN = """\
format: transhumance.plan/1
id: vrai
endpoints:
  source: {connector: memory, store: vrai-source}
  target: {connector: memory, store: vrai-target}
  archive: {connector: archive, path: sorties/archive 1}
workloads:
  mail: {from: source, to: [target, archive]}
policies: {approval: {required: 1}}
waves:
  - {id: pilote, workloads: [mail], members: {people: [alice@chu.example]}, timezone: Europe/Paris,
     windows: {final: [{from: "00:00", to: "24:00"}]}}
  - {id: vide, workloads: [mail], members: {people: [carole@chu.example]}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    for name in ("vrai-source", "vrai-target"):
        forget(name)
    for owner in ("alice@chu.example", "bob@chu.example"):
        box = Container(owner.encode(), "mail", owner.encode() + b"/INBOX", ("INBOX",))
        for n in range(4):
            body = {"content": BytesBody.of(f"{owner} {n}".encode())}
            store("vrai-source").put(box, Record(str(n).encode(), "blob", "memory", {"title": "t"}, body))
    (tmp_path / "plan.yaml").write_text(PLAN)
    opened = Project.open(tmp_path / "plan.yaml")
    assess(opened)
    forward.plan(opened)
    yield opened
    opened.close()


def test_nobody_is_named_whom_the_plan_does_not_name(project: Project) -> None:
    facts = gather(project)
    assert facts.way_back and {way.who for way in facts.way_back} == {""}
    assert {point.signs for point in facts.points_of_no_return or ()} == {""}
    page = render(build(facts), "fr")
    assert "à remplir\u00a0: ____________" in page and "DSI" not in page


def test_a_system_s_version_is_unknown_rather_than_ours(project: Project) -> None:
    inventory = gather(project).inventory
    assert inventory is not None and {system.version for system in inventory.systems} == {None}


def test_what_no_wave_moves_is_told_with_its_count(project: Project) -> None:
    assert [text.fr for text in gather(project).not_covered] == [
        "source, messagerie : 4 éléments de 1 sujet d'aucune vague"
    ]


def test_a_wave_without_members_has_no_empty_cells(project: Project) -> None:
    facts = gather(project)
    assert {cell.wave for cell in facts.cells} == {"pilote"}
    assert {way.wave for way in facts.way_back or ()} == {"pilote"}


def test_every_phase_says_how_one_goes_back_and_what_was_measured(project: Project) -> None:
    approval.approve(project, "pilote", "dsi")
    forward.run(project, ["pilote"])
    cutover.cutover(project, "pilote")
    ways = {way.phase: way for way in gather(project).way_back or ()}
    assert list(ways) == ["initial", "delta", "cutover", "hypercare", "decommissioning"]
    assert ways["cutover"].rto is None and ways["decommissioning"].command == ""
    cutover.give_back(project, "pilote")
    facts = gather(project)
    ways = {way.phase: way for way in facts.way_back or ()}
    assert ways["cutover"].rto_basis == "measured" and ways["cutover"].rehearsed is not None
    assert ways["initial"].rehearsed is None, "a return is no rollback"
    assert facts.last_rehearsal is not None and facts.last_rehearsal.passed
    row = facts.volume.rows[0] if facts.volume else None
    assert row is not None and row.windows.value == 1 and row.downtime.basis == "measured"
    assert row.median.value is not None and row.p90.value is not None and row.median.value <= row.p90.value


def test_a_way_back_that_left_something_behind_did_not_pass(project: Project) -> None:
    approval.approve(project, "pilote", "dsi")
    forward.run(project, ["pilote"])
    place = next(c for c in store("vrai-target").containers.values())
    held = store("vrai-target").items[place.key]
    key = next(iter(held))
    changed = Record(key, "blob", "memory", {"title": "changed by its user"}, {"content": BytesBody.of(b"other")})
    store("vrai-target").put(place, changed)
    cutover.rollback(project, "pilote")
    facts = gather(project)
    assert facts.last_rehearsal is not None and not facts.last_rehearsal.passed
    assert {way.rehearsed for way in facts.way_back or ()} == {None}
    assert build(facts)["r1"]["go"] == "no_go"


def test_the_command_that_verifies_can_be_typed(project: Project, tmp_path: Path) -> None:
    approval.approve(project, "pilote", "dsi")
    forward.run(project, ["pilote"])
    evidence = gather(project).evidence
    assert evidence is not None
    assert evidence.verify_command == "cd 'sorties/archive 1' && sha256sum -c --quiet MANIFEST.sha256"


def test_the_matrix_sums_to_the_items_and_names_each_loss(project: Project) -> None:
    forward.dry_run(project, ["pilote"])
    facts = gather(project)
    whole = [row for row in facts.matrix or () if row.property == "*"]
    assert sum(row.count for row in whole) == sum(cell.items for cell in facts.cells)


def test_what_a_source_counts_and_can_t_give_is_told_by_container(project: Project) -> None:
    told = {"orphan_items": 7, "hidden_items": 0, "unreadable_folders": 2}
    row = ContainerRow(0, "pilote", "mail", "source", b"alice@chu.example", b"a.pst:", ("a",), None, told)
    project.ledger.container(row)
    found = source_limits(project, Pseudonyms(project))
    assert sorted(limit.count for limit in found) == [2, 7]
    assert {limit.endpoint for limit in found} == {"source"}
    assert "éléments d’aucun dossier" in render(build(gather(project)), "fr")


def test_durations_stay_few_and_true() -> None:
    durations = Durations()
    for n in range(3 * MOST):
        durations.add("mail", float(n))
    (told,) = durations.told().values()
    assert told["chunks"] == 3 * MOST and len(durations._kept["mail"]) <= MOST
    assert abs(told["median"] - 1.5 * MOST) < 8 and abs(told["p90"] - 2.7 * MOST) < 8
