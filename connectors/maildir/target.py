"""Writing Maildirs: into `tmp`, then renamed into `cur` with the flags (or `new`), the file's time the internal date.

A message keeps its source's unique part where it has one, else it is named by the digest of its key: writing it again
finds it. A new state is named before the old file goes, so that a crash leaves both and never none; what is then left
over is taken away by `probe`, or by the next write of the same state.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
    BytesBody,
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
    key_from_text,
    key_text,
    sha256_of,
)
from transhumance.connectors.formats.durable import (
    BodyUnreadable,
    commit,
    discard,
    make_folders,
    sync_filesystem,
    sync_folder,
    write_aside,
)
from transhumance.connectors.formats.mailfiles import BeforeImages, root_identity, same_file, sweep_old, why
from transhumance.connectors.maildir.config import MaildirConfig
from transhumance.connectors.maildir.filenames import flags_of, parse_name
from transhumance.connectors.maildir.index import FolderIndex
from transhumance.connectors.maildir.keywords import NAMES, Keywords, letters_text, read_keywords, read_letters
from transhumance.connectors.maildir.naming import Name, assign_letters, file_time, name_of, unique_part, words
from transhumance.connectors.maildir.places import Places
from transhumance.connectors.maildir.preview import Preview
from transhumance.connectors.maildir.source import locate, read_item, version_of

_OPEN_INDEXES = 16


@dataclass(frozen=True, slots=True)
class _There:
    """A file that is there under a unique part."""

    name: Name
    found: os.stat_result
    version: str


@dataclass(slots=True)
class _Step:
    """A write whose bytes lie aside: the name that they get, what they replace."""

    at: int
    temp: str
    name: Name
    old: list[_There] = field(default_factory=list)
    before: Before = field(default_factory=Before)


class MaildirTarget:
    """Maildirs, written."""

    def __init__(self, config: MaildirConfig, environment: Environment) -> None:
        self._root = environment.base / config.path
        self._places = Places(config, environment.base)
        self._preview = Preview(config, self._places)
        self._before = BeforeImages(self._root)
        self._indexes: OrderedDict[bytes, FolderIndex] = OrderedDict()
        self._lock = threading.Lock()

    def identity(self) -> str:
        make_folders(self._root)
        return root_identity("maildir", self._root)

    def ensure(self, container: Container) -> Container:
        with self._lock:
            folder = self._places.make(container)
        return replace(container, key=os.fsencode(os.path.relpath(folder, self._root)))

    def discard(self, container: Container, fence: Fence) -> bool:
        """Removes a folder without mail that was made here."""
        with self._lock:
            gone = self._places.discard(container, fence)
        return gone

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        return self._preview.findings(container, record)

    def forecast(self, container: Container, record: Record) -> Record:
        """The record as reading it back will give it."""
        return self._preview.forecast(container, record)

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    # --- writing

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        folder, index = self._folder(container), self._index(container)
        keywords = self._keywords(folder, index, writes, fence)
        done: list[Outcome | None] = [None] * len(writes)
        steps: list[_Step] = []
        try:
            for at, write in enumerate(writes):
                step = self._stage(folder, index, keywords, at, write)
                if isinstance(step, Outcome):
                    done[at] = step
                else:
                    steps.append(step)
            if steps:
                sync_filesystem(folder)
            for step in steps:
                done[step.at] = self._name(folder, index, keywords, writes[step.at], step, fence)
        finally:
            for step in steps:
                discard(step.temp)
            if steps:
                sync_filesystem(folder)
            index.settle()
        return [outcome for outcome in done if outcome is not None]

    def _keywords(self, folder: Path, index: FolderIndex, writes: Sequence[Write], fence: Fence) -> Keywords:
        """The folder's keywords, once each word of the batch has a letter, as long as there are letters. The list is
        durable before any file name uses it."""
        wanted = sorted({word for write in writes for word in words(write.record)})
        known = read_letters(folder)
        if set(wanted) - set(known.values()):
            letters = assign_letters(wanted, known, index.letters() - set(known))
            if letters != known:
                _, _, temp = write_aside(folder / NAMES, [letters_text(letters)])
                try:
                    commit(temp, folder / NAMES, fence)
                finally:
                    discard(temp)
                sync_folder(folder)
        return read_keywords(folder)

    def _stage(self, folder: Path, index: FolderIndex, keywords: Keywords, at: int, write: Write) -> _Step | Outcome:
        """Lays the bytes aside and keeps what they would replace; an outcome where there is nothing to do."""
        key = unique_part(write)
        when = file_time(write.record)
        body = write.record.bodies.get("content") or BytesBody.of(b"")
        try:
            size, digest, temp = write_aside(folder / "tmp" / "x", body, when, sync=False)
        except OSError as error:
            code = "GEN-READ-01" if isinstance(error, BodyUnreadable) else "MAIL-WRITE-01"
            return Outcome(write.key, Status.REFUSED, key, code=code, detail=why(error))
        name = name_of(key, write.record, keywords.letters)
        there = self._there(folder, index, key, keywords)
        same = next((t for t in there if _is(folder, t, name, when, size, digest)), None)
        if same is not None:
            discard(temp)
            return Outcome(write.key, Status.UNCHANGED, key, same.version)
        old = _expected(there, write.expect)
        if old is None:
            discard(temp)
            return Outcome(write.key, Status.CONFLICT, key, there[0].version if there else "", code="GEN-CONFLICT-01")
        before = self._keep(folder, old) if old else Before()
        return _Step(at, temp, name, old, before)

    def _name(
        self, folder: Path, index: FolderIndex, keywords: Keywords, write: Write, step: _Step, fence: Fence
    ) -> Outcome:
        key = parse_name(step.name.raw).key
        path = _path(folder, step.name)
        try:
            commit(step.temp, path, fence, replace=any(t.name == step.name for t in step.old))
        except FileExistsError:
            return Outcome(write.key, Status.CONFLICT, key, code="GEN-CONFLICT-01")
        except OSError as error:
            return Outcome(write.key, Status.REFUSED, key, code="MAIL-WRITE-01", detail=why(error))
        index.put(step.name.part, step.name.raw)
        self._take_away(folder, index, [t for t in step.old if t.name != step.name])
        version = version_of(path.lstat(), step.name.part, parse_name(step.name.raw), keywords)
        return Outcome(write.key, Status.WRITTEN, key, version, step.before)

    def _take_away(self, folder: Path, index: FolderIndex, old: list[_There]) -> None:
        for there in old:
            with suppress(FileNotFoundError):
                os.unlink(_path(folder, there.name))
            index.drop(there.name.part, there.name.raw)

    # --- settling

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        folder, index = self._folder(container), self._index(container)
        keywords = read_keywords(folder)
        found = [self._probe(folder, index, keywords, write, fence) for write in writes]
        index.settle()
        return found

    def _probe(
        self, folder: Path, index: FolderIndex, keywords: Keywords, write: Write, fence: Fence
    ) -> Outcome | None:
        key = unique_part(write)
        there = self._there(folder, index, key, keywords)
        body = write.record.bodies.get("content") or BytesBody.of(b"")
        name, when = name_of(key, write.record, keywords.letters), file_time(write.record)
        if not any(t.name == name and body.size in (None, t.found.st_size) for t in there):
            return None
        digest = sha256_of(body)
        same = next((t for t in there if _is(folder, t, name, when, t.found.st_size, digest)), None)
        if same is None:
            return None
        left = [t for t in there if t is not same and t.version == write.expect.version]
        if left:  # a crash came between the new name and the end of the old one
            fence.check()
            self._take_away(folder, index, left)
        return Outcome(write.key, Status.WRITTEN, key, same.version)

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        folder, index = self._folder(container), self._index(container)
        keywords = read_keywords(folder)
        for key in target_keys:
            there = self._there(folder, index, key, keywords)
            answer = read_item(folder, key, locate(there[0].name.part, there[0].name.raw), keywords) if there else None
            yield answer or Fault(key, "GEN-READ-01", "gone", "message", "rfc5322")

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        folder, index = self._folder(container), self._index(container)
        there = self._there(folder, index, target_key, read_keywords(folder))
        if not there:
            return Outcome(target_key, Status.ABSENT, target_key)
        old = _expected(there, expect)
        if not old:
            return Outcome(target_key, Status.CONFLICT, target_key, there[0].version, code="GEN-CONFLICT-01")
        before = self._keep(folder, old)
        sync_filesystem(folder)
        fence.check()
        self._take_away(folder, index, old)
        sync_filesystem(folder)
        index.settle()
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        folder, index = self._folder(container), self._index(container)
        keywords = read_keywords(folder)
        there = self._there(folder, index, target_key, keywords)
        old = _expected(there, expect)
        if old is None:
            version = there[0].version if there else ""
            return Outcome(target_key, Status.CONFLICT, target_key, version, code="GEN-CONFLICT-01")
        try:
            return self._restore(folder, index, keywords, target_key, before, old, fence)
        except FileNotFoundError as error:
            return Outcome(target_key, Status.REFUSED, target_key, code="MAIL-BEFORE-01", detail=why(error))
        finally:
            sync_filesystem(folder)
            index.settle()

    def _restore(
        self,
        folder: Path,
        index: FolderIndex,
        keywords: Keywords,
        key: bytes,
        before: Before,
        old: list[_There],
        fence: Fence,
    ) -> Outcome:
        if not before.token:
            fence.check()
            self._take_away(folder, index, old)
            return Outcome(key, Status.REMOVED, key)
        aside, said = self._before.lay(before, folder / "tmp")
        part, _, text = said.partition("/")
        name = Name("new" if part == "new" else "cur", key_from_text(text))
        commit(aside, _path(folder, name), fence)
        discard(aside)  # still there where both names were one file already
        index.put(name.part, name.raw)
        self._take_away(folder, index, [t for t in old if t.name != name])
        version = version_of(_path(folder, name).lstat(), name.part, parse_name(name.raw), keywords)
        return Outcome(key, Status.WRITTEN, key, version)

    def finish(self) -> None:
        return None

    def close(self) -> None:
        with self._lock:
            while self._indexes:
                self._indexes.popitem()[1].close()

    # --- what is there

    def _folder(self, container: Container) -> Path:
        return self._root / os.fsdecode(container.key)

    def _index(self, container: Container) -> FolderIndex:
        with self._lock:
            index = self._indexes.pop(container.key, None)
            if index is None:
                index = FolderIndex(self._folder(container))
                sweep_old(self._folder(container) / "tmp")
            self._indexes[container.key] = index
            while len(self._indexes) > _OPEN_INDEXES:
                self._indexes.popitem(last=False)[1].close()
        index.refresh()
        return index

    def _there(self, folder: Path, index: FolderIndex, key: bytes, keywords: Keywords) -> list[_There]:
        """The files of a unique part, by what the folder says now."""
        for again in (False, True):
            if again:
                index.refresh(force=True)
            found = []
            for part, raw in index.names(key):
                name = Name(part, raw)
                try:
                    stat = _path(folder, name).lstat()
                except FileNotFoundError:
                    break  # renamed by another program since the index was made
                found.append(_There(name, stat, version_of(stat, part, parse_name(raw), keywords)))
            else:
                return found
        return found

    def _keep(self, folder: Path, old: list[_There]) -> Before:
        """Before-images of all of them; the first is the one to put back."""
        return [self._before.keep(_path(folder, t.name), f"{t.name.part}/{key_text(t.name.raw)}") for t in old][0]


def _path(folder: Path, name: Name) -> Path:
    return folder / name.part / os.fsdecode(name.raw)


def _is(folder: Path, there: _There, name: Name, when: int, size: int, digest: str) -> bool:
    """Whether a file is the wanted state: place, letters, time, bytes."""
    return (
        there.name.part == name.part
        and _info(there.name.raw) == _info(name.raw)
        and there.found.st_mtime_ns // 10**9 == when // 10**9
        and there.found.st_size == size
        and same_file(_path(folder, there.name), size, digest)
    )


def _info(raw: bytes) -> object:
    name = parse_name(raw)
    return flags_of(name.letters), name.other


def _expected(there: list[_There], expect: Expect) -> list[_There] | None:
    """The files that a write with this expectation replaces, or None where something else is there."""
    if expect.version == ANY:
        return there
    old = [t for t in there if t.version == expect.version]
    return old if old or (not there and expect.version == ABSENT) else None
