"""A connection to an LDAP server: TLS that is verified, a bind, requests and answers as bytes (RFC 4511, RFC 4513).

The client is our own because the well-known one fails where fidelity and speed are at stake: it stops a paged listing
at an error page as if it were complete, follows referrals with one's credentials, encodes some controls wrongly, knows
no transactions, and reads five times slower. What it would save is a few hundred lines.

Referrals are never followed. Errors are typed by what to do next: `Retry` (busy, connection lost: the next call
connects anew), `StopEndpoint` (credentials, TLS, a limit of the server), `Refused` for what concerns one entry.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from transhumance.connectors.contract import Retry, StopEndpoint, Text
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import SUB, BerError, Control, Entry, Result

PAGED = "1.2.840.113556.1.4.319"  # RFC 2696
START_TLS = "1.3.6.1.4.1.1466.20037"  # RFC 4511, 4.14
DISCONNECTED = "1.3.6.1.4.1.1466.20036"  # RFC 4511, 4.4.1
WINDOW = 64  # requests under way at once: few enough that neither side's buffers fill up with both sides writing
_LARGEST = 1 << 30  # bytes of one message
_READ = 1 << 17

SUCCESS, SIZE_LIMIT, COMPARE_TRUE = 0, 4, 6
NO_SUCH_OBJECT, NOT_LEAF, EXISTS = 32, 66, 68
NAMES = {
    1: "operationsError", 2: "protocolError", 3: "timeLimitExceeded", 4: "sizeLimitExceeded",
    7: "authMethodNotSupported", 8: "strongerAuthRequired", 10: "referral", 11: "adminLimitExceeded",
    12: "unavailableCriticalExtension", 13: "confidentialityRequired", 16: "noSuchAttribute",
    17: "undefinedAttributeType", 18: "inappropriateMatching", 19: "constraintViolation",
    20: "attributeOrValueExists", 21: "invalidAttributeSyntax", 32: "noSuchObject", 33: "aliasProblem",
    34: "invalidDNSyntax", 48: "inappropriateAuthentication", 49: "invalidCredentials",
    50: "insufficientAccessRights", 51: "busy", 52: "unavailable", 53: "unwillingToPerform", 54: "loopDetect",
    64: "namingViolation", 65: "objectClassViolation", 66: "notAllowedOnNonLeaf", 67: "notAllowedOnRDN",
    68: "entryAlreadyExists", 69: "objectClassModsProhibited", 71: "affectsMultipleDSAs", 80: "other",
    118: "canceled", 119: "noSuchOperation", 122: "assertionFailed", 123: "authorizationDenied",
}  # fmt: skip
_LATER = frozenset({51, 52})
_STOP = frozenset({3, 4, 7, 8, 11, 13, 48, 49})


class Refused(Exception):
    """The server refuses one operation, for a reason that lies in it. `code`: RFC 4511, appendix A."""

    def __init__(self, result: Result, what: str = "") -> None:
        super().__init__(f"{named(result)}{': ' + what if what else ''}")
        self.result, self.code = result, result.code


class Lost(Retry):
    """The connection broke: what was under way may have had its effect or not."""


def named(result: Result) -> str:
    """An answer for people: its name, its number and what the server says."""
    said = f"{NAMES.get(result.code, 'result')} ({result.code})"
    return f"{said}: {result.text[:300]}" if result.text else said


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how to come to it. `url`: `ldaps://host[:port]` or `ldap://host[:port]`. `ca_file`: a
    private authority's certificates, PEM; None for those of the system. `timeout`: seconds without an answer after
    which the connection counts as lost. `name`: the endpoint's, for messages."""

    url: str
    username: str = ""
    password: str = ""
    ca_file: Path | None = None
    start_tls: bool = False
    insecure: bool = False
    timeout: float = 120.0
    name: str = "ldap"

    def __repr__(self) -> str:
        return f"Address({self.url!r}, {self.username!r})"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "localhost"

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (636 if self.tls_at_once else 389)

    @property
    def tls_at_once(self) -> bool:
        return urlsplit(self.url).scheme == "ldaps"


Binder = Callable[["Session"], None]


class Session:
    """One connection, opened when first needed and again after it was lost. Safe to use from several threads: one
    operation at a time. `binder`: how to log in, a simple bind where it is not given."""

    def __init__(self, address: Address, binder: Binder | None = None) -> None:
        self.address = address
        self.certificate: dict[str, Any] = {}
        self._binder = binder or simple_bind
        self._lock = threading.RLock()
        self._socket: socket.socket | None = None
        self._buffer = bytearray()
        self._number = 0

    def another(self) -> Session:
        """A second connection to the same server: some servers page one search a connection at a time."""
        return Session(self.address, self._binder)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the connection

    def open(self) -> None:
        """Connects and binds, unless that is done. Raises `Retry`, `StopEndpoint`."""
        with self._lock:
            if self._socket is not None:
                return
            self._connect()
            try:
                self._binder(self)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.sendall(ber.message(self._next(), ber.UNBIND))
                with suppress(OSError):
                    self._socket.close()
            self._socket, self._buffer = None, bytearray()

    def _connect(self) -> None:
        address = self.address
        try:
            self._socket = socket.create_connection((address.host, address.port), timeout=min(30.0, address.timeout))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.tls_at_once:
                self._encrypt()
            elif address.start_tls:
                self._start_tls()
            self._socket.settimeout(address.timeout)
        except ssl.SSLError as error:
            self.close()
            raise self._untrusted(error) from None
        except OSError as error:
            self.close()
            reason = error.strerror or str(error) or type(error).__name__
            raise Retry(
                Text(
                    f"{address.name} : {address.host}:{address.port} ne répond pas ({reason})",
                    f"{address.name}: {address.host}:{address.port} does not answer ({reason})",
                )
            ) from None

    def _encrypt(self) -> None:
        context = ssl.create_default_context(cafile=None if self.address.ca_file is None else str(self.address.ca_file))
        assert self._socket is not None
        wrapped = context.wrap_socket(self._socket, server_hostname=self.address.host)
        self._socket = wrapped
        self.certificate = dict(wrapped.getpeercert() or {})

    def _start_tls(self) -> None:
        result = self.ask(ber.extended(START_TLS))
        if result.code != SUCCESS or self._buffer:
            raise StopEndpoint(
                Text(
                    f"{self.address.name} : le serveur refuse StartTLS ({named(result)}) ; rien n'a été envoyé",
                    f"{self.address.name}: the server refuses StartTLS ({named(result)}); nothing was sent",
                )
            )
        self._encrypt()

    def _untrusted(self, error: ssl.SSLError) -> StopEndpoint:
        why = getattr(error, "verify_message", "") or error.reason or str(error)
        name, host = self.address.name, self.address.host
        return StopEndpoint(
            Text(
                f"{name} : la connexion chiffrée à {host} n'est pas sûre ({why}) ; rien n'a été envoyé. "
                "Donnez l'autorité du serveur par `ca_file`, et le nom qui est dans son certificat",
                f"{name}: the encrypted connection to {host} can't be trusted ({why}); nothing was sent. "
                "Name the server's authority in `ca_file`, and use the name that its certificate bears",
            )
        )

    def _next(self) -> int:
        self._number = self._number % 0x7FFFFFFF + 1
        return self._number

    def _send(self, data: bytes) -> None:
        if self._socket is None:
            raise self._lost("closed")
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._lost(error.strerror or type(error).__name__) from None

    def _receive(self) -> tuple[int, int, Entry | Result | None]:
        """The next message. Raises `Lost`, also for bytes that are no message and for a notice of disconnection."""
        try:
            answer = ber.parse(self._message())
        except (BerError, IndexError) as error:
            raise self._lost(f"not LDAP: {error}") from None
        if answer[0] == 0 and isinstance(answer[2], Result):
            raise self._lost(f"disconnected: {named(answer[2])}")
        return answer

    def _message(self) -> bytes:
        while True:
            whole = ber.header(self._buffer)
            if whole is not None:
                if whole[2] > _LARGEST:
                    raise BerError("a message above 1 GiB")
                if len(self._buffer) >= whole[2]:
                    data = bytes(memoryview(self._buffer)[: whole[2]])
                    del self._buffer[: whole[2]]
                    return data
            wanted = _READ if whole is None else max(_READ, min(whole[2] - len(self._buffer), 1 << 22))
            self._buffer += self._more(wanted)

    def _more(self, wanted: int) -> bytes:
        if self._socket is None:
            raise self._lost("closed")
        try:
            data = self._socket.recv(wanted)
        except OSError as error:
            raise self._lost(error.strerror or str(error) or type(error).__name__) from None
        if not data:
            raise self._lost("closed by the server")
        return data

    def _lost(self, why: str) -> Lost:
        self.close()
        return Lost(
            Text(
                f"{self.address.name} : la connexion à {self.address.host} est rompue ({why})",
                f"{self.address.name}: the connection to {self.address.host} broke ({why})",
            )
        )

    # --- operations

    def ask(self, operation: bytes, controls: Sequence[Control] = ()) -> Result:
        """One request and its answer, whatever it says."""
        with self._lock:
            if self._socket is None:
                self.open()
            number = self._next()
            self._send(ber.message(number, operation, controls))
            while True:
                answered, _, content = self._receive()
                if answered == number and isinstance(content, Result):
                    return content

    def do(self, operation: bytes, controls: Sequence[Control] = (), what: str = "") -> Result:
        """One request that must succeed. Raises `Refused`, `Retry`, `StopEndpoint`."""
        return self.accepted(self.ask(operation, controls), what)

    def accepted(self, result: Result, what: str = "") -> Result:
        """The result when it is a success. Raises `Refused`, `Retry`, `StopEndpoint`."""
        if result.code in (SUCCESS, COMPARE_TRUE):
            return result
        name, said = self.address.name, named(result)
        if result.code in _LATER:
            raise Retry(Text(f"{name} : le serveur est occupé ({said})", f"{name}: the server is busy ({said})"))
        if result.code in _STOP:
            raise StopEndpoint(Text(f"{name} : le serveur répond {said}", f"{name}: the server answers {said}"))
        raise Refused(result, what)

    def pipeline(self, operations: Iterable[tuple[bytes, Sequence[Control]]], window: int = WINDOW) -> list[Result]:
        """Many requests, `window` of them under way at once; their answers in order, whatever they say."""
        with self._lock:
            self.open()
            waiting: deque[int] = deque()
            answers: dict[int, Result] = {}
            found: list[Result] = []
            for operation, controls in operations:
                number = self._next()
                self._send(ber.message(number, operation, controls))
                waiting.append(number)
                if len(waiting) >= window:
                    found.append(self._answer(waiting.popleft(), answers))
            return found + [self._answer(number, answers) for number in waiting]

    def _answer(self, number: int, answers: dict[int, Result]) -> Result:
        while number not in answers:
            answered, _, content = self._receive()
            if isinstance(content, Result):
                answers[answered] = content
        return answers.pop(number)

    def search(
        self,
        base: str,
        scope: int = SUB,
        wanted: bytes = ber.EVERYTHING,
        attributes: Iterable[str] = (),
        controls: Sequence[Control] = (),
        size_limit: int = 0,
    ) -> tuple[list[Entry], Result]:
        """The entries of one search, and its end, whatever it says. References to other servers are left out."""
        with self._lock:
            self.open()
            number = self._next()
            self._send(ber.message(number, ber.search(base, scope, wanted, attributes, size_limit), controls))
            found: list[Entry] = []
            while True:
                answered, _, content = self._receive()
                if answered != number or content is None:
                    continue
                if isinstance(content, Result):
                    return found, content
                found.append(content)

    def read(self, dn: str, attributes: Iterable[str] = (), controls: Sequence[Control] = ()) -> Entry | None:
        """One entry, or None where there is none (or none that one may see)."""
        found, result = self.search(dn, ber.BASE, attributes=attributes, controls=controls)
        if result.code in (NO_SUCH_OBJECT, 10, 34, 50):
            return None
        self._readable(result)
        return found[0] if found else None

    def reads(self, dns: Iterable[str], attributes: Sequence[str] = ()) -> list[Entry | None]:
        """Many entries by their names, in order, None for each that is not there; requests are pipelined."""
        with self._lock:
            self.open()
            waiting: deque[int] = deque()
            seen: dict[int, Entry] = {}
            ended: dict[int, Result] = {}
            found: list[Entry | None] = []
            for dn in dns:
                number = self._next()
                self._send(ber.message(number, ber.search(dn, ber.BASE, ber.EVERYTHING, attributes)))
                waiting.append(number)
                if len(waiting) >= WINDOW // 2:
                    found.append(self._seen(waiting.popleft(), seen, ended))
            return found + [self._seen(number, seen, ended) for number in waiting]

    def _seen(self, number: int, seen: dict[int, Entry], ended: dict[int, Result]) -> Entry | None:
        while number not in ended:
            answered, _, content = self._receive()
            if isinstance(content, Entry):
                seen[answered] = content
            elif isinstance(content, Result):
                ended[answered] = content
        result = ended.pop(number)
        if result.code not in (NO_SUCH_OBJECT, 10, 34, 50):
            self._readable(result)
        return seen.pop(number, None)

    def _readable(self, result: Result) -> None:
        """Raises `StopEndpoint` where the server can't read an entry of its own, besides what `accepted` raises."""
        try:
            self.accepted(result)
        except Refused:
            name, said = self.address.name, named(result)
            raise StopEndpoint(
                Text(
                    f"{name} : le serveur ne lit pas une de ses entrées ({said}) ; voyez son journal, redémarrez-le",
                    f"{name}: the server can't read an entry of its own ({said}); see its log, restart it",
                )
            ) from None

    def pages(
        self,
        base: str,
        scope: int = SUB,
        wanted: bytes = ber.EVERYTHING,
        attributes: Sequence[str] = (),
        size: int = 1000,
        controls: Sequence[Control] = (),
    ) -> Iterator[list[Entry]]:
        """A whole listing by pages (RFC 2696), on this connection, which must do nothing else meanwhile. It ends with
        its last page or raises: a page of errors is never taken for the end."""
        cookie, before = b"", None
        while True:
            control = Control(PAGED, True, ber.sequence(ber.integer(size), ber.tlv(0x04, cookie)))
            found, result = self.search(base, scope, wanted, attributes, (*controls, control))
            self.accepted(result, base)
            yield found
            answer = result.control(PAGED)
            try:
                cookie = b"" if answer is None else _cookie(answer)
            except (BerError, IndexError) as error:
                raise self._lost(f"not LDAP: {error}") from None
            if not cookie:
                return
            digest = hashlib.sha256(cookie).digest()
            if digest == before and not found:
                raise self._lost("the listing does not advance")
            before = digest


def _cookie(value: bytes) -> bytes:
    whole = ber.header(value)
    if whole is None:
        raise BerError("no paging answer")
    parts = list(ber.elements(value, whole[1], whole[2]))
    return value[parts[1][1] : parts[1][2]] if len(parts) == 2 else b""


def simple_bind(session: Session) -> None:
    """Name and password (RFC 4513, 5.1.3), or nobody where there is no name. Raises `StopEndpoint`: for a name without
    a password too, which servers would take for nobody."""
    address = session.address
    if not address.username:
        return
    if not address.password:
        raise StopEndpoint(
            Text(
                f"{address.name} : `username` est donné sans mot de passe ; donnez `password`",
                f"{address.name}: `username` is given without a password; give `password`",
            )
        )
    result = session.ask(ber.bind(address.username, address.password.encode()))
    if result.code != SUCCESS:
        if result.code in _LATER:
            session.accepted(result)
        raise StopEndpoint(
            Text(
                f"{address.name} : la connexion comme {address.username} est refusée ({named(result)}) ; "
                "vérifiez le nom et le mot de passe",
                f"{address.name}: logging in as {address.username} is refused ({named(result)}); "
                "check the name and the password",
            )
        )
