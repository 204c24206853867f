"""Reading .eml files. A folder is a container, a file an item whose key is its name.

A file's time is not its mail's: it is kept as `file_modified`, and there is no `internal_date`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from transhumance.connectors.contract import (
    Container,
    Environment,
    Fault,
    ItemRef,
    Page,
    Record,
    Selector,
    Subject,
    Value,
)
from transhumance.connectors.eml.config import EmlConfig
from transhumance.connectors.formats.durable import ASIDE
from transhumance.connectors.formats.exports import Owned, subjects_of
from transhumance.connectors.formats.mailfiles import (
    FORM,
    KIND,
    Listings,
    file_version,
    foreign,
    instant,
    mail_entries,
    read_file,
    root_identity,
    shown_names,
    unread,
    why,
)
from transhumance.connectors.formats.mailfolders import Path as Names
from transhumance.connectors.formats.mailfolders import roles_by_name


class EmlSource:
    """A tree of .eml files, read."""

    def __init__(self, config: EmlConfig, environment: Environment) -> None:
        self._config, self._base = config, environment.base
        self._root = environment.base / config.path
        self._listings = Listings(config.page)

    def identity(self) -> str:
        return root_identity("eml", self._root)

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        yield from (s for s in subjects_of(self._entries()) if selector.wants(s.key))

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        if workload != "mail":
            return
        entries = [entry for entry in self._entries() if entry.subject == subject.key]
        for entry in entries:
            prefix = (os.fsdecode(entry.path.name),) if len(entries) > 1 else ()
            found = list(_walk(os.fsencode(entry.path), prefix)) if self._is_folder(entry.path) else []
            found = found or [(os.fsencode(entry.path), prefix)]
            roles = roles_by_name(names for _, names in found)
            for folder, names in found:
                yield Container(subject.key, "mail", self._key(folder), names, roles.get(names))

    def page(self, container: Container, cursor: bytes | None) -> Page:
        return self._listings.page(container.key, cursor, lambda: self._list(container))

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        folder = self._folder(container)
        for ref in refs:
            yield read_item(folder / os.fsdecode(ref.key), ref.key)

    def close(self) -> None:
        self._listings.close()

    def _entries(self) -> list[Owned]:
        return mail_entries(self._config, self._base, self._config.suffixes)

    def _key(self, folder: bytes) -> bytes:
        return os.path.relpath(folder, os.fsencode(self._root))

    def _folder(self, container: Container) -> Path:
        """The container's folder; of a lone file, the folder that it lies in."""
        path = self._root / os.fsdecode(container.key)
        return path if self._is_folder(path) else path.parent

    def _is_folder(self, path: Path) -> bool:
        """Links are not followed, but for the one that the plan itself names."""
        return path.is_dir() and (path == self._root or not path.is_symlink())

    def _list(self, container: Container) -> Iterator[ItemRef]:
        path = self._root / os.fsdecode(container.key)
        try:
            if not self._is_folder(path):
                yield _ref(os.fsencode(path.name), path.lstat(), self._config.suffixes)
                return
            with os.scandir(os.fsencode(path)) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False) and not entry.name.startswith(ASIDE.encode()):
                        yield _ref(entry.name, entry.stat(follow_symlinks=False), self._config.suffixes)
        except OSError as error:
            yield unread(path, error)


def _walk(folder: bytes, names: Names) -> Iterator[tuple[bytes, Names]]:
    """Every folder below, parents first, in a stable order. Links are not followed; nothing recurses."""
    waiting = [(folder, names)]
    while waiting:
        folder, names = waiting.pop()
        yield folder, names
        try:
            with os.scandir(folder) as entries:
                found = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except OSError:
            continue  # listing it tells why
        shown = shown_names(found)
        waiting += [(os.path.join(folder, name), (*names, shown[name])) for name in reversed(found)]


def _ref(name: bytes, found: os.stat_result, suffixes: tuple[str, ...]) -> ItemRef:
    if stat.S_ISLNK(found.st_mode):
        return foreign(name, "MAIL-FILE-01", "a link")
    if not stat.S_ISREG(found.st_mode):
        return foreign(name, "MAIL-FILE-01", "no regular file")
    if not os.fsdecode(name).lower().endswith(tuple(suffix.lower() for suffix in suffixes)):
        return foreign(name, "MAIL-FILE-01", f"{found.st_size} bytes")
    return ItemRef(name, file_version(found), KIND, FORM, found.st_size)


def read_item(path: Path, key: bytes) -> Record | Fault:
    """The record of one file, or the fault that it is gone or unreadable."""
    try:
        body, found = read_file(path)
    except (OSError, ValueError) as error:  # ValueError: a name with NUL
        return Fault(key, "GEN-READ-01", why(error) if isinstance(error, OSError) else "no such name", KIND, FORM)
    modified = instant(found.st_mtime_ns)
    properties: dict[str, Value] = {"file_modified": modified} if modified else {}
    return Record(key, KIND, FORM, properties, {"content": body})
