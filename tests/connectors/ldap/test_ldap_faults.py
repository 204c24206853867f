"""Faults: the server is killed within a transaction or after it, the connection is cut, rights lack; servers that hold
less than others."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests_support_ldap import FENCE, Endpoint, group, person

from transhumance.connectors.contract import Container, Expect, Fence, Retry, StaleLease, Status, Subject, Write
from transhumance.connectors.ldap import writer
from transhumance.connectors.ldap.config import LdapConfig
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.slapd import Slapd

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("slapd")]
ACCESS = """access to dn.subtree="ou=mig,dc=est,dc=test" by dn.exact="cn=writer,dc=est,dc=test" write by * read
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Endpoint]:
    """A bare OpenLDAP of its own: no overlay, no schema of ours."""
    try:
        made = Slapd(overlays=(), access=ACCESS, durable=True)
    except NotHere as absent:
        pytest.skip(str(absent))
    with made as server:
        server.add(f"dn: ou=mig,{server.base}\nobjectClass: organizationalUnit\nou: mig\n")
        server.add(f"dn: cn=writer,{server.base}\nobjectClass: person\ncn: writer\nsn: w\nuserPassword: w\n")
        endpoint = Endpoint(server, tmp_path, f"ou=mig,{server.base}")
        yield endpoint
        endpoint.close()


def chunk(count: int = 40) -> list[Any]:
    return [person(f"p{n:03}") for n in range(count)]


def test_kill_9_in_the_middle_of_a_transaction(own: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(own.server, Slapd)
    server, place, records = own.server, own.place(), chunk()
    own.target.preview(place, records[0])

    def killed(seconds: float) -> None:
        server.kill()

    monkeypatch.setattr(writer.time, "sleep", killed)
    with pytest.raises(Retry):
        own.write(*records)
    monkeypatch.undo()
    server.start()
    assert own.seen("(uid=*)", "1.1") == ""  # all or nothing
    writes = [Write(r.key, r) for r in records]
    assert own.reopen().probe(place, writes, "", FENCE) == [None] * len(records)
    assert {o.status for o in own.write(*records)} == {Status.WRITTEN}
    assert own.seen("(uid=*)", "1.1").count("dn:") == len(records)


def test_kill_9_after_a_transaction_leaves_what_is_ours(own: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome of the effect is not known by the caller; the next try finds it there, and it is still ours."""
    assert isinstance(own.server, Slapd)
    server, records = own.server, chunk()
    place, session = own.place(), own.target._directory.session
    read, calls = session.reads, []

    def killed(dns: Any, attributes: Any = ()) -> Any:
        if list(attributes) != ["1.1"] and not calls:
            calls.append(1)
            server.kill()
        return read(dns, attributes)

    monkeypatch.setattr(session, "reads", killed)
    with pytest.raises(Retry):
        own.write(*records)
    server.start()
    again = own.target.write(place, [Write(r.key, r) for r in records], FENCE)
    assert {(o.status, o.before.token) for o in again} == {(Status.WRITTEN, "")}
    probed = own.reopen().probe(place, [Write(r.key, r) for r in records], "", FENCE)
    assert [(p.status, p.target_key) for p in probed if p] == [(Status.WRITTEN, o.target_key) for o in again]


def test_a_connection_cut_in_a_transaction_is_the_last_one(own: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server lives on: nothing of the chunk is there, and the next try goes without a transaction, by itself."""
    records, session = chunk(), own.target._directory.session
    own.target.preview(own.place(), records[0])

    def cut(seconds: float) -> None:
        assert session._socket is not None
        session._socket.shutdown(socket.SHUT_RDWR)

    with monkeypatch.context() as patch:
        patch.setattr(writer.time, "sleep", cut)
        with pytest.raises(Retry):
            own.write(*records)
    assert own.seen("(uid=*)", "1.1") == ""
    again = own.write(*records)
    assert own.target._writer is not None and own.target._writer.way == "pipeline"
    assert {(o.status, o.before.token) for o in again} == {(Status.WRITTEN, "")}
    assert own.seen("(uid=*)", "1.1").count("dn:") == len(records)


def test_a_change_that_was_cut_off_keeps_its_image(own: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    (made,) = own.write(person("a"))
    session, after = own.target._directory.session, person("a", l=(b"Lyon",))
    write = Write(b"a", after, Expect(made.version), made.target_key)

    def cut(*args: Any) -> Any:
        raise session._lost("cut by the test")

    with monkeypatch.context() as patch:
        patch.setattr(session, "reads", cut)
        with pytest.raises(Retry):
            own.target.write(own.place(), [write], FENCE)
    (settled,) = own.reopen().probe(own.place(), [write], "", FENCE)
    assert settled is not None and settled.before.token
    back = own.target.restore(own.place(), settled.target_key, settled.before, Expect(settled.version), FENCE)
    assert back.version == made.version and "Lyon" not in own.seen()


def test_a_lease_lost_before_the_end_leaves_nothing(own: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 0.0, 9.0, 9.0, 9.0])
    late = Fence("test", 1, deadline=5.0, clock=lambda: next(ticks, 9.0))
    records, place = chunk(), own.place()
    with pytest.raises(StaleLease):
        own.target.write(place, [Write(r.key, r) for r in records], Fence("t", 1, 5.0, lambda: 9.0))
    try:
        own.target.write(place, [Write(r.key, r) for r in records], late)
    except StaleLease:
        assert own.seen("(uid=*)", "1.1") == ""


def test_every_way_of_writing_gives_the_same(own: Endpoint) -> None:
    seen = []
    for way in ("transaction", "pipeline", "single"):
        own.settings = {"writer": way}
        own.reopen()
        outcomes = own.write(*chunk(20), group("g", "uid=p001"))
        assert {o.status for o in outcomes} == {Status.WRITTEN}, way
        assert own.target._writer is not None and own.target._writer.way == way
        seen.append(own.seen("(objectClass=*)", "*"))
        for outcome in reversed(outcomes):
            own.target.restore(own.place(), outcome.target_key, outcome.before, Expect(outcome.version), FENCE)
    assert seen[0] == seen[1] == seen[2] and seen[0].count("dn:") == 22


def test_a_server_that_holds_less_says_so_and_keeps_its_word(own: Endpoint) -> None:
    record = person(
        "a",
        objectClass=(b"top", b"person", b"organizationalPerson", b"inetOrgPerson", b"transhumanceOrigin"),
        trhUPN=(b"a@chu.example",),
        pwdAccountLockedTime=(b"000001010000Z",),
        pwdEndTime=(b"20300101000000Z",),
    )
    place = own.place()
    told = {finding.code for finding in own.target.preview(place, record)}
    assert {"ID-ORG-01", "ID-UAC-06"} <= told
    expected = own.target.forecast(place, record)
    (back,) = own.back(*own.write(record))
    assert back.properties == expected.properties
    said = {d.what.en for d in own.target.diagnose() if d.level == "warn"}
    assert any("transhumanceOrigin" in text for text in said) and any("ppolicy" in text for text in said)


def test_rights_that_lack_are_told_with_what_grants_them(own: Endpoint) -> None:
    who = f"cn=writer,{own.server.base}"
    own.settings = {"username": who, "password": "w"}
    remedies = [d.remedy.en for d in own.reopen().diagnose() if d.remedy]
    assert f'olcAccess: {{0}}to dn.subtree="{own.base}" by dn.exact="{who}" manage by * break' in remedies
    assert {o.status for o in own.write(person("a"))} == {Status.WRITTEN}
    own.settings["base"] = own.server.base
    bad = [d for d in own.reopen().diagnose() if d.level == "bad"]
    assert len(bad) == 1 and bad[0].remedy is not None and "write by * break" in bad[0].remedy.en
    outcome = own.target.write(own.target.ensure(Container(b"", "identities", b"x")), [Write(b"a", person("z"))], FENCE)
    assert [(o.status, o.code) for o in outcome] == [(Status.REFUSED, "ID-LDAP-04")]


def test_clear_connections_are_a_decision(own: Endpoint) -> None:
    for bad in (
        {"url": "ldap://x"},
        {"url": "ldaps://x", "start_tls": True},
        {"url": "http://x"},
        {"url": "ldaps://x/y"},
    ):
        with pytest.raises(ValidationError):
            LdapConfig.model_validate({"base": "dc=x", **bad})
    own.settings = {"url": own.server.url, "insecure": True}
    assert any("WITHOUT encryption" in d.what.en for d in own.reopen().diagnose())
    own.settings = {"url": own.server.url, "start_tls": True}
    assert {o.status for o in own.reopen() and own.write(person("a"))} == {Status.WRITTEN}


def test_a_source_without_rights_stops_with_words(own: Endpoint) -> None:
    own.settings = {"base": "dc=elsewhere,dc=test"}
    source = own.source()
    with pytest.raises(Exception, match="dc=elsewhere") as stopped:
        list(source.containers(Subject(b""), "identities"))
        source.page(Container(b"", "identities", b"x"), None)
    assert type(stopped.value).__name__ == "StopEndpoint"
