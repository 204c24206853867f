"""Endpoints of real servers for the tests of this room."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from transhumance.fixtures.rigs.servers import dirsrv, slapd
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.directory import Directory

sys.path.insert(0, str(Path(__file__).parent))

from tests_support_ldap import Endpoint  # it lies beside this file


@pytest.fixture(params=["slapd", "dirsrv"])
def endpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Endpoint]:
    """An empty unit at each of the servers."""
    yield from _opened({"slapd": slapd, "dirsrv": dirsrv}[request.param], tmp_path)


@pytest.fixture
def openldap(tmp_path: Path) -> Iterator[Endpoint]:
    """An empty unit at OpenLDAP."""
    yield from _opened(slapd, tmp_path)


def _opened(server: Callable[[], Directory], folder: Path) -> Iterator[Endpoint]:
    try:
        made = server()
    except NotHere as absent:
        pytest.skip(str(absent))
    endpoint = Endpoint(made, folder, made.fresh())
    yield endpoint
    endpoint.close()
