"""The parts of the MAPI mail codec by tables: this in, that out."""

import io
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import HeaderRegistry

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import Body, BytesBody, Context, Record, SkipItem, read_all, sha256_of
from transhumance.connectors.formats import mapi, mapi_entryid, mapi_tags
from transhumance.migrators.mail.forms import composed, mime, rtfbody, state
from transhumance.migrators.mail.forms.addresses import (
    Address,
    address_field,
    entry_id,
    flat_entries,
    flat_list,
    of_entry_id,
    parse_addresses,
)
from transhumance.migrators.mail.forms.delta import apply_lines, lines_delta
from transhumance.migrators.mail.forms.headers import normalized, split_fields
from transhumance.migrators.mail.forms.mapi import MapiMessageCodec
from transhumance.migrators.mail.forms.view import FilePart, TextPart, View
from transhumance.migrators.mail.forms.words import clean, field, fold, parameter, parameters, text_of

CODEC = MapiMessageCodec()
CONTEXT = Context()


def record(handles=(), /, **more):
    properties = {"recipients": (), "attachments": (), "bodies": {}, mapi_tags.MESSAGE_CLASS: "IPM.Note"}
    return Record(b"k", "message", "mapi", {**properties, **more}, dict(handles))


def message_of(item, context=CONTEXT):
    return message_from_bytes(read_all(CODEC.to_open(item, context).document.bodies["content"]), policy=policy.default)


# --- words


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("Bonjour", b"Subject: Bonjour\r\n"),
        ("", b"Subject: \r\n"),
        ("Réunion de service", b"Subject: =?utf-8?q?R=C3=A9union_de_service?=\r\n"),
        ("名前名前", b"Subject: =?utf-8?b?5ZCN5YmN5ZCN5YmN?=\r\n"),
        ("=?x?=", b"Subject: =?utf-8?b?PT94Pz0=?=\r\n"),
        ("a\r\nBcc: b", b"Subject: a  Bcc: b\r\n"),
        (" x", b"Subject: =?utf-8?q?_x?=\r\n"),
    ],
)
def test_unstructured_fields(text, raw):
    assert field("Subject", text) == raw
    assert text_of(raw) == clean(text)


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_comes_out_of_its_field(text):
    raw = field("Subject", text)
    assert text_of(raw) == clean(text)
    assert raw.isascii() and raw.endswith(b"\r\n") and raw.count(b"\r") == raw.count(b"\n")
    lines = raw[:-2].split(b"\r\n")
    assert all(line.startswith(b" ") and line.strip() for line in lines[1:])
    assert all(len(line) <= 78 or b" " not in line.strip() for line in lines)
    other = HeaderRegistry()("Subject", raw.partition(b":")[2].decode().replace("\r\n", "").strip())
    assert "=?" in text or str(other).split() == clean(text).split()


def test_long_plain_text_folds_at_blanks_and_keeps_them():
    text = "mot  double " * 30 + "x" * 200
    assert text_of(fold("X", text)) == text and max(map(len, fold("X", text).split(b"\r\n"))) <= 201


@given(st.text(max_size=120))
def test_any_parameter_comes_back_here_and_in_another_reader(value):
    raw = f"Content-Disposition: attachment{parameter('filename', value)}\r\n".encode()
    assert parameters(text_of(raw)) == ("attachment", {"filename": value})
    if value and all(c.isprintable() for c in value) and value == value.strip():
        assert message_from_bytes(raw + b"\r\n", policy=policy.default).get_filename() == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text/plain", ("text/plain", {})),
        ('Text/HTML; charset="UTF-8"; x=y', ("text/html", {"charset": "UTF-8", "x": "y"})),
        ("a/b; name*=iso-8859-1''caf%E9", ("a/b", {"name": "café"})),
        ("a/b; name*1=b; name*0=a", ("a/b", {"name": "ab"})),
        ("a/b; name*0*=utf-8''%C3; name*1*=%A9; name*2=x", ("a/b", {"name": "éx"})),
        ("a/b; name*=nonsense''%FF", ("a/b", {"name": "ÿ"})),
        ('a/b; name="a;\\"b"', ("a/b", {"name": 'a;"b'})),
        ("", ("", {})),
    ],
)
def test_parameters_are_read(value, expected):
    assert parameters(value) == expected


# --- addresses


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b.org", [Address("", "a@b.org")]),
        ('"O\'Neil, Agnès" <a@b.org>, c@d.org', [Address("O'Neil, Agnès", "a@b.org"), Address("", "c@d.org")]),
        ("=?utf-8?q?Agn=C3=A8s?= =?utf-8?q?_O?= <a@b.org>", [Address("Agnès O", "a@b.org")]),
        (
            "Group: a@b.org, C <c@d.org>; e@f.org",
            [Address("", "a@b.org"), Address("C", "c@d.org"), Address("", "e@f.org")],
        ),
        ("Nobody:;", [Address("Nobody")]),
        ('"A, B":;, c@d.org', [Address("A, B"), Address("", "c@d.org")]),
        ("undisclosed-recipients: ;", [Address("undisclosed-recipients")]),
        ("John (a comment) <a@b.org>", [Address("John", "a@b.org")]),
        ("<@old.route:a@b.org>", [Address("", "a@b.org")]),
        ("just a name", [Address("just a name")]),
        ('"quoted \\" \\\\" <a@b.org>', [Address('quoted " \\', "a@b.org")]),
        (",,;", []),
        ("", []),
        ("<<>", [Address("<")]),
    ],
)
def test_addresses_are_read(value, expected):
    assert parse_addresses(b"To: " + value.encode()) == expected


NAME = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40)


@given(st.lists(st.builds(Address, NAME.map(clean).filter(str.strip), st.emails()), max_size=5))
def test_people_come_out_of_their_field(people):
    raw = address_field("To", people)
    assert parse_addresses(raw) == [Address("" if a.name == a.mail else a.name, a.mail) for a in people]
    other = HeaderRegistry()("To", raw.partition(b":")[2].decode().replace("\r\n", "").strip())
    assert [a.addr_spec for a in other.addresses] == [a.mail for a in people] or any("[" in a.mail for a in people)


@given(st.lists(NAME.map(clean).filter(lambda n: n.strip() and "@" not in n), max_size=4))
def test_people_without_an_address_keep_their_names(names):
    assert [a.name for a in parse_addresses(address_field("To", [Address(n) for n in names]))] == names


def test_entry_ids_say_whom_they_name():
    made = entry_id("SMTP", "Agnès", "a@b.org")
    assert of_entry_id(made) == Address("Agnès", "a@b.org")
    assert of_entry_id(entry_id("EX", "x", "/o=CHU/cn=x")) is None is entry_id("SMTP", "x", "")
    assert of_entry_id(mapi_entryid.one_off("N", "EX", "/o=x")) == Address("N")
    assert flat_entries(flat_list([made, b"abc"])) == [made, b"abc"]


@given(st.binary(max_size=100))
def test_no_list_of_entry_ids_raises(data):
    flat_entries(data)
    of_entry_id(data)


# --- headers as they came


@given(st.lists(st.sampled_from("abcdef"), max_size=20), st.lists(st.sampled_from("abcdef"), max_size=20))
def test_lines_come_back_from_what_differs(original, rebuilt):
    assert apply_lines(rebuilt, lines_delta(original, rebuilt)) == original


def test_what_is_equal_costs_one_number():
    lines = [str(n) for n in range(100)]
    assert lines_delta(lines, lines) == (100,)
    assert lines_delta([*lines[:10], "in", *lines[20:]], lines) == (10, "in", -10, 80)


def test_fields_are_split_as_they_are_folded():
    text = "Microsoft Mail Internet Headers Version 2.0\r\nA: 1\r\n\t2\r\n \r\nno field\r\n 3\r\nB : 4\n\r\nBody: 5"
    assert split_fields(text) == ["A: 1\r\n\t2", "B : 4"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("RE: x", ("RE: ", "x")), ("Tr: x", ("Tr: ", "x")), ("a1: x", ("", "a1: x")), ("long: x", ("", "long: x")),
     ("RE:x", ("", "RE:x")), ("", ("", ""))],
)  # fmt: skip
def test_prefixes_of_subjects(subject, expected):
    assert normalized(subject) == expected


def test_headers_that_came_are_kept_and_completed():
    transport = "Received: from a\r\n by b\r\nFrom: A <a@b.org>\r\nSubject: old\r\nContent-Type: text/x\r\n\r\n"
    item = record(**{
        mapi_tags.TRANSPORT_HEADERS: transport, mapi_tags.SUBJECT: "new", mapi_tags.INTERNET_MESSAGE_ID: "<i@d>",
        mapi_tags.CLIENT_SUBMIT_TIME: datetime(2024, 1, 1, tzinfo=UTC),
    })  # fmt: skip
    found = message_of(item)
    assert [*found.keys()] == ["Received", "From", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
                               "Content-Transfer-Encoding"]  # fmt: skip
    assert found["subject"] == "new" and found["received"] == "from a by b"
    back = CODEC.from_open(*_opened(item), CONTEXT).record
    assert back.properties[mapi_tags.TRANSPORT_HEADERS] == transport


def _opened(item):
    opened = CODEC.to_open(item, CONTEXT)
    return opened.document, opened.residue


def test_someone_on_behalf_of_another_and_x500_names():
    x500 = "/o=CHU/ou=X/cn=Recipients/cn=secretariat"
    item = record(**{
        "0x0042001F": "Chef", "0x0064001F": "SMTP", "0x0065001F": "chef@chu.example",
        "0x0C1A001F": "Secrétariat", "0x0C1E001F": "EX", "0x0C1F001F": x500,
        "recipients": ({"0x0C150003": 3, "0x3001001F": "Caché", "0x39FE001F": "cache@chu.example"},),
    })  # fmt: skip
    found = message_of(item)
    assert found["from"] == "Chef <chef@chu.example>" and found["bcc"] == "Caché <cache@chu.example>"
    assert found["sender"] is None or "Secr" in str(found["sender"])
    raw = read_all(_opened(item)[0].bodies["content"])
    assert b"\r\nSender: =?utf-8?q?Secr=C3=A9tariat?=:;\r\n" in raw
    known = Context(directory={x500.lower(): {"ad": "cn=x", "dovecot": "secretariat@chu.example"}})
    assert "<secretariat@chu.example>" in read_all(CODEC.to_open(item, known).document.bodies["content"]).decode()
    assert {f.code for f in CODEC.to_open(item, CONTEXT).findings} >= {"MAIL-ADDR-01", "MAIL-PST-01"}


# --- texts


@pytest.mark.parametrize(
    ("under", "page", "data", "charset", "text"),
    [
        ("0x1000001F", None, "Été".encode("utf-16-le"), "utf-8", "Été"),
        ("0x1000001F", None, "plain".encode("utf-16-le"), "us-ascii", "plain"),
        ("0x1000001E", 1252, b"\xc9t\xe9", "windows-1252", "Été"),
        ("0x1000001E", 1251, "Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("0x1000001E", 932, "日本".encode("cp932"), "shift_jis", "日本"),
        ("0x1000001E", 10000, "é".encode("mac_roman"), "utf-8", "é"),
        ("0x1000001E", 20127, b"\xe9", "windows-1252", "é"),
        ("0x1000001E", None, b"\xe9", "windows-1252", "é"),
        ("0x1000001E", 50220, "日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),
    ],
)
def test_texts_keep_their_bytes_or_become_utf8(under, page, data, charset, text):
    pages = {} if page is None else {mapi_tags.MESSAGE_CODE_PAGE: page}
    item = record({"body/plain": BytesBody.of(data)}, bodies={"body/plain": under}, **pages)
    found = message_of(item)
    assert found.get_content_charset() == charset
    assert found.get_content().rstrip("\r\n") == text
    assert read_all(CODEC.from_open(*_opened(item), CONTEXT).record.bodies["body/plain"]) == data


@pytest.mark.parametrize(
    ("data", "single", "encoding"),
    [
        (b"", True, "7bit"),
        (b"a\r\n", True, "7bit"),
        (b"a", True, "quoted-printable"),
        (b"a", False, "7bit"),
        (b"x" * 999 + b"\r\n", True, "quoted-printable"),
        ("é peu d'accents".encode() + b"\r\n", True, "quoted-printable"),
        ("日本語日本語".encode(), False, "base64"),
        (b"a\nb\n", True, "base64"),
        (b"a\rb", False, "base64"),
        (b"a\0b\r\n", True, "base64"),
    ],
)
def test_transfer_encodings(data, single, encoding):
    name, encoded = mime._encoding(data, single)
    assert name == encoding and mime._decoded(encoded, name) == data
    assert b"\n" not in encoded.replace(b"\r\n", b"") and max(map(len, encoded.split(b"\r\n"))) <= 998


# --- the tree


def png(cid="", **more):
    row = {mapi_tags.ATTACH_METHOD: 1, mapi_tags.ATTACH_LONG_FILENAME: "été.png", **more}
    return {**row, mapi_tags.ATTACH_CONTENT_ID: cid} if cid else row


def tree(part):
    kind = part.get_content_type().partition("/")[2]
    return (kind, *[tree(p) for p in part.iter_parts()]) if part.is_multipart() else kind


@pytest.mark.parametrize(
    ("bodies", "rows", "expected"),
    [
        ({}, (), "plain"),
        ({"body/plain"}, (), "plain"),
        ({"body/html"}, (), "html"),
        ({"body/plain", "body/html"}, (), ("alternative", "plain", "html")),
        ({"body/plain"}, (png(),), ("mixed", "plain", "png")),
        ({"body/html"}, (png("a"),), ("related", "html", "png")),
        ({"body/html"}, (png("unseen"),), ("mixed", "html", "png")),
        (
            {"body/plain", "body/html"},
            (png("unseen"), png("A"), png()),
            ("mixed", ("alternative", "plain", ("related", "html", "png")), "png", "png"),
        ),
        ({}, (png(),), ("mixed", "png")),
    ],
)
def test_the_tree_of_parts(bodies, rows, expected):
    texts = {"body/plain": BytesBody.of(b"a\0"), "body/html": BytesBody.of(b"<img src=CID:a>")}
    stored = {"body/plain": "0x1000001F", "body/html": "0x10130102"}
    files = {f"attachment/{n}": BytesBody.of(b"\x89PNG%d" % n) for n in range(len(rows))}
    item = record({**{n: texts[n] for n in bodies}, **files}, attachments=rows, bodies={n: stored[n] for n in bodies})
    found = message_of(item)
    assert tree(found) == expected and not found.defects
    assert {p.get_filename() for p in found.walk() if p.get_filename()} == ({"été.png"} if rows else set())
    back = CODEC.from_open(*_opened(item), CONTEXT)
    assert CODEC.compare(item, back.record) == () and back.findings == ()


@given(
    st.one_of(st.none(), st.binary(max_size=300)),
    st.one_of(st.none(), st.binary(max_size=300)),
    st.lists(st.tuples(st.booleans(), st.binary(max_size=300)), max_size=3),
)
def test_what_is_put_together_comes_apart(plain, html, parts):
    header = (b"Content-Type: image/png\r\n", b"Content-Transfer-Encoding: base64\r\n",
              b"Content-Disposition: attachment\r\n")  # fmt: skip
    files = tuple(FilePart(header, BytesBody.of(data), inline and html is not None) for inline, data in parts)
    files = tuple(sorted(files, key=lambda p: not p.inline))
    if plain is None and html is None and not files:
        plain = b""
    view = View(
        (b"Subject: x\r\n",),
        None if plain is None else TextPart("utf-8", plain),
        None if html is None else TextPart("utf-8", html),
        files,
    )
    assert mime.take_apart(mime.assemble(view)) == view


@given(st.binary(max_size=400))
def test_any_bytes_come_apart_without_an_error(data):
    mime.take_apart(BytesBody.of(data))
    mime.take_apart(BytesBody.of(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + data + b"\r\n--x"))


def test_a_message_inside_itself_without_end_is_bounded():
    data = b""
    for depth in range(300):
        data += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth)
    assert len(mime.take_apart(BytesBody.of(data)).files) <= 1
    many = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 20_000
    assert len(mime.take_apart(BytesBody.of(many)).files) <= 10_001


# --- signed, encrypted, by link, RTF


SIGNED = (b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n\tboundary="s"\r\n\r\n'
          b"--s\r\nContent-Type: text/plain\r\n\r\nSigned  text \r\n--s\r\nContent-Type: application/pkcs7-signature"
          b"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--s--\r\n")  # fmt: skip


@pytest.mark.parametrize("entity", [SIGNED, b"MIME-Version: 1.0\r\n" + SIGNED])
def test_a_signed_message_keeps_every_byte(entity):
    plain = "Signed  text ".encode("utf-16-le")
    item = record(
        {"attachment/0": BytesBody.of(entity), "body/plain": BytesBody.of(plain)},
        bodies={"body/plain": "0x1000001F"},
        attachments=({mapi_tags.ATTACH_METHOD: 1, mapi_tags.ATTACH_MIME_TAG: "multipart/signed"},),
        **{mapi_tags.MESSAGE_CLASS: "IPM.Note.SMIME.MultipartSigned", mapi_tags.SUBJECT: "s"},
    )
    opened = CODEC.to_open(item, CONTEXT)
    data = read_all(opened.document.bodies["content"])
    assert data.endswith(entity) and message_of(item).get_content_type() == "multipart/signed"
    assert "body:body/plain" not in {e.path for e in opened.residue}
    back = CODEC.from_open(opened.document, opened.residue, CONTEXT)
    assert CODEC.compare(item, back.record) == () and back.findings == ()
    assert "MAIL-SMIME-01" in {f.code for f in opened.findings}


def test_an_encrypted_message_is_its_attachment():
    item = record(
        {"attachment/0": BytesBody.of(b"\x30\x80sealed")},
        attachments=({mapi_tags.ATTACH_METHOD: 1, mapi_tags.ATTACH_LONG_FILENAME: "smime.p7m"},),
        **{mapi_tags.MESSAGE_CLASS: "IPM.Note.SMIME"},
    )
    found = message_of(item)
    assert found.get_content_type() == "application/pkcs7-mime" and found.get_payload(decode=True) == b"\x30\x80sealed"
    back = CODEC.from_open(*_opened(item), CONTEXT)
    assert CODEC.compare(item, back.record) == () and back.findings == ()


def test_attachments_by_link_and_without_data_are_told():
    rows = tuple({mapi_tags.ATTACH_METHOD: m, mapi_tags.ATTACH_LONG_PATHNAME: r"\\srv\x"} for m in (4, 7, 5, 1))
    item = record(attachments=rows)
    told = [(f.code, f.detail) for f in CODEC.to_open(item, CONTEXT).findings if f.code[:8] in ("MAIL-REF", "MAIL-PST")]
    assert told == [("MAIL-PST-01", ""), ("MAIL-REF-01", "method 4"), ("MAIL-REF-01", "method 7"),
                    ("MAIL-PST-03", "attachments/2"), ("MAIL-PST-04", "attachments/3: no data")]  # fmt: skip
    assert CODEC.compare(item, CODEC.from_open(*_opened(item), CONTEXT).record) == ()


@pytest.mark.parametrize(
    ("rtf", "plain", "expected", "codes"),
    [
        (rb"{\rtf1\fromhtml1{\*\htmltag <b>}x{\*\htmltag </b>}}", None, "html", ["HTML"]),
        (rb"{\rtf1\fromhtml1{\*\htmltag <b>}x{\*\htmltag </b>}}", "x", ("alternative", "plain", "html"), ["HTML"]),
        (rb"{\rtf1\fromtext x}", None, "plain", []),
        (rb"{\rtf1\fromtext x}", "x", "plain", []),
        (rb"{\rtf1 \b own}", None, ("mixed", "plain", "rtf"), ["RTF"]),
        (rb"{\rtf1 \b own}", "own", ("mixed", "plain", "rtf"), ["RTF"]),
        (b"no rtf", None, "plain", ["unreadable"]),
    ],
)
def test_rtf_gives_html_text_or_itself(rtf, plain, expected, codes):
    bodies = {"body/rtf": BytesBody.of(rtfbody.contained(rtf))}
    if plain is not None:
        bodies["body/plain"] = BytesBody.of(plain.encode("utf-16-le"))
    item = record(bodies, bodies={"body/rtf": "0x10090102", **({"body/plain": "0x1000001F"} if plain else {})})
    found = message_of(item)
    assert tree(found) == expected
    assert [f.detail for f in CODEC.to_open(item, CONTEXT).findings if f.code == "MAIL-RTF-01"] == codes
    back = CODEC.from_open(*_opened(item), CONTEXT)
    assert CODEC.compare(item, back.record) == () and back.findings == ()


@pytest.mark.parametrize("text", ["Votre message n'a pas été remis.\r\n", "\ud800 odd\nlines"])
def test_a_delivery_report_shows_its_text(text):
    item = record(**{mapi_tags.MESSAGE_CLASS: "REPORT.IPM.Note.NDR", mapi_tags.REPORT_TEXT: text})
    assert message_of(item).get_content().split() == clean(text.replace("\n", " ")).split()
    opened = CODEC.to_open(item, CONTEXT)
    kept = {e.path: e.value for e in opened.residue}
    assert mapi_tags.REPORT_TEXT not in kept or "\ud800" in text
    back = CODEC.from_open(opened.document, opened.residue, CONTEXT)
    assert CODEC.compare(item, back.record) == () and back.findings == ()
    assert ("MAIL-CLASS-01", "REPORT.IPM.Note.NDR") in {(f.code, f.detail) for f in opened.findings}


def test_rtf_of_a_text_that_was_edited_is_dropped_with_a_finding():
    rtf = rb"{\rtf1\ansi\fromtext hello}"
    item = record({"body/rtf": BytesBody.of(rtfbody.contained(rtf))}, bodies={"body/rtf": "0x10090102"})
    document, residue = _opened(item)
    edited = read_all(document.bodies["content"]).replace(b"hello", b"goodbye")
    back = CODEC.from_open(
        type(document)("message", "rfc5322", document.meta, {"content": BytesBody.of(edited)}), residue, CONTEXT
    )
    assert "body/rtf" not in back.record.bodies
    assert [f.detail for f in back.findings] == ["body:body/rtf"]


# --- flags


@pytest.mark.parametrize(
    ("properties", "meta"),
    [
        ({mapi_tags.MESSAGE_FLAGS: 0x21}, {"flags": ("\\Seen",)}),
        ({mapi_tags.MESSAGE_FLAGS: 0x08}, {"flags": ("\\Draft",)}),
        ({mapi_tags.LAST_VERB_EXECUTED: 103, mapi_tags.FLAG_STATUS: 2}, {"flags": ("\\Answered", "\\Flagged")}),
        ({mapi_tags.LAST_VERB_EXECUTED: 104, mapi_tags.FLAG_STATUS: 1}, {"flags": ("$Forwarded",)}),
        ({mapi_tags.KEYWORDS: ("Urgent", "Catégorie bleue", "名前")}, {"keywords": ("Categorie_bleue", "Urgent")}),
        ({}, {}),
    ],
)
def test_what_a_store_keeps_beside_a_message(properties, meta):
    assert state.meta_of(properties) == meta
    item = record(**properties)
    assert CODEC.compare(item, CODEC.from_open(*_opened(item), CONTEXT).record) == ()


# --- large ones


@dataclass(frozen=True, slots=True)
class Zeros(Body):
    """A body of so many bytes that lie nowhere."""

    def open(self, offset=0):
        return io.BufferedReader(_Zeros(self.size - offset), 1 << 18)


class _Zeros(io.RawIOBase):
    def __init__(self, left):
        self.left = left

    def readable(self):
        return True

    def readinto(self, buffer):
        count = min(len(buffer), self.left)
        buffer[:count] = b"z" * count
        self.left -= count
        return count


def test_a_large_attachment_is_never_in_memory():
    size = 32 << 20
    rows = ({mapi_tags.ATTACH_METHOD: 1, mapi_tags.ATTACH_LONG_FILENAME: "scan.tif"},)
    item = record({"attachment/0": Zeros(size=size)}, attachments=rows)
    tracemalloc.start()
    try:
        opened = CODEC.to_open(item, CONTEXT)
        content = opened.document.bodies["content"]
        assert content.size > size * 4 // 3
        back = CODEC.from_open(opened.document, opened.residue, CONTEXT)
        assert sha256_of(back.record.bodies["attachment/0"]) == sha256_of(item.bodies["attachment/0"])
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 9000))
def test_a_composed_message_is_the_same_bytes_from_any_offset(size, offset):
    data = bytes(n * 7 % 256 for n in range(size))
    segments = [b"head\r\n", composed.Base64(BytesBody.of(data)), BytesBody.of(b"raw"), b"tail"]
    whole = read_all(composed.compose(segments, 1 << 20))
    made = composed.compose(segments, 0)
    assert isinstance(made, composed.ComposedBody) and made.size == len(whole) and read_all(made) == whole
    with made.open(offset) as stream:
        assert stream.read() == whole[offset:]


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=1, max_size=3000), st.integers(0, 3000))
def test_reading_in_pieces_gives_what_reading_at_once_gives(data, offset):
    header = (b"Content-Type: image/png\r\n", b"Content-Transfer-Encoding: base64\r\n")
    view = View((b"A: b\r\n",), TextPart("us-ascii", b"text\r\n"), None, (FilePart(header, BytesBody.of(data)),))
    at_once = mime.take_apart(mime.assemble(view))
    before = mime.WHOLE
    mime.WHOLE = 64
    try:
        in_pieces = mime.take_apart(mime.assemble(view))
    finally:
        mime.WHOLE = before
    assert in_pieces.fields == at_once.fields and in_pieces.plain == at_once.plain
    assert read_all(in_pieces.files[0].body) == data
    with in_pieces.files[0].body.open(offset) as stream:
        assert stream.read() == data[offset:]


class Broken(Body):
    """A body whose source fails."""

    def open(self, offset=0):
        raise OSError("gone")


def test_a_body_that_can_not_be_read_skips_the_item():
    for name in ("body/plain", "attachment/0"):
        item = record({name: Broken(size=10)}, attachments=({mapi_tags.ATTACH_METHOD: 1},))
        with pytest.raises(SkipItem) as told:
            CODEC.to_open(item, CONTEXT)
        assert told.value.code == "GEN-READ-01"


def test_names_of_the_codec():
    assert (CODEC.kind, CODEC.form, CODEC.standard) == ("message", "mapi", "rfc5322")
    assert mapi.kind_of("IPM.Note") == CODEC.kind
