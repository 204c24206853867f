"""An endpoint of a real LDAP server, and entries to write there: for the tests of the room `ldap`."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transhumance.connectors.contract import Container, Environment, Expect, Fence, Outcome, Record, Value, Write
from transhumance.connectors.ldap.config import LdapConfig
from transhumance.connectors.ldap.source import LdapSource
from transhumance.connectors.ldap.target import LdapTarget
from transhumance.fixtures.services.directory import Directory

FENCE = Fence("test", 1)
PERSON = (b"top", b"person", b"organizationalPerson", b"inetOrgPerson")


def person(uid: str, above: str = "", **more: Value) -> Record:
    """A person whose name is relative to the base."""
    raw = uid.encode()
    said: dict[str, Value] = {"objectClass": PERSON, "uid": (raw,), "cn": (raw,), "sn": (raw,), **more}
    return Record(raw, "entry", "ldap-entry", {"dn": f"uid={uid}{above}", **said})


def group(name: str, *members: str, above: str = "") -> Record:
    """A group of these relative names."""
    said: dict[str, Value] = {"objectClass": (b"top", b"groupOfNames"), "cn": (name.encode(),)}
    said["member"] = tuple(member.encode() for member in members)
    return Record(name.encode(), "entry", "ldap-entry", {"dn": f"cn={name}{above}", **said})


def unit(name: str, above: str = "", **more: Value) -> Record:
    said: dict[str, Value] = {"objectClass": (b"top", b"organizationalUnit"), "ou": (name.encode(),), **more}
    return Record(name.encode(), "entry", "ldap-entry", {"dn": f"ou={name}{above}", **said})


@dataclass(slots=True)
class Endpoint:
    """A unit of its own at a server, as a target and as a source."""

    server: Directory
    folder: Path
    base: str
    settings: dict[str, Any] = field(default_factory=dict)
    target: LdapTarget = field(init=False)
    _opened: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reopen()

    def config(self) -> LdapConfig:
        s = self.server
        said = {"url": s.ldaps, "ca_file": s.ca_file, "username": s.admin, "password": s.password, "base": self.base}
        return LdapConfig.model_validate({**said, "timeout": 20, **self.settings})

    def environment(self) -> Environment:
        return Environment("essai", self.folder / f"spool{len(self._opened)}", self.folder, state=self.folder / "state")

    def reopen(self) -> LdapTarget:
        """The target as another process would open it."""
        self.target = LdapTarget(self.config(), self.environment())
        self._opened.append(self.target)
        return self.target

    def source(self) -> LdapSource:
        self._opened.append(LdapSource(self.config(), self.environment()))
        return self._opened[-1]  # type: ignore[no-any-return]

    def place(self) -> Container:
        return self.target.ensure(Container(b"", "identities", b"test", ("test",)))

    def write(self, *records: Record, expect: str = "absent", keys: tuple[bytes, ...] = ()) -> list[Outcome]:
        pairs = itertools.zip_longest(records, keys)
        writes = [Write(r.key, r, Expect(expect), own) for r, own in pairs]
        return self.target.write(self.place(), writes, FENCE)

    def change(self, record: Record, was: Outcome) -> Outcome:
        """Writes a new state over the one that an outcome told."""
        (outcome,) = self.target.write(
            self.place(), [Write(record.key, record, Expect(was.version), was.target_key)], FENCE
        )
        return outcome

    def back(self, *outcomes: Outcome) -> list[Any]:
        return list(self.target.read_back(self.place(), [o.target_key for o in outcomes]))

    def seen(self, *words: object) -> str:
        """What an independent client sees below the base."""
        return self.server.search(self.base, *words).decode()

    def close(self) -> None:
        for end in self._opened:
            end.close()
