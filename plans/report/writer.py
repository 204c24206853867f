"""Writes a report into a folder: everything is made in memory first, then each file is replaced whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from transhumance.plans.report.annexes import annexes
from transhumance.plans.report.document import build, document_bytes
from transhumance.plans.report.facts import ReportFacts
from transhumance.plans.report.render import render
from transhumance.plans.report.site import Site
from transhumance.plans.report.summary import summary

JSON = "reversibility.json"


def write(facts: ReportFacts, folder: Path, langs: Sequence[str] = ("fr",), site: Site | None = None) -> list[Path]:
    """The paths written: `reversibility.json`, the page and the text in each language, the CSV annexes.

    The first language's page is `reversibility.html`, another's `reversibility.en.html`. Raises ReportDefect where
    the facts contradict themselves, KeyError for a language that there is none of, OSError from the disk; a file is
    then either the old one or the new one, never a part of it. Files are readable by their owner only: they name
    people and systems.
    """
    if not langs:
        raise ValueError("a report needs a language")
    document = build(facts)
    files = {JSON: document_bytes(document)}
    for at, lang in enumerate(dict.fromkeys(langs)):
        middle = f".{lang}" if at else ""
        files[f"reversibility{middle}.html"] = render(document, lang, site).encode()
        files[f"reversibility{middle}.txt"] = summary(document, lang).encode()
    files |= annexes(document)
    folder.mkdir(parents=True, exist_ok=True)
    return [_replace(folder / name, content) for name, content in files.items()]


def _replace(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
