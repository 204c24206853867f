"""A plan to start from loads as it is written, whatever the answers are; so do its examples once they are
uncommented.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from transhumance.plans.model.errors import Lang
from transhumance.plans.model.load import load
from transhumance.plans.model.starter import Answers, Source, plan_id, starter_plan


class WithPath(BaseModel):
    path: str


SOURCES = [
    Source("annuaire", "ldif", "exports/ad.ldf"),
    Source("boites", "pst", "exports/pst"),
    Source("anciens", "maildir", "exports/maildir"),
    Source("partage", "folder", "partages"),
]


def written(tmp_path: Path, answers: Answers) -> str:
    text = starter_plan(answers)
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    return text


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_it_loads(tmp_path: Path, lang: Lang) -> None:
    text = written(
        tmp_path, Answers("chu-2026", "Sortie d'Exchange", "CHU de Valombre", "690000000", SOURCES, lang=lang)
    )
    loaded = load(tmp_path / "plan.yaml", config_model=lambda name: WithPath, lang=lang)
    assert loaded.warnings == ()
    assert loaded.plan.directory == "annuaire"
    assert {name: workload.from_ for name, workload in loaded.plan.workloads.items()} == {
        "identities": ["annuaire"],
        "mail": ["boites", "anciens"],
        "calendars": ["boites"],
        "contacts": ["boites"],
        "tasks": ["boites"],
        "documents": ["partage"],
    }
    assert loaded.plan.waves[-1].members.all
    assert "transhume check" in text


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_its_commented_waves_load_too(tmp_path: Path, lang: Lang) -> None:
    text = written(tmp_path, Answers("x", "x", "x", sources=SOURCES, lang=lang))
    start = text.index("waves:")
    lines = [
        line.replace("# -", "-", 1) if line.startswith("  # -") else line.replace("  #  ", "   ", 1)
        for line in text[start:].splitlines()
    ]
    (tmp_path / "plan.yaml").write_text(text[:start] + "\n".join(lines), encoding="utf-8")
    loaded = load(tmp_path / "plan.yaml", config_model=lambda name: WithPath, lang=lang)
    assert len(loaded.plan.waves) == 3
    assert loaded.plan.waves[1].windows_of("final")


paths = st.sampled_from(
    ["a", "b c", "d: e", "#f", "${g}", "é", "'", '"', "-", "null", "0123", "2026-01-01", ".", "archive"]
)


@settings(max_examples=60, deadline=None)
@given(
    st.text(min_size=1, max_size=20),
    st.text(min_size=1, max_size=20, alphabet=st.characters(categories=["L", "N", "P", "Zs", "S"])),
    st.lists(st.tuples(st.text(max_size=8), st.sampled_from(["ldif", "pst", "folder", "unknown"]), paths), max_size=4),
    st.sampled_from(["fr", "en"]),
)
def test_any_answers(
    tmp_path_factory: pytest.TempPathFactory, name: str, title: str, sources: list[tuple[str, str, str]], lang: Lang
) -> None:
    folder = tmp_path_factory.getbasetemp()
    written(folder, Answers(name, title, title, sources=[Source(*source) for source in sources], lang=lang))
    loaded = load(folder / "plan.yaml", config_model=lambda connector: WithPath, lang=lang)
    assert loaded.plan.title == title
    found = [endpoint.settings["path"] for endpoint in loaded.plan.endpoints.values()]
    assert found[: len(sources)] == [path for _, _, path in sources] or not sources


@pytest.mark.parametrize(
    ("text", "expected"),
    [("CHU de Valombre, 2026", "chu-de-valombre-2026"), ("Été", "ete"), ("***", "plan"), ("x" * 100, "x" * 63)],
)
def test_plan_id(text: str, expected: str) -> None:
    assert plan_id(text) == expected
