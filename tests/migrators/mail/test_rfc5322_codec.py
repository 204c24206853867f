"""The codec of messages that came as bytes: the law, what is residue, what is found; the codes' texts."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    BytesBody,
    Container,
    Context,
    Environment,
    FileBody,
    Record,
    Selector,
    SkipItem,
    Subject,
    Value,
    all_codes,
    codec_for,
    compare_documents,
    read_all,
)
from transhumance.connectors.mbox.config import MboxConfig
from transhumance.connectors.mbox.source import MboxSource
from transhumance.migrators.mail import CODECS
from transhumance.migrators.mail.codes import CODES
from transhumance.migrators.mail.document import DOCUMENT
from transhumance.migrators.mail.rfc5322 import Rfc5322Codec

CODEC, CONTEXT = Rfc5322Codec(), Context()
WHEN = datetime(2024, 2, 29, 12, tzinfo=UTC)
GOOD = b"Message-ID: <1@x>\r\nDate: Thu, 29 Feb 2024 12:00:00 +0000\r\nSubject: x\r\n\r\nbody\r\n"


def mail(data: bytes = GOOD, **properties: Value) -> Record:
    return Record(b"1", "message", "rfc5322", properties, {"content": BytesBody.of(data)})


def codes(record: Record) -> dict[str, str]:
    return {finding.code: finding.detail for finding in CODEC.to_open(record, CONTEXT).findings}


names = st.sampled_from(["\\Seen", "\\Flagged", "$Forwarded", "\\Recent", "étiquette", "a b", ""])
values: Any = st.one_of(
    st.text(max_size=5), st.binary(max_size=5), st.integers(), st.booleans(), st.none(), st.lists(st.text())
)
records = st.builds(
    lambda data, properties: Record(b"k", "message", "rfc5322", properties, {"content": BytesBody.of(data)}),
    st.binary(max_size=300),
    st.fixed_dictionaries(
        {},
        optional={
            "flags": st.lists(names.filter(lambda n: n not in ("", "\\Recent")), unique=True).map(
                lambda f: tuple(sorted(f))
            ),
            "keywords": st.lists(names.filter(bool), unique=True).map(lambda f: tuple(sorted(f))),
            "internal_date": st.datetimes(timezones=st.just(UTC)),
            "from_line": st.text(),
            "maildir_info": st.text(),
            "uid": st.integers(),
            "mbox_unquoted": st.integers(0, 3),
            "x_something": values,
        },
    ),
)


@given(records)
def test_the_law(record: Record) -> None:
    opened = pickle.loads(pickle.dumps(CODEC.to_open(record, CONTEXT)))
    returned = CODEC.from_open(opened.document, opened.residue, CONTEXT)
    assert CODEC.compare(record, returned.record) == () and returned.findings == ()
    assert read_all(opened.document.bodies["content"]) == read_all(record.bodies["content"])
    again = CODEC.to_open(returned.record, CONTEXT)
    assert compare_documents(opened.document, again.document, DOCUMENT) == () and opened.residue == again.residue


@given(records)
def test_the_residue_holds_nothing_that_the_document_says(record: Record) -> None:
    opened = CODEC.to_open(record, CONTEXT)
    kept = {entry.path for entry in opened.residue}
    assert kept == record.properties.keys() - {"flags", "keywords", "internal_date", "uid", "mbox_unquoted"}
    assert opened.document.meta.keys() <= {"flags", "keywords", "internal_date"}


@given(records)
def test_without_residue_only_what_it_held_is_missing(record: Record) -> None:
    """How a grade is told: exact without residue, or residual."""
    opened = CODEC.to_open(record, CONTEXT)
    missing = CODEC.compare(record, CODEC.from_open(opened.document, (), CONTEXT).record)
    assert {difference.path for difference in missing} == {entry.path for entry in opened.residue}


def test_the_document() -> None:
    east = WHEN.astimezone(timezone(timedelta(hours=2)))
    flags = ("\\Seen", "\\Recent", "\\Answered")
    opened = CODEC.to_open(mail(flags=flags, keywords=(), internal_date=east), CONTEXT)
    assert opened.document.meta == {"flags": ("\\Answered", "\\Seen"), "internal_date": WHEN}
    assert opened.document.meta["internal_date"].tzinfo is UTC  # type: ignore[union-attr]
    assert opened.document.name == "x" and opened.residue == () and opened.findings == ()
    assert CODEC.compare(mail(flags=()), mail()) == () and CODEC.compare(mail(flags=("\\Seen",)), mail()) != ()


def test_the_body_is_handed_on(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(GOOD + b"x" * (9 << 20))
    body = FileBody.of(tmp_path / "big")
    record = Record(b"1", "message", "rfc5322", {}, {"content": body})
    opened = CODEC.to_open(record, CONTEXT)
    assert opened.document.bodies["content"] is body and [f.code for f in opened.findings] == ["MAIL-LINE-01"]
    assert CODEC.from_open(opened.document, (), CONTEXT).record.bodies["content"] is body
    (tmp_path / "big").unlink()
    with pytest.raises(SkipItem) as error:
        CODEC.to_open(record, CONTEXT)
    assert error.value.code == "GEN-READ-01" and str(tmp_path) not in error.value.text.fr


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GOOD, {}),
        (GOOD.replace(b"\r\n", b"\n"), {}),  # Unix line ends are no fault of a file
        (b"", {"MAIL-EMPTY-01": ""}),
        (b"just text\n", {"MAIL-HEADER-01": ""}),
        (GOOD + b"\0\0", {"MAIL-NUL-01": "2 NUL"}),
        (GOOD + b"a\nb\rc", {"MAIL-EOL-01": "LF 1, CR 1, CRLF 5"}),
        (GOOD.replace(b"\r\n", b"\n") + b"a\rb", {"MAIL-EOL-01": "LF 0, CR 1, CRLF 0"}),
        (GOOD + b"x" * 999, {"MAIL-LINE-01": ""}),
        (GOOD.replace(b"Subject: x", "Subject: é".encode()), {"MAIL-8BIT-01": ""}),
        (b"From x\r\n" + GOOD, {"MAIL-FROM-01": ""}),
        (GOOD.replace(b"Message-ID: <1@x>\r\n", b""), {"MAIL-DUP-01": "no Message-ID"}),
        (b"message-id: <2@x>\r\n" + GOOD, {"MAIL-DUP-01": "2 Message-ID"}),
        (GOOD.replace(b"29 Feb", b"31 Feb"), {"MAIL-DATE-03": "unreadable"}),
        (GOOD.replace(b"Date:", b"X-Date:"), {"MAIL-DATE-03": "absent"}),
        (b"Content-Type: multipart/signed\r\n" + GOOD, {"MAIL-SMIME-01": "signed"}),
        (b"Content-Type: application/pkcs7-mime\r\n" + GOOD, {"MAIL-SMIME-01": "encrypted or opaque"}),
        (b"Content-Type: application/x-microsoft-rpmsg-message\r\n" + GOOD, {"MAIL-IRM-01": "rpmsg"}),
        (GOOD + b"\r\nContent-Type: application/octet-stream;\r\n name=message.rpmsg\r\n", {"MAIL-IRM-01": "rpmsg"}),
        (
            GOOD + b"\r\nContent-Type: application/octet-stream;\r\n name=winmail.dat\r\n",
            {"MAIL-TNEF-01": "winmail.dat"},
        ),
        (GOOD + b"the file winmail.dat\r\n", {}),
        (b"Content-Type: message/partial; id=x\r\n" + GOOD, {"MAIL-PARTIAL-01": ""}),
        (GOOD + b"\r\nContent-Type: text/calendar; method=REQUEST\r\n", {"MAIL-CALENDAR-01": "text/calendar"}),
        (b"Content-Type: message/external-body\r\n" + GOOD, {"MAIL-REF-01": "message/external-body"}),
        (GOOD + b"https://chu.sharepoint.com/:w:/g/x\r\n", {"MAIL-LINK-01": ""}),
        (b"X-Class: IPM.Note.EnterpriseVault.Shortcut\r\n" + GOOD, {"MAIL-STUB-01": "EnterpriseVault"}),
    ],
)
def test_findings(data: bytes, expected: dict[str, str]) -> None:
    assert codes(mail(data)) == expected


def test_every_code_says_what_why_and_what_to_do_in_two_languages() -> None:
    assert len({code.code for code in CODES}) == len(CODES) > 40
    for code in CODES:
        for text in (code.what, code.why, code.remedy):
            assert text.fr and text.en and text.fr != text.en, code.code
            assert not text.fr.endswith(".") and not text.en.endswith("."), code.code
    assert all_codes().keys() >= {code.code for code in CODES}
    blocked = {code.code for code in CODES if code.forward == "blocked"}
    assert blocked == {
        "MAIL-BEFORE-01",
        "MAIL-FILE-01",
        "MAIL-MBOX-04",
        "MAIL-SIZE-01",
        "MAIL-TMP-01",
        "MAIL-WRITE-01",
    }


def test_registered() -> None:
    assert codec_for("message", "rfc5322") == CODEC and CODEC in CODECS


def test_an_mbox_comes_back_from_its_documents(tmp_path: Path) -> None:
    """What the source leg gives back is the file's own line, sender and date."""
    (tmp_path / "m").mkdir()
    lines = [b"From a@b Thu Feb 29 12:00:00 2024", b"From - Thu Feb 29 13:00:00 2024 +0100", b"From odd"]
    (tmp_path / "m" / "box").write_bytes(b"".join(line + b"\n" + GOOD + b"\n" for line in lines))
    source = MboxSource(MboxConfig.model_validate({"path": "m", "subject": "x"}), Environment("m", tmp_path, tmp_path))
    (container,) = source.containers(next(source.subjects(Selector())), "mail")
    assert isinstance(container, Container) and isinstance(Subject(b"x"), Subject)
    residues = []
    for record in source.fetch(container, source.page(container, None).refs):
        assert isinstance(record, Record)
        opened = CODEC.to_open(record, CONTEXT)
        residues.append({entry.path: entry.value for entry in opened.residue})
        back = CODEC.from_open(opened.document, opened.residue, CONTEXT).record
        assert back.properties == record.properties
    assert sorted(map(str, residues)) == sorted(
        map(str, [{"from_sender": "a@b"}, {"from_line": lines[1].decode()}, {"from_line": "From odd"}])
    )
