"""What still depends on the source: as long as any of it is there, the source cannot be switched off.

The directory's inventory says it of each subject (`kind`, and the attribute `dependants` that a directory's connector
gives). `dependants.csv`, beside the plan, is where the team writes who sees to each and how: what was written there by
hand is kept whatever the inventory says next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from transhumance.connectors.contract import Text, key_text
from transhumance.plans.model import csv_text
from transhumance.plans.project import Project

FILE: Final = "dependants.csv"
COLUMNS: Final = ("key", "kind", "name", "what", "owner", "remedy")

_WAYS: Final = {
    "service": (
        Text("compte de service de la source", "service account of the source"),
        Text(
            "trouver ce qui s'en sert, lui donner un compte du nouvel annuaire",
            "find what uses it, give it an account of the new directory",
        ),
    ),
    "computer": (
        Text("poste ou serveur joint au domaine", "machine joined to the domain"),
        Text("le rattacher au nouvel annuaire ou le retirer", "join it to the new directory or retire it"),
    ),
    "services": (
        Text(
            "service annoncé par un SPN : des clients s'y connectent par Kerberos",
            "service announced by an SPN: clients log in to it by Kerberos",
        ),
        Text(
            "donner au service une autre authentification (OIDC, LDAP), puis retirer le SPN",
            "give the service another authentication (OIDC, LDAP), then take the SPN away",
        ),
    ),
    "delegation": (
        Text("délégation Kerberos", "Kerberos delegation"),
        Text("revoir le service qui agit au nom des personnes", "review the service that acts on people's behalf"),
    ),
    "smart-card": (
        Text("carte à puce liée au compte", "smart card tied to the account"),
        Text("lier la carte au nouvel annuaire", "tie the card to the new directory"),
    ),
    "certificates": (
        Text("certificats émis pour le compte", "certificates issued for the account"),
        Text("vérifier qui les émet et les renouvelle", "see who issues and renews them"),
    ),
    "home-folder": (
        Text("dossier personnel sur un serveur de fichiers", "home folder on a file server"),
        Text("déplacer le dossier ou en changer les droits", "move the folder or change its rights"),
    ),
    "profile": (
        Text("profil itinérant", "roaming profile"),
        Text("prévoir le profil du poste", "plan for the profile of the machine"),
    ),
    "logon-script": (
        Text("script d'ouverture de session", "log-on script"),
        Text("refaire ce que fait le script", "do again what the script does"),
    ),
}
"""Each way of depending, and what to do about it. A mailbox is not one: the mail workload moves it."""


@dataclass(frozen=True, slots=True)
class Dependant:
    """One way in which one subject of the directory rests on the source. `owner`, `own_remedy`: what the team wrote,
    empty where nobody did."""

    key: str
    kind: str
    name: str
    way: str
    owner: str = ""
    own_remedy: str = ""

    @property
    def what(self) -> Text:
        """How it rests on the source."""
        return _WAYS[self.way][0]

    @property
    def remedy(self) -> Text:
        """What the team wrote, else what one does about such a thing."""
        return Text(self.own_remedy, self.own_remedy) if self.own_remedy else _WAYS[self.way][1]


def dependants(project: Project) -> tuple[Dependant, ...] | None:
    """What the directory's inventory says, with what the team wrote (nothing where its file can't be read: `assess`
    tells that). None where the plan has no directory."""
    if not project.plan.directory:
        return None
    try:
        written = _written(project.loaded.base / FILE)
    except csv_text.CsvFault:
        written = {}
    return tuple(
        Dependant(key, row["kind"], label(row), way, *_by_hand(written.get(key), way))
        for row in project.ledger.inventory()
        if row["endpoint"] == project.plan.directory
        for way in _ways(row)
        for key in [f"{key_text(row['subject'])}/{way}"]
    )


def label(row: Mapping[str, Any]) -> str:
    """A subject of the inventory by its name, else its login, else its key."""
    login = row["attributes"].get("login")
    return row["name"] or (login if isinstance(login, str) else "") or key_text(row["subject"])


def write_dependants(project: Project, lang: str) -> tuple[Dependant, ...] | None:
    """Writes `dependants.csv` anew with what the team wrote kept in it. A line that the team filled in stays after its
    subject has gone. Raises `csv_text.CsvFault` where the file can't be read: then it is left as it is."""
    path = project.loaded.base / FILE
    written = _written(path)
    found = dependants(project)
    if found:
        there = {each.key for each in found}
        kept = [cells for key, cells in written.items() if key not in there and (cells[4] or _hand(cells[5], ""))]
        lines = [(d.key, d.kind, d.name, d.what(lang), d.owner, d.remedy(lang)) for d in found]
        csv_text.write(path, COLUMNS, [*map(_plain, lines), *kept])
    return found


def _ways(row: Mapping[str, Any]) -> Iterator[str]:
    attributes = row["attributes"]
    if row["kind"] in ("service", "computer"):
        yield row["kind"]
    elif attributes.get("builtin"):
        return  # the domain's own accounts go with it
    for way in attributes.get("dependants") or ():
        if way in _WAYS and not (row["kind"] == "computer" and way == "services"):  # each machine has its own names
            yield way


def _written(path: Path) -> dict[str, tuple[str, ...]]:
    """The lines of the file by key; none where it is not there. Raises `CsvFault`."""
    if not path.exists():
        return {}
    lines: Iterable[csv_text.Row] = csv_text.rows(csv_text.read_text(path))
    out: dict[str, tuple[str, ...]] = {}
    for row in lines:
        if row.fault:
            raise csv_text.CsvFault(row.fault, row.line)
        cells = (*row.cells, *[""] * len(COLUMNS))[: len(COLUMNS)]
        if cells[0] not in ("", COLUMNS[0]):
            out[cells[0]] = cells
    return out


def _by_hand(cells: tuple[str, ...] | None, way: str) -> tuple[str, str]:
    return ("", "") if cells is None else (cells[4].strip(), _hand(cells[5], way))


def _hand(remedy: str, way: str) -> str:
    """A remedy that is none of ours."""
    ours = [text for name, (_, text) in _WAYS.items() if way in ("", name)]
    said = remedy.strip()
    return "" if any(said in (text.fr, text.en) for text in ours) else said


def _plain(cells: tuple[str, ...]) -> tuple[str, ...]:
    """What is no printable character is replaced, so that the file can be read again."""
    return tuple("".join(char if char.isprintable() else "\ufffd" for char in cell) for cell in cells)
