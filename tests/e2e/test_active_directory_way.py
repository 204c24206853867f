"""A domain to the archive and back into another domain, by the command line; the two domains are compared by
`ldbsearch`, which reads the databases themselves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.samba import PASSWORD, Samba

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.xdist_group("samba")]
PEOPLE = 25

PLAN = """\
format: transhumance.plan/1
id: ad
endpoints:
  ad: {{connector: active-directory, url: "{ad.url}", base: "{ou}", username: {ad.admin}, password: "env:AD_PASSWORD",
       ca_file: {ad.ca_file}}}
  neuf: {{connector: active-directory, url: "{neuf.url}", base: "OU=Retour,{neuf.base}", username: {neuf.admin},
         password: "env:AD_PASSWORD", ca_file: {neuf.ca_file}}}
  archive: {{connector: archive, path: archive}}
directory: ad
workloads:
  identities: {{from: ad, to: archive, back: {{to: neuf}}}}
policies: {{approval: {{required: 0}}, loss: {{default: continue}}, deletions: {{mode: disable}}}}
waves:
  - {{id: tout, workloads: [identities], members: {{all: true}}}}
"""
# what is the second domain's own, or a counter
OWN = re.compile(
    "whenCreated|whenChanged|uSN|objectGUID|objectSid|objectCategory|distinguishedName|badP|lastLog|logonCount|memberOf"
)


@pytest.fixture(scope="module")
def domains() -> Iterator[tuple[Samba, Samba]]:
    try:
        with Samba() as old, Samba("NEUF.EXAMPLE", "NEUF") as new:
            yield old, new
    except NotHere as reason:
        pytest.skip(str(reason))


def estate(ou: str) -> str:
    """People with commas and accents in their names, who have a chief; nested groups, a contact, an OU in an OU."""
    units = f"dn: {ou}\nobjectClass: organizationalUnit\n\ndn: OU=Cœur,{ou}\nobjectClass: organizationalUnit\n\n"
    people = [f"CN=Agent {n}\\, Dr,OU=Cœur,{ou}" for n in range(PEOPLE)]
    said = "".join(
        f"dn: {dn}\nobjectClass: user\nsAMAccountName: agent{n}\nsn: É{n}\nmail: agent{n}@chu.example\n"
        f"userAccountControl: 514\nemployeeNumber: 1000{n}\nproxyAddresses: SMTP:agent{n}@chu.example\n"
        f"proxyAddresses: X500:/o=CHU/cn={n}\n" + (f"manager: {people[0]}\n" if n else "") + "\n"
        for n, dn in enumerate(people)
    )
    members = "".join(f"member: {dn}\n" for dn in people)
    groups = (
        f"dn: CN=Tous,{ou}\nobjectClass: group\nsAMAccountName: tous\n{members}\n"
        f"dn: CN=Emboîté,{ou}\nobjectClass: group\nsAMAccountName: emb\ngroupType: -2147483640\n"
        f"member: CN=Tous,{ou}\n\n"
    )
    return units + said + groups + f"dn: CN=Dehors,{ou}\nobjectClass: contact\nmail: d@x.example\n\n"


def transhume(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "transhumance.cli", *words, "--lang", "en"]
    environment = {**os.environ, "AD_PASSWORD": PASSWORD}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode in (0, 2), (words, done.stdout[-2000:], done.stderr[-2000:])
    assert "Traceback" not in done.stderr and PASSWORD not in done.stdout + done.stderr
    return done.stdout


def tree(server: Samba, base: str) -> dict[str, list[str]]:
    """Every entry below a base as `ldbsearch` shows it, names without the base, without what is the domain's own."""
    out = server.search("(objectClass=*)", base=base, more=("--show-binary", "-s", "sub"))
    found = {}
    for block in re.sub(r"\n ", "", out).split("\n\n"):
        lines = [line.replace(base, "BASE") for line in block.splitlines() if not line.startswith("#")]
        if lines and lines[0].startswith("dn") and lines[0] != "dn: BASE":
            found[lines[0]] = sorted(line for line in lines if not OWN.match(line))
    return found


def test_to_the_archive_and_back_into_another_domain(domains: tuple[Samba, Samba], tmp_path: Path) -> None:
    old, new = domains
    ou = f"OU=Hôpital,{old.base}"
    old.add(estate(ou))
    new.add(f"dn: OU=Retour,{new.base}\nobjectClass: organizationalUnit\n\n")
    (tmp_path / "plan.yaml").write_text(PLAN.format(ad=old, neuf=new, ou=ou))
    for command in ("check", "assess", "plan", "dry-run", "run"):
        transhume(tmp_path, command, "plan.yaml")
    assert "nothing to do" in transhume(tmp_path, "run", "plan.yaml")

    old.modify(
        f"dn: CN=Agent 3\\, Dr,OU=Cœur,{ou}\nchangetype: modrdn\nnewrdn: CN=Agent 3 mariée\ndeleteoldrdn: 1\n"
        f"newsuperior: {ou}\n\ndn: CN=Agent 5\\, Dr,OU=Cœur,{ou}\nchangetype: delete\n\n"
    )
    said = transhume(tmp_path, "run", "plan.yaml", "--pass", "delta")
    assert "2 written, 1 left at the target" in said  # the renamed one, the group that named both; and who left
    assert "0.0%" in transhume(tmp_path, "verify", "plan.yaml")

    transhume(tmp_path, "rollback", "plan.yaml", "--wave", "tout", "--yes")
    assert not list((tmp_path / "archive").rglob("*.ldif"))
    transhume(tmp_path, "run", "plan.yaml")
    transhume(tmp_path, "cutover", "plan.yaml", "--wave", "tout", "--yes")
    count = PEOPLE - 1 + 2 + 1 + 1
    assert f"{count} returned, read back, equal" in transhume(
        tmp_path, "return", "plan.yaml", "--wave", "tout", "--yes"
    )
    there, back = tree(old, ou), tree(new, f"OU=Retour,{new.base}")
    assert len(there) == count and back == there
    transhume(tmp_path, "report", "plan.yaml")
    report = json.loads((tmp_path / "report" / "reversibility.json").read_text())
    assert [verdict["items"] for verdict in report["verdicts"]] == [count]


def test_what_a_way_back_never_writes_is_left_out_and_not_quarantined(
    domains: tuple[Samba, Samba], tmp_path: Path
) -> None:
    """A wave of the whole domain holds machines, policies and built-in accounts: they stay as they are."""
    old, new = domains
    ou = f"OU=Postes,{old.base}"
    old.add(
        f"dn: {ou}\nobjectClass: organizationalUnit\n\ndn: CN=POSTE1,{ou}\nobjectClass: computer\n"
        f"sAMAccountName: POSTE1$\n\ndn: CN=Seule,{ou}\nobjectClass: user\nsAMAccountName: seule\n\n"
    )
    new.add(f"dn: OU=Tout,{new.base}\nobjectClass: organizationalUnit\n\n")
    plan = PLAN.replace("OU=Retour", "OU=Tout").format(ad=old, neuf=new, ou=old.base)
    (tmp_path / "plan.yaml").write_text(plan)
    before = tree(old, old.base)
    for command in ("assess", "plan", "run"):
        transhume(tmp_path, command, "plan.yaml")
    transhume(tmp_path, "cutover", "plan.yaml", "--wave", "tout", "--yes")
    said = transhume(tmp_path, "return", "plan.yaml", "--wave", "tout", "--yes")
    assert "quarantin" not in said and "left as they are" in said, said
    assert not new.search("(sAMAccountName=POSTE1$)", base=new.base).count("dn: CN=POSTE1")
    assert new.search("(sAMAccountName=seule)", base=new.base).count("dn: CN=Seule") == 1
    assert tree(old, old.base) == before
