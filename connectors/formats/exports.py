"""The layout of exports on disk: whose each file or folder is.

Three ways, one rule each. `subject: KEY`: everything under `path` is theirs. `assign: FILE.csv`: two columns, an
entry of `path` and its subject; an entry may be named twice for nobody, many entries may have one subject. Neither:
each entry directly under `path` is one subject, named by it (without its suffix where it is a file).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from transhumance.connectors.contract import StopEndpoint, Subject, Text, UserError, key_text
from transhumance.connectors.formats.names import escape_name, unescape_name


class ExportConfig(BaseModel):
    """Fields that every connector of files on disk has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(description="folder or file of the export, relative to the plan")
    assign: Path | None = Field(None, description="CSV: entry of `path`, key of its subject")
    subject: str | None = Field(None, description="the one subject that everything under `path` belongs to")


@dataclass(frozen=True, slots=True)
class Owned:
    """An entry of the export and whose it is. `unassigned`: nobody said so, its own name was taken."""

    subject: bytes
    path: Path
    unassigned: bool = False


def owned_entries(config: ExportConfig, base: Path, suffixes: tuple[str, ...] = ()) -> list[Owned]:
    """The entries of an export, sorted by name. `suffixes` (lower case) are cut off a file's name to make its
    subject's.

    Raises `UserError` where `path` is not there or the assignment names what is not there, `StopEndpoint` where it
    can't be read.
    """
    root = base / config.path
    if not os.path.lexists(root):
        raise UserError(Text(f"{config.path} : introuvable", f"{config.path}: not found"), where="path")
    if config.subject is not None:
        return [Owned(config.subject.encode(), root)]
    if not os.path.isdir(root):
        return [Owned(_stem(os.fsencode(root.name), suffixes), root, unassigned=True)]
    assigned = read_assignment(base / config.assign) if config.assign else {}
    entries = {name: root / os.fsdecode(name) for name in sorted(_listed(root))}
    if lost := sorted(set(assigned) - set(entries)):
        names = ", ".join(key_text(name) for name in lost[:5])
        raise UserError(
            Text(
                f"{config.assign} : {len(lost)} entrée(s) absente(s) de {config.path} : {names}",
                f"{config.assign}: {len(lost)} entry(ies) not in {config.path}: {names}",
            ),
            where="assign",
        )
    return [
        Owned(assigned[name], path) if name in assigned else Owned(_stem(name, suffixes), path, unassigned=True)
        for name, path in entries.items()
    ]


def _listed(root: Path) -> list[bytes]:
    """The names directly under the export's folder."""
    try:
        os.stat(root / ".")  # may it be entered? Its entries would only seem not to be there
        return os.listdir(os.fsencode(root))
    except OSError as error:
        raise StopEndpoint(
            Text(
                f"{root} : le dossier ne peut être lu ({error.strerror}) ; rien n'est tenu pour supprimé. Donnez au "
                "compte le droit de le lire, puis recommencez",
                f"{root}: the folder can't be read ({error.strerror}); nothing is taken for deleted. Give the account "
                "the right to read it, then start again",
            )
        ) from None


def _stem(name: bytes, suffixes: tuple[str, ...]) -> bytes:
    text = os.fsdecode(name)
    for suffix in suffixes:
        if text.lower().endswith(suffix) and len(text) > len(suffix):
            text = text[: -len(suffix)]
            break
    raw = unescape_name(text)
    return os.fsencode(text) if raw is None else raw


def read_assignment(path: Path) -> dict[bytes, bytes]:
    """The assignment file: entry name to subject key. UTF-8 or, as French Excel writes, cp1252; `,` or `;`; a header
    is skipped."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(
            Text(f"{path} : illisible ({error})", f"{path}: can't be read ({error})"), where="assign"
        ) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    first = text.split("\n", 1)[0]
    rows = csv.reader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")
    found: dict[bytes, bytes] = {}
    for number, row in enumerate(rows, 1):
        if not row or (number == 1 and len(row) > 1 and row[1].strip().lower() in ("subject", "sujet", "source_key")):
            continue
        if len(row) < 2 or not row[0].strip() or not row[1].strip():
            raise UserError(
                Text(f"{path}:{number} : deux colonnes attendues", f"{path}:{number}: two columns expected"),
                where="assign",
            )
        entry, subject = os.fsencode(row[0].strip()), row[1].strip().encode()
        if found.setdefault(entry, subject) != subject:
            raise UserError(
                Text(f"{path}:{number} : {row[0]} a deux sujets", f"{path}:{number}: {row[0]} has two subjects"),
                where="assign",
            )
    return found


def subjects_of(owned: list[Owned], kind: str = "person") -> Iterator[Subject]:
    """One subject for each owner, in order of key; `unassigned` says that only the file's name tells whose it is."""
    for key in sorted({entry.subject for entry in owned}):
        entries = [entry for entry in owned if entry.subject == key]
        name = key.decode("utf-8", "replace")
        yield Subject(
            key,
            kind,
            name,
            mail=name if "@" in name else None,
            attributes={
                "entries": tuple(key_text(os.fsencode(e.path.name)) for e in entries),
                "unassigned": any(e.unassigned for e in entries),
            },
        )


def subject_folder(root: Path, subject: bytes) -> Path:
    """Where a file target keeps one subject: a folder under its root, named by the escaped key."""
    return root / escape_name(subject)
