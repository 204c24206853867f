"""Membership files of waves (`members.csv`): one member a line, however a hospital's lists come.

The column headed `source_key`, `mail` or `login` (or what Active Directory and Exchange exports call these), in that
order of preference; without such a heading the first column, from the first line on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transhumance.plans.model import csv_text
from transhumance.plans.model.csv_text import CsvFault, Row
from transhumance.plans.model.errors import Lang, Place, PlanError
from transhumance.plans.model.messages import Problem

# In the order in which they are preferred; all lower case.
HEADINGS: Final = (
    "source_key", "mail", "login",
    "email", "e-mail", "courriel", "primarysmtpaddress", "userprincipalname", "upn", "samaccountname", "identifiant",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A name in a membership file, and its line."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class MemberFile:
    """What a file says. `column`: the heading that was used, empty for the first column. `errors`: lines left out,
    and why.
    """

    members: tuple[Member, ...]
    errors: tuple[PlanError, ...]
    encoding: str
    column: str


def read_members(path: Path, *, lang: Lang = "fr") -> MemberFile:
    """The file's members, each once, in its order. Never raises for what the file holds."""
    problems: list[Problem] = []
    encoding, column = "", ""
    members: dict[str, Member] = {}
    try:
        source = csv_text.read_text(path)
        encoding = source.encoding
        rows = list(csv_text.rows(source))
        if not rows:
            raise CsvFault("csv-empty")
        column, at = _column(rows[0])
        for row in rows[1:] if column else rows:
            if fault := row.fault or ("" if at < len(row.cells) and row.cells[at].strip() else "csv-no-member"):
                problems.append(Problem(fault, Place(str(path), row.line)))
            else:
                name = row.cells[at].strip()
                members.setdefault(name.casefold(), Member(name, row.line))
    except CsvFault as fault_:
        problems.append(Problem(fault_.name, Place(str(path), fault_.line), params=fault_.params))
    errors = tuple(problem.render(lang) for problem in problems)
    return MemberFile(tuple(members.values()), errors, encoding, column)


def _column(first: Row) -> tuple[str, int]:
    cells = [cell.strip().casefold() for cell in first.cells]
    return next(((heading, cells.index(heading)) for heading in HEADINGS if heading in cells), ("", 0))
