"""The schema files are what their table makes; subschemas are read as servers write them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests_support_ldap import Endpoint, person

from transhumance.connectors.contract import Status
from transhumance.connectors.ldap.schema import FOLDER, make
from transhumance.connectors.ldap.subschema import parse
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.slapd import Slapd


def test_the_files_are_made_of_the_table() -> None:
    made = dict(make.files())
    assert {path.name for path in FOLDER.iterdir() if path.suffix in (".schema", ".ldif")} == made.keys()
    for name, text in made.items():
        assert (FOLDER / name).read_text() == text
    numbers = [kept.number for kept in make.ATTRIBUTES]
    assert len(set(numbers)) == len(numbers)


def test_a_subschema_is_read() -> None:
    types = (
        b"( 2.5.4.49 NAME 'distinguishedName' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
        b"( 2.5.4.31 NAME 'member' SUP distinguishedName )",
        b"( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'RFC4519: (common) name' SUP name )",
        b"( 1.2 NAME 'entryX' SYNTAX 1.3 NO-USER-MODIFICATION USAGE directoryOperation X-ORIGIN ( 'a' 'b' ) )",
        b"( nonsense", b"", b"(" * 3000,
    )  # fmt: skip
    classes = (
        b"( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
        b"( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( description $ seeAlso ) )",
        b"( 1.9 NAME 'aux' SUP top AUXILIARY MAY member )",
        b"( 1.8 NAME 'loop' SUP loop STRUCTURAL )",
    )
    schema = parse(types, classes)
    assert schema.is_dn("member") and not schema.is_dn("cn") and schema.first("commonname") == "cn"
    assert schema.attributes["entryx"].fixed and schema.attributes["entryx"].operational
    assert schema.required(schema.closure(["person"])) == {"sn", "cn", "objectclass"}
    assert schema.closure(["aux", "person"]) == ("top", "person", "aux")
    assert schema.allowed(["aux"]) == {"member", "objectclass"} and schema.allowed(["extensibleobject"]) is None


def test_a_chain_of_superiors_has_an_end() -> None:
    classes = [b"( 1.%d NAME 'c%d' SUP c%d )" % (n, n, n + 1) for n in range(500)]
    assert len(parse((), classes).classes) == 500


@pytest.mark.parametrize("name", ["transhumance.schema", "transhumance.ldif", "99transhumance.ldif"])
def test_no_line_says_where_it_was_made(name: str) -> None:
    assert "/root" not in (FOLDER / name).read_text()


@pytest.mark.server
@pytest.mark.xdist_group("slapd")
def test_the_schema_is_loaded_into_a_living_server(tmp_path: Path) -> None:
    """Through cn=config, without a restart: what lacked before is there after."""
    try:
        made = Slapd(overlays=(), extra="database config\nrootpw of-the-configuration\n")
    except NotHere as absent:
        pytest.skip(str(absent))
    with made as server:
        endpoint = Endpoint(server, tmp_path, server.fresh())
        record = person(
            "a",
            objectClass=(b"person", b"organizationalPerson", b"inetOrgPerson", b"transhumanceOrigin"),
            trhUPN=(b"a@chu.example",),
        )
        assert "ID-ORG-01" in {finding.code for finding in endpoint.target.preview(endpoint.place(), record)}
        words = ["ldapadd", "-x", "-H", server.url, "-D", "cn=config", "-w", "of-the-configuration"]
        subprocess.run([*words, "-f", str(FOLDER / "transhumance.ldif")], check=True, capture_output=True)
        assert endpoint.reopen().preview(endpoint.place(), record) == ()
        (outcome,) = endpoint.write(record)
        assert outcome.status is Status.WRITTEN and "trhUPN: a@chu.example" in endpoint.seen()
        endpoint.close()
