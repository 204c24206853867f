"""Calls of the admin API: a token that is renewed in time, TLS verified, errors by what to do next."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from transhumance.connectors.contract import Environment, MissingExtra, Retry, StopEndpoint, Text
from transhumance.connectors.keycloak.config import KeycloakConfig

T = TypeVar("T")
R = TypeVar("R")
_EARLY = 10.0  # seconds before its end that a token is renewed; it may live 60 seconds only
_BUSY = frozenset({429, 502, 503, 504})


class Answer(NamedTuple):
    """What the server answered: its status, its JSON (None where there is none), the start of its text."""

    status: int
    data: Any
    text: str

    @property
    def ok(self) -> bool:
        return self.status < 300


def place(*parts: str) -> str:
    """A path of these parts, each escaped: an id of a server is never trusted to be one."""
    return "/" + "/".join(quote(part, safe="") if part.strip(".") else "%2E" * len(part) for part in parts)


class Session:
    """One realm's admin API. Safe to use from several threads."""

    def __init__(self, config: KeycloakConfig, environment: Environment) -> None:
        try:
            import httpx
        except ImportError:
            raise MissingExtra("keycloak", "keycloak") from None
        self._httpx, self._config, self._name = httpx, config, environment.endpoint
        verify: ssl.SSLContext | bool = True
        if config.ca_file is not None:
            verify = self._trusting(environment.base / config.ca_file)
        self._client = httpx.Client(
            base_url=config.url, timeout=config.timeout, verify=verify, follow_redirects=False, trust_env=False
        )
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0
        self._pool = ThreadPoolExecutor(config.threads, thread_name_prefix="keycloak")

    def _trusting(self, ca_file: Any) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as error:
            raise StopEndpoint(
                Text(
                    f"{self._name} : {ca_file.name} ne se lit pas comme des certificats PEM ({error})",
                    f"{self._name}: {ca_file.name} can't be read as PEM certificates ({error})",
                )
            ) from None

    def close(self) -> None:
        """Gives back threads and connections."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def map(self, work: Callable[[T], R], over: Iterable[T]) -> list[R]:
        """Calls at once, as many as the plan allows; answers in order. The first error is raised after the others
        ended."""
        futures = [self._pool.submit(work, each) for each in over]
        for future in futures:
            future.exception()
        return [future.result() for future in futures]

    # --- calls

    def realm(self, method: str, *path: str, **more: Any) -> Answer:
        """A call below the realm: `realm("GET", "users", id)`."""
        return self.call(method, place("admin", "realms", self._config.realm, *path), **more)

    def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        bears: Iterable[int] = (),
    ) -> Answer:
        """A call with a token. Gives every answer below 500 but 401, 403 and 429, and those that the caller `bears`.

        Raises `Retry` for passing faults, `StopEndpoint` where a person must act."""
        answer = self._once(method, path, json, params)
        if answer.status == 401:  # the token ended before its time: a server that was started anew
            self._forget()
            answer = self._once(method, path, json, params)
        if answer.status in bears:
            return answer
        if answer.status == 401:
            raise self._refused("le jeton n'est plus accepté", "the token is not accepted any more")
        if answer.status == 403:
            raise self._without_right(method, path)
        if answer.status >= 500:
            raise Retry(
                Text(
                    f"{self._name} : erreur {answer.status} du serveur ({method} {path.rsplit('/', 1)[-1][:40]})",
                    f"{self._name}: error {answer.status} of the server ({method} {path.rsplit('/', 1)[-1][:40]})",
                )
            )
        return answer

    def _once(self, method: str, path: str, json: Any, params: Mapping[str, Any] | None) -> Answer:
        headers = {"Authorization": f"Bearer {self.bearer()}"}
        return self._send(method, path, json=json, params=params, headers=headers)

    def _send(self, method: str, path: str, **more: Any) -> Answer:
        try:
            response = self._client.request(method, path, **more)
        except self._httpx.TransportError as error:
            raise self._not_reached(error) from None
        if response.status_code in _BUSY:
            raise Retry(
                Text(
                    f"{self._name} : le serveur demande d'attendre ({response.status_code})",
                    f"{self._name}: the server asks to wait ({response.status_code})",
                ),
                _seconds(response.headers.get("Retry-After", "")),
            )
        try:
            data = response.json() if response.content else None
        except ValueError:
            data = None
        return Answer(response.status_code, data, response.text[:400])

    def _not_reached(self, error: Exception) -> Retry | StopEndpoint:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
            cause = cause.__cause__ or cause.__context__
        if cause is not None or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return StopEndpoint(
                Text(
                    f"{self._name} : le certificat de {self._config.url} n'est pas reconnu ({error}) ; donnez celui de "
                    "son autorité par `ca_file`",
                    f"{self._name}: the certificate of {self._config.url} is not trusted ({error}); give its "
                    "authority's by `ca_file`",
                )
            )
        return Retry(
            Text(
                f"{self._name} : {self._config.url} ne répond pas ({type(error).__name__})",
                f"{self._name}: {self._config.url} does not answer ({type(error).__name__})",
            )
        )

    # --- tokens

    def _forget(self) -> None:
        with self._lock:
            self._until = 0.0

    def bearer(self) -> str:
        """A token that is good for some seconds at least."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._token, self._until = self._log_in()
            return self._token

    def _log_in(self) -> tuple[str, float]:
        config, began = self._config, time.monotonic()
        form = {"client_id": config.client_id, "grant_type": "client_credentials"}
        if secret := config.client_secret.get_secret_value():
            form["client_secret"] = secret
        if config.username:
            password = config.password.get_secret_value()
            form |= {"grant_type": "password", "username": config.username, "password": password}
        answer = self._send(
            "POST", place("realms", config.login_realm, "protocol", "openid-connect", "token"), data=form
        )
        if answer.status >= 500:
            raise Retry(Text(f"{self._name} : pas de jeton ({answer.status})", f"{self._name}: no token"))
        if not answer.ok or not isinstance(answer.data, dict) or "access_token" not in answer.data:
            why = str((answer.data or {}).get("error", answer.status)) if isinstance(answer.data, dict) else ""
            raise self._refused(f"connexion refusée ({why})", f"log-in refused ({why})")
        lives = float(answer.data.get("expires_in", 60))
        return str(answer.data["access_token"]), began + max(lives - _EARLY, lives / 2)

    def _refused(self, fr: str, en: str) -> StopEndpoint:
        who, realm = self._config.username or self._config.client_id, self._config.login_realm
        return StopEndpoint(
            Text(
                f"{self._name} : {fr} ; vérifiez le compte {who} du royaume {realm}",
                f"{self._name}: {en}; check the account {who} of realm {realm}",
            )
        )

    def _without_right(self, method: str, path: str) -> StopEndpoint:
        who, role = self._config.username or f"service-account-{self._config.client_id}", right_for(method, path)
        grant = (
            f"kcadm.sh add-roles -r {self._config.realm} --uusername {who} --cclientid realm-management "
            f"--rolename {role}"
        )
        return StopEndpoint(
            Text(
                f"{self._name} : il manque le droit {role} au compte {who} ; tapez : {grant}",
                f"{self._name}: the account {who} lacks the right {role}; type: {grant}",
            )
        )


def right_for(method: str, path: str) -> str:
    """The role of `realm-management` that a call needs."""
    if "partialImport" in path or ("profile" in path and method != "GET") or "components" in path:
        return "manage-realm"
    if "/users" in path or "/groups" in path:
        return "view-users" if method == "GET" else "manage-users"
    return "view-realm" if method == "GET" else "manage-realm"


def _seconds(said: str) -> float | None:
    """A Retry-After of seconds; one that is a date is left to the back-off."""
    return float(said) if said.isdigit() else None
