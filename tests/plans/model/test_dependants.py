"""`dependants.csv`: what still depends on the source, and what the team wrote about it, which no pass takes away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from transhumance.plans.face.console import Console
from transhumance.plans.face.inventories import show_inventory
from transhumance.plans.facts import gather
from transhumance.plans.model import csv_text
from transhumance.plans.project import Project
from transhumance.plans.waves.dependants import FILE, dependants
from transhumance.plans.waves.inventory import assess

PLAN = """\
format: transhumance.plan/1
id: annuaire
endpoints:
  ad: {connector: ldif, path: export}
  archive: {connector: archive, path: archive}
directory: ad
workloads:
  identities: {from: ad, to: [archive]}
waves:
  - {id: w, workloads: [identities], members: {all: true}}
"""
ENTRIES = """\
dn: CN=svc-labo,DC=chu,DC=example
objectClass: user
sAMAccountName: svc-labo
cn: svc-labo
servicePrincipalName: HTTP/labo.chu.example
msDS-AllowedToDelegateTo: cifs/files.chu.example

dn: CN=POSTE-7,DC=chu,DC=example
objectClass: computer
sAMAccountName: POSTE-7$
cn: POSTE-7
servicePrincipalName: HOST/poste-7

dn: CN=Alice,DC=chu,DC=example
objectClass: user
sAMAccountName: alice
cn: Alice

"""


@pytest.fixture
def project(tmp_path: Path) -> Any:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "chu.ldif").write_text(ENTRIES)
    (tmp_path / "plan.yaml").write_text(PLAN)
    opened = Project.open(tmp_path / "plan.yaml", "en")
    assess(opened)
    yield opened
    opened.close()


def lines(project: Project) -> list[tuple[str, ...]]:
    return [row.cells for row in csv_text.rows(csv_text.read_text(project.loaded.base / FILE))]


def test_each_way_of_depending_is_a_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    show_inventory(Console("en"), project, (0, 0))
    assert "ad cannot be switched off: 2 dependant(s)" in " ".join(capsys.readouterr().out.split())
    found = {(cells[2], cells[0].rsplit("/", 1)[1]) for cells in lines(project)[1:]}
    names = {name for name, _ in found}
    assert names == {"svc-labo", "POSTE-7"}
    assert {way for name, way in found if name == "POSTE-7"} == {"computer"}  # its own names are no dependants
    assert {"services", "delegation"} <= {way for name, way in found if name == "svc-labo"}
    show_inventory(Console("fr"), project, (0, 0))
    assert "ne peut pas être éteint : 2" in capsys.readouterr().out


def test_what_the_team_wrote_stays(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    show_inventory(Console("en"), project, (0, 0))
    head, *rest = lines(project)
    kept = [
        (*cells[:4], "Biomédical", "replaced in March" if cells[0].endswith("/delegation") else cells[5])
        for cells in rest
    ]
    gone = ("61/service", "service", "svc-old", "?", "DSI", "")
    csv_text.write(project.loaded.base / FILE, head, [*kept, gone])
    show_inventory(Console("fr"), project, (0, 0))  # in the other language: our remedies are written anew, theirs stay
    after = {cells[0]: cells for cells in lines(project)[1:]}
    assert {cells[4] for cells in after.values()} == {"Biomédical", "DSI"} and after["61/service"] == gone
    assert [c[5] for k, c in after.items() if k.endswith("/delegation")] == ["replaced in March"]
    assert [c[5] for k, c in after.items() if k.endswith("/computer")] == [
        "le rattacher au nouvel annuaire ou le retirer"
    ]
    told = {d.owner for d in gather(project).inventory.dependants or ()}
    assert told == {"Biomédical"} and "0 ligne(s) sans responsable" in capsys.readouterr().out


def test_a_file_that_cant_be_read_is_left_as_it_is(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    path = project.loaded.base / FILE
    path.write_bytes(b'key;kind\r\n"never closed')
    before = path.read_bytes()
    show_inventory(Console("en"), project, (0, 0))
    assert "left as it is" in " ".join(capsys.readouterr().out.split()) and path.read_bytes() == before
    assert len(dependants(project) or ()) >= 3
