"""A tenant into the archive, by the commands: check to report, with changes between."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from transhumance.cli import main
from transhumance.connectors.formats.ldif import parse_record
from transhumance.connectors.formats.ldif_stream import blocks
from transhumance.fixtures.rigs.entra_id import fill

PLAN = """\
format: transhumance.plan/1
id: entra
title: Entra
establishment: {{name: CHU, finess: "690000000"}}
endpoints:
  entra: {{connector: entra-id, tenant: chu.example, token: "env:GRAPH_TOKEN", base_url: "{url}", insecure: true}}
  archive: {{connector: archive, path: archive}}
directory: entra
workloads:
  identities: {{from: entra, to: archive}}
policies:
  loss: {{default: continue}}
  deletions: {{mode: remove, max_share: 0.5}}
waves:
  - {{id: tous, workloads: [identities], members: {{all: true}}}}
"""


class Story:
    """Commands over a plan, each in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, code: int = 0) -> list[dict[str, Any]]:
        result = CliRunner().invoke(main, ["--lang", "en", *words, "--json"], prog_name="transhume")
        assert result.exit_code == code, (words, result.output, result.exception)
        return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]

    def entries(self) -> dict[str, dict[str, tuple[bytes, ...]]]:
        """The entries of the archive, by name."""
        found = {}
        for file in (self.folder / "archive").rglob("*.ldif"):
            with open(file, "rb") as stream:
                records = [parse_record(block.raw) for block in blocks(stream) if b"dn:" in block.raw]
            found |= {record.dn: dict(record.attributes) for record in records}
        return found


@pytest.fixture
def story(bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    folder = tmp_path / "plan"
    folder.mkdir()
    fill(bench.tenant)
    (folder / "plan.yaml").write_text(PLAN.format(url=bench.graph.url))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GRAPH_TOKEN", bench.graph.token())
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    return Story(folder)


def test_the_whole_way(bench: Any, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story("check", "plan.yaml")
    story("assess", "plan.yaml")
    story("plan", "plan.yaml")
    story("dry-run", "plan.yaml", code=2)
    assert bench.graph.log and not (story.folder / "archive" / "identities").exists()
    story("approve", "plan.yaml", "--wave", "tous", "--yes")
    story("run", "plan.yaml")
    entries = story.entries()
    assert len(entries) == 8
    zoe = entries["uid=ONEILZ,dc=chu,dc=example"]
    assert zoe["uid"] == (b"oneilz",) and zoe["manager"] == (b"uid=chef@chu.example,dc=chu,dc=example",)
    assert len(entries["cn=equipe,dc=chu,dc=example"]["member"]) == 2

    chief = bench.tenant.find("#microsoft.graph.user", "chef@chu.example")
    bench.tenant.update(chief["id"], surname="Changée", userPrincipalName="directrice@chu.example")
    anchored = next(i for i, o in bench.tenant.objects.items() if o.get("onPremisesImmutableId"))
    asked = len(bench.graph.log)
    story("run", "plan.yaml", "--pass", "delta")
    assert not any("$select" in each.query and "delta" in each.path for each in bench.graph.log[asked:])
    entries = story.entries()
    assert (
        "uid=directrice@chu.example,dc=chu,dc=example" in entries
        and "uid=chef@chu.example,dc=chu,dc=example" not in entries
    )
    assert entries["uid=ONEILZ,dc=chu,dc=example"]["manager"] == (b"uid=directrice@chu.example,dc=chu,dc=example",)

    bench.tenant.delete(anchored)
    story("run", "plan.yaml", "--pass", "delta")
    assert "uid=ONEILZ,dc=chu,dc=example" not in story.entries()
    bench.graph.age = 8 * 86400.0  # the delta links are too old: all is listed, and nothing is lost
    monkeypatch.setenv("GRAPH_TOKEN", bench.graph.token())
    bench.tenant.add_user("new@chu.example")
    story("run", "plan.yaml", "--pass", "delta")
    (checked,) = [line for line in story("verify", "plan.yaml") if line["message_type"] == "verification"]
    assert (checked["checked"], checked["defects"]) == (7, 0)  # eight, without who left; who came is of no wave
    story("report", "plan.yaml")
    report = json.loads((story.folder / "report" / "reversibility.json").read_text())
    (verdict,) = report["verdicts"]
    assert verdict["items"] == verdict["grades"]["residual"] == verdict["proofs"]["target"] == 7
