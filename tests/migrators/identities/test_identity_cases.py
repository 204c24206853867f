"""One folder a case: an entry, and what it becomes: document, residue, findings.

`TRANSHUMANCE_GOLDEN=write` writes what is expected anew; read the difference before keeping it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests_support_identity_strip import strip

from transhumance.connectors.contract import Context, Opened, Record, read_all
from transhumance.connectors.contract.manifest import to_json
from transhumance.connectors.formats.entry import properties_of
from transhumance.connectors.formats.ldif import parse_record
from transhumance.migrators.identities import CODECS

AD = CODECS[0]
HERE = Context(mapping={"rpps": "extensionAttribute1"})
CASES = sorted(folder for folder in Path(__file__).with_name("cases").iterdir() if folder.is_dir())


def _residue(opened: Opened) -> list[dict[str, Any]]:
    return [
        {"path": e.path, "value": to_json(e.value), "of": e.part if e.kind == "part" else "item"}
        for e in opened.residue
    ]


def _findings(opened: Opened) -> list[str]:
    return [f"{f.code} {f.detail}".strip() for f in opened.findings]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    record = Record(b"k", "entry", "ad-entry", properties_of(parse_record((case / "entry.ldif").read_bytes())))
    opened = AD.to_open(record, HERE)
    document = read_all(opened.document.bodies["content"])
    residue = json.dumps(_residue(opened), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    findings = json.dumps(_findings(opened), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("TRANSHUMANCE_GOLDEN") == "write":
        (case / "document.ldif").write_bytes(document)
        (case / "residue.json").write_text(residue)
        (case / "findings.json").write_text(findings)
    assert document.decode() == (case / "document.ldif").read_text()
    assert residue == (case / "residue.json").read_text()
    assert findings == (case / "findings.json").read_text()
    back = AD.from_open(opened.document, opened.residue, HERE)
    assert AD.compare(record, back.record) == () == back.findings
    assert strip(record, opened) == []


def test_there_are_cases() -> None:
    assert len(CASES) >= 15
