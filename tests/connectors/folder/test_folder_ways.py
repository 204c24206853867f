"""Shares end to end: every name there and back, equal to the byte, to the nanosecond and to the bit."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import Fault, Record, Status


@pytest.mark.parametrize("layout", ["files", "packed"])
def test_share_to_archive_to_share(hostile: Path, tmp_path: Path, ways: Any, layout: str) -> None:
    opened, records, carry, tree = ways
    read, faults = records(opened("folder", tmp_path, "from"))
    assert faults == {} and set(read) == set(tree(hostile))
    archive = opened("archive", tmp_path, "archive", target=True, layout=layout)
    assert {o.status for o in carry(read, archive, "document")} == {Status.WRITTEN}
    archive.close()
    done = subprocess.run(
        ["sha256sum", "-c", "--quiet", "--strict", "MANIFEST.sha256"], cwd=tmp_path / "archive", capture_output=True
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
    kept, faults = records(opened("archive", tmp_path, "archive"))
    assert faults == {} and set(kept) == set(read)
    share = opened("folder", tmp_path, "to", target=True)
    assert {o.status for o in carry(kept, share, "file")} == {Status.WRITTEN}
    assert tree(tmp_path / "to" / "s") == tree(hostile)
    again, faults = records(opened("folder", tmp_path, "to"))
    assert faults == {} and {k: v.properties for k, v in again.items()} == {k: v.properties for k, v in read.items()}


def test_share_to_a_portable_share_and_back(hostile: Path, tmp_path: Path, ways: Any) -> None:
    from transhumance.connectors.formats.names import fold

    opened, records, carry, tree = ways
    read, _ = records(opened("folder", tmp_path, "from"))
    share = opened("folder", tmp_path, "to", target=True, names="portable")
    done = carry(read, share, "file")
    assert {o.status for o in done} == {Status.WRITTEN}
    keys = dict(zip((o.target_key for o in done), sorted(read), strict=True))
    assert len(keys) == len(read)
    names = [os.fsdecode(path) for path in tree(tmp_path / "to" / "s")]
    assert len({fold(name) for name in names}) == len(names)
    assert not [name for name in names if any(char in name for char in '"*:<>?\\|\n')]
    found, faults = records(opened("folder", tmp_path, "to", names="portable"))
    assert faults == {} and set(found) == set(keys)
    back = {keys[key]: record for key, record in found.items()}
    place = share.ensure(next(iter(share_containers(opened, tmp_path))))
    for answer in share.read_back(place, list(keys)):
        assert isinstance(answer, Record) and answer.properties["name"] == read[keys[answer.key]].properties["name"]
    content = {key: _bytes(record) for key, record in read.items()}
    assert {key: _bytes(record) for key, record in back.items()} == content


def share_containers(opened: Any, base: Path) -> Any:
    from transhumance.connectors.contract import Selector

    source = opened("folder", base, "to", names="portable")
    for subject in source.subjects(Selector()):
        yield from source.containers(subject, "documents")


def _bytes(record: Record) -> bytes | None:
    if "content" not in record.bodies:
        return None
    with record.bodies["content"].open() as stream:
        return stream.read()


def test_what_is_no_document_is_told(tmp_path: Path, ways: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    opened, records, _, _ = ways
    root = tmp_path / "from" / "s"
    (root / "locked").mkdir(parents=True)
    (root / "file").write_bytes(b"x")
    (root / "secret").write_bytes(b"y")
    (root / "locked" / "inside").write_bytes(b"z")
    os.mkfifo(root / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(root / "sock"))
    real_open, real_scan = os.open, os.scandir

    def refusing(path: Any, flags: int, *args: Any, **named: Any) -> int:
        if path == "secret":
            raise PermissionError(13, "Permission denied")
        return real_open(path, flags, *args, **named)

    def refusing_scan(handle: Any) -> Any:
        if isinstance(handle, int) and os.readlink(f"/proc/self/fd/{handle}").endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real_scan(handle)

    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr(os, "scandir", refusing_scan)
    read, faults = records(opened("folder", tmp_path, "from"))
    listener.close()
    assert set(read) == {b"file", b"locked"}
    told = {key: (fault.code, fault.detail) for key, fault in faults.items()}
    assert told == {
        b"pipe": ("DOC-FS-10", "pipe"),
        b"sock": ("DOC-FS-10", "socket"),
        b"secret": ("DOC-READ-01", "Permission denied"),
        b"locked/": ("DOC-READ-01", "folder: Permission denied"),
    }


def test_hard_links_holes_and_attributes(tmp_path: Path, ways: Any) -> None:
    opened, records, carry, _ = ways
    root = tmp_path / "from" / "s"
    root.mkdir(parents=True)
    (root / "one").write_bytes(b"same")
    os.link(root / "one", root / "two")
    with open(root / "holes", "wb") as file:
        file.seek(5_000_000)
        file.write(b"end")
    os.setxattr(root / "holes", "user.comment", b"\x00vrai")
    os.chmod(root / "one", 0o4755)
    read, _ = records(opened("folder", tmp_path, "from"))
    assert read[b"one"].properties["hard_link"] == read[b"two"].properties["hard_link"]
    assert read[b"holes"].properties["sparse"] is True
    assert read[b"holes"].properties["xattrs"] == {"user.comment": b"\x00vrai"}
    share = opened("folder", tmp_path, "to", target=True)
    place_of = share.ensure
    lost = {f.code: f.detail for f in share.preview(place_of(_container()), read[b"one"])}
    assert lost == {"GEN-TARGET-02": "hard_link", "DOC-FS-12": "4755"}
    carry(read, share, "file")
    there = tmp_path / "to" / "s"
    assert (there / "holes").stat().st_size == 5_000_003 and (there / "holes").stat().st_blocks * 512 < 1 << 20
    assert os.getxattr(there / "holes", "user.comment") == b"\x00vrai"
    assert (there / "one").stat().st_nlink == 1 and stat.S_IMODE((there / "one").stat().st_mode) == 0o755


def _container() -> Any:
    from transhumance.connectors.contract import Container

    return Container(b"s", "documents", b"k")


def test_times_of_birth_where_they_count(tmp_path: Path, ways: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from transhumance.connectors.folder import attributes

    opened, records, _, _ = ways
    (tmp_path / "from" / "s").mkdir(parents=True)
    (tmp_path / "from" / "s" / "f").write_bytes(b"x")
    read, _ = records(opened("folder", tmp_path, "from"))
    assert "created" not in read[b"f"].properties
    monkeypatch.setattr(attributes, "births_count", lambda device: True)
    read, _ = records(opened("folder", tmp_path, "from"))
    created = read[b"f"].properties.get("created")
    if created is None:
        pytest.skip("this disk does not say when a file was born")
    assert abs(created.timestamp() - (tmp_path / "from" / "s" / "f").stat().st_ctime) < 5  # type: ignore[union-attr]


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, ways: Any) -> None:
    opened, records, _, _ = ways
    (tmp_path / "from" / "s").mkdir(parents=True)
    path = tmp_path / "from" / "s" / "f"
    path.write_bytes(b"x" * 100_000)
    read, _ = records(opened("folder", tmp_path, "from"))
    for other in (b"y" * 99_999, b"y" * 100_001):
        path.write_bytes(other)
        with pytest.raises(OSError, match="changed"), read[b"f"].bodies["content"].open() as stream:
            stream.read()


def test_links_swapped_in_are_not_followed(tmp_path: Path, ways: Any) -> None:
    opened, records, _, _ = ways
    (tmp_path / "from" / "s" / "d").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "f").write_bytes(b"z" * 100_000)
    (tmp_path / "from" / "s" / "d" / "f").write_bytes(b"x" * 100_000)
    source = opened("folder", tmp_path, "from")
    read, _ = records(source)
    os.rename(tmp_path / "from" / "s" / "d", tmp_path / "gone")
    os.symlink(tmp_path / "secret", tmp_path / "from" / "s" / "d")
    with pytest.raises(OSError):
        read[b"d/f"].bodies["content"].open()
    from transhumance.connectors.contract import ItemRef, Selector

    (container,) = source.containers(next(source.subjects(Selector())), "documents")
    (answer,) = source.fetch(container, [ItemRef(b"d/f", "", "file", "file")])
    assert isinstance(answer, Fault)
    for key in (b"../../secret/f", b"d/../../secret/f", b"/etc/passwd", b"", b"a\0b", b"."):
        (answer,) = source.fetch(container, [ItemRef(key, "", "file", "file")])
        assert isinstance(answer, Fault), key


def test_whose_the_entries_are(tmp_path: Path, ways: Any) -> None:
    from transhumance.connectors.contract import Selector

    opened, records, _, _ = ways
    for name in ("cardio", "compta"):
        (tmp_path / "from" / name).mkdir(parents=True)
        (tmp_path / "from" / name / "f").write_bytes(name.encode())
    (tmp_path / "from" / "lone.doc").write_bytes(b"lone")
    os.symlink("/etc", tmp_path / "from" / "link")
    (tmp_path / "who.csv").write_text("cardio;service@chu.example\ncompta;service@chu.example\n")
    source = opened("folder", tmp_path, "from", assign="who.csv")
    found = {s.key: (s.kind, [c.path for c in source.containers(s, "documents")]) for s in source.subjects(Selector())}
    assert found == {
        b"service@chu.example": ("share", [("cardio",), ("compta",)]),
        b"lone.doc": ("share", [()]),
        b"link": ("share", [()]),
    }
    read, _ = records(source)
    assert read[b"lone.doc"].kind == "file" and read[b"link"].kind == "link"
    whole = opened("folder", tmp_path, "from", subject="tous")
    read, _ = records(whole)
    assert set(read) == {b"cardio", b"cardio/f", b"compta", b"compta/f", b"lone.doc", b"link"}
    assert list(whole.containers(next(whole.subjects(Selector())), "mail")) == []


def test_a_share_that_is_not_there(tmp_path: Path, ways: Any) -> None:
    from transhumance.connectors.contract import Selector, StopEndpoint, UserError

    opened, *_ = ways
    source = opened("folder", tmp_path, "none")
    with pytest.raises(UserError):
        source.identity()
    with pytest.raises(UserError):
        list(source.subjects(Selector()))
    (tmp_path / "from" / "s").mkdir(parents=True)
    source = opened("folder", tmp_path, "from")
    (container,) = source.containers(next(source.subjects(Selector())), "documents")
    os.rmdir(tmp_path / "from" / "s")
    with pytest.raises(StopEndpoint):
        source.page(container, None)


def test_a_listing_of_many_is_flat(tmp_path: Path, ways: Any) -> None:
    import tracemalloc

    from transhumance.connectors.folder.source import walk

    root = tmp_path / "from" / "s"
    root.mkdir(parents=True)
    handle = os.open(root, os.O_RDONLY)
    for n in range(20_000):
        os.close(os.open(f"{n:06}", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
    os.close(handle)
    tracemalloc.start()
    assert sum(1 for _ in walk(tmp_path / "from", b"s")) == 20_000
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.slow
def test_a_five_gigabyte_file_to_the_archive(tmp_path: Path, ways: Any) -> None:
    """One read, never in memory, holes kept: under 150 MiB for the whole process."""
    import sys

    code = """
import os, resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from transhumance.connectors.contract import *
base = Path(sys.argv[1])
def end(name, path, target=False):
    declared = connector(name)
    config = declared.config_model().model_validate({"path": path})
    environment = Environment(path, base / "spool", base)
    return (declared.open_target if target else declared.open_source)(config, environment)
source, target = end("folder", "from"), end("archive", "archive", True)
(container,) = source.containers(next(source.subjects(Selector())), "documents")
(record,) = source.fetch(container, source.page(container, None).refs)
opened = codec_for("file", "file").to_open(record, Context())
record = codec_for("file", "document").from_open(opened.document, opened.residue, Context()).record
place = target.ensure(Container(b"s", "documents", b"k"))
(outcome,) = target.write(place, [Write(b"big", record)], Fence("c", 1))
target.finish()
assert outcome.status is Status.WRITTEN, outcome
# unlike getrusage, this is never the peak of the process that started us
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(int(peak.split()[1]) // 1024)
"""
    root = tmp_path / "from" / "s"
    root.mkdir(parents=True)
    with open(root / "big", "wb") as file:
        file.write(b"start")
        file.seek(5 * 1024**3)
        file.write(b"end")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), ""], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 150
    kept = tmp_path / "archive" / "documents" / "s" / "big"
    assert kept.stat().st_size == 5 * 1024**3 + 3 and kept.stat().st_blocks * 512 < 1 << 24
