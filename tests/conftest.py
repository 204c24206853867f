"""Fixtures shared by all tests: where the corpora lie, and how tests that need them are skipped."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

# the same draws in every run, so that a red run is a change of ours; HYPOTHESIS_PROFILE=explore draws anew
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# a worker of xdist has one, which would cut our tables
os.environ.pop("COLUMNS", None)

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


def support(name: str) -> ModuleType:
    """A module of `tests/support/`, which are no tests and on no import path."""
    full = f"tests_support_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).with_name("support") / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


@pytest.fixture(scope="session")
def mapi_records() -> Callable[[Path], list[Any]]:
    """A function `mapi_records(path)`: the items of a .msg file as records of the form `mapi`, embedded ones too."""
    return support("msg_door").mapi_records  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def rights() -> ModuleType:
    """`tests/support/rights.py`."""
    return support("rights")
