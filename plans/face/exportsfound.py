"""Exports that lie near a new plan, guessed by their names only: what `init` proposes, and a person corrects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transhumance.connectors.contract import connectors
from transhumance.plans.model.starter import Source

DEPTH, MOST = 4, 20_000
_SUFFIXES: Final = {
    ".pst": "pst",
    ".ost": "pst",
    ".ldf": "ldif",
    ".ldif": "ldif",
    ".eml": "eml",
    ".mbox": "mbox",
    ".ics": "ics",
    ".vcf": "vcf",
}
_MAILDIR: Final = {"cur", "new", "tmp"}


@dataclass(frozen=True, slots=True)
class Found:
    """An export that was found, and how many entries of its kind it has."""

    source: Source
    count: int


def exports_in(folder: Path) -> list[Found]:
    """The exports under a folder, a few levels deep, one for each connector."""
    places: dict[str, list[str]] = {}
    for connector, place in _seen(folder):
        places.setdefault(connector, []).append(place)
    known = connectors()
    return [
        Found(Source(_name(common, connector), connector, common), len(found))
        for connector, found in sorted(places.items())
        if connector in known and known[connector].source and (common := _common(found)) is not None
    ]


def _seen(folder: Path) -> Iterator[tuple[str, str]]:
    """(connector, folder that holds it) of each entry that looks like an export. Links are not followed."""
    root, count = str(folder), 0
    for place, names, files in os.walk(root):
        relative = os.path.relpath(place, root)
        depth = 0 if relative == "." else relative.count(os.sep) + 1
        maildir = _MAILDIR <= set(names)
        names[:] = sorted(n for n in names if not n.startswith(".") and depth < DEPTH and not maildir)
        if maildir:
            yield "maildir", os.path.dirname(relative) or "."
        for name in files:
            count += 1
            if count > MOST:
                return
            connector = _SUFFIXES.get(os.path.splitext(name)[1].lower())
            if connector:
                yield connector, relative


def _common(places: list[str]) -> str | None:
    """The folder that holds them all; None where that is the plan's own folder, which holds other things too."""
    common = os.path.commonpath(places) if places else ""
    return common if common not in ("", ".") else None


def _name(path: str, connector: str) -> str:
    name = os.path.basename(path)
    return name if name.isascii() and name.replace("-", "").replace("_", "").isalnum() else connector
