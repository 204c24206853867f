"""Exports as a source: what ldifde, csvde and others write, and what is broken."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from transhumance.connectors.contract import (
    Container,
    Environment,
    Fault,
    ItemRef,
    Record,
    Selector,
    StopEndpoint,
    Subject,
    UserError,
)
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.source import LdifSource

GUID = "AAECAwQFBgcICQoLDA0ODw=="
GUID_TEXT = b"03020100-0504-0706-0809-0a0b0c0d0e0f"
Open = Callable[..., LdifSource]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """A function that opens a source over files that it is given, by name and bytes."""
    found: list[LdifSource] = []

    def make(path: str = "exports", /, **files: bytes) -> LdifSource:
        folder = tmp_path / "exports"
        for name, data in files.items():
            file = folder / name.replace("__", "/").replace("_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        config = LdifConfig.model_validate({"path": path, "max_entry_mib": 1})
        found.append(LdifSource(config, Environment("x", tmp_path / f"spool{len(found)}", tmp_path)))
        return found[-1]

    yield make
    for source in found:
        source.close()


def containers(source: LdifSource) -> list[Container]:
    return list(source.containers(Subject(b""), "identities"))


def listed(source: LdifSource) -> tuple[list[ItemRef], list[Fault]]:
    refs, faults = [], []
    for container in containers(source):
        page = source.page(container, None)
        refs += page.refs
        faults += page.faults
        assert page.next is None
    return refs, faults


def fetched(source: LdifSource) -> dict[bytes, Record]:
    found = {}
    for container in containers(source):
        for answer in source.fetch(container, source.page(container, None).refs):
            assert isinstance(answer, Record), answer
            found[answer.key] = answer
    return found


def entry(dn: str, *lines: str) -> bytes:
    return "\n".join([f"dn: {dn}", *lines, "", ""]).encode()


USER = entry(
    "CN=Zoé Petit,OU=Cardio,DC=chu,DC=example",
    "changetype: add",
    "objectClass: top",
    "objectClass: user",
    f"objectGUID:: {GUID}",
    "sAMAccountName: ZPetit",
    "userPrincipalName: zpetit@chu.example",
    "mail: zoe.petit@chu.example",
    "displayName: Zoé PETIT",
    "userAccountControl: 514",
    "memberOf: CN=Direct,DC=chu,DC=example",
    "scriptPath: logon.bat",
)


def test_ldifde_writes_entries_as_adds(opened: Open) -> None:
    source = opened(ad_ldf=USER.replace(b"\n", b"\r\n"))
    (ref,), faults = listed(source)
    assert not faults and (ref.key, ref.stable_id, ref.subject) == (GUID_TEXT, GUID_TEXT, GUID_TEXT)
    assert (ref.kind, ref.form, ref.size) == ("entry", "ad-entry", len(USER.replace(b"\n", b"\r\n")) - 2)
    (record,) = fetched(source).values()
    assert record.properties["dn"] == "CN=Zoé Petit,OU=Cardio,DC=chu,DC=example"
    assert record.properties["objectClass"] == (b"top", b"user") and "changetype" not in record.properties


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_encoding_of_one_export_says_the_same(opened: Open, encoding: str, end: str, packed: bool) -> None:
    text = USER.decode().replace("\n", end).encode(encoding)
    other = {"b_ldf_gz": gzip.compress(text)} if packed else {"b_ldf": text}
    source = opened(a_ldf=USER, **other)
    first, second = (source.page(c, None).refs[0] for c in containers(source))
    assert (first.key, first.version, first.form) == (second.key, second.version, second.form)
    assert len(fetched(source)) == 1


def test_one_file_or_a_folder_of_folders(opened: Open, tmp_path: Path) -> None:
    source = opened(
        north__ad_ldif=USER, south__ad_ldf_gz=gzip.compress(USER), notes_txt=b"dn: cn=x\n", south__ad_csv=b"DN\nCN=x\n"
    )
    assert [c.key for c in containers(source)] == [b"north/ad.ldif", b"south/ad.csv", b"south/ad.ldf.gz"]
    assert [c.path for c in containers(source)] == [("north", "ad"), ("south", "ad.csv"), ("south", "ad.ldf.gz")]
    assert list(source.containers(Subject(b"x"), "identities")) == list(source.containers(Subject(b""), "mail")) == []
    alone = opened("exports/north/ad.ldif")
    assert [c.path for c in containers(alone)] == [("ad",)]
    assert alone.identity() != source.identity() == opened().identity()
    with pytest.raises(UserError):
        listed(opened("nowhere"))


def test_keys_by_guid_uuid_name_and_twins_apart(opened: Open) -> None:
    text = (
        USER
        + entry("cn=u,dc=x", "entryUUID: 3F2504E0-4F89-11D3-9A0C-0305E82C3301", "cn: u")
        + entry("CN=Plain , DC=X", "cn: plain")
        + entry("CN=Plain , DC=X", "cn: again")
        + entry("", "supportedLDAPVersion: 3")
        + entry("cn=text,dc=x", "objectGUID: {3f2504e0-4f89-11d3-9a0c-0305e82c3302}", "cn: text")
    )
    refs, _ = listed(opened(a_ldif=text))
    assert {r.key: r.subject for r in refs} == {
        GUID_TEXT: GUID_TEXT,
        b"3f2504e0-4f89-11d3-9a0c-0305e82c3301": b"3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        b"3f2504e0-4f89-11d3-9a0c-0305e82c3302": b"3f2504e0-4f89-11d3-9a0c-0305e82c3302",
        b"CN=Plain , DC=X": b"cn=plain,dc=x",
        b"CN=Plain , DC=X#2": b"cn=plain,dc=x",
        b"rootdse": b"rootdse",
    }
    assert {r.key: r.form for r in refs}[b"rootdse"] == "ldif"


def test_a_person_as_a_subject(opened: Open) -> None:
    groups = entry(
        "CN=Named,DC=chu,DC=example", "objectClass: group", "member: cn=zoé petit,OU=cardio,DC=CHU,DC=example"
    )
    source = opened(a_ldif=USER, groups_ldif=groups + entry("CN=None,DC=x", "objectClass: group"))
    people = {s.key: s for s in source.subjects(Selector())}
    zoe = people[GUID_TEXT]
    assert (zoe.kind, zoe.name, zoe.mail) == ("person", "Zoé PETIT", "zoe.petit@chu.example")
    assert zoe.attributes == {
        "dn": "CN=Zoé Petit,OU=Cardio,DC=chu,DC=example",
        "ou": "OU=Cardio,DC=chu,DC=example",
        "groups": ("CN=Direct,DC=chu,DC=example", "CN=Named,DC=chu,DC=example"),
        "disabled": True,
        "mail": "zoe.petit@chu.example",
        "login": "ZPetit",
        "upn": "zpetit@chu.example",
        "builtin": False,
        "dependants": ("logon-script",),
    }
    assert list(source.subjects(Selector(frozenset([GUID_TEXT, b"nobody"])))) == [zoe]


def test_the_primary_group_is_a_group(opened: Open) -> None:
    domain = "AQUAAAAAAAUVAAAAmxMRlR+XgzGGx1Lu"
    text = entry(
        "CN=p,DC=x", "objectClass: user", f"objectSid:: {domain}UQQAAA==", "primaryGroupID: 513", "sAMAccountName: p"
    ) + entry("CN=Domain Users,DC=x", "objectClass: group", f"objectSid:: {domain}AQIAAA==")
    person, group = sorted(opened(a_ldif=text).subjects(Selector()), key=lambda s: s.kind, reverse=True)
    assert person.attributes["groups"] == ("CN=Domain Users,DC=x",)
    assert group.attributes["builtin"] is True and person.attributes["builtin"] is False


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("person", ["objectClass: inetOrgPerson"]),
        ("person", ["objectClass: user", "msExchRecipientTypeDetails: 1"]),
        ("computer", ["objectClass: user", "objectClass: computer", "servicePrincipalName: HOST/a"]),
        ("group", ["objectClass: groupOfNames", "member: cn=a"]),
        ("ou", ["objectClass: organizationalUnit"]),
        ("contact", ["objectClass: person", "objectClass: contact"]),
        ("shared_mailbox", ["objectClass: user", "msExchRecipientTypeDetails: 4"]),
        ("resource", ["objectClass: user", "msExchRecipientTypeDetails: 16"]),
        ("resource", ["objectClass: user", "msExchRecipientDisplayType: 8"]),
        ("service", ["objectClass: user", "servicePrincipalName: MSSQLSvc/x"]),
        ("service", ["objectClass: computer", "objectClass: msDS-GroupManagedServiceAccount"]),
        ("other", ["objectClass: container"]),
        ("other", ["objectClass: user", "isDeleted: TRUE"]),
        ("other", ["cn: without a class"]),
    ],
)
def test_kinds_of_subjects(opened: Open, kind: str, lines: list[str]) -> None:
    (subject,) = opened(a_ldif=entry("cn=a", *lines)).subjects(Selector())
    assert subject.kind == kind


def test_locked_accounts_of_open_directories_are_disabled(opened: Open) -> None:
    text = (
        entry("cn=a", "nsAccountLock: TRUE")
        + entry("cn=b", "pwdAccountLockedTime: 000001010000Z")
        + entry("cn=c", "cn: c")
    )
    assert [s.attributes["disabled"] for s in opened(a_ldif=text).subjects(Selector())] == [True, True, False]


def test_changes_are_items_in_order_and_never_tombstones(opened: Open) -> None:
    text = USER + (
        b"dn: CN=Zo\xc3\xa9 Petit,OU=Cardio,DC=chu,DC=example\nchangetype: delete\n\n"
        b"dn: cn=other,dc=x\nchangetype: modify\nreplace: sn\nsn: a\n-\n\n"
        b"dn: cn=other,dc=x\nchangetype: modify\nreplace: sn\nsn: a\n-\n\n"
    )
    source = opened(a_ldif=text)
    (container,) = containers(source)
    page = source.page(container, None)
    changes = [r for r in page.refs if r.key.startswith(b"change:")]
    assert page.tombstones == () and len(page.refs) == 4
    assert [r.key[:16] for r in changes] == [b"change:00000001:", b"change:00000002:", b"change:00000003:"]
    assert [r.subject for r in changes] == [GUID_TEXT, b"cn=other,dc=x", b"cn=other,dc=x"]
    assert {r.form for r in changes} == {"ldif"}
    assert {s.key for s in source.subjects(Selector())} == {GUID_TEXT, b"cn=other,dc=x"}
    delete, modify, _ = (fetched(source)[r.key].properties for r in changes)
    assert delete == {"dn": "CN=Zoé Petit,OU=Cardio,DC=chu,DC=example", "changetype": "delete"}
    assert modify["mods"] == (("replace", "sn", (b"a",)),)


def test_what_is_broken_is_told_and_the_rest_is_read(opened: Open) -> None:
    text = (
        entry("cn=a,dc=x", "cn: a")
        + b"dn: cn=b,dc=x\nuserPassword secret\n\n"
        + b"dn: cn=c,dc=x\njpegPhoto:< file:///etc/passwd\n\n"
        + b"dn: cn=d,dc=x\ndescription: "
        + b"x" * (1 << 20)
        + b"\n\n"
        + entry("cn=e,dc=x", "cn: e")
        + b"search: 1\nresult: 4 Size limit exceeded\n"
    )
    refs, faults = listed(opened(a_ldif=text))
    assert [r.key for r in refs] == [b"cn=a,dc=x", b"cn=e,dc=x"]
    assert {f.code: f.detail for f in faults} == {
        "ID-LDIF-01": "a.ldif:5: no colon",
        "ID-LDIF-02": "a.ldif:8: a value is a URL; it is not opened",
        "ID-LDIF-03": "a.ldif:10: 1048604 bytes, the limit is 1048576",
        "ID-LDIF-04": "a.ldif:16: the search ended with result 4",
    }
    assert len({f.key for f in faults}) == 4 and {f.kind for f in faults} == {"entry"}


def test_two_equally_broken_records_are_two_faults(opened: Open) -> None:
    _, faults = listed(opened(a_ldif=b"no colon\n\nno colon\n\nno colon\n"))
    assert len({f.key for f in faults}) == 3


@pytest.mark.parametrize("cut", [20, 200, -4])
def test_a_cut_gzip_gives_what_it_has_and_says_so(opened: Open, cut: int) -> None:
    text = gzip.compress(b"".join(entry(f"cn={n},dc=x", f"cn: {os.urandom(8).hex()}") for n in range(50)))
    refs, faults = listed(opened(a_ldif_gz=text[:cut]))
    assert [f.code for f in faults if f.code == "ID-LDIF-04"] and len(refs) < 51


def test_a_gzip_bomb_is_stopped(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transhumance.connectors.ldif.files._EXPANDED", 1 << 20)
    _, faults = listed(opened(a_ldif_gz=gzip.compress(b"\0" * (64 << 20))))
    assert any("expands above" in f.detail for f in faults)


def test_cut_utf16_and_lone_surrogates(opened: Open) -> None:
    text = entry("cn=a,dc=x", "cn: a").decode().encode("utf-16-le")
    _, faults = listed(opened(a_ldif=b"\xff\xfe" + text + b"d"))
    assert [f.code for f in faults] == ["ID-LDIF-04"]
    lone = b"\xff\xfe" + "dn: cn=a,dc=x\ncn: a".encode("utf-16-le") + b"\x00\xd8" + b"\n\x00"
    (record,) = fetched(opened(b_ldif=lone, a_ldif=b"")).values()
    assert record.properties["cn"] == (b"a\xed\xa0\x80",)


def test_latin1_bytes_stay_what_they_are(opened: Open) -> None:
    (record,) = fetched(opened(a_ldif=b"dn: cn=caf\xe9,dc=x\ncn: caf\xe9\n")).values()
    assert record.properties == {"dn": "cn=caf\udce9,dc=x", "cn": (b"caf\xe9",)}
    assert record.key == b"cn=caf\xe9,dc=x"
    (subject,) = opened(a_ldif=b"dn: cn=caf\xe9,dc=x\ncn: caf\xe9\n").subjects(Selector())
    assert subject.name == subject.name.encode().decode() and subject.attributes["dn"] == "cn=caf\ufffd,dc=x"


def test_an_unreadable_file_stops_nothing_else(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    source = opened(a_ldif=USER, b_ldif=USER)
    real = open

    def refuse(path: object, *args: object, **kwargs: object) -> object:
        if str(path).endswith("a.ldif"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", refuse)
    refs, faults = listed(source)
    assert len(refs) == 1 and [f.detail for f in faults] == ["a.ldif: the file can't be read: Permission denied"]


def test_a_file_written_again_is_read_anew(opened: Open, tmp_path: Path) -> None:
    first = entry("cn=a,dc=x", "cn: a") + entry("cn=b,dc=x", "cn: b")
    source = opened(a_ldif=first)
    (container,) = containers(source)
    refs = source.page(container, None).refs
    (tmp_path / "exports/a.ldif").write_bytes(entry("cn=b,dc=x", "cn: b", "sn: new"))
    gone, moved = source.fetch(container, refs)
    assert isinstance(gone, Fault) and gone.code == "GEN-READ-01"
    assert isinstance(moved, Record) and moved.properties["sn"] == (b"new",)
    (now,) = source.page(container, None).refs
    assert now.key == b"cn=b,dc=x" and now.version != refs[1].version
    (tmp_path / "exports/a.ldif").unlink()
    assert all(isinstance(a, Fault) for a in source.fetch(container, refs))
    with pytest.raises(StopEndpoint):
        source.page(container, None)


def test_versions_follow_what_is_said_only(opened: Open) -> None:
    def version(text: bytes) -> str:
        return listed(opened(a_ldif=text))[0][0].version

    first = version(entry("cn=a,dc=x", "cn: a", "sn: b"))
    assert first == version(b"version: 1\n\ndn: cn=a,\n dc=x\nchangetype: add\nsn:: Yg==\n# c\ncn: a\n")
    assert first != version(entry("cn=a,dc=x", "cn: A", "sn: b"))
    assert first != version(entry("cn=A,dc=x", "cn: a", "sn: b"))


def test_fetch_works_in_a_new_process_without_a_listing(opened: Open) -> None:
    files = {"a_ldf_gz": gzip.compress(USER), "b_csv": b'DN,objectClass,cn\n"CN=c,DC=x",user,c\n'}
    first = opened(**files)
    listings = [(c, first.page(c, None).refs) for c in containers(first)]
    again = opened()
    for container, refs in listings:
        for answer in again.fetch(container, refs):
            assert isinstance(answer, Record)
