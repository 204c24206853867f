"""The plan comes first: what stands in its place is told, not taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from transhumance.cli import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["quarantine", "skip", "1"], "quarantine skip plan.yaml 1"),
        (["quarantine", "retry", "12"], "quarantine retry plan.yaml 12"),
        (["ledger", "restore", "copies"], "ledger restore plan.yaml copies"),
    ],
)
def test_it_is_told(words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "copies").mkdir()
    result = CliRunner().invoke(main, [*words, "--lang", "en"])
    assert result.exit_code != 0 and said in result.output
