"""Real mails of Outlook through the MAPI codec: the law, the residue, and what an independent reader sees."""

import json
from email import message_from_bytes, policy
from functools import cache

import pytest

from transhumance.connectors.contract import (
    BytesBody,
    Container,
    Context,
    Document,
    Environment,
    Fault,
    Record,
    ResidueEntry,
    Selector,
    connector,
    read_all,
)
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_embedded import inner
from transhumance.connectors.pst import codes as pst_codes
from transhumance.migrators import mail
from transhumance.migrators.mail.forms.mapi import MapiMessageCodec
from transhumance.migrators.mail.forms.words import clean

pytestmark = pytest.mark.corpora
CODEC = MapiMessageCodec()
CONTEXT = Context()
KNOWN = {loss.code for loss in (*mail.CODES, *pst_codes.CODES)}


@cache
def _pst(folder):
    declared = connector("pst")
    source = declared.open_source(declared.config_model()(path=folder), Environment("pst", folder, folder, "en"))
    found = [
        record
        for subject in source.subjects(Selector())
        for container in source.containers(subject, "mail")
        for record in source.fetch(container, source.page(container, None).refs)
    ]
    assert not any(isinstance(r, Fault) for r in found)
    return found


@pytest.fixture(scope="module")
def mails(corpora, mapi_records):
    """Every mail of the PST and .msg corpora, by a name; the same file twice (two projects have it) comes once."""
    found = {f"pst-{n}": record for n, record in enumerate(_pst(corpora("pst")))}
    seen = set()
    for path in sorted(corpora("msg").rglob("*.msg")):
        if (data := path.read_bytes()) in seen:
            continue
        seen.add(data)
        try:
            records = mapi_records(path)
        except (OSError, ValueError):
            continue
        found |= {f"{path.stem}-{n}": record for n, record in enumerate(records) if record.kind == "message"}
    assert len(found) == 52
    return found


def through_json(residue):
    """The residue as it comes back from an archive."""
    lines = [json.dumps([e.path, to_json(e.value), e.part, e.digest, e.kind]) for e in residue]
    found = []
    for line in lines:
        path, value, part, digest, kind = json.loads(line)
        found.append(ResidueEntry(path, from_json(value), part, digest, kind))
    return tuple(found)


def grade(record):
    opened = CODEC.to_open(record, CONTEXT)
    alone = CODEC.from_open(opened.document, (), CONTEXT)
    whole = CODEC.from_open(opened.document, through_json(opened.residue), CONTEXT)
    assert whole.findings == ()
    if not CODEC.compare(record, alone.record):
        return "exact"
    differences = CODEC.compare(record, whole.record)
    return "residual" if not differences else f"lossy: {differences[:3]}"


def test_every_mail_comes_back(mails):
    grades = {name: grade(record) for name, record in mails.items()}
    print("\n" + "\n".join(f"{name:75} {found}" for name, found in grades.items()))
    assert set(grades.values()) == {"residual"}, {n: g for n, g in grades.items() if g != "residual"}


def test_every_loss_has_its_code(mails):
    for name, record in mails.items():
        for finding in CODEC.to_open(record, CONTEXT).findings:
            assert finding.code in KNOWN, (name, finding)
    told = {name: {f.code for f in CODEC.to_open(r, CONTEXT).findings} for name, r in mails.items()}
    embedded = {name for name, codes in told.items() if "MAIL-PST-03" in codes}
    assert embedded == {"58214_with_attachment-0", "attachment_msg_pdf-0"}
    assert {name for name, codes in told.items() if "MAIL-STUB-01" in codes} == {
        f"message_19{n}-0" for n in (79, 80, 81)
    }


def test_the_same_item_gives_the_same_bytes(mails):
    for record in mails.values():
        first, again = (CODEC.to_open(record, CONTEXT) for _ in range(2))
        assert read_all(first.document.bodies["content"]) == read_all(again.document.bodies["content"])
        assert first.residue == again.residue


def test_messages_are_lawful(mails):
    for name, record in mails.items():
        data = read_all(CODEC.to_open(record, CONTEXT).document.bodies["content"])
        assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r"), name
        assert max(map(len, data.split(b"\r\n"))) <= 998, name
        assert data.isascii() and b"\0" not in data, name


def test_another_reader_sees_the_same(mails):
    """Python's own parser: subject, people, texts, names and bytes of attachments."""
    for name, record in mails.items():
        data = read_all(CODEC.to_open(record, CONTEXT).document.bodies["content"])
        message = message_from_bytes(data, policy=policy.default)
        assert not message.defects, (name, message.defects)
        subject = clean(mapi.text(record.properties, mapi_tags.SUBJECT))
        assert " ".join(str(message["subject"] or "").split()) == " ".join(subject.split()), name
        _same_texts(name, record, message)
        _same_files(name, record, message)
        if not mapi.text(record.properties, mapi_tags.TRANSPORT_HEADERS):
            _same_people(name, record, message)


def _same_texts(name, record, message):
    if mapi.text(record.properties, mapi_tags.MESSAGE_CLASS).startswith("IPM.Note.SMIME"):
        return
    plain = mapi.plain_text(record)
    if plain:
        part = message.get_body(("plain",))
        assert part is not None and _flat(part.get_content()) == _flat(plain), name
    html = record.bodies.get("body/html")
    if html is not None:
        part = message.get_body(("html",))
        expected = read_all(html).decode(mapi.body_codec(record, "body/html"), "replace").rstrip("\0")
        assert _flat(part.get_content()) == _flat(expected), name


def _flat(text):
    return text.replace("\r\n", "\n").rstrip()


def _parts(message):
    """The message's own parts, not those of messages in it."""
    yield message
    if message.get_content_maintype() == "multipart":
        for part in message.iter_parts():
            yield from _parts(part)


def _same_files(name, record, message):
    if mapi.text(record.properties, mapi_tags.MESSAGE_CLASS).endswith("MultipartSigned"):
        assert read_all(record.bodies["attachment/0"]) in message.as_bytes(policy=policy.SMTP)
        return
    found = sorted(
        (part.get_filename() or "", part.get_payload(decode=True))
        for part in _parts(message)
        if part.get_content_disposition() in ("attachment", "inline")
        and part.get_filename() != "message.rtf"
        and part.get_content_type() != "message/rfc822"
    )
    attached = [part for part in _parts(message) if part.get_content_type() == "message/rfc822"]
    items = [i for n in range(len(record.properties["attachments"])) if (i := inner(record, n)) is not None]
    assert len(attached) == len(items), name
    for part, item in zip(attached, items, strict=True):
        inside = part.get_content()
        assert inside["subject"] == clean(mapi.text(item.properties, mapi_tags.SUBJECT)), name
        _same_texts(name, item, inside)
        _same_files(name, item, inside)
    expected = []
    for index, row in enumerate(record.properties["attachments"]):
        if f"attachment/{index}" in record.bodies:
            keys = (mapi_tags.ATTACH_LONG_FILENAME, mapi_tags.ATTACH_FILENAME, mapi_tags.DISPLAY_NAME)
            file_name = next((t for k in keys if (t := mapi.text(row, k))), "")
            expected.append((clean(file_name).strip(), read_all(record.bodies[f"attachment/{index}"])))
    assert found == sorted(expected), name


def _same_people(name, record, message):
    said = {
        (kind, address.addr_spec.lower())
        for kind, field in ((1, "to"), (2, "cc"), (3, "bcc"))
        for address in (message[field].addresses if message[field] else ())
        if address.addr_spec
    }
    expected = {
        (row[mapi_tags.RECIPIENT_TYPE], mail.lower())
        for row in record.properties["recipients"]
        for mail in [mapi.text(row, mapi_tags.SMTP_ADDRESS) or mapi.text(row, mapi_tags.EMAIL_ADDRESS)]
        if "@" in mail
    }
    assert said == expected, name


def weight(value):
    return len(json.dumps(to_json(value), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def test_the_residue_is_no_copy(mails):
    """Its share of the bytes, mail by mail: what is in it is what MIME has no place for."""
    shares = {}
    for name, record in mails.items():
        opened = CODEC.to_open(record, CONTEXT)
        kept = sum(weight(e.value) for e in opened.residue)
        source = weight(dict(record.properties)) + sum(b.size for b in record.bodies.values())
        shares[name] = kept, source
    print("\n" + "\n".join(f"{n:75} {k:8} {s:8} {k / s:6.1%}" for n, (k, s) in shares.items()))
    kept, source = (sum(column) for column in zip(*shares.values(), strict=True))
    assert kept / source < 0.15
    assert max(k / s for n, (k, s) in shares.items() if s > 5000) < 0.70


def test_the_residue_holds_nothing_that_the_document_holds(mails):
    """Strips and compares: no text of the residue is for its most part a stretch of the message. (A name or an address
    may be both: who received a mail is also one of its recipients.)"""
    for name, record in mails.items():
        opened = CODEC.to_open(record, CONTEXT)
        message = message_from_bytes(read_all(opened.document.bodies["content"]), policy=policy.default)
        texts = [str(value) for value in message.values()]
        texts += [p.get_payload(decode=True).decode("latin-1") for p in message.walk() if not p.is_multipart()]
        long = {chunk for text in texts for chunk in _chunks(text)}
        for entry in opened.residue:
            for text in _texts(entry.value):
                chunks = _chunks(text)
                again = [chunk for chunk in chunks if chunk in long]
                assert len(text) < 90 or len(again) <= len(chunks) / 2, (name, entry.path, text)


CHUNK = 20


def _chunks(text):
    flat = " ".join(text.split())
    return {flat[i : i + CHUNK] for i in range(0, len(flat) - CHUNK + 1)}


def _texts(value):
    """Every text in a value; bytes are tried as the texts that they may be."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
        yield value[: len(value) & ~1].decode("utf-16-le", "replace")
        yield value[1 : 1 + (len(value) - 1 & ~1)].decode("utf-16-le", "replace")
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _texts(inner)
    elif hasattr(value, "values"):
        for inner in value.values():
            yield from _texts(inner)


def test_what_was_edited_at_the_target_is_not_pasted_over(mails):
    record = mails["pst-0"]
    opened = CODEC.to_open(record, CONTEXT)
    data = read_all(opened.document.bodies["content"])
    edited = data.replace(b"\r\nSubject: ", b"\r\nSubject: edited ", 1)
    assert edited != data
    document = Document("message", "rfc5322", opened.document.meta, {"content": BytesBody.of(edited)})
    back = CODEC.from_open(document, opened.residue, CONTEXT)
    assert back.record.properties[mapi_tags.SUBJECT].startswith("edited ")
    assert {(f.code, f.detail) for f in back.findings} >= {("GEN-RESIDUE-01", mapi_tags.TRANSPORT_HEADERS)}
    assert back.record.properties[mapi_tags.SEARCH_KEY] == record.properties[mapi_tags.SEARCH_KEY]


def test_the_password_of_a_file_is_told_with_its_mails(mails):
    container = Container(b"s", "mail", b"c", properties={"codes": ("MAIL-PST-07",)})
    opened = CODEC.to_open(mails["pst-0"], Context(container=container))
    assert "MAIL-PST-07" in {f.code for f in opened.findings}


def test_records_of_other_kinds_are_not_messages(corpora, mapi_records):
    kinds = {r.kind for r in mapi_records(next(corpora("msg").rglob("msgClassAppointment.msg")))}
    assert kinds == {"event"} and isinstance(CODEC.kind, str) and Record
