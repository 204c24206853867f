"""LDIF and csvde exports as a source."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import BinaryIO

from transhumance.connectors.contract import (
    Container,
    Environment,
    Fault,
    ItemRef,
    Page,
    Record,
    Selector,
    StopEndpoint,
    Subject,
    Text,
    key_text,
)
from transhumance.connectors.formats.entry import KIND, properties_of
from transhumance.connectors.formats.ldif_stream import INCOMPLETE, Found, Trouble
from transhumance.connectors.ldif import journal
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.entries import version_of
from transhumance.connectors.ldif.files import Export, exports
from transhumance.connectors.ldif.index import Index, read_locator
from transhumance.connectors.ldif.scan import Reader, read_at

WORKLOAD = "identities"


class LdifSource:
    """Exports, indexed when first asked for, and again when a listing starts anew after one of the files changed."""

    def __init__(self, config: LdifConfig, environment: Environment) -> None:
        self._root = environment.base / config.path
        self._spool = environment.spool
        self._reader = Reader(environment.spool, config.encoding, config.max_entry_mib << 20)
        self._lock = threading.RLock()
        self._exports: dict[bytes, Export] = {}
        self._seen: tuple[object, ...] = ()
        self._index: Index | None = None
        self._old: list[Index] = []

    def identity(self) -> str:
        return identity_of(self._root)

    def close(self) -> None:
        with self._lock:
            for index in (*self._old, self._index):
                if index:
                    index.close()
            self._index, self._seen = None, ()
            self._old.clear()

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        yield from self._indexed(fresh=True).subjects(selector)

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        """One for each file, for the empty subject only. `base`: what the names in all files end in."""
        if subject.key or workload != WORKLOAD:
            return
        found = exports(self._root)
        base = self._indexed(fresh=False).base if found else ""
        for export in found:
            said = {"file": key_text(export.key), "base": base}
            yield Container(b"", WORKLOAD, export.key, export.path, properties=said)

    def page(self, container: Container, cursor: bytes | None) -> Page:
        index = self._indexed(fresh=cursor is None)
        return index.page(self._number(container), cursor)

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        export = next((e for e in exports(self._root) if e.key == container.key), None)
        with ExitStack() as opened:
            files = _Files(export, self._reader, opened)
            for ref in refs:
                yield files.record(ref, ref.locator, ref.version) or self._again(container, ref)

    def _again(self, container: Container, ref: ItemRef) -> Record | Fault:
        """The entry wherever it is now: the file was written again since it was listed."""
        gone = Fault(ref.key, "GEN-READ-01", "no longer in the file", ref.kind, ref.form)
        index = self._indexed(fresh=True)
        export = self._exports.get(container.key)
        item = index.find(self._number(container), ref.key) if export else None
        if item is None:
            return gone
        with ExitStack() as opened:
            return _Files(export, self._reader, opened).record(ref, item.locator, item.version) or gone

    def _number(self, container: Container) -> int:
        if container.key not in self._exports:
            name = key_text(container.key)
            raise StopEndpoint(
                Text(
                    f"{name} : le fichier n'est plus là ; remettez-le, ou relancez `assess`",
                    f"{name}: the file is no longer there; put it back, or run `assess` again",
                )
            )
        return list(self._exports).index(container.key)

    def _indexed(self, fresh: bool) -> Index:
        """The index of all files. `fresh`: made again where a file changed since."""
        with self._lock:
            if self._index and not fresh:
                return self._index
            found = exports(self._root)
            seen = tuple(export.signature() for export in found)
            if self._index is None or seen != self._seen:
                if self._index:
                    self._old.append(self._index)  # another thread may be reading it
                self._index = Index(self._spool / f"ldif-index-{uuid.uuid4().hex}.db")
                self._exports, self._seen = {export.key: export for export in found}, seen
                for number, export in enumerate(found):
                    load(self._index, number, export, self._reader)
                self._index.complete()
            return self._index


class _Files:
    """A file and its journal, opened once for a batch of reads."""

    def __init__(self, export: Export | None, reader: Reader, opened: ExitStack) -> None:
        self._export, self._reader, self._opened = export, reader, opened
        self._streams: dict[str, BinaryIO] = {}

    def record(self, ref: ItemRef, locator: str, version: str) -> Record | None:
        """The entry that lies there, when it is of that version."""
        where = read_locator(locator)
        if self._export is None or where is None:
            return None
        source, start, size = where
        try:
            if source not in self._streams:
                file = self._export.journal if source == "j" else self._reader.text_of(self._export)
                self._streams[source] = self._opened.enter_context(open(file, "rb"))
            record = read_at(self._streams[source], start, size)
        except OSError:
            return None
        if record is None or version_of(record) != version:
            return None
        return Record(ref.key, KIND, ref.form, properties_of(record))


def load(index: Index, number: int, export: Export, reader: Reader) -> int:
    """Takes a file and its journal into an index; returns where the journal's last whole batch ends."""
    name = key_text(export.key)
    try:
        for found in reader.scan(export):
            index.add(number, name, found)
    except OSError as error:
        reason = f"the file can't be read: {error.strerror or type(error).__name__}"
        index.add(number, name, Found(0, 0, 0, reason.encode(), trouble=Trouble(INCOMPLETE, 0, reason)))
    if not export.journal.exists():
        return 0
    end = 0
    with open(export.journal, "rb") as stream:
        for steps, upto in journal.batches(export.journal, reader.limit):
            for step in steps:
                index.drop(number, step.key)
                record = read_at(stream, step.start, step.size) if step.size else None
                if record:
                    index.add(number, name, Found(step.start, step.size, 0, b"", record), "j")
            end = upto
    return end


def identity_of(root: os.PathLike[str]) -> str:
    """The device and inode of the folder, or of the folder that holds the file, and the file's name: an export that is
    written over is the same endpoint, a copy elsewhere is not."""
    try:
        where = os.path.realpath(root)
        folder = where if os.path.isdir(where) else os.path.dirname(where)
        found = os.stat(folder)
    except OSError:
        return f"ldif:{os.path.realpath(root)}"
    name = "" if folder == where else ":" + key_text(os.fsencode(os.path.basename(where)))
    return f"ldif:{found.st_dev:x}:{found.st_ino:x}{name}"
