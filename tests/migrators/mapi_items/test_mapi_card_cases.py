"""Contacts and distribution lists case by case."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from transhumance.connectors.contract import BytesBody, Context, Document, Link, Record, read_all
from transhumance.connectors.formats import contentline, mapi_entryid
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.migrators.contacts.forms import CODECS
from transhumance.migrators.contacts.forms.mapi_fields import BIRTHDAY_LOCAL, PHONES
from transhumance.migrators.contacts.forms.mapi_list import streamed

CODEC = CODECS[0]
PARIS = Context(timezone="Europe/Paris", territory="FR")
JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 8


def opened(properties, bodies=None, message_class="IPM.Contact", context=PARIS):
    base = {tags.MESSAGE_CLASS: message_class, tags.SEARCH_KEY: b"0123456789abcdef"}
    record = Record(b"k", "card", "mapi", {**base, **properties}, bodies or {})
    found = CODEC.to_open(record, context)
    assert CODEC.compare(record, CODEC.from_open(found.document, found.residue, context).record) == ()
    return found


def lines(found, name):
    data = read_all(found.document.bodies["content"])
    flat = [contentline.unfold(line).decode() for line in contentline.split(data)]
    return [line for line in flat if line.startswith((f"{name}:", f"{name};"))]


def held(found):
    return {entry.path for entry in found.residue}


def codes(found):
    return {finding.code for finding in found.findings}


def test_a_name_has_its_parts():
    found = opened({tags.DISPLAY_NAME: "Dr Éloïse de La Tour", tags.SURNAME: "de La Tour", tags.GIVEN_NAME: "Éloïse",
                    tags.DISPLAY_NAME_PREFIX: "Dr", tags.FILE_UNDER: "La Tour, Éloïse", tags.GENDER: 1,
                    tags.NICKNAME: "Elo"})  # fmt: skip
    assert lines(found, "FN") == ["FN:Dr Éloïse de La Tour"]
    assert lines(found, "N") == ['N;SORT-AS="La Tour, Éloïse":de La Tour;Éloïse;;Dr;']
    assert lines(found, "GENDER") == ["GENDER:F"]
    assert lines(found, "VERSION") == ["VERSION:4.0"]
    assert not held(found) & {tags.SURNAME, tags.GIVEN_NAME, tags.DISPLAY_NAME, tags.FILE_UNDER, tags.GENDER}


def test_all_nineteen_numbers_are_told_apart():
    numbers = {field.key: f"+33 4 00 00 00 {n:02}" for n, field in enumerate(PHONES)}
    assert len(numbers) == 19
    found = opened({tags.DISPLAY_NAME: "X", **numbers})
    assert len(lines(found, "TEL")) == 19
    assert not held(found) & numbers.keys()
    assert 'TEL;TYPE="work,fax":+33 4 00 00 00 05' in lines(found, "TEL")


def test_a_number_of_another_program_finds_the_nearest_place():
    numbers = b"TEL;TYPE=WORK;TYPE=pref:1\r\nTEL;TYPE=cell,voice:2\r\nTEL:tel:3\r\n"
    data = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:X\r\n" + numbers + b"END:VCARD\r\n"
    p = CODEC.from_open(Document("card", "vcard", {}, {"content": BytesBody.of(data)}), (), PARIS).record.properties
    assert (p[tags.BUSINESS_PHONE], p[tags.MOBILE_PHONE]) == ("1", "2")
    assert "3" in p.values()


def test_three_mail_addresses_keep_their_slots_and_their_names():
    found = opened({tags.DISPLAY_NAME: "X", tags.EMAIL1_ADDRESS: "a@chu.example", tags.EMAIL1_ADDRESS_TYPE: "SMTP",
                    tags.EMAIL1_DISPLAY_NAME: "A (a@chu.example)", tags.EMAIL1_ORIGINAL_DISPLAY_NAME: "a@chu.example",
                    tags.EMAIL1_ORIGINAL_ENTRY_ID: mapi_entryid.one_off("A (a@chu.example)", "SMTP", "a@chu.example",
                                                                        0x8001),
                    tags.EMAIL3_ADDRESS: "/o=CHU/cn=c", tags.EMAIL3_ADDRESS_TYPE: "EX",
                    tags.EMAIL3_ORIGINAL_DISPLAY_NAME: "c@chu.example"})  # fmt: skip
    assert lines(found, "EMAIL") == ["EMAIL;PREF=1;X-DISPLAY-NAME=A (a@chu.example):a@chu.example",
                                     "EMAIL;PREF=3:c@chu.example"]  # fmt: skip
    assert not [path for path in held(found) if "/0x808" in path]
    assert Link("EMAIL", "address", "a@chu.example") in found.refs


def test_an_address_of_the_directory_alone_is_told():
    found = opened({tags.DISPLAY_NAME: "X", tags.EMAIL1_ADDRESS: "/o=CHU/cn=c", tags.EMAIL1_ADDRESS_TYPE: "EX"})
    assert not lines(found, "EMAIL")
    assert "CARD-MAIL-02" in codes(found)


def test_the_address_for_mail_is_preferred_and_not_repeated():
    found = opened({
        tags.DISPLAY_NAME: "X", tags.POSTAL_ADDRESS_ID: 2, tags.WORK_STREET: "1, rue X", tags.WORK_CITY: "Lyon",
        tags.WORK_POSTAL_CODE: "69000", tags.WORK_ADDRESS: "1, rue X\r\n69000 Lyon", tags.STREET: "1, rue X",
        tags.LOCALITY: "Lyon", tags.POSTAL_CODE: "69000", tags.POSTAL_ADDRESS: "1, rue X\r\n69000 Lyon",
        tags.HOME_CITY: "Brest",
    })  # fmt: skip
    home, work = lines(found, "ADR")
    assert home == "ADR;TYPE=home:;;;Brest;;;"
    assert work == 'ADR;TYPE=work;PREF=1;LABEL="1, rue X^n69000 Lyon":;;1\\, rue X;Lyon;;69000;'
    assert not held(found) & {tags.STREET, tags.LOCALITY, tags.POSTAL_CODE, tags.POSTAL_ADDRESS, tags.WORK_ADDRESS}


@pytest.mark.parametrize(
    ("instant", "context"),
    [
        (datetime(1980, 5, 3, 22, tzinfo=UTC), PARIS),  # midnight in Paris
        (datetime(1980, 5, 4, 0, tzinfo=UTC), PARIS),  # midnight of a mailbox in UTC
        (datetime(1980, 5, 4, 11, 59, tzinfo=UTC), PARIS),  # as MS-OXOCNTC asks
        (datetime(1980, 5, 3, 20, tzinfo=UTC), Context(timezone="Indian/Reunion", territory="RE")),
    ],
)
def test_a_birthday_is_a_day(instant, context):
    found = opened({tags.DISPLAY_NAME: "X", tags.BIRTHDAY: instant}, context=context)
    assert lines(found, "BDAY") == ["BDAY:19800504"]
    entry = next((e for e in found.residue if e.path == tags.BIRTHDAY), None)
    assert entry is None or "plus" in entry.value


def test_the_local_day_goes_before_the_instant():
    day = datetime(1980, 5, 4, tzinfo=UTC)
    found = opened({tags.DISPLAY_NAME: "X", tags.BIRTHDAY: datetime(1980, 5, 3, 10, tzinfo=UTC), BIRTHDAY_LOCAL: day})
    assert lines(found, "BDAY") == ["BDAY:19800504"]
    assert BIRTHDAY_LOCAL not in held(found)


def test_a_photo_is_in_the_card_and_other_files_beside_it():
    photo = {tags.ATTACH_METHOD: 1, tags.ATTACH_LONG_FILENAME: "ContactPicture.jpg", tags.CONTACT_PHOTO: True}
    rows = ({tags.ATTACH_METHOD: 1, tags.ATTACH_LONG_FILENAME: "cv.pdf"}, photo)
    bodies = {"attachment/0": BytesBody.of(b"%PDF" * (1 << 15)), "attachment/1": BytesBody.of(JPEG)}
    found = opened({tags.DISPLAY_NAME: "X", tags.HAS_PICTURE: True, "attachments": rows}, bodies)
    assert lines(found, "PHOTO") == [f"PHOTO:data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}"]
    assert found.document.bodies["attachment/0"] is bodies["attachment/0"]
    assert {"CARD-PHOTO-01", "CARD-FILE-02"} <= codes(found)
    assert "body:attachment/1" not in held(found)


def test_a_certificate_is_found_in_its_frame_and_only_the_frame_is_kept():
    der = b"\x30\x82\x00\x64\x30" + b"c" * 99
    value = b"\x01\0\x08\0abcd\x03\0" + (len(der) + 4).to_bytes(2, "little") + der
    found = opened({tags.DISPLAY_NAME: "X", tags.USER_X509_CERTIFICATE: (value,)})
    assert lines(found, "KEY") == [f"KEY:data:application/pkix-cert;base64,{base64.b64encode(der).decode()}"]
    entry = next(e for e in found.residue if e.path == tags.USER_X509_CERTIFICATE)
    assert entry.value == {"at": {"0": {"around": (value[: -len(der)], b"")}}, "size": 1}


def test_family_work_and_pages_have_their_places():
    found = opened({tags.DISPLAY_NAME: "X", tags.SPOUSE_NAME: "Ana", tags.CHILDREN_NAMES: ("Léo", "Zoé"),
                    tags.COMPANY_NAME: "CHU", tags.DEPARTMENT: "Cardio", tags.TITLE: "PH", tags.PROFESSION: "Médecin",
                    tags.BUSINESS_HOME_PAGE: "www.chu.example", tags.INSTANT_MESSAGING_ADDRESS: "ana@im.example",
                    tags.CONTACT_USER_FIELD_2: "badge 12", tags.YOMI_LAST_NAME: "dyupon",
                    tags.KEYWORDS: ("VIP",)})  # fmt: skip
    assert lines(found, "RELATED") == ["RELATED;TYPE=spouse;VALUE=text:Ana", "RELATED;TYPE=child;VALUE=text:Léo",
                                       "RELATED;TYPE=child;VALUE=text:Zoé"]  # fmt: skip
    assert lines(found, "ORG") == ["ORG:CHU;Cardio"]
    assert lines(found, "URL") == ["URL;TYPE=work:http://www.chu.example"]
    assert lines(found, "IMPP") == ["IMPP:im:ana@im.example"]
    assert lines(found, "X-USER-FIELD-2") == ["X-USER-FIELD-2:badge 12"]
    assert {"CARD-UDF-01", "CARD-YOMI-01", "CARD-IMID-01"} <= codes(found)


def test_a_company_is_an_organisation():
    assert lines(opened({tags.DISPLAY_NAME: "CHU", tags.COMPANY_NAME: "CHU"}), "KIND") == ["KIND:org"]


# --- distribution lists

ANA = mapi_entryid.one_off("Ana", "SMTP", "ana@chu.example", 0x8001)
LEO = mapi_entryid.one_off("Léo", "EX", "/o=CHU/cn=leo", 0x8001)
ITEM = bytes(4) + mapi_entryid.WRAPPED + b"\xc3" + bytes(4) + b"store-identifier" + b"\x64\0\x20\0"


def test_a_list_names_its_members_and_links_to_their_items():
    found = opened({tags.DISPLAY_NAME: "Garde", tags.DL_NAME: "Garde", tags.DL_MEMBERS: (ITEM, LEO),
                    tags.DL_ONE_OFF_MEMBERS: (ANA, LEO)}, message_class="IPM.DistList")  # fmt: skip
    assert lines(found, "KIND") == ["KIND:group"]
    ana, leo = lines(found, "MEMBER")
    assert ana == "MEMBER;X-DISPLAY-NAME=Ana:mailto:ana@chu.example"
    assert leo.endswith("@x500.invalid")
    assert {"CARD-LIST-01", "CARD-MAIL-02"} <= codes(found)
    assert Link("MEMBER", "member", "/o=CHU/cn=leo") in found.refs
    assert next(e for e in found.residue if e.path == tags.DL_MEMBERS).value["at"].keys() == {"0", "1"}


def test_a_long_list_is_read_from_its_stream():
    pair = b"".join(len(entry).to_bytes(4, "little") + entry for entry in (ANA, ANA))
    stream = b"\x01\0\0\0" + bytes(8) + (2).to_bytes(4, "little") + pair + pair + bytes(8)
    assert list(streamed(stream)) == [(ANA, ANA), (ANA, ANA)]
    found = opened({tags.DISPLAY_NAME: "G", tags.DL_STREAM: stream}, message_class="IPM.DistList")
    assert len(lines(found, "MEMBER")) == 2


@pytest.mark.parametrize("data", [b"", b"\x01\0", b"\x01\0\0\0" + bytes(8) + b"\xff\xff\xff\xff" + b"\xff" * 20])
def test_a_damaged_stream_gives_what_is_there(data):
    assert list(streamed(data)) == []
