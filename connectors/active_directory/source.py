"""A forest as a source: each domain is one container, shared by all who are in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from transhumance.connectors.active_directory import changes, cursors, diagnosis
from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.cursors import Place, Since
from transhumance.connectors.active_directory.directory import Directory
from transhumance.connectors.active_directory.entries import guid_of, settled
from transhumance.connectors.active_directory.history import History
from transhumance.connectors.active_directory.spool import PAGE, Spool
from transhumance.connectors.contract import (
    Container,
    Diagnosis,
    Environment,
    Fault,
    ItemRef,
    Page,
    Record,
    Selector,
    StopEndpoint,
    Subject,
    Text,
    Value,
)
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import AD, KIND
from transhumance.connectors.formats.ldapber import Entry

WORKLOAD = "identities"


@dataclass(slots=True)
class _Read:
    """A reading in the spool. `since`: of changes from there; None: of everything. `until`: the point taken before."""

    since: Since | None
    until: Since
    spool: Spool


@dataclass(slots=True)
class _Domain:
    """One domain: its directory, its notes, and the readings made of it by this process."""

    directory: Directory
    history: History
    lock: threading.RLock = field(default_factory=threading.RLock)
    readings: list[_Read] = field(default_factory=list)


class AdSource:
    """Active Directory, read by one account."""

    def __init__(self, config: AdConfig, environment: Environment) -> None:
        self._config, self._environment = config, environment
        self._lock = threading.RLock()
        self._domains: dict[bytes, _Domain] = {}

    def identity(self) -> str:
        return self._main().directory.identity()

    def close(self) -> None:
        with self._lock:
            for domain in self._domains.values():
                domain.directory.close()
                domain.history.close()
                for reading in domain.readings:
                    reading.spool.close()
            self._domains.clear()

    def diagnose(self) -> Iterator[Diagnosis]:
        """What `check` tells of each domain."""
        for domain in self._opened().values():
            yield from diagnosis.diagnose(domain.directory, writes=False)

    # --- what is there

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        domains = self._opened()
        spools = [self._everything(domain).spool for domain in domains.values()]
        for spool in spools:
            yield from spool.subjects(selector, spools)

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        """One for each domain, for the empty subject only."""
        if subject.key or workload != WORKLOAD:
            return
        for each in self._config.all_domains():
            yield Container(b"", WORKLOAD, each.base.encode(), (each.base,), properties={"base": each.base})

    # --- listings

    def page(self, container: Container, cursor: bytes | None) -> Page:
        domain = self._domain(container)
        place = self._place(domain, cursor)
        reading = self._reading(domain, place)
        part = reading.spool.page(place.after, PAGE)
        if part.after is None:
            return Page(part.refs, None, part.gone, part.faults, place.until.write())
        following = Place(place.since, place.until, part.after)
        return Page(part.refs, following.write(), part.gone, part.faults)

    def _place(self, domain: _Domain, cursor: bytes | None) -> Place:
        """Where a cursor stands: a new listing is read first, for its point to be known."""
        if cursor is None:
            return Place(None, self._everything(domain).until, b"")
        found = cursors.read(cursor)
        if isinstance(found, Place):
            return found
        return Place(found, self._changes(domain, found).until, b"")

    def _everything(self, domain: _Domain) -> _Read:
        """A reading of everything: the last one while the controller has committed nothing since."""
        with domain.lock:
            said = domain.directory.controller()
            for reading in reversed(domain.readings):
                here = (reading.until.server, reading.until.invocation, reading.until.usn)
                if reading.since is None and here == (said.host, said.invocation, said.usn):
                    return reading
            return self._keep(domain, None)

    def _changes(self, domain: _Domain, since: Since) -> _Read:
        with domain.lock:
            said = domain.directory.controller()
            changes.usable(since, said)
            for reading in reversed(domain.readings):
                if reading.since == since and reading.until.usn == said.usn:
                    return reading
            return self._keep(domain, since)

    def _reading(self, domain: _Domain, place: Place) -> _Read:
        """The reading that a place stands in, made again after a crash: what it gives then is newer, and the point that
        its last page hands out is still the old one, so that nothing is lost."""
        with domain.lock:
            for reading in domain.readings:
                if (reading.since, reading.until) == (place.since, place.until):
                    return reading
            made = self._keep(domain, place.since)
            made.until = place.until
            return made

    def _keep(self, domain: _Domain, since: Since | None) -> _Read:
        spool = Spool(self._environment.spool)
        try:
            if since is None:
                until = changes.read_all(domain.directory, spool, domain.history)
            else:
                until = changes.read_changes(domain.directory, since, spool, domain.history)
        except BaseException:
            spool.close()
            raise
        domain.readings.append(_Read(since, until, spool))
        return domain.readings[-1]

    # --- items

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        """From the reading that listed them; where that is not here any more, or of another version, by id."""
        domain = self._domain(container)
        found = {ref.key: record for ref in refs if (record := self._spooled(domain, ref))}
        missing = [ref.key for ref in refs if ref.key not in found and guid_of(ref.key)]
        base = dn_key(domain.directory.base)
        for page in domain.directory.by_guid(guid_of(key) for key in missing) if missing else ():
            for entry in page:
                if changes.is_inside(entry.dn, base):
                    record = record_of(b"", entry)
                    found |= {key: record for key in missing if guid_of(key) == entry.attributes["objectGUID"][0]}
        for ref in refs:
            record = found.get(ref.key)
            if record is None:
                yield Fault(ref.key, "GEN-READ-01", "no longer in the directory", ref.kind, ref.form)
            else:
                yield Record(ref.key, record.kind, record.form, record.properties)

    @staticmethod
    def _spooled(domain: _Domain, ref: ItemRef) -> Record | None:
        for reading in reversed(domain.readings):
            whole = reading.spool.whole(ref.key)
            if whole and whole[2] == ref.version:
                dn, attributes, _ = whole
                return record_of(ref.key, Entry(dn, attributes))
        return None

    # --- domains

    def _main(self) -> _Domain:
        return next(iter(self._opened().values()))

    def _domain(self, container: Container) -> _Domain:
        found = self._opened().get(container.key)
        if found is None:
            name = container.key.decode("utf-8", "replace")
            raise StopEndpoint(
                Text(
                    f"{name} n'est plus dans le plan pour cet annuaire ; remettez ce domaine, ou relancez `assess`",
                    f"{name} is no longer in the plan for this directory; put that domain back, or run `assess` again",
                )
            )
        return found

    def _opened(self) -> dict[bytes, _Domain]:
        with self._lock:
            if not self._domains:
                kept, name = self._environment.kept, self._environment.endpoint
                for each in self._config.all_domains():
                    notes = kept / f"notes-{sha256(dn_key(each.base).encode()).hexdigest()[:16]}.db"
                    directory = Directory(self._config, each, self._environment.base, name)
                    self._domains[each.base.encode()] = _Domain(directory, History(notes))
            return dict(self._domains)


def record_of(key: bytes, entry: Entry) -> Record:
    """An entry as a record: its values in the order that `settled` gives."""
    properties: dict[str, Value] = {**settled(entry.attributes), "dn": entry.dn}
    return Record(key, KIND, AD, properties)
