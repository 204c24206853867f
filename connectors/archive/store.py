"""An archive's folder, opened: its identity, its catalogue brought level with its index files, its items read."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from transhumance.connectors.archive.catalogue import Catalogue, Place, Row, drop, told
from transhumance.connectors.archive.lines import Item, Stored, decode, values
from transhumance.connectors.archive.naming import (
    CATALOGUE,
    INDEX,
    container_folder,
    displaced_folder,
)
from transhumance.connectors.archive.sorted_index import SortedIndex
from transhumance.connectors.contract import (
    Body,
    Container,
    FileBody,
    Record,
    Retry,
    StopEndpoint,
    Text,
    UserError,
    key_from_text,
    key_text,
)
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.connectors.formats import durable

COMPACTED = "index.jsonl"
ABOUT = "container.json"
IDENTITY = ".archive-id"
ARCHIVE = "archive.json"
MANIFEST = "MANIFEST.sha256"
CHUNK = re.compile(r"(\d{10})-.*\.jsonl")
_OPEN_FILES = 64


class Store:
    """One archive. `writable`: it may be made, and its own files may be changed; else only its catalogue is, in
    `spool` where the archive lies on a medium that can't be written."""

    def __init__(self, root: Path, spool: Path, *, writable: bool) -> None:
        self.root = root
        self._ours(writable)
        if writable:
            durable.make_folders(root)
            self._name_it()
        self.catalogue = self._open_catalogue(spool, writable)
        self._level: set[int] = set()
        self._made: set[str] = set()
        self._lock = threading.RLock()
        if self.catalogue.fresh or len(self.catalogue.places()) < self._containers_told():
            self._find_containers()

    def close(self) -> None:
        """Closes the catalogue."""
        self.catalogue.close()

    def _ours(self, writable: bool) -> None:
        """Refuses a folder that holds something else."""
        try:
            names = {name for name in os.listdir(self.root) if not name.startswith(durable.ASIDE)}
        except FileNotFoundError:
            if writable:
                return
            raise UserError(
                Text(f"{self.root} : archive introuvable", f"{self.root}: no such archive"), "path"
            ) from None
        except NotADirectoryError:
            raise UserError(Text(f"{self.root} n'est pas un dossier", f"{self.root} is no folder"), "path") from None
        if names and not names & {ARCHIVE, IDENTITY, CATALOGUE}:
            raise UserError(
                Text(
                    f"{self.root} contient autre chose qu'une archive ; rien n'y a été touché. Donnez un dossier vide "
                    "ou une archive",
                    f"{self.root} holds something else than an archive; nothing in it was touched. Give an empty "
                    "folder or an archive",
                ),
                "path",
            )

    def _name_it(self) -> None:
        path = self.root / IDENTITY
        if not path.exists():
            body = [secrets.token_hex(16).encode() + b"\n"]
            _, _, temp = durable.write_aside(path, body)
            try:
                os.link(temp, path)
            except FileExistsError:
                pass  # another process was first
            except OSError:  # a disk without links
                os.rename(temp, path)
            durable.discard(temp)
            durable.sync_folder(self.root)

    def identity(self) -> str:
        """What the archive says that it is: the same after a move to another place."""
        try:
            return f"archive:{(self.root / IDENTITY).read_text().strip()}"
        except FileNotFoundError:
            state = self.root.stat()
            return f"archive:{state.st_dev}:{state.st_ino}"

    def _open_catalogue(self, spool: Path, writable: bool) -> Catalogue:
        path = self.root / CATALOGUE
        try:
            return Catalogue(path)
        except (sqlite3.OperationalError, OSError) as error:
            if writable:
                durable.stop_if_full(error if isinstance(error, OSError) else OSError())
                with told(path):
                    raise
        except sqlite3.DatabaseError:
            drop(path)
            return Catalogue(path)
        # a medium that can't be written, or not now
        spool.mkdir(parents=True, exist_ok=True)
        path = spool / f"catalogue-{secrets.token_hex(8)}.sqlite"
        return Catalogue(path)

    def _containers_told(self) -> int:
        """How many containers the archive says that it has: a catalogue that knows fewer is of another day."""
        try:
            return int(json.loads((self.root / ARCHIVE).read_bytes())["containers"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    # --- level with the index files

    def _find_containers(self) -> None:
        """Fills a new catalogue from what lies in the folder."""
        for folder, names, _ in os.walk(self.root):
            if INDEX in names:
                with suppress(OSError, ValueError, KeyError, TypeError):
                    self._read_about(Path(folder))
            names[:] = sorted(name for name in names if not name.startswith("."))
        for place in self.catalogue.places():
            self.sync(place)

    def _read_about(self, folder: Path) -> None:
        data = (folder / INDEX / ABOUT).read_bytes()
        plain = json.loads(data)
        container = Container(
            key_from_text(plain["subject"]),
            plain["workload"],
            b"",
            tuple(plain["path"]),
            plain["role"],
            from_json(plain["properties"]),  # type: ignore[arg-type]
        )
        name = folder.relative_to(self.root).as_posix()
        self.catalogue.add(name, container, f"{name}/{INDEX}/{ABOUT}", hashlib.sha256(data).digest())

    def sync(self, place: Place, *, again: bool = False) -> None:
        """Brings the catalogue level with a container's index files, when first asked (or `again`)."""
        with self._lock:
            if place.id in self._level and not again:
                return
            stamp, files = self.index_files(place)
            ((known,),) = self.catalogue.ask("SELECT stamp FROM container WHERE id = ?", place.id)
            applied = {
                str(name) for (name,) in self.catalogue.ask("SELECT name FROM chunk WHERE container=?", place.id)
            }
            if stamp != known or applied - set(files):
                with self.catalogue.change():
                    self.catalogue.forget(place)
                    self._apply(place, None, COMPACTED)
                    self.catalogue.run("UPDATE container SET stamp = ? WHERE id = ?", stamp, place.id)
                    self._note_file(place, ABOUT)
                    self._note_file(place, COMPACTED)
                applied = set()
            for name in sorted(set(files) - applied):
                with self.catalogue.change():
                    self._apply(place, int(name[:10]), name)
            self._level.add(place.id)

    def index_files(self, place: Place) -> tuple[str, list[str]]:
        """The stamp of a container's compacted index, and the index files of chunks beside it, oldest first."""
        folder = self.root / place.folder / INDEX
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return "", []
        stamp = ""
        if COMPACTED in names:
            state = os.stat(folder / COMPACTED)
            stamp = f"{state.st_size}.{state.st_mtime_ns}"
        return stamp, sorted(name for name in names if CHUNK.fullmatch(name))

    def _note_file(self, place: Place, name: str) -> None:
        path = self.root / place.folder / INDEX / name
        with suppress(FileNotFoundError):
            digest = bytes.fromhex(durable.digest_of(path))
            self.note(f"{place.folder}/{INDEX}/{name}", place.id, digest)

    def note(self, path: str, owner: int, digest: bytes) -> None:
        """Notes a file for the manifest, inside a transaction."""
        self.catalogue.run("INSERT OR REPLACE INTO file VALUES (?,?,?)", path, owner, digest)

    def _apply(self, place: Place, seq: int | None, name: str) -> None:
        """Takes in one index file, a few thousand lines at a time."""
        with suppress(FileNotFoundError), open(self.root / place.folder / INDEX / name, "rb") as file:
            batch: list[tuple[int, Item]] = []
            at = 0
            for line in file:
                batch.append((at, self._decoded(place, name, line)))
                at += len(line)
                if len(batch) == 2000:
                    self._apply_batch(place, seq, name, batch)
                    batch = []
            self._apply_batch(place, seq, name, batch)

    def _apply_batch(self, place: Place, seq: int | None, name: str, batch: list[tuple[int, Item]]) -> None:
        old: dict[bytes, Item] = {}
        if seq is not None:
            rows = [row for _, item in batch if (row := self.catalogue.row(place, item.key))]
            old = {item.key: item for item in self.items(place, rows)}
        self.catalogue.apply(place, seq, name if seq is not None else "", batch, old)

    def _decoded(self, place: Place, name: str, line: bytes) -> Item:
        try:
            return decode(line)
        except ValueError as error:
            where = f"{place.folder}/{INDEX}/{name}"
            raise StopEndpoint(
                Text(
                    f"{where} : index endommagé ({error}). Rien n'a été changé ; `transhume archive verify` dit ce qui "
                    "manque, restaurez ce fichier depuis une sauvegarde",
                    f"{where}: damaged index ({error}). Nothing was changed; `transhume archive verify` says what is "
                    "missing; restore this file from a backup",
                )
            ) from None

    # --- containers

    def place_of(self, container: Container) -> Place:
        """The place of a container of this archive. Raises `StopEndpoint` where it is not there."""
        place = self.catalogue.at_folder(container.key.decode("utf-8", "replace")) or self.catalogue.find(container)
        if place is None:
            name = "/".join(container.path) or key_text(container.subject)
            raise StopEndpoint(
                Text(f"{name} : ce conteneur n'est pas dans l'archive", f"{name}: this container is not in the archive")
            )
        return place

    def ensure(self, container: Container) -> Place:
        """The place of a container, made where it lacks."""
        with self._lock:
            found = self.catalogue.find(container)
            if found and os.path.exists(self.root / found.folder / INDEX / ABOUT):
                return found
            folder = found.folder if found else container_folder(container)
            if not found and self.catalogue.taken(folder):
                folder = displaced_folder(folder, container)
            digest = self._write_about(folder, container)
            return self.catalogue.add(folder, container, f"{folder}/{INDEX}/{ABOUT}", digest)

    def _write_about(self, folder: str, container: Container) -> bytes:
        """Writes what a container says of itself; it is durable with the first effect, or the end of the pass."""
        self.make_folder(f"{folder}/{INDEX}")
        about = {
            "workload": container.workload,
            "subject": key_text(container.subject),
            "path": list(container.path),
            "role": container.role,
            "properties": to_json(container.properties),
        }
        text = json.dumps(about, sort_keys=True, indent=1).encode() + b"\n"
        path = self.root / folder / INDEX / ABOUT
        _, digest, temp = durable.write_aside(path, [text], sync=False)
        os.rename(temp, path)
        return bytes.fromhex(digest)

    def drop(self, place: Place) -> None:
        """Forgets a container whose folder is gone."""
        with self._lock:
            with self.catalogue.change():
                self.catalogue.forget(place)
                self.catalogue.run("DELETE FROM container WHERE id = ?", place.id)
            self._level.discard(place.id)
            self.forget_folders()

    def make_folder(self, path: str) -> None:
        """Makes a folder and its parents, from the root. A link or a file among them is never followed: raises
        `NotADirectoryError`."""
        at = ""
        for name in path.split("/"):
            at = f"{at}{name}/"
            full = f"{self.root}/{at[:-1]}"
            try:
                os.mkdir(full, 0o700)
            except FileExistsError:
                if not os.path.isdir(full) or os.path.islink(full):
                    raise NotADirectoryError(20, "not a folder", full) from None
            except OSError as error:
                durable.stop_if_full(error)
                raise

    def need_folder(self, path: str) -> None:
        """Makes a folder as `make_folder` does, unless this process made it already."""
        if path not in self._made:
            self.make_folder(path)
            if len(self._made) > 50_000:
                self._made.clear()
            self._made.add(path)

    def forget_folders(self) -> None:
        """Folders may have been removed: each is looked at again."""
        self._made.clear()

    # --- items

    def items(self, place: Place, rows: Sequence[Row]) -> Iterator[Item]:
        """The items of rows, in their order."""
        with Lines(self, place) as lines:
            for row in rows:
                yield decode(lines.of(row))

    def body(self, place: Place, stored: Stored) -> Body:
        """A handle on a stored body. It claims no digest, so that whoever compares it reads it."""
        if not stored.path:
            return AbsentBody(size=stored.size, nature=stored.nature, digests={"sha256": stored.sha256})
        path = f"{self.root}/{place.folder}/{stored.path}"
        return FileBody(size=stored.size, nature=stored.nature, path=path, start=stored.start)

    def record(self, place: Place, item: Item) -> Record:
        """The record of an item, in the form `document`."""
        bodies = {name: self.body(place, stored) for name, stored in item.bodies.items()}
        return Record(item.key, item.kind, "document", values(item), bodies, item.count)

    def fault_of(self, place: Place, item: Item) -> str:
        """What is wrong with an item's files, told from their sizes; empty when nothing is."""
        for stored in item.bodies.values():
            if stored.path:
                try:
                    size = os.stat(f"{self.root}/{place.folder}/{stored.path}").st_size
                except OSError as error:
                    return f"{stored.path}: {error.strerror}"
                if size < stored.start + stored.size or not stored.pack and size != stored.size:
                    return f"{stored.path}: {size} bytes, {stored.size} were written"
        return ""


@dataclass(frozen=True, slots=True)
class AbsentBody(Body):
    """A body that the archive does not keep: its size and digest are known, its bytes are not."""

    def open(self, offset: int = 0) -> BinaryIO:
        raise OSError("this archive keeps residue and digests only, not the document's bytes")


class Lines:
    """The lines of a container's items, read where they lie: index files of chunks, or the compacted index."""

    def __init__(self, store: Store, place: Place) -> None:
        self._folder = store.root / place.folder / INDEX
        rows = store.catalogue.ask("SELECT seq, name FROM chunk WHERE container = ?", place.id)
        self._names = {seq: str(name) for seq, name in rows}
        self._files: OrderedDict[int, BinaryIO] = OrderedDict()
        self._where = f"{place.folder}/{INDEX}"
        self.index = SortedIndex(self._folder / COMPACTED)

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self.index.close()
        for file in self._files.values():
            file.close()

    def of(self, row: Row) -> bytes:
        """The line of one item. Raises `Retry` where the index was settled meanwhile."""
        if row.seq is None or row.at is None:
            line = self.index.find(row.key) or b""
        else:
            line = self.at(row.seq, row.at)
        if not line:
            raise self._changed()
        return line

    def _changed(self) -> Retry:
        where = self._where
        return Retry(Text(f"{where} a changé pendant la lecture", f"{where} changed while it was read"), 1.0)

    def at(self, seq: int, at: int) -> bytes:
        """The line at an offset of a chunk's index file."""
        file = self._files.get(seq)
        if file is None:
            if len(self._files) >= _OPEN_FILES:
                self._files.popitem(last=False)[1].close()
            try:
                file = self._files[seq] = open(self._folder / self._names[seq], "rb")
            except (FileNotFoundError, KeyError):
                raise self._changed() from None
        else:
            self._files.move_to_end(seq)
        file.seek(at)
        return file.readline()
