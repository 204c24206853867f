"""A Samba controller for the tests of `active-directory`, and what opens the connector on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.source import AdSource
from transhumance.connectors.contract import Container, Environment, ItemRef, Page, Record, Subject
from transhumance.connectors.formats.ldapwire import Address, Session
from transhumance.fixtures.ldapfront import Front
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.samba import Samba


def started(**options: Any) -> Iterator[Samba]:
    """A controller that is stopped when the fixture ends; skips where Samba is not there."""
    try:
        server = Samba(**options)
        server.__enter__()
    except NotHere as reason:
        pytest.skip(str(reason))
    yield server
    server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def samba() -> Iterator[Samba]:
    """One controller for all of these tests; each works below an OU of its own."""
    yield from started()


@pytest.fixture(scope="session")
def hand(samba: Samba) -> Iterator[Session]:
    """Who changes the directory meanwhile."""
    with Session(Address(samba.url, samba.admin, samba.password, samba.ca_file)) as session:
        yield session


@pytest.fixture
def front(samba: Samba) -> Iterator[Front]:
    """Active Directory's rules before that controller."""
    with Front(samba.address, samba.ca_file) as server:
        yield server


_numbers = count(1)


@pytest.fixture
def ou(samba: Samba) -> str:
    """A new, empty OU."""
    dn = f"OU=Unité {next(_numbers)},{samba.base}"
    samba.add(f"dn: {dn}\nobjectClass: organizationalUnit\n\n")
    return dn


class Reader:
    """An opened source, and what its listings say."""

    def __init__(self, config: AdConfig, folder: Path) -> None:
        self.source = AdSource(config, Environment("ad", folder / "spool", folder, "en", folder / "state"))
        self.container: Container = next(self.source.containers(Subject(b""), "identities"))

    def pages(self, cursor: bytes | None = None) -> Iterator[Page]:
        while True:
            page = self.source.page(self.container, cursor)
            yield page
            if page.next is None:
                return
            cursor = page.next

    def listing(self) -> tuple[dict[bytes, ItemRef], bytes]:
        """Everything, by key, and the point that the last page hands out."""
        found = list(self.pages())
        assert found[-1].since is not None
        return {ref.key: ref for page in found for ref in page.refs}, found[-1].since

    def records(self, refs: Any) -> dict[str, Record]:
        """The records of refs, by name."""
        answers = list(self.source.fetch(self.container, list(refs)))
        assert all(isinstance(answer, Record) for answer in answers), answers
        return {str(answer.properties["dn"]): answer for answer in answers if isinstance(answer, Record)}


@pytest.fixture
def reader(samba: Samba, tmp_path: Path) -> Iterator[Callable[..., Reader]]:
    """A function `reader(base, **settings)` that opens a source; `front=` reads through that front."""
    opened: list[Reader] = []

    def made(base: str = "", front: Front | None = None, folder: Path | None = None, **settings: Any) -> Reader:
        at: Any = front or samba
        known = {"url": at.url, "ca_file": at.ca_file, "username": samba.admin, "password": samba.password}
        config = AdConfig.model_validate({**known, "base": base or samba.base, **settings})
        opened.append(Reader(config, folder or tmp_path / f"reader{len(opened)}"))
        return opened[-1]

    yield made
    for each in opened:
        each.source.close()
