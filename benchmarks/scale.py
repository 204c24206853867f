"""Many small items and one huge one: flat memory, inodes and bytes of the packed archive, look-ups in the item map."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from pathlib import Path

from benchmarks.measure import run, transhume
from transhumance.connectors.contract import OutputLine
from transhumance.plans.ledger.itemmap import Cell, ItemMap

SMALL = """\
format: transhumance.plan/1
id: petits
endpoints:
  partage: {{connector: folder, path: partage, subject: partage}}
  archive: {{connector: archive, path: archive, layout: {layout}}}
workloads:
  documents: {{from: partage, to: archive}}
policies: {{approval: {{required: 0}}, loss: {{default: continue}}}}
waves:
  - {{id: tout, workloads: [documents], members: {{all: true}}}}
"""


def small_items(folder: Path, count: int, layout: str = "packed") -> list[str]:
    """`count` small files through `folder` into the archive. Peer: the file system, which needs an inode for each."""
    for number in range(count):
        place = folder / "partage" / f"d{number // 1000:04}"
        if number % 1000 == 0:
            place.mkdir(parents=True)
        (place / f"f{number:07}.txt").write_bytes(b"%07d " % number * 12)
    (folder / "plan.yaml").write_text(SMALL.format(layout=layout))
    for command in ("assess", "plan"):
        transhume(command, "plan.yaml", cwd=folder)
    first = transhume("run", "plan.yaml", cwd=folder)
    again = transhume("run", "plan.yaml", cwd=folder)
    inodes, size = _usage(folder / "archive")
    before, _ = _usage(folder / "partage")
    return [
        f"small items: {count} files of 96 bytes, folder to archive ({layout})",
        f"  initial       {first.wall:8.1f} s  {count / first.wall:7.0f} items/s, peak {first.peak:.0f} MiB "
        f"({first.tree:.0f} with its children)",
        f"  second run    {again.wall:8.1f} s  {again.wall / first.wall:.1%} of the first",
        f"  inodes        {inodes:8} in the archive, {before} at the source (peer: one each); {size / 1e6:.0f} MB",
    ]


def _usage(folder: Path) -> tuple[int, int]:
    inodes = size = 0
    for root, folders, files in os.walk(folder):
        inodes += len(folders) + len(files)
        size += sum(os.path.getsize(os.path.join(root, name)) for name in files)
    return inodes, size


def huge_file(folder: Path, gigabytes: int) -> list[str]:
    """One file through `folder` into the archive. Peer: `cp` and `sha256sum`."""
    (folder / "partage").mkdir()
    draw = random.Random(2026)
    block = draw.randbytes(1 << 20)
    with open(folder / "partage" / "grand.bin", "wb") as out:
        for _ in range(gigabytes << 10):
            out.write(block)
    (folder / "plan.yaml").write_text(SMALL.format(layout="files"))
    started = time.monotonic()
    for command in (["cp", "partage/grand.bin", "copie"], ["sha256sum", "copie"]):
        run(command, cwd=folder)
    peer = time.monotonic() - started
    (folder / "copie").unlink()
    for step in ("assess", "plan"):
        transhume(step, "plan.yaml", cwd=folder)
    first = transhume("run", "plan.yaml", cwd=folder)
    peaks = f"peak {first.peak:.0f} MiB ({first.tree:.0f} with its children; aim: < 150)"
    return [
        f"one file of {gigabytes} GB, folder to archive",
        f"  peer cp + sha256sum {peer:6.1f} s",
        f"  initial             {first.wall:6.1f} s, {peaks}",
    ]


def item_map(folder: Path, rows: int) -> list[str]:
    """The item map at `rows` rows: bytes, rows applied and keys found a second. Peer: a plain SQLite table of keys."""
    items = ItemMap(folder / "itemmap.sqlite")
    cell = Cell("vague", "mail", "source", "target")
    started = time.monotonic()
    for seq in range(1, rows // 500 + 1):
        lines = [_line(seq, n) for n in range(500)]
        items.apply(seq, seq % 2000, cell, lines)
    applied = time.monotonic() - started
    draw = random.Random(2026)
    drawn = draw.choices(range(1, rows // 500 + 1), k=200)
    keys = [(seq % 2000, [_key(seq, draw.randrange(500)) for _ in range(100)]) for seq in drawn]
    started = time.monotonic()
    found = sum(len(items.lookup("target", container, wanted)) for container, wanted in keys)
    looked = time.monotonic() - started
    items.close()
    size = (folder / "itemmap.sqlite").stat().st_size
    peer = _plain_table(folder, rows, keys)
    return [
        f"item map: {rows} rows, {size / 1e9:.2f} GB, {size / rows:.0f} bytes a row",
        f"  applied   {rows / applied:9.0f} rows/s",
        f"  looked up {found / looked:9.0f} keys/s; peer, a plain table of keys: {found / peer:.0f} keys/s",
    ]


def _key(seq: int, number: int) -> bytes:
    return b"%08d-%03d.M123P1.hote" % (seq, number)


def _line(seq: int, number: int) -> OutputLine:
    digest = f"{seq * 500 + number:064x}"
    return OutputLine(
        key=_key(seq, number).decode(),
        status="written",
        version="1700000000000000000-10240",
        kind="message",
        form="rfc5322",
        target_key=_key(seq, number).decode(),
        target_version=digest[:32],
        digest=digest,
        recipe="rfc5322/1>document/1",
        forward="full",
        grade="exact",
        proof="format",
        size=10240,
        before="",
    )


def _plain_table(folder: Path, rows: int, keys: list[tuple[int, list[bytes]]]) -> float:
    db = sqlite3.connect(folder / "plain.sqlite")
    db.execute("CREATE TABLE plain (container INTEGER, key BLOB, PRIMARY KEY (container, key)) WITHOUT ROWID")
    for seq in range(1, rows // 500 + 1):
        db.executemany("INSERT INTO plain VALUES (?,?)", [(seq % 2000, _key(seq, n)) for n in range(500)])
    db.commit()
    started = time.monotonic()
    for container, wanted in keys:
        marks = ",".join("?" * len(wanted))
        db.execute(f"SELECT key FROM plain WHERE container=? AND key IN ({marks})", (container, *wanted)).fetchall()
    spent = time.monotonic() - started
    db.close()
    return spent
