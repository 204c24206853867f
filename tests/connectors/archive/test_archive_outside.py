"""What others see of an archive: readable files, `sha256sum -c`, `unzip`, what verifying finds, and the catalogue made
again."""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.archive import check
from transhumance.connectors.archive.codec import DocumentCodec
from transhumance.connectors.archive.lines import decode, encode, key_of
from transhumance.connectors.archive.manifest import manifest_line, read_manifest_line
from transhumance.connectors.archive.sorted_index import SortedIndex
from transhumance.connectors.contract import (
    ANY,
    BytesBody,
    Context,
    Document,
    Expect,
    Fence,
    Record,
    ResidueEntry,
    Selector,
    SkipItem,
    Status,
    StopEndpoint,
    UserError,
    Write,
)


@pytest.fixture
def filled(play: Callable[..., Any], item: Callable[..., Record]) -> Any:
    """An archive of one mail, one event, and a small share."""
    it = play()
    it.write(item(b"INBOX/1", b"mail", name="Compte rendu : é\u202e"), item(b"e@x", b"event", "event"))
    share = it.place((), "documents", b"partage")
    it.write(
        item(b"Notes/\xc3\xa9t\xc3\xa9.txt", b"text", "file"), item(b"a:b", b"ntfs", "file"), where=share, chunk="d"
    )
    it.target.finish()
    return it


def test_it_is_readable_without_us(filled: Any) -> None:
    files = filled.files()
    assert any(
        path.startswith("mail/agnès/Boîte/Compte rendu %3A é%E2%80%AE-") and path.endswith(".eml") for path in files
    )
    assert any(path.startswith("mail/agnès/Boîte/e@x-") and path.endswith(".ics") for path in files)
    assert "documents/partage/Notes/été.txt" in files and "documents/partage/a%3Ab" in files
    assert (filled.root / "documents/partage/Notes/été.txt").read_bytes() == b"text"
    text = (filled.root / "README.txt").read_text()
    assert "sha256sum -c MANIFEST.sha256" in text and "se lit sans" in text and "can be read without" in text
    told = json.loads((filled.root / "archive.json").read_bytes())
    assert told["format"] == "transhumance.archive/1" and told["items"] == 4
    assert told["workloads"]["mail"] == {"containers": 1, "items": 2, "bytes": 9}
    assert filled.sha256sum() == ""
    lines = (filled.root / "MANIFEST.sha256").read_bytes().splitlines()
    assert [line[66:] for line in lines] == sorted(line[66:] for line in lines)


def test_nobody_else_can_read_it(filled: Any) -> None:
    for folder, _, files in os.walk(filled.root):
        assert os.stat(folder).st_mode & 0o077 == 0 or folder == str(filled.root)
        for name in files:
            path = Path(folder, name)
            assert path.stat().st_mode & 0o077 == 0 or name.startswith(".catalog"), path


def test_odd_names_in_a_manifest(tmp_path: Path) -> None:
    names = ["a b", "back\\slash", "new\nline", "\\n", "ret\rurn", "é"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    digests = {name: __import__("hashlib").sha256(name.encode()).hexdigest() for name in names}
    lines = [manifest_line(name, digests[name]) for name in names]
    assert [read_manifest_line(line) for line in lines] == [(digests[name], name) for name in names]
    ours = "".join(line for name, line in zip(names, lines, strict=True) if "\r" not in name)
    (tmp_path / "M").write_text(ours)
    done = subprocess.run(["sha256sum", "-c", "M"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("OK") == 5, done


def test_packs_are_plain_zips(play: Callable[..., Any], item: Callable[..., Record], tmp_path: Path) -> None:
    it = play("packed")
    it.write(*(item(b"%d" % n, b"mail %d" % n, name="Été") for n in range(5)))
    share = it.place((), "documents")
    big = BytesBody.of(b"x" * 300_000)
    extra = item(b"Dir/a:b", b"", "file")
    it.write(Record(extra.key, "file", "document", extra.properties, {"content": big, "version/3": big}), where=share)
    it.target.finish()
    packs = [path for path in it.files() if path.endswith(".zip")]
    assert len(packs) == 2
    for path in packs:
        with zipfile.ZipFile(it.root / path) as pack:
            assert pack.testzip() is None
            assert {info.compress_type for info in pack.infolist()} == {zipfile.ZIP_STORED}
            assert {info.date_time for info in pack.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        done = subprocess.run(["python3", "-m", "zipfile", "-t", str(it.root / path)], capture_output=True, text=True)
        assert done.returncode == 0 and "Done" in done.stdout
    assert it.texts()[b"Dir/a:b"] == big.data and it.texts()[b"3"] == b"mail 3"


def test_a_body_that_fails_leaves_the_rest_of_its_pack(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play("packed")
    bad = Record(b"2", "message", "document", item(b"2", b"").properties, {"content": BytesBody(size=9, data=b"short")})
    outcomes = it.write(item(b"1", b"one"), bad, item(b"3", b"three"))
    assert [o.status for o in outcomes] == [Status.WRITTEN, Status.REFUSED, Status.WRITTEN]
    it.target.finish()
    assert it.texts() == {b"1": b"one", b"3": b"three"} and list(check.verify(it.root)) == []
    with zipfile.ZipFile(it.root / next(p for p in it.files() if p.endswith(".zip"))) as pack:
        assert pack.testzip() is None and len(pack.infolist()) == 2


def test_a_changed_source_is_refused(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play()
    lying = BytesBody(size=3, data=b"abc", digests={"sha256": "00" * 32})
    (outcome,) = it.write(Record(b"1", "message", "document", item(b"1", b"").properties, {"content": lying}))
    assert outcome.status is Status.REFUSED and outcome.code == "GEN-READ-01"


def troubles(root: Path) -> set[tuple[str, str]]:
    return {(problem.trouble, problem.path.rsplit("/", 1)[-1]) for problem in check.verify(root)}


def test_verifying_finds_what_is_wrong(filled: Any) -> None:
    root = filled.root
    assert troubles(root) == set()
    text = root / "documents/partage/Notes/été.txt"
    text.write_bytes(b"tixt")
    assert troubles(root) == {("altered", "été.txt")}
    text.write_bytes(b"longer than it was")
    assert troubles(root) == {("altered", "été.txt")}
    text.unlink()
    assert troubles(root) == {("missing", "été.txt")}
    text.write_bytes(b"text")
    (root / "mail/agnès/extra.eml").write_bytes(b"")
    assert troubles(root) == {("stray", "extra.eml")}
    (root / "mail/agnès/extra.eml").unlink()
    about = root / "documents/partage/.index/container.json"
    kept = about.read_bytes()
    about.write_bytes(kept.replace(b"partage", b"portage"))
    assert troubles(root) == {("altered", "container.json")}
    about.write_bytes(kept)
    manifest = root / "MANIFEST.sha256"
    kept = manifest.read_bytes()
    manifest.write_bytes(kept.replace(kept.splitlines()[-1] + b"\n", b""))
    assert troubles(root) == {("altered", "MANIFEST.sha256")}
    manifest.write_bytes(b"nonsense\n" + kept)
    assert troubles(root) == {("damaged", "MANIFEST.sha256")}
    manifest.unlink()
    assert ("missing", "MANIFEST.sha256") in troubles(root)
    manifest.write_bytes(kept)
    index = root / "documents/partage/.index/index.jsonl"
    index.write_bytes(index.read_bytes() + b"{half a li")
    assert ("damaged", "index.jsonl") in troubles(root)
    problem = next(p for p in check.verify(root) if p.trouble == "damaged")
    assert problem.text.fr != problem.text.en and "index.jsonl" in problem.text.fr


def test_verifying_while_a_pass_goes_on(filled: Any, item: Callable[..., Record]) -> None:
    filled.write(item(b"INBOX/1", b"changed", name="Autre nom"), item(b"2", b"new"))
    assert troubles(filled.root) == set()


def test_packs_are_verified_too(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play("packed")
    it.write(item(b"1", b"one" * 99), item(b"2", b"two" * 99))
    (path,) = it.files()
    data = bytearray((it.root / path).read_bytes())
    data[data.index(b"twotwo")] ^= 1
    (it.root / path).write_bytes(data)
    (problem,) = check.verify(it.root)
    assert problem.trouble == "altered" and " > 2-" in problem.path


def test_verify_says_that_a_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        list(check.verify(tmp_path))


@pytest.mark.parametrize("how", ["missing", "damaged", "other schema", "of another day"])
def test_the_catalogue_is_made_again(filled: Any, item: Callable[..., Record], how: str) -> None:
    filled.write(item(b"9", b"pending"))
    wanted, texts = filled.refs(), filled.texts()
    path = filled.root / ".catalog.sqlite"
    filled.target.close()
    if how == "missing":
        path.unlink()
    elif how == "damaged":
        path.write_bytes(b"no database at all" * 100)
    elif how == "other schema":
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version=99")
    else:
        with sqlite3.connect(path) as db:
            db.execute("DELETE FROM container")
    assert filled.refs() == wanted and filled.texts() == texts


def test_a_restored_backup_is_believed_over_the_catalogue(filled: Any, item: Callable[..., Record]) -> None:
    index = filled.root / "mail/agnès/Boîte/.index/index.jsonl"
    old = index.read_bytes()
    filled.write(item(b"INBOX/2", b"later"))
    filled.target.finish()
    assert len(filled.refs()) == 5
    index.write_bytes(old)
    assert len(filled.refs()) == 4


def test_a_damaged_index_stops_and_says_so(filled: Any) -> None:
    filled.target.close()
    (filled.root / ".catalog.sqlite").unlink()
    index = filled.root / "mail/agnès/Boîte/.index/index.jsonl"
    index.write_bytes(index.read_bytes() + b'{"key": 7}\n')
    with pytest.raises(StopEndpoint) as told:
        filled.refs()
    assert "archive verify" in told.value.text.fr


def test_an_altered_file_is_a_fault_not_a_document(filled: Any) -> None:
    (filled.root / "documents/partage/Notes/été.txt").write_bytes(b"tex")
    source = filled.source()
    (place,) = source.containers(next(source.subjects(Selector(frozenset([b"partage"])))), "documents")
    answers = list(source.fetch(place, source.page(place, None).refs))
    assert [getattr(a, "code", "") for a in answers] == ["GEN-READ-01", ""]


def test_it_may_be_read_where_nothing_can_be_written(
    filled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = filled.refs()
    filled.target.close()
    for left in filled.root.glob(".catalog*"):
        left.unlink()
    real = os.open

    def refusing(path: Any, *args: Any, **named: Any) -> int:
        if str(path).startswith(f"{filled.root}/.catalog"):
            raise OSError(30, "Read-only file system")
        return real(path, *args, **named)

    monkeypatch.setattr(os, "open", refusing)
    assert filled.refs() == wanted
    assert not list(filled.root.glob(".catalog*"))
    with pytest.raises(StopEndpoint):
        filled.open().finish()


def test_what_a_subject_is(filled: Any) -> None:
    kinds = {subject.key: subject.kind for subject in filled.source().subjects(Selector())}
    assert kinds == {b"partage": "share", "agn\u00e8s".encode(): "person"}


def test_the_listing_says_all(filled: Any, tmp_path: Path) -> None:
    entries = list(check.listing(filled.root, tmp_path / "spool"))
    assert [(e.workload, e.subject, e.key, e.kind, e.size) for e in entries] == [
        ("documents", b"partage", b"Notes/\xc3\xa9t\xc3\xa9.txt", "file", 4),
        ("documents", b"partage", b"a:b", "file", 4),
        ("mail", "agnès".encode(), b"INBOX/1", "message", 4),
        ("mail", "agnès".encode(), b"e@x", "event", 5),
    ]
    assert len(list(check.listing(filled.root, tmp_path / "spool", workload="mail"))) == 2


def test_other_folders_are_not_touched(play: Callable[..., Any], item: Callable[..., Record], tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/thesis.doc").write_bytes(b"mine")
    it = play()
    with pytest.raises(UserError) as told:
        it.place()
    assert told.value.where == "path" and os.listdir(it.root) == ["thesis.doc"]
    with pytest.raises(UserError):
        list(play(path="none").source().subjects(Selector()))


def test_a_planted_link_leads_nowhere(play: Callable[..., Any], item: Callable[..., Record], tmp_path: Path) -> None:
    it = play()
    share = it.place((), "documents")
    (tmp_path / "outside").mkdir()
    (it.root / "documents/agnès/in").symlink_to(tmp_path / "outside")
    (it.root / "documents/agnès/f").symlink_to(tmp_path / "outside/g")
    (tmp_path / "outside/g").write_bytes(b"theirs")
    outcomes = it.write(item(b"in/f", b"1", "file"), item(b"f", b"2", "file"), where=share)
    assert {o.status for o in outcomes} == {Status.WRITTEN}
    it.target.finish()
    assert os.listdir(tmp_path / "outside") == ["g"] and (tmp_path / "outside/g").read_bytes() == b"theirs"
    assert it.texts() == {b"in/f": b"1", b"f": b"2"}


def test_a_planted_link_for_a_container_stops(
    play: Callable[..., Any], item: Callable[..., Record], tmp_path: Path
) -> None:
    it = play()
    it.place()
    (tmp_path / "outside").mkdir()
    os.rename(it.root / "mail/agnès", tmp_path / "outside/agnès")
    (it.root / "mail/agnès").symlink_to(tmp_path / "outside/agnès")
    it.reopen()
    with pytest.raises(StopEndpoint):
        it.write(item(b"1", b"x"))
    assert os.listdir(tmp_path / "outside/agnès/Boîte") == [".index"]


def test_an_effect_without_commit_is_undone(
    play: Callable[..., Any], item: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update whose file was replaced but whose index was not: probing puts the old file back."""
    from transhumance.connectors.archive import effect

    it = play()
    it.write(item(b"1", b"old"))
    it.target.finish()
    monkeypatch.setattr(effect, "write_index", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        it.write(item(b"1", b"new"), chunk="d")
    monkeypatch.undo()
    it.reopen()
    place = it.place()
    assert it.target.probe(place, [Write(b"1", item(b"1", b"new"), Expect(ANY))], "", Fence("d", 2)) == [None]
    assert it.texts() == {b"1": b"old"} and not list(check.verify(it.root))


def test_a_probed_update_can_be_rolled_back(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play()
    it.write(item(b"1", b"old"))
    it.write(item(b"1", b"new"), chunk="d")
    place = it.place()
    (found,) = it.reopen().probe(place, [Write(b"1", item(b"1", b"new"), Expect(ANY))], "", Fence("d", 2))
    assert found and found.status is Status.WRITTEN
    it.target.finish()
    back = it.target.restore(place, b"1", found.before, Expect(found.version), Fence("undo", 1))
    assert back.status is Status.WRITTEN and it.texts() == {b"1": b"old"}
    refused = it.target.restore(place, b"1", type(found.before)("0" * 32), Expect(ANY), Fence("undo", 1))
    assert refused.status is Status.REFUSED and "before-image" in refused.detail


def test_the_identity_moves_with_the_archive(filled: Any, tmp_path: Path) -> None:
    before = filled.target.identity()
    filled.target.close()
    os.rename(filled.root, tmp_path / "elsewhere")
    filled.config = filled.config.model_copy(update={"path": Path("elsewhere")})
    assert filled.source().identity() == before == filled.open().identity()


def test_what_is_too_deep_or_too_long(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play()
    mailbox = it.place(tuple(f"{'sous-dossier' * 12} {n}" for n in range(60)))
    share = it.place((), "documents")
    deep = b"/".join([b"d" * 120] * 50 + [b"f.txt"])
    it.write(item(b"1", b"mail"), where=mailbox)
    (outcome,) = it.write(item(deep, b"deep", "file"), where=share, chunk="d")
    assert outcome.status is Status.WRITTEN
    it.target.finish()
    assert it.sha256sum() == "" and it.texts() == {b"1": b"mail", deep: b"deep"}
    assert len(mailbox.path) == 60 and list(check.verify(it.root)) == []


def test_what_json_can_not_say_is_refused(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it, nested = play(), ()
    for _ in range(5000):
        nested = (nested,)
    bad = Record(b"1", "message", "document", {**item(b"1", b"").properties, "meta": {"deep": nested}}, {})
    odd = Record(b"2", "message", "document", {**item(b"2", b"").properties, "meta": {"what": object()}}, {})
    outcomes = it.write(bad, odd, item(b"3", b"fine"))
    assert [o.status for o in outcomes] == [Status.REFUSED, Status.REFUSED, Status.WRITTEN]
    assert it.target.probe(it.place(), [Write(b"1", bad)], "", Fence("c", 2)) == [None]
    assert it.texts() == {b"3": b"fine"}


def test_bodies_of_any_name(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play()
    names = ["content", "attachment/0", "a", "a/b", "", "..", "../../x", "CON", "\ud800", "n" * 400, "n" * 401]
    bodies = {name: BytesBody.of(repr(name).encode()) for name in names}
    (outcome,) = it.write(Record(b"1", "message", "document", item(b"1", b"").properties, bodies))
    it.target.finish()
    assert outcome.status is Status.WRITTEN and it.sha256sum() == ""
    (back,) = it.target.read_back(it.place(), [b"1"])
    assert {name: body.open().read() for name, body in back.bodies.items()} == {n: b.data for n, b in bodies.items()}


def test_a_disk_without_links(
    play: Callable[..., Any], item: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    it = play()
    share = it.place((), "documents")
    it.write(item(b"a", b"one", "file"), where=share)
    it.target.finish()
    (outcome,) = it.write(item(b"a", b"two", "file"), item(b"A", b"twin", "file"), where=share)[:1]
    assert it.sha256sum() != "" and it.manifest() and it.sha256sum() == ""
    assert it.texts() == {b"a": b"two", b"A": b"twin"} and len(it.files()) == 2
    back = it.target.restore(share, b"a", outcome.before, Expect(outcome.version), Fence("u", 1))
    assert back.status is Status.WRITTEN and it.texts()[b"a"] == b"one"


def test_residue_only(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play(keep="residue")
    (outcome,) = it.write(item(b"1", b"x" * 5000))
    assert outcome.status is Status.WRITTEN and it.files() == [] and it.sha256sum() == ""
    (record,) = it.target.read_back(it.place(), [b"1"])
    assert record.properties["residue"][0]["value"] == 5000 and record.bodies["content"].size == 5000
    copy = pickle.loads(pickle.dumps(record))
    with pytest.raises(OSError, match="digests only"):
        copy.bodies["content"].open()
    assert DocumentCodec().compare(copy, item(b"1", b"x" * 5000)) == ()
    assert DocumentCodec().compare(copy, item(b"1", b"y" * 5000)) != ()
    assert list(check.verify(it.root)) == []


def test_what_it_will_need() -> None:
    size, inodes = check.bytes_and_inodes(1_000_000, 10_000_000_000)
    assert inodes > 1_000_000 and 10_000_000_000 < size < 16_000_000_000
    assert check.bytes_and_inodes(1_000_000, 10_000_000_000, "packed")[1] < 5_000
    assert check.bytes_and_inodes(1_000_000, 10_000_000_000, keep="residue")[0] < 2_000_000_000


def test_the_form_holds_any_document() -> None:
    codec = DocumentCodec()
    document = Document("message", "rfc5322", {"flags": ("a",)}, {"content": BytesBody.of(b"x")}, "n", 3)
    residue = (ResidueEntry("p", b"\x00", "meta", "d"), ResidueEntry("q", {"a": (1,)}, kind="item"))
    record = codec.from_open(document, residue, Context()).record
    opened = codec.to_open(record, Context())
    assert (opened.document, opened.residue) == (document, residue)
    assert codec.compare(record, codec.from_open(document, (), Context()).record) != ()
    for wrong in ({}, {"standard": 1, "meta": {}, "residue": ()}, {"standard": "x", "meta": {}, "residue": (1,)}):
        with pytest.raises(SkipItem):
            codec.to_open(Record(b"k", "message", "document", wrong), Context())


def test_lines_travel(item: Callable[..., Record]) -> None:
    from transhumance.connectors.archive.lines import Item, Stored

    one = Item(
        b'k"\\\xff%\n', "file", "file", "a\udcff\u2028\ud800", 2, {"content": Stored(1, "ab", "f", nature="generated")},
        '{"a":1.0}', '["\udcff"]', "v" * 32, "0" * 32,
    )  # fmt: skip
    line = encode(one)
    assert line.count(b"\n") == 1 and decode(line) == one and key_of(line) == one.key
    for wrong in (b"", b"[]", b"{}\n", b'{"key":"k"}\n', b'{"key":"k","kind":1', b"[" * 100_000):
        with pytest.raises(ValueError):
            decode(wrong)


def test_a_sorted_index_finds_each_key(tmp_path: Path, item: Callable[..., Record]) -> None:
    from transhumance.connectors.archive.lines import Item

    keys = sorted({b"%d" % (n * n) for n in range(400)} | {b"\xff", b"a" * 300})
    path = tmp_path / "i"
    path.write_bytes(b"".join(encode(Item(k, "f", "f", "n" * (len(k) * 37 % 9000), version="v")) for k in keys))
    index = SortedIndex(path)
    for key in [*keys, *reversed(keys)]:
        found = index.find(key)
        assert found and key_of(found) == key
    assert index.find(b"zz") is None and index.find(b"") is None and index.find(b"15") is None
    index.close()
    assert SortedIndex(tmp_path / "none").find(b"1") is None
