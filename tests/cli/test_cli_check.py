"""`check`: honest about what is there, what is missing, and what the plan is ready for; canaries leave nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import Diagnosis, Space, Text
from transhumance.plans.commands import check as module
from transhumance.plans.commands import probe as probing
from transhumance.plans.commands.canaries import LARGE, canaries
from transhumance.plans.model.waves import WORKLOADS

PLAN = """\
format: transhumance.plan/1
id: essai
endpoints:
  boites: {connector: eml, path: boites}
  archive: {connector: archive, path: archive}
  packs: {connector: archive, path: packs, layout: packed}
  maildirs: {connector: maildir, path: maildirs}
  cartes: {connector: vcf, path: cartes}
  agendas: {connector: ics, path: agendas}
  annuaire: {connector: ldif, path: annuaire}
  pst: {connector: archive, path: sources}
workloads:
  mail: {from: boites, to: [archive, maildirs, packs]}
  contacts: {from: pst, to: [cartes, archive]}
  calendars: {from: pst, to: [agendas]}
  tasks: {from: pst, to: [agendas]}
  identities: {from: pst, to: [annuaire]}
  databases: {from: pst, to: [archive]}
waves:
  - {id: pilote, workloads: [mail, contacts, calendars, tasks, identities, databases], members: {all: true}}
"""


def test_it_writes_nowhere_but_into_its_own_folder(estate: Any) -> None:
    before = set(estate.folder.rglob("*"))
    said = estate("check")
    assert said.code == 0 and said.last == "Prêt pour assess / run / cutover. Ensuite : transhume assess plan.yaml"
    new = {path.relative_to(estate.folder).parts[0] for path in set(estate.folder.rglob("*")) - before}
    assert new == {".transhumance"}
    assert (estate.folder / ".transhumance").stat().st_mode & 0o777 == 0o700


def test_a_source_that_is_gone(estate: Any) -> None:
    (estate.folder / "boites").rename(estate.folder / "elsewhere")
    said = estate("check", lang="en")
    assert said.code == 2 and "Not ready for assess: boites: " in said.out and said.out.count("not found") == 1
    assert said.last == "Ready for nothing yet. Next: transhume check plan.yaml"
    lines = {line["endpoint"]: line for line in estate("check", "--json").lines if line["message_type"] == "endpoint"}
    assert not lines["boites"]["reached"] and lines["annuaire"]["reached"]


def test_what_a_live_system_says_of_itself(estate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [
        Diagnosis("warn", Text("le certificat expire dans 5 jours", "the certificate expires in 5 days")),
        Diagnosis("bad", Text("droit d'écriture absent", "no right to write"), Text("tapez : x", "type: grant write")),
    ]
    monkeypatch.setattr("transhumance.connectors.eml.target.EmlTarget.diagnose", lambda self: iter(told), raising=False)
    (estate.folder / "retour").mkdir()
    said = estate("check", lang="en")
    assert "retour: the certificate expires in 5 days" in said.out and "→ type: grant write" in said.out
    assert "boites: the certificate" not in said.out  # a source that says nothing
    assert said.code == 2 and "Not ready for cutover: retour: no right to write" in said.out
    lines = [line for line in estate("check", "--json").lines if line["message_type"] == "diagnosis"]
    assert [(line["endpoint"], line["level"]) for line in lines] == [("retour", "warn"), ("retour", "bad")]


def test_a_target_that_holds_something_else(estate: Any) -> None:
    (estate.folder / "archive").mkdir()
    (estate.folder / "archive" / "thesis.doc").write_text("mine")
    said = estate("check", lang="en")
    assert said.code == 2 and said.last.startswith("Ready for assess. Next:")
    assert "Not ready for run: archive:" in said.out
    assert [path.name for path in (estate.folder / "archive").iterdir()] == ["thesis.doc"]


def test_room_is_held_against_the_inventory(planned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = planned("check", "--json").one("summary")
    assert ready["ready"] == ["assess", "run", "cutover"]
    monkeypatch.setattr(module, "_space", lambda endpoint, location: Space(10_000, 1_000_000))
    said = planned("check", lang="en")
    assert said.code == 2 and "Not ready for run: archive: not enough room" in said.out
    monkeypatch.setattr(module, "_space", lambda endpoint, location: Space(10**12, 20))
    lines = [x for x in planned("check", "--json").lines if x["message_type"] == "endpoint"]
    assert {x["endpoint"]: x["short_of"] for x in lines}["archive"] == "inodes"


def test_a_folder_that_can_not_be_written(estate: Any, rights: Any) -> None:
    estate.folder.chmod(0o500)
    try:
        with rights.as_somebody():
            assert "écriture refusée" in estate("check").out
    finally:
        estate.folder.chmod(0o700)


def test_missing_files_and_fields_that_are_not_carried_out(estate: Any) -> None:
    text = estate.plan.read_text(encoding="utf-8")
    estate.plan.write_text(
        text.replace(
            "members: {all: true},", "members: {all: true, csv: nobody.csv},\n     steps: [{id: mx, type: dns}],"
        ),
        encoding="utf-8",
    )
    said = estate("check", lang="en")
    assert said.code == 2 and "plan.yaml:" in said.out and "nobody.csv" in said.out
    assert "Not ready for run: waves[1].members.csv[0]: file missing" in said.out
    assert "Not ready for cutover: field steps of a wave is not carried out yet" in said.out


def test_a_network_disk_is_refused(estate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transhumance.plans.ledger.sqlite.file_system", lambda folder: "nfs4")
    said = estate("check", lang="en")
    assert said.code == 2 and "network file system (nfs4)" in said.out


# --- canaries


@pytest.fixture
def targets(empty: Any) -> Any:
    """A plan with targets of every form."""
    (empty.folder / "boites").mkdir()
    empty.plan.write_text(PLAN)
    return empty


@pytest.fixture
def probed(targets: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same, with a large canary that is not so large."""
    monkeypatch.setattr("transhumance.plans.commands.canaries.LARGE", 200_000)
    return targets


@pytest.mark.slow
def test_a_canary_of_five_megabytes(targets: Any) -> None:
    found = [line for line in targets("check", "--probe", "--json").lines if line["message_type"] == "canary"]
    large = [line for line in found if line["canary"] == "large"]
    assert len(large) == 8 and not [line for line in large if line["surprising"]]


def test_canaries_come_back_and_leave_nothing(probed: Any) -> None:
    said = probed("check", "--probe", "--json")
    found = [line for line in said.lines if line["message_type"] == "canary"]
    tried = {(line["endpoint"], line["workload"]) for line in found}
    assert len(tried) == 8 and ("archive", "contacts") in tried and ("packs", "mail") in tried
    answers = {(line["endpoint"], line["canary"]): line for line in found}
    assert all(line["answer"] == "same" for line in found if line["endpoint"] in ("archive", "packs", "annuaire"))
    flags = answers["maildirs", "flags"]
    assert flags["answer"] == "changed" and "keywords" in flags["paths"] and flags["foretold"]
    assert not [line for line in found if line["surprising"]]
    left = [p for p in probed.folder.rglob("*") if p.is_file() and b"transhumance-probe-" in os.fsencode(p)]
    assert left == []
    again = [line for line in probed("check", "--probe", "--json").lines if line["message_type"] == "canary"]
    assert again == found


def test_canaries_are_told_in_words(probed: Any) -> None:
    said = probed("check", "--probe", lang="en")
    assert "keywords" in said.out and "0 unexpected canary(ies)" in said.out
    assert "databases: no canaries for this workload." in said.out
    assert "reste à chaque cible" in probed("check", "--probe", lang="fr").out


def test_what_a_target_alters_is_a_surprise(probed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from transhumance.connectors.contract import BytesBody, Record
    from transhumance.connectors.vcf.endpoint import VcfTarget

    really = VcfTarget.read_back

    def altering(self: Any, container: Any, keys: Any) -> Iterator[Any]:
        for answer in really(self, container, keys):
            yield replace(answer, bodies={"content": BytesBody.of(b"other")}) if isinstance(answer, Record) else answer

    monkeypatch.setattr(VcfTarget, "read_back", altering)
    said = probed("check", "--probe", "--json")
    odd = {line["canary"] for line in said.lines if line["message_type"] == "canary" and line["surprising"]}
    assert said.code == 2 and {"plain", "nfd", "large"} <= odd


def test_an_interrupted_probe_takes_its_canaries_away(probed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from transhumance.connectors.contract import StopEndpoint, Text

    def broken(*words: Any) -> Any:
        raise StopEndpoint(Text("coupé", "cut"))

    monkeypatch.setattr(probing, "_compared", broken)
    said = probed("check", "--probe", lang="en")
    assert said.code == 2 and "archive: cut" in said.out
    left = [p for p in probed.folder.rglob("*") if p.is_file() and b"transhumance-probe-" in os.fsencode(p)]
    assert left == []


def test_no_probe_while_a_run_goes_on(probed: Any) -> None:
    from transhumance.plans.engine.lease import Heart
    from transhumance.plans.project import Project

    project = Project.open(probed.plan)
    with Heart(project.ledger, project.stop, "run"):
        said = probed("check", "--probe", lang="en")
    project.close()
    assert said.code == 1 and "another process is at work already" in said.err


def test_every_workload_has_canaries_or_says_so() -> None:
    for workload in WORKLOADS:
        found = canaries(workload)
        assert found or workload == "databases"
        names = [canary.name for canary in found]
        assert len(set(names)) == len(names) == len({canary.key for canary in found})
        sizes = [canary.document.bodies["content"].size or 0 for canary in found]
        assert not sizes or max(sizes) >= LARGE * 0.99
        assert found == canaries(workload), "the same at every run, so that an earlier one's are known"


def test_lines_of_canaries_are_folded(tmp_path: Path) -> None:
    for workload in ("calendars", "contacts"):
        for canary in canaries(workload):
            data = canary.document.bodies["content"].open().read()
            for line in data.split(b"\r\n"):
                assert len(line) <= 75
                line.decode()
