"""The same content gives the same bytes, whatever order, chunks and passes it came by; and nothing meets silently."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transhumance.connectors.archive import effect, settle
from transhumance.connectors.contract import ANY, Expect, Fence, Record
from transhumance.connectors.formats.names import fold

# paths that meet: by case, by normalisation, a file with the name of a folder
PATHS = [b"A", b"a", b"a/x", b"A/X", b"a/x/y", "\u00e9".encode(), "e\u0301".encode(), b"CON", b"con/1", b"../a", b"b"]
chunks = st.lists(st.lists(st.sampled_from(PATHS), max_size=4), max_size=5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=chunks, second=chunks, gone=st.sets(st.sampled_from(PATHS)), data=st.data())
def test_the_way_does_not_matter(
    play: Callable[..., Any],
    item: Callable[..., Record],
    tmp_path: Path,
    first: list[list[bytes]],
    second: list[list[bytes]],
    gone: set[bytes],
    data: st.DataObject,
) -> None:
    keys = sorted({key for chunk in first + second for key in chunk})
    shuffled = data.draw(st.permutations(keys))
    states = []
    for name, way in (("one", [*first, *second]), ("other", [[key] for key in shuffled])):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
        it = play(path=name)
        where = it.place((), "documents")
        for number, chunk in enumerate(way):
            it.write(*(item(key, b"of " + key, "file") for key in chunk), where=where, chunk=str(number))
            if name == "one" and number == len(first):
                it.target.finish()
        for key in sorted(gone):
            it.target.remove(where, key, Expect(ANY), Fence("gone", 1))
        if name == "other":
            it.reopen()
        states.append(it.manifest())
        assert it.sha256sum() == ""
        assert it.texts() == {key: b"of " + key for key in keys if key not in gone}
        files = it.files()
        assert len({fold(path) for path in files}) == len(files), "two files would meet without case"
        it.target.close()
    assert states[0] == states[1]


@pytest.mark.parametrize("layout", ["files", "packed"])
def test_chunks_and_order_do_not_matter_for_mail(
    play: Callable[..., Any], item: Callable[..., Record], layout: str
) -> None:
    states = []
    for name, step in (("one", 7), ("two", 7 if layout == "packed" else 3)):
        it = play(layout, path=name)
        records = [item(b"%d" % n, b"%d" % n, name=f"Sujet {n % 3}") for n in range(21)]
        parts = [records[at : at + step] for at in range(0, 21, step)]
        for part in reversed(parts) if name == "two" else parts:
            it.write(*part, chunk=str(part[0].key))
        states.append(it.manifest())
    assert states[0] == states[1]


def test_a_large_container_is_sharded(
    play: Callable[..., Any], item: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effect, "SHARD_ABOVE", 10)
    monkeypatch.setattr(settle, "SHARD_ABOVE", 10)
    states = []
    for name, step in (("one", 4), ("two", 9)):
        it = play(path=name)
        records = [item(b"%d" % n, b"text %d" % n) for n in range(24)]
        for at in range(0, 24, step):
            it.write(*records[at : at + step], chunk=str(at))
            if name == "two" and at == 9:
                it.target.finish()
        states.append(it.manifest())
        assert it.sha256sum() == "" and len(it.texts()) == 24
        folders = {os.path.basename(os.path.dirname(path)) for path in it.files()}
        assert len(folders) > 5 and all(folder.startswith("%~") for folder in folders)
    assert states[0] == states[1]


def test_few_items_are_not_sharded(
    play: Callable[..., Any], item: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effect, "SHARD_ABOVE", 10)
    it = play()
    it.write(*(item(b"%d" % n, b"text") for n in range(10)))
    it.manifest()
    assert {os.path.dirname(path) for path in it.files()} == {"mail/agnès/Boîte"}


def test_replaced_files_go_and_folders_follow(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play()
    where = it.place((), "documents")
    it.write(item(b"d", b"", "folder"), item(b"d/e", b"", "folder"), item(b"d/e/f", b"1", "file"), where=where)
    it.write(item(b"x/y/z", b"2", "file"), where=where)
    it.target.finish()
    for key in (b"d/e/f", b"x/y/z", b"d/e"):
        it.target.remove(where, key, Expect(ANY), Fence("r", 1))
    assert it.files() == []
    assert sorted(os.listdir(it.root / "documents/agnès")) == [".index", "d"]
    assert os.listdir(it.root / "documents/agnès/d") == []


def test_a_new_subject_line_leaves_one_file(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play()
    it.write(item(b"1", b"a", name="Ancien"))
    it.manifest()
    it.write(item(b"1", b"b", name="Nouveau"))
    (file,) = it.files()
    assert os.path.basename(file).startswith("Nouveau-")
    assert [n for n in os.listdir(it.root / "mail/agnès/Boîte") if n != ".index"] == [os.path.basename(file)]


def test_packs_with_many_dead_members_are_written_again(play: Callable[..., Any], item: Callable[..., Record]) -> None:
    it = play("packed")
    it.write(*(item(b"%02d" % n, b"x" * 1000) for n in range(20)), chunk="c")
    it.manifest()
    (first,) = it.files()
    for n in range(12):
        it.target.remove(it.place(), b"%02d" % n, Expect(ANY), Fence("r", 1))
    (second,) = it.files()
    assert first != second and it.sha256sum() == ""
    assert (it.root / second).stat().st_size < 8 * 1400
    assert len(it.texts()) == 8
    for n in range(12, 20):
        it.target.remove(it.place(), b"%02d" % n, Expect(ANY), Fence("r", 1))
    assert it.files() == [] and not (it.root / second).exists()


def test_nothing_to_do_costs_nothing(
    play: Callable[..., Any], item: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = play()
    it.write(item(b"1", b"a"))
    before = it.manifest()
    monkeypatch.setattr(effect.durable, "write_aside", None)
    assert it.manifest() == before


def test_containers_that_would_meet_have_folders_of_their_own(
    play: Callable[..., Any], item: Callable[..., Record]
) -> None:
    it = play()
    for name in ("Projet", "projet", "PROJET", "Proj\u00e9", "Proje\u0301", "a:b", "a%3Ab", "..", "CON", "x\ud800"):
        it.write(item(b"1", name.encode("utf-8", "replace")), where=it.place((name,)), chunk=repr(name))
    files = it.files()
    assert len(files) == 10 and len({fold(path) for path in files}) == 10 and it.sha256sum() == ""
    assert len(it.refs()) == 10
