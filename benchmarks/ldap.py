"""Entries into OpenLDAP and 389-ds, durable (each server syncs its disk as in life), against `ldapadd -f` of the same
entries into the same server in the same run; and a listing against `ldapsearch` with paging."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import run
from transhumance.connectors.contract import Container, Environment, Fence, Record, Status, Subject, Value, Write
from transhumance.connectors.formats.entry import record_of
from transhumance.connectors.formats.ldif import write_record
from transhumance.connectors.ldap.config import LdapConfig
from transhumance.connectors.ldap.schema import DIRSRV, SLAPD_CONF
from transhumance.connectors.ldap.source import LdapSource
from transhumance.connectors.ldap.target import LdapTarget
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.dirsrv import Dirsrv
from transhumance.fixtures.services.slapd import Slapd

CHUNK = 500
FENCE = Fence("bench", 1)


def people(base: str, count: int) -> Iterator[Record]:
    """People of ten attributes."""
    for number in range(count):
        name = b"Personne %06d" % number
        said: dict[str, Value] = {
            "dn": f"uid=p{number:06},{base}",
            "objectClass": (b"top", b"person", b"organizationalPerson", b"inetOrgPerson"),
            "uid": (b"p%06d" % number,),
            "cn": (name,),
            "sn": (name,),
            "givenName": (b"Jeanne",),
            "mail": (b"p%06d@chu.example" % number,),
            "telephoneNumber": (b"+33 4 00 00 %02d %02d" % (number // 100 % 100, number % 100),),
            "title": (b"Infirmi\xc3\xa8re",),
            "description": ("Cardiologie, bâtiment A".encode(),),
        }
        yield Record(b"%06d" % number, "entry", "ldap-entry", said)


def benchmark(folder: Path, count: int) -> list[str]:
    """Both servers, where they are installed."""
    lines = [f"ldap: {count} people of ten attributes, durable, chunks of {CHUNK}"]
    for name, make in (
        ("slapd", lambda: Slapd(overlays=("memberof", "refint", "syncprov"), schemas=[SLAPD_CONF], durable=True)),
        ("389-ds", lambda: Dirsrv(schemas=[DIRSRV], durable=True)),
    ):
        try:
            with make() as server:
                lines += _one(folder / name, server, name, count)
        except NotHere as absent:
            lines.append(f"  {name}: not here ({absent})")
    return lines


def _one(folder: Path, server: Slapd | Dirsrv, name: str, count: int) -> list[str]:
    folder.mkdir()
    theirs, ours = server.fresh(), server.fresh()
    ldif = folder / "people.ldif"
    ldif.write_bytes(b"\n".join(write_record(record_of(r.properties)) for r in people(theirs, count)))
    words = ["-x", "-H", server.ldaps, "-D", server.admin, "-w", server.password]
    tls = {"LDAPTLS_CACERT": str(server.ca_file), "LDAPCONF": "/dev/null"}
    peer = run(["ldapadd", *words, "-f", str(ldif)], cwd=folder, env=tls).wall
    settings = {"url": server.ldaps, "ca_file": server.ca_file, "username": server.admin, "password": server.password}
    config = LdapConfig.model_validate({**settings, "base": ours, "from_base": ours})
    environment = Environment("bench", folder / "spool", folder, state=folder / "state")
    wrote = _write(LdapTarget(config, environment), list(people(ours, count)))
    listed = _list(LdapSource(config, environment), count)
    search = ["ldapsearch", *words, "-LLL", "-E", "pr=1000/noprompt", "-b", ours, "(objectClass=*)", "*", "+"]
    read = run(search, cwd=folder, env=tls).wall
    return [
        f"  {name}: ldapadd {peer:7.2f} s {count / peer:7.0f}/s; transhumance {wrote:7.2f} s {count / wrote:7.0f}/s, "
        f"read back, {peer / wrote:.1f} x ldapadd (aim: {'5' if name == 'slapd' else '1'})",
        f"  {name}: listing in order of key {listed:.2f} s {count / listed:.0f}/s; ldapsearch {read:.2f} s",
    ]


def _write(target: LdapTarget, records: list[Record]) -> float:
    place = target.ensure(Container(b"", "identities", b"bench"))
    began = time.perf_counter()
    for at in range(0, len(records), CHUNK):
        outcomes = target.write(place, [Write(r.key, r) for r in records[at : at + CHUNK]], FENCE)
        assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}
    wall = time.perf_counter() - began
    target.close()
    return wall


def _list(source: LdapSource, count: int) -> float:
    (container,) = source.containers(Subject(b""), "identities")
    began = time.perf_counter()
    page = source.page(container, None)
    found = len(page.refs)
    while page.next is not None:
        page = source.page(container, page.next)
        found += len(page.refs)
    wall = time.perf_counter() - began
    source.close()
    assert found == count
    return wall
