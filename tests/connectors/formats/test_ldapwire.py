"""The connection before real servers: TLS, binds, pages, pipelines, cuts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from transhumance.connectors.contract import Retry, StopEndpoint
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapwire import Address, Lost, Refused, Session
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.slapd import Slapd

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("slapd")]


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    try:
        made = Slapd()
    except NotHere as absent:
        pytest.skip(str(absent))
    with made as running:
        yield running


@pytest.fixture
def address(server: Slapd) -> Address:
    return Address(server.ldaps, server.admin, server.password, server.ca_file, timeout=10, name="t")


def people(base: str, count: int) -> list[tuple[bytes, tuple[()]]]:
    common = {"objectClass": [b"inetOrgPerson"], "sn": [b"s"]}
    return [
        (ber.add(f"uid=p{n},{base}", {**common, "uid": [b"p%d" % n], "cn": [b"p%d" % n]}), ()) for n in range(count)
    ]


def test_what_is_written_is_listed_by_pages_whole(server: Slapd, address: Address) -> None:
    base = server.fresh()
    with Session(address) as session:
        assert {r.code for r in session.pipeline(people(base, 300))} == {0}
        pages = list(session.pages(base, size=70))
        assert [len(page) for page in pages] == [70, 70, 70, 70, 21]
        assert len({entry.dn for page in pages for entry in page}) == 301
        answers = session.reads([f"uid=p{n},{base}" for n in range(298, 302)])
        assert [entry.dn if entry else None for entry in answers] == [
            f"uid=p298,{base}", f"uid=p299,{base}", None, None
        ]  # fmt: skip


def test_a_hostile_name_is_a_value_and_no_filter(server: Slapd, address: Address) -> None:
    base = server.fresh()
    with Session(address) as session:
        assert {r.code for r in session.pipeline(people(base, 3))} == {0}
        found, result = session.search(base, wanted=ber.equal("uid", b"*)(|(uid=*"))
        assert found == [] and result.code == 0


def test_a_refusal_is_typed_and_the_connection_goes_on(server: Slapd, address: Address) -> None:
    with Session(address) as session:
        with pytest.raises(Refused) as refused:
            session.do(ber.delete("cn=nobody,dc=est,dc=test"))
        assert refused.value.code == 32
        assert session.read(server.base) is not None
        with pytest.raises(StopEndpoint):
            session.accepted(session.search(server.base, size_limit=1)[1])


def test_filters_mean_what_they_say(server: Slapd, address: Address) -> None:
    base = server.fresh()
    with Session(address) as session:
        assert {r.code for r in session.pipeline(people(base, 4))} == {0}
        wanted = ber.all_of(
            ber.any_of(ber.equal("uid", b"p1"), ber.equal("uid", b"p2"), ber.equal("cn", b"p3")),
            ber.none_of(ber.equal("uid", b"p2")),
            ber.present("sn"),
        )
        found, _ = session.search(base, wanted=wanted, attributes=["uid"])
        assert sorted(entry.attributes["uid"] for entry in found) == [(b"p1",), (b"p3",)]
        assert len(session.search(base, wanted=ber.at_least("createTimestamp", b"20200101000000Z"))[0]) == 5


@pytest.mark.parametrize("start_tls", [False, True])
def test_tls_is_verified_by_authority_and_by_name(server: Slapd, address: Address, start_tls: bool) -> None:
    here = replace(address, url=server.url, start_tls=True) if start_tls else address
    with Session(here) as session:
        session.open()
        assert session.certificate["notAfter"]
    for wrong in (replace(here, ca_file=None), replace(here, url=here.url.replace("127.0.0.1", "127.0.0.2"))):
        with pytest.raises((StopEndpoint, Retry)) as refused:
            Session(wrong).open()
        if wrong.ca_file is None:
            assert isinstance(refused.value, StopEndpoint) and "ca_file" in refused.value.text.en


def test_wrong_and_empty_passwords_stop_the_endpoint(address: Address) -> None:
    for password in ("wrong", ""):
        with pytest.raises(StopEndpoint) as stopped:
            Session(replace(address, password=password)).open()
        assert "wrong" not in stopped.value.text.en and "password" in stopped.value.text.en
    assert address.password not in repr(address)


def test_a_cut_connection_is_told_and_comes_back(server: Slapd, address: Address) -> None:
    with Session(address) as session:
        assert session.read(server.base) is not None
        server.kill()
        with pytest.raises(Lost):
            session.read(server.base)
        with pytest.raises(Retry):
            session.read(server.base)
        server.start()
        assert session.read(server.base) is not None


def test_a_server_that_talks_nonsense_is_a_lost_connection() -> None:
    answers = (b"HTTP/1.1 400 Bad\r\n\r\n", b"\x30\x80\x00", b"\x30\x05\x02\x01\x01\x61\x50", b"")
    for answer in answers:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=_one, args=(listener, answer))
            thread.start()
            with pytest.raises(Lost):
                Session(Address(f"ldap://127.0.0.1:{listener.getsockname()[1]}", "cn=a", "p", timeout=5)).open()
            thread.join()


def _one(listener: socket.socket, answer: bytes) -> None:
    client, _ = listener.accept()
    with client:
        client.recv(1000)
        client.sendall(answer)
