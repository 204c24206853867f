"""Outlook data files as a source."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from transhumance.connectors.contract import (
    UNREAD,
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
    UserError,
    Value,
    key_text,
)
from transhumance.connectors.formats import mapi
from transhumance.connectors.formats.exports import Owned, owned_entries, subjects_of
from transhumance.connectors.formats.mailfiles import UNREADABLE
from transhumance.connectors.formats.pst.header import SUFFIXES, Unreadable, looks_like_pst
from transhumance.connectors.pst.codes import FILE, FOLDER, ITEM, ORPHAN, PASSWORD
from transhumance.connectors.pst.config import PstConfig
from transhumance.connectors.pst.files import DAMAGE, PstFile, forget, opened
from transhumance.connectors.pst.folders import Folder, Tree, read_tree
from transhumance.connectors.pst.items import read_item
from transhumance.connectors.pst.listing import contents, list_item, lost

PAGE = 500
LOST = 0x1F  # the number of a container that is no folder: the items that no folder names
_FILE_SEPARATOR = b"#"
TELLS = "mail"
"""The workload that tells of a file that can't be read: the others would count it again."""


@dataclass(slots=True)
class PstSource:
    """The data files under the plan's path. See `Source` for what each method promises."""

    config: PstConfig
    environment: Environment
    _codec: str = field(init=False)

    def __post_init__(self) -> None:
        codec = mapi.codec_of(self.config.codepage)
        if codec is None:
            page = self.config.codepage
            raise UserError(
                Text(f"page de codes {page} inconnue", f"unknown code page {page}"), where=self.environment.endpoint
            )
        self._codec = codec

    def identity(self) -> str:
        """The device and inode of the plan's path."""
        root = self.environment.base / self.config.path
        try:
            stat = root.stat()
        except OSError as error:
            raise StopEndpoint(Text(f"{root} : {error.strerror}", f"{root}: {error.strerror}")) from None
        return f"pst:{stat.st_dev:x}:{stat.st_ino:x}"

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        """Whoever has a data file, or a folder with one in it."""
        owned = [entry for entry in self._owned() if files_of(entry.path)]
        yield from (subject for subject in subjects_of(owned) if selector.wants(subject.key))

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        """The folders of each of the subject's files. A file that can't be opened is one container with one fault, so
        that it is told and the others go on."""
        files = self._files(subject.key)
        for label, path in files:
            yield from self._folders(subject.key, workload, label, path, alone=len(files) == 1)

    def page(self, container: Container, cursor: bytes | None) -> Page:
        """A page of items, in the order of their keys."""
        path, nid = self._locate(container)
        try:
            return self._page(opened(path), nid, cursor)
        except Unreadable as error:
            code = UNREADABLE if os.path.isdir(path) else FILE
            return Page((), None, faults=(Fault(UNREAD, code, error.text(self.environment.lang), "file", "mapi"),))

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        """The records, one at a time."""
        path, nid = self._locate(container)
        for ref in refs:
            try:
                answer = self._read(opened(path), nid, ref)
            except Unreadable as error:
                answer = Fault(ref.key, FILE, error.text(self.environment.lang), ref.kind, ref.form)
            except DAMAGE as error:
                answer = Fault(ref.key, ITEM, str(error), ref.kind, ref.form)
            yield answer

    def close(self) -> None:
        """Closes the files."""
        forget()

    def _owned(self) -> list[Owned]:
        return owned_entries(self.config, self.environment.base, SUFFIXES)

    def _files(self, subject: bytes) -> list[tuple[tuple[str, ...], Path]]:
        found: list[tuple[tuple[str, ...], Path]] = []
        for entry in self._owned():
            if entry.subject == subject:
                found += labelled(entry.path)
        return found

    def _folders(
        self, subject: bytes, workload: str, label: tuple[str, ...], path: Path, alone: bool
    ) -> Iterator[Container]:
        key = os.fsencode(os.path.relpath(path, self.environment.base / self.config.path))
        try:
            file = opened(path)
            tree = read_tree(file, self._codec)
            orphans = len(lost(file, tree.known)) if workload == TELLS else 0
        except Unreadable as error:
            if workload != TELLS:  # one file is one blocked item, whatever it may have held
                return
            reason = error.text(self.environment.lang)
            yield Container(subject, workload, key + _FILE_SEPARATOR, label, None, {"unreadable": reason})
            return
        if workload == TELLS and all(folder.path for folder in tree.folders):  # no top: nothing but damages can be told
            yield Container(subject, workload, key + _FILE_SEPARATOR, label)
        for folder in tree.folders:
            if folder.workload == workload:
                nid = f"{folder.nid:08X}".encode()
                yield Container(
                    subject,
                    workload,
                    key + _FILE_SEPARATOR + nid,
                    (*label, *folder.path),
                    folder.role if alone else None,
                    _said(folder) | _protected(file) | (_told(file, tree, orphans) if not folder.path else {}),
                )
        if orphans and self.config.orphans:
            name = Text("Éléments retrouvés", "Lost and found")(self.environment.lang)
            yield Container(
                subject,
                workload,
                key + _FILE_SEPARATOR + f"{LOST:08X}".encode(),
                (*label, name),
                None,
                {"codes": (ORPHAN,)},
            )

    def _locate(self, container: Container) -> tuple[Path, int]:
        name, _, nid = container.key.rpartition(_FILE_SEPARATOR)
        root = self.environment.base / self.config.path
        return Path(os.path.normpath(root / os.fsdecode(name))), int(nid, 16) if nid else 0

    def _folder(self, file: PstFile, nid: int) -> Folder:
        for folder in read_tree(file, self._codec).folders:
            if folder.nid == nid:
                return folder
        raise StopEndpoint(
            Text(f"{file.path} : le dossier {nid:08X} n'y est plus", f"{file.path}: folder {nid:08X} is gone")
        )

    def _page(self, file: PstFile, nid: int, cursor: bytes | None) -> Page:
        start, version = 0, file.stamp
        if cursor is not None:
            head, _, tail = cursor.partition(b"@")
            start, version = int(head), tail.decode()
        if version != file.stamp:
            raise StopEndpoint(
                Text(
                    f"{file.path} a changé pendant sa lecture : fermer Outlook ou copier le fichier, puis recommencer",
                    f"{file.path} changed while being read: close Outlook or copy the file, then start again",
                )
            )
        tree = read_tree(file, self._codec)
        if not nid:
            return Page((), None, faults=_damaged(tree))
        top = False
        if nid == LOST:
            order = lost(file, tree.known)
        else:
            folder = self._folder(file, nid)
            order, top = contents(file, nid), not folder.path
        lines = [list_item(file, item, self._codec) for item in order[start : start + PAGE]]
        after = f"{start + PAGE}@{file.stamp}".encode() if start + PAGE < len(order) else None
        refs = tuple(line for line in lines if isinstance(line, ItemRef))
        faults = tuple(line for line in lines if isinstance(line, Fault))
        if after is None and top:
            faults += _damaged(tree)
        return Page(refs, after, faults=faults)

    def _read(self, file: PstFile, folder: int, ref: ItemRef) -> Record | Fault:
        try:
            nid = int(ref.key, 16)
        except ValueError:
            return Fault(ref.key, ITEM, "no such item", ref.kind, ref.form)
        order = lost(file, read_tree(file, self._codec).known) if folder == LOST else contents(file, folder)
        place = bisect_left(order, nid)
        if place == len(order) or order[place] != nid:
            return Fault(ref.key, ITEM, "no such item", ref.kind, ref.form)
        return read_item(file, nid, ref.key, self.config.codepage)


def _said(folder: Folder) -> dict[str, Value]:
    said = {"class": folder.container_class, "comment": folder.comment, "role": folder.role or ""}
    found: dict[str, Value] = {name: text for name, text in said.items() if text}
    if folder.guessed:
        found["role_guessed"] = True
    return found


def _protected(file: PstFile) -> dict[str, Value]:
    """The code of a password, said with each folder, since it is true of each item."""
    password = file.store.get(0x67FF)
    return {"codes": (PASSWORD,)} if isinstance(password, int) and password else {}


def _damaged(tree: Tree) -> tuple[Fault, ...]:
    """The folders that can't be opened, told with the top one: their names are in themselves."""
    return tuple(Fault(f"folder {nid:08X}/".encode(), FOLDER, reason, "folder", "mapi") for nid, reason in tree.damages)


def _told(file: PstFile, tree: Tree, orphans: int) -> dict[str, Value]:
    """What is true of a whole file, said with its top folder: items that are in no folder or in folders that nobody
    sees are counted, not taken."""
    name = file.store.get(0x3001)
    told: dict[str, Value] = {
        "store": name if isinstance(name, str) else "",
        "file": f"{file.header.kind}, {'Unicode' if file.header.unicode else 'ANSI'}",
        "orphan_items": orphans,
        "hidden_items": tree.hidden_items,
    }
    return told


def files_of(path: Path) -> list[Path]:
    """The data files at a path or under it, links not followed, in a stable order; folders that can't be read among
    them, so that they are told."""
    if os.path.islink(path) and os.path.isdir(path):
        return []
    if not os.path.isdir(path):
        return [path] if looks_like_pst(path) else []
    found: list[Path] = []
    shut: list[OSError] = []
    for folder, names, files in os.walk(path, onerror=shut.append):
        names.sort()
        found += [p for name in sorted(files) if looks_like_pst(p := Path(folder, name))]
    found += [Path(error.filename) for error in shut]
    return found


def labelled(path: Path) -> list[tuple[tuple[str, ...], Path]]:
    """Each data file with the names that its folders go under: its own folders below `path`, then its name without
    suffix, kept where two files would else have one name."""
    found = []
    for file in files_of(path):
        above = () if file == path else tuple(file.parent.relative_to(path).parts)
        found.append(((*above, file.stem), file))
    labels = [label for label, _ in found]
    return [
        (
            tuple(
                key_text(os.fsencode(part))
                for part in (label if labels.count(label) == 1 else (*label[:-1], file.name))
            ),
            file,
        )
        for label, file in found
    ]
