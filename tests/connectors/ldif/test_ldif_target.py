"""LDIF files as a target: whole batches or nothing, a readable file at the end, nothing of others' lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from transhumance.connectors.contract import (
    ABSENT,
    Before,
    Container,
    Environment,
    Expect,
    Fault,
    Fence,
    Outcome,
    Quota,
    Record,
    StaleLease,
    Status,
    StopEndpoint,
    Subject,
    UserError,
    Write,
)
from transhumance.connectors.ldif import journal
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.source import LdifSource
from transhumance.connectors.ldif.target import LdifTarget

FENCE = Fence("t", 1)
PLACE = Container(b"", "identities", b"any", ("Annuaire", "chu"))


class Bench:
    """A target and a source over one folder; `reopen` is a new process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "out"
        self.file = self.root / "Annuaire" / "chu.ldif"
        self.journal = self.file.with_name("chu.ldif.journal")
        self.runs = 0
        self.target = self._target()

    def _environment(self) -> Environment:
        self.runs += 1
        return Environment("x", self.folder / f"spool{self.runs}", self.folder)

    def _config(self) -> LdifConfig:
        return LdifConfig.model_validate({"path": "out", "max_entry_mib": 1})

    def _target(self) -> LdifTarget:
        return LdifTarget(self._config(), self._environment())

    def reopen(self) -> LdifTarget:
        self.target.close()
        self.target = self._target()
        return self.target

    def write(self, *records: Record, expect: str = ABSENT) -> list[Outcome]:
        writes = [Write(r.key, r, Expect(expect)) for r in records]
        return self.target.write(self.target.ensure(PLACE), writes, FENCE)

    def listed(self) -> dict[bytes, str]:
        source = LdifSource(self._config(), self._environment())
        try:
            (container,) = source.containers(Subject(b""), "identities")
            assert container.path == PLACE.path
            page = source.page(container, None)
            records = list(source.fetch(container, page.refs))
            assert all(isinstance(r, Record) for r in records), records
            assert not page.faults
            return {ref.key: ref.version for ref in page.refs}
        finally:
            source.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.target.close()


def person(n: int, **more: bytes) -> Record:
    said = {"objectClass": (b"inetOrgPerson",), "cn": (f"p{n}".encode(),)} | {k: (v,) for k, v in more.items()}
    return Record(f"k{n}".encode(), "entry", "ldif", {"dn": f"uid=p{n},dc=x", **said})


def test_a_pass_ends_in_one_readable_file(bench: Bench) -> None:
    outcomes = bench.write(person(1), person(2, description="été".encode()))
    assert bench.journal.exists() and bench.file.read_bytes() == b"version: 1\n\n"
    before = bench.listed()
    bench.target.finish()
    assert not bench.journal.exists()
    assert bench.file.read_bytes() == (
        b"version: 1\n\ndn: uid=p1,dc=x\nobjectClass: inetOrgPerson\ncn: p1\n\n"
        b"dn: uid=p2,dc=x\nobjectClass: inetOrgPerson\ncn: p2\ndescription:: w6l0w6k=\n\n"
    )
    assert before == bench.listed() == {o.target_key: o.version for o in outcomes}
    assert oct(bench.file.stat().st_mode & 0o777) == "0o600"


def test_many_passes_replace_in_place_and_keep_the_rest(bench: Bench) -> None:
    bench.write(*map(person, range(6)))
    bench.target.finish()
    (two,) = bench.write(person(2, sn=b"new"), expect=bench.listed()[b"uid=p2,dc=x"])
    assert two.status is Status.WRITTEN and two.before.token
    gone = bench.target.remove(PLACE, b"uid=p4,dc=x", Expect(bench.listed()[b"uid=p4,dc=x"]), FENCE)
    assert gone.status is Status.REMOVED
    expected = bench.listed()
    bench.target.finish()
    assert bench.listed() == expected and len(expected) == 5
    names = [line for line in bench.file.read_text().splitlines() if line.startswith("dn")]
    assert names == ["dn: uid=p0,dc=x", "dn: uid=p1,dc=x", "dn: uid=p3,dc=x", "dn: uid=p5,dc=x", "dn: uid=p2,dc=x"]
    assert "\n\n\n" not in bench.file.read_text()
    bench.target.finish()
    assert bench.listed() == expected


def test_what_others_wrote_in_the_file_stays_byte_for_byte(bench: Bench) -> None:
    bench.target.ensure(PLACE)
    theirs = (
        b"# ours\r\n\r\ndn: uid=p1,dc=x\r\ncn: p1\r\n\r\n# a note\r\n\r\ndamaged line\r\n\r\n"
        b"dn: uid=kept,dc=x\r\nchangetype: add\r\ncn: kept\r\n"
    )
    bench.file.write_bytes(theirs)
    (clash,) = bench.write(person(1))
    assert clash.status is Status.CONFLICT
    (done,) = bench.write(person(1), expect=clash.version)
    assert done.status is Status.WRITTEN
    bench.target.finish()
    left = theirs.replace(b"dn: uid=p1,dc=x\r\ncn: p1\r\n\r\n", b"")
    assert bench.file.read_bytes() == left + b"\ndn: uid=p1,dc=x\nobjectClass: inetOrgPerson\ncn: p1\n\n"


def test_a_batch_that_a_crash_cut_had_no_effect(bench: Bench) -> None:
    bench.write(person(1))
    whole = bench.journal.read_bytes()
    bench.write(person(2), person(3))
    full = bench.journal.read_bytes()
    writes = [Write(r.key, r) for r in (person(1), person(2), person(3))]
    for cut in range(len(whole), len(full)):
        bench.journal.write_bytes(full[:cut])
        target = bench.reopen()
        assert [o is not None for o in target.probe(PLACE, writes, "", FENCE)] == [True, False, False], cut
    outcomes = bench.write(person(2), person(3))
    assert [o.status for o in outcomes] == [Status.WRITTEN] * 2
    assert bench.journal.read_bytes() == full
    bench.target.finish()
    assert len(bench.listed()) == 3


def test_damage_inside_a_batch_refuses_that_batch(bench: Bench) -> None:
    bench.write(person(1))
    kept = bench.journal.read_bytes()
    bench.write(person(2))
    text = bytearray(bench.journal.read_bytes())
    text[len(kept) + 30] ^= 1
    bench.journal.write_bytes(bytes(text))
    assert list(bench.listed()) == [b"uid=p1,dc=x"]


def test_a_crash_around_the_merge_loses_and_doubles_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write(*map(person, range(3)))
    bench.target.finish()
    bench.write(person(9))
    bench.target.remove(PLACE, b"uid=p0,dc=x", Expect(bench.listed()[b"uid=p0,dc=x"]), FENCE)
    expected = bench.listed()
    real_rename, real_unlink = os.rename, os.unlink

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", crash)
    with pytest.raises(KeyboardInterrupt):
        bench.target.finish()
    monkeypatch.setattr(os, "rename", real_rename)
    bench.reopen()
    assert bench.listed() == expected
    monkeypatch.setattr(os, "unlink", crash)
    with pytest.raises(KeyboardInterrupt):
        bench.target.finish()
    monkeypatch.setattr(os, "unlink", real_unlink)
    assert bench.journal.exists()
    bench.reopen().finish()
    assert not bench.journal.exists() and bench.listed() == expected


def test_finish_merges_what_an_earlier_run_left(bench: Bench) -> None:
    bench.write(person(1))
    expected = bench.listed()
    bench.reopen().finish()
    assert not bench.journal.exists() and bench.listed() == expected


def test_settling_after_a_crash_finds_the_before_image(bench: Bench) -> None:
    (first,) = bench.write(person(1))
    changed = person(1, sn=b"new")
    write = Write(b"k1", changed, Expect(first.version))
    (done,) = bench.target.write(bench.target.ensure(PLACE), [write], FENCE)
    (settled,) = bench.reopen().probe(PLACE, [write], "", FENCE)
    assert settled is not None and (settled.version, settled.before) == (done.version, done.before)
    back = bench.target.restore(PLACE, settled.target_key, settled.before, Expect(settled.version), FENCE)
    assert back.version == first.version


def test_a_restored_image_that_is_lost_or_changed_is_refused(bench: Bench) -> None:
    (first,) = bench.write(person(1))
    (second,) = bench.write(person(1, sn=b"new"), expect=first.version)
    (image,) = (bench.root / ".transhumance-before").rglob("chu.ldif")
    image.write_bytes(image.read_bytes().replace(b"cn: p1", b"cn: p2"))
    refused = bench.target.restore(PLACE, second.target_key, second.before, Expect(second.version), FENCE)
    assert refused.status is Status.REFUSED and refused.code == "GEN-READ-01"
    image.unlink()
    again = bench.target.restore(PLACE, second.target_key, second.before, Expect(second.version), FENCE)
    assert again.status is Status.REFUSED
    assert bench.listed() == {b"uid=p1,dc=x": second.version}
    assert bench.target.restore(PLACE, b"none", Before(), Expect(ABSENT), FENCE).status is Status.REMOVED


def test_an_entry_that_got_another_name_moves(bench: Bench) -> None:
    (old,) = bench.write(person(1))
    renamed = replace(person(1), properties={**person(1).properties, "dn": "uid=new,dc=x"})
    write = Write(b"k1", renamed, Expect(old.version), old.target_key)
    (moved,) = bench.target.write(bench.target.ensure(PLACE), [write], FENCE)
    assert moved.status is Status.WRITTEN and bench.listed() == {b"uid=new,dc=x": moved.version}
    back = bench.target.restore(PLACE, moved.target_key, moved.before, Expect(moved.version), FENCE)
    assert back.status is Status.WRITTEN and bench.listed() == {b"uid=p1,dc=x": old.version}


def test_one_key_twice_in_a_batch(bench: Bench) -> None:
    first, same, clash = bench.write(person(1), person(1), person(1, sn=b"x"))
    assert [first.status, same.status, clash.status] == [Status.WRITTEN, Status.UNCHANGED, Status.CONFLICT]


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"dn": "cn=a", "changetype": "delete"}, "ID-CHG-02"),
        ({"cn": (b"a",)}, "ID-LDIF-05"),
        ({"dn": "cn=a", "bad name": (b"a",)}, "ID-LDIF-05"),
        ({"dn": "cn=a", "cn": "text"}, "ID-LDIF-05"),
        ({"dn": "cn=a", "cn": (b"x" * (1 << 20),)}, "ID-LDIF-03"),
    ],
)
def test_what_the_file_can_not_say_is_refused_and_the_others_written(
    bench: Bench, properties: dict[str, object], code: str
) -> None:
    bad = Record(b"bad", "entry", "ldif", properties)  # type: ignore[arg-type]
    refused, written = bench.write(bad, person(1))
    assert (refused.status, refused.code, written.status) == (Status.REFUSED, code, Status.WRITTEN)
    assert [f.code for f in bench.target.preview(PLACE, bad)] == [code]
    assert list(bench.listed()) == [b"uid=p1,dc=x"]
    (gone,) = bench.target.read_back(PLACE, [b"bad"])
    assert isinstance(gone, Fault)


def test_a_worker_that_lost_its_lease_writes_nothing_over_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write(person(1))
    late, real = bench.target, journal.append

    def stopped_then_late(*args: object) -> object:
        monkeypatch.setattr(journal, "append", real)
        with pytest.MonkeyPatch.context() as patch:  # the next worker does not wait for the lock of a dead one
            patch.setattr("fcntl.flock", lambda *_: None)
            other = bench._target()
            other.write(PLACE, [Write(b"k2", person(2))], FENCE)
            other.close()
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "append", stopped_then_late)
    with pytest.raises(StaleLease):
        late.write(PLACE, [Write(b"k3", person(3))], FENCE)
    assert set(bench.listed()) == {b"uid=p1,dc=x", b"uid=p2,dc=x"}


def test_a_full_disk_stops_the_endpoint_and_keeps_what_is_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write(person(1))

    def full(handle: int, data: bytes) -> None:
        os.write(handle, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal, "write_all", full)
    with pytest.raises(StopEndpoint):
        bench.write(person(2))
    monkeypatch.undo()
    bench.reopen()
    assert list(bench.listed()) == [b"uid=p1,dc=x"]
    assert bench.write(person(2))[0].status is Status.WRITTEN


@pytest.mark.parametrize("content", [None, "dn: cn=a\n".encode("utf-16"), b"\x1f\x8b\x08\x00"])
def test_a_file_that_is_no_plain_ldif_is_not_written_to(bench: Bench, content: bytes | None) -> None:
    bench.target.ensure(PLACE)
    bench.file.unlink()
    if content is not None:
        bench.file.write_bytes(content)
    with pytest.raises(StopEndpoint):
        bench.target.write(PLACE, [Write(b"k1", person(1))], FENCE)
    assert not bench.journal.exists() and (content is None or bench.file.read_bytes() == content)


def test_room_is_told_before_the_folder_is_there(bench: Bench) -> None:
    assert isinstance(bench.target, Quota) and not bench.root.exists()
    assert (bench.target.space().bytes_free or 0) > 0


def test_a_target_is_a_folder(bench: Bench) -> None:
    bench.root.write_bytes(b"")
    with pytest.raises(UserError):
        bench.target.ensure(PLACE)


def test_names_of_containers_never_leave_the_folder(bench: Bench) -> None:
    names = [("..", "..", "x"), ("a/b",), ("CON",), (), ("e\u0301",), ("\u00e9",), (".transhumance-before", "x")]
    places = [bench.target.ensure(Container(b"", "identities", b"k", path)) for path in names]
    for number, place in enumerate(places):
        bench.target.write(place, [Write(b"k", person(number))], FENCE)
    bench.target.finish()
    assert {p for p in bench.folder.iterdir() if p.is_dir() and not p.name.startswith("spool")} == {bench.root}
    source = LdifSource(bench._config(), bench._environment())
    found = {c.path: len(source.page(c, None).refs) for c in source.containers(Subject(b""), "identities")}
    source.close()
    assert found == {path or ("entries",): 1 for path in names}
    assert {p.key for p in places} == {os.fsencode(f.relative_to(bench.root)) for f in bench.root.rglob("*.ldif")}
