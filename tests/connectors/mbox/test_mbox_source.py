"""mbox files as a source: each variant and each trap, in a table of small files; layouts; flags; the corpus."""

from __future__ import annotations

import mailbox
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    ABSENT,
    Container,
    Context,
    Environment,
    Expect,
    Fault,
    Fence,
    FileBody,
    ItemRef,
    Record,
    Selector,
    StopEndpoint,
    Write,
    read_all,
)
from transhumance.connectors.mbox.config import MboxConfig
from transhumance.connectors.mbox.quoting import UnquotedBody, quote
from transhumance.connectors.mbox.source import MboxSource
from transhumance.connectors.mbox.target import MboxTarget
from transhumance.migrators.mail.rfc5322 import Rfc5322Codec

F = b"From a@b Fri Feb 22 15:06:23 2008\n"
WHEN = datetime(2008, 2, 22, 15, 6, 23, tzinfo=UTC)


def source(base: Path, **options: Any) -> MboxSource:
    return MboxSource(MboxConfig.model_validate({"path": "m", **options}), Environment("m", base, base))


def everything(base: Path, **options: Any) -> dict[tuple[str, ...], list[Record | Fault]]:
    """Every item and fault by path, items in the order of their offsets."""
    opened = source(base, **options)
    found: dict[tuple[str, ...], list[Record | Fault]] = {}
    for subject in opened.subjects(Selector()):
        for container in opened.containers(subject, "mail"):
            refs: list[ItemRef] = []
            faults: list[Fault] = []
            cursor = None
            while True:
                page = opened.page(container, cursor)
                refs += page.refs
                faults += page.faults
                cursor = page.next
                if cursor is None:
                    break
            assert len({r.key for r in refs}) == len(refs)
            refs.sort(key=lambda ref: int(ref.locator.split("|")[2].split(",")[0]))
            found[container.path] = [*opened.fetch(container, refs), *faults]
    opened.close()
    return found


def read(base: Path, data: bytes, **options: Any) -> list[Record]:
    """The items of one file."""
    (base / "m").mkdir(exist_ok=True)
    (base / "m" / "box").write_bytes(data)
    (items,) = everything(base, subject="alice", **options).values()
    assert all(isinstance(item, Record) for item in items), items
    return items  # type: ignore[return-value]


def bodies(records: list[Record]) -> list[bytes]:
    return [read_all(record.bodies["content"]) for record in records]


TABLE: list[tuple[str, bytes, list[bytes]]] = [
    ("one", F + b"A: b\n\nx\n\n", [b"A: b\n\nx\n"]),
    ("two", F + b"A: b\n\nx\n\n" + F + b"\n", [b"A: b\n\nx\n", b""]),
    ("no blank line at the end", F + b"A: b\n\nx\n", [b"A: b\n\nx\n"]),
    ("no line end at the end", F + b"A: b\n\nx", [b"A: b\n\nx"]),
    ("no blank line before From_", F + b"A: b\n\nx\n" + F + b"C: d\n\ny\n\n", [b"A: b\n\nx\n", b"C: d\n\ny\n"]),
    ("text that begins with From", F + b"A: b\n\nx\n\nFrom now on\nwe meet\n\n", [
        b"A: b\n\nx\n\nFrom now on\nwe meet\n"]),
    ("a dated From in text", F + b"A: b\n\nx\nFrom a@b Fri Feb 22 15:06:23 2008\nno header\n\n", [
        b"A: b\n\nx\nFrom a@b Fri Feb 22 15:06:23 2008\nno header\n"]),
    ("From_ without a date", F + b"A: b\n\n\nFrom nobody\nC: d\n\ny\n\n", [b"A: b\n\n", b"C: d\n\ny\n"]),
    ("blank lines first", b"\n\r\n" + F + b"A: b\n\n", [b"A: b\n"]),
    ("garbage first", b"garbage\n\n" + F + b"A: b\n\nx\n\n", [b"garbage\n", b"A: b\n\nx\n"]),
    ("CRLF", (F + b"A: b\n\nx\n\n" + F + b"C: d\n\n\n").replace(b"\n", b"\r\n"), [
        b"A: b\r\n\r\nx\r\n", b"C: d\r\n\r\n"]),
    ("NUL", F + b"A: \0\n\n\0\0\n\n", [b"A: \0\n\n\0\0\n"]),
    ("only a line", F, [b""]),
    ("two lines only", F + F, [F]),  # the second has no header after it
    ("mboxrd", F + b"A: b\n\n>From x\n>>From y\n> From z\n\n", [b"A: b\n\nFrom x\n>From y\n> From z\n"]),
    ("header line quoted", F + b">From old@line\nA: b\n\nx\n\n", [b"From old@line\nA: b\n\nx\n"]),
    ("many blank lines", F + b"A: b\n\nx\n\n\n\n" + F + b"C: d\n\n", [b"A: b\n\nx\n\n\n", b"C: d\n"]),
    ("8-bit From_", b"From \xe9\xe8@b Fri Feb 22 15:06:23 2008\nA: b\n\n", [b"A: b\n"]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_where_messages_begin_and_end(tmp_path: Path, data: bytes, expected: list[bytes]) -> None:
    assert bodies(read(tmp_path, data)) == expected


CL = F + b"Content-Length: %d\n\n%s\n"
INNER = b"x\n\n" + F + b"not: another\n\n"


@pytest.mark.parametrize(
    ("data", "variant", "expected"),
    [
        (CL % (len(INNER), INNER) + CL % (2, b"y\n"), "auto", [INNER, b"y\n"]),  # mboxcl2: nothing is protected
        (CL % (7, b">From\n\n") + CL % (8, b">From x\n"), "auto", [b">From\n\n", b"From x\n"]),  # mboxcl
        (CL % (9999, b"y\n") + F + b"A: b\n\n", "auto", [b"y\n", None]),  # a wrong length is not believed
        (CL % (len(INNER), INNER) + CL % (2, b"y\n"), "mboxrd", [b"x\n", None, b"y\n"]),
        (F + b"A: b\n\n> a\n>From b\n> c\n\n>>From d\n\n", "auto", [b"> a\nFrom b\n> c\n\n>>From d\n"]),  # mboxo
        (F + b"A: b\n\n> a\n>>From b\n> c\n\n", "auto", [b"> a\n>From b\n> c\n"]),  # mboxrd
        (F + b"A: b\n\n>>From b\n\n", "mboxo", [b">>From b\n"]),
        (F + b"A: b\n\n>From b\n\n", "mboxcl2", [b">From b\n"]),
    ],
)
def test_variants(tmp_path: Path, data: bytes, variant: str, expected: list[bytes | None]) -> None:
    found = bodies(read(tmp_path, data, variant=variant))
    assert len(found) == len(expected)
    for body, wanted in zip(found, expected, strict=True):
        assert wanted is None or body.partition(b"\n\n")[2] == wanted


@pytest.mark.parametrize(
    ("line", "properties"),
    [
        (b"From a@b Fri Feb 22 15:06:23 2008", {"internal_date": WHEN, "from_sender": "a@b"}),
        (b"From MAILER-DAEMON Fri Feb 22 15:06:23 2008", {"internal_date": WHEN}),
        (b"From MAILER-DAEMON Thu Jan  1 00:00:00 1970", {}),
        (b"From a@b  Fri Feb 22 17:06:23 2008 +0200", {"internal_date": WHEN, "from_line": None}),
        (b"From a@b Fri Feb 22 10:06:23 EST 2008", {"internal_date": WHEN, "from_line": None}),
        (b"From a@b Fri, 22 Feb 2008 15:06:23 +0000", {"internal_date": WHEN, "from_line": None}),
        (b"From - Fri Feb 22 15:06 2008", {"internal_date": WHEN.replace(second=0), "from_line": None}),
        (b"From a b c Fri Feb 22 15:06:23 2008 remote from x", {"internal_date": WHEN, "from_line": None}),
        (b"From a@b Fri Feb 31 15:06:23 2008", {"from_line": None}),
        (b"From a@b", {"from_line": None}),
        (b"From \xe9 Fri Feb 22 15:06:23 2008", {"internal_date": WHEN, "from_sender": b"\xe9"}),
    ],
)
def test_from_lines(tmp_path: Path, line: bytes, properties: dict[str, Any]) -> None:
    (record,) = read(tmp_path, line + b"\nA: b\n\n")
    text = line.decode() if line.isascii() else line
    assert record.properties == {k: text if v is None else v for k, v in properties.items()}


def test_dates_without_a_zone_are_of_the_zone_that_the_plan_says(tmp_path: Path) -> None:
    data = b"From a@b Fri Feb 22 16:06:23 2008\nA: b\n\n"
    (record,) = read(tmp_path, data, timezone="Europe/Paris")
    assert record.properties == {"internal_date": WHEN, "from_sender": "a@b"}


@pytest.mark.parametrize(
    ("lines", "properties"),
    [
        (b"Status: RO\nX-Status: AF\n", {"flags": ("\\Answered", "\\Flagged", "\\Seen")}),
        (b"Status: O\n", {}),
        (b"X-Keywords: work $Forwarded  urgent\n", {"flags": ("$Forwarded",), "keywords": ("urgent", "work")}),
        (b"X-Mozilla-Status: 1005\nX-Mozilla-Status2: 00800000\nX-Mozilla-Keys: $label1    \n", {
            "flags": ("$Forwarded", "$MDNSent", "\\Flagged", "\\Seen"), "keywords": ("$label1",)}),
        (b"X-Mozilla-Status: 0009\n", {"flags": ("\\Deleted", "\\Seen")}),
        (b"X-Mozilla-Status: zzzz\n", {}),
    ],
)  # fmt: skip
def test_flags_are_read_and_stay_in_the_bytes(tmp_path: Path, lines: bytes, properties: dict[str, Any]) -> None:
    data = b"Subject: x\n" + lines + b"\nbody\n"
    (record,) = read(tmp_path, b"From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n" + data + b"\n")
    assert record.properties == properties
    assert bodies([record]) == [data]


def test_a_flag_changes_the_version_and_not_the_key(tmp_path: Path) -> None:
    def ref(data: bytes) -> ItemRef:
        read(tmp_path, data)
        opened = source(tmp_path, subject="alice")
        (container,) = opened.containers(next(opened.subjects(Selector())), "mail")
        (found,) = opened.page(container, None).refs
        return found

    plain = ref(F + b"Subject: x\n\nbody\n\n")
    seen = ref(F + b"Subject: x\nStatus: RO\n\nbody\n\n")
    later = ref(F.replace(b"15:06", b"15:07") + b"Subject: x\nStatus: RO\n\nbody\n\n")
    other = ref(F + b"Subject: x\n\nBody\n\n")
    assert plain.key == seen.key == later.key != other.key
    assert len({plain.version, seen.version, later.version, other.version}) == 4


def test_equal_mails_stay_as_many_as_they_are(tmp_path: Path) -> None:
    items = read(tmp_path, (F + b"Subject: twice\n\nsame\n\n") * 3)
    assert len({item.key for item in items}) == len(items) == 3
    assert [item.key.partition(b"#")[2] for item in items] == [b"", b"2", b"3"]


def test_cut_and_stray_are_marked(tmp_path: Path) -> None:
    stray, whole, cut = read(tmp_path, b"rest of something\n" + F + b"A: b\n\n" + F + b"C: d\n\nhalf a li")
    assert stray.properties == {"mbox_stray": True} and "mbox_cut" not in whole.properties
    assert cut.properties["mbox_cut"] is True
    codec = Rfc5322Codec()
    assert {f.code for f in codec.to_open(stray, Context()).findings} >= {"MAIL-MBOX-01"}
    assert {f.code for f in codec.to_open(cut, Context()).findings} >= {"MAIL-MBOX-02"}


def test_unquoting_is_told_by_code(tmp_path: Path) -> None:
    (record,) = read(tmp_path, F + b"A: b\n\n>From x\n>From y\n\n")
    found = Rfc5322Codec().to_open(record, Context()).findings
    assert ("MAIL-QUOTE-01", "2 line(s)") in {(f.code, f.detail) for f in found}


def test_large_messages_come_as_handles(tmp_path: Path) -> None:
    plain = b"Subject: plain\n\n" + b"x" * 78 + b"\n" + b"y" * (3 << 20) + b"\n"
    quoted = b"Subject: quoted\n\n" + (b"From here" + b"x" * 90 + b"\n") * 20_000
    huge = b"Subject: huge\n\n" + (b">From there" + b"x" * 90 + b"\n") * 90_000
    data = b"".join(F + quote(message) + b"\n" for message in (plain, quoted, huge))
    items = read(tmp_path, data)
    assert [type(item.bodies["content"]) for item in items] == [FileBody, UnquotedBody, UnquotedBody]
    assert bodies(items) == [plain, quoted, huge]
    assert [item.bodies["content"].size for item in items] == [len(m) for m in (plain, quoted, huge)]
    with items[2].bodies["content"].open(len(huge) - 7) as stream:
        assert stream.read() == huge[-7:]


def test_a_locator_of_a_file_that_changed_is_looked_up(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    box = tmp_path / "m" / "box"
    box.write_bytes(F + b"Subject: a\n\n\n" + F + b"Subject: b\n\n\n")
    opened = source(tmp_path, subject="x")
    (container,) = opened.containers(next(opened.subjects(Selector())), "mail")
    refs = opened.page(container, None).refs
    box.write_bytes(F + b"Subject: new\n\n\n" + F + b"Subject: b\n\n\n")
    answers = {a.key: a for a in opened.fetch(container, refs)}
    texts = [read_all(a.bodies["content"]) if isinstance(a, Record) else a.code for a in answers.values()]
    assert sorted(map(str, texts)) == sorted(map(str, [b"Subject: b\n\n", "GEN-READ-01"]))
    box.unlink()
    with pytest.raises(StopEndpoint):
        opened.page(container, None)


def test_layouts(tmp_path: Path) -> None:
    root = tmp_path / "m" / "alice"
    one = F + b"A: b\n\n"
    files = {
        "Inbox": one,
        "Sent": one,
        "Sent.msf": b"index",
        "Sent.sbd/2026": one,
        "Sent.sbd/notes.txt": b"no mail",
        "lists/foo": one,
        "Apple.mbox/mbox": one,
        "Apple.mbox/table_of_contents": b"\0",
        "Dossier%2FA.mbox": one,
        "Brouillons": b"",
        "empty/readme": b"text",
    }
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "link").symlink_to("/etc/passwd")
    found = everything(tmp_path)
    assert {path: [type(item).__name__ for item in items] for path, items in found.items()} == {
        (): ["Fault"],
        ("Apple",): ["Record"],
        ("Brouillons",): [],
        ("Dossier/A",): ["Record"],
        ("Inbox",): ["Record"],
        ("Sent",): ["Record", "Fault"],
        ("Sent", "2026"): ["Record"],
        ("empty",): ["Fault"],
        ("lists", "foo"): ["Record"],
    }
    opened = source(tmp_path)
    (alice,) = opened.subjects(Selector())
    roles = {c.path: c.role for c in opened.containers(alice, "mail")}
    assert roles[("Inbox",)] == "inbox" and roles[("Brouillons",)] == "drafts" and roles[("Sent", "2026")] is None


def test_files_are_subjects_and_twins_stay_two(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    for name in ("alice.mbox", "bob.mbox"):
        (tmp_path / "m" / name).write_bytes(F + b"A: b\n\n")
    assert [s.key for s in source(tmp_path).subjects(Selector())] == [b"alice", b"bob"]
    (tmp_path / "m" / "x").mkdir()
    for name in ("Sent", "Sent.mbox"):
        (tmp_path / "m" / "x" / name).write_bytes(F + b"A: b\n\n")
    (x,) = source(tmp_path).subjects(Selector(frozenset([b"x"])))
    paths = [c.path for c in source(tmp_path).containers(x, "mail")]
    assert len(set(paths)) == len(paths) == 2


texts = st.lists(
    st.sampled_from([b"From ", b">", b"\n", b"\r\n", b"A: b\n", b"x", b"\r", b"\0", F, b"Content-Length: 1\n"])
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(texts.map(b"".join), min_size=1, max_size=5))
def test_what_a_target_writes_is_what_a_plain_reader_reads(tmp_path: Path, messages: list[bytes]) -> None:
    """Without the target's own record too: the file alone gives the bytes back."""
    base = tmp_path / os.urandom(4).hex()
    base.mkdir()
    target = MboxTarget(MboxConfig.model_validate({"path": "m"}), Environment("m", base, base))
    box = target.ensure(Container(b"alice", "mail", b"", ("A",)))
    records = [Record(b"%d" % n, "message", "rfc5322", {}, {"content": b}) for n, b in enumerate(map(_body, messages))]
    target.write(box, [Write(r.key, r, Expect(ABSENT)) for r in records], Fence("t", 1))
    (base / "m" / "alice" / "A").rename(base / "m" / "alice" / "B")  # a name that the record does not know
    (items,) = everything(base, variant="mboxrd").values()
    assert [read_all(i.bodies["content"]) for i in items if isinstance(i, Record)] == messages
    assert all(not set(i.properties) - {"mbox_unquoted"} or "Status" in str(i) for i in items if isinstance(i, Record))


def _body(data: bytes) -> Any:
    from transhumance.connectors.contract import BytesBody

    return BytesBody.of(data)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts.map(b"".join))
def test_every_byte_of_any_file_is_in_an_item(tmp_path: Path, data: bytes) -> None:
    data = data if data.startswith(F) else F + data
    records = read(tmp_path, data)
    lines = sum(len(body) for body in bodies(records)) + sum(int(r.properties.get("mbox_unquoted", 0)) for r in records)  # type: ignore[call-overload]
    blank = data.count(b"\n") + data.count(b"\r")
    assert (
        lines
        <= len(data)
        <= lines
        + blank
        + sum(len(F) + 9 for _ in records)
        + sum(len(str(r.properties.get("from_line", ""))) for r in records)
    )
    codec = Rfc5322Codec()
    for record in records:
        opened = codec.to_open(record, Context())
        back = codec.from_open(opened.document, opened.residue, Context())
        assert codec.compare(record, back.record) == ()


def test_the_mbox_files_of_the_corpus(tmp_path: Path, corpora: Callable[..., Path]) -> None:
    """As many messages as Python's own reader finds, the same bytes but for protected lines, and the law."""
    files = sorted(p for p in corpora("mime").rglob("*") if p.suffix == ".mbox" or p.name == "mbox.rlug")
    assert len(files) > 30
    codec = Rfc5322Codec()
    for path in files:
        items = read(tmp_path, path.read_bytes())
        theirs = mailbox.mbox(str(path), create=False)
        ours = [body.replace(b"\r\n", b"\n") for body in bodies(items)]
        expected = [theirs.get_bytes(key).replace(b"\r\n", b"\n") for key in theirs.keys()]
        assert [b.rstrip(b"\n") for b in ours] == [b.rstrip(b"\n") for b in expected], path
        for item in items:
            opened = codec.to_open(item, Context())
            returned = codec.from_open(opened.document, opened.residue, Context())
            assert codec.compare(item, returned.record) == () and returned.findings == ()
