"""The PST source over real files, against the contract's promises."""

import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from transhumance.connectors.contract import (
    Context,
    Environment,
    Fault,
    ItemRef,
    Record,
    Selector,
    StopEndpoint,
    UserError,
    codec_for,
    connector,
    read_all,
)
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_embedded import inner
from transhumance.connectors.pst import bodies, items
from transhumance.connectors.pst import source as pst_source
from transhumance.connectors.testing.suite import pages

pytestmark = pytest.mark.corpora
TIKA = "apache+tika/src/test/resources/test-documents/testPST.pst"
ANSI = "emk+pstsdk/test/sample2.pst"
UNICODE = "emk+pstsdk/test/test_unicode.pst"
EMBEDDED = "emk+pstsdk/test/submessage.pst"
LISTS = "rjohnsondev+java-libpst/src/test/resources/dist-list.pst"


@pytest.fixture
def opened(corpora, tmp_path):
    """A function: the source over one file of the corpus, or over the whole of it, or over any path."""
    found = []

    def open_it(part="", **settings):
        path = corpora("pst") / part if isinstance(part, str) else part
        declared = connector("pst")
        config = declared.config_model()(path=path, **settings)
        found.append(declared.open_source(config, Environment("old-pst", tmp_path, tmp_path, "en")))
        return found[-1]

    yield open_it
    for source in found:
        source.close()


def containers(source, workloads=("mail", "calendars", "contacts", "tasks")):
    return [c for s in source.subjects(Selector()) for w in workloads for c in source.containers(s, w)]


def records(source, container):
    return list(source.fetch(container, list(pages(source, container))))


def everything(source):
    return [r for c in containers(source) for r in records(source, c)]


def test_every_folder_and_every_item_is_found(opened):
    found = {}
    source = opened()
    for container in containers(source):
        kinds = [ref.kind for ref in pages(source, container)]
        if kinds:
            found[container.path[-1], container.workload] = kinds
    assert found == {
        ("testPST", "mail"): ["message"] * 7,
        ("Sample2", "mail"): ["message"],
        ("submessage", "mail"): ["message"],
        ("test_unicode", "mail"): ["message"],
        ("Folder", "mail"): ["message"],
        ("Calendar", "calendars"): ["event"],
        ("Contacts", "contacts"): ["card", "card"],
    }


def test_ten_runs_give_the_same(opened):
    def run():
        source = opened()
        seen = [(c.key, [(r.key, sorted(r.properties), sorted(r.bodies)) for r in records(source, c)])
                for c in containers(source)]  # fmt: skip
        source.close()
        return seen

    first = run()
    assert sum(len(found) for _, found in first) == 14
    assert all(run() == first for _ in range(9))


def test_roles_come_from_well_known_ids_and_workloads_from_classes(opened):
    roles = {c.path[1:]: (c.workload, c.role) for c in containers(opened(LISTS))}
    assert roles == {
        (): ("mail", None),
        ("Inbox",): ("mail", "inbox"),
        ("Outbox",): ("mail", None),
        ("Sent Items",): ("mail", "sent"),
        ("Deleted Items",): ("mail", "trash"),
        ("Drafts",): ("mail", "drafts"),
        ("Junk E-mail",): ("mail", "junk"),
        ("RSS Feeds",): ("mail", None),
        ("Calendar",): ("calendars", "calendar"),
        ("Contacts",): ("contacts", "contacts"),
        ("Journal",): ("tasks", "journal"),
        ("Notes",): ("tasks", "notes"),
        ("Tasks",): ("tasks", "tasks"),
    }


def test_a_file_says_what_it_is_and_what_is_not_taken(opened):
    top = {c.path[-1]: c.properties for c in containers(opened(), ("mail",)) if "file" in c.properties}
    assert top["sample2"]["file"] == "pst, ANSI" and top["testPST"]["file"] == "pst, Unicode"
    assert {p["orphan_items"] for p in top.values()} == {0}
    assert top["dist-list"]["hidden_items"] == 1  # the free/busy item, in a folder that nobody sees
    assert top["test_unicode"]["codes"] == ("MAIL-PST-07",) and "codes" not in top["testPST"]


def test_several_files_of_one_person_keep_their_own_folders(opened, corpora, tmp_path):
    for part in (UNICODE, EMBEDDED):
        shutil.copy(corpora("pst") / part, tmp_path)
    (tmp_path / "owners.csv").write_text(
        "file;subject\ntest_unicode.pst;alice@chu.example\nsubmessage.pst;alice@chu.example\n"
    )
    source = opened(tmp_path, assign=tmp_path / "owners.csv")
    (subject,) = source.subjects(Selector())
    assert subject.key == b"alice@chu.example" and subject.mail == "alice@chu.example"
    found = list(source.containers(subject, "mail"))
    assert {c.path[0] for c in found} == {"test_unicode", "submessage"}
    assert len({c.key for c in found}) == len(found) == len({c.path for c in found})
    trash = [c for c in found if c.properties.get("role") == "trash"]
    assert len(trash) == 2 and {c.role for c in trash} == {None}  # a role would make them one


def test_pages_repeat_and_keys_come_once(opened, monkeypatch):
    monkeypatch.setattr(pst_source, "PAGE", 3)
    source = opened(TIKA)
    container = containers(source)[0]
    first = source.page(container, None)
    assert len(first.refs) == 3 and first == source.page(container, None)
    assert source.page(container, first.next) == source.page(container, first.next) != first
    refs = list(pages(source, container))
    assert len(refs) == 7 == len({r.key for r in refs}) and all(len(r.stable_id) == 16 for r in refs)


def test_fetch_answers_for_each_ref_and_gone_ones_are_faults(opened):
    source = opened(TIKA)
    container = containers(source)[0]
    gone = [ItemRef(b"no-such-item", "0", "blob", "none"), ItemRef(b"00999999", "0", "message", "mapi", locator="1")]
    refs = [*pages(source, container), *gone]
    answers = list(source.fetch(container, refs[::-1]))
    assert [a.key for a in answers] == [r.key for r in refs[::-1]]
    assert [isinstance(a, Fault) for a in answers] == [True, True, *[False] * 7]


def test_items_inside_attachments_are_read(opened):
    def embedded(part):
        found = []
        for record in everything(opened(part)):
            assert "unreadable" not in record.properties
            found += [i for n in range(len(record.properties["attachments"])) if (i := inner(record, n))]
        return found

    (mail,) = embedded(EMBEDDED)
    assert mail.kind == "message" and mail.properties[mapi_tags.SUBJECT] == "This is an embedded message"
    assert mapi.plain_text(mail).startswith("This is the body of an embedded message")
    (mail,) = embedded(TIKA)
    assert read_all(mail.bodies["attachment/0"]).startswith(b"PK")
    assert len(mail.properties["recipients"]) == 1
    occurrences = embedded(LISTS)
    assert [mapi.plain_text(o).strip() for o in occurrences] == [
        "This is the appointment at 9",
        "This is the one at 10",
    ]
    times = [o.properties[mapi_tags.EXCEPTION_REPLACE_TIME].isoformat() for o in occurrences]
    assert len(set(times)) == 2
    event = next(r for r in everything(opened(LISTS)) if r.kind == "event")
    codec = codec_for("event", "mapi")
    found = codec.to_open(event, Context())
    assert {"CAL-EXC-04"} == {f.code for f in found.findings if f.code.startswith("CAL-EXC-0") and f.code[-1] in "34"}
    assert codec.compare(event, codec.from_open(found.document, found.residue, Context()).record) == ()


def test_properties_have_their_types_and_names(opened):
    unicode = next(r for r in everything(opened(TIKA)) if mapi.text(r.properties, mapi_tags.SUBJECT).startswith("FW:"))
    assert unicode.properties[mapi_tags.SUBJECT] == "FW: First email"
    assert unicode.properties[mapi_tags.SUBJECT_PREFIX] == "FW: "
    assert unicode.properties[mapi_tags.CLIENT_SUBMIT_TIME].isoformat() == "2020-11-26T22:18:29.446000+00:00"
    assert unicode.properties["bodies"] == {"body/plain": "0x1000001F", "body/html": "0x10130102"}
    assert mapi.plain_text(unicode) == "Forwarding mail\u2026\r\n\r\n"
    (recipient,) = unicode.properties["recipients"]
    assert recipient[mapi_tags.SMTP_ADDRESS].endswith("@gmail.com") and "0x67F20003" not in recipient
    event = next(r for r in everything(opened(LISTS)) if r.kind == "event")
    assert event.properties[mapi_tags.APPOINTMENT_START].isoformat() == "2016-08-02T15:00:00+00:00"
    assert event.properties[mapi_tags.RECURRING] is True
    members = next(r for r in everything(opened(LISTS)) if mapi_tags.DL_MEMBERS in r.properties)
    assert len(members.properties[mapi_tags.DL_MEMBERS]) == 3 == len(members.properties[mapi_tags.DL_ONE_OFF_MEMBERS])
    (ansi,) = everything(opened(ANSI))
    assert ansi.properties["0x0037001E"] == "Here is a sample message"
    assert ansi.bodies["attachment/0"].size == 93142


def test_records_travel_and_bodies_reopen_elsewhere(opened, monkeypatch, tmp_path):
    small = everything(opened(ANSI))[0]
    monkeypatch.setattr(items, "IN_MEMORY", 50)
    source = opened(ANSI)
    (record,) = everything(source)
    assert isinstance(record.bodies["attachment/0"], bodies.DataBody)
    assert isinstance(record.bodies["body/html"], bodies.DataBody)
    for name, body in record.bodies.items():
        assert read_all(body) == read_all(small.bodies[name])
        with body.open(7) as rest:
            assert rest.read() == read_all(small.bodies[name])[7:]
    (tmp_path / "record").write_bytes(pickle.dumps(record))
    code = (
        "import sys, pickle, hashlib; from transhumance.connectors.contract import sha256_of;"
        "r = pickle.load(open(sys.argv[1], 'rb')); print(sha256_of(r.bodies['attachment/0']))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "record"], capture_output=True, text=True, check=True)
    import hashlib

    assert done.stdout.strip() == hashlib.sha256(read_all(small.bodies["attachment/0"])).hexdigest()


def test_threads_read_one_file_at_once(opened):
    source = opened()
    places = [c for c in containers(source) if list(pages(source, c))]
    expected = [[r.properties for r in records(source, c)] for c in places]
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: [[r.properties for r in records(source, c)] for c in places], range(16)):
            assert found == expected


def test_a_body_of_a_changed_file_is_an_error_not_other_bytes(opened, corpora, tmp_path, monkeypatch):
    monkeypatch.setattr(items, "IN_MEMORY", 50)
    shutil.copy(corpora("pst") / ANSI, tmp_path / "a.pst")
    source = opened(tmp_path / "a.pst")
    (record,) = everything(source)
    data = bytearray((tmp_path / "a.pst").read_bytes())
    (tmp_path / "a.pst").write_bytes(data + b"\0")
    for name in ("attachment/0", "body/html"):
        with pytest.raises(OSError, match="changed"):
            read_all(record.bodies[name])
    (again,) = everything(source)
    assert read_all(again.bodies["attachment/0"])


def test_a_file_that_changes_between_pages_stops_the_listing(opened, corpora, tmp_path, monkeypatch):
    monkeypatch.setattr(pst_source, "PAGE", 3)
    shutil.copy(corpora("pst") / TIKA, tmp_path / "a.pst")
    source = opened(tmp_path / "a.pst")
    container = containers(source)[0]
    page = source.page(container, None)
    with (tmp_path / "a.pst").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(StopEndpoint, match="changed while being read"):
        source.page(container, page.next)
    assert {r.version for r in source.page(container, None).refs}.isdisjoint(r.version for r in page.refs)


@pytest.mark.parametrize("kept", [0, 3, 300, 5000, 100_000, 271_359])
def test_a_cut_file_is_one_fault_and_the_others_go_on(opened, corpora, tmp_path, kept):
    (tmp_path / "x").mkdir()
    shutil.copy(corpora("pst") / UNICODE, tmp_path / "x" / "good.pst")
    (tmp_path / "x" / "bad.pst").write_bytes((corpora("pst") / ANSI).read_bytes()[:kept])
    source = opened(tmp_path / "x", subject="alice@chu.example")
    (bad,) = [c for c in containers(source, ("mail",)) if c.path == ("bad",)]
    page = source.page(bad, None)
    assert page.refs == () and [f.code for f in page.faults] == ["MAIL-PST-05"] and page.faults[0].detail
    assert bad.properties["unreadable"]
    assert isinstance(next(iter(source.fetch(bad, [ItemRef(b"00200024", "0", "message", "mapi")]))), Fault)
    assert len([r for c in containers(source, ("mail",)) for r in records(source, c)]) == 2


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_is_told_and_never_raises(opened, corpora, tmp_path, seed):
    import random

    chance = random.Random(seed)
    data = bytearray((corpora("pst") / chance.choice([ANSI, EMBEDDED, LISTS])).read_bytes())
    used = [i for i in range(0x4400, len(data)) if data[i]]
    for place in chance.sample(used, chance.choice([1, 20, 300])):
        data[place] = chance.randrange(256)
    (tmp_path / "hurt.pst").write_bytes(data)
    source = opened(tmp_path / "hurt.pst")
    for container in containers(source):
        page = source.page(container, None)
        assert all(isinstance(a, Record | Fault) for a in source.fetch(container, page.refs))


def test_wrong_plans_are_told(opened, corpora, tmp_path):
    with pytest.raises(UserError, match="unknown code page 99"):
        opened(ANSI, codepage=99)
    with pytest.raises(UserError, match="not found"):
        list(opened(tmp_path / "absent").subjects(Selector()))
    with pytest.raises(StopEndpoint):
        opened(tmp_path / "absent").identity()
    source = opened(ANSI)
    assert source.identity() == source.identity() != opened(UNICODE).identity()


def test_a_selector_is_obeyed(opened):
    source = opened()
    keys = [s.key for s in source.subjects(Selector())]
    assert keys == [b"apache+tika", b"emk+pstsdk", b"rjohnsondev+java-libpst"]
    assert [s.key for s in source.subjects(Selector(frozenset([b"emk+pstsdk"])))] == [b"emk+pstsdk"]
