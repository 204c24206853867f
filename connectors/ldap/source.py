"""An OpenLDAP or 389-ds server as a source."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

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
)
from transhumance.connectors.formats.ldapber import Entry
from transhumance.connectors.formats.ldapwire import Refused
from transhumance.connectors.ldap.config import LdapConfig
from transhumance.connectors.ldap.diagnosis import diagnose
from transhumance.connectors.ldap.directory import WORKLOAD, Directory
from transhumance.connectors.ldap.index import FORM, Index
from transhumance.connectors.ldap.state import State
from transhumance.connectors.ldap.stored import is_glue, own_id

SERVER_PAGE = 1000  # entries in one page of the server


class LdapSource:
    """A server that is read. A listing that begins is taken whole into the spool, in the server's own order, and handed
    out in order of key. Where the target of the same endpoint wrote what came from one other base, names are said as
    they were there: so what returns is what left."""

    def __init__(self, config: LdapConfig, environment: Environment) -> None:
        self._directory = Directory(config, environment, writes=False)
        self._environment = environment
        self._lock = threading.RLock()
        self._index: Index | None = None
        self._old: list[Index] = []

    def identity(self) -> str:
        return self._directory.identity()

    def close(self) -> None:
        with self._lock:
            for index in (*self._old, self._index):
                if index:
                    index.close()
            self._index = None
            self._old.clear()
        self._directory.close()

    def diagnose(self) -> Iterator[Diagnosis]:
        yield from diagnose(self._directory, writes=False)

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        yield from self._indexed(fresh=True).subjects(selector)

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        if not subject.key and workload == WORKLOAD:
            base = self._directory.base
            yield Container(b"", WORKLOAD, base.encode(), (base,), properties={"base": self._names_end_in()})

    def page(self, container: Container, cursor: bytes | None) -> Page:
        return self._indexed(fresh=cursor is None).page(cursor)

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        shaper = self._directory.shaper(self._names_end_in())
        with self._lock:
            found = self._directory.by_names([ref.locator for ref in refs])
            moved = [ref.key for ref, entry in zip(refs, found, strict=True) if not self._is(entry, ref.key)]
            elsewhere = self._directory.by_ids(moved) if moved else {}
        for ref, entry in zip(refs, found, strict=True):
            here = entry if self._is(entry, ref.key) else elsewhere.get(ref.key[1:])
            if here is None or is_glue(here):
                yield Fault(ref.key, "GEN-READ-01", "no longer there", ref.kind, ref.form)
            else:
                yield Record(ref.key, ref.kind, FORM, shaper.back(here, own_ids=True))

    def _names_end_in(self) -> str:
        state = State(self._environment)
        try:
            return self._directory.config.from_base or state.origin() or self._directory.base
        finally:
            state.close()

    def _is(self, entry: Entry | None, own: bytes) -> bool:
        return entry is not None and own_id(entry, self._directory.profile) == own[1:]

    def _indexed(self, fresh: bool) -> Index:
        """The listing. `fresh`: taken again."""
        with self._lock:
            if self._index is None or fresh:
                made = Index(self._environment.spool, self._directory.profile)
                try:
                    self._fill(made)
                except BaseException:
                    made.close()
                    raise
                if self._index:
                    self._old.append(self._index)  # another thread may be reading it
                for old in self._old[:-2]:
                    old.close()
                self._old = self._old[-2:]
                self._index = made
            return self._index

    def _fill(self, index: Index) -> None:
        directory = self._directory
        with directory.session.another() as session:  # a server may page one search a connection at a time
            try:
                for page in session.pages(directory.base, attributes=directory.attributes, size=SERVER_PAGE):
                    index.add(page)
            except Refused as refused:
                name, base = self._environment.endpoint, directory.base
                raise StopEndpoint(
                    Text(
                        f"{name} : {base} ne se lit pas ({refused}) ; vérifiez `base` et les droits du compte",
                        f"{name}: {base} can't be read ({refused}); check `base` and the rights of the account",
                    )
                ) from None
