"""A listing of a server, on disk: what came in its pages, in order of key, with subjects and who names whom as a
member. Memory stays flat whatever the number of entries."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from transhumance.connectors.contract import Fault, ItemRef, Page, Selector, Subject, Value
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import KIND, lowered, stable_id
from transhumance.connectors.formats.ldapber import Entry, raw
from transhumance.connectors.formats.ldif import LdifRecord
from transhumance.connectors.formats.people import Profile as Person
from transhumance.connectors.formats.people import members_of, profile
from transhumance.connectors.ldap.names import key_of
from transhumance.connectors.ldap.profile import Profile
from transhumance.connectors.ldap.stored import is_glue, key, version

PAGE = 5000
FORM = "ldap-entry"
_SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8192; PRAGMA temp_store=FILE;
CREATE TABLE item (key BLOB PRIMARY KEY, version TEXT, dn TEXT, size INTEGER, stable BLOB) WITHOUT ROWID;
CREATE TABLE fault (key BLOB PRIMARY KEY, detail TEXT) WITHOUT ROWID;
CREATE TABLE subject (key BLOB PRIMARY KEY, dn BLOB, said TEXT) WITHOUT ROWID;
CREATE TABLE member (who BLOB, grp TEXT, PRIMARY KEY (who, grp)) WITHOUT ROWID;
BEGIN;
"""


class Index:
    """One listing. Filled by one thread, then read by several; never changed after."""

    def __init__(self, spool: Path, server: Profile) -> None:
        spool.mkdir(parents=True, exist_ok=True)
        self._file = spool / f"ldap-index-{uuid.uuid4().hex}.db"
        self._server, self._lock = server, threading.RLock()
        self._db = sqlite3.connect(self._file, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()
            self._file.unlink(missing_ok=True)

    def add(self, entries: Iterable[Entry]) -> None:
        """Takes in a page of the server. The base and stand-ins of ours are no items."""
        base = key_of(self._server.base)
        for entry in entries:
            if key_of(entry.dn) == base or is_glue(entry):
                continue
            own = key(entry, self._server)
            if own is None:
                row = (b"9unidentified:" + raw(entry.dn), f"{self._server.id_attribute} is not shown")
                self._db.execute("INSERT OR IGNORE INTO fault VALUES (?,?)", row)
            else:
                self._add(entry, own)

    def _add(self, entry: Entry, own: bytes) -> None:
        lower = lowered(entry.attributes)
        stable = subject_key(lower.get("trhobjectguid", ()), stable_id(lower), own)
        size = sum(len(value) for values in entry.attributes.values() for value in values)
        row = (own, version(entry, self._server), entry.dn, size, stable)
        self._db.execute("INSERT OR REPLACE INTO item VALUES (?,?,?,?,?)", row)
        said = profile(LdifRecord(entry.dn, entry.attributes), lower)
        fields = {name: getattr(said, name) for name in Person.__slots__ if name not in ("sid", "primary")}
        self._db.execute(
            "INSERT OR REPLACE INTO subject VALUES (?,?,?)", (stable, raw(key_of(entry.dn)), json.dumps(fields))
        )
        rows = [(raw(dn_key(dn)), said.dn) for dn in members_of(lower)]
        self._db.executemany("INSERT OR IGNORE INTO member VALUES (?,?)", rows)

    # --- reading

    def page(self, cursor: bytes | None) -> Page:
        """The items after the cursor, which is the last key of the page before; all faults are on the first page."""
        with self._lock:
            rows = self._db.execute(
                "SELECT key, version, dn, size, stable FROM item WHERE key > ? ORDER BY key LIMIT ?",
                (cursor or b"", PAGE + 1),
            ).fetchall()
            odd = self._db.execute("SELECT key, detail FROM fault ORDER BY key").fetchall() if cursor is None else []
        refs = tuple(
            ItemRef(own, there, KIND, FORM, size, stable, dn, subject=stable)
            for own, there, dn, size, stable in rows[:PAGE]
        )
        faults = tuple(Fault(own, "GEN-READ-01", detail, KIND, FORM) for own, detail in odd)
        return Page(refs, refs[-1].key if len(rows) > PAGE else None, faults=faults)

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        """The subjects that the selector wants, in order of key."""
        if selector.keys is not None:
            for own in sorted(selector.keys):
                yield from self._subjects("WHERE key=?", own)
            return
        last = b""
        while found := list(self._subjects("WHERE key > ? ORDER BY key LIMIT 500", last)):
            yield from found
            last = found[-1].key

    def _subjects(self, where: str, value: bytes) -> Iterator[Subject]:
        with self._lock:
            rows = self._db.execute(f"SELECT key, dn, said FROM subject {where}", (value,)).fetchall()
            groups = [self._db.execute("SELECT grp FROM member WHERE who=?", (dn,)).fetchall() for _, dn, _ in rows]
        for (own, _, text), named_by in zip(rows, groups, strict=True):
            said = json.loads(text)
            yield Subject(own, said["kind"], said["name"], said["mail"], _attributes(said, [g for (g,) in named_by]))


def subject_key(origin: tuple[bytes, ...], shared: str | None, own: bytes) -> bytes:
    """Who an entry is, across systems: the id at its source where it is kept, else its entryUUID, else the server's."""
    if origin and len(origin[0]) == 36:
        return origin[0].lower()
    return shared.encode() if shared else own[1:].hex().encode()


def _attributes(said: Mapping[str, Any], named_by: list[str]) -> dict[str, Value]:
    """What a plan may select by. A group that is named twice, in different case, is one."""
    groups = {key_of(group): group for group in (*named_by, *said.get("groups", ()))}
    return {
        "dn": said["dn"],
        "ou": said["ou"],
        "groups": tuple(groups[name] for name in sorted(groups)),
        "disabled": said["disabled"],
        "mail": said["mail"],
        "login": said["login"],
        "upn": said["upn"],
        "builtin": said["builtin"],
        "dependants": tuple(said["dependants"]),
    }
