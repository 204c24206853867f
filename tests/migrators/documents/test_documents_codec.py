"""The form `file`: bytes are never touched, every property comes back, and what others can't keep is named."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    FileBody,
    Record,
    SkipItem,
    code,
    codec_for,
    find_code,
)
from transhumance.migrators.documents import CODECS, CODES
from transhumance.migrators.documents.codec import leads_out

values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.datetimes(timezones=st.just(UTC))
)
records = st.builds(
    lambda kind, key, told, extra, data: Record(
        key, kind, "file", {**told, **extra}, {"content": BytesBody.of(data)} if kind == "file" else {}
    ),
    st.sampled_from(["file", "folder", "link"]),
    st.binary(max_size=20),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.text(alphabet=st.characters(codec=None), max_size=9),
            "modified_ns": st.integers(-(1 << 70), 1 << 70),
            "modified": st.datetimes(timezones=st.just(UTC)),
            "mode": st.integers(0, 0o7777),
            "target": st.text(max_size=20),
            "sparse": st.booleans(),
            "hard_link": st.text(max_size=5),
            "xattrs": st.dictionaries(st.text(max_size=30), st.one_of(st.none(), st.binary(max_size=9)), max_size=3),
        },
    ),
    st.dictionaries(st.text(min_size=1, max_size=9), values, max_size=3),
    st.binary(max_size=600),
)


@settings(deadline=None)
@given(records)
def test_the_law(record: Record) -> None:
    codec: Any = codec_for(record.kind, "file")
    opened = codec.to_open(record, Context())
    back = codec.from_open(opened.document, opened.residue, Context())
    assert codec.compare(record, replace(back.record, key=record.key)) == ()
    assert back.findings == () and all(find_code(f.code) for f in opened.findings)
    for name, body in record.bodies.items():
        assert opened.document.bodies[name] is body


def test_the_residue_holds_nothing_of_the_document() -> None:
    told = {"name": "a", "modified_ns": 5, "mode": 0o644, "xattrs": {"user.x": b"1"}, "hard_link": "1.2"}
    opened = CODECS[0].to_open(Record(b"a", "file", "file", told, {}), Context())
    assert {entry.path for entry in opened.residue} == {"xattrs", "hard_link"}
    assert not {entry.path for entry in opened.residue} & opened.document.meta.keys()


def test_an_ordinary_file_is_exact() -> None:
    told = {"name": "a.txt", "modified_ns": 1_700_000_000_000_000_001, "modified": datetime(2023, 11, 14, tzinfo=UTC)}
    record = Record(b"a.txt", "file", "file", told, {"content": BytesBody.of(b"text")})
    opened = CODECS[0].to_open(record, Context())
    assert opened.residue == () and opened.findings == ()
    assert CODECS[0].compare(record, CODECS[0].from_open(opened.document, (), Context()).record) == ()


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({"modified_ns": 0, "modified": datetime(1970, 1, 1, tzinfo=UTC)}, {"DOC-TIME-01"}),
        ({"modified_ns": 1 << 62}, {"DOC-TIME-01"}),
        ({"sparse": True}, {"DOC-FS-09"}),
        ({"hard_link": "1.2"}, {"DOC-FS-08"}),
        ({"xattrs": {"system.posix_acl_access": b""}}, {"DOC-FS-01"}),
        ({"xattrs": {"user.DosStream.Zone.Identifier:$DATA": b"", "user.DOSATTRIB": b"x"}}, {"DOC-FS-02", "DOC-FS-05"}),
        ({"xattrs": {"system.ntfs_reparse_data": b"", "user.ntfs.efsinfo": b""}}, {"DOC-FS-03", "DOC-FS-04"}),
        ({"xattrs": {"system.ntfs_dos_name": b"A~1"}}, {"DOC-FS-06"}),
        ({"xattrs": {"user.comment": b"x"}}, {"DOC-FS-11"}),
        ({"xattrs": {"user.big": None}}, {"DOC-FS-13"}),
    ],
)
def test_what_a_file_system_keeps_beside(told: dict[str, Any], codes: set[str]) -> None:
    opened = CODECS[0].to_open(Record(b"a", "file", "file", told, {}), Context())
    assert {finding.code for finding in opened.findings} == codes


@pytest.mark.parametrize(
    ("key", "target", "out"),
    [
        (b"a/b/l", "../c", False),
        (b"a/b/l", "../../c", False),
        (b"a/b/l", "../../../c", True),
        (b"l", "..", True),
        (b"l", "x/../../y", True),
        (b"l", "/etc/passwd", True),
        (b"l", "\\\\server\\share", True),
        (b"l", "C:\\x", True),
        (b"l", "..x", False),
        (b"l", "", False),
        (b"l", "a\0b", True),
    ],
)
def test_links_that_lead_out(key: bytes, target: str, out: bool) -> None:
    assert leads_out(key, target) is out
    opened = CODECS[2].to_open(Record(key, "link", "file", {"target": target}, {}), Context())
    assert {finding.code for finding in opened.findings} == ({"DOC-LINK-06"} if out else set())


def test_a_file_that_went_away_is_skipped_by_code(tmp_path: Path) -> None:
    gone = FileBody(size=100, path=str(tmp_path / "gone"))
    with pytest.raises(SkipItem) as told:
        CODECS[0].to_open(Record(b"a", "file", "file", {}, {"content": gone}), Context())
    assert told.value.code == "DOC-READ-01"


def test_each_code_is_used_and_each_used_is_told() -> None:
    rooms = Path(__file__).resolve().parents[3]
    texts = [
        p.read_text() for room in ("connectors/folder", "migrators/documents") for p in (rooms / room).glob("*.py")
    ]
    used = {name for text in texts for name in re.findall(r'"(DOC-[A-Z]+-\d\d)"', text)}
    declared = {entry.code for entry in CODES}
    assert used == declared
    counted = {name: sum(len(re.findall(f'"{name}"', text)) for text in texts) for name in declared}
    assert [name for name, times in counted.items() if times < 2] == []
    for entry in CODES:
        assert code(entry.code) is entry
        for text in (entry.what, entry.why, entry.remedy):
            assert text.fr and text.en and text.fr != text.en
