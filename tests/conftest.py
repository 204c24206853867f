"""Fixtures shared by all tests: where the corpora lie, and how tests that need them are skipped."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORPORA = Path(os.environ.get("TRANSHUMANCE_CORPORA", ROOT.parent / "shared" / "corpora"))


@pytest.fixture(scope="session")
def corpora() -> Callable[..., Path]:
    """A function `corpora("mime")` that returns the folder of one corpus, or skips the test and says why."""

    def folder(*parts: str) -> Path:
        path = CORPORA.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"corpus {'/'.join(parts)} is not at {CORPORA}; set TRANSHUMANCE_CORPORA")
        return path

    return folder
