"""Active Directory entries go into an open LDIF target and return as they were, but for what only a server counts."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest

from transhumance.plans.commands import cutover, forward
from transhumance.plans.project import Project
from transhumance.plans.waves.inventory import assess

EXPORT = """\
dn: OU=Cardiologie,DC=chu,DC=example
objectClass: top
objectClass: organizationalUnit
ou: Cardiologie
objectGUID:: AQEBAQEBAQEBAQEBAQEBAQ==

dn: CN=Agnès O'Neil,OU=Cardiologie,DC=chu,DC=example
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
cn: Agnès O'Neil
sn: O'Neil
givenName: Agnès
sAMAccountName: AOneil
userPrincipalName: aoneil@chu.example
mail: agnes.oneil@chu.example
proxyAddresses: SMTP:agnes.oneil@chu.example
proxyAddresses: X500:/o=CHU/ou=Premier/cn=Recipients/cn=aoneil
userAccountControl: 514
primaryGroupID: 513
objectGUID:: AgICAgICAgICAgICAgICAg==
objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAUQQAAA==
uSNChanged: 4711
"""

PLAN = """\
format: transhumance.plan/1
id: annuaire
endpoints:
  ad: {connector: ldif, path: export}
  ouvert: {connector: ldif, path: ouvert}
  retour: {connector: ldif, path: retour}
directory: ad
workloads:
  identities: {from: ad, to: ouvert, back: {to: retour}}
policies: {approval: {required: 0}, loss: {default: continue}}
waves:
  - {id: tout, workloads: [identities], members: {all: true}}
"""


RECOMPUTED = {"uSNChanged", "distinguishedName", "name"}


def entries(folder: Path) -> list[list[tuple[str, bytes]]]:
    """Every entry under a folder, but for attributes that a directory makes by itself; whatever their order and
    encoding."""
    found = []
    for path in folder.rglob("*.ldif"):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        for block in path.read_bytes().replace(b"\n ", b"").split(b"\n\n"):
            values = [line(raw) for raw in block.splitlines() if raw and not raw.startswith((b"#", b"version"))]
            if values:
                found.append(sorted(pair for pair in values if pair[0] not in RECOMPUTED))
    return sorted(found)


def line(raw: bytes) -> tuple[str, bytes]:
    name, _, value = raw.partition(b":")
    return name.decode(), b64decode(value[1:]) if value.startswith(b":") else value.strip()


@pytest.mark.parametrize("targets", ["ouvert", "[ouvert, archive]", "archive"])
def test_what_left_as_active_directory_returns_as_active_directory(
    targets: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "chu.ldif").write_text(EXPORT)
    plan = PLAN.replace("to: ouvert,", f"to: {targets},")
    plan = plan.replace("directory:", "  archive: {connector: archive, path: archive}\ndirectory:")
    (tmp_path / "plan.yaml").write_text(plan)
    project = Project.open(tmp_path / "plan.yaml")
    assess(project)
    forward.plan(project)
    assert [r.state for r in forward.run(project, ["tout"])] == ["done"]
    assert [r.state for r in cutover.cutover(project, "tout")] == ["done", "done"]
    result = cutover.give_back(project, "tout")
    assert (result.state, result.counts.statuses) == ("done", {"written": 2})
    project.close()
    back = entries(tmp_path / "retour")
    assert len(back) == 2
    assert back == entries(tmp_path / "export")
