"""`people.csv`: who each subject of the source is at the targets. `assess` proposes it, people correct it, waves rest
on it.

Columns: `source_key;kind;name;mail;status`, then one per endpoint with the subject's login there. How the file is
read and written: see `csv_text`. A line that can't be used is told with its number and left out, the others stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from transhumance.plans.model import csv_text
from transhumance.plans.model.csv_text import CsvFault, Row
from transhumance.plans.model.errors import Lang, Place, PlanError, printable
from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import Problem

Kind = Literal["person", "group", "shared_mailbox", "resource"]
Status = Literal["matched", "unmatched", "ambiguous", "excluded"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)
STATUSES: Final[tuple[str, ...]] = get_args(Status)
COLUMNS: Final = ("source_key", "kind", "name", "mail", "status")
LOGIN: Final = "login:"
_REQUIRED: Final = ("source_key", "kind", "status")


@dataclass(frozen=True, slots=True)
class Person:
    """One subject. `source_key`: as the source's connector writes keys. `logins`: target login by endpoint, without
    empty ones.

    `line`: where it stands in the file, 0 for a proposal.
    """

    source_key: str
    kind: Kind
    name: str = ""
    mail: str = ""
    status: Status = "unmatched"
    logins: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class People:
    """What a file says. `errors`: lines that are left out, and why. `encoding`: as what it was read."""

    rows: tuple[Person, ...]
    errors: tuple[PlanError, ...]
    encoding: str
    endpoints: tuple[str, ...]

    def by_key(self) -> dict[str, Person]:
        """The subjects by their source key."""
        return {person.source_key: person for person in self.rows}


def read_people(path: Path, *, endpoints: Iterable[str] | None = None, lang: Lang = "fr") -> People:
    """The file's subjects, and its errors sorted by line. `endpoints`: the plan's, to refuse columns of others; None
    for any.

    Never raises for what the file holds: one that can't be read at all gives no rows and an error.
    """
    problems: list[Problem] = []
    reader = _Reader(str(path), problems, None if endpoints is None else sorted(endpoints))
    encoding, rows = "", []
    try:
        source = csv_text.read_text(path)
        encoding = source.encoding
        rows = list(reader.people(csv_text.rows(source)))
    except CsvFault as fault:
        problems.append(Problem(fault.name, Place(str(path), fault.line), params=fault.params))
    rows = reader.without_doubles(rows)
    errors = tuple(problem.render(lang) for problem in sorted(problems, key=lambda problem: problem.place))
    return People(tuple(rows), errors, encoding, reader.logins)


def write_people(path: Path, people: Iterable[Person], *, endpoints: Sequence[str]) -> None:
    """Writes the file, a line for each subject in the order given, a login column for each endpoint."""
    lines = (
        [person.source_key, person.kind, person.name, person.mail, person.status]
        + [person.logins.get(endpoint, "") for endpoint in endpoints]
        for person in people
    )
    csv_text.write(path, [*COLUMNS, *map(_column, endpoints)], lines)


def _column(endpoint: str) -> str:
    """The heading of an endpoint's logins; one that is named like a column of ours gets a prefix."""
    return LOGIN + endpoint if endpoint in COLUMNS else endpoint


class _Reader:
    def __init__(self, shown: str, problems: list[Problem], endpoints: list[str] | None) -> None:
        self.shown, self.problems, self.endpoints = shown, problems, endpoints
        self.logins: tuple[str, ...] = ()

    def people(self, rows: Iterator[Row]) -> Iterator[Person]:
        header = next(rows, None)
        if header is None:
            self._add("csv-empty", 1)
            return
        if (columns := self._columns(header)) is None:
            return
        for row in rows:
            if (person := self._person(row, columns)) is not None:
                yield person

    def _columns(self, header: Row) -> list[str] | None:
        """The column names, or None where the file can't be read by them."""
        names = [cell.strip() for cell in header.cells]
        names = [name.casefold() if name.casefold() in COLUMNS else name for name in names]
        while names and not names[-1]:  # Excel keeps emptied columns
            names.pop()
        self.logins = tuple(name for name in names if name and name not in COLUMNS)
        before = len(self.problems)
        for name in _REQUIRED:
            if name not in names:
                self._add("csv-column-missing", header.line, value=name, columns=", ".join(map(printable, names)))
        for name, count in Counter(names).items():
            if count > 1:
                self._add("csv-column-twice", header.line, value=printable(name))
        known = None if self.endpoints is None else [*COLUMNS, *map(_column, self.endpoints), *self.endpoints]
        for name in self.logins if len(self.problems) == before else ():
            if known is not None and name not in known:
                self._add(
                    "csv-column-unknown", header.line, value=printable(name), guess=nearest(name, known), known=known
                )
        return names if len(self.problems) == before else None

    def _person(self, row: Row, columns: list[str]) -> Person | None:
        cells = dict(zip(columns, row.cells, strict=False))
        values = {name: cell if name == "source_key" else cell.strip() for name, cell in cells.items()}
        if not self._usable(row, values, columns):
            return None
        logins = {name.removeprefix(LOGIN): values[name] for name in self.logins if values[name]}
        if values["status"] == "matched" and not logins:
            self._add("csv-no-login", row.line, value=printable(values["source_key"]))
            return None
        kind, status = cast(Kind, values["kind"]), cast(Status, values["status"])
        return Person(
            values["source_key"], kind, values.get("name", ""), values.get("mail", ""), status, logins, row.line
        )

    def _usable(self, row: Row, values: dict[str, str], columns: list[str]) -> bool:
        if row.fault:
            self._add(row.fault, row.line)
            return False
        if len(row.cells) < len(columns) or any(cell.strip() for cell in row.cells[len(columns) :]):
            self._add("csv-cells", row.line, count=len(row.cells), wanted=len(columns))
            return False
        if not values["source_key"].strip():
            self._add("csv-no-key", row.line)
            return False
        kind = self._one_of("kind", values["kind"], KINDS, row.line)
        return self._one_of("status", values["status"], STATUSES, row.line) and kind

    def _one_of(self, column: str, value: str, known: tuple[str, ...], line: int) -> bool:
        if value in known:
            return True
        self._add("csv-value", line, column=column, value=printable(value), guess=nearest(value, known), known=known)
        return False

    def without_doubles(self, people: list[Person]) -> list[Person]:
        """One line a source key, one subject a login: who shares either with another is left out, both of them for a
        login.
        """
        keys: dict[str, Person] = {}
        for person in people:
            if (first := keys.setdefault(person.source_key, person)) is not person:
                self._add("csv-key-twice", person.line, value=printable(person.source_key), first=first.line)
        owners: dict[tuple[str, str], Person] = {}
        bad: set[str] = set()
        for person in keys.values():
            for endpoint, login in person.logins.items() if person.status == "matched" else ():
                first = owners.setdefault((endpoint, login.casefold()), person)
                if first is not person:
                    params = {"value": printable(login), "endpoint": endpoint, "first": first.line}
                    self._add("csv-login-twice", person.line, **params)
                    bad |= {first.source_key, person.source_key}
        return [person for person in keys.values() if person.source_key not in bad]

    def _add(self, name: str, line: int, **params: Any) -> None:
        self.problems.append(Problem(name, Place(self.shown, line), params=params))
