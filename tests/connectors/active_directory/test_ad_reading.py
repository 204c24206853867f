"""Active Directory as a source, before a Samba controller, and behind Active Directory's own rules."""

import uuid
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from transhumance.connectors.active_directory import ntlm
from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.directory import Directory
from transhumance.connectors.active_directory.entries import RANK_GROUP, RANK_PERSON, counts
from transhumance.connectors.contract import Fault, ItemRef, Retry, Selector, StopEndpoint
from transhumance.fixtures.ldapfront import SEARCH, Front
from transhumance.fixtures.services.samba import Samba
from transhumance.migrators.identities.table import AD_TABLE

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("samba")]
Open = Callable[..., "object"]

NASTY = (
    "Petit\\, Jr", "\\#dièse", "O'Neil \\\"le grand\\\"", "a\\+b", "été\u0301", "*)(objectClass\\=*", "blanc final\\ ",
    "\\<script\\>", "x\\;y\\=z", "日本",
)  # fmt: skip


def people(where: str, names: tuple[str, ...]) -> str:
    out = []
    for number, name in enumerate(names):
        dn = b64encode(f"CN={name},{where}".encode()).decode()
        login = f"x{uuid.uuid4().hex[:10]}{number}"
        out.append(f"dn:: {dn}\nobjectClass: user\nsAMAccountName: {login}\nsn: n{number}\n\n")
    return "".join(out)


def test_names_come_as_they_are(samba: Samba, ou: str, reader) -> None:
    samba.add(people(ou, NASTY))
    opened = reader(ou)
    refs, _ = opened.listing()
    assert [key[:1] for key in refs] == [RANK_PERSON] * len(NASTY)
    records = opened.records(refs.values())
    assert len(records) == len(NASTY)
    cns = {r.properties["cn"][0].decode() for r in records.values() if "cn" in r.properties}
    assert {"Petit, Jr", "#dièse", "*)(objectClass=*", "blanc final ", "été\u0301", "日本"} <= cns


def test_bytes_come_as_they_are(samba: Samba, ou: str, reader) -> None:
    photo, certificate = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40, b"\x30\x03\x02\x01\x05"
    samba.add(
        f"dn: CN=bytes,{ou}\nobjectClass: user\nsAMAccountName: {uuid.uuid4().hex[:12]}\n"
        f"thumbnailPhoto:: {b64encode(photo).decode()}\nuserCertificate:: {b64encode(certificate).decode()}\n\n"
    )
    refs, _ = (opened := reader(ou)).listing()
    said = opened.records(refs.values())[f"CN=bytes,{ou}"].properties
    assert said["thumbnailPhoto"] == (photo,) and said["userCertificate"] == (certificate,)
    assert len(said["objectGUID"][0]) == 16 and said["objectSid"][0][:2] == b"\x01\x05"
    assert said["nTSecurityDescriptor"][0][0] == 1


@pytest.mark.parametrize(
    ("members", "limit"),
    [(0, 15), (1, 15), (14, 15), (15, 15), (16, 15), (40, 15), pytest.param(5000, 1500, marks=pytest.mark.slow)],
)
def test_every_member_of_a_group_comes(samba: Samba, ou: str, reader, front: Front, members: int, limit: int) -> None:
    """apache/ranger PR 966, pg-ldap-sync#37: `member` comes empty beside `member;range=0-1499`."""
    front.max_range = limit
    names = [f"CN=m{n},{ou}" for n in range(members)]
    samba.add("".join(f"dn: {dn}\nobjectClass: contact\n\n" for dn in names))
    group = f"dn: CN=grp,{ou}\nobjectClass: group\nsAMAccountName: {uuid.uuid4().hex[:12]}\n"
    samba.add(group + "".join(f"member: {dn}\n" for dn in names) + "\n")
    opened = reader(ou, front)
    refs, _ = opened.listing()
    assert len(refs) == members + 1
    said = opened.records([ref for key, ref in refs.items() if key[:1] == RANK_GROUP])[f"CN=grp,{ou}"].properties
    assert sorted(said.get("member", ())) == sorted(dn.encode() for dn in names)
    assert not [name for name in said if "range" in name]


def test_a_cut_in_mid_page_is_no_shorter_listing(samba: Samba, ou: str, reader, front: Front) -> None:
    samba.add("".join(f"dn: CN=c{n},{ou}\nobjectClass: contact\n\n" for n in range(120)))
    opened = reader(ou, front, page_size=50)
    for after in (0, 3, 49, 50, 90):
        front.faults.cut_after = after
        with pytest.raises(Retry):
            opened.listing()
    assert len(opened.listing()[0]) == 120


def test_busy_is_to_be_asked_again(ou: str, reader, front: Front) -> None:
    opened = reader(ou, front)
    front.faults.busy = 1
    with pytest.raises(Retry):
        opened.listing()
    assert opened.listing()[0] == {}


def test_a_listing_that_is_too_short_is_not_believed(
    samba: Samba, ou: str, reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """multiOTP#59, keycloak#24669: an answer that lacks entries must delete nobody."""
    samba.add("".join(f"dn: CN=c{n},{ou}\nobjectClass: contact\n\n" for n in range(10)))
    opened = reader(ou)
    opened.listing()
    whole = Directory.listing
    samba.add(f"dn: CN=one more,{ou}\nobjectClass: contact\n\n")
    everybody, _ = reader(ou).listing()  # the server's order is its own: the newcomer may be among the two that lack
    monkeypatch.setattr(Directory, "listing", lambda self, *more: (page[:-2] for page in whole(self, *more)))
    with pytest.raises(Retry, match="lacks"):
        opened.listing()
    with monkeypatch.context() as hidden:  # and what is to be found neither alive nor deleted is told as such
        hidden.setattr(Directory, "by_guid", lambda self, guids, deleted=False: iter(()))
        faults = {fault.key for page in opened.pages() for fault in page.faults}
        assert faults and faults <= everybody.keys()


def test_references_to_other_servers_are_never_followed(ou: str, reader, front: Front) -> None:
    front.faults.refer = 50
    assert reader(ou, front).listing()[0] == {}  # the trap would answer with nothing, and get the password


def test_an_entry_that_shows_no_id_is_told(samba: Samba, ou: str, reader, front: Front) -> None:
    samba.add(f"dn: CN=hidden,{ou}\nobjectClass: contact\n\n")
    front.faults.rewrite = {"objectguid": b"short"}
    opened = reader(ou, front)
    (page,) = list(opened.pages())
    assert {fault.code for fault in page.faults} == {"ID-ADR-01"} and len(page.faults) == 1 and not page.refs


def test_what_is_gone_is_a_fault(samba: Samba, ou: str, reader, tmp_path: Path) -> None:
    samba.add(f"dn: CN=one,{ou}\nobjectClass: contact\n\ndn: CN=two,{ou}\nobjectClass: contact\n\n")
    refs, _ = reader(ou).listing()
    samba.delete(f"CN=one,{ou}")
    other = reader(ou)  # no spool of that listing: read by id
    answers = list(other.source.fetch(other.container, [*refs.values(), ItemRef(b"none", "", "entry", "ad-entry")]))
    assert [a.key for a in answers] == [*refs, b"none"]
    assert sum(isinstance(a, Fault) for a in answers) == 2 and len(answers) == 3


def test_subjects_know_their_groups(samba: Samba, ou: str, reader) -> None:
    login = uuid.uuid4().hex[:12]
    samba.add(
        f"dn: CN=anne,{ou}\nobjectClass: user\nsAMAccountName: {login}\nmail: anne@chu.example\n\n"
        f"dn: CN=grp,{ou}\nobjectClass: group\nsAMAccountName: g{login}\nmember: CN=anne,{ou}\n\n"
    )
    found = {s.name: s for s in reader().source.subjects(Selector())}
    anne = found["anne"]
    assert anne.kind == "person" and anne.mail == "anne@chu.example" and anne.attributes["login"] == login
    assert anne.attributes["groups"] == (f"CN=Domain Users,CN=Users,{samba.base}", f"CN=grp,{ou}")
    assert found["Administrator"].attributes["builtin"] is True and anne.attributes["builtin"] is False
    (again,) = reader().source.subjects(Selector(frozenset([anne.key])))
    assert again == anne


def test_a_login_changes_nothing(samba: Samba, ou: str, reader) -> None:
    """A log-on raises uSNChanged: the version must not follow it."""
    samba.add(f"dn: CN=log,{ou}\nobjectClass: user\nsAMAccountName: {uuid.uuid4().hex[:12]}\n\n")
    before, _ = reader(ou).listing()
    samba.modify(f"dn: CN=log,{ou}\nchangetype: modify\nreplace: lastLogon\nlastLogon: 134000000000000000\n", "--relax")
    assert {r.version for r in reader(ou).listing()[0].values()} == {r.version for r in before.values()}


def test_what_counts_is_what_the_form_compares() -> None:
    """The version leaves out what the form's table calls derived or volatile, and nothing else."""
    for pattern, cls, _ in AD_TABLE.rows:
        if "*" not in pattern:
            assert counts(pattern) == (cls.value in ("content", "meta")), pattern


def test_the_wrong_password_and_the_wrong_authority_stop(samba: Samba, reader, front: Front) -> None:
    with pytest.raises(StopEndpoint, match="refused"):
        reader(password="wrong").listing()
    with pytest.raises(StopEndpoint, match="trusted"):
        reader(ca_file=front.ca_file).listing()


def test_start_tls_protects_a_clear_port(samba: Samba, ou: str, reader) -> None:
    assert len(reader(ou, url=samba.clear_url, start_tls=True).listing()[0]) == 0
    with pytest.raises(StopEndpoint):  # a controller refuses a password in clear
        reader(ou, url=samba.clear_url, insecure=True).listing()


def test_md4_is_the_one_of_rfc_1320() -> None:
    for text, digest in (
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("message digest", "d9130a8164549fe818874806e1c7014b"),
    ):
        assert ntlm.md4(text.encode()).hex() == digest
    assert ntlm.md4(b"1234567890" * 8).hex() == "e33b4ddc9c38f2199c3e7b164fcc0536"


def test_ntlm_logs_in(samba: Samba, ou: str, reader) -> None:
    assert reader(ou, auth="ntlm", username=f"{samba.domain}\\Administrator").listing()[0] == {}
    with pytest.raises(StopEndpoint, match="NTLM"):
        reader(ou, auth="ntlm", username=f"{samba.domain}\\Administrator", password="wrong").listing()


def test_the_next_controller_is_asked(samba: Samba, ou: str, reader) -> None:
    assert len(reader(ou, url=["ldaps://127.0.0.9:9", samba.url]).listing()[0]) == 0


@pytest.mark.parametrize(
    "settings", [{"url": "ldap://x"}, {"url": "http://x"}, {"base": "no name"}, {"url": []}, {"page_size": 5000}]
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        AdConfig.model_validate({"url": "ldaps://x", "base": "DC=x", **settings})


def test_searches_are_few(samba: Samba, ou: str, reader, front: Front) -> None:
    samba.add("".join(f"dn: CN=c{n},{ou}\nobjectClass: contact\n\n" for n in range(300)))
    opened = reader(ou, front)
    refs, _ = opened.listing()
    asked = front.seen[SEARCH]
    opened.records(refs.values())
    assert asked < 25 and front.seen[SEARCH] == asked  # what was listed is fetched from the spool
