"""LDIF files as a target: one file a container, a journal beside it until the pass ends."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
    Container,
    Environment,
    Expect,
    Fault,
    Fence,
    Finding,
    Outcome,
    Record,
    Space,
    StaleLease,
    Status,
    StopEndpoint,
    Subject,
    Text,
    UserError,
    Write,
    key_text,
)
from transhumance.connectors.formats.durable import commit, make_folders, sync_folder, write_aside
from transhumance.connectors.formats.entry import KIND, is_change, properties_of, record_of
from transhumance.connectors.formats.ldif import VERSION, LdifError, LdifRecord, canonical, parse_record, write_record
from transhumance.connectors.formats.ldif_stream import Found
from transhumance.connectors.formats.names import escape_name
from transhumance.connectors.ldif import journal, merge
from transhumance.connectors.ldif.before import Images
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.entries import item_key, version_of
from transhumance.connectors.ldif.files import Export, exports, plain
from transhumance.connectors.ldif.index import Index, Item
from transhumance.connectors.ldif.scan import Reader, read_at
from transhumance.connectors.ldif.source import WORKLOAD, identity_of, load

ALONE = "entries"  # the file of a container that has no path


@dataclass(slots=True)
class _Open:
    """A container's file as it was last seen by us: its index, where its journal ends, and what would tell that
    another wrote to it."""

    export: Export
    index: Index
    end: int
    seen: tuple[object, ...]


class LdifTarget:
    """LDIF files under a folder."""

    def __init__(self, config: LdifConfig, environment: Environment) -> None:
        self._root = environment.base / config.path
        self._spool = environment.spool
        self._reader = Reader(environment.spool, config.encoding, config.max_entry_mib << 20)
        self._open: dict[Path, _Open] = {}

    def identity(self) -> str:
        return identity_of(self._root)

    def close(self) -> None:
        for state in self._open.values():
            state.index.close()
        self._open.clear()

    def space(self, subject: Subject | None = None) -> Space:
        """The room on the folder's disk, or on the one where it will be made."""
        at = self._root.absolute()
        while not at.exists():
            at = at.parent
        disk = os.statvfs(at)
        used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
        return Space(disk.f_bavail * disk.f_frsize, disk.f_favail if disk.f_files else None, used)

    # --- containers

    def ensure(self, container: Container) -> Container:
        if self._root.exists() and not self._root.is_dir():
            name = self._root.name
            raise UserError(
                Text(f"{name} : une cible LDIF est un dossier", f"{name}: an LDIF target is a folder"), where="path"
            )
        file = self._file(container)
        made = Container(b"", WORKLOAD, os.fsencode(file.relative_to(self._root)), container.path or (ALONE,))
        if file.exists():
            return replace(made, properties={"file": key_text(made.key)})
        make_folders(file.parent)
        _, _, temp = write_aside(file, [VERSION])
        with suppress(FileExistsError):
            commit(temp, file, Fence("ensure", 0), replace=False)
        sync_folder(file.parent)
        return replace(made, properties={"file": key_text(made.key)})

    def _file(self, container: Container) -> Path:
        *folders, name = map(escape_name, container.path or (ALONE,))
        return self._root.joinpath(*folders, name + ".ldif")

    @contextmanager
    def _locked(self, container: Container) -> Iterator[_Batch]:
        """Alone with the container's file, and a batch to fill."""
        export = self._export(container)
        if not export.file.exists():
            raise self._unusable(export)
        with journal.locked(export.file.parent):
            yield _Batch(self._state(export), Images(self._root, export))

    def _export(self, container: Container) -> Export:
        file = self._file(container)
        return Export(os.fsencode(file.relative_to(self._root)), file, container.path)

    def _state(self, export: Export) -> _Open:
        """The container's file, indexed; again where someone else changed it."""
        state, seen = self._open.get(export.file), export.signature()
        if state and state.seen == seen:
            return state
        if state:
            state.index.close()
        if not export.file.exists() or plain(export, self._spool).file != export.file:
            raise self._unusable(export)
        index = Index(self._spool / f"ldif-target-{uuid.uuid4().hex}.db", subjects=False)
        self._open[export.file] = _Open(export, index, load(index, 0, export, self._reader), seen)
        return self._open[export.file]

    def _unusable(self, export: Export) -> StopEndpoint:
        name = key_text(export.key)
        return StopEndpoint(
            Text(
                f"{name} n'est pas un fichier LDIF simple (absent, comprimé ou UTF-16) ; rien n'y est écrit, "
                "choisissez un autre dossier",
                f"{name} is no plain LDIF file (missing, compressed or UTF-16); nothing is written there, choose "
                "another folder",
            )
        )

    # --- writing

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        entry, code, detail = self._entry(record)
        return () if entry else (Finding(code, detail),)

    def _entry(self, record: Record) -> tuple[LdifRecord | None, str, str]:
        """The entry to write, or the code that refuses it and why."""
        try:
            entry = record_of(record.properties)
        except ValueError as error:
            return None, "ID-LDIF-05", str(error)
        if is_change(entry):
            return None, "ID-CHG-02", entry.changetype
        entry = canonical(LdifRecord(entry.dn, entry.attributes))
        text = write_record(entry)
        if len(text) > self._reader.limit:
            return None, "ID-LDIF-03", f"{len(text)} bytes, the limit is {self._reader.limit}"
        try:
            if parse_record(text) == entry:
                return entry, "", ""
        except LdifError as error:
            return None, "ID-LDIF-05", error.reason
        return None, "ID-LDIF-05", "it does not read back the same"

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        fence.check()
        with self._locked(container) as batch:
            outcomes = [self._write(batch, write) for write in writes]
            self._commit(batch, fence)
        return outcomes

    def _write(self, batch: _Batch, write: Write) -> Outcome:
        entry, code, detail = self._entry(write.record)
        if entry is None:
            return Outcome(write.key, Status.REFUSED, code=code, detail=detail)
        key, version = item_key(entry), version_of(entry)
        old_key = write.target_key or key
        old = batch.version(old_key)
        if old == version and key == old_key:
            return Outcome(write.key, Status.UNCHANGED, key, version)
        taken = key != old_key and batch.version(key) is not None
        if taken or not _as_expected(old, write.expect):
            return Outcome(write.key, Status.CONFLICT, old_key, old or "", code="GEN-CONFLICT-01")
        before = batch.keep(old_key)
        if key != old_key:
            batch.remove(old_key)
        batch.put(key, entry, version)
        return Outcome(write.key, Status.WRITTEN, key, version, before)

    def _commit(self, batch: _Batch, fence: Fence) -> None:
        """Before-images durable, then the batch, in one flush each."""
        if not batch.ops:
            return
        state = batch.state

        def may_write() -> None:
            fence.check()
            if state.export.signature() != state.seen:
                raise StaleLease(f"{key_text(state.export.key)}: {fence.chunk}")

        batch.images.save()
        placed, state.end = journal.append(state.export.journal, state.end, batch.ops, may_write)
        for op in placed:
            state.index.drop(0, op.key)
            if op.record:
                state.index.add(0, "", Found(op.start, op.size, 0, b"", op.record), "j")
        state.seen = state.export.signature()

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        state = self._state(self._export(container))
        replaced = {w.expect.version for w in writes} - {ABSENT, ANY}
        kept = Images(self._root, state.export).find(replaced) if replaced else {}
        return [self._probe(state, write, kept) for write in writes]

    def _probe(self, state: _Open, write: Write, kept: dict[str, Before]) -> Outcome | None:
        entry, _, _ = self._entry(write.record)
        if entry is None:
            return None
        key, version = item_key(entry), version_of(entry)
        there = state.index.find(0, key)
        if there is None or there.version != version:
            return None
        return Outcome(write.key, Status.WRITTEN, key, version, kept.get(write.expect.version, Before()))

    # --- reading back, undoing

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        state = self._state(self._export(container))
        for key in target_keys:
            item = state.index.find(0, key)
            record = read_item(state.export, item) if item else None
            if item is None or record is None:
                yield Fault(key, "GEN-READ-01", "not in the file", KIND)
            else:
                yield Record(key, KIND, item.form, properties_of(record))

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        with self._locked(container) as batch:
            old = batch.version(target_key)
            if old is None:
                return Outcome(target_key, Status.ABSENT, target_key)
            if not _as_expected(old, expect):
                return Outcome(target_key, Status.CONFLICT, target_key, old, code="GEN-CONFLICT-01")
            before = batch.keep(target_key)
            batch.remove(target_key)
            self._commit(batch, fence)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        with self._locked(container) as batch:
            old = batch.version(target_key)
            if not _as_expected(old, expect):
                return Outcome(target_key, Status.CONFLICT, target_key, old or "", code="GEN-CONFLICT-01")
            if not before.token:
                if old is not None:
                    batch.remove(target_key)
                self._commit(batch, fence)
                return Outcome(target_key, Status.REMOVED, target_key)
            image = batch.images.get(before)
            if image is None:
                detail = "the before-image is not there"
                return Outcome(target_key, Status.REFUSED, target_key, old or "", code="GEN-READ-01", detail=detail)
            key, version = item_key(image), version_of(image)
            if key != target_key and old is not None:
                batch.remove(target_key)
            batch.put(key, image, version)
            self._commit(batch, fence)
        return Outcome(target_key, Status.WRITTEN, key, version)

    def finish(self) -> None:
        """Merges each journal into its file, those that a crash left too."""
        if not self._root.is_dir():
            return
        for export in exports(self._root):
            if export.journal.exists():
                with journal.locked(export.file.parent):
                    merge.merge(export, self._state(export).index)
                self._open.pop(export.file).index.close()


class _Batch:
    """The steps of one write, and what they will make of the file."""

    def __init__(self, state: _Open, images: Images) -> None:
        self.state, self.images = state, images
        self.ops: list[journal.Op] = []
        self._now: dict[bytes, tuple[str, LdifRecord] | None] = {}

    def version(self, key: bytes) -> str | None:
        """The version that is there under a key, these steps counted in; None where there is none."""
        if key in self._now:
            now = self._now[key]
            return now[0] if now else None
        item = self.state.index.find(0, key)
        return item.version if item else None

    def put(self, key: bytes, entry: LdifRecord, version: str) -> None:
        self.ops.append(journal.Op(key, entry))
        self._now[key] = (version, entry)

    def remove(self, key: bytes) -> None:
        self.ops.append(journal.Op(key))
        self._now[key] = None

    def keep(self, key: bytes) -> Before:
        """A before-image of what is there now; an empty one for nothing."""
        if now := self._now.get(key):
            return self.images.keep(now[1], now[0])
        item = None if key in self._now else self.state.index.find(0, key)
        if item is None:
            return Before()
        record = read_item(self.state.export, item)
        if record is None:
            raise OSError(f"{self.state.export.file}: an entry can't be read where it was listed")
        return self.images.keep(record, item.version)


def read_item(export: Export, item: Item) -> LdifRecord | None:
    """The entry of an item of the index, read where it lies."""
    try:
        with open(export.journal if item.source == "j" else export.file, "rb") as stream:
            return read_at(stream, item.start, item.size)
    except OSError:
        return None


def _as_expected(old: str | None, expect: Expect) -> bool:
    if expect.version == ANY:
        return True
    return old is None if expect.version == ABSENT else old == expect.version
