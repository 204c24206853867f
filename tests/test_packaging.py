"""The wheel holds every module of the rooms, and puts nothing but `transhumance` into site-packages."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("connectors", "migrators", "plans", "fixtures")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel that was built from what git knows."""
    checkout, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    subprocess.run(["git", "clone", "-q", str(ROOT), str(checkout / "clone")], check=True)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(checkout / "clone")]
    subprocess.run(build, check=True, capture_output=True)
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path).namelist()


@pytest.mark.slow
def test_every_module_is_in_the_wheel(wheel: list[str]) -> None:
    known = subprocess.run(["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = {f"transhumance/{name}" for name in known.splitlines() if name.endswith((".py", ".html", ".css", ".j2"))}
    assert wanted | {"transhumance/cli.py", "transhumance/py.typed"} <= set(wheel)


@pytest.mark.slow
def test_nothing_generic_is_put_into_site_packages(wheel: list[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"transhumance"}


def test_help_imports_nothing_heavy() -> None:
    heavy = ("pydantic", "sqlalchemy", "rich", "icalendar", "jinja2", "pypff")
    script = (
        "import sys, transhumance.cli\n"
        "try: transhumance.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()
