"""What becomes of a person whom the directory no longer has: read again first, then switched off and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from transhumance.connectors.contract import Container, Expect, Fence, Outcome, Page, Status
from transhumance.connectors.ldif.source import LdifSource
from transhumance.connectors.ldif.target import LdifTarget
from transhumance.plans.commands import forward
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

PLAN = """\
format: transhumance.plan/1
id: annuaire
endpoints:
  ad: {connector: ldif, path: export}
  ouvert: {connector: ldif, path: ouvert}
directory: ad
workloads:
  identities: {from: ad, to: ouvert}
policies: {approval: {required: 0}, loss: {default: continue}, deletions: {mode: disable, max_share: 0.5}}
waves:
  - {id: tout, workloads: [identities], members: {all: true}}
"""


def person(number: int) -> str:
    return (
        f"dn: uid=p{number},dc=chu,dc=example\nobjectClass: inetOrgPerson\nuid: p{number}\ncn: P {number}\nsn: P\n"
        f"entryUUID: 00000000-0000-0000-0000-00000000000{number}\n"
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "chu.ldif").write_text("\n".join(map(person, range(5))))
    (tmp_path / "plan.yaml").write_text(PLAN)
    project = Project.open(tmp_path / "plan.yaml")
    assess(project)
    forward.plan(project)
    forward.run(project, ["tout"])
    return project


def statuses(project: Project) -> list[str]:
    (row,) = project.ledger.containers("tout")
    return sorted(item.status for batch in project.items.rows("ouvert", row.id, 100, None) for item in batch)


def test_one_that_disappears_is_switched_off_where_the_target_can(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    off: list[tuple[bytes, str]] = []

    def disable(self: LdifTarget, container: Container, key: bytes, expect: Expect, fence: Fence) -> Outcome:
        off.append((key, expect.version))
        return Outcome(key, Status.WRITTEN, key, "off")

    monkeypatch.setattr(LdifTarget, "disable", disable, raising=False)
    (tmp_path / "export" / "chu.ldif").write_text("\n".join(map(person, range(4))))
    forward.run(project, ["tout"])
    assert len(off) == 1 and off[0][1] not in ("", "absent"), "the version that we wrote is what is expected"
    assert statuses(project) == ["aside", *["written"] * 4]
    forward.run(project, ["tout"])
    assert len(off) == 1, "it is switched off once"


def test_one_that_the_directory_still_gives_is_not_believed_gone(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = LdifSource.page

    def short(self: LdifSource, container: Container, cursor: bytes | None) -> Page:
        page = whole(self, container, cursor)
        return replace(page, refs=page.refs[:-1])

    monkeypatch.setattr(LdifSource, "page", short)
    monkeypatch.setattr("transhumance.plans.engine.transfer.RETRY_WAIT", 0.0)
    results: Sequence[object] = forward.run(project, ["tout"])
    assert results
    told = {(p.target, p.code, p.state) for p in project.ledger.problems("tout")}
    assert ("ouvert", "GEN-GONE-01", "quarantined") in told and {code for _, code, _ in told} == {"GEN-GONE-01"}
    assert statuses(project) == ["quarantined", *["written"] * 4]
    ldif = "".join(p.read_text() for p in (tmp_path / "ouvert").rglob("*.ldif"))
    assert ldif.count("uid: p") == 5, "nothing was taken away at the target"
