"""Files written aside: whole or not there, and each failure told by what to do next."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from transhumance.connectors.contract import BytesBody, Fence, FileBody, StaleLease, StopEndpoint
from transhumance.connectors.formats import durable

FENCE = Fence("chunk", 1)


def test_a_body_is_whole_under_its_name(tmp_path: Path) -> None:
    data = b"\x00\xff" * 300_000
    (tmp_path / "in").write_bytes(data)
    body = FileBody.of(tmp_path / "in")
    size, digest, temp = durable.write_aside(tmp_path / "out", body, mtime_ns=1_000_000_007, mode=0o640)
    assert (size, digest) == (len(data), hashlib.sha256(data).hexdigest())
    assert not (tmp_path / "out").exists()
    durable.commit(temp, tmp_path / "out", FENCE)
    durable.sync_folder(tmp_path)
    durable.sync_filesystem(tmp_path)
    state = (tmp_path / "out").stat()
    assert (tmp_path / "out").read_bytes() == data
    assert (state.st_mtime_ns, state.st_mode & 0o7777) == (1_000_000_007, 0o640)


def test_chunks_and_holes(tmp_path: Path) -> None:
    blocks = [bytes(1 << 20), b"end", bytes(1 << 20)]
    _, digest, temp = durable.write_aside(tmp_path / "f", iter(blocks), sparse=True)
    assert digest == hashlib.sha256(b"".join(blocks)).hexdigest()
    assert Path(temp).read_bytes() == b"".join(blocks)
    assert os.stat(temp).st_blocks * 512 < 1 << 20


def test_a_body_that_ends_early_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(durable.BodyUnreadable):
        durable.write_aside(tmp_path / "f", BytesBody(size=10, data=b"short"))
    with pytest.raises(durable.BodyUnreadable):
        durable.write_aside(tmp_path / "f", FileBody(size=3, path=str(tmp_path / "gone")))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", sorted(durable.FULL))
def test_a_full_disk_stops_the_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(handle: int, data: bytes) -> int:
        raise OSError(number, "full")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StopEndpoint) as told:
        durable.write_aside(tmp_path / "f", BytesBody.of(b"data"))
    assert "transhume resume" in told.value.text.fr and told.value.text.fr != told.value.text.en
    assert os.listdir(tmp_path) == []


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    durable.stop_if_full(OSError(errno.EACCES, "no"))
    with pytest.raises(FileNotFoundError):
        durable.write_aside(tmp_path / "none" / "f", BytesBody.of(b"data"))


def test_a_short_write_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data[:3])))
    _, _, temp = durable.write_aside(tmp_path / "f", BytesBody.of(b"eleven bytes"))
    monkeypatch.undo()
    assert Path(temp).read_bytes() == b"eleven bytes"


def test_a_lost_lease_commits_nothing(tmp_path: Path) -> None:
    _, _, temp = durable.write_aside(tmp_path / "f", BytesBody.of(b"x"))
    with pytest.raises(StaleLease):
        durable.commit(temp, tmp_path / "f", Fence("chunk", 1, deadline=0.0, clock=lambda: 1.0))
    assert durable.sweep(tmp_path) == 1 and os.listdir(tmp_path) == []


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"theirs")
    _, _, temp = durable.write_aside(tmp_path / "f", BytesBody.of(b"ours"))
    with pytest.raises(FileExistsError):
        durable.commit(temp, tmp_path / "f", FENCE, replace=False)
    assert (tmp_path / "f").read_bytes() == b"theirs"


def test_nothing_is_written_through_a_planted_link(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"safe")
    (tmp_path / "f").symlink_to(tmp_path / "victim")
    _, _, temp = durable.write_aside(tmp_path / "f", BytesBody.of(b"ours"))
    durable.commit(temp, tmp_path / "f", FENCE)
    assert (tmp_path / "victim").read_bytes() == b"safe" and not (tmp_path / "f").is_symlink()


def test_open_folders_may_be_given(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        _, _, temp = durable.write_aside("f", BytesBody.of(b"x"), dir_fd=handle)
        durable.commit(temp, "f", FENCE, dir_fd=handle)
        durable.sync_folder(handle)
    finally:
        os.close(handle)
    assert (tmp_path / "f").read_bytes() == b"x"


def test_syncfs_may_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(durable.ctypes, "CDLL", lambda *_, **__: object())
    monkeypatch.setattr(os, "sync", lambda: called.append(True))
    durable.sync_filesystem(tmp_path)
    assert called == [True]
