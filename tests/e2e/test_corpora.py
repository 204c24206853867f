"""Every file of the corpora, damaged and hostile ones too, through the command line: each item in exactly one grade."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.corpora]
MIB = 1024

PLAN = """\
format: transhumance.plan/1
id: corpus
endpoints:
  annuaire: {{connector: ldif, path: {root}/ldif}}
  mime: {{connector: eml, path: {root}/mime}}
  mboxes: {{connector: mbox, path: {root}/mime}}
  psts: {{connector: pst, path: {root}/pst}}
  agendas: {{connector: ics, path: {root}/ical}}
  cartes: {{connector: vcf, path: {root}/vcard}}
  bureautique: {{connector: folder, path: {root}/office}}
  msg: {{connector: folder, path: {root}/msg}}
  tnef: {{connector: folder, path: {root}/tnef}}
  archive: {{connector: archive, path: archive}}
workloads:
  identities: {{from: annuaire, to: archive}}
  mail: {{from: [mime, mboxes, psts], to: archive}}
  calendars: {{from: [agendas, psts], to: archive}}
  contacts: {{from: [cartes, psts], to: archive}}
  tasks: {{from: [agendas, psts], to: archive}}
  documents: {{from: [bureautique, msg, tnef], to: archive}}
policies: {{approval: {{required: 0}}, loss: {{default: continue}}}}
waves:
  - {{id: tout, workloads: [identities, mail, calendars, contacts, tasks, documents], members: {{all: true}}}}
"""


def transhume(folder: Path, *arguments: str) -> str:
    """Runs a command; it must end with 0 or 2, and without a traceback."""
    command = [sys.executable, "-m", "transhumance.cli", *arguments, "--lang", "en"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, env={**os.environ})
    assert done.returncode in (0, 2), (arguments, done.stdout[-2000:], done.stderr[-2000:])
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def estate(corpora: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    (folder / "plan.yaml").write_text(PLAN.format(root=corpora()))
    return folder


def sums(folder: Path) -> dict[str, dict[str, int]]:
    """The grades of each workload, whose sum must be the items, as must that of the forward answers."""
    document = json.loads((folder / "report" / "reversibility.json").read_text())
    found = {}
    for verdict in document["verdicts"]:
        assert sum(verdict["grades"].values()) == sum(verdict["forward"].values()) == verdict["items"] > 0
        found[verdict["workload"]] = verdict["grades"]
    return found


def test_the_corpora_are_assessed_measured_carried_over_and_read_back(estate: Path) -> None:
    for command in ("assess", "plan", "dry-run"):
        transhume(estate, command, "plan.yaml")
    dry = sums(estate)
    assert all(grades["not_assessed"] == 0 for grades in dry.values())
    print(json.dumps(dry, indent=1))
    transhume(estate, "run", "plan.yaml")
    assert "nothing to do" in transhume(estate, "run", "plan.yaml")
    transhume(estate, "verify", "plan.yaml")
    transhume(estate, "report", "plan.yaml")
    after = sums(estate)
    assert {w: sum(g.values()) for w, g in after.items()} == {w: sum(g.values()) for w, g in dry.items()}
    archive = estate / "archive"
    checked = subprocess.run(
        ["sha256sum", "--quiet", "-c", "MANIFEST.sha256"], cwd=archive, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1024 * MIB
