"""Passwords of a wave: checked by a real domain controller for a while, then one's own; or set anew. Nobody is left
outside."""

from __future__ import annotations

import subprocess
import urllib.error
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from transhumance.connectors.contract import Container, SkipItem, Status, StopEndpoint
from transhumance.connectors.keycloak import passwords
from transhumance.connectors.testing.rig import NotHere
from transhumance.fixtures.ldapfront import Front
from transhumance.fixtures.services.samba import Samba

PASSWORD = "Autre.Passe-1"


@pytest.fixture(scope="module")
def domain() -> Iterator[tuple[Samba, Front]]:
    """A domain with two people who have passwords, and a door without TLS before it (the realm trusts no CA of it)."""
    try:
        with Samba() as samba, Front(samba.address, samba.ca_file) as front:
            for name in ("anne", "zoe"):
                words = ["samba-tool", "user", "create", name, PASSWORD, "-s", samba.config, "-H", samba.sam]
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

    opened = bench.target.opened
    with pytest.raises(StopEndpoint, match="2 people have neither"):
        passwords.close_wave(opened, "pilote")
    with pytest.raises(SkipItem) as refused:
        passwords.cut(opened, anne["id"])
    assert refused.value.code == "ID-PWD-09"
    credential = {"type": "password", "value": "Nouveau.Passe-1", "temporary": False}
    passwords.cut(opened, anne["id"], [credential])
    assert logs_in(bench, "anne", "Nouveau.Passe-1") and not logs_in(bench, "anne", PASSWORD)
    assert bench.user("anne")["id"] == anne["id"] and "federationLink" not in bench.user("anne")
    bench.call("PUT", f"/users/{zoe['id']}/reset-password", {"type": "password", "value": "Nouveau.Passe-2"})
    passwords.close_wave(opened, "pilote")
    assert logs_in(bench, "zoe", "Nouveau.Passe-2") and bench.user("zoe")["id"] == zoe["id"]
    assert opened.realm.components() == []


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
