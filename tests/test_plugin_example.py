"""A third party's package, with a form and a codec of its own, passes the contract suite by one option."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent / "plugin_example"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, installed into a folder of its own, as a third party's wheel would be."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--no-index", "--no-build-isolation", "--target", str(target), str(EXAMPLE)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def python(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, cwd=installed, timeout=300
    )


@pytest.mark.slow
def test_the_suite_runs_by_one_option(installed: Path) -> None:
    done = python(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--contract", "cardfile")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout and " passed" in done.stdout


@pytest.mark.slow
def test_it_is_listed_beside_ours(installed: Path) -> None:
    done = python(installed, "-m", "transhumance.cli", "connectors", "--lang", "en")
    assert done.returncode == 0 and "cardfile" in done.stdout, done.stdout + done.stderr
    explained = python(installed, "-m", "transhumance.cli", "explain", "CARDFILE-COLOUR-01", "--lang", "en")
    assert "A colour has no place in a text" in explained.stdout
