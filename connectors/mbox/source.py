"""Reading mbox files. A file is a container, a message an item; see `index` for its key.

The item's bytes are the message without what the file adds: the `From ` line, the blank line after the message, the `>`
before protected lines. All of it comes back: the `From ` line as properties, the rest by rule.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

from transhumance.connectors.contract import (
    Body,
    BytesBody,
    Container,
    Environment,
    Fault,
    FileBody,
    ItemRef,
    Page,
    Record,
    Selector,
    Subject,
    Value,
)
from transhumance.connectors.formats.exports import Owned, subjects_of
from transhumance.connectors.formats.mailfiles import FORM, INLINE, KIND, mail_entries, root_identity, unread, why
from transhumance.connectors.formats.mailfolders import roles_by_name
from transhumance.connectors.formats.names import unescape_name
from transhumance.connectors.formats.rfc5322 import scan_header
from transhumance.connectors.mbox.config import MboxConfig
from transhumance.connectors.mbox.fromline import OPEN_END, line_properties, read_from_line
from transhumance.connectors.mbox.index import CUT, OVER, STRAY, Index, Row, located, stamp_of
from transhumance.connectors.mbox.quoting import Rule, UnquotedBody, unquote
from transhumance.connectors.mbox.side import side_of
from transhumance.connectors.mbox.status import read_status, split_status
from transhumance.connectors.mbox.tree import Place, places

_TOLD = b"/"  # a container of nothing but files of other kinds


class MboxSource:
    """mbox files, read."""

    def __init__(self, config: MboxConfig, environment: Environment) -> None:
        self._config, self._base = config, environment.base
        self._root = environment.base / config.path
        self._zone = ZoneInfo(config.timezone)
        self._indexes: dict[bytes, Index] = {}
        self._told: dict[bytes, dict[bytes, tuple[Fault, ...]]] = {}
        self._lock = threading.Lock()

    def identity(self) -> str:
        return root_identity("mbox", self._root)

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        yield from (s for s in subjects_of(self._entries()) if selector.wants(s.key))

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        if workload != "mail":
            return
        self._told.pop(subject.key, None)
        yield from self._places(subject.key)

    def page(self, container: Container, cursor: bytes | None) -> Page:
        if container.key.endswith(_TOLD):
            return Page((), None, faults=self._others(container))
        try:
            index = self._index(container)
        except OSError as error:
            line = unread(self._path(container), error)
            told = Fault(line.key, line.version, line.locator, "file")
            return Page((), None, faults=(told, *self._others(container)))
        page = index.page(cursor, self._config.page)
        if page.next is not None:
            return page
        with self._lock:
            self._indexes.pop(container.key).close()
        return Page(page.refs, None, faults=self._others(container))

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        path = self._path(container)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            yield from (Fault(ref.key, "GEN-READ-01", why(error), KIND, FORM) for ref in refs)
            return
        try:
            stamp = stamp_of(os.fstat(handle))
            found = [located(ref.key, ref.locator, stamp) or self._look_up(container, ref.key) for ref in refs]
            for where in found:
                if where is not None:
                    _soon(handle, where[0])
            for ref, where in zip(refs, found, strict=True):
                yield self._item(handle, path, ref.key, where)
        finally:
            os.close(handle)

    def close(self) -> None:
        with self._lock:
            while self._indexes:
                self._indexes.popitem()[1].close()

    # --- inside

    def _entries(self) -> list[Owned]:
        return mail_entries(self._config, self._base, (".mbox",))

    def _places(self, subject: bytes) -> Iterator[Container]:
        entries = [entry for entry in self._entries() if entry.subject == subject]
        told: dict[bytes, tuple[Fault, ...]] = {}
        found: list[Container] = []
        for entry in entries:
            lone = _shown(entry.path.name.removesuffix(".mbox") or entry.path.name)
            prefix = (lone,) if len(entries) > 1 and entry.path.is_dir() else ()
            if entry.path.is_symlink() and entry.path != self._root:
                here = [Place((*prefix, lone), entry.path, None, [(entry.path, "a link")])]
            else:
                here = places(entry.path, prefix, lone)
            roles = roles_by_name(place.names for place in here)
            for place in here:
                key = self._key(place.file) if place.file else self._key(place.folder) + _TOLD
                found.append(
                    Container(subject, "mail", key, place.names, roles.get(place.names) if place.file else None)
                )
                told[key] = self._faults_of(place)
        self._told[subject] = told
        yield from found

    def _faults_of(self, place: Place) -> tuple[Fault, ...]:
        faults = [Fault(self._key(path), "MAIL-FILE-01", reason, "file") for path, reason in place.others]
        for path, error in place.unread:
            line = unread(path, error, self._key(path) + b"/")
            faults.append(Fault(line.key, line.version, line.locator, "folder"))
        return tuple(faults)

    def _key(self, path: Path) -> bytes:
        return os.path.relpath(os.fsencode(path), os.fsencode(self._root))

    def _path(self, container: Container) -> Path:
        return self._root / os.fsdecode(container.key)

    def _others(self, container: Container) -> tuple[Fault, ...]:
        """The files of other kinds beside a folder."""
        if container.subject not in self._told:
            for _ in self._places(container.subject):
                pass
        return self._told[container.subject].get(container.key, ())

    def _index(self, container: Container) -> Index:
        """The index of a file as it is now: the target's own record of it, else one made by reading it. Raises
        `OSError` where it can't be read."""
        path = self._path(container)
        stamp = stamp_of(path.lstat())
        with self._lock:
            index = self._indexes.pop(container.key, None)
        if index is not None and index.stamp() != stamp:
            index.close()
            index = None
        if index is None:
            index = open_index(self._root, path, stamp, self._config.variant)
        with self._lock:
            self._indexes[container.key] = index
        return index

    def _look_up(self, container: Container, key: bytes) -> tuple[Row, Rule] | None:
        index = self._index(container)
        row = index.get(key)
        return (row, index.rule()) if row is not None else None

    def _item(self, handle: int, path: Path, key: bytes, where: tuple[Row, Rule] | None) -> Record | Fault:
        if where is None:
            return Fault(key, "GEN-READ-01", "gone", KIND, FORM)
        try:
            return record_of(handle, path, key, *where, self._zone)
        except OSError as error:
            return Fault(key, "GEN-READ-01", why(error), KIND, FORM)


def _shown(name: str) -> str:
    raw = unescape_name(name)
    return name if raw is None else raw.decode("utf-8", "surrogateescape")


def open_index(root: Path, path: Path, stamp: str, variant: str) -> Index:
    """The index of a file. Raises `OSError` where it can't be read."""
    side = side_of(root, path)
    if side.exists():
        try:
            record = Index(side)
            if record.stamp() == stamp:
                return record
            with closing(record):
                return _read(path, variant, record)
        except sqlite3.Error:
            pass  # the record can't be read: the file alone says what is in it
    return _read(path, variant, None)


def _read(path: Path, variant: str, record: Index | None) -> Index:
    index = Index()
    index.read(path, variant, record)
    return index


def record_of(handle: int, path: Path, key: bytes, row: Row, rule: Rule, zone: ZoneInfo) -> Record:
    """The record of a message of an open file. Raises `OSError` where it can't be read."""
    body, head = _body(handle, path, row, rule)
    properties: dict[str, Value] = {}
    if row.start > row.at:
        raw = os.pread(handle, row.start - row.at, row.at).rstrip(b"\n").removesuffix(b"\r").removesuffix(OPEN_END)
        properties |= line_properties(read_from_line(raw, zone), zone)
    status = split_status(scan_header(head).block)
    if status.lines:
        properties |= read_status(status.lines)
    if row.quoted:
        properties["mbox_unquoted"] = row.quoted
    for bit, name in ((CUT, "mbox_cut"), (STRAY, "mbox_stray"), (OVER, "mbox_over")):
        if row.marks & bit:
            properties[name] = True
    return Record(key, KIND, FORM, properties, {"content": body})


def _body(handle: int, path: Path, row: Row, rule: Rule) -> tuple[Body, bytes]:
    """The message, and its first bytes."""
    length = row.end - row.start
    raw = os.pread(handle, min(length, INLINE), row.start) if length else b""
    head = unquote(raw, rule)[0] if row.quoted else raw
    if length <= INLINE:
        if len(raw) != length:
            raise OSError(f"{length - len(raw)} bytes less than it said")
        return BytesBody.of(head), head
    if not row.quoted:
        return FileBody.of(path, row.start, length), head
    return UnquotedBody(size=row.size, path=str(path), start=row.start, length=length, rule=rule), head


def _soon(handle: int, row: Row) -> None:
    """Tells the system what will be read: keys are in no order of the file."""
    os.posix_fadvise(handle, row.at, min(row.stop - row.at, INLINE), os.POSIX_FADV_WILLNEED)
