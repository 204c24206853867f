"""`transhume init`: by options or by questions, a plan that loads, and nothing written over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from transhumance.cli import main
from transhumance.plans.face import start
from transhumance.plans.face.exportsfound import exports_in
from transhumance.plans.project import Project


def init(*words: str, stdin: str | None = None, lang: str = "en") -> Result:
    result = CliRunner().invoke(main, ["--lang", lang, "init", *words], input=stdin, prog_name="transhume")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def estate(folder: Path) -> Path:
    """Exports of several kinds under one folder."""
    for name in ("eml/alice/INBOX/1.eml", "eml/bob/2.eml", "agendas/alice.ics", "cartes/alice.vcf", "annuaire/ad.ldf"):
        path = folder / "exports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for part in ("cur", "new", "tmp"):
        (folder / "exports" / "maildir" / "zoé" / part).mkdir(parents=True)
    (folder / "exports" / "maildir" / "zoé" / "cur" / "1.eml").write_bytes(b"no .eml export")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.pst").write_bytes(b"")
    return folder


def loaded(folder: Path) -> Any:
    project = Project.open(folder / "plan.yaml")
    project.close()
    return project.plan


def test_exports_are_found_by_their_names(tmp_path: Path) -> None:
    found = {each.source.connector: (each.source.path, each.count) for each in exports_in(estate(tmp_path))}
    assert found == {
        "eml": ("exports/eml", 2),
        "ics": ("exports/agendas", 1),
        "ldif": ("exports/annuaire", 1),
        "maildir": ("exports/maildir", 1),
        "vcf": ("exports/cartes", 1),
    }


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_without_options_what_is_found_is_taken(tmp_path: Path, lang: str) -> None:
    result = init(str(estate(tmp_path)), lang=lang)
    assert result.exit_code == 0 and "exports/eml" in result.stderr
    assert result.stdout.splitlines()[-1].endswith(f"transhume check {tmp_path}/plan.yaml")
    plan = loaded(tmp_path)
    assert set(plan.workloads) == {"identities", "mail", "calendars", "contacts", "tasks"}
    assert plan.directory == "annuaire" and plan.waves[-1].members.all
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "exports", "plan.yaml"]


def test_by_options(tmp_path: Path) -> None:
    result = init(
        str(tmp_path / "new" / "folder"),
        *(
            "--id",
            "chu-2026",
            "--title",
            'Sortie d\'Exchange: "2026" ${x}',
            "--establishment",
            "CHU",
            "--finess",
            "690000000",
        ),
        *("--source", "boites=eml:exports/boîtes", "--source", "ad=ldif:ad.ldf", "--json"),
    )
    assert result.exit_code == 0, result.output
    plan = loaded(tmp_path / "new" / "folder")
    assert (plan.id, plan.title) == ("chu-2026", 'Sortie d\'Exchange: "2026" ${x}')
    assert plan.establishment.finess == "690000000" and set(plan.endpoints) == {"boites", "ad", "archive"}
    assert '"sources": ["boites", "ad"]' in result.stdout


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("mine")
    refused = init(str(tmp_path), "--id", "x")
    assert refused.exit_code == 1 and "--force" in refused.stderr
    assert (tmp_path / "plan.yaml").read_text() == "mine"
    assert init(str(tmp_path), "--id", "x", "--force").exit_code == 0
    assert loaded(tmp_path).id == "x"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--source", "boites"], "NAME=CONNECTOR:PATH"),
        (["--source", "x=nope:y"], "connector nope is not known"),
        (["--source", "x=memory:y"], "connector memory is not known"),
        (["--finess", "12"], "nine digits"),
    ],
)
def test_what_can_not_be_is_told(words: list[str], said: str, tmp_path: Path) -> None:
    result = init(str(tmp_path), *words)
    assert result.exit_code == 1 and said in result.stderr and list(tmp_path.iterdir()) == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a person sat there."""
    monkeypatch.setattr(start, "asks", lambda: True)


@pytest.mark.usefixtures("asked")
def test_by_questions(tmp_path: Path) -> None:
    estate(tmp_path)
    answers = ["CHU de Valombre", "", "12", "690000000", "", "o", "n", "n", "n", "n", "x=nope:y", "ad=ldif:ad.ldf", ""]
    result = init(str(tmp_path), stdin="\n".join(answers) + "\n", lang="fr")
    assert result.exit_code == 0, result.stderr
    assert "neuf chiffres" in result.stderr and "nope inconnu" in result.stderr
    assert result.stdout.splitlines() == [
        f"Plan écrit : {tmp_path}/plan.yaml",
        f"Ensuite : transhume check {tmp_path}/plan.yaml",
    ]
    plan = loaded(tmp_path)
    assert plan.id == "chu-de-valombre" and set(plan.endpoints) == {"eml", "ad", "archive"}


@pytest.mark.usefixtures("asked")
def test_a_person_who_leaves_writes_nothing(tmp_path: Path) -> None:
    result = init(str(tmp_path), stdin="CHU\n")
    assert result.exit_code == 1 and "without an answer nothing is done" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("asked")
def test_options_answer_the_questions(tmp_path: Path) -> None:
    assert init(str(tmp_path), "--id", "x").exit_code == 0
