"""A realm as a source: read whole into the spool, then given in order of key."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from transhumance.connectors.contract import (
    Container,
    Diagnosis,
    Environment,
    Fault,
    ItemRef,
    Page,
    Record,
    Selector,
    Subject,
    Value,
)
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.dn import dn_key, parent_dn
from transhumance.connectors.keycloak.config import KeycloakConfig
from transhumance.connectors.keycloak.opened import WORKLOAD, Opened

PAGE = 5000
_AGE = 30.0  # seconds for which one reading of the realm serves several questions about its subjects
_BUILT_IN = frozenset({"offline_access", "uma_authorization"})
_SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
CREATE TABLE item (key BLOB PRIMARY KEY, version TEXT, id TEXT, dn TEXT, body TEXT) WITHOUT ROWID;
CREATE INDEX item_id ON item (id);
CREATE TABLE member (who TEXT, grp TEXT, PRIMARY KEY (who, grp)) WITHOUT ROWID;
CREATE TABLE role (who TEXT, role TEXT, PRIMARY KEY (who, role)) WITHOUT ROWID;
"""


class Listing:
    """One reading of a realm, on disk."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.made = time.monotonic()
        self._file, self._lock = file, threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()
            self._file.unlink(missing_ok=True)

    def add(self, said: Mapping[str, Any]) -> None:
        """Takes a user or group in."""
        key, name = kc.key_of(kc.rank_of(said), str(said["id"])), kc.name_of(said)
        row = (key, kc.version_of(said), str(said["id"]), name, json.dumps(said))
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO item VALUES (?,?,?,?,?)", row)
            rows = [(dn_key(member), name) for member in said.get("members", ())]
            self._db.executemany("INSERT OR IGNORE INTO member VALUES (?,?)", rows)

    def add_role(self, role: str, users: Sequence[str]) -> None:
        """Users who were granted a role."""
        with self._lock:
            self._db.executemany("INSERT OR IGNORE INTO role VALUES (?,?)", [(user, role) for user in users])

    def rows(self, query: str, *args: Any) -> list[Any]:
        with self._lock:
            return self._db.execute(query, args).fetchall()

    def body(self, key: bytes) -> dict[str, Any] | None:
        """A user or group by key."""
        found = self.rows("SELECT body, id FROM item WHERE key=?", key)
        if not found:
            return None
        said = {name: tuple(v) if isinstance(v, list) else v for name, v in json.loads(found[0][0]).items()}
        roles = tuple(role for (role,) in self.rows("SELECT role FROM role WHERE who=? ORDER BY role", found[0][1]))
        return {**said, "realmRoles": roles} if roles else said


class KeycloakSource:
    """Users and groups of one realm."""

    def __init__(self, config: KeycloakConfig, environment: Environment) -> None:
        self.opened = Opened(config, environment)
        self._spool = environment.spool
        self._lock = threading.RLock()
        self._listing: Listing | None = None
        self._old: list[Listing] = []

    def identity(self) -> str:
        return self.opened.realm.identity()

    def diagnose(self) -> Iterator[Diagnosis]:
        """What `check` tells of the realm."""
        yield from self.opened.realm.diagnose()

    def close(self) -> None:
        with self._lock:
            for listing in (*self._old, self._listing):
                if listing is not None:
                    listing.close()
            self._listing = None
            self._old.clear()
        self.opened.close()

    # --- listing

    def _read(self, at_most: float) -> Listing:
        """A reading of the realm that is no older than so many seconds."""
        with self._lock:
            if self._listing is not None and time.monotonic() - self._listing.made <= at_most:
                return self._listing
            self.opened.realm.there()
            fresh = Listing(self._spool / f"keycloak-{uuid.uuid4().hex}.db")
            for users in self.opened.pages():
                self.opened.kept.know((user["id"], kc.name_of(self.opened.described(user))) for user in users)
                for user in users:
                    fresh.add(self.opened.described(user))
            for group in list(self.opened.groups.all(fresh=True)):
                if (said := self.opened.groups.properties(group)) is not None:
                    fresh.add(said)
            for role, users in self._roles():
                fresh.add_role(role, users)
            if self._listing is not None:
                self._old.append(self._listing)  # another thread may be reading it
            self._listing = fresh
            return fresh

    def _roles(self) -> Iterator[tuple[str, list[str]]]:
        answer = self.opened.session.realm("GET", "roles", params={"max": 10000}, bears=(403,))
        for role in answer.data if answer.ok else ():
            name = str(role["name"])
            if name in _BUILT_IN or name.startswith("default-roles-"):
                continue
            users = self.opened.session.realm("GET", "roles", name, "users", params={"max": 1_000_000}, bears=(404,))
            yield name, [str(user["id"]) for user in users.data or ()]

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        listing = self._read(_AGE)
        keys = [key for (key,) in listing.rows("SELECT key FROM item ORDER BY key")]
        for key in keys:
            if selector.wants(key) and (said := listing.body(key)) is not None:
                yield _subject(key, said, listing)

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        """The one of the realm, for the empty subject."""
        if not subject.key and workload == WORKLOAD:
            yield self.opened.container()

    def page(self, container: Container, cursor: bytes | None) -> Page:
        listing = self._read(0.0 if cursor is None else float("inf"))
        query = "SELECT key, version, length(body) FROM item WHERE key > ? ORDER BY key LIMIT ?"
        rows = listing.rows(query, cursor or b"", PAGE + 1)
        refs = tuple(
            ItemRef(key, version, kc.KIND, kc.FORM, size, str(kc.id_of(key)).encode(), subject=key)
            for key, version, size in rows[:PAGE]
        )
        return Page(refs, refs[-1].key if len(rows) > PAGE else None)

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        listing = self._read(float("inf"))
        yield from self.opened.session.map(lambda ref: self._record(listing, ref), refs)

    def _record(self, listing: Listing, ref: ItemRef) -> Record | Fault:
        said = listing.body(ref.key)
        if said is None:
            return Fault(ref.key, "GEN-READ-01", "not in the realm", ref.kind, ref.form)
        if said["type"] == kc.USER and (kinds := self.opened.users.credentials(str(said["id"]))):
            said["credentials"] = kinds
        return Record(ref.key, kc.KIND, kc.FORM, said)


def _subject(key: bytes, said: Mapping[str, Any], listing: Listing) -> Subject:
    """A user, group or unit as a plan may select it: the same names as in any directory."""
    kind = {"ou": "ou", kc.GROUP: "group", kc.USER: "person"}[kc.rank_of(said)]
    dn, mail = kc.name_of(said), said.get("email")
    groups = listing.rows("SELECT grp FROM member WHERE who=? ORDER BY grp", dn_key(dn))
    name = " ".join(filter(None, (said.get("firstName"), said.get("lastName")))) or said.get("username")
    attributes: dict[str, Value] = {
        "dn": dn,
        "ou": parent_dn(dn),
        "groups": tuple(group for (group,) in groups),
        "disabled": said.get("enabled") is False,
        "mail": mail,
        "login": said.get("username", ""),
        "upn": (said.get(kc.ATTRIBUTES + "trh.upn") or ("",))[0],
        "builtin": False,
        "dependants": ("federation",) if said.get("federationLink") else (),
    }
    return Subject(key, kind, str(said.get("name") or name), str(mail) if mail else None, attributes)
