"""What no corpus has: files of our own making, read back property by property. The writer knows the format from
MS-PST only, so both check each other."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import BytesBody, Environment, Record, Selector, read_all, sha256_of
from transhumance.connectors.formats import mapi
from transhumance.connectors.formats.pst.ndb import Damaged, Ndb
from transhumance.connectors.pst import bodies, listing, source
from transhumance.connectors.pst.config import PstConfig
from transhumance.connectors.pst.files import forget
from transhumance.connectors.pst.listing import contents
from transhumance.connectors.testing.suite import pages
from transhumance.fixtures.pst.store import Folder, Raw, write_pst

EMPTY = {"recipients": (), "attachments": (), "bodies": {}}


def written(folder, items, unicode=True, codepage=1252, **settings_):
    """Writes items into one folder of a file, and reads the file's records, in order."""
    forget()
    path = folder / "a.pst"
    codec = mapi.codec_of(codepage)
    write_pst(path, [Folder("Inbox", "IPF.Note", items, known="inbox")], unicode, codec, **settings_)
    return list(read(path, folder, codepage))


def read(path, folder, codepage=1252):
    opened = source.PstSource(PstConfig(path=path, codepage=codepage), Environment("p", folder, folder))
    for subject in opened.subjects(Selector()):
        for container in opened.containers(subject, "mail"):
            yield from opened.fetch(container, list(pages(opened, container)))


def item(handles=(), /, **more):
    return Record(b"", "message", "mapi", {"0x001A001F": "IPM.Note", **EMPTY, **more}, dict(handles))


TEXT = st.text(max_size=60)
TIME = st.datetimes(datetime(1601, 1, 1), datetime(9000, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
LONG = st.integers(-(2**31), 2**31 - 1)
BYTES = st.binary(max_size=5000)
VALUES = {
    0x02: st.integers(-(2**15), 2**15 - 1), 0x03: LONG, 0x05: st.floats(allow_nan=False), 0x0B: st.booleans(),
    0x14: st.integers(-(2**63), 2**63 - 1), 0x1F: TEXT, 0x1E: st.text(st.characters(codec="cp1252"), max_size=40),
    0x40: TIME, 0x48: st.uuids().map(lambda u: f"{{{u}}}"), 0x102: BYTES,
    0x1003: st.lists(LONG, max_size=4).map(tuple), 0x101F: st.lists(TEXT, max_size=4).map(tuple),
    0x1102: st.lists(st.binary(max_size=40), max_size=4).map(tuple), 0x1040: st.lists(TIME, max_size=3).map(tuple),
}  # fmt: skip
KEY = st.one_of(
    st.integers(0x6000, 0x64FF).map(lambda n: lambda kind: mapi.key(n, kind)),
    st.integers(0x8000, 0x9000).map(lambda n: lambda kind: mapi.named(mapi.PSETID_COMMON, n, kind)),
    st.sampled_from(["Keywords", "x-spam", "été"]).map(
        lambda n: lambda kind: mapi.named(mapi.PS_PUBLIC_STRINGS, n, kind)
    ),
)


@st.composite
def property_sets(draw, most=12):
    found, ids = {}, set()
    for make in draw(st.lists(KEY, max_size=most)):
        kind = draw(st.sampled_from(sorted(VALUES)))
        head = make(kind)[:-4]
        if head not in ids:
            ids.add(head)
            found[make(kind)] = draw(VALUES[kind])
    return found


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.data(), st.booleans())
def test_every_property_comes_back(tmp_path, data, unicode):
    rows = tuple({"0x0C150003": 1, **data.draw(property_sets(4))} for _ in range(data.draw(st.integers(0, 3))))
    files = tuple({"0x37050003": 1, **data.draw(property_sets(4))} for _ in range(data.draw(st.integers(0, 2))))
    handles = {f"attachment/{n}": BytesBody.of(data.draw(BYTES)) for n in range(len(files))}
    handles["body/plain"] = BytesBody.of(data.draw(BYTES))
    given_ = item(handles, **data.draw(property_sets()), recipients=rows, attachments=files,
                  bodies={"body/plain": "0x1000001F"})  # fmt: skip
    (found,) = written(tmp_path, [given_], unicode)
    assert found.properties == given_.properties
    assert {n: read_all(b) for n, b in found.bodies.items()} == {n: b.data for n, b in handles.items()}


@pytest.mark.parametrize("unicode", [True, False])
def test_many_items_over_many_pages(tmp_path, unicode):
    given_ = [item(**{"0x66660003": n, "0x0037001F": f"n° {n}"}) for n in range(1500)]
    found = written(tmp_path, given_, unicode)
    assert [r.properties["0x66660003"] for r in found] == list(range(1500))
    assert len({r.key for r in found}) == 1500


@pytest.mark.parametrize(("unicode", "kind"), [(True, "Unicode"), (False, "ANSI")])
def test_folders_roles_and_password(tmp_path, unicode, kind):
    tree = [
        Folder("Boîte de réception", "IPF.Note", known="inbox", children=[Folder("Été / 2024", "IPF.Note")]),
        Folder("Corbeille", known="trash"), Folder("Envoyés", known="sent"), 
        Folder("Agenda", "IPF.Appointment", known="calendar"),
        Folder("Archives", "IPF.Note"), Folder("Brouillons", "IPF.Contact"), Folder("Courrier indésirable", "IPF.Note"),
    ]  # fmt: skip
    write_pst(tmp_path / "é.pst", tree, unicode, password=12345, name="Boîte")
    forget()
    opened = source.PstSource(PstConfig(path=tmp_path / "é.pst"), Environment("p", tmp_path, tmp_path))
    (subject,) = opened.subjects(Selector())
    assert subject.key == "é".encode()
    found = {c.path: c for w in ("mail", "calendars", "contacts") for c in opened.containers(subject, w)}
    assert {path[1:]: c.role for path, c in found.items()} == {
        (): None, ("Boîte de réception",): "inbox", ("Boîte de réception", "Été / 2024"): None, ("Corbeille",): "trash",
        ("Envoyés",): "sent", ("Agenda",): "calendar", ("Archives",): "archive", ("Brouillons",): None,
        ("Courrier indésirable",): "junk",
    }  # fmt: skip
    told = found["é",].properties
    assert told["file"] == f"pst, {kind}" and told["store"] == "Boîte" and told["codes"] == ("MAIL-PST-07",)
    assert found["é", "Archives"].properties["role_guessed"] is True
    assert {c.properties["codes"] for c in found.values()} == {("MAIL-PST-07",)}


def test_texts_of_an_ansi_file_are_read_in_the_plans_code_page(tmp_path):
    text = {"0x0037001E": "Привет", "0x66660102": b""}
    (found,) = written(tmp_path, [item(**text)], unicode=False, codepage=1251)
    assert found.properties["0x0037001E"] == "Привет" and found.properties["0x66660102"] == b""
    own = item(**{"0x3FFD0003": 1251, **text})
    write_pst(tmp_path / "a.pst", [Folder("x", "IPF.Note", [own])], False, "cp1251")
    (found,) = read(tmp_path / "a.pst", tmp_path, 1252)
    assert found.properties["0x0037001E"] == "Привет"


@pytest.mark.parametrize(
    ("subject", "prefix"),
    [("RE: Été", "RE: "), ("Été", None), ("", None), ("a", None), ("\x01", None), ("TR : x", None)],
)
def test_prefixes_of_subjects_are_taken_apart(tmp_path, subject, prefix):
    more = {} if prefix is None else {"0x003D001F": prefix}
    (found,) = written(tmp_path, [item(**{"0x0037001F": subject, **more})])
    assert found.properties["0x0037001F"] == subject and found.properties.get("0x003D001F") == prefix


def test_a_bad_property_is_named_and_the_rest_is_kept(tmp_path):
    damaged = item(**{
        "0x66660040": Raw(b"123"), "0x6667001F": Raw(b"a\0b"), "0x66680003": 5, "0x66691102": Raw(b"\xff" * 8),
        "recipients": ({"0x0C150003": 1, "0x3001001F": Raw(b"x\0y")},),
        "attachments": ({"0x37050003": 1, "0x37070048": Raw(b"short")},),
    })  # fmt: skip
    (found,) = written(tmp_path, [damaged])
    assert found.properties["0x66680003"] == 5 and found.properties["recipients"] == ({"0x0C150003": 1},)
    told = {line.partition(":")[0] for line in found.properties["unreadable"]}
    assert told >= {"0x66660040", "0x6667001F", "0x66691102", "recipients/0/0x3001001F", "attachments/0/0x37070048"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("IPM.Note", "message"), ("IPM.Custom.Form", "message"), ("REPORT.IPM.Note.NDR", "message"), ("", "message"),
     ("IPM.Appointment", "event"), ("IPM.Contact", "card"), ("IPM.Task", "task"), ("IPM.StickyNote", "note"),
     ("IPM.Activity", "journal"), ("IPM.Schedule.Meeting.Request", "message"), ("IPM.Post", "message"),
     ("IPM.Document.Word", "message"), ("IPM.Note.SMIME", "message"), ("IPM.DistList", "card"),
     ("Nonsense", "message")],
)  # fmt: skip
def test_items_of_any_class_keep_recipients_and_attachments(tmp_path, name, kind):
    given_ = item(
        {"attachment/0": BytesBody.of(b"data")},
        **{"0x001A001F": name, "0x0E070003": 0x10, "0x0E04001F": "Bob", "attachments": ({"0x37050003": 1},),
           "recipients": ({"0x0C150003": 1, "0x3001001F": "Bob"},)},
    )  # fmt: skip
    (found,) = written(tmp_path, [given_])
    assert found.kind == kind
    assert "unreadable" not in found.properties
    assert read_all(found.bodies["attachment/0"]) == b"data"
    assert found.properties["recipients"] == given_.properties["recipients"]


@pytest.mark.parametrize("unicode", [True, False])
def test_a_large_attachment_is_a_handle(tmp_path, unicode):
    data = bytes(range(251)) * 120_000  # 30 MB, in a tree of two levels of blocks
    given_ = item({"attachment/0": BytesBody.of(data)}, attachments=({"0x37050003": 1},))
    (found,) = written(tmp_path, [given_], unicode)
    body = found.bodies["attachment/0"]
    assert isinstance(body, bodies.DataBody) and body.size == len(data)
    assert sha256_of(body) == sha256_of(given_.bodies["attachment/0"])
    with body.open(20_000_001) as stream:
        assert stream.read(1000) == data[20_000_001:20_001_001]


def opened_with(folder, *folders):
    forget()
    write_pst(folder / "a.pst", list(folders), True, mapi.codec_of(1252))
    return source.PstSource(PstConfig(path=folder / "a.pst"), Environment("p", folder, folder))


@pytest.mark.parametrize("nodes", [{0x122}, {0x80A2, 0x80AD}, {0x80C2}, {0x80CE}, {0x80C2, 0x80E2}])
def test_a_folder_that_can_t_be_opened_is_told_and_the_others_go_on(tmp_path, monkeypatch, nodes):
    seen = opened_with(tmp_path, Folder("Inbox", "IPF.Note", [item()], known="inbox"), Folder("Autre", "IPF.Note", []))
    (subject,) = seen.subjects(Selector())
    before = {c.path: c for c in seen.containers(subject, "mail")}
    real = Ndb.node
    numbers = {int(c.key.rpartition(b"#")[2], 16) for c in before.values()}
    assert nodes & ({0x122} | numbers | {n & ~0x1F | 0x0E for n in numbers} | {n & ~0x1F | 0x0D for n in numbers})

    def refusing(self, nid):
        if nid in nodes:
            raise Damaged("damaged")
        return real(self, nid)

    forget()
    monkeypatch.setattr(Ndb, "node", refusing)
    now = list(seen.containers(subject, "mail"))
    faults = [fault for c in now for fault in seen.page(c, None).faults]
    assert faults and {(f.code, f.key.endswith(b"/"), f.kind) for f in faults} == {("MAIL-PST-08", True, "folder")}
    paths = [c.path for c in now]
    assert all(path in paths or any(path[: len(p)] == p for p in paths) for path in before)


def test_items_are_listed_in_order_of_key_whatever_the_rows_are_in(tmp_path, monkeypatch):
    rows = [(9, 0), (2, 1), (0x7F, 2), (5, 3), (2, 4)]
    monkeypatch.setattr(listing, "Table", lambda ndb, node: type("Rows", (), {"ids": lambda self: rows})())
    file = type("File", (), {"order": None, "ndb": type("N", (), {"node": lambda self, nid: None})()})()
    assert list(contents(file, 0x8022)) == [2, 5, 9, 0x7F]
