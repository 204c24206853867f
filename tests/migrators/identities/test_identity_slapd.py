"""The documents before a real server's schema: OpenLDAP's own check, with the schemas that it ships and no other.

Skipped where `slapadd` is not installed (Debian: slapd). `SLAPD_SCHEMA`: the folder of its schemas.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from transhumance.connectors.contract import Context, Environment, Record, Subject, read_all
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.source import LdifSource
from transhumance.migrators.identities import CODECS

SLAPADD = shutil.which("slapadd") or shutil.which("slapadd", path="/usr/sbin:/sbin")
SCHEMA = Path(os.environ.get("SLAPD_SCHEMA", "/etc/ldap/schema"))

pytestmark = pytest.mark.skipif(
    SLAPADD is None or not (SCHEMA / "inetorgperson.schema").exists(), reason="slapadd is not installed here"
)


def check(folder: Path, documents: bytes) -> str:
    """What slapadd says of these entries, without writing them; empty when it takes them all."""
    modules = next((p for p in (SCHEMA.parents[2] / "usr/lib/ldap", Path("/usr/lib/ldap")) if p.exists()), "")
    (folder / "db").mkdir()
    lines = [f"include {SCHEMA / name}.schema" for name in ("core", "cosine", "inetorgperson", "nis")]
    lines += [f"modulepath {modules}", "moduleload back_mdb", "moduleload ppolicy", "database mdb", 'suffix ""']
    lines += [f"directory {folder / 'db'}", "overlay ppolicy"]
    (folder / "slapd.conf").write_text("\n".join(lines) + "\n")
    (folder / "in.ldif").write_bytes(documents)
    assert SLAPADD is not None
    command = [SLAPADD, "-f", str(folder / "slapd.conf"), "-u", "-c", "-l", str(folder / "in.ldif")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr


def test_the_cases_are_taken(tmp_path: Path) -> None:
    cases = Path(__file__).with_name("cases")
    assert check(tmp_path, b"\n".join(f.read_bytes() for f in sorted(cases.glob("*/document.ldif")))) == ""


@pytest.mark.corpora
def test_the_corpus_is_taken(corpora: Callable[..., Path], tmp_path: Path) -> None:
    folder = corpora("ldif")
    source = LdifSource(LdifConfig.model_validate({"path": folder}), Environment("c", tmp_path / "spool", folder))
    documents = []
    for container in source.containers(Subject(b""), "identities"):
        for record in source.fetch(container, source.page(container, None).refs):
            if isinstance(record, Record) and record.form == "ad-entry":
                documents.append(read_all(CODECS[0].to_open(record, Context()).document.bodies["content"]))
    source.close()
    assert check(tmp_path, b"\n".join(documents)) == ""
