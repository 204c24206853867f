"""The vcard codec: the source's bytes are the document; what others misread is named."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Opened,
    Record,
    Value,
    all_codes,
    find_code,
    read_all,
    worst_back,
)
from transhumance.connectors.formats.objectsplit import NotOurs
from transhumance.connectors.vcf.split import inspect
from transhumance.migrators.contacts.vcard import VcardCodec

CODEC = VcardCodec()


def opened(data: bytes, **properties: Value) -> Opened:
    """The card opened; the law is asserted on the way."""
    record = Record(b"", "card", "vcard", properties, {"content": BytesBody.of(data)})
    found = CODEC.to_open(record, Context())
    assert read_all(found.document.bodies["content"]) == data
    back = CODEC.from_open(found.document, found.residue, Context())
    assert CODEC.compare(record, back.record) == () and back.findings == ()
    return found


def card(*lines: str | bytes, version: str = "4.0", uid: str = "UID:urn:uuid:1") -> bytes:
    texts = [line if isinstance(line, bytes) else line.encode() for line in (f"VERSION:{version}", uid, *lines)]
    return b"".join(line + b"\r\n" for line in (b"BEGIN:VCARD", *texts, b"END:VCARD"))


@pytest.mark.parametrize(
    "data,codes,name",
    [
        (card("FN:Agnès", "N:Dupont;Agnès;;;"), [], "Agnès"),
        (card("FN:x", "PHOTO:data:image/png;base64,QUJD"), ["CARD-PHOTO-01"], "x"),
        (card("FN:x", "PHOTO;MEDIATYPE=image/png:https://chu.example/x.png"), ["CARD-PHOTO-02"], "x"),
        (card("FN:x", "KEY:data:application/pgp-keys;base64,QUJD"), ["CARD-CERT-01"], "x"),
        (card("FN:x", "IMPP:xmpp:x@chu.example"), ["CARD-IMID-01"], "x"),
        (card("FN:x", "EMAIL;TYPE=EX:/o=CHU/cn=x"), ["CARD-MAIL-02"], "x"),
        (card("FN:x", "X-PHONETIC-LAST-NAME:iks", "X-ABADR:fr"), ["CARD-YOMI-01", "CARD-UDF-01"], "x"),
        (card("N:Doe;John", version="2.1"), ["CARD-VER-02"], "Doe;John"),
        (card("FN:x", uid="X-NO:1"), ["CARD-UID-01", "CARD-UDF-01"], "x"),
        (card("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Zo=E9", version="2.1"), ["CARD-VER-02"], "Zoé"),
        (card("FN:x", b"NOTE;CHARSET=ISO-8859-1:\xe9", version="2.1"), ["CARD-VER-02"], "x"),
        (card("FN:x", b"NOTE:\xe9"), ["CARD-ENC-01"], "x"),
        (card("FN:x", "AGENT:", "BEGIN:VCARD", "FN:inner", "END:VCARD", version="3.0"), ["CARD-AGENT-01"], "x"),
        (card("NOTE:nobody"), ["CARD-PARSE-01"], ""),
        (card("FN:x")[:-12], ["CARD-PARSE-01"], "x"),
        (card("FN:x", "KIND:group", "MEMBER:urn:uuid:2"), ["CARD-LIST-02"], "x"),
        (card("FN:x", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:EX:/o=CHU"),
         ["CARD-LIST-02", "CARD-LIST-01"], "x"),
    ],
)  # fmt: skip
def test_what_a_card_says_is_named(data: bytes, codes: list[str], name: str) -> None:
    found = opened(data)
    assert [finding.code for finding in found.findings] == codes
    assert found.document.name == name
    assert all(find_code(code) for code in codes)


def test_members_and_relations_are_links() -> None:
    data = card("FN:x", "KIND:group", "MEMBER:urn:uuid:2", "MEMBER:mailto:bob@chu.example", "RELATED;TYPE=agent:urn:3")
    links = [(link.kind, link.target) for link in opened(data).refs]
    assert links == [("member", "urn:uuid:2"), ("member", "mailto:bob@chu.example"), ("agent", "urn:3")]


def test_what_the_connector_says_beside_the_card_comes_back() -> None:
    found = opened(card("FN:x"), encoding="utf-16-be", duplicate=True)
    assert {finding.code for finding in found.findings} == {"CARD-UID-01", "CARD-ENC-01"}
    assert [(entry.path, entry.kind) for entry in found.residue] == [("encoding", "item")]


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=120), st.integers(0, 90))
def test_the_law_holds_for_any_bytes(junk: bytes, at: int) -> None:
    whole = card("FN;ENCODING=QUOTED-PRINTABLE:Zo=", " et suite=C3=A9", "PHOTO;ENCODING=b:QUJD", version="2.1")
    opened(junk)
    opened(whole[:at] + junk + whole[at:])


@pytest.mark.corpora
def test_every_corpus_card_has_one_grade(corpora) -> None:
    grades: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for folder in ("vcard", "ical"):
        for path in sorted(corpora(folder).rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            try:
                cuts = list(inspect(data, True).cuts())
            except NotOurs:
                continue
            for cut in cuts:
                found = opened(b"".join(data[start:end] for start, end in cut.spans))
                grades[worst_back(["exact", *(all_codes()[finding.code].back for finding in found.findings)])] += 1
                codes.update(finding.code for finding in found.findings)
    print("\n" + "\n".join(f"{count:6} {name}" for name, count in [*grades.most_common(), *codes.most_common()]))
    assert grades == {"exact": 56} and set(codes) <= set(all_codes())


def test_every_code_that_the_codec_can_say_is_in_the_registry() -> None:
    import re

    from transhumance.migrators.contacts import findings, vcard

    said: set[str] = set()
    for module in (vcard, findings):
        said |= set(re.findall(r'"(CARD-[A-Z]+-\d\d)"', Path(module.__file__).read_text()))
    assert len(said) > 12 and all(find_code(name) for name in said)
