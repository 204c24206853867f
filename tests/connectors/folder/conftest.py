"""A share to play with, and the way of its items from one endpoint to another."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import (
    ABSENT,
    Container,
    Context,
    Environment,
    Expect,
    Fault,
    Fence,
    Outcome,
    Record,
    Selector,
    Write,
    codec_for,
    connector,
)


def opened(name: str, base: Path, path: str, target: bool = False, **config: Any) -> Any:
    """An endpoint over a folder of the test."""
    declared = connector(name)
    made = declared.config_model().model_validate({"path": path, **config})
    environment = Environment(path, base / "spool", base)
    return declared.open_target(made, environment) if target else declared.open_source(made, environment)


def records(source: Any, subject: bytes = b"") -> tuple[dict[bytes, Record], dict[bytes, Fault]]:
    """Every item of a source, read, and every fault."""
    read: dict[bytes, Record] = {}
    faults: dict[bytes, Fault] = {}
    for owner in source.subjects(Selector()):
        for container in source.containers(owner, "documents"):
            cursor = None
            while True:
                page = source.page(container, cursor)
                faults |= {fault.key: fault for fault in page.faults}
                for answer in source.fetch(container, page.refs):
                    (read if isinstance(answer, Record) else faults)[answer.key] = answer  # type: ignore[assignment]
                if page.next is None:
                    break
                cursor = page.next
    return read, faults


def carry(read: dict[bytes, Record], target: Any, form: str, subject: bytes = b"s", size: int = 7) -> list[Outcome]:
    """Takes records to a target, as the engine does: document and residue, then the target's form."""
    place = target.ensure(Container(subject, "documents", b"k"))
    writes = []
    for key in sorted(read):
        mine: Any = codec_for(read[key].kind, read[key].form)
        document = mine.to_open(read[key], Context())
        theirs: Any = codec_for(read[key].kind, form)
        record = theirs.from_open(document.document, document.residue, Context()).record
        writes.append(Write(key, record, Expect(ABSENT)))
    done: list[Outcome] = []
    for at in range(0, len(writes), size):
        done += target.write(place, writes[at : at + size], Fence(f"{at}", 1))
    target.finish()
    return done


def tree(root: Path) -> dict[bytes, tuple[Any, ...]]:
    """What lies in a folder, looked at without the code under test."""
    found: dict[bytes, tuple[Any, ...]] = {}
    for folder, names, files in os.walk(os.fsencode(root)):
        for name in names + files:
            path = os.path.join(folder, name)
            key = os.path.relpath(path, os.fsencode(root))
            if key.startswith(b".transhumance"):
                continue
            state = os.lstat(path)
            kind = stat.S_IFMT(state.st_mode)
            if stat.S_ISLNK(state.st_mode):
                found[key] = (kind, state.st_mtime_ns, os.readlink(path))
            elif stat.S_ISREG(state.st_mode):
                with open(path, "rb") as file:
                    found[key] = (kind, state.st_mtime_ns, stat.S_IMODE(state.st_mode), file.read())
            else:
                found[key] = (kind, state.st_mtime_ns, stat.S_IMODE(state.st_mode))
    return found


@pytest.fixture
def ways() -> tuple[Callable[..., Any], ...]:
    """`opened`, `records`, `carry`, `tree`."""
    return opened, records, carry, tree


NAMES = [
    b"a:b", b"CON", b"con.txt", b"LPT1", b"point.", b"espace ", b" espace", b"...", b"quote\"'", b"<&>", b"back\\slash",
    b"new\nline", b"tab\t", b"\xff\xfe raw", b"caf\xc3\xa9", b"cafe\xcc\x81", b"Case", b"case", b"CASE", b"100%25",
    b"%7E", b"%", b"~$lock", b"desktop.ini", b"rlo\xe2\x80\xaegpj.exe", b"\xf0\x9f\x98\x80", b"n" * 255,
    b"\xc3\xa9" * 127,    b".hidden", b"-rf", b"*", b"?", b"|", b"\x01\x7f", b"..x", b"x%~y", b"\xe2\x80\xa8",
]  # fmt: skip


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Path]:
    """A share of one subject, `s`, with every name that some system dislikes."""
    root = tmp_path / "from" / "s"
    deep = root / "Dossier \u00e9t\u00e9" / "sous"
    deep.mkdir(parents=True)
    for at, name in enumerate(NAMES):
        for folder in (root, deep):
            path = os.path.join(os.fsencode(folder), name)
            with open(path, "wb") as file:
                file.write(b"of %d " % at * (at * 60))
            os.chmod(path, 0o600 + at % 8)
            os.utime(path, ns=(at, 1_600_000_000_000_000_000 + at))
    (root / "vide").mkdir(mode=0o710)
    os.symlink("../../../etc/passwd", root / "dehors")
    os.symlink("Case", root / "dedans")
    os.symlink(b"\xff missing", os.path.join(os.fsencode(root), b"pendant"))
    os.utime(root / "dehors", ns=(5, 7), follow_symlinks=False)
    for folder in (deep, deep.parent, root / "vide"):
        os.utime(folder, ns=(1, 1_500_000_000_123_456_789))
    yield root
