"""What the connector makes of a server that is busy, refuses, or is not the one that it should be; no server needed."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from transhumance.connectors.contract import Environment, Retry, StopEndpoint
from transhumance.connectors.keycloak.config import KeycloakConfig
from transhumance.connectors.keycloak.realm import Realm
from transhumance.connectors.keycloak.session import Session, place

CONFIG = {"url": "https://sso.chu.example", "realm": "chu", "username": "svc", "password": "very-secret"}
Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers by a table, and counts."""

    def __init__(self, roles: tuple[str, ...] = (), lives: int = 60) -> None:
        self.answers: list[httpx.Response | Exception] = []
        self.seen: list[str] = []
        said = {"resource_access": {"chu-realm": {"roles": list(roles)}}}
        payload = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
        self.token = {"access_token": f"x.{payload}.y", "expires_in": lives}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(f"{request.method} {request.url.raw_path.decode()}")
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json=self.token)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json={})
        if isinstance(answer, Exception):
            raise answer
        return answer

    def tokens(self) -> int:
        return sum(line.endswith("/token") for line in self.seen)


def session(server: Any, tmp_path: Path, **more: Any) -> Session:
    config = KeycloakConfig.model_validate({**CONFIG, **more})
    made = Session(config, Environment("sso", tmp_path, tmp_path))
    made._client = httpx.Client(base_url=config.url, transport=httpx.MockTransport(server))
    return made


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_when_it_says(status: int, tmp_path: Path) -> None:
    server = Server()
    server.answers = [httpx.Response(status, headers={"Retry-After": "7"})]
    with pytest.raises(Retry) as error:
        session(server, tmp_path).realm("GET", "users")
    assert error.value.after == 7.0


def test_a_cut_connection_and_an_error_of_the_server_may_pass(tmp_path: Path) -> None:
    server = Server()
    server.answers = [httpx.RemoteProtocolError("cut"), httpx.Response(500, text="boom")]
    made = session(server, tmp_path)
    for _ in range(2):
        with pytest.raises(Retry):
            made.realm("GET", "users")


def test_a_token_is_renewed_before_its_end_and_after_a_restart(tmp_path: Path) -> None:
    server = Server(lives=1)
    made = session(server, tmp_path)
    made._until = 0.0
    for _ in range(3):
        made.realm("GET", "users")
    assert server.tokens() == 1
    server.answers = [httpx.Response(401)]
    assert made.realm("GET", "users").ok and server.tokens() == 2
    server.answers = [httpx.Response(401), httpx.Response(401)]
    with pytest.raises(StopEndpoint, match="not accepted"):
        made.realm("GET", "users")


def test_refused_credentials_stop_the_endpoint_and_are_not_shown(tmp_path: Path) -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": "invalid_grant"})

    with pytest.raises(StopEndpoint) as error:
        session(refuses, tmp_path).realm("GET", "users")
    assert "invalid_grant" in str(error.value) and "svc" in str(error.value)
    assert "very-secret" not in repr(error.value) + error.value.text.fr + repr(KeycloakConfig.model_validate(CONFIG))


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", ("users",), "view-users"),
        ("PUT", ("users", "x", "groups", "y"), "manage-users"),
        ("POST", ("partialImport",), "manage-realm"),
        ("PUT", ("users", "profile"), "manage-realm"),
        ("GET", (), "view-realm"),
    ],
)
def test_a_missing_right_is_named_with_what_grants_it(method: str, path: Any, role: str, tmp_path: Path) -> None:
    server = Server()
    server.answers = [httpx.Response(403)]
    with pytest.raises(StopEndpoint) as error:
        session(server, tmp_path).realm(method, *path)
    assert f"--rolename {role}" in error.value.text.en and "kcadm.sh add-roles -r chu" in error.value.text.fr


def test_an_unknown_certificate_stops_and_says_what_to_do(tmp_path: Path) -> None:
    def handshake(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("failed") from ssl.SSLCertVerificationError(1, "self-signed certificate")

    with pytest.raises(StopEndpoint, match="ca_file"):
        session(handshake, tmp_path).realm("GET", "users")
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(StopEndpoint, match="PEM"):
        session(Server(), tmp_path, ca_file="ca.pem")


def test_names_never_change_a_path(tmp_path: Path) -> None:
    assert place("users", "..", "x") == "/users/%2E%2E/x"
    assert place("users", "../realms/master?x=1#", "é/..") == "/users/..%2Frealms%2Fmaster%3Fx%3D1%23/%C3%A9%2F.."
    server = Server()
    session(server, tmp_path).realm("GET", "users", "a/../../master")
    assert server.seen[-1] == "GET /admin/realms/chu/users/a%2F..%2F..%2Fmaster"


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://sso.chu.example"},
        {"url": "ldap://sso"},
        {"username": ""},
        {"log_in": "pass_through"},
        {"realm": ""},
        {"verify": False},
    ],
)
def test_settings_that_would_be_unsafe_or_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        KeycloakConfig.model_validate({**CONFIG, **wrong})
    assert (
        KeycloakConfig.model_validate({**CONFIG, "url": "http://sso.chu.example", "insecure": True}).login_realm
        == "master"
    )


def test_check_names_the_rights_that_lack_and_those_in_excess(tmp_path: Path) -> None:
    config = KeycloakConfig.model_validate(CONFIG)

    def told(*roles: str) -> list[tuple[str, str]]:
        made = session(Server(roles), tmp_path)
        return [(d.level, d.what.en) for d in Realm(config, made, "sso")._rights()]

    assert told("view-users", "manage-users", "view-realm", "query-groups") == [("bad", "svc lacks: manage-realm")]
    assert told("realm-admin") == [("warn", "svc may do everything: more than needed")]
    assert told("view-users", "manage-users", "view-realm", "query-groups", "manage-realm") == []
