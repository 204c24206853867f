"""Mails of about 10 kB, Maildir to archive, against `rsync -a` followed by `sha256sum` over the result."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from pathlib import Path

from benchmarks.measure import run, transhume

PLAN = """\
format: transhumance.plan/1
id: banc
endpoints:
  mails: {{connector: maildir, path: mails}}
  archive: {{connector: archive, path: archive, layout: {layout}}}
workloads:
  mail: {{from: mails, to: archive}}
policies: {{approval: {{required: 0}}, loss: {{default: continue}}}}
waves:
  - {{id: tous, workloads: [mail], members: {{all: true}}}}
"""
PEOPLE = 20


def estate(folder: Path, count: int, size: int = 10_000) -> None:
    """A Maildir for each of 20 people, `count` mails in all, of about `size` bytes, each different."""
    draw = random.Random(2026)
    words = [bytes(draw.choices(b"abcdefghijklmnopqrstuvwxyz", k=draw.randint(3, 11))) for _ in range(4000)]
    for person in range(PEOPLE):
        box = folder / "mails" / f"p{person:02}@chu.example" / "Maildir"
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True)
        for number in range(person, count, PEOPLE):
            head = f"From: a{number}@chu.example\r\nTo: p{person:02}@chu.example\r\nSubject: Dossier {number}\r\n"
            head += f"Date: Tue, 24 Nov 2026 08:{number % 60:02}:00 +0100\r\nMessage-ID: <{number}@chu.example>\r\n"
            head += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            lines = []
            length = len(head)
            while length < size:
                line = b" ".join(draw.choices(words, k=10))
                lines.append(line)
                length += len(line) + 2
            name = f"{1_700_000_000 + number}.M{number}P1.banc:2,S"
            (box / "cur" / name).write_bytes(head.encode() + b"\r\n".join(lines) + b"\r\n")


def benchmark(folder: Path, count: int, layout: str = "files") -> list[str]:
    """initial, a second run, a dry run; the peer; ratios."""
    estate(folder, count)
    (folder / "plan.yaml").write_text(PLAN.format(layout=layout))
    peer = _peer(folder)
    transhume("assess", "plan.yaml", cwd=folder)
    transhume("plan", "plan.yaml", cwd=folder)
    dry = transhume("dry-run", "plan.yaml", cwd=folder)
    first = transhume("run", "plan.yaml", cwd=folder)
    second = transhume("run", "plan.yaml", cwd=folder)
    checked = run(["sha256sum", "--quiet", "-c", "MANIFEST.sha256"], cwd=folder / "archive")
    cpu, waited = _ledger(folder)
    per_second = f"{count / dry.wall:8.0f} items/s on 2 cores, {count / dry.cpu:.0f} per CPU second"
    rate = f"{count / first.wall:8.0f} items/s  {first.wall / peer:.2f} x the peer (aim: at most 3)"
    return [
        f"mails: {count} of 10 kB, Maildir to archive ({layout})",
        f"  peer rsync -a + sha256sum   {peer:8.2f} s",
        f"  dry-run                     {dry.wall:8.2f} s  {per_second}",
        f"  initial                     {first.wall:8.2f} s  {rate}",
        f"  ledger                      {cpu:8.2f} s  of processor time, {cpu / first.cpu:.1%} of all (aim: < 5 %); "
        f"{waited:.2f} s with its waits, of all threads",
        f"  second run                  {second.wall:8.2f} s  {second.wall / first.wall:.1%} of the first (aim: < 5 %)",
        f"  peak memory: initial {first.peak:.0f} MiB ({first.tree:.0f} with its children), dry-run {dry.peak:.0f} MiB",
        f"  archive verified by sha256sum -c in {checked.wall:.2f} s",
    ]


def _ledger(folder: Path) -> tuple[float, float]:
    """Seconds that the initial pass spent in the ledger and the item map, as it noted itself: of processor time, and
    with all waits."""
    with sqlite3.connect(folder / ".transhumance" / "ledger.sqlite") as db:
        (said,) = db.execute("SELECT detail FROM pass WHERE kind='initial' ORDER BY id DESC LIMIT 1").fetchone()
    detail = json.loads(said)
    return float(detail["ledger_cpu"]), float(detail["ledger_seconds"])


def _peer(folder: Path) -> float:
    copy = folder / "copy"
    copied = run(["rsync", "-a", "mails/", "copy/"], cwd=folder)
    summed = run(["sh", "-c", "find copy -type f -print0 | xargs -0 sha256sum > copy.sha256"], cwd=folder)
    shutil.rmtree(copy)
    return copied.wall + summed.wall
