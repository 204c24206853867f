"""One domain of a forest: the controller that answers, what it says of itself, entries by name and by id."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from transhumance.connectors.active_directory import controls, ntlm
from transhumance.connectors.active_directory.config import AdConfig, AdDomain
from transhumance.connectors.active_directory.entries import joined, unfinished
from transhumance.connectors.contract import Retry, StopEndpoint, Text
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import guid_text
from transhumance.connectors.formats.ldapber import Control, Entry
from transhumance.connectors.formats.ldapwire import Address, Binder, Session

EVERYTHING = ("*", "nTSecurityDescriptor")
ALWAYS = ("objectClass", "objectGUID", "objectSid", "objectCategory", "sAMAccountName", "isDeleted", "systemFlags")
BATCH = 50  # entries asked for by their ids in one search
_ROOT = (
    "dnsHostName", "dsServiceName", "highestCommittedUSN", "defaultNamingContext", "configurationNamingContext",
    "schemaNamingContext", "rootDomainNamingContext", "namingContexts", "supportedControl", "domainFunctionality",
    "domainControllerFunctionality", "vendorName", "currentTime", "isGlobalCatalogReady",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Controller:
    """What a domain controller says of itself. `invocation`: the id of its database, hexadecimal (it changes when the
    controller is restored). `usn`: the highest change number that it has committed. `root`: the domain's own DN;
    `forest`: that of the forest's first domain."""

    host: str
    invocation: str
    usn: int
    root: str
    forest: str
    configuration: str
    schema: str
    oids: frozenset[str]
    level: str
    vendor: str
    time: str


class Directory:
    """One domain. Safe to use from several threads; nothing is contacted before the first call."""

    def __init__(self, config: AdConfig, domain: AdDomain, base: Path, name: str) -> None:
        self.config, self.base, self._folder, self._name = config, domain.base, base, name
        self._urls = domain.url
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._domain: Entry | None = None

    def close(self) -> None:
        with self._lock:
            if self._session is not None:
                self._session.close()
            self._session = None

    # --- the controller

    def session(self) -> Session:
        """A connection to the first controller that answers; the same one until it breaks, so that what is asked twice
        is asked of one database. Raises `Retry` where none answers, `StopEndpoint`."""
        with self._lock:
            if self._session is not None:
                self._session.open()
                return self._session
            failed: Retry | None = None
            for url in self._urls:
                session = Session(self._address(url), self._binder)
                try:
                    session.open()
                except Retry as error:
                    failed = error
                    continue
                self._session = session
                return session
            assert failed is not None
            raise failed

    @property
    def _binder(self) -> Binder | None:
        return ntlm.bind if self.config.auth == "ntlm" else None

    def elsewhere(self, names: Iterable[str]) -> list[bool]:
        """Whether the forest's global catalog knows each of these names of other domains; all of them where the plan
        names no catalog: then the controller asks it itself."""
        listed = list(names)
        if self.config.global_catalog is None or not listed:
            return [True] * len(listed)
        with Session(self._address(self.config.global_catalog), self._binder) as catalog:
            return [entry is not None for entry in catalog.reads(listed, ("1.1",))]

    def _address(self, url: str) -> Address:
        config = self.config
        ca_file = None if config.ca_file is None else self._folder / config.ca_file
        return Address(
            url, config.username, config.password.get_secret_value(), ca_file, config.start_tls, config.insecure,
            config.timeout, self._name,
        )  # fmt: skip

    def controller(self) -> Controller:
        """What the controller says now. Raises `StopEndpoint` where it is no Active Directory."""
        session = self.session()
        said = session.read("", _ROOT)
        if said is None or not _first(said, "highestCommittedUSN"):
            raise StopEndpoint(
                Text(
                    f"{self._name} : le serveur n'est pas un contrôleur de domaine Active Directory (pas de "
                    "highestCommittedUSN) ; pour un autre annuaire, utilisez le connecteur `ldap`",
                    f"{self._name}: the server is no Active Directory domain controller (no highestCommittedUSN); "
                    "for another directory use the connector `ldap`",
                )
            )
        service = session.read(_first(said, "dsServiceName"), ("invocationId",))
        return Controller(
            _first(said, "dnsHostName").lower(),
            service.attributes["invocationId"][0].hex() if service and "invocationId" in service.attributes else "",
            int(_first(said, "highestCommittedUSN")),
            _first(said, "defaultNamingContext"),
            _first(said, "rootDomainNamingContext"),
            _first(said, "configurationNamingContext"),
            _first(said, "schemaNamingContext"),
            frozenset(oid.decode("ascii", "replace") for oid in said.attributes.get("supportedControl", ())),
            _first(said, "domainControllerFunctionality"),
            _first(said, "vendorName"),
            _first(said, "currentTime"),
        )

    def domain(self) -> Entry:
        """The domain's own entry (its id and SID), read once."""
        with self._lock:
            if self._domain is None:
                root = self.controller().root
                found = self.session().read(root, ("objectGUID", "objectSid"))
                if found is None or "objectGUID" not in found.attributes:
                    raise StopEndpoint(
                        Text(
                            f"{self._name} : le domaine {root} n'est pas lisible par ce compte",
                            f"{self._name}: the domain {root} can't be read by this account",
                        )
                    )
                self._domain = found
            return self._domain

    def identity(self) -> str:
        """The domain's own id and the base, whatever the controller that answers."""
        return f"ad:{guid_text(self.domain().attributes['objectGUID'][0])}:{dn_key(self.base)}"

    # --- entries

    @property
    def wanted(self) -> tuple[str, ...]:
        """The attributes to ask for."""
        chosen = self.config.attributes
        return tuple(dict.fromkeys((*ALWAYS, *chosen))) if chosen else EVERYTHING

    def listing(
        self, wanted: bytes = ber.EVERYTHING, attributes: Sequence[str] = (), more: Sequence[Control] = ()
    ) -> Iterator[list[Entry]]:
        """Everything under the base, by pages, on a connection of its own to the same controller."""
        with self.session().another() as apart:
            asked = attributes or self.wanted
            pages = apart.pages(self.base, ber.SUB, wanted, asked, self.config.page_size, (*more, SD))
            for page in ahead(pages):
                yield [self.whole(entry) for entry in page]

    def whole(self, entry: Entry, more: Sequence[Control] = ()) -> Entry:
        """The entry with every value of every attribute: what came by ranges is asked for until its end (MS-ADTS
        3.1.1.3.1.3.3). Raises `Retry` where a range does not advance."""
        if not any(";" in name for name in entry.attributes):
            return _without_empty(entry)
        found = dict(entry.attributes)
        while left := unfinished(found):
            for name, (attribute, start) in left.items():
                got = self.session().read(entry.dn, (f"{attribute};range={start}-*",), more)
                new = {n: v for n, v in got.attributes.items() if ";range=" in n.lower() and v} if got else {}
                if not new or found.keys() & new.keys():
                    raise Retry(_changing(self._name, entry.dn, attribute))
                values = found.pop(name)
                found[f"{name.rpartition('-')[0]}-*"] = values  # that range is done
                found |= new
        return Entry(entry.dn, joined(found))

    def by_guid(self, guids: Iterable[bytes], deleted: bool = False) -> Iterator[list[Entry]]:
        """The entries of these ids, wherever in the domain they are; those that are not there do not come. `deleted`:
        deleted ones too."""
        more = controls.show_deleted() if deleted else ()
        root = self.controller().root
        batch: list[bytes] = []
        for guid in guids:
            batch.append(guid)
            if len(batch) == BATCH:
                yield self._batch(root, batch, more)
                batch = []
        if batch:
            yield self._batch(root, batch, more)

    def _batch(self, root: str, guids: list[bytes], more: Sequence[Control]) -> list[Entry]:
        wanted = ber.any_of(*(ber.equal("objectGUID", guid) for guid in guids))
        found, result = self.session().search(root, ber.SUB, wanted, self.wanted, (*more, SD))
        self.session().accepted(result, root)
        return [self.whole(entry, more) for entry in found]

    def read(self, dn: str, attributes: Sequence[str] = (), deleted: bool = False) -> Entry | None:
        """One entry by its name, or None."""
        more = controls.show_deleted() if deleted else ()
        entry = self.session().read(dn, attributes or self.wanted, (*more, SD))
        return None if entry is None else self.whole(entry, more)


SD = controls.sd_flags()


def ahead(pages: Iterator[list[Entry]]) -> Iterator[list[Entry]]:
    """The same pages, the next one being asked for while one is worked on: the controller never waits for us."""
    ready: queue.Queue[list[Entry] | BaseException | None] = queue.Queue(2)
    stopped = threading.Event()

    def put(what: list[Entry] | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                return ready.put(what, timeout=0.5)
            except queue.Full:
                continue

    def read() -> None:
        try:
            for page in pages:
                put(page)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # told to who takes the pages
            put(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while (page := ready.get()) is not None:
            if isinstance(page, BaseException):
                raise page
            yield page
    finally:
        stopped.set()
        reader.join()


def _first(entry: Entry, name: str) -> str:
    lower = {n.lower(): v for n, v in entry.attributes.items()}
    return next(iter(lower.get(name.lower(), ())), b"").decode("utf-8", "replace")


def _without_empty(entry: Entry) -> Entry:
    if all(entry.attributes.values()):
        return entry
    return Entry(entry.dn, {name: values for name, values in entry.attributes.items() if values})


def _changing(name: str, dn: str, attribute: str) -> Text:
    return Text(
        f"{name} : les valeurs de {attribute} de {dn} changent pendant la lecture ; à relire",
        f"{name}: the values of {attribute} of {dn} change while they are read; to be read again",
    )
