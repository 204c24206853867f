"""A small estate of files, and the command line over it: in this process for speed, or in one of its own."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from transhumance.cli import main

HOSTILE = "eve\u202e@chu.example"
FOLDER = "IN\x1b[31mBOX\n\u202e"
PLAN = """\
format: transhumance.plan/1
id: essai-2026
title: Essai
establishment: {name: CHU de Valombre, finess: "690000000"}
endpoints:
  annuaire: {connector: ldif, path: annuaire.ldif}
  boites: {connector: eml, path: boites}
  archive: {connector: archive, path: archive}
  retour: {connector: eml, path: retour}
directory: annuaire
people: people.csv
workloads:
  mail: {from: boites, to: archive, back: {to: retour}}
policies: {deletions: {mode: remove, max_share: 0.2}, drift: {max_share: 1.0}}
waves:
  - {id: pilote, workloads: [mail], members: {people: [alice@chu.example]}}
  - {id: reste, after: {pilote: verified}, workloads: [mail], members: {all: true},
     windows: {final: [{days: [fri], from: "20:00", to: "06:00"}]}, timezone: Europe/Paris}
"""


def mail(folder: Path, name: str, subject: str = "Compte rendu", text: str = "Bonjour") -> None:
    """One message as a file; it has nothing that a codec would remark on."""
    folder.mkdir(parents=True, exist_ok=True)
    head = f"From: a@chu.example\r\nTo: b@chu.example\r\nSubject: {subject}\r\nMessage-ID: <{name}@chu.example>\r\n"
    head += "Date: Mon, 02 Mar 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n"
    (folder / f"{name}.eml").write_bytes(f"{head}\r\n{text}\r\n".encode())


def person(login: str, name: str, mail: str) -> str:
    """An entry of the directory."""
    shown = base64.b64encode(name.encode()).decode()
    address = base64.b64encode(mail.encode()).decode()
    return (
        f"dn: uid={login},ou=people,dc=chu,dc=example\nobjectClass: inetOrgPerson\nuid: {login}\n"
        f"cn: {login}\nsn: {login}\ndisplayName:: {shown}\nmail:: {address}\n\n"
    )


@dataclass(slots=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of `--json`."""
        return [json.loads(line) for line in self.out.splitlines()]

    def one(self, kind: str) -> dict[str, Any]:
        """The only line of a type."""
        (found,) = [line for line in self.lines if line["message_type"] == kind]
        return found

    @property
    def last(self) -> str:
        """The last line of the result."""
        return self.out.rstrip("\n").splitlines()[-1]


@dataclass(slots=True)
class Estate:
    """A folder with a plan, a directory, two mailboxes and one with a hostile name."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> Path:
        return self.folder / "plan.yaml"

    def fill(self) -> Estate:
        """Alice has eleven messages, Bob one and a file that is none, Eve one."""
        boxes = self.folder / "boites"
        for number in range(10):
            mail(boxes / "alice@chu.example" / "INBOX", f"a{number:03}")
        mail(boxes / "alice@chu.example" / "Envoyés", "s1")
        mail(boxes / "bob@chu.example" / "INBOX", "b1")
        (boxes / "bob@chu.example" / "INBOX" / "note.txt").write_text("no message")
        mail(boxes / HOSTILE / FOLDER, "e\x1b[2J\n1")
        (self.folder / "annuaire.ldif").write_text(
            "version: 1\n\n"
            + person("alice", "Alice Éloïse D'Arc", "alice@chu.example")
            + person("bob", "Bob", "bob@chu.example")
            + person("eve", "Eve\u202e", HOSTILE)
        )
        self.plan.write_text(PLAN, encoding="utf-8")
        return self

    def __call__(self, *words: str, lang: str = "fr", stdin: str | None = None) -> Said:
        """Runs a command in this process, from the folder of the plan."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            with pytest.MonkeyPatch.context() as patched:
                for name, value in self.environment.items():
                    patched.setenv(name, value)
                result = CliRunner().invoke(main, ["--lang", lang, *words], input=stdin, prog_name="transhume")
        finally:
            os.chdir(before)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output, result.output
        return Said(result.exit_code, result.stdout, result.stderr)

    def process(self, *words: str, **environment: str) -> Said:
        """Runs a command in a process of its own."""
        ended = subprocess.run(
            [sys.executable, "-m", "transhumance.cli", *words],
            cwd=self.folder,
            env={**os.environ, **self.environment, **environment},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        return Said(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """A folder with nothing in it."""
    monkeypatch.setenv("TRANSHUMANCE_CODECS", "inline")
    return Estate(tmp_path, {"TRANSHUMANCE_ACTOR": "dsi", "TRANSHUMANCE_CODECS": "inline", "LC_ALL": "C.UTF-8"})


@pytest.fixture
def estate(empty: Estate) -> Estate:
    """The estate, filled."""
    return empty.fill()


@pytest.fixture
def planned(estate: Estate) -> Estate:
    """Assessed and planned."""
    estate("assess")
    estate("plan")
    return estate


@pytest.fixture
def approved(planned: Estate) -> Estate:
    """Both waves approved."""
    for wave in ("pilote", "reste"):
        assert planned("approve", "--wave", wave, "--yes").code == 0
    return planned


_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?"), "<time>"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:<digest>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"(?m)(?<= )[0-9a-f]{8}$"), "<digest>"),
    (re.compile(r"\d+([.,]\d)?\s(s|min)\b( \d\d\ss)?"), "<seconds>"),
    (re.compile(r"[\d,\u202f]+/s\b"), "<rate>/s"),
    (re.compile(r"[\d.,]+\s[GT][oB]"), "<free>"),
    (re.compile(r"(?<=  )[\d,\u202f]{7,}(?=  )"), "<inodes>"),
    (re.compile(r"\((ext4|overlay|tmpfs|xfs|btrfs|\?)\)"), "(<file system>)"),
    (re.compile(r"defect-\d{8}T\d{6}"), "defect-<time>"),
    (re.compile(r"(versions ?: )\S+ > \S+"), r"\1<versions>"),
    (re.compile(r" {2,}"), "  "),
)


@pytest.fixture
def steady() -> Callable[[str, Path], str]:
    """A function that takes times, speeds, digests and places out of a text, so that it can be compared."""

    def steadied(text: str, folder: Path) -> str:
        text = text.replace(str(folder), "<folder>")
        for pattern, name in _VOLATILE:
            text = pattern.sub(name, text)
        return "".join(line.rstrip() + "\n" for line in text.splitlines())

    return steadied
