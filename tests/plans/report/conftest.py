"""The sample facts as fixtures; `samples` is loaded by its path, since test folders are no packages."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from transhumance.plans.report.facts import ReportFacts


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    name, folder = "report_samples", Path(__file__).with_name("samples")
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def facts(samples: ModuleType) -> ReportFacts:
    return samples.sample()
