"""Who is whom: a mailbox, a calendar, an account, each matched to one subject of the directory, or to nobody, and
said so.

`people.csv` decides where it speaks; else a key, address, login or old address (proxyAddresses) that exactly one
subject has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from transhumance.connectors.contract import Text as Said
from transhumance.connectors.contract import UserError, key_from_text, key_text
from transhumance.plans.model.people import Kind, People, Person, Status, read_people, write_people
from transhumance.plans.project import Project

PEOPLE_LIKE = frozenset({"person", "group", "shared_mailbox", "resource"})
_ALIASES = ("login", "upn", "mail", "proxy_addresses", "proxyAddresses", "dn")


@dataclass(frozen=True, slots=True)
class Known:
    """A subject of an endpoint's inventory."""

    endpoint: str
    key: bytes
    kind: str
    name: str
    mail: str
    attributes: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What people call it: its address, else its login, else its key."""
        login = self.attributes.get("login")
        return self.mail or (login if isinstance(login, str) else "") or key_text(self.key)

    def names(self) -> set[str]:
        """Every text by which it may be named, folded."""
        found = {key_text(self.key), self.mail, self.name}
        for alias in _ALIASES:
            value = self.attributes.get(alias)
            values = value if isinstance(value, list | tuple) else [value]
            found |= {v.partition(":")[2] if alias.startswith("proxy") else v for v in values if isinstance(v, str)}
        return {text.casefold() for text in found if text}


@dataclass(slots=True)
class Directory:
    """The subjects of the directory, by every name that they have."""

    subjects: dict[bytes, Known] = field(default_factory=dict)
    by_name: dict[str, set[bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, subjects: Iterable[Known]) -> Directory:
        """An index of these subjects."""
        directory = cls()
        for subject in subjects:
            directory.subjects[subject.key] = subject
            for name in subject.names():
                directory.by_name.setdefault(name, set()).add(subject.key)
        return directory

    def find(self, name: str) -> list[Known]:
        """Every subject that a name may mean."""
        return [self.subjects[key] for key in sorted(self.by_name.get(name.casefold(), ()))]


@dataclass(frozen=True, slots=True)
class Match:
    """A subject of a source and whom it belongs to. `status`: matched, unmatched, ambiguous, excluded, or `own` for
    what needs no person (a share, a site, a database, or any subject where the plan names no directory)."""

    subject: Known
    person: Known | None
    status: str
    logins: Mapping[str, str] = field(default_factory=dict)


def inventory(project: Project, endpoint: str, workload: str | None = None) -> list[Known]:
    """The subjects of an endpoint's inventory, each once. Raises `UserError` when it was never assessed."""
    rows = project.ledger.inventory(endpoint)
    if not rows and not any(e["what"] == "assess" for e in project.ledger.events()):
        raise UserError(
            Said("aucun inventaire : lancez d'abord `transhume assess`", "no inventory: run `transhume assess` first")
        )
    found = {
        row["subject"]: Known(endpoint, row["subject"], row["kind"], row["name"], row["mail"], row["attributes"])
        for row in rows
        if workload is None or row["workload"] == workload
    }
    return [found[key] for key in sorted(found)]


def people(project: Project) -> dict[str, Person]:
    """What `people.csv` says, by source key. Raises `UserError` with its first mistakes."""
    if project.plan.people is None or not (project.loaded.base / project.plan.people).exists():
        return {}
    read: People = read_people(project.loaded.base / project.plan.people, lang=project.lang)
    if read.errors:
        text = "\n".join(str(error) for error in read.errors[:20])
        raise UserError(Said(text, text), where=str(project.plan.people))
    return read.by_key()


class Matcher:
    """Matches subjects of sources to the directory, by `people.csv` first."""

    def __init__(self, project: Project) -> None:
        self.directory: Directory | None = None
        if project.plan.directory:
            self.directory = Directory.of(inventory(project, project.plan.directory))
        self.people = people(project)
        self._by_login: dict[tuple[str, str], list[str]] = {}
        for key, person in self.people.items():
            for endpoint, login in person.logins.items():
                self._by_login.setdefault((endpoint, login.casefold()), []).append(key)

    def match(self, project: Project, subject: Known) -> Match:
        """Whom a subject of a source belongs to."""
        if subject.endpoint == project.plan.directory:
            return self._matched(subject, subject)
        if self.directory is None or subject.kind not in PEOPLE_LIKE:
            return Match(subject, None, "own", self._logins(key_text(subject.key)))
        keys = {k for name in self._own_names(subject) for k in self._by_login.get((subject.endpoint, name), ())}
        if len(keys) == 1:
            return self._told(subject, self.people[keys.pop()])
        found = {p.key: p for name in self._own_names(subject) for p in self.directory.find(name)}
        if len(found) == 1:
            return self._matched(subject, next(iter(found.values())))
        return Match(subject, None, "ambiguous" if found or keys else "unmatched")

    def _own_names(self, subject: Known) -> set[str]:
        """A mailbox's display name proves nothing: key, address and login do."""
        return {n for n in subject.names() if n != subject.name.casefold() or n == key_text(subject.key).casefold()}

    def _told(self, subject: Known, person: Person) -> Match:
        if person.status == "excluded":
            return Match(subject, None, "excluded")
        assert self.directory is not None
        known = self.directory.subjects.get(key_from_text(person.source_key))
        return Match(subject, known, "matched" if known else "unmatched", dict(person.logins))

    def _matched(self, subject: Known, person: Known) -> Match:
        told = self.people.get(key_text(person.key))
        if told is not None and told.status == "excluded":
            return Match(subject, None, "excluded")
        return Match(subject, person, "matched", self._logins(key_text(person.key)))

    def _logins(self, key: str) -> Mapping[str, str]:
        return dict(self.people[key].logins) if key in self.people else {}


def propose(project: Project) -> tuple[int, int]:
    """Writes the proposal of `people.csv` beside the plan (`people.proposed.csv` where the file is there already).
    Returns how many subjects are matched, of how many."""
    matcher = Matcher(project)
    if matcher.directory is None:
        return 0, 0
    logins: dict[bytes, dict[str, str]] = {}
    loose: list[Match] = []
    directory = {project.plan.directory or ""}  # its own key there: some have no other login, and each row needs one
    endpoints = sorted({name for w in project.plan.workloads.values() for name in [*w.from_, *w.to]} | directory)
    for name in sorted({n for w in project.plan.workloads.values() for n in w.from_} | directory):
        for subject in inventory(project, name):
            match = matcher.match(project, subject)
            if match.person is not None:
                logins.setdefault(match.person.key, {})[name] = key_text(subject.key)
            elif match.status in ("unmatched", "ambiguous"):
                loose.append(match)
    subjects = [p for p in matcher.directory.subjects.values() if p.kind in PEOPLE_LIKE]
    rows = [_row(p, logins.get(p.key, {}), matcher) for p in subjects] + [_loose(match) for match in loose]
    path = project.loaded.base / (project.plan.people or "people.csv")
    if path.exists():
        path = path.with_suffix(".proposed.csv")
    write_people(path, rows, endpoints=endpoints)
    return sum(row.status == "matched" for row in rows), len(rows)


def _loose(match: Match) -> Person:
    subject = match.subject
    login = {subject.endpoint: key_text(subject.key)}
    status = cast(Status, match.status)
    return Person(key_text(subject.key), _kind(subject), _plain(subject.name), _plain(subject.mail), status, login)


def _plain(text: str) -> str:
    """A name as a CSV file can hold it: what is no printable character is replaced."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _kind(subject: Known) -> Kind:
    return cast(Kind, subject.kind if subject.kind in PEOPLE_LIKE else "person")


def _row(subject: Known, logins: Mapping[str, str], matcher: Matcher) -> Person:
    told = matcher.people.get(key_text(subject.key))
    status: Status = told.status if told else "matched"
    merged = {**logins, **(dict(told.logins) if told else {})}
    return Person(key_text(subject.key), _kind(subject), _plain(subject.name), _plain(subject.mail), status, merged)
