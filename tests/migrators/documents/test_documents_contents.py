"""What is seen of contents: over real files, made ones, and damaged ones. Nothing raises, nothing is unpacked whole."""

from __future__ import annotations

import io
import random
import struct
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.contract import Body, BytesBody, Context, FileBody, Record, find_code
from transhumance.migrators.documents import CODECS
from transhumance.migrators.documents.contents import look_at

CFB = bytes.fromhex("d0cf11e0a1b11ae1")


def seen(data: bytes, name: str = "") -> set[str]:
    return {finding.code for finding in look_at(BytesBody.of(data), name)}


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as pack:
        for name, data in members.items():
            pack.writestr(name, data)
    return out.getvalue()


OOXML = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}
REL = b'<Relationships><Relationship Id="r" Type="t" Target="%s" TargetMode="External"/></Relationships>'


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"", set()),
        (b"plain text", set()),
        (zipped({"a.txt": b"x"}), set()),
        (zipped(OOXML), set()),
        (zipped({**OOXML, "word/vbaProject.bin": b""}), {"DOC-MACRO-01"}),
        (zipped({**OOXML, "xl/macrosheets/sheet1.xml": b""}), {"DOC-MACRO-01"}),
        (zipped({**OOXML, "docMetadata/LabelInfo.xml": b""}), {"DOC-LABEL-01"}),
        (zipped({**OOXML, "docProps/custom.xml": b'<p name="MSIP_Label_1_Enabled"/>'}), {"DOC-LABEL-01"}),
        (zipped({**OOXML, "xl/connections.xml": b""}), {"DOC-LINK-05"}),
        (zipped({**OOXML, "customXml/item1.xml": '<DataMashup xmlns="x">'.encode("utf-16")}), {"DOC-LINK-05"}),
        (zipped({**OOXML, "xl/externalLinks/externalLink1.xml": b""}), {"DOC-LINK-02"}),
        (zipped({**OOXML, "word/_rels/document.xml.rels": REL % b"https://chu.example/x"}), set()),
        (zipped({**OOXML, "word/_rels/document.xml.rels": REL % b"#there"}), set()),
        (zipped({**OOXML, "word/_rels/document.xml.rels": REL % b"file:///\\\\srv\\x.dotx"}), {"DOC-LINK-02"}),
        (zipped({**OOXML, "word/_rels/document.xml.rels": REL % b"..\\other.xlsx"}), {"DOC-LINK-02"}),
        (zipped({**OOXML, "word/_rels/document.xml.rels": REL % b"https://chu.sharepoint.com/a"}), {"DOC-LINK-02"}),
        (zipped({**OOXML, "_xmlsignatures/sig1.xml": b""}), {"DOC-SIGN-01"}),
        (zipped({"mimetype": b"odt", "META-INF/manifest.xml": b"<m:encryption-data/>"}), {"DOC-LABEL-04"}),
        (zipped({"mimetype": b"odt", "META-INF/manifest.xml": b"", "Basic/S/M.xml": b""}), {"DOC-MACRO-01"}),
        (zipped({"mimetype": b"odt", "META-INF/manifest.xml": b"", "Basic/script-lc.xml": b""}), set()),
        (b"PK\x03\x04 cut", {"DOC-BYTES-06"}),
        (CFB + b"\0" * 100, {"DOC-BYTES-06"}),
        (CFB + b"\xff" * 4000, {"DOC-BYTES-06"}),
        (b"MZ" + b"\0" * 100, {"DOC-BYTES-05"}),
        (b"MZ is short for Maison de Zurich", set()),
        (b"\x7fELF\x02", {"DOC-BYTES-05"}),
        (b"\x78\x9f\x3e\x22rest", {"DOC-TNEF-01"}),
        (b"!BDN....", {"DOC-FORMAT-02"}),
        (b"\0\1\0\0Standard ACE DB\0", {"DOC-FORMAT-02"}),
        (b"[InternetShortcut]\r\nURL=file://srv/share\r\n", {"DOC-LINK-07"}),
        (b"[InternetShortcut]\r\nURL=https://chu.example/\r\n", set()),
        (bytes.fromhex("4c0000000114020000000000c000000000000046"), {"DOC-LINK-07"}),
        (b"%PDF-1.7\n...trailer<</Encrypt 5 0 R>>", {"DOC-LABEL-04"}),
        (b"%PDF-1.7\n...", set()),
        (b".pfile\0", {"DOC-LABEL-02"}),
    ],
)
def test_contents_by_their_bytes(data: bytes, codes: set[str]) -> None:
    assert seen(data) == codes


def test_a_bomb_is_not_unfolded() -> None:
    bomb = bytearray(zipped({f"{n}": b"0" * 1000 for n in range(3)}))
    at = 0
    while (at := bomb.find(b"PK\1\2", at)) >= 0:
        struct.pack_into("<I", bomb, at + 24, 0xFFFFFF00)  # each says that it unfolds to 4 GB
        at += 4
    assert seen(bytes(bomb)) == {"DOC-ZIP-01"}


def test_a_directory_of_a_million_is_left_alone() -> None:
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 60_000, 60_000, 1 << 30, 0, 0)
    assert seen(b"PK\3\4" + b"\0" * 100 + end) == {"DOC-ZIP-01"}


def test_a_long_member_is_read_in_part() -> None:
    data = zipped({**OOXML, "docProps/custom.xml": b"<a/>" * 5_000_000 + b"MSIP_Label_"})
    started = time.perf_counter()
    assert seen(data) == set() and time.perf_counter() - started < 1


def test_zip64_and_bytes_before_the_start() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        with pack.open("[Content_Types].xml", "w", force_zip64=True) as member:
            member.write(b"<Types/>")
        pack.writestr("word/vbaProject.bin", b"")
    assert seen(out.getvalue()) == {"DOC-MACRO-01"}


@dataclass(frozen=True, slots=True)
class _Counted(Body):
    """A large body that counts what is read of it."""

    data: bytes = b""
    counts: list[int] = None  # type: ignore[assignment]

    def open(self, offset: int = 0) -> BinaryIO:
        stream = io.BytesIO(self.data[offset:])
        real = stream.read

        def read(size: int = -1) -> bytes:
            self.counts.append(size)
            return real(size)

        stream.read = read  # type: ignore[method-assign]
        return stream


def test_a_large_file_is_read_a_little() -> None:
    data = zipped({**OOXML, "word/media/film.mp4": random.Random(1).randbytes(20_000_000)}, zipfile.ZIP_STORED)
    body = _Counted(size=len(data), data=data, counts=[])
    assert look_at(body) == [] and sum(body.counts) < 1_000_000
    once = replace(body, replayable=False, counts=[])
    assert look_at(once) == [] and once.counts == []


@given(
    st.binary(max_size=3000), st.sampled_from([CFB, b"PK\3\4", b"PK\5\6", b"%PDF", b"MZ", b"\x09\x04\x06\0\0\0", b""])
)
def test_noise_never_raises(noise: bytes, start: bytes) -> None:
    for data in (start + noise, start + noise + b"PK\5\6" + noise[:18]):
        for finding in look_at(BytesBody.of(data)):
            assert find_code(finding.code)


SHARES = ("office", "tnef", "msg")
WHEN = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.corpora
def test_real_files_come_back_exact(corpora: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    table: Counter[tuple[str, str]] = Counter()
    for share in SHARES:
        root = corpora(share)
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            key = str(path.relative_to(root)).encode("utf-8", "surrogateescape")
            told = {"name": path.name, "modified_ns": 1_700_000_000_000_000_000, "modified": WHEN, "mode": 0o644}
            record = Record(key, "file", "file", told, {"content": FileBody.of(path)})
            opened = CODECS[0].to_open(record, Context())
            back = CODECS[0].from_open(opened.document, (), Context()).record
            grade = "lossy" if CODECS[0].compare(record, back) else "exact"
            assert opened.residue == () and grade == "exact", path
            table[share, grade] += 1
            for finding in opened.findings:
                assert find_code(finding.code)
                table[share, finding.code] += 1
    with capsys.disabled():
        for (share, what), count in sorted(table.items()):
            print(f"\n{share:8}{what:16}{count:6}", end="")
    assert table["office", "exact"] >= 200 and table["msg", "exact"] >= 50 and table["tnef", "exact"] >= 20


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("testWORD_protected_passtika.doc", {"DOC-FORMAT-01", "DOC-LABEL-04"}),
        ("testEXCEL_protected_passtika.xls", {"DOC-FORMAT-01", "DOC-LABEL-04"}),
        ("testPPT_protected_passtika.ppt", {"DOC-FORMAT-01", "DOC-LABEL-04"}),
        ("testPPT_protected_passtika.pptx", {"DOC-LABEL-04"}),
        ("testODTEncrypted.odt", {"DOC-LABEL-04"}),
        ("testWORD_protected_drm.doc", {"DOC-LABEL-02"}),
        ("testWORD_signed.docx", {"DOC-SIGN-01"}),
        ("testDataConnections.xlsx", {"DOC-LINK-05"}),
        ("testDdeLink.xlsx", {"DOC-LINK-02"}),
        ("testWORD_template.docx", {"DOC-LINK-02"}),
        ("testEXCEL_4.xls", {"DOC-FORMAT-01"}),
        ("testPUBLISHER.pub", {"DOC-FORMAT-02"}),
        ("testOneNote.one", {"DOC-NOTE-01"}),
        ("testWORD_truncated.docx", {"DOC-BYTES-06"}),
        ("testWORD.doc", {"DOC-FORMAT-01"}),
        ("testPPT.pptx", set()),
        ("testFooter.odt", set()),
        ("testRTFJapanese.rtf", set()),
    ],
)
def test_real_files_by_name(corpora: Callable[..., Path], name: str, codes: set[str]) -> None:
    (path,) = corpora("office").rglob(name)
    assert {finding.code for finding in look_at(FileBody.of(path), name)} == codes


@pytest.mark.corpora
def test_damaged_real_files_never_raise(corpora: Callable[..., Path]) -> None:
    dice = random.Random(7)
    paths = sorted(
        p for p in corpora("office").rglob("*") if p.suffix in (".doc", ".xlsx", ".ppt", ".odt", ".docx", ".xls")
    )
    for path in dice.sample(paths, 30):
        data = bytearray(path.read_bytes())
        for _ in range(8):
            hurt = bytearray(data[: dice.randrange(len(data))] if dice.random() < 0.4 else data)
            for _ in range(dice.randrange(1, 40)):
                if hurt:
                    hurt[(dice.randrange(2000) - dice.choice([0, 2000])) % len(hurt)] = dice.randrange(256)
            look_at(BytesBody.of(bytes(hurt)))
