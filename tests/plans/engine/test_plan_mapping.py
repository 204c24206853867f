"""A plan's mapping file: read with its places, in force in every pass, in the recipe and in what is approved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from transhumance.cli import main
from transhumance.connectors.contract import UserError
from transhumance.plans.commands import approval, forward
from transhumance.plans.commands.check import check
from transhumance.plans.commands.mapped import mapped
from transhumance.plans.face.messages import faults_of
from transhumance.plans.model.errors import PlanErrors
from transhumance.plans.model.mapping import read_mapping
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess
from transhumance.plans.waves.resolve import Resolver

PLAN = """\
format: transhumance.plan/1
id: essai
endpoints:
  ad: {connector: ldif, path: ad}
  out: {connector: ldif, path: out}
workloads:
  identities: {from: ad, to: out, mapping: map.yaml}
policies: {loss: {default: continue}}
waves:
  - {id: un, workloads: [identities], members: {all: true}}
"""
PERSON = """\
dn: CN={name},OU=Soins,DC=chu,DC=example
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
objectGUID:: AQIDBAUGBwgJCgsMDQ4{at}
objectSid:: AQUAAAAAAAUVAAAA
cn: {name}
sn: {name}
sAMAccountName: {name}
userPrincipalName: {name}.X@chu.example
extensionAttribute3: 10101010101
uSNChanged: 12

"""
RULES = "format: transhumance.mapping/1\nrpps: extensionAttribute3\nattributes:\n"
LOGIN = "  uid: lower(before(attr('userPrincipalName'), '@'))\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    (tmp_path / "ad").mkdir()
    people = "".join(PERSON.format(name=name, at=at) for name, at in (("Alice", "PEA=="), ("Bob", "PEQ==")))
    (tmp_path / "ad" / "people.ldif").write_text(people)
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "map.yaml").write_text(RULES + LOGIN)
    return tmp_path


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    opened = Project.open(folder / "plan.yaml", "en")
    yield opened
    opened.close()


def written(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted((folder / "out").rglob("*.ldif")))


def test_the_rules_are_in_force_in_a_run_and_another_mapping_makes_items_stale(folder: Path, project: Project) -> None:
    assess(project)
    forward.plan(project)
    approval.approve(project, "un", "dsi")
    forward.run(project, ["un"])
    assert "uid: alice.x\n" in written(folder) and "uid: bob.x\n" in written(folder)
    (folder / "map.yaml").write_text(RULES + LOGIN + "  o: \"'CHU'\"\n")
    with _opened(folder) as again:
        with pytest.raises(UserError, match="mappings.identities"):
            forward.run(again, ["un"])  # what was approved had other rules
        forward.plan(again)
        approval.approve(again, "un", "dsi")
        forward.run(again, ["un"])
    assert written(folder).count("o: CHU\n") == 2


def test_a_wrong_mapping_stops_a_pass_before_it_begins_with_every_mistake_and_its_place(folder: Path) -> None:
    (folder / "map.yaml").write_text(
        RULES
        + "  uid: befor(attr('x'), '@')\n  employeNumber: attr('x')\n  o: {valu: dn}\n  l: \"attr('a').upper()\"\n"
    )
    with _opened(folder) as project:
        found = {(e.line, e.column, e.code) for e in check(project).unsupported}
        assert found >= {(4, 8, "PLAN-MAP-08"), (5, 3, "PLAN-MAP-02"), (6, 7, "PLAN-MAP-02"), (6, 6, "PLAN-MAP-06")}
        assert check(project).why_not["run"]
        with pytest.raises(PlanErrors) as refused:
            forward.dry_run(project, ["un"])
        assert len(refused.value.errors) == 5
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("format: other\n", "PLAN-MAP-01"),
        ("attributes: {o: dn}\n", "PLAN-MAP-01"),
        (RULES.replace("attributes:\n", "keycloak_units: maybe\n"), "PLAN-MAP-02"),
        (RULES.replace("extensionAttribute3", "[a]") + LOGIN, "PLAN-MAP-03"),
        (RULES + "  o: 3\n", "PLAN-MAP-03"),
        (RULES.strip() + " [o]\n", "PLAN-MAP-04"),
        (RULES + "  o: dn\n  O: dn\n", "PLAN-MAP-05"),
        (RULES + '  o: "\'"\n', "PLAN-MAP-07"),
        (RULES + "  o: lower()\n", "PLAN-MAP-09"),
        (RULES + "  o: CHU\n", "PLAN-MAP-10"),
        (RULES + "  o: dn * 2\n", "PLAN-MAP-11"),
        (RULES + "  o: " + "+".join(["dn"] * 60) + "\n", "PLAN-MAP-12"),
        (RULES + "  o: " + "d" * 1001 + "\n", "PLAN-MAP-13"),
        ("\tx", "PLAN-YAML-01"),
    ],
)
def test_each_mistake_has_a_code_in_both_languages(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "m.yaml").write_text(text)
    for lang in ("fr", "en"):
        found = read_mapping(tmp_path / "m.yaml", "m.yaml", lang)  # type: ignore[arg-type]
        assert [e.code for e in found.errors] == [code] and found.errors[0].message


def test_map_shows_a_real_entry_and_writes_nothing(folder: Path, project: Project) -> None:
    (alice,) = mapped(project, "alice", None)
    ways = {went.name: (went.places, went.kept, went.lines) for went in alice.went}
    assert ways["userPrincipalName"] == (("uid",), True, (4,))
    assert ways["sAMAccountName"] == ((), True, ()) and ways["sn"] == (("sn",), False, ())
    assert dict(alice.document)["uid"] == (b"alice.x",)
    assert [rule.values for rule in alice.rules] == [(b"alice.x",)]
    assert dict(alice.targets[0].attributes)["uid"] == (b"alice.x",)
    assert mapped(project, "nobody", None) == [] and not (folder / "out").exists()


@pytest.mark.parametrize(("lang", "word"), [("fr", "règle, ligne 4"), ("en", "rule, line 4")])
def test_the_map_command_speaks_both_languages(folder: Path, lang: str, word: str) -> None:
    plan = str(folder / "plan.yaml")
    told = CliRunner().invoke(main, ["map", plan, "--person", "alice", "--lang", lang])
    assert told.exit_code == 0 and word in told.output
    lines = CliRunner().invoke(main, ["map", plan, "--person", "alice", "--json", "--lang", lang]).stdout.splitlines()
    assert [fault for line in lines for fault in faults_of(json.loads(line))] == []
    assert {json.loads(line)["message_type"] for line in lines} >= {"mapped_entry", "mapped_attribute", "summary"}
    assert CliRunner().invoke(main, ["map", plan, "--person", "nobody", "--lang", lang]).exit_code == 2
    wrong = CliRunner().invoke(main, ["map", plan, "--person", "alice", "--endpoint", "x", "--lang", lang])
    assert wrong.exit_code == 1


SERVICE = """\
dn: CN=backup,OU=Soins,DC=chu,DC=example
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
objectGUID:: AQIDBAUGBwgJCgsMDQ4QQQ==
cn: backup
sn: backup
sAMAccountName: backup
servicePrincipalName: HOST/backup

dn: CN=gmsa,CN=Managed Service Accounts,DC=chu,DC=example
objectClass: top
objectClass: msDS-GroupManagedServiceAccount
objectGUID:: AQIDBAUGBwgJCgsMDQ4QQg==
cn: gmsa
sAMAccountName: gmsa$

"""


@pytest.mark.parametrize(
    ("members", "moved", "aside"),
    [
        ("{all: true}", ["Alice", "Bob", "backup", "gmsa$"], ()),
        ("{all: true, except_kinds: [service]}", ["Alice", "Bob"], ("backup", "gmsa$")),
        ("{all: true, people: [backup], except_kinds: [service]}", ["Alice", "Bob", "backup"], ("gmsa$",)),
        ('{query: ["(kind=service)"]}', ["backup", "gmsa$"], ()),
    ],
)
def test_service_accounts_are_set_aside_by_rule_and_listed(
    folder: Path, members: str, moved: list[str], aside: tuple[str, ...]
) -> None:
    with (folder / "ad" / "people.ldif").open("a") as file:
        file.write(SERVICE)
    (folder / "plan.yaml").write_text(
        PLAN.replace("{all: true}", members).replace("workloads:", "directory: ad\nworkloads:", 1)
    )
    with _opened(folder) as project:
        assess(project)
        (found,) = Resolver(project).all()
        assert sorted(m.person for m in found.members) == moved and found.aside == aside
    assert CliRunner().invoke(main, ["plan", str(folder / "plan.yaml"), "--lang", "fr"]).stdout.count(
        "`except_kinds`"
    ) == bool(aside)


def _opened(folder: Path):  # type: ignore[no-untyped-def]
    from transhumance.plans.project import opened

    return opened(folder / "plan.yaml", "en")
