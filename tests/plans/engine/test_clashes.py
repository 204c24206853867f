"""Two people with one address, one log-in name or one RPPS number: told of both, held only where a target takes it
once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from transhumance.connectors.ldif.target import LdifTarget
from transhumance.plans.commands import forward
from transhumance.plans.ledger.itemmap import Item
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

PLAN = """\
format: transhumance.plan/1
id: essai
endpoints:
  ad: {connector: ldif, path: ad}
  out: {connector: ldif, path: out}
  kept: {connector: archive, path: kept}
workloads:
  identities: {from: ad, to: [out, kept], mapping: map.yaml}
policies: {approval: {required: 0}, loss: {default: continue}}
waves:
  - {id: un, workloads: [identities], members: {all: true}}
"""
PERSON = """\
dn: CN={name},OU=Soins,DC=chu,DC=example
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
objectGUID:: AQIDBAUGBwgJCgsMDQ4P{at}A==
cn: {name}
sn: {name}
sAMAccountName: {login}
mail: {mail}
extensionAttribute3: {rpps}

"""
PEOPLE = [
    ("Alice", "alice", "soins@chu.example", "10101010101"),
    ("Bob", "bob", "Soins@CHU.example", "10101010102"),
    ("Chloe", "ALICE", "chloe@chu.example", "10101010103"),
    ("David", "david", "david@chu.example", "10101010102"),
    ("Emma", "emma", "emma@chu.example", "10101010104"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "map.yaml").write_text("format: transhumance.mapping/1\nrpps: extensionAttribute3\n")
    (tmp_path / "ad").mkdir()
    write(tmp_path, PEOPLE)
    return tmp_path


def write(folder: Path, people: list[tuple[str, str, str, str]]) -> None:
    text = "".join(
        PERSON.format(name=n, login=login, mail=mail, rpps=rpps, at="ABCDE"[at])
        for at, (n, login, mail, rpps) in enumerate(people)
    )
    (folder / "ad" / "people.ldif").write_text(text)


def planned(folder: Path) -> Project:
    project = Project.open(folder / "plan.yaml")
    assess(project)
    forward.plan(project)
    assert [r.state for r in forward.dry_run(project, ["un"])] == ["done"]
    return project


def rows(project: Project, target: str) -> dict[str, Item]:
    (container,) = project.ledger.containers("un")
    every = [item for batch in project.items.rows(target, container.id) for item in batch]
    assert len(every) == len(PEOPLE)
    return dict(zip(sorted(p[0] for p in PEOPLE), every, strict=True))


CLASHES = {"ID-MAI-05", "ID-MAI-01", "ID-NAM-09", "ID-NAM-02", "ID-RPP-03", "ID-RPP-02"}


def told(project: Project, target: str) -> dict[str, set[str]]:
    return {
        name: {code.partition(":")[2] for code in item.codes} & CLASHES for name, item in rows(project, target).items()
    }


ALL_TOLD = {
    "Alice": {"ID-MAI-05", "ID-NAM-09"},
    "Bob": {"ID-MAI-05", "ID-RPP-03"},
    "Chloe": {"ID-NAM-09"},
    "David": {"ID-RPP-03"},
    "Emma": set[str](),
}


def test_a_dry_run_tells_every_party_of_a_clash_and_names_the_other(folder: Path) -> None:
    with closing(planned(folder)) as project:
        for target in ("out", "kept"):
            assert told(project, target) == ALL_TOLD
            assert {item.status for item in rows(project, target).values()} == {"assessed"}
        assert [r.state for r in forward.run(project, ["un"])] == ["done"]
        assert told(project, "out") == ALL_TOLD  # both targets take both: nothing is held
        assert {item.status for item in rows(project, "out").values()} == {"written"}


def test_only_a_target_that_takes_a_value_once_holds_both_and_they_go_when_one_is_mended(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unique(target: LdifTarget) -> frozenset[str]:
        return frozenset({"mail"})

    monkeypatch.setattr(LdifTarget, "unique", unique, raising=False)
    with closing(planned(folder)) as project:
        assert told(project, "out")["Alice"] == {"ID-MAI-01", "ID-NAM-09"}
        assert [r.state for r in forward.run(project, ["un"])] == ["done"]
        held = {name for name, item in rows(project, "out").items() if item.status == "quarantined"}
        assert held == {"Alice", "Bob"}
        assert {item.status for item in rows(project, "kept").values()} == {"written"}
        problems = [p.code for p in project.ledger.problems("un")]
        assert set(problems) == {"ID-MAI-01"}
        assert any("ID-MAI-01: Alice" in p.detail for p in project.ledger.problems("un"))
        assert any("ID-MAI-01: Bob" in p.detail for p in project.ledger.problems("un"))
        mended = [(n, login, f"{n}@chu.example" if n == "Bob" else mail, r) for n, login, mail, r in PEOPLE]
        write(folder, mended)
    with closing(Project.open(folder / "plan.yaml")) as project:
        assert [r.state for r in forward.run(project, ["un"])] == ["done"]
        assert [r.state for r in forward.run(project, ["un"])] == ["done"]
        assert {item.status for item in rows(project, "out").values()} == {"written"}
        assert told(project, "out")["Alice"] == {"ID-NAM-09"}
        assert not project.ledger.problems("un")
