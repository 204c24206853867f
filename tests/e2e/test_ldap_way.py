"""An export of Active Directory into OpenLDAP and 389-ds by the command line, compared with what `ldapsearch` shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from transhumance.connectors.formats.dn import dn_key, rdn_value
from transhumance.connectors.formats.entry import classes_of, lowered, stable_id
from transhumance.connectors.formats.ldif import LdifRecord, parse_record
from transhumance.fixtures.estate import directory
from transhumance.fixtures.rigs.servers import dirsrv, slapd
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.directory import Directory

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.xdist_group("slapd")]
SERVERS = {"slapd": slapd, "dirsrv": dirsrv}
PLAN = """\
format: transhumance.plan/1
id: ldap
endpoints:
  ad: {{connector: ldif, path: annuaire}}
  ldap: {{connector: ldap, url: "{s.ldaps}", base: "{base}", username: "{s.admin}", password: "env:LDAP_PASSWORD",
          ca_file: "{s.ca_file}"}}
workloads:
  identities: {{from: ad, to: ldap}}
policies: {{approval: {{required: 0}}, loss: {{default: continue}}, deletions: {{mode: remove, max_share: 0.5}},
            drift: {{max_share: 1.0}}}}
waves:
  - {{id: tout, workloads: [identities], members: {{all: true}}}}
"""


def started(name: str) -> Directory:
    try:
        return SERVERS[name]()
    except NotHere as absent:
        pytest.skip(str(absent))


def transhume(server: Directory, folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "transhumance.cli", *words, "--lang", "en"]
    environment = {**os.environ, "LDAP_PASSWORD": server.password}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode in (0, 2), (words, done.stdout[-2000:], done.stderr[-2000:])
    assert "Traceback" not in done.stderr and server.password not in done.stdout + done.stderr
    return done.stdout


def records(ldif: bytes) -> list[LdifRecord]:
    return [parse_record(part) for part in re.split(rb"\r?\n\r?\n", ldif) if re.search(rb"(?m)^dn:", part)]


def at_the_source(folder: Path) -> dict[str, LdifRecord]:
    found = records((folder / "annuaire" / "annuaire.ldf").read_bytes())
    return {str(stable_id(lowered(r.attributes))): r for r in found}


def compare(server: Directory, base: str, folder: Path) -> None:
    """Every person and group is there once, under its name, with its values and its members."""
    shown = [r for r in records(server.search(base)) if dn_key(r.dn) != dn_key(base)]
    there = {lowered(r.attributes)["trhobjectguid"][0].decode(): r for r in shown}
    source = at_the_source(folder)
    root = min((r.dn for r in source.values()), key=lambda dn: dn.count(","))
    own = {guid: r for guid, r in source.items() if r.dn != root}
    assert there.keys() == own.keys() and len(shown) == len(own)
    for guid, record in own.items():
        mine, theirs = lowered(record.attributes), lowered(there[guid].attributes)
        assert dn_key(there[guid].dn) == dn_key(record.dn.removesuffix(root) + base), record.dn
        for name in ("cn", "sn", "givenname", "mail", "telephonenumber", "title"):
            if name in mine and not classes_of(mine) & {"computer"}:
                assert set(mine[name]) <= set(theirs.get(name, ())) or name == "telephonenumber", (record.dn, name)
        if "group" in classes_of(mine):
            wanted = {dn_key(v.decode().removesuffix(root) + base) for v in mine.get("member", ())}
            found = {dn_key(v.decode()) for v in theirs.get("member", ())}
            assert found == (wanted or {"cn=empty-group"}), record.dn
        if "objectsid" in mine and "user" in classes_of(mine) and "computer" not in classes_of(mine):
            assert theirs["trhobjectsid"][0].startswith(b"S-1-5-21-")


@pytest.mark.parametrize("name", ["slapd", "dirsrv"])
def test_an_export_into_a_live_directory(name: str, tmp_path: Path) -> None:
    server = started(name)
    base = server.fresh()
    (tmp_path / "annuaire").mkdir()
    export = tmp_path / "annuaire" / "annuaire.ldf"
    with open(export, "wb") as out:
        directory.write(out, 2026, 40)
    export.write_bytes(export.read_bytes().replace(b"\r\n ", b"").replace(b"\n ", b""))
    (tmp_path / "plan.yaml").write_text(PLAN.format(s=server, base=base))
    for command in ("check", "assess", "plan", "dry-run"):
        said = transhume(server, tmp_path, command, "plan.yaml")
        assert command != "check" or "TLS verified" in said
    assert server.search(base, "(objectClass=*)", "1.1").count(b"dn:") == 1  # nothing was written
    transhume(server, tmp_path, "run", "plan.yaml")
    compare(server, base, tmp_path)
    assert "nothing to do" in transhume(server, tmp_path, "run", "plan.yaml")

    renamed, gone = _changed(export)
    transhume(server, tmp_path, "run", "plan.yaml", "--pass", "delta")
    compare(server, base, tmp_path)
    seen = server.search(base, "(objectClass=*)", "1.1").decode()
    assert f"cn={renamed}," in seen.lower() and gone.lower() not in seen.lower()
    assert "0.0%" in transhume(server, tmp_path, "verify", "plan.yaml")

    transhume(server, tmp_path, "rollback", "plan.yaml", "--wave", "tout", "--yes")
    assert server.search(base, "(objectClass=*)", "1.1").count(b"dn:") == 1


def _changed(export: Path) -> tuple[str, str]:
    """One person marries, another leaves, a third moves rooms; returns the new name and the name that is gone."""
    data = export.read_bytes()
    people = [
        r.dn
        for r in records(data)
        if b"person" in r.attributes.get("objectClass", ())
        and r.dn.isascii()
        and "\\" not in r.dn
        and "mail" in r.attributes
    ]
    bride, leaver, third = people[0], people[1], people[2]
    name = rdn_value(bride)
    data = data.replace(f"CN={name},".encode(), b"CN=MARIEE Anne,").replace(f"cn: {name}".encode(), b"cn: MARIEE Anne")
    parts = re.split(rb"(?<=\n)\r?\n", data)
    kept = [part for part in parts if not part.startswith(f"dn: {leaver}".encode())]
    kept = [p.rstrip() + b"\nroomNumber: 404\n" if p.startswith(f"dn: {third}".encode()) else p for p in kept]
    assert len(kept) == len(parts) - 1
    text = b"\n".join(kept)
    text = b"\n".join(line for line in text.split(b"\n") if line.strip() != f"member: {leaver}".encode())
    export.write_bytes(text)
    return "mariee anne", f"cn={rdn_value(leaver)},"


def test_the_way_back_out_of_openldap(tmp_path: Path) -> None:
    """Cut over, worked on, returned: what left comes home under its own names, and what was changed with it."""
    server = started("slapd")
    base = server.fresh()
    (tmp_path / "annuaire").mkdir()
    export = tmp_path / "annuaire" / "annuaire.ldf"
    with open(export, "wb") as out:
        directory.write(out, 2026, 30)
    plan = PLAN.format(s=server, base=base).replace("to: ldap}", "to: ldap, back: {to: retour}}")
    (tmp_path / "plan.yaml").write_text(
        plan.replace("workloads:", "  retour: {connector: ldif, path: retour}\nworkloads:", 1)
    )
    for words in (("assess",), ("plan",), ("run",), ("cutover", "--wave", "tout", "--yes")):
        transhume(server, tmp_path, words[0], "plan.yaml", *words[1:])
    someone = re.findall(r"dn: (.*)", server.search(base, "(&(objectClass=inetOrgPerson)(uid=*))", "1.1").decode())[0]
    server.tool("ldapmodify", stdin=f"dn: {someone}\nchangetype: modify\nreplace: title\ntitle: Chef\n".encode())
    server.add(f"dn: uid=nouveau,{base}\nobjectClass: inetOrgPerson\nuid: nouveau\ncn: N\nsn: N\n")
    said = transhume(server, tmp_path, "return", "plan.yaml", "--wave", "tout", "--yes")
    assert "returned, read back, equal" in said
    (home,) = (tmp_path / "retour").rglob("*.ldif")
    back = {str(stable_id(lowered(r.attributes))): r for r in records(home.read_bytes())}
    source = at_the_source(tmp_path)
    root = min(source, key=lambda guid: source[guid].dn.count(","))
    assert back.keys() - source.keys() and source.keys() - back.keys() == {root}
    changed = []
    for guid, record in source.items():
        if guid != root and _said(record) != _said(back[guid]):
            changed.append(record.dn)
    assert len(changed) == 1 and rdn_value(changed[0]) == rdn_value(someone)


def _said(record: LdifRecord) -> tuple[str, dict[str, list[bytes]]]:
    """An entry without its counters and what its directory derives."""
    own = re.compile(
        "(?i)lastLog|uSN|whenChanged|memberOf|logonCount|badP|dSCore|name$|distinguishedName|sAMAccountType"
    )
    return record.dn, {name: sorted(values) for name, values in record.attributes.items() if not own.match(name)}


@pytest.mark.corpora
def test_a_real_forest_into_openldap(corpora: Callable[..., Path], tmp_path: Path) -> None:
    """Root and child domain of a real Windows forest."""
    server = started("slapd")
    base, folder = server.fresh(), corpora("ldif")
    (tmp_path / "annuaire").mkdir()
    files = [f for f in folder.rglob("*.ldif") if re.match(r"(north|sevenkingdoms)--DC=(north|seven)", f.name)]
    wanted = [f for f in files if "RootDSE" not in f.name]
    assert len(wanted) == 2
    for file in wanted:
        (tmp_path / "annuaire" / file.name).symlink_to(file)
    (tmp_path / "plan.yaml").write_text(PLAN.format(s=server, base=base))
    for command in ("assess", "plan", "run"):
        transhume(server, tmp_path, command, "plan.yaml")
    assert "0.0%" in transhume(server, tmp_path, "verify", "plan.yaml")
    guids = {str(stable_id(lowered(r.attributes))) for file in wanted for r in records(file.read_bytes())}
    shown = {stable_id(lowered(r.attributes)) for r in records(server.search(base))}
    assert len(guids - shown) == 1  # the base itself
    assert "stands in" not in server.search(base).decode()
