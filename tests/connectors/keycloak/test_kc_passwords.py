"""Passwords of a wave: checked by a real domain controller for a while, then one's own; or set anew. Nobody is left
outside."""

from __future__ import annotations

import subprocess
import urllib.error
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from transhumance.cli import main
from transhumance.connectors.contract import Container, Status, StopEndpoint
from transhumance.connectors.keycloak import passwords
from transhumance.connectors.testing.rig import NotHere
from transhumance.fixtures.ldapfront import Front
from transhumance.fixtures.rigs.keycloak import fresh_realm, shared
from transhumance.fixtures.services.samba import Samba
from transhumance.plans.commands import cutover

PASSWORD = "Autre.Passe-1"


@pytest.fixture(scope="module")
def domain() -> Iterator[tuple[Samba, Front]]:
    """A domain with people who have passwords, and a door without TLS before it (the realm trusts no CA of it)."""
    try:
        with Samba() as samba, Front(samba.address, samba.ca_file) as front:
            for name in ("anne", "zoe", "lea", "paul"):  # an id is one of the server: each test has its people
                whole = ["--given-name", name, "--surname", "Petit", "--mail-address", f"{name}@chu.example"]
                words = ["samba-tool", "user", "create", name, PASSWORD, *whole, "-s", samba.config, "-H", samba.sam]
                subprocess.run(list(map(str, words)), check=True, capture_output=True)
            yield samba, front
    except NotHere as absent:
        pytest.skip(str(absent))


def guid_and_dn(samba: Samba, name: str) -> tuple[str, str]:
    words = ["ldbsearch", "-H", str(samba.sam), f"--configfile={samba.config}", f"sAMAccountName={name}", "objectGUID"]
    lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    found = dict(line.split(": ", 1) for line in lines if ": " in line)
    return found["objectGUID"], found["dn"]


def logs_in(bench: Any, name: str, password: str) -> bool:
    form = {"grant_type": "password", "client_id": "admin-cli", "username": name, "password": password}
    try:
        return "access_token" in bench.server.login(bench.realm, **form)
    except urllib.error.HTTPError:
        return False


def test_the_directory_checks_passwords_until_the_wave_is_cut(make_bench: Callable[..., Any], domain: Any) -> None:
    samba, front = domain
    federation = {
        "url": front.clear_url,
        "users": f"CN=Users,{samba.base}",
        "username": samba.admin,
        "password": samba.password,
        "filter": "(|(sAMAccountName=anne)(sAMAccountName=zoe))",
    }
    bench = make_bench(log_in="pass_through", federation=federation)
    bench.place = bench.target.ensure(Container(b"ad", "identities", b"x", ("x",), properties={"wave": "pilote"}))
    people = {}
    for name in ("anne", "zoe"):
        id_, dn = guid_and_dn(samba, name)
        said = {"objectClass": bench.classes, "cn": (name,), "sn": ("Petit",), "uid": (name,), "givenName": (name,)}
        people[name] = bench.entry(dn, id_, **said, mail=(f"{name}@x.y",))
    outcomes = bench.write(*people.values())
    assert {o.status for o in outcomes} == {Status.WRITTEN}
    assert not logs_in(bench, "anne", PASSWORD), "the federation is off while people are made"
    bench.target.finish()
    assert logs_in(bench, "anne", PASSWORD) and not logs_in(bench, "anne", "wrong")
    anne, zoe = (bench.user(name) for name in ("anne", "zoe"))
    assert anne["id"] == guid_and_dn(samba, "anne")[0] and anne["lastName"] == "Petit"
    versions = bench.versions()
    assert [versions[o.target_key] for o in outcomes] == [o.version for o in outcomes], "a log-in is no change"

    lacking = list(bench.target.without_credential("pilote"))
    assert sorted((each.name, each.open) for each in lacking) == [("anne", True), ("zoe", True)]
    with pytest.raises(StopEndpoint, match="2 people without a password"):
        bench.target.cut("pilote")
    bench.call("PUT", f"/users/{anne['id']}", {**anne, "requiredActions": ["UPDATE_PASSWORD"]})
    assert len(list(bench.target.without_credential("pilote"))) == 2, "the action alone opens no door"
    bench.call("PUT", f"/users/{anne['id']}", {**anne, "requiredActions": []})
    bench.call("PUT", f"/users/{anne['id']}/reset-password", {"type": "password", "value": "Nouveau.Passe-1"})
    bench.call("PUT", f"/users/{zoe['id']}", {**zoe, "enabled": False})
    assert [(each.name, each.open) for each in bench.target.without_credential("pilote")] == [("zoe", False)]
    bench.call("POST", "/groups", {"name": "soins"})
    (group,) = bench.call("GET", "/groups")
    bench.call("PUT", f"/users/{anne['id']}/groups/{group['id']}")
    bench.target.cut("pilote")
    bench.target.cut("pilote")
    assert logs_in(bench, "anne", "Nouveau.Passe-1") and not logs_in(bench, "anne", PASSWORD)
    after = bench.user("anne")
    assert after["id"] == anne["id"] and "federationLink" not in after and bench.groups_of("anne") == {"/soins"}
    assert bench.user("zoe")["id"] == zoe["id"] and bench.target.opened.realm.components() == []
    assert list(bench.target.without_credential("pilote")) == [] and "pilote" in str(
        list(bench.target.after_return("pilote"))
    )


PLAN = """\
format: transhumance.plan/1
id: relais
endpoints:
  ad: {{connector: active-directory, url: "{ad.url}", base: "{ad.base}", username: {ad.admin},
       password: "env:AD_PASSWORD", ca_file: {ad.ca_file}}}
  sso: {{connector: keycloak, url: "{sso.url}", realm: {realm}, username: {sso.admin}, password: "env:KC_PASSWORD",
        ca_file: {sso.ca_file}, federation: {{url: "{clear}", users: "CN=Users,{ad.base}", username: {ad.admin},
        password: "env:AD_PASSWORD", filter: "(|(sAMAccountName=lea)(sAMAccountName=paul))"}}}}
directory: ad
workloads:
  identities: {{from: ad, to: sso}}
policies: {{approval: {{required: 0}}, loss: {{default: continue}}}}
waves:
  - {{id: pilote, workloads: [identities], passwords: pass_through, members: {{people: [lea, paul]}}}}
"""


@pytest.mark.slow
def test_a_cutover_cuts_the_wave_and_nobody_without_a_password(
    make_bench: Callable[..., Any], domain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samba, front = domain
    bench = make_bench(fresh_realm(shared()))
    plan = PLAN.format(ad=samba, sso=bench.server, realm=bench.realm, clear=front.clear_url)
    (tmp_path / "plan.yaml").write_text(plan)
    monkeypatch.setenv("KC_PASSWORD", bench.server.password)
    monkeypatch.setenv("AD_PASSWORD", samba.password)
    monkeypatch.setenv("TRANSHUMANCE_CODEC_PROCESSES", "0")
    monkeypatch.chdir(tmp_path)

    def said(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["--lang", "en", *words], catch_exceptions=False)
        return done.exit_code, done.output

    for words in (["assess"], ["plan"], ["run", "--wave", "pilote"]):
        code, output = said(words[0], "plan.yaml", *words[1:])
        assert code in (0, 2), output
    assert logs_in(bench, "lea", PASSWORD) and bench.user("lea")["id"] == guid_and_dn(samba, "lea")[0]
    users = {name: bench.user(name) for name in ("lea", "paul")}
    bench.call("PUT", f"/users/{users['lea']['id']}/reset-password", {"type": "password", "value": "Nouveau.Passe-1"})
    code, output = said("cutover", "plan.yaml", "--wave", "pilote", "--yes")
    assert code == 2 and "1 people could not log in to sso" in output and "paul" in output, output
    assert logs_in(bench, "paul", PASSWORD), "nothing was cut"
    bench.call("PUT", f"/users/{users['paul']['id']}/reset-password", {"type": "password", "value": "Nouveau.Passe-2"})
    with monkeypatch.context() as killed:
        killed.setattr(cutover, "note_strangers", _killed)
        assert said("cutover", "plan.yaml", "--wave", "pilote", "--yes")[0] == 1
    assert not logs_in(bench, "paul", PASSWORD), "cut, and the master not changed yet"
    code, output = said("cutover", "plan.yaml", "--wave", "pilote", "--yes")
    assert code == 0, output
    for name, password in (("lea", "Nouveau.Passe-1"), ("paul", "Nouveau.Passe-2")):
        assert logs_in(bench, name, password) and not logs_in(bench, name, PASSWORD)
        assert bench.user(name)["id"] == users[name]["id"]
    assert bench.target.opened.realm.components() == []


def _killed(*given: object) -> None:
    raise KeyboardInterrupt


def test_a_federation_that_writes_back_is_refused(bench: Any) -> None:
    (done,) = bench.write(bench.person("jean"))
    realm = bench.call("GET", "")["id"]
    settings = {
        "editMode": ["WRITABLE"],
        "enabled": ["false"],
        "connectionUrl": ["ldap://127.0.0.1:1"],
        "vendor": ["ad"],
    }
    names = {"usernameLDAPAttribute": ["cn"], "rdnLDAPAttribute": ["cn"], "uuidLDAPAttribute": ["objectGUID"]}
    more = {"userObjectClasses": ["person"], "usersDn": ["dc=x"], "authType": ["none"]}
    component = {"name": "ad", "providerId": "ldap", "providerType": passwords.PROVIDER, "parentId": realm}
    bench.call("POST", "/components", {**component, "config": {**settings, **names, **more}})
    assert "bad" in [d.level for d in bench.target.diagnose()]
    (found,) = bench.target.opened.realm.components()
    linked = {"id": bench.user("jean")["id"], "federationLink": found["id"]}
    assert passwords.not_to_be_removed(bench.target.opened.realm, linked) == "ID-PWD-10"
    assert done.status is Status.WRITTEN


def test_reset_asks_for_a_new_password(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(log_in="reset")
    open_one, closed = bench.person("anne"), bench.person("zoe", pwdAccountLockedTime=("000001010000Z",))
    first, _ = bench.write(open_one, closed)
    assert bench.user("anne")["requiredActions"] == ["UPDATE_PASSWORD"]
    assert bench.user("zoe")["requiredActions"] == []
    assert bench.versions()[first.target_key] == first.version and bench.back(first) == bench.content(open_one)


def test_secrets_are_never_read(bench: Any) -> None:
    id_ = str(uuid.uuid4())
    (done,) = bench.write(bench.person("jean", id_))
    bench.call("PUT", f"/users/{id_}/reset-password", {"type": "password", "value": "Secret.1234"})
    ref = next(r for r in bench.source.page(bench.place, None).refs if r.key == done.target_key)
    (record,) = bench.source.fetch(bench.place, [ref])
    assert record.properties["credentials"] == ("password",)
    assert "argon2" not in str(record.properties) and "secretData" not in str(record.properties)
