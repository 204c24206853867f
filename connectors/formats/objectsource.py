"""Reading files of content-line objects: calendars (`ics`) and cards (`vcf`).

A file that is one object is an item of its folder, as CalDAV and CardDAV servers keep them: its key is its name, its
bytes pass whole. A file of several objects, or one that says its own name, is a container; the keys of its items are
their UIDs, or the digest of what has none. Any other file is told by code.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from transhumance.connectors.contract import (
    Body,
    Container,
    Environment,
    Fault,
    ItemRef,
    Page,
    Record,
    Selector,
    StopEndpoint,
    Subject,
    Value,
    key_from_text,
    key_text,
)
from transhumance.connectors.contract.bodies import blocks
from transhumance.connectors.formats.durable import ASIDE
from transhumance.connectors.formats.exports import ExportConfig, Owned, subjects_of
from transhumance.connectors.formats.listing import SpooledListing
from transhumance.connectors.formats.mailfiles import (
    OURS,
    Listings,
    foreign,
    mail_entries,
    root_identity,
    shown_names,
    unread,
    why,
)
from transhumance.connectors.formats.names import unescape_name
from transhumance.connectors.formats.objectread import Opened, open_text, read_spans
from transhumance.connectors.formats.objectsplit import Buffer, Cut, NotOurs, Sheet, pieces


class ObjectConfig(ExportConfig):
    """`page`: items a page."""

    page: int = Field(5000, ge=1)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What tells calendars from cards. `suffixes`: of its files, the first is written. `workloads`: of each kind;
    `primary`: where what belongs to no kind is told. `inspect`: its splitter. `foreign`: the code of a file that is
    not of this format. `refused`, `no_before`: of a write that failed, and of a before-image that is gone. `mark`: a
    file that a target of ours lays into each of its folders: what it says of the container, and that each other file
    there is one item, whatever it holds."""

    name: str
    form: str
    suffixes: tuple[str, ...]
    workloads: Mapping[str, str]
    primary: str
    inspect: Callable[[Buffer, bool], Sheet]
    foreign: str
    refused: str
    no_before: str
    mark: str
    mark_text: Callable[[Mapping[str, Value]], bytes]

    def workload(self, kind: str) -> str:
        """The workload that a kind belongs to."""
        return self.workloads.get(kind, self.primary)

    def item(self, buffer: Buffer, workload: str) -> Cut:
        """What a file that is known to be one item holds."""
        kind = next(kind for kind, owner in self.workloads.items() if owner == workload)
        try:
            return next(iter(self.inspect(buffer, True).cuts()), Cut(b"", kind, ()))
        except NotOurs:
            return Cut(b"", kind, ())


_File = tuple[str, str, frozenset[str], Mapping[str, Value]]  # its name, the name for people, workloads, properties


@dataclass(frozen=True, slots=True)
class _Survey:
    """What a folder holds: its files that are containers, with their names and workloads; the workloads of the items
    that lie in it as files. `ours`: each of its files is an item."""

    files: tuple[_File, ...] = ()
    workloads: frozenset[str] = frozenset()
    ours: bool = False


class ObjectSource:
    """A tree of such files, read."""

    def __init__(self, config: ObjectConfig, environment: Environment, dialect: Dialect) -> None:
        self._config, self._base, self._dialect = config, environment.base, dialect
        self._root, self._spool = environment.base / config.path, environment.spool
        self._listings = Listings(config.page)
        self._surveys: dict[bytes, tuple[int, _Survey]] = {}

    def identity(self) -> str:
        return root_identity(self._dialect.name, self._root)

    def close(self) -> None:
        self._listings.close()

    # --- subjects and containers

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        yield from (s for s in subjects_of(self._entries()) if selector.wants(s.key))

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        if workload != self._dialect.primary and workload not in self._dialect.workloads.values():
            return
        entries = [entry for entry in self._entries() if entry.subject == subject.key]
        for entry in entries:
            prefix = (os.fsdecode(entry.path.name),) if len(entries) > 1 else ()
            if _is_folder(entry.path, self._root):
                for folder, names in _walk(entry.path, prefix):
                    yield from self._in_folder(subject.key, workload, folder, names)
            else:
                yield from self._lone(subject.key, workload, entry.path, prefix)

    def _in_folder(self, subject: bytes, workload: str, folder: Path, names: tuple[str, ...]) -> Iterator[Container]:
        survey = self._survey(folder)
        primary = workload == self._dialect.primary
        if workload in survey.workloads or (primary and not (survey.ours and survey.workloads)):
            yield Container(subject, workload, self._key(workload, "d", folder), names, None, self._said(folder))
        for name, shown, workloads, properties in survey.files:
            if workload in workloads or (primary and not workloads):
                key = self._key(workload, "f", folder / name)
                yield Container(subject, workload, key, (*names, shown), None, properties)

    def _lone(self, subject: bytes, workload: str, path: Path, prefix: tuple[str, ...]) -> Iterator[Container]:
        """A file that is somebody's, by itself."""
        sheet, workloads = None, frozenset((self._dialect.primary,))
        with suppress(NotOurs, OSError), self._open(path) as opened:
            sheet = self._inspect(path, opened)
            workloads = self._workloads(sheet) or workloads
        if workload in workloads:
            name = (sheet.name if sheet else "") or _stem(path.name, self._dialect.suffixes)
            properties = sheet.properties if sheet else {}
            yield Container(subject, workload, self._key(workload, "f", path), (*prefix, name), None, properties)

    def _survey(self, folder: Path) -> _Survey:
        """What a folder holds, read anew when any of its files was changed. What can't be read may be anything."""
        stamp = 0  # of all files, in any order
        names = []
        anything = frozenset(self._dialect.workloads.values()) | {self._dialect.primary}
        try:
            listed = list(self._files(folder))
        except OSError:
            return _Survey((), anything)
        for name, found in listed:
            said = f"{os.fsencode(name).hex()} {found.st_size} {found.st_mtime_ns} {found.st_ino}".encode()
            stamp ^= int.from_bytes(hashlib.blake2b(said, digest_size=16).digest())
            names.append(name)
        known = self._surveys.get(os.fsencode(folder))
        if known and known[0] == stamp:
            return known[1]
        files: list[_File] = []
        alone: set[str] = set()
        ours = self._is_ours(folder)
        for name in names:
            try:
                with suppress(NotOurs), self._open(folder / name) as opened:
                    if ours:
                        alone.add(self._dialect.workload(self._dialect.item(opened.buffer, self._dialect.primary).kind))
                        continue
                    sheet = self._inspect(folder / name, opened)
                    if sheet.single:
                        alone |= self._workloads(sheet)
                    else:
                        shown = sheet.name or _stem(name, self._dialect.suffixes)
                        files.append((name, shown, self._workloads(sheet), sheet.properties))
            except OSError:
                stamp = -1  # permissions are in no stamp: looked at again next time
                alone |= anything if _is_regular(folder / name) else set()
        survey = _Survey(
            tuple(_apart(sorted(files, key=lambda file: file[0]), _folders(folder))), frozenset(alone), ours
        )
        self._surveys[os.fsencode(folder)] = (stamp, survey)
        return survey

    def _workloads(self, sheet: Sheet) -> frozenset[str]:
        return frozenset(self._dialect.workload(kind) for kind in sheet.kinds)

    def _said(self, folder: Path) -> Mapping[str, Value]:
        """What a target of ours kept of the container that this folder is."""
        with suppress(NotOurs, OSError), self._open(folder / self._dialect.mark) as opened:
            return self._dialect.inspect(opened.buffer, True).properties
        return {}

    def _is_ours(self, folder: Path) -> bool:
        return (folder / self._dialect.mark).is_file()

    # --- items

    def page(self, container: Container, cursor: bytes | None) -> Page:
        return self._listings.page(container.key, cursor, lambda: self._list(container))

    def _list(self, container: Container) -> Iterator[ItemRef]:
        workload, what, path = self._place(container)
        if what == "f":
            yield from self._of_file(path, workload)
            return
        try:
            names = sorted(os.fsencode(name) for name, _ in self._files(path))
        except OSError as error:
            yield unread(path, error)
            return
        seen: set[bytes] = set()
        ours = self._is_ours(path)
        for name in names:
            yield from self._alone(path / os.fsdecode(name), workload, seen, ours)

    def _alone(self, path: Path, workload: str, seen: set[bytes], ours: bool) -> Iterator[ItemRef]:
        """The item that a file of a folder is, if it is one of this workload."""
        key = stem_key(path.name, self._dialect.suffixes)
        primary = workload == self._dialect.primary
        try:
            with self._open(path) as opened:
                if ours:
                    cut: Cut | None = self._dialect.item(opened.buffer, self._dialect.primary)
                else:
                    sheet = self._inspect(path, opened)
                    cut = next(iter(sheet.cuts())) if sheet.single else None
                if cut and self._dialect.workload(cut.kind) == workload:
                    mark = hashlib.blake2b(cut.uid, digest_size=8).digest()
                    again = bool(cut.uid) and mark in seen
                    seen.add(mark)
                    yield self._ref(path, key, cut, opened, again, whole=True)
        except NotOurs as error:
            if primary:
                yield foreign(key, self._dialect.foreign, str(error))
        except OSError as error:
            if _is_regular(path):  # one item or a whole calendar, of whatever workload: nothing of it is gone
                yield unread(path, error, key + b"/")
            elif primary:
                yield foreign(key, "GEN-READ-01", why(error))

    def _of_file(self, path: Path, workload: str) -> Iterator[ItemRef]:
        primary = workload == self._dialect.primary
        try:
            with self._open(path) as opened:
                sheet = self._inspect(path, opened)
                for cut in sheet.cuts():
                    if self._dialect.workload(cut.kind) == workload:
                        yield self._ref(path, cut.uid, cut, opened, cut.repeated, sheet.single)
                for lost in sheet.lost if primary and not sheet.single else ():
                    yield foreign(lost.mark.encode(), lost.code, lost.detail)
        except NotOurs as error:
            if primary:
                yield foreign(os.fsencode(path.name), self._dialect.foreign, str(error))
        except OSError as error:
            if primary or _is_regular(path) or isinstance(error, FileNotFoundError):
                yield unread(path, error)

    def _ref(self, path: Path, key: bytes, cut: Cut, opened: Opened, repeated: bool, whole: bool) -> ItemRef:
        spans = ((0, len(opened.buffer)),) if whole else cut.spans
        tail = b"" if whole else cut.tail
        digest = hashlib.sha256()
        for start, end in spans:
            for piece in pieces(opened.buffer, start, end):
                digest.update(piece)
        digest.update(tail)
        size = sum(end - start for start, end in spans) + len(tail)
        locator = json.dumps([key_text(os.fsencode(path.name)), spans, tail.decode("ascii"), int(repeated)])
        version = version_of(digest.hexdigest(), opened.encoding)
        return ItemRef(
            key or b"sha256:" + version.encode(), version, cut.kind, self._dialect.form, size, cut.uid or None, locator
        )

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        _, what, path = self._place(container)
        folder = path if what == "d" else path.parent
        again: dict[bytes, ItemRef] | None = None
        for ref in refs:
            answer = self._fetch(folder, ref)
            if isinstance(answer, Fault) and ref.form == self._dialect.form and again is None:
                again = self._fresh(container, refs)
            if isinstance(answer, Fault) and again and ref.key in again:
                answer = self._fetch(folder, again[ref.key])
            yield answer

    def _fresh(self, container: Container, refs: Sequence[ItemRef]) -> dict[bytes, ItemRef]:
        """Where these items are now: the file was written since it was listed."""
        wanted = {ref.key for ref in refs}
        with suppress(StopEndpoint):
            listing = SpooledListing(self._list(container))
            try:
                return {ref.key: ref for ref in _all(listing) if ref.key in wanted}
            finally:
                listing.close()
        return {}

    def _fetch(self, folder: Path, ref: ItemRef) -> Record | Fault:
        try:
            name, spans, tail, repeated = json.loads(ref.locator)
            path = folder / os.fsdecode(key_from_text(name))
            body, encoding = read_spans(path, self._spool, [(a, b) for a, b in spans], tail.encode("ascii"))
            digest, version = _digests(body, encoding)
        except (OSError, ValueError, TypeError) as error:
            return Fault(ref.key, "GEN-READ-01", why(error) if isinstance(error, OSError) else "gone", ref.kind)
        if version != ref.version:
            return Fault(ref.key, "GEN-READ-01", "it was changed while it was read", ref.kind, ref.form)
        body = replace(body, digests={"sha256": digest})
        properties: dict[str, Value] = {"encoding": encoding} if encoding else {}
        if repeated:
            properties["duplicate"] = True
        return Record(ref.key, ref.kind, ref.form, properties, {"content": body})

    # --- files

    def _open(self, path: Path) -> Opened:
        return open_text(path, self._spool)

    def _inspect(self, path: Path, opened: Opened) -> Sheet:
        return self._dialect.inspect(opened.buffer, path.name.lower().endswith(self._dialect.suffixes))

    def _files(self, folder: Path) -> Iterator[tuple[str, os.stat_result]]:
        """The files of a folder, but ours. Links and devices are among them: reading tells."""
        ours = (ASIDE, os.fsdecode(OURS))
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False) and not entry.name.startswith(ours):
                    yield entry.name, entry.stat(follow_symlinks=False)

    def _entries(self) -> list[Owned]:
        return mail_entries(self._config, self._base, self._dialect.suffixes)

    def _key(self, workload: str, what: str, path: Path) -> bytes:
        return f"{workload}:{what}:".encode() + os.path.relpath(os.fsencode(path), os.fsencode(self._root))

    def _place(self, container: Container) -> tuple[str, str, Path]:
        workload, what, path = container.key.split(b":", 2)
        return workload.decode(), what.decode(), self._root / os.fsdecode(path)


def _digests(body: Body, encoding: str) -> tuple[str, str]:
    """A body's SHA-256, and the version of an item that has it: a file's encoding counts too."""
    digest = hashlib.sha256()
    for block in blocks(body):
        digest.update(block)
    return digest.hexdigest(), version_of(digest.hexdigest(), encoding)


def version_of(digest: str, encoding: str) -> str:
    """The version of an item whose bytes have this SHA-256."""
    return digest[:32] + (f"-{encoding}" if encoding else "")


def _all(listing: SpooledListing) -> Iterator[ItemRef]:
    cursor: bytes | None = None
    while True:
        page = listing.page(cursor)
        yield from page.refs
        if (cursor := page.next) is None:
            return


def _stem(name: str, suffixes: tuple[str, ...]) -> str:
    return stem_key(name, suffixes).decode("utf-8", "surrogateescape")


def stem_key(name: str, suffixes: tuple[str, ...]) -> bytes:
    """The key of a file that is an item: its name without its suffix, our escapes undone. A name that was cut for its
    length is its own key."""
    suffix = next((end for end in suffixes if name.lower().endswith(end) and len(name) > len(end)), "")
    stem = name[: len(name) - len(suffix)]
    raw = unescape_name(stem) if "%" in stem else None
    return raw or os.fsencode(stem)


def _apart(files: Sequence[_File], folders: Iterable[str]) -> Iterator[_File]:
    """The files with names for people that differ: two calendars of one name keep their file's."""
    often = Counter([*folders, *(shown for _, shown, _, _ in files)])
    for name, shown, workloads, properties in files:
        yield name, name if often[shown] > 1 else shown, workloads, properties


def _is_folder(path: Path, root: Path) -> bool:
    """Links are not followed, but for the one that the plan itself names."""
    return path.is_dir() and (path == root or not path.is_symlink())


def _is_regular(path: Path) -> bool:
    """Whether a file that could not be read is one: no link, no pipe."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _folders(folder: Path) -> list[str]:
    with os.scandir(os.fsencode(folder)) as entries:
        found = sorted(e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith(OURS))
    return [shown_names(found)[name] for name in found]


def _walk(folder: Path, names: tuple[str, ...]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Every folder below, parents first, in a stable order. Nothing recurses. One that can't be read is among them."""
    waiting = [(folder, names)]
    while waiting:
        folder, names = waiting.pop()
        try:
            with os.scandir(os.fsencode(folder)) as entries:
                found = sorted(
                    e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith(OURS)
                )
        except OSError:
            found = []  # listing it tells why
        yield folder, names
        shown = shown_names(found)
        waiting += [(folder / os.fsdecode(name), (*names, shown[name])) for name in reversed(found)]
