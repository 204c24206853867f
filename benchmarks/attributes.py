"""What becomes of each attribute of real directories: each entry of the exports in a folder to its document and back.

    python -m benchmarks.attributes FOLDER [--grouped]

A row for each attribute (`--grouped`: for each kind of entry and fate), and how many entries have it; in how many it
is in the document, in the residue, named by a finding (`named`), or by one that shuts its user out (`blocked`); and how
its way back is: `exact` from the document alone, `residual` with the residue, `lossy` where even that does not give it
back. An attribute can be both in the document and in the residue: some of its values, or how they were written. What
follows from other attributes is in neither and comes back by itself: `derived`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from transhumance.connectors.contract import Context, Environment, Opened, Record, Subject, Value
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.source import LdifSource
from transhumance.migrators.identities import CODES
from transhumance.migrators.identities.ad_codec import AdEntryCodec
from transhumance.migrators.identities.build import draft
from transhumance.migrators.identities.table import is_derived

_BLOCKING = frozenset(code.code for code in CODES if code.forward == "blocked")
_WORD = re.compile(r"[A-Za-z][\w;-]*")
_CODEC, _HERE = AdEntryCodec(), Context()


@dataclass(slots=True)
class Counts:
    """Of how many entries each is true."""

    entries: int = 0
    document: int = 0
    residue: int = 0
    derived: int = 0
    named: int = 0
    blocked: int = 0
    exact: int = 0
    residual: int = 0
    lossy: int = 0

    def add(self, other: Counts) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    @property
    def fate(self) -> str:
        """Of one attribute of one entry: where it is and how it comes back."""
        names = ("document", "residue", "derived", "named", "blocked", "exact", "residual", "lossy")
        return " ".join(name for name in names if getattr(self, name))


def of_entry(record: Record) -> tuple[str, dict[str, Counts]]:
    """The kind of an entry of Active Directory, and what becomes of each of its attributes."""
    opened = _CODEC.to_open(record, _HERE)
    alone = _CODEC.from_open(opened.document, (), _HERE).record.properties
    whole = _CODEC.from_open(opened.document, opened.residue, _HERE).record.properties
    named, blocked = _named(opened, False), _named(opened, True)
    found = {}
    for went in _CODEC.went(record, _HERE)[0]:
        here, name = Counts(1), went.name.lower()
        here.document, here.residue = int(bool(went.places)), int(went.kept)
        here.named, here.blocked = int(name in named), int(name in blocked)
        if is_derived(went.name) and went.left:
            here.derived = here.exact = 1
        elif _same(alone.get(went.name), went.values):
            here.exact = 1
        elif _same(whole.get(went.name), went.values):
            here.residual = 1
        else:
            here.lossy = 1
        found[went.name] = here
    source = {n: v for n, v in record.properties.items() if n != "dn" and isinstance(v, tuple)}
    return draft(str(record.properties["dn"]), source).shape.name, found  # type: ignore[arg-type]


def _same(came: Value, was: tuple[bytes, ...]) -> bool:
    return came == was


def _named(opened: Opened, blocking: bool) -> set[str]:
    """The words of the findings' details, among which are the names of attributes."""
    said = [f.detail for f in opened.findings if not blocking or f.code in _BLOCKING]
    return {word.lower() for detail in said for word in _WORD.findall(detail)}


def entries(folder: Path, spool: Path) -> Iterator[Record]:
    """Every entry of Active Directory in the exports of a folder."""
    source = LdifSource(LdifConfig.model_validate({"path": folder}), Environment("attributes", spool, folder))
    for container in source.containers(Subject(b""), "identities"):
        cursor = None
        while True:
            page = source.page(container, cursor)
            for answer in source.fetch(container, page.refs):
                if isinstance(answer, Record) and answer.form == _CODEC.form:
                    yield answer
            if (cursor := page.next) is None:
                break
    source.close()


def table(records: Iterable[Record], grouped: bool) -> list[str]:
    """The rows, the commonest first, and a sum."""
    rows: dict[tuple[str, str], Counts] = defaultdict(Counts)
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        kind, found = of_entry(record)
        for name, counts in found.items():
            row = (kind, counts.fate) if grouped else ("", name)
            rows[row].add(counts)
            names[row].add(name)
    whole = Counts()
    for counts in rows.values():
        whole.add(counts)
    heads = [field.name for field in fields(Counts)]
    out = [f"{'kind: fate (attributes)' if grouped else 'attribute':56} {' '.join(f'{head:>8}' for head in heads)}"]
    for row, counts in sorted(rows.items(), key=lambda item: (item[0][0], -item[1].entries, item[0][1])):
        title = f"{row[0]}: {row[1]} ({len(names[row])})" if grouped else row[1]
        out.append(_line(title, counts))
    return [*out, _line(f"all ({len(set().union(*names.values()))} attributes)", whole)]


def _line(title: str, counts: Counts) -> str:
    return f"{title:56} {' '.join(f'{count:8}' for count in astuple(counts))}"


def main(arguments: list[str]) -> int:
    folders = [name for name in arguments if not name.startswith("--")]
    if len(folders) != 1:
        print(__doc__)
        return 1
    with tempfile.TemporaryDirectory(prefix="attributes-") as spool:
        print("\n".join(table(entries(Path(folders[0]), Path(spool)), "--grouped" in arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
