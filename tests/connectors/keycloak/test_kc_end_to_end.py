"""From an export of Active Directory into Keycloak and the archive by the commands, and a person who logs in there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from transhumance.cli import main
from transhumance.connectors.contract import Status
from transhumance.fixtures.estate import directory
from transhumance.fixtures.rigs.keycloak import fresh_realm

PLAN = """\
format: transhumance.plan/1
id: annuaire
endpoints:
  ad: {{connector: ldif, path: export}}
  sso: {{connector: keycloak, url: "{url}", realm: {realm}, username: {user}, password: "env:KC_PASSWORD",
        ca_file: ca.pem, log_in: reset}}
  archive: {{connector: archive, path: archive}}
directory: ad
workloads:
  identities: {{from: ad, to: [sso, archive], authoritative: sso}}
policies: {{approval: {{required: 0}}, loss: {{default: continue}}}}
waves:
  - {{id: tout, workloads: [identities], members: {{all: true}}}}
"""


@pytest.fixture
def estate(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A plan over an export of the sample directory, and a realm for it."""
    realm = fresh_realm(server)
    (tmp_path / "export").mkdir()
    with open(tmp_path / "export" / "ad.ldif", "wb") as out:
        directory.write(out, 11, 24)
    shutil.copy(server.ca_file, tmp_path / "ca.pem")
    (tmp_path / "plan.yaml").write_text(PLAN.format(url=server.url, realm=realm, user=server.admin))
    monkeypatch.setenv("KC_PASSWORD", server.password)
    monkeypatch.setenv("TRANSHUMANCE_CODEC_PROCESSES", "0")
    monkeypatch.chdir(tmp_path)

    def said(*words: str) -> str:
        done = CliRunner().invoke(main, ["--lang", "en", *words], catch_exceptions=False)
        assert done.exit_code in (0, 2), (words, done.output[-3000:])
        return done.output

    return realm, tmp_path, said


def count(server: Any, realm: str) -> int:
    return int(server.call("GET", f"/{realm}/users/count"))


@pytest.mark.slow
def test_a_directory_moves_and_comes_back(server: Any, estate: tuple[str, Path, Callable[..., str]]) -> None:
    realm, folder, said = estate
    checked = said("check", "plan.yaml")
    assert "Keycloak" in checked and "Ready for assess / run / cutover" in checked
    probed = said("check", "plan.yaml", "--probe")
    assert "0 unexpected canary" in probed, probed
    assert count(server, realm) == 0, "canaries are taken away again"
    said("assess", "plan.yaml")
    said("plan", "plan.yaml")
    said("dry-run", "plan.yaml", "--wave", "tout", "--report", "report")
    assert count(server, realm) == 0, "a dry run writes nothing"
    ran = said("run", "plan.yaml", "--wave", "tout")
    assert "150 written, 8 skipped" in ran, "all but computers, contacts and the like go to both targets"
    assert count(server, realm) == 35
    assert [group["name"] for group in server.call("GET", f"/{realm}/groups")] == ["Valombre"]
    assert "150 equal when read back" in said("verify", "plan.yaml", "--wave", "tout")
    assert "nothing to do" in said("run", "plan.yaml", "--wave", "tout")
    logged_in(server, realm)

    exported = folder / "export" / "ad.ldif"
    exported.write_bytes(exported.read_bytes().replace(b"title: ", b"title: Dr. ", 1))
    assert "2 written, 156 unchanged" in said("run", "plan.yaml", "--wave", "tout", "--pass", "delta")
    titles = [user["attributes"].get("title", [""])[0] for user in everyone(server, realm)]
    assert sum(title.startswith("Dr. ") for title in titles) == 1
    assert "150 equal when read back" in said("verify", "plan.yaml", "--wave", "tout")
    assert "150 undone" in said("rollback", "plan.yaml", "--wave", "tout", "--yes")
    assert everyone(server, realm) == [] and server.call("GET", f"/{realm}/groups") == []


def everyone(server: Any, realm: str) -> list[dict[str, Any]]:
    return list(server.call("GET", f"/{realm}/users?max=1000&briefRepresentation=false"))


def logged_in(server: Any, realm: str) -> None:
    """Somebody sets a password and logs in: by the token endpoint."""
    user = next(u for u in everyone(server, realm) if u["enabled"] and u.get("email"))
    assert user["requiredActions"] == ["UPDATE_PASSWORD"]
    server.call("PUT", f"/{realm}/users/{user['id']}/reset-password", {"type": "password", "value": "Secret.1234"})
    server.call("PUT", f"/{realm}/users/{user['id']}", {**user, "requiredActions": []})
    form = {"grant_type": "password", "client_id": "admin-cli", "username": user["username"], "password": "Secret.1234"}
    assert "access_token" in server.login(realm, **form)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium on this machine: nobody logs in by a browser")
def test_a_person_logs_in_by_a_browser(server: Any, make_bench: Callable[..., Any]) -> None:
    bench = make_bench(log_in="reset")
    (done,) = bench.write(bench.person("anne", mail=("anne@x.y",), givenName=("Anne",)))
    assert done.status is Status.WRITTEN
    user = bench.user("anne")
    bench.call("PUT", f"/users/{user['id']}/reset-password", {"type": "password", "value": "Secret.1234"})
    bench.call("PUT", f"/users/{user['id']}", {**user, "requiredActions": []})
    in_a_browser(server, bench.realm, "anne")


def in_a_browser(server: Any, realm: str, name: str) -> None:
    """The authorization code flow with PKCE, as an application would."""
    from playwright.sync_api import sync_playwright

    app = "http://127.0.0.1:1/back"
    client = {"clientId": "appli", "publicClient": True, "redirectUris": [app], "standardFlowEnabled": True}
    server.call("POST", f"/{realm}/clients", client)
    verifier = urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = f"client_id=appli&response_type=code&scope=openid&redirect_uri={app}&code_challenge_method=S256"
    url = f"{server.plain}/realms/{realm}/protocol/openid-connect/auth?{query}&code_challenge={challenge}"
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        page.goto(url)
        page.fill("#username", name)
        page.fill("#password", "Secret.1234")
        page.click("#kc-login", no_wait_after=True)
        for _ in range(100):
            if back := next((u for u in seen if u.startswith(app)), None):
                break
            page.wait_for_timeout(100)
        browser.close()
    assert back is not None, seen
    (code,) = re.findall(r"[?&]code=([^&]+)", back)
    form = {"grant_type": "authorization_code", "client_id": "appli", "redirect_uri": app, "code": code}
    assert "id_token" in server.login(realm, **form, code_verifier=verifier)
