"""Requests to Microsoft Graph through msgraph-sdk, for code that waits.

The SDK speaks in coroutines: they run on one event loop in a thread of this session's. It signs the requests and sends
them; its typed models are not used, so that an object stays the JSON that Graph gave, unknown properties too, and
loading the SDK stays quick. Its middlewares that retry and follow redirects are left out: throttling is the engine's
affair, and a token follows no redirect.

Errors are those of the contract, by what to do next. The token is sent to the host of `base_url` only: a link that
Graph itself gives is refused where it leads elsewhere.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from transhumance.connectors.contract import Expired, MissingExtra, Retry, StopEndpoint, Text
from transhumance.connectors.formats.graph_auth import Tokens, tokens_of
from transhumance.connectors.formats.graph_config import GraphConfig

BATCH = 20  # requests in one batch (https://learn.microsoft.com/graph/json-batching)
PATIENCE = 10.0  # seconds waited here for the throttled part of a batch; longer waits are the engine's
ROUNDS = 5
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 509})
_LOST_STATE = frozenset(
    "syncstatenotfound syncstateinvalid resyncrequired resyncchangesapplydifferences resyncchangesuploaddifferences "
    "directory_expiredpagetoken".split()
)
_T = TypeVar("_T")


class Refused(StopEndpoint):
    """Graph refused a request: HTTP status, its own error code. Unless who asked knows what to do, the endpoint
    stops."""

    def __init__(self, status: int, code: str, message: str, what: str) -> None:
        right = status == 403
        hint = ("l'application n'a pas le droit de lire", "the application has no right to read") if right else (
            "Graph refuse", "Graph refuses")  # fmt: skip
        said = f"{code}: {message}"[:300]
        super().__init__(Text(f"{hint[0]} {what} ({status}, {said})", f"{hint[1]} {what} ({status}, {said})"))
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or one of a batch: `after` is the server's hint of when to ask again, in seconds."""

    status: int
    body: Any = None
    after: float | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class GraphSession:
    """One endpoint behind Graph. Opened by its first request; may be used from several threads."""

    def __init__(self, config: GraphConfig, base: Path) -> None:
        self._config, self._base = config, base
        self._tokens: Tokens = tokens_of(config, base)
        split = urlsplit(config.base_url)
        self._origin = (split.scheme, split.hostname, split.port)
        self._lock = threading.Lock()
        self._bearer = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._adapter: Any = None
        self._client: Any = None

    # --- asking

    def get(self, where: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON of one object or page. `where`: a path (`/users`), or a link that Graph gave. Raises `Refused`,
        `Expired` where a state token means nothing any more, `Retry`, `StopEndpoint`."""
        url = self._url(where, query)
        answer = self._run(self._signed("GET", url, dict(headers or {}), None))
        if answer.ok:
            return answer.body
        raise self._error(answer, urlsplit(url).path)

    def pages(self, where: str, query: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Every object of a collection, page by page."""
        body = self.get(where, query)
        while True:
            yield from body.get("value", ())
            if "@odata.nextLink" not in body:
                return
            body = self.get(body["@odata.nextLink"])

    def batch(self, paths: Sequence[str]) -> list[Answer]:
        """The answers to many small requests, in their order, by batches of 20, several at once. Parts that are
        throttled are asked again here for a while. Raises `Retry` when that was in vain."""
        answers: dict[int, Answer] = {}
        for tried in range(ROUNDS):
            waiting = [n for n in range(len(paths)) if n not in answers]
            again = self._round(paths, waiting, answers)
            if len(answers) == len(paths):
                return [answers[n] for n in range(len(paths))]
            if again > PATIENCE or tried == ROUNDS - 1:
                raise _busy(again)
            time.sleep(again)
        raise AssertionError

    def _round(self, paths: Sequence[str], waiting: Sequence[int], answers: dict[int, Answer]) -> float:
        """Asks these; notes what is settled; returns the seconds to wait for the rest."""
        chunks = [waiting[at : at + BATCH] for at in range(0, len(waiting), BATCH)]
        again = 0.0
        for chunk, whole in zip(chunks, self._run(self._batches([[paths[n] for n in c] for c in chunks])), strict=True):
            if not whole.ok:
                raise self._error(whole, "/$batch")
            parts = {part.get("id"): part for part in whole.body.get("responses", ()) if isinstance(part, dict)}
            for place, number in enumerate(chunk):
                part = parts.get(str(place), {})
                status = int(part.get("status", 500))
                headers = {str(n).lower(): str(v) for n, v in (part.get("headers") or {}).items()}
                after = _seconds(headers.get("retry-after"))
                if status in _PASSING:
                    again = max(again, 1.0 if after is None else after)
                else:
                    answers[number] = Answer(status, part.get("body"), after)
        return again

    async def _batches(self, chunks: Sequence[Sequence[str]]) -> list[Answer]:
        gate = asyncio.Semaphore(self._config.concurrency)

        async def one(paths: Sequence[str]) -> Answer:
            asked = [{"id": str(n), "method": "GET", "url": path} for n, path in enumerate(paths)]
            content = json.dumps({"requests": asked}).encode()
            async with gate:
                return await self._signed("POST", self._url("/$batch"), {"Content-Type": "application/json"}, content)

        return list(await asyncio.gather(*map(one, chunks)))

    def _url(self, where: str, query: Mapping[str, str] | None = None) -> str:
        if not where.startswith("/") or where.startswith("//"):
            return self._checked(where)
        return self._config.base_url + asked(where, query)

    def _checked(self, url: str) -> str:
        """A link that Graph gave, where it leads to Graph. Raises `StopEndpoint` else."""
        try:
            split = urlsplit(url)
            origin = (split.scheme, split.hostname, split.port)
        except ValueError:
            origin = ("", None, None)
        if origin != self._origin or split.username is not None or split.password is not None:
            host = str(origin[1])[:100]
            raise StopEndpoint(
                Text(
                    f"un lien de page mène à {host}, hors de Graph : le jeton n'y est pas envoyé, rien n'a été lu",
                    f"a page link leads to {host}, which is not Graph: the token is not sent there, nothing was read",
                )
            )
        return url

    def _error(self, answer: Answer, what: str) -> Exception:
        """The contract's error for an answer that is none."""
        error = answer.body.get("error", {}) if isinstance(answer.body, dict) else {}
        code, message = str(error.get("code", "")), str(error.get("message", ""))
        if answer.status in _PASSING:
            return _busy(answer.after)
        if answer.status == 410 or code.lower() in _LOST_STATE:
            return Expired(Text("Graph a oublié ce jeton de suivi", "Graph has forgotten this state token"))
        if answer.status == 401:
            return StopEndpoint(
                Text(f"Graph refuse le jeton : {message[:200]}", f"Graph refuses the token: {message[:200]}")
            )
        return Refused(answer.status, code, message, what)

    def claims(self) -> Mapping[str, Any]:
        """What the access token says of itself (`roles`, `tid`), for advice only; nothing where it can't be read."""
        token = self._tokens(False)
        try:
            part = token.split(".")[1]
            found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (ValueError, IndexError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    # --- the SDK

    async def _signed(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        """One request; once more with a new token where the last one was refused."""
        answer = await self._sent(method, url, headers, content, False)
        return await self._sent(method, url, headers, content, True) if answer.status == 401 else answer

    async def _sent(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, refused: bool
    ) -> Answer:
        from kiota_abstractions.method import Method
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_abstractions.request_information import RequestInformation
        from kiota_http.middleware.options import ResponseHandlerOption

        self._bearer = await asyncio.to_thread(self._tokens, refused)
        asked_for = RequestInformation()
        asked_for.http_method = Method(method)
        asked_for.url = url
        for name, value in {"Accept": "application/json", **headers}.items():
            asked_for.headers.try_add(name, value)
        asked_for.content = content
        asked_for.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        response = await self._adapter.send_primitive_async(asked_for, "bytes", {})
        return _answer(response)

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs on the loop and waits. Raises `Retry` for what the network does, `StopEndpoint` for its certificate."""
        try:
            loop = self._opened()
        except BaseException:
            work.close()
            raise
        import httpx

        try:
            return asyncio.run_coroutine_threadsafe(work, loop).result()
        except httpx.TransportError as error:
            raise _network(error) from None

    def _opened(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._client, self._adapter = self._sdk()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="graph", daemon=True)
                self._thread.start()
            return self._loop

    def _sdk(self) -> tuple[Any, Any]:
        try:
            import httpx
            from kiota_http.middleware.user_agent_handler import UserAgentHandler
            from msgraph.graph_request_adapter import GraphRequestAdapter, options
            from msgraph_core import GraphClientFactory
            from msgraph_core.middleware import GraphTelemetryHandler
            from msgraph_core.middleware.options import GraphTelemetryHandlerOption
        except ImportError:
            raise MissingExtra("graph", "Microsoft Graph") from None
        client = httpx.AsyncClient(timeout=httpx.Timeout(100.0, connect=30.0), verify=self._trust(), http2=True)
        telemetry = GraphTelemetryHandler(options=options[GraphTelemetryHandlerOption.get_key()])
        GraphClientFactory.create_with_custom_middleware([UserAgentHandler(), telemetry], client=client)
        adapter = GraphRequestAdapter(_signer(self._origin[1] or "", lambda: self._bearer), client)
        adapter.base_url = self._config.base_url
        return client, adapter

    def _trust(self) -> ssl.SSLContext | bool:
        """Whom to trust: always someone. Nothing is loaded for `http://`, which the plan must allow by name."""
        file = self._config.ca_file
        if self._origin[0] != "https":
            return False
        try:
            return ssl.create_default_context(cafile=str(self._base / file) if file else None)
        except (OSError, ssl.SSLError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise StopEndpoint(Text(f"ca_file illisible : {why}", f"ca_file can't be read: {why}")) from None

    def close(self) -> None:
        """Closes the connections and ends the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        asyncio.run_coroutine_threadsafe(self._client.aclose(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        assert self._thread is not None
        self._thread.join(10)
        loop.close()


def asked(path: str, query: Mapping[str, str] | None = None) -> str:
    """A path with its query options."""
    if not query:
        return path
    return path + "?" + "&".join(f"{name}={quote(value, safe=',()$')}" for name, value in query.items())


def _signer(host: str, bearer: Any) -> Any:
    """The SDK's authentication provider, for one host."""
    from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator
    from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider as Provider

    class Bearer(AccessTokenProvider):
        async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
            return str(bearer()) if self.get_allowed_hosts_validator().is_url_host_valid(uri) else ""

        def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
            return AllowedHostsValidator([host])

    return Provider(Bearer())


def _answer(response: Any) -> Answer:
    """An answer read. One that should be JSON and is not came from something on the way: a passing fault."""
    after = _seconds(response.headers.get("Retry-After"))
    try:
        body = json.loads(response.content) if response.content else None
    except (ValueError, RecursionError):
        body = None
        if 200 <= response.status_code < 300:
            return Answer(502, None, after)
    if 200 <= response.status_code < 300 and not isinstance(body, dict):
        return Answer(502, None, after)
    return Answer(response.status_code, body, after)


def _seconds(text: str | None) -> float | None:
    """`Retry-After` in seconds (RFC 9110, 10.2.3)."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _busy(after: float | None) -> Retry:
    return Retry(Text("Graph est occupé et demande d'attendre", "Graph is busy and asks to wait"), after)


def _network(error: Exception) -> Exception:
    why = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in why or "certificate" in why.lower():
        return StopEndpoint(
            Text(
                f"le certificat de Graph n'est pas reconnu ({why[:200]}) ; donnez l'autorité par ca_file",
                f"Graph's certificate is not trusted ({why[:200]}); give its authority by ca_file",
            )
        )
    return Retry(Text(f"connexion à Graph coupée : {why[:200]}", f"the connection to Graph broke: {why[:200]}"))
