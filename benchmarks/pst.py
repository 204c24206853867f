"""An Outlook data file into RFC 5322, against `readpst` (pst-utils) on the same file."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import run
from transhumance.connectors.contract import BytesBody, Context, Environment, Record, Selector, Value, read_all
from transhumance.connectors.pst.config import PstConfig
from transhumance.connectors.pst.source import PstSource
from transhumance.fixtures.pst.store import Folder, write_pst
from transhumance.migrators.mail.forms.mapi import MapiMessageCodec

WORDS = "le la patient service réunion compte rendu bloc examen demain dossier équipe merci bonjour planning".split()


def mails(count: int) -> Iterator[Record]:
    """Received mails of about 10 kB: headers, a plain text and its HTML, one recipient."""
    draw = random.Random(2026)
    for number in range(count):
        plain = "\r\n".join(" ".join(draw.choices(WORDS, k=12)) for _ in range(25))
        html = (
            "<html><body>"
            + "".join(f"<p>{' '.join(draw.choices(WORDS, k=40))}</p>" for _ in range(12))
            + "</body></html>"
        )
        yield Record(b"", "message", "mapi", _properties(number), {
            "body/plain": BytesBody.of(plain.encode("utf-16-le")), "body/html": BytesBody.of(html.encode()),
        })  # fmt: skip


def _properties(number: int) -> dict[str, Value]:
    time_ = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(minutes=number)
    headers = (
        "Received: from a.chu.example by b.chu.example; Tue, 2 Jan 2024 03:04:05 +0000\r\n"
        "From: =?utf-8?q?Agn=C3=A8s?= <agnes@chu.example>\r\nTo: Bob <bob@chu.example>\r\n"
        f"Subject: RE: dossier {number}\r\n"
        f"Date: Tue, 2 Jan 2024 03:04:05 +0000\r\nMessage-ID: <{number}@chu.example>\r\nMIME-Version: 1.0\r\n\r\n"
    )
    return {
        "0x001A001F": "IPM.Note", "0x0037001F": f"RE: dossier {number}", "0x003D001F": "RE: ", "0x00390040": time_,
        "0x0E060040": time_, "0x0E070003": 1, "0x0042001F": "Agnès", "0x0064001F": "SMTP", "0x007D001F": headers,
        "0x0065001F": "agnes@chu.example", "0x0C1A001F": "Agnès", "0x0C1E001F": "SMTP", 
        "0x0C1F001F": "agnes@chu.example",
        "0x1035001F": f"<{number}@chu.example>", "0x300B0102": number.to_bytes(16, "big"), "0x30070040": time_,
        "0x30080040": time_, "0x3FDE0003": 65001, "0x3FFD0003": 1252, "attachments": (),
        "bodies": {"body/plain": "0x1000001F", "body/html": "0x10130102"},
        "recipients": ({"0x0C150003": 1, "0x3001001F": "Bob", "0x3002001F": "SMTP", "0x3003001F": "bob@chu.example"},),
    }  # fmt: skip


def benchmark(folder: Path, count: int) -> list[str]:
    """Reading, reading and converting, both in one process; the peer, to one file a mail and to one mbox."""
    path = folder / "box.pst"
    write_pst(path, [Folder("Inbox", "IPF.Note", mails(count), known="inbox")])
    read, read_cpu = _ours(path, folder, convert=False)
    both, both_cpu = _ours(path, folder, convert=True)
    files, one = folder / "eml", folder / "mbox"
    files.mkdir()
    one.mkdir()
    single = run(["readpst", "-q", "-o", str(files), "-e", str(path)])
    mbox = run(["readpst", "-q", "-j", "0", "-o", str(one), str(path)])
    written = sum(1 for found in files.rglob("*") if found.is_file())
    lines = [
        ("peer readpst -e", single.wall, single.cpu, f"; {written} files written"),
        ("peer readpst (mbox)", mbox.wall, mbox.cpu, ""),
        ("list and read properties", read, read_cpu, ""),
        ("and make RFC 5322, residue", both, both_cpu, ""),
    ]
    return [f"pst: {count} mails of 10 kB, {path.stat().st_size >> 20} MiB, one process"] + [
        f"  {what:27} {count / wall:8.0f} mails/s  {count / cpu:8.0f} per CPU second{more}"
        for what, wall, cpu, more in lines
    ]


def _ours(path: Path, folder: Path, convert: bool) -> tuple[float, float]:
    source = PstSource(
        PstConfig(path=path, assign=None, subject="a", codepage=1252, orphans=False),
        Environment("bench", folder, folder),
    )
    codec, context = MapiMessageCodec(), Context()
    wall, cpu = time.monotonic(), time.process_time()
    for subject in source.subjects(Selector()):
        for container in source.containers(subject, "mail"):
            cursor = None
            while True:
                page = source.page(container, cursor)
                for record in source.fetch(container, page.refs):
                    if convert and isinstance(record, Record):
                        read_all(codec.to_open(record, context).document.bodies["content"])
                cursor = page.next
                if cursor is None:
                    break
    source.close()
    return time.monotonic() - wall, time.process_time() - cpu
