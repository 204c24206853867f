"""Groups of the plan's `groups: rfc2307bis`: numbers beside members, where the schema makes posixGroup auxiliary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests_support_ldap import Endpoint, group

from transhumance.connectors.contract import Record, Status
from transhumance.connectors.ldap.schema import SLAPD_CONF
from transhumance.fixtures.rigs.servers import dirsrv, slapd
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.directory import Directory
from transhumance.fixtures.services.slapd import STANDARD, Slapd

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("slapd")]
BIS = """attributetype ( 1.3.6.1.1.1.1.12 NAME 'memberUid' EQUALITY caseExactIA5Match
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
objectclass ( 1.3.6.1.1.1.2.2 NAME 'posixGroup' SUP top AUXILIARY MUST gidNumber MAY ( memberUid $ description ) )
"""


@pytest.fixture(scope="module")
def openldap_bis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """An OpenLDAP whose posixGroup is the auxiliary one."""
    file = tmp_path_factory.mktemp("schema") / "bis.schema"
    file.write_text(BIS)
    try:
        made = Slapd(schemas=[file, SLAPD_CONF], standard=[name for name in STANDARD if name != "nis"])
    except NotHere as absent:
        pytest.skip(str(absent))
    with made as server:
        yield server


def numbered() -> Record:
    """A group whose source gave it a number."""
    made = group("g", "uid=a", "uid=b")
    classes = (b"top", b"groupOfNames", b"transhumanceOrigin")
    return Record(
        made.key, "entry", "ldap-entry", {**made.properties, "objectClass": classes, "trhGidNumber": (b"70",)}
    )


@pytest.mark.parametrize("which", ["slapd", "dirsrv"])
def test_a_group_has_its_number_where_the_plan_wants_it(
    which: str, openldap_bis: Directory, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = openldap_bis if which == "slapd" else _there(dirsrv)
    for wanted in ("rfc2307bis", "groupOfNames"):
        endpoint = Endpoint(server, tmp_path / wanted, server.fresh(), {"groups": wanted})
        request.addfinalizer(endpoint.close)
        expected = endpoint.target.forecast(endpoint.place(), numbered()).properties
        (made,) = endpoint.write(numbered())
        assert made.status is Status.WRITTEN, made
        assert [back.properties for back in endpoint.back(made)] == [expected]
        seen = endpoint.seen("(cn=g)", "*")
        assert ("gidNumber: 70" in seen, "posixGroup" in seen) == (wanted == "rfc2307bis",) * 2
        assert endpoint.change(numbered(), made).status is Status.UNCHANGED


def test_a_structural_posix_group_stays_out(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The schema nis: it can't join groupOfNames."""
    server = _there(slapd)
    endpoint = Endpoint(server, tmp_path, server.fresh(), {"groups": "rfc2307bis"})
    request.addfinalizer(endpoint.close)
    (made,) = endpoint.write(numbered())
    assert made.status is Status.WRITTEN and "posixGroup" not in endpoint.seen("(cn=g)", "*")


def _there(start: Callable[[], Directory]) -> Directory:
    try:
        return start()
    except NotHere as absent:
        pytest.skip(str(absent))
