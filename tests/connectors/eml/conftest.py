"""The crash harness, which lies among the tests' support and is on no import path."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def crashes() -> ModuleType:
    """`tests/support/crashes.py`."""
    path = Path(__file__).parents[2] / "support" / "crashes.py"
    spec = importlib.util.spec_from_file_location("tests_support_crashes", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
