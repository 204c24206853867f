"""Writing mbox files, in Thunderbird's layout: `<path>/<subject>/A.sbd/B`, as mboxrd. See `session` for how a file
changes without ever being lost or half written.

An mbox has no place for flags but the status lines of a message, and those are its bytes, which are not altered: what
flags say more than they do comes back from the residue.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from transhumance.connectors.contract import (
    Before,
    Container,
    Environment,
    Expect,
    Fault,
    Fence,
    Finding,
    Outcome,
    Record,
    Status,
    Write,
)
from transhumance.connectors.formats.durable import BodyUnreadable, make_folders, stop_if_full, sync_folder
from transhumance.connectors.formats.made import Made
from transhumance.connectors.formats.mailfiles import (
    FORM,
    KIND,
    as_expected,
    root_identity,
    sweep_old,
    target_folder,
    why,
)
from transhumance.connectors.mbox.before import Befores
from transhumance.connectors.mbox.config import MboxConfig
from transhumance.connectors.mbox.index import Row, stamp_of
from transhumance.connectors.mbox.preview import find_losses, forecast
from transhumance.connectors.mbox.session import Session, open_session
from transhumance.connectors.mbox.side import FOLDER, side_of
from transhumance.connectors.mbox.source import open_index, record_of
from transhumance.connectors.mbox.stage import Spool, content_of, measure_record, moved, write_segment
from transhumance.connectors.mbox.tree import file_of


@dataclass(slots=True)
class _Batch:
    """The writes of one call, sorted out: outcomes that need nothing, segments to append or to replace by, in a spool
    file each."""

    fresh: Spool
    changed: Spool
    done: dict[int, Outcome] = field(default_factory=dict)
    added: dict[int, Row] = field(default_factory=dict)
    replaced: dict[int, tuple[Row, Row]] = field(default_factory=dict)  # what is there, what takes its place
    keys: set[bytes] = field(default_factory=set)


class MboxTarget:
    """mbox files, written."""

    def __init__(self, config: MboxConfig, environment: Environment) -> None:
        self._config, self._base = config, environment.base
        self._root = environment.base / config.path
        self._zone = ZoneInfo(config.timezone)
        self._before = Befores(self._root)
        self._made = Made(self._root)
        self._folders: dict[bytes, Path] = {}
        self._swept = False

    def identity(self) -> str:
        make_folders(self._root)
        return root_identity("mbox", self._root)

    def ensure(self, container: Container) -> Container:
        path = self._place(container)
        if not path.is_file():
            self._made.folder(path.parent)
            self._made.note([path])
            _touch(path)
        if not self._swept:
            self._swept = True
            sweep_old(self._root / FOLDER)
        return replace(container, key=os.path.relpath(os.fsencode(path), os.fsencode(self._root)))

    def discard(self, container: Container, fence: Fence) -> bool:
        """Removes an empty mailbox that was made here."""
        path = self._place(container)
        if not self._made.discard_file(path, fence):
            return False
        side_of(self._root, path).unlink(missing_ok=True)
        self._made.discard(path.parent, fence)
        return True

    def _place(self, container: Container) -> Path:
        if container.subject not in self._folders:
            self._folders[container.subject] = target_folder(self._config, self._base, container.subject)
        return file_of(self._folders[container.subject], container.path)

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        return find_losses(container, record, self._zone)

    def forecast(self, container: Container, record: Record) -> Record:
        """The record as reading it back will give it."""
        return forecast(record, self._zone)

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    # --- writing

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        path = self._path(container)
        with open_session(self._root, path, self._config.variant, fence) as session:
            if session.index.rule() != "rd":
                return [_foreign(write, session.index.variant()) for write in writes]
            try:
                return self._write(session, writes, fence)
            except OSError as error:
                stop_if_full(error)
                raise

    def _write(self, session: Session, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        with Spool(self._root / FOLDER) as fresh, Spool(self._root / FOLDER) as changed:
            fresh.out.write(session.lead())
            batch = _Batch(fresh, changed)
            for at, write in enumerate(writes):
                self._sort(session, batch, at, write)
            self._append(session, batch, writes, fence)
            self._replace(session, batch, writes, fence)
        return [batch.done[at] for at in range(len(writes))]

    def _sort(self, session: Session, batch: _Batch, at: int, write: Write) -> None:
        """Writes the segment of one message into the spool, or knows that there is nothing to do."""
        key = write.target_key or write.key
        try:
            content = content_of(write.record, self._root / FOLDER)
        except OSError as error:
            code = "GEN-READ-01" if isinstance(error, BodyUnreadable) else "MAIL-WRITE-01"
            batch.done[at] = Outcome(write.key, Status.REFUSED, key, code=code, detail=why(error))
            return
        try:
            line, found = measure_record(write.record, content, self._zone)
            there = session.index.get(key)
            version = f"{found.digest[:24]}.{found.state}"
            if there is not None and there.version == version:
                batch.done[at] = Outcome(write.key, Status.UNCHANGED, key, version)
            elif key in batch.keys or not as_expected(there.version if there else None, write.expect):
                present = there.version if there else ""
                batch.done[at] = Outcome(write.key, Status.CONFLICT, key, present, code="GEN-CONFLICT-01")
            else:
                batch.keys.add(key)
                if there is None:
                    batch.added[at] = write_segment(batch.fresh.out, key, line, found, content)
                else:
                    batch.replaced[at] = there, write_segment(batch.changed.out, key, line, found, content)
        finally:
            content.drop()

    def _append(self, session: Session, batch: _Batch, writes: Sequence[Write], fence: Fence) -> None:
        if not batch.added:
            return
        landed = session.append(list(batch.added.values()), batch.fresh.durable(), fence)
        for at, row in zip(batch.added, landed, strict=True):
            batch.done[at] = Outcome(writes[at].key, Status.WRITTEN, row.key, row.version)

    def _replace(self, session: Session, batch: _Batch, writes: Sequence[Write], fence: Fence) -> None:
        if not batch.replaced:
            return
        befores = {at: self._before.keep(session.path, old) for at, (old, _) in batch.replaced.items()}
        self._before.settle()
        new = {row.key: row for _, row in batch.replaced.values()}
        placed = session.rewrite(new, batch.changed.durable(), fence)
        for at, (old, _) in batch.replaced.items():
            row = placed[old.key]
            batch.done[at] = Outcome(writes[at].key, Status.WRITTEN, row.key, row.version, befores[at])

    # --- settling

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        with open_session(self._root, self._path(container), self._config.variant, fence) as session:
            return [self._probe(session, write) for write in writes]

    def _probe(self, session: Session, write: Write) -> Outcome | None:
        key = write.target_key or write.key
        there = session.index.get(key)
        if there is None:
            return None
        content = content_of(write.record, self._root / FOLDER)
        try:
            _, found = measure_record(write.record, content, self._zone)
        finally:
            content.drop()
        version = f"{found.digest[:24]}.{found.state}"
        return Outcome(write.key, Status.WRITTEN, key, version) if there.version == version else None

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        path = self._path(container)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            yield from (Fault(key, "GEN-READ-01", why(error), KIND, FORM) for key in target_keys)
            return
        try:
            index = open_index(self._root, path, stamp_of(os.fstat(handle)), self._config.variant)
            try:
                for key in target_keys:
                    row = index.get(key)
                    yield (
                        record_of(handle, path, key, row, index.rule(), self._zone)
                        if row
                        else Fault(key, "GEN-READ-01", "gone", KIND, FORM)
                    )
            finally:
                index.close()
        finally:
            os.close(handle)

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        with open_session(self._root, self._path(container), self._config.variant, fence) as session:
            row = session.index.get(target_key)
            if row is None:
                return Outcome(target_key, Status.ABSENT, target_key)
            if not as_expected(row.version, expect):
                return Outcome(target_key, Status.CONFLICT, target_key, row.version, code="GEN-CONFLICT-01")
            before = self._before.keep(session.path, row)
            self._before.settle()
            session.rewrite({target_key: None}, None, fence)
            return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        with open_session(self._root, self._path(container), self._config.variant, fence) as session:
            row = session.index.get(target_key)
            if not as_expected(row.version if row else None, expect):
                present = row.version if row else ""
                return Outcome(target_key, Status.CONFLICT, target_key, present, code="GEN-CONFLICT-01")
            if not before.token:
                if row is not None:
                    session.rewrite({target_key: None}, None, fence)
                return Outcome(target_key, Status.REMOVED, target_key)
            try:
                kept, segment = self._before.find(before, target_key, session.index.rule())
            except OSError as error:
                return Outcome(target_key, Status.REFUSED, target_key, code="MAIL-BEFORE-01", detail=why(error))
            if row is not None:
                new = session.rewrite({target_key: segment}, kept, fence)[target_key]
            else:
                with Spool(self._root / FOLDER) as spool:
                    lead = session.lead()
                    spool.out.write(lead)
                    spool.pour(kept)
                    (new,) = session.append([moved(segment, len(lead))], spool.durable(), fence)
            return Outcome(target_key, Status.WRITTEN, target_key, new.version)

    def finish(self) -> None:
        return None

    def close(self) -> None:
        self._folders.clear()

    def _path(self, container: Container) -> Path:
        return self._root / os.fsdecode(container.key)


def _touch(path: Path) -> None:
    """An empty mbox, durable."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        stop_if_full(error)
        raise
    sync_folder(path.parent)


def _foreign(write: Write, variant: str) -> Outcome:
    return Outcome(write.key, Status.REFUSED, write.target_key or write.key, code="MAIL-MBOX-04", detail=variant)
