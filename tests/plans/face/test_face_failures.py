"""Whatever a command raises, a person reads what happened and what to do, and the exit code is 1."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click
import pytest
from sqlalchemy.exc import OperationalError

from transhumance.connectors.contract import MissingExtra, Retry, StaleLease, StopEndpoint, Text, UserError
from transhumance.plans.face.console import Console
from transhumance.plans.face.failures import guarded
from transhumance.plans.model.errors import PlanError, PlanErrors
from transhumance.plans.model.secrets import SecretError

SAID = Text("dit en français", "said in English")
CASES: list[tuple[BaseException, str, str]] = [
    (UserError(SAID), "dit en français", "said in English"),
    (StopEndpoint(SAID), "dit en français", "said in English"),
    (Retry(SAID), "dit en français", "said in English"),
    (MissingExtra("pst", "PST"), "pip install 'transhumance[pst]'", "pip install 'transhumance[pst]'"),
    (StaleLease("x"), "le bail est perdu", "the lease is lost"),
    (SecretError("PLAN-SECRET-04", "env:X missing", "Set it."), "env:X missing. Set it.", "env:X missing. Set it."),
    (PlanErrors([PlanError("p.yaml", 3, 5, "id", "PLAN-X-01", "bad")]), "p.yaml:3:5: id: bad.", "p.yaml:3:5: id: bad."),
    (
        FileNotFoundError(2, "No such file", "/x"),
        "Erreur du système : /x: No such file",
        "System error: /x: No such file",
    ),
    (OSError(28, "No space left on device"), "No space left", "No space left"),
    (sqlite3.OperationalError("disk I/O error"), "Le registre ne répond pas (disk I/O", "does not answer (disk I/O"),
    (
        OperationalError("q", {}, sqlite3.OperationalError("database is locked")),
        "Le registre est occupé",
        "The ledger is busy",
    ),
    (MemoryError(), "Plus de mémoire", "Out of memory"),
    (KeyboardInterrupt(), "Interrompu", "Interrupted"),
    (click.Abort(), "Interrompu", "Interrupted"),
    (EOFError(), "Interrompu", "Interrupted"),
    (KeyError("patient"), "Défaut de l'outil : KeyError", "Defect of the tool: KeyError"),
    (RecursionError(), "Défaut de l'outil : RecursionError", "Defect of the tool: RecursionError"),
]


@pytest.mark.parametrize(("error", "fr", "en"), CASES, ids=lambda value: type(value).__name__)
def test_it_is_told(error: BaseException, fr: str, en: str, capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> int:
        raise error

    for lang, text in (("fr", fr), ("en", en)):
        assert guarded(Console(lang), act) == 1  # type: ignore[arg-type]
        told = capsys.readouterr()
        assert text in told.err and "Traceback" not in told.err and told.out == ""
        assert guarded(Console(lang, as_json=True), act) == 1  # type: ignore[arg-type]
        assert '"message_type": "error"' in capsys.readouterr().out


def test_a_defect_keeps_its_trace_where_only_its_owner_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def act() -> int:
        raise KeyError("patient")

    guarded(Console("en"), act, tmp_path)
    (kept,) = tmp_path.glob("defect-*.txt")
    assert str(kept) in capsys.readouterr().err and kept.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("TRANSHUMANCE_DEBUG", "1")
    guarded(Console("en"), act)
    assert "Traceback" in capsys.readouterr().err


def test_what_click_handles_passes() -> None:
    for error in (click.UsageError("x"), click.exceptions.Exit(3), BrokenPipeError()):

        def act(raised: BaseException = error) -> int:
            raise raised

        with pytest.raises(type(error)):
            guarded(Console("en"), act)


def test_codes_pass() -> None:
    assert [guarded(Console("en"), lambda code=code: code) for code in (None, 0, 1, 2)] == [0, 0, 1, 2]  # type: ignore[misc]
