"""Writing a share: nothing outside, nothing over, times of folders kept, and every refusal told."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    BytesBody,
    Container,
    Expect,
    Fence,
    Record,
    StaleLease,
    Status,
    StopEndpoint,
    UserError,
    Write,
)
from transhumance.connectors.folder import batch, target
from transhumance.connectors.formats import durable

NS = 1_600_000_000_000_000_001
FENCE = Fence("c", 1)


def record(key: bytes, data: bytes | None = b"data", **told: Any) -> Record:
    kind = "file" if data is not None else "link" if "target" in told else "folder"
    properties = {"name": os.fsdecode(key.rpartition(b"/")[2]), "modified_ns": NS, **told}
    return Record(key, kind, "file", properties, {"content": BytesBody.of(data)} if data is not None else {})


@pytest.fixture
def share(tmp_path: Path, ways: Any) -> Any:
    """A target, its container, and a function that writes."""
    opened, *_ = ways
    made = opened("folder", tmp_path, "to", target=True)
    place = made.ensure(Container(b"s", "documents", b"k"))

    def write(*records: Record, expect: str = ABSENT) -> list[Any]:
        return made.write(place, [Write(r.key, r, Expect(expect)) for r in records], FENCE)

    return made, place, write


@pytest.mark.parametrize("names", ["keep", "portable"])
def test_no_name_leads_out(tmp_path: Path, ways: Any, names: str) -> None:
    opened, _, _, tree = ways
    made = opened("folder", tmp_path, "to", target=True, names=names)
    paths = [b"../../out", b"/etc/out", b"a/../../../out", b"a//b", b"a\0b", b"./x", b"c/"]
    for inside, keys in ((("..", "/x"), paths), (("..", "/y"), [b"..", b".", b""])):
        place = made.ensure(Container(b"../s", "documents", b"k", inside))
        outcomes = made.write(place, [Write(key, record(key)) for key in keys], FENCE)
        assert {o.status for o in outcomes} == {Status.WRITTEN}
        for answer in made.read_back(place, [o.target_key for o in outcomes]):
            assert isinstance(answer, Record), answer
    made.finish()
    assert sorted(os.listdir(tmp_path)) == ["to"]
    files = {key: value for key, value in tree(tmp_path / "to").items() if value[0] == stat.S_IFREG}
    assert len(files) == 10 and {value[3] for value in files.values()} == {b"data"}


def test_planted_links_are_not_gone_through(tmp_path: Path, share: Any) -> None:
    made, place, write = share
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "f").write_bytes(b"safe")
    os.symlink(tmp_path / "victim", tmp_path / "to" / "s" / "d")
    os.symlink(tmp_path / "victim" / "f", tmp_path / "to" / "s" / "f")
    first, second, third = write(record(b"d/f"), record(b"f"), record(b"free"))
    assert (first.status, first.code) == (Status.REFUSED, "DOC-WRITE-02")
    assert second.status is Status.CONFLICT and third.status is Status.WRITTEN
    (forced,) = write(record(b"f"), expect=ANY)
    assert forced.status is Status.WRITTEN and not (tmp_path / "to" / "s" / "f").is_symlink()
    assert (tmp_path / "victim" / "f").read_bytes() == b"safe" and os.listdir(tmp_path / "victim") == ["f"]
    back = made.restore(place, b"f", forced.before, Expect(forced.version), FENCE)
    assert back.status is Status.WRITTEN and os.readlink(tmp_path / "to" / "s" / "f") == str(tmp_path / "victim" / "f")


def test_a_link_planted_between_two_steps(tmp_path: Path, share: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, write = share
    write(record(b"d", None), record(b"d/one"))
    (tmp_path / "victim").mkdir()
    real = durable.sync_filesystem

    def swap(path: Any) -> None:
        monkeypatch.setattr(durable, "sync_filesystem", real)
        os.rename(tmp_path / "to" / "s" / "d", tmp_path / "aside")
        os.symlink(tmp_path / "victim", tmp_path / "to" / "s" / "d")
        real(path)

    monkeypatch.setattr(durable, "sync_filesystem", swap)
    write(record(b"d/two"))
    assert os.listdir(tmp_path / "victim") == []


def test_times_of_folders_are_kept(tmp_path: Path, share: Any, ways: Any) -> None:
    opened, *_ = ways
    made, place, write = share
    write(
        record(b"d/e/f"), record(b"d/e", None, modified_ns=5, mode=0o500), record(b"d", None, modified_ns=7, mode=0o711)
    )
    write(record(b"d/e/g"))
    folder = tmp_path / "to" / "s" / "d"
    assert (folder / "e").stat().st_mtime_ns == 5 and folder.stat().st_mtime_ns == 7
    made.finish()
    assert stat.S_IMODE((folder / "e").stat().st_mode) == 0o500 and stat.S_IMODE(folder.stat().st_mode) == 0o711
    os.utime(folder, ns=(1, 1))  # a crash after a child came, before the folder's time did
    again = opened("folder", tmp_path, "to", target=True)
    assert again.write(place, [Write(b"x", record(b"x"))], FENCE)[0].status is Status.WRITTEN
    again.finish()
    assert folder.stat().st_mtime_ns == 7


def test_folders_made_on_the_way_go_again(tmp_path: Path, share: Any) -> None:
    made, place, write = share
    (outcome,) = write(record(b"a/b/c"))
    (other,) = write(record(b"a/theirs"))
    gone = made.restore(place, b"a/b/c", outcome.before, Expect(outcome.version), FENCE)
    assert gone.status is Status.REMOVED
    assert os.listdir(tmp_path / "to" / "s" / "a") == ["theirs"]
    made.restore(place, b"a/theirs", other.before, Expect(other.version), FENCE)
    assert os.listdir(tmp_path / "to" / "s") == []


def test_portable_folders_that_meet_stay_apart(tmp_path: Path, ways: Any) -> None:
    from transhumance.connectors.formats.names import fold

    opened, _, _, tree = ways
    made = opened("folder", tmp_path, "to", target=True, names="portable")
    place = made.ensure(Container(b"s", "documents", b"k"))
    keys = [b"A", b"a/x", b"a", b"B/x", b"b/x", b"b/X", b"B", b"e\xcc\x81/x", b"\xc3\xa9/x", b"CON/aux"]
    kinds = {key: record(key, None if key in (b"a", b"B") else key) for key in keys}
    for key in keys:
        (done,) = made.write(place, [Write(key, kinds[key])], FENCE)
        assert done.status is Status.WRITTEN, done
    again = made.write(place, [Write(key, kinds[key]) for key in keys], FENCE)
    assert {o.status for o in again} == {Status.UNCHANGED}
    found = tree(tmp_path / "to" / "s")
    assert len({fold(os.fsdecode(path)) for path in found}) == len(found)
    files = sorted(value[3] for value in found.values() if value[0] == stat.S_IFREG)
    assert files == sorted(key for key in keys if key not in (b"a", b"B"))


def test_a_folder_with_others_files_stays(tmp_path: Path, share: Any) -> None:
    made, place, write = share
    folder, inside = write(record(b"d", None), record(b"d/f"))
    (tmp_path / "to" / "s" / "d" / "users own").write_bytes(b"x")
    assert made.remove(place, b"d", Expect(folder.version), FENCE).status is Status.CONFLICT
    assert made.remove(place, b"d/f", Expect(inside.version), FENCE).status is Status.REMOVED
    made.finish()
    assert os.listdir(tmp_path / "to" / "s" / "d") == ["users own"]


def test_a_folder_becomes_a_file_and_back(tmp_path: Path, share: Any) -> None:
    made, place, write = share
    (folder,) = write(record(b"x", None))
    (file,) = write(record(b"x"), expect=folder.version)
    assert file.status is Status.WRITTEN and (tmp_path / "to" / "s" / "x").is_file()
    back = made.restore(place, b"x", file.before, Expect(file.version), FENCE)
    assert back.status is Status.WRITTEN and (tmp_path / "to" / "s" / "x").is_dir()
    write(record(b"x/y"))
    (refused,) = write(record(b"x"), expect=ANY)
    assert refused.status is Status.REFUSED and (tmp_path / "to" / "s" / "x" / "y").exists()


def test_an_updated_link_and_file_come_back(tmp_path: Path, share: Any) -> None:
    made, place, write = share
    root = tmp_path / "to" / "s"
    first = write(record(b"l", None, target="one"), record(b"f", mode=0o604))
    for old, new in zip(first, (record(b"l", None, target="two"), record(b"f", b"new", mode=0o600)), strict=True):
        (done,) = write(new, expect=old.version)
        assert done.status is Status.WRITTEN and done.before.token
        assert made.restore(place, old.key, done.before, Expect(done.version), FENCE).status is Status.WRITTEN
    assert os.readlink(root / "l") == "one"
    assert (root / "f").read_bytes() == b"data" and stat.S_IMODE((root / "f").stat().st_mode) == 0o604
    lost = made.restore(place, b"f", type(done.before)("f-1-2-3"), Expect(ANY), FENCE)
    assert lost.status is Status.REFUSED


def test_probing_after_a_crash(tmp_path: Path, share: Any, ways: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, *_ = ways
    made, place, write = share
    (old,) = write(record(b"1", b"old"))
    writes = [Write(b"1", record(b"1", b"new"), Expect(old.version)), Write(b"2", record(b"2"))]
    real = durable.commit

    def dies(temp: Any, final: Any, *args: Any, **named: Any) -> None:
        if final == "2":
            raise KeyboardInterrupt
        real(temp, final, *args, **named)

    monkeypatch.setattr(durable, "commit", dies)
    with pytest.raises(KeyboardInterrupt):
        made.write(place, writes, FENCE)
    monkeypatch.undo()
    assert [n for n in os.listdir(tmp_path / "to" / "s") if n.startswith(durable.ASIDE)] == []
    again = opened("folder", tmp_path, "to", target=True)
    first, second = again.probe(place, writes, "", FENCE)
    assert second is None and first is not None and first.status is Status.WRITTEN
    assert again.write(place, writes[1:], FENCE)[0].status is Status.WRITTEN
    back = again.restore(place, b"1", first.before, Expect(first.version), FENCE)
    assert back.status is Status.WRITTEN and (tmp_path / "to" / "s" / "1").read_bytes() == b"old"


def test_a_before_image_does_not_make_a_conflict(share: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the before-image was kept: the file has a second name now, and is still the one expected."""
    made, place, write = share
    (old,) = write(record(b"1", b"old"))
    monkeypatch.setattr(batch.Batch, "_name", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write(record(b"1", b"new"), expect=old.version)
    monkeypatch.undo()
    (done,) = write(record(b"1", b"new"), expect=old.version)
    assert done.status is Status.WRITTEN


def test_a_disk_without_case_is_noticed(tmp_path: Path, ways: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, *_ = ways
    monkeypatch.setattr(target, "folds_names", lambda folder: True)
    monkeypatch.setattr(batch.Batch, "_is_exact", lambda self, full: full.endswith(b"case"))
    made = opened("folder", tmp_path, "to", target=True)
    place = made.ensure(Container(b"s", "documents", b"k"))
    (tmp_path / "to" / "s" / "Case").write_bytes(b"theirs")  # what such a disk would answer for `case`
    (tmp_path / "to" / "s" / "case").write_bytes(b"theirs")
    first, second = made.write(place, [Write(k, record(k), Expect(ANY)) for k in (b"Case", b"case")], FENCE)
    assert (first.status, first.code) == (Status.CONFLICT, "DOC-NAME-04") and second.status is Status.WRITTEN


def test_this_disk_is_tried(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    assert target.folds_names(handle) is ((tmp_path / "X").touch() or (tmp_path / "x").exists())
    os.close(handle)
    assert os.listdir(tmp_path) == ["X"]


@pytest.mark.parametrize(
    ("number", "code"), [(36, "DOC-NAME-06"), (22, "DOC-NAME-01"), (27, "GEN-SIZE-01"), (13, "DOC-WRITE-01")]
)
def test_a_refused_item_does_not_stop_the_others(
    share: Any, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    _, _, write = share
    real = durable.write_aside

    def refuses(path: Any, *args: Any, **named: Any) -> Any:
        if path == "bad":
            raise OSError(number, os.strerror(number))
        return real(path, *args, **named)

    monkeypatch.setattr(durable, "write_aside", refuses)
    bad, good = write(record(b"bad"), record(b"good"))
    assert (bad.status, bad.code, good.status) == (Status.REFUSED, code, Status.WRITTEN)


def test_names_and_bodies_that_can_not_be(share: Any) -> None:
    _, _, write = share
    long, empty, lying = write(
        record(b"n" * 256),
        Record(b"e", "file", "file", {}, {}),
        Record(b"l", "file", "file", {}, {"content": BytesBody(size=3, data=b"abc", digests={"sha256": "00" * 32})}),
    )
    assert (long.code, empty.code, lying.code) == ("DOC-NAME-06", "GEN-READ-01", "GEN-READ-01")


def test_a_full_disk_stops(share: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, _, write = share

    def full(handle: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "write_all", full)
    with pytest.raises(StopEndpoint):
        write(record(b"1"))
    monkeypatch.undo()
    assert os.listdir(tmp_path / "to" / "s") == [] and write(record(b"1"))[0].status is Status.WRITTEN


def test_the_lease_is_asked_before_each_name(share: Any, tmp_path: Path) -> None:
    made, place, _ = share
    times = iter([0.0] * 3 + [2.0] * 100)
    fence = Fence("c", 1, deadline=1.0, clock=lambda: next(times))
    with pytest.raises(StaleLease):
        made.write(place, [Write(b"%d" % n, record(b"%d" % n)) for n in range(9)], fence)
    assert 0 < len(os.listdir(tmp_path / "to" / "s")) < 9


def test_a_worker_that_slept_names_nothing(
    tmp_path: Path, share: Any, ways: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, *_ = ways
    made, place, write = share
    other = opened("folder", tmp_path, "to", target=True)
    real = durable.sync_filesystem

    def sleep(path: Any) -> None:
        monkeypatch.setattr(durable, "sync_filesystem", real)
        other.write(place, [Write(b"1", record(b"1", b"by the newer"))], Fence("c", 2))

    monkeypatch.setattr(durable, "sync_filesystem", sleep)
    with pytest.raises(StaleLease):
        write(record(b"1", b"late"))
    assert (tmp_path / "to" / "s" / "1").read_bytes() == b"by the newer"
    assert os.listdir(tmp_path / "to" / "s") == ["1"] and made.space()


def test_one_subject_only(tmp_path: Path, ways: Any) -> None:
    opened, *_ = ways
    made = opened("folder", tmp_path, "to", target=True, subject="s")
    place = made.ensure(Container(b"s", "documents", b"k"))
    made.write(place, [Write(b"a/b", record(b"a/b")), Write(b".transhumance-x", record(b".transhumance-x"))], FENCE)
    made.finish()
    assert (tmp_path / "to" / "a" / "b").read_bytes() == b"data"
    source = opened("folder", tmp_path, "to", subject="s")
    keys = {ref.key for ref in source.page(place, None).refs}
    assert keys == {b"a", b"a/b", b"%2Etranshumance-x"}
    with pytest.raises(UserError):
        made.ensure(Container(b"other", "documents", b"k"))


def test_room_is_told(share: Any) -> None:
    made, _, _ = share
    space = made.space()
    assert space.bytes_free and space.bytes_used
