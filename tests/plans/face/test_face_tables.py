"""Tables on narrow terminals: nothing is cut, codes and numbers stay whole, every cell is there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.plans.commands import forward
from transhumance.plans.face.console import Console
from transhumance.plans.face.problems import show_problems
from transhumance.plans.face.results import show_results
from transhumance.plans.face.status import show_status
from transhumance.plans.face.tables import columns, stacked, widths, wrapped
from transhumance.plans.ledger.contract import Problem

HEAD = ["code", "éléments", "perte"]
ROW = ["MAIL-CATEGORY-01", "1 203", "Les catégories n'ont pas de place au carnet de la cible"]


@pytest.mark.parametrize("limit", [40, 60, 80, 120])
def test_a_code_and_a_number_are_never_broken(limit: int) -> None:
    wide = widths([HEAD, ROW], (1,), limit)
    assert wide is not None and sum(wide) + 4 <= limit
    assert wide[0] >= len("MAIL-CATEGORY-01") and wide[1] >= len("1 203")


def test_where_no_table_fits_rows_are_stacked() -> None:
    assert widths([HEAD, ROW], (1,), 30) is None
    lines = stacked(HEAD, ROW, 50, " : ")
    assert lines[0] == "code : MAIL-CATEGORY-01  éléments : 1 203" and lines[1].startswith("  perte : ")


@given(st.text("ab é中\u0301-", max_size=60), st.integers(2, 20))
def test_wrapping_keeps_every_letter(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns(line) <= width for line in lines)


@pytest.mark.parametrize("wide", ["80", "120"])
def test_the_screens_of_a_night(
    memory: Any, console: Console, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wide: str
) -> None:
    monkeypatch.setenv("COLUMNS", wide)
    memory.put("large", "x" * 2000)
    memory.ready()
    results = forward.run(memory.project, ["pilote"])
    capsys.readouterr()
    show_results(console, memory.project, results)
    ran = capsys.readouterr().out
    show_problems(console, memory.project, None)
    listed = capsys.readouterr().out
    show_status(console, memory.project)
    stood = capsys.readouterr().out
    for told in (ran, listed, stood):
        assert ".residue" not in told and ".returned" not in told, "no name of our own"
    for told in (listed, stood):
        table = told.split("\n\n")[0] if told is listed else "\n".join(told.splitlines()[1:4])
        assert all(columns(line) <= int(wide) for line in table.splitlines())
    one = console.text("1 en attente", "1 waiting")
    assert one in ran and "GEN-SIZE-01" in listed
    assert console.text("1 / 1 attendent", "1 / 1 wait") in listed
    assert re.search(console.text("1 / 22 éléments restés", "1 / 22 items stayed"), stood)


def test_an_item_of_two_targets_is_one_item_on_every_screen(
    memory: Any, english: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    problems = [(target, b"a005") for target in ("target", ".residue")]
    (row,) = [r for r in memory.project.ledger.containers("pilote") if r.endpoint == "source"]
    found = [Problem(row.id, target, key, "GEN-VERIFY-01") for target, key in problems]
    memory.project.ledger.put_problems("pilote", "mail", found)
    show_problems(english, memory.project, "pilote")
    out = capsys.readouterr().out
    assert "2 lines: one a target." in out and "1 / 1 wait for a decision." in out and "archive of residues" in out
    show_status(english, memory.project)
    assert "1 / 21 items stayed behind (quarantined: 1)" in capsys.readouterr().out
