"""What `plan` froze: windows in words, links cut, what drifted, what an approval covers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import Link
from transhumance.plans.commands import approval, forward
from transhumance.plans.face.console import Console
from transhumance.plans.face.planning import (
    kinds_text,
    links_cut,
    show_approval,
    show_plan,
    targets_without,
    windows_text,
)
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

Captured = pytest.CaptureFixture[str]


def wave(**more: Any) -> Wave:
    return Wave.model_validate({"id": "w", "workloads": ["mail"], "members": {"all": True}, **more})


@pytest.mark.parametrize(
    ("windows", "fr", "en"),
    [
        ({}, "toujours", "any time"),
        (
            {"final": [{"days": ["fri", "sat"], "from": "20:00", "to": "06:00"}]},
            "copie finale ven/sam 20:00-06:00 (Europe/Paris)",
            "final copy fri/sat 20:00-06:00 (Europe/Paris)",
        ),
        (
            {"delta": [{"from": "01:00", "to": "02:00"}, {"from": "03:00", "to": "04:00"}]},
            "delta 01:00-02:00 + 03:00-04:00 (Europe/Paris)",
            "delta 01:00-02:00 + 03:00-04:00 (Europe/Paris)",
        ),
    ],
)
def test_windows_in_words(windows: Any, fr: str, en: str) -> None:
    found = wave(windows=windows, timezone="Europe/Paris")
    assert (windows_text(found, "fr"), windows_text(found, "en")) == (fr, en)


def test_kinds_in_words() -> None:
    kinds = {"group": 1, "person": 1200, "spaceship": 2}
    assert kinds_text(kinds, "fr") == "1 groupe, 1\u202f200 personnes, 2 autres"
    assert kinds_text({}, "en") == "nobody"


def test_names_that_are_nobodys(memory: Any, console: Console, capsys: Captured) -> None:
    path = memory.project.loaded.path
    path.write_text(path.read_text().replace("[alice@chu.example]", "[alice@chu.example, ghost@chu.example]"))
    memory.project.close()
    memory.project = Project.open(path, "en")
    assess(memory.project)
    assert show_plan(console, memory.project, forward.plan(memory.project)) == 2
    out = capsys.readouterr().out
    assert "ghost@chu.example" in out and console.text("inconnu des sources", "unknown to the sources") in out
    assert console.text("Rien n'a été écrit.", "Nothing was written.") in out


def test_what_came_since_is_told(memory: Any, english: Console, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["reste"])
    memory.put("c1", "carol", "carol@chu.example")
    assess(memory.project)
    frozen = forward.plan(memory.project, "pilote")
    assert show_plan(english, memory.project, frozen) == 0
    assert "reste: frozen earlier; since then 1 subject(s) came, 0 left." in capsys.readouterr().out


def test_links_cut_are_counted_once_items_were_read(memory: Any, english: Console, capsys: Captured) -> None:
    path = memory.project.loaded.path
    path.write_text(path.read_text().replace("\nworkloads:", "\ndirectory: source\nworkloads:"))
    memory.project.close()
    memory.project = Project.open(path, "en")
    memory.ready()
    assert links_cut(memory.project) is None
    forward.dry_run(memory.project, ["pilote"])
    row = memory.project.ledger.containers("pilote")[0]
    to_bob, to_nobody = Link("to", "delegate", "bob@chu.example"), Link("cc", "delegate", "x@elsewhere.example")
    memory.project.ledger.put_edges(row.id, [(b"a001", to_bob), (b"a002", to_nobody)])
    assert links_cut(memory.project) == {"pilote": 1}
    show_plan(english, memory.project, forward.plan(memory.project))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("pilote")]
    assert line.split()[-2] == "1"


def test_what_an_approval_covers(memory: Any, console: Console, capsys: Captured) -> None:
    memory.put("large", "x" * 2000)
    memory.put("dosed", "y", dose=2.5)
    memory.ready()
    show_approval(console, memory.project, approval.approval_of(memory.project, "pilote"))
    assert console.text("ne sont pas mesurées", "are not measured") in capsys.readouterr().out
    forward.dry_run(memory.project, ["pilote"])
    found = approval.approval_of(memory.project, "pilote")
    show_approval(console, memory.project, found)
    out = capsys.readouterr().out
    assert found.undecided == ("GEN-SIZE-01",) and "GEN-SIZE-01" in out
    assert console.text("cette approbation", "this approval") in out and found.digest in out


DIRECTORIES = """\
format: transhumance.plan/1
id: people
revision: 1
title: people
establishment: {name: CHU Exemple}
endpoints:
  export: {connector: ldif, path: export}
  openldap: {connector: ldap, url: "ldaps://127.0.0.1:1", base: "dc=chu", username: "cn=admin", password: "env:SECRET"}
  keycloak: {connector: keycloak, url: "https://127.0.0.1:1", realm: chu, username: admin, password: "env:SECRET"}
  archive: {connector: archive, path: archive}
workloads:
  identities: {from: export, to: [openldap, keycloak, archive]}
waves:
  - {id: w, workloads: [identities], passwords: reset, members: {all: true}}
"""


def test_a_target_that_does_nothing_for_passwords_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing silent: a directory that leaves its people without a password says so before anybody approves."""
    monkeypatch.setenv("SECRET", "none of your business")
    (tmp_path / "export").mkdir()
    (tmp_path / "plan.yaml").write_text(DIRECTORIES)
    project = Project.open(tmp_path / "plan.yaml", "en")
    assert targets_without(project, "reset") == targets_without(project, "pass_through") == ["openldap"]
    assert targets_without(project, "none") == []
    project.close()
