"""kill -9 at every boundary between page, cursor, claim, intent, effect, manifest and outcome, then `resume`: the
archive's manifest and the report equal the undisturbed run's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from transhumance.plans.engine.faultpoints import POINTS

DRIVER = Path(__file__).with_name("driver.py")
LONG = os.environ.get("TRANSHUMANCE_CHAOS") == "long"
TURNS = range(1, 40) if LONG else (1, 2, 5)
PLAN = """\
format: transhumance.plan/1
id: chaos
endpoints:
  mails: {connector: eml, path: mails}
  archive: {connector: archive, path: archive}
  copie: {connector: eml, path: copie}
workloads:
  mail: {from: mails, to: [archive, copie]}
policies: {approval: {required: 1}, deletions: {mode: remove, max_share: 0.5}}
waves:
  - {id: pilote, workloads: [mail], members: {people: [alice@chu.example]}}
  - {id: reste, workloads: [mail], members: {all: true}}
"""


def mail(number: int, text: str = "") -> bytes:
    head = f"From: a@chu.example\r\nSubject: Dossier {number}\r\nMessage-ID: <{number}@chu.example>\r\n"
    return (head + f"Date: Tue, 24 Nov 2026 08:00:00 +0100\r\n\r\nTexte {number} {text}\r\n").encode()


def put(path: Path, data: bytes) -> None:
    """A file with a time that is the same in every run."""
    path.write_bytes(data)
    os.utime(path, ns=(10**18, 10**18 + len(data)))


def estate(folder: Path) -> None:
    for owner, count in (("alice@chu.example", 9), ("bob@chu.example", 5)):
        for box in ("INBOX", "Envoyés"):
            place = folder / "mails" / owner / box
            place.mkdir(parents=True)
            for number in range(count):
                put(place / f"{number:03}.eml", mail(number, box))
    (folder / "plan.yaml").write_text(PLAN)


def mutate(folder: Path) -> None:
    box = folder / "mails" / "alice@chu.example" / "INBOX"
    put(box / "003.eml", mail(3, "changed"))
    put(box / "new.eml", mail(99, "new"))
    (box / "004.eml").unlink()
    (box / "005.eml").rename(box.parent / "Envoyés" / "moved.eml")


def drive(folder: Path, *steps: str, fault: str = "") -> int:
    """Runs steps; the exit code, negative when the process was killed."""
    environment = {
        **os.environ,
        "TRANSHUMANCE_FAULT": fault,
        "TRANSHUMANCE_CODECS": "inline",
        "TRANSHUMANCE_CHUNK_ITEMS": "3",
        "TRANSHUMANCE_ACTOR": "chaos",
    }
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(folder / "plan.yaml"), *steps],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


@dataclass(frozen=True)
class Outcome:
    """What is compared: every file of the archive and of the other target, the archive's manifest, the report without
    its dates."""

    archive: dict[str, bytes]
    copy: dict[str, bytes]
    report: Any


def outcome(folder: Path) -> Outcome:
    assert drive(folder, "report") == 0
    report = json.loads((folder / "report" / "reversibility.json").read_text())
    return Outcome(files(folder / "archive"), files(folder / "copie"), undated(report))


def differences(found: Outcome, wanted: Outcome) -> list[str]:
    """Where two outcomes differ, path by path."""
    out = [
        f"archive {n}"
        for n in found.archive.keys() | wanted.archive.keys()
        if found.archive.get(n) != wanted.archive.get(n)
    ]
    out += [f"copy {n}" for n in found.copy.keys() | wanted.copy.keys() if found.copy.get(n) != wanted.copy.get(n)]
    return sorted(out) + list(walk("report", found.report, wanted.report))


def walk(path: str, a: Any, b: Any) -> Iterator[str]:
    """The leaves at which two JSON values differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            yield from walk(f"{path}.{key}", a.get(key), b.get(key))
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for at, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from walk(f"{path}[{at}]", x, y)
    elif a != b:
        yield f"{path}: {a!r:.300} != {b!r:.300}"


def files(root: Path) -> dict[str, bytes]:
    """Every visible file of a target; hidden ones are its own bookkeeping (before-images, staging, catalogue)."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)
    }


def undated(value: Any) -> Any:
    """The document without its dates and durations, and without the attempts that a crash adds."""
    dated = {
        "generated",
        "expires",
        "when",
        "rehearsed",
        "on",
        "since",
        "rate",
        "downtime",
        "duration",
        "median",
        "run_id",
        "p90",
        "rto",
        "seed",
        "at",
    }
    if isinstance(value, dict):
        return {k: undated(v) for k, v in value.items() if k not in dated}
    return [undated(v) for v in value] if isinstance(value, list) else value


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An estate that is assessed, planned and approved, with nothing run."""
    folder = tmp_path_factory.mktemp("chaos") / "prepared"
    folder.mkdir()
    estate(folder)
    assert drive(folder, "prepare") == 0
    return folder


@pytest.fixture(scope="session")
def undisturbed(prepared: Path) -> Outcome:
    """The outcome of initial, delta and verify without any fault."""
    folder = prepared.with_name("undisturbed")
    shutil.copytree(prepared, folder)
    assert drive(folder, "run") == 0
    mutate(folder)
    assert drive(folder, "run", "verify") == 0
    return outcome(folder)


def finish(folder: Path) -> None:
    for _ in range(3):
        if drive(folder, "run") == 0:
            return
    raise AssertionError("resume does not come to its end")


@pytest.mark.slow
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("name", POINTS)
def test_killed_in_initial_and_resumed(
    name: str, turn: int, prepared: Path, undisturbed: Outcome, tmp_path: Path
) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(prepared, folder)
    if drive(folder, "run", fault=f"{name}:{turn}") != -signal.SIGKILL:
        pytest.skip(f"{name} is passed fewer than {turn} times")
    finish(folder)
    mutate(folder)
    assert drive(folder, "run", "verify") == 0
    assert differences(outcome(folder), undisturbed) == []


@pytest.mark.slow
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("name", POINTS)
def test_killed_in_delta_and_resumed(
    name: str, turn: int, prepared: Path, undisturbed: Outcome, tmp_path: Path
) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(prepared, folder)
    assert drive(folder, "run") == 0
    mutate(folder)
    if drive(folder, "run", fault=f"{name}:{turn}") != -signal.SIGKILL:
        pytest.skip(f"{name} is passed fewer than {turn} times")
    finish(folder)
    assert drive(folder, "verify") == 0
    assert differences(outcome(folder), undisturbed) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["effect.done", "output.manifest", "outcome.committed"])
def test_killed_in_rollback_and_resumed(name: str, prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(prepared, folder)
    assert drive(folder, "run") == 0
    assert drive(folder, "rollback", fault=f"{name}:2") == -signal.SIGKILL
    assert drive(folder, "rollback") == 0
    # what is left of the archive is its own description, no item
    assert not [f for f in files(folder / "archive") if f.endswith(".eml")]
    assert files(folder / "copie") == {}


@pytest.mark.slow
def test_a_full_disk_stops_cleanly_and_goes_on(prepared: Path, undisturbed: Outcome, tmp_path: Path) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(prepared, folder)
    assert drive(folder, "run", fault="effect.done:2:full") == 3
    finish(folder)
    mutate(folder)
    assert drive(folder, "run", "verify") == 0
    assert differences(outcome(folder), undisturbed) == []
