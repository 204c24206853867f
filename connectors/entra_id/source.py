"""Entra ID as a source."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from transhumance.connectors.contract import (
    Container,
    Diagnosis,
    Environment,
    Expired,
    Fault,
    ItemRef,
    Page,
    Record,
    Retry,
    Selector,
    StopEndpoint,
    Subject,
    Text,
)
from transhumance.connectors.entra_id import cursors, people
from transhumance.connectors.entra_id.config import EntraConfig
from transhumance.connectors.entra_id.diagnose import diagnose
from transhumance.connectors.entra_id.listing import Listing
from transhumance.connectors.entra_id.single import read_again
from transhumance.connectors.entra_id.spool import Row, Spool
from transhumance.connectors.formats.entry import KIND
from transhumance.connectors.formats.graph_entry import FORM, base_of, stable_id_of
from transhumance.connectors.formats.graph_session import GraphSession, Refused

WORKLOAD = "identities"
PAGE = 5000
FRESH = 30.0  # seconds that a listing which was given once is given again


class EntraSource:
    """A tenant. Its objects are read into the spool when first asked for, and again for each listing from the start."""

    def __init__(self, config: EntraConfig, environment: Environment) -> None:
        self._config, self._spool = config, environment.spool
        self._graph = GraphSession(config, environment.base)
        self._lock = threading.RLock()
        self._tenant: tuple[str, str] | None = None
        self._listing: Listing | None = None
        self._given = False  # whether a page of it was given
        self._read_at = 0.0

    def identity(self) -> str:
        return f"entra:{self._organization()[0]}"

    def close(self) -> None:
        with self._lock:
            self._drop()
            self._graph.close()

    def diagnose(self) -> Iterator[Diagnosis]:
        """What `check` tells of the tenant: rights that lack or are in excess."""
        yield from diagnose(self._graph, self._config)

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        with self._lock:
            listing = self._read(None)
        yield from people.subjects(listing.spool, self._base(), selector)

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        """The tenant, for the empty subject only."""
        if not subject.key and workload == WORKLOAD:
            base = self._base()
            yield Container(b"", WORKLOAD, base.encode(), (base,), properties={"tenant": self._organization()[0]})

    def page(self, container: Container, cursor: bytes | None) -> Page:
        with self._lock:
            place = self._place(cursor)
            listing = self._listing
            assert listing is not None
            rows = listing.spool.rows(bytes.fromhex(place.after), PAGE + 1)
            shown, more = (rows, False) if len(rows) <= PAGE or rows[PAGE].key[:1] == b"9" else (rows[:PAGE], True)
            after = cursors.Place(place.since, place.changes, shown[-1].key.hex()) if more else None
            self._given = True
        return Page(
            tuple(_ref(row) for row in shown if row.what == "object"),
            cursors.write(after) if after else None,
            tuple(row.key for row in shown if row.what == "gone"),
            tuple(Fault(row.key, row.kind, row.text, KIND, FORM) for row in shown if row.what == "fault"),
            None if more else cursors.write(place.since),
        )

    def _place(self, cursor: bytes | None) -> cursors.Place:
        """Where a cursor stands, with the listing that it stands in: read now where it is not the one at hand."""
        held = cursors.read(cursor) if cursor is not None else None
        if isinstance(held, cursors.Place):
            self._read(held.changes)
            return held
        if self._given and time.monotonic() - self._read_at > FRESH:
            self._drop()
        return cursors.Place(self._read(held).since(), held, "")

    def _read(self, since: cursors.Since | None) -> Listing:
        """The complete listing of all, or of what changed since: the one at hand, or that goes on where it failed."""
        if self._listing is None or self._listing.changes != since:
            self._drop()
            tenant = self._organization()[0]
            file = self._spool / f"entra-{uuid.uuid4().hex}.db"
            self._listing = Listing(self._graph, self._config, Spool(file), tenant, since)
            self._given = False
        if self._listing.complete:
            return self._listing
        try:
            self._listing.read()
        except Expired as error:
            self._drop()
            if since is None:  # a page token that ended on the way: the listing begins anew
                raise Retry(error.text, 1.0) from None
            raise
        self._read_at = time.monotonic()
        return self._listing

    def _drop(self) -> None:
        if self._listing is not None:
            self._listing.spool.close()
            self._listing = None

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        with self._lock:
            spool = self._listing.spool if self._listing and self._listing.complete else None
            held = {ref.key: spool.find(ref.key) for ref in refs} if spool else {}
        there = {key: found[1] for key, found in held.items() if found}
        stale = [ref for ref in refs if (found := held.get(ref.key)) is None or found[0] != ref.version]
        again = dict(zip((ref.key for ref in stale), read_again(self._graph, self._config, stale), strict=True))
        for ref in refs:
            item = again[ref.key] if ref.key in again else there[ref.key]
            if item is None:
                yield Fault(ref.key, "GEN-READ-01", "no longer in the tenant", ref.kind, ref.form)
            else:
                yield Record(ref.key, KIND, FORM, item)

    # --- the tenant

    def _organization(self) -> tuple[str, str]:
        """The tenant's id and its default domain, empty where that may not be read."""
        if self._tenant is None:
            try:
                query = {"$select": "id,displayName,verifiedDomains"}
                values: list[dict[str, Any]] = self._graph.get("/organization", query).get("value") or [{}]
                found = values[0]
            except Refused:
                found = {"id": self._graph.claims().get("tid")}
            if not found.get("id"):
                raise StopEndpoint(
                    Text(
                        "le locataire ne dit pas son identifiant ; accordez Organization.Read.All à l'application",
                        "the tenant does not tell its id; grant Organization.Read.All to the application",
                    )
                )
            self._tenant = (str(found["id"]), _default_domain(found))
        return self._tenant

    def _base(self) -> str:
        """The base DN of the entries."""
        if self._config.base:
            return self._config.base
        domain = self._organization()[1] or (self._config.tenant if "." in self._config.tenant else "")
        if not domain:
            raise StopEndpoint(
                Text(
                    "le domaine du locataire ne peut pas être lu ; accordez Organization.Read.All, ou donnez `base`",
                    "the tenant's domain can't be read; grant Organization.Read.All, or give `base`",
                )
            )
        return base_of(domain)


def _ref(row: Row) -> ItemRef:
    key = row.key
    return ItemRef(key, row.text, KIND, FORM, row.size, stable_id_of(key), f"{row.kind}/{row.id}", subject=key)


def _default_domain(organization: dict[str, Any]) -> str:
    domains = organization.get("verifiedDomains") or ()
    return next((str(each.get("name", "")) for each in domains if each.get("isDefault")), "")
