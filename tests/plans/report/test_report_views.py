"""The CSV annexes, the text, and the writing of all files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import stat
import unicodedata
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from bs4 import BeautifulSoup

from transhumance.plans.report import ReportDefect, annexes, build, document_bytes, summary, write, writer
from transhumance.plans.report.facts import GradeCounts, Wave

GOLDEN = Path(__file__).with_name("golden")
FILES = (
    "losses.csv",
    "matrix.csv",
    "inventory.csv",
    "quarantine.csv",
    "verification.csv",
    "blocked.csv",
    "links-cut.csv",
)


def sheet(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf") and content.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))


def test_annexes_hold_every_row(samples: ModuleType) -> None:
    document = build(samples.sample())
    sheets = {name: sheet(content) for name, content in annexes(document).items()}
    assert tuple(sheets) == FILES
    assert len(sheets["losses.csv"]) == len(document["losses"]) == 14
    assert len(sheets["matrix.csv"]) == 13
    assert len(sheets["inventory.csv"]) == 7 + 5 + 2 + 3
    assert (
        len(sheets["verification.csv"]) == 2 and len(sheets["quarantine.csv"]) == 1 and len(sheets["blocked.csv"]) == 3
    )
    loss = next(row for row in sheets["losses.csv"] if row["code"] == "MAIL-CATEGORY-01" and row["wave"] == "pilote")
    assert (loss["count"], loss["accepted"], loss["accepted_by"], loss["sample"]) == (
        "12",
        "true",
        "DSI",
        "mail:7f3a91 mail:02bc44",
    )
    assert loss["what_fr"].startswith("La couleur") and loss["what_en"].startswith("The colour")
    matrix = {row["property"]: row for row in sheets["matrix.csv"]}
    assert (matrix["mot de passe"]["accepted"], matrix["mot de passe"]["accepted_by"]) == ("partly", "RSSI")
    assert matrix["photo"]["accepted"] == ""
    check = sheets["verification.csv"][1]
    assert (check["checked"], check["sample"], check["seed"], check["confidence"]) == ("3068", "299", "4b1d", "0.95")


def test_every_link_that_a_wave_cuts_is_a_row(samples: ModuleType) -> None:
    facts = samples.sample()
    (cut,) = facts.affinity
    pairs = tuple(f"a{n:02} -> c{n:02}" for n in range(7))
    facts = replace(facts, affinity=(replace(cut, sample=pairs[:3], links=pairs),))
    rows = sheet(annexes(build(facts))["links-cut.csv"])
    assert [(row["from"], row["to"]) for row in rows] == [(f"a{n:02}", f"c{n:02}") for n in range(7)]
    assert {(row["wave"], row["kind"]) for row in rows} == {("cardiologie", "délégation d'agenda")}


def test_what_was_not_assessed_has_a_row_that_says_so(samples: ModuleType) -> None:
    quiet = samples.quiet()
    for name, content in annexes(build(quiet)).items():
        rows = sheet(content)
        assert [next(iter(row.values())) for row in rows] == ([] if name == "losses.csv" else ["not_assessed"])
    looked = replace(quiet, quarantine=(), verification=(), blocked=(), matrix=(), affinity=())
    written = annexes(build(looked))
    assert all(not sheet(written[name]) for name in FILES if name != "inventory.csv")


def test_no_cell_is_a_formula_or_hides_anything(samples: ModuleType) -> None:
    for content in annexes(build(samples.hostile())).values():
        text = content.decode("utf-8-sig")
        assert not set(text) & set("\0\x1b\u202e\u200b")
        for row in sheet(content):
            assert None not in row and None not in row.values()
            assert not [cell for cell in row.values() if cell.lstrip().startswith(("=", "+", "-", "@", "\t"))]
    losses = sheet(annexes(build(samples.hostile()))["losses.csv"])
    assert '\'=HYPERLINK("http://evil.example")' in {row["code"] for row in losses}
    assert max(len(row["code"]) for row in losses) == 10_000  # the annexe is whole


def columns(line: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("name", ["sample", "two_waves", "quiet"])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_summary_is_the_golden_one(samples: ModuleType, name: str, lang: str) -> None:
    """`REWRITE_GOLDEN=1` writes the files again; their difference is then reviewed."""
    said = re.sub(r"[0-9a-f]{64}", "<digest>", summary(build(getattr(samples, name)()), lang))
    path = GOLDEN / f"summary.{name}.{lang}.txt"
    if os.environ.get("REWRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
    assert said == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_summary_is_80_columns_and_hides_nothing(samples: ModuleType, lang: str) -> None:
    facts = samples.hostile()
    wide = replace(
        facts,
        waves=(*facts.waves, Wave(id="日本語" * 9)),
        cells=(*facts.cells, replace(facts.cells[0], wave="日本語" * 9)),
    )
    said = summary(build(wide), lang)
    assert max(columns(line) for line in said.split("\n")) <= 80
    assert not set(said) & set("\0\x1b\u202e\u200b\u00a0\u202f")
    assert "18 200 411 " not in said or "18 200…" not in said  # a number is never cut
    assert re.search(r"18.200.411$", said, re.M)


def test_write_makes_every_file_whole_and_private(samples: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "report"
    paths = write(samples.sample(), folder, ("fr", "en"))
    names = [path.name for path in paths]
    assert names == [
        "reversibility.json",
        "reversibility.html",
        "reversibility.txt",
        "reversibility.en.html",
        "reversibility.en.txt",
        *FILES,
    ]
    assert sorted(os.listdir(folder)) == sorted(names)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in paths)
    raw = paths[0].read_bytes()
    assert json.loads(raw) == json.loads(document_bytes(build(samples.sample())))
    french, english = paths[1].read_text("utf-8"), paths[3].read_text("utf-8")
    assert (BeautifulSoup(french, "html.parser").html["lang"], BeautifulSoup(english, "html.parser").html["lang"]) == (
        "fr",
        "en",
    )
    digest = hashlib.sha256(raw).hexdigest()
    assert digest in french and digest in english and digest in paths[2].read_text("utf-8")


def test_write_twice_is_the_same(samples: ModuleType, tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in write(samples.sample(), tmp_path)}
    assert {path.name: path.read_bytes() for path in write(samples.sample(), tmp_path)} == first


def test_a_defect_leaves_the_old_report(samples: ModuleType, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in write(samples.quiet(), tmp_path)}
    broken = replace(samples.quiet(), cells=(replace(samples.quiet().cells[0], grades=GradeCounts()),))
    with pytest.raises(ReportDefect):
        write(broken, tmp_path)
    with pytest.raises(KeyError):
        write(samples.sample(), tmp_path, ("de",))
    with pytest.raises(ValueError):
        write(samples.sample(), tmp_path, ())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_failing_disk_leaves_no_part_of_a_file(
    samples: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in write(samples.quiet(), tmp_path)}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer.os, "fsync", full)
    with pytest.raises(OSError):
        write(samples.sample(), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
