"""Looking an archive over without writing to it: what is wrong with it, what is in it, what it will need.

`verify` trusts the index files and nothing else, not even the catalogue; it reads every byte, and its memory does not
grow with the archive.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from transhumance.connectors.archive.lines import Item, Stored, decode
from transhumance.connectors.archive.manifest import README, read_manifest_line
from transhumance.connectors.archive.naming import BEFORE, CATALOGUE, INDEX, STAGING
from transhumance.connectors.archive.store import ABOUT, ARCHIVE, CHUNK, COMPACTED, IDENTITY, MANIFEST, Store
from transhumance.connectors.contract import FileBody, Text, UserError, sha256_of
from transhumance.connectors.formats import durable

ITEMS_A_PACK = 500
_LINE, _ROW, _MEMBER = 600, 350, 250  # bytes of an index line, of a row of the catalogue, of a zip's headers
_FEW = 64  # files and folders of the archive itself
_BLOCK = 4096
Trouble = Literal["missing", "altered", "stray", "damaged"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one file of an archive. `missing`: named but not there. `altered`: not the bytes that were
    written. `stray`: there, and nothing names it. `damaged`: an index or a manifest that can't be read."""

    trouble: Trouble
    path: str
    detail: str = ""

    @property
    def text(self) -> Text:
        """The same for people."""
        fr, en = {
            "missing": ("absent", "missing"),
            "altered": ("altéré", "altered"),
            "stray": ("inconnu de l'index (sans effet ; peut être ôté)", "unknown to the index (harmless; may go)"),
            "damaged": ("illisible", "can't be read"),
        }[self.trouble]
        more = f" ({self.detail})" if self.detail else ""
        return Text(f"{self.path} : {fr}{more}", f"{self.path}: {en}{more}")


def verify(root: Path) -> Iterator[Problem]:
    """Everything that is wrong with an archive; nothing when all is as it was written. Raises `UserError` where there
    is no archive."""
    if not root.is_dir() or not {ARCHIVE, IDENTITY, CATALOGUE} & set(os.listdir(root)):
        raise UserError(Text(f"{root} n'est pas une archive", f"{root} is no archive"), "path")
    with closing(sqlite3.connect("", isolation_level=None)) as known:  # an unnamed database spills to disk
        known.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;"
            "CREATE TABLE file (path TEXT PRIMARY KEY, sha256 TEXT, listed INTEGER DEFAULT 0) WITHOUT ROWID;"
            "CREATE TABLE dead (path TEXT PRIMARY KEY) WITHOUT ROWID;"
        )
        for folder in _indexed_folders(root):
            yield from _verify_container(root, folder, known)
        yield from _verify_manifest(root, known)
        yield from _strays(root, known)


def _indexed_folders(root: Path) -> Iterator[str]:
    for folder, names, _ in os.walk(root):
        if INDEX in names:
            yield Path(folder).relative_to(root).as_posix()
        names[:] = sorted(name for name in names if not name.startswith("."))


def _verify_container(root: Path, folder: str, known: sqlite3.Connection) -> Iterator[Problem]:
    """Every item of a container against its files. The last line of a key is the one that counts."""
    index = root / folder / INDEX
    names = [COMPACTED] if (index / COMPACTED).exists() else []
    names += sorted(name for name in os.listdir(index) if CHUNK.fullmatch(name))
    with closing(sqlite3.connect("", isolation_level=None)) as lines:
        lines.executescript("PRAGMA journal_mode=OFF; BEGIN; CREATE TABLE line (key BLOB PRIMARY KEY, text BLOB);")
        for name in names:
            known.execute("INSERT OR REPLACE INTO file (path, sha256) VALUES (?, '')", (f"{folder}/{INDEX}/{name}",))
            yield from _read_lines(folder, index, name, lines, known)
        known.execute("INSERT OR REPLACE INTO file (path, sha256) VALUES (?, '')", (f"{folder}/{INDEX}/{ABOUT}",))
        for (text,) in lines.execute("SELECT text FROM line ORDER BY key"):
            item = decode(text)
            for stored in item.bodies.values():
                yield from _verify_body(root, folder, item, stored, known)


def _read_lines(
    folder: str, index: Path, name: str, lines: sqlite3.Connection, known: sqlite3.Connection
) -> Iterator[Problem]:
    with open(index / name, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                item = decode(line)
            except ValueError as error:
                yield Problem("damaged", f"{folder}/{INDEX}/{name}", f"{number}: {error}")
                continue
            for (old,) in lines.execute("SELECT text FROM line WHERE key = ?", (item.key,)).fetchall():
                dead = [(f"{folder}/{b.path}",) for b in decode(old).bodies.values() if b.path]
                known.executemany("INSERT OR IGNORE INTO dead VALUES (?)", dead)
            lines.execute("INSERT OR REPLACE INTO line VALUES (?, ?)", (item.key, line))


def _verify_body(root: Path, folder: str, item: Item, stored: Stored, known: sqlite3.Connection) -> Iterator[Problem]:
    if not stored.path:
        return
    path = f"{folder}/{stored.path}"
    digest = stored.pack[-68:-4] if stored.pack else stored.sha256
    known.execute("INSERT OR REPLACE INTO file (path, sha256) VALUES (?, ?)", (path, digest))
    where = path if not stored.pack else f"{path} > {stored.file}"
    try:
        size = os.stat(root / path, follow_symlinks=False).st_size
        if not stored.pack and size != stored.size:
            yield Problem("altered", where, f"{size} bytes, {stored.size} were written")
        elif sha256_of(FileBody(size=stored.size, path=str(root / path), start=stored.start)) != stored.sha256:
            yield Problem("altered", where)
    except FileNotFoundError:
        yield Problem("missing", where)
    except OSError as error:
        yield Problem("altered", where, error.strerror or str(error))


def _verify_manifest(root: Path, known: sqlite3.Connection) -> Iterator[Problem]:
    """The manifest against the index, and the few files that only the manifest names. While a pass goes on, the index
    may be ahead of the manifest."""
    try:
        file = open(root / MANIFEST, encoding="utf-8", errors="replace", newline="\n")
    except FileNotFoundError:
        yield Problem("missing", MANIFEST, "the pass has not ended yet")
        return
    ended = not any(CHUNK.fullmatch(os.path.basename(path)) for (path,) in known.execute("SELECT path FROM file"))
    with file:
        for number, line in enumerate(file, 1):
            try:
                digest, path = read_manifest_line(line)
            except ValueError as error:
                yield Problem("damaged", MANIFEST, f"{number}: {error}")
                continue
            (told,) = known.execute("SELECT sha256 FROM file WHERE path = ?", (path,)).fetchone() or (None,)
            if not told and os.path.basename(path) in (README, ARCHIVE, COMPACTED, ABOUT):
                if ended:
                    yield from _verify_own(root, path, digest)
            elif ended and told != digest:
                yield Problem("altered", MANIFEST, f"{path}: not what the index says")
            known.execute(
                "INSERT INTO file VALUES (?1, ?2, 1) ON CONFLICT (path) DO UPDATE SET listed = 1", (path, digest)
            )
    if ended:
        for (path,) in known.execute("SELECT path FROM file WHERE listed = 0 ORDER BY path"):
            yield Problem("altered", MANIFEST, f"{path}: not listed")


def _verify_own(root: Path, path: str, digest: str) -> Iterator[Problem]:
    try:
        if durable.digest_of(root / path) != digest:
            yield Problem("altered", path)
    except OSError as error:
        yield Problem("missing", path, error.strerror or "")


def _strays(root: Path, known: sqlite3.Connection) -> Iterator[Problem]:
    """Files that nothing names. What is made again, and before-images, are left out."""
    for folder, names, files in os.walk(root):
        inside = Path(folder).relative_to(root).as_posix()
        if inside == ".":
            names[:] = [name for name in names if name not in (STAGING, BEFORE)]
            files = [n for n in files if n not in (IDENTITY, MANIFEST) and not n.startswith(CATALOGUE)]
        names.sort()
        for name in sorted(files):
            path = name if inside == "." else f"{inside}/{name}"
            if not _is_known(known, path):
                yield Problem("stray", path)


def _is_known(known: sqlite3.Connection, path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    query = "SELECT 1 FROM file WHERE path = ?1 UNION ALL SELECT 1 FROM dead WHERE path = ?1"
    return known.execute(query, (path,)).fetchone() is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of an archive, for a listing."""

    workload: str
    subject: bytes
    container: tuple[str, ...]
    key: bytes
    kind: str
    size: int
    version: str


def listing(root: Path, spool: Path, subject: bytes | None = None, workload: str | None = None) -> Iterator[Entry]:
    """The items of an archive, container by container, by key. Raises `UserError` where there is no archive."""
    with closing(Store(root, spool, writable=False)) as store:
        for place in store.catalogue.places(subject, workload):
            store.sync(place)
            where = place.container
            for key, kind, size, version in store.catalogue.stream(
                "SELECT key, kind, size, version FROM item WHERE container = ? AND version != '' ORDER BY key", place.id
            ):
                assert isinstance(key, bytes) and isinstance(size, int)
                yield Entry(where.workload, where.subject, where.path, key, str(kind), size, str(version))


def bytes_and_inodes(
    items: int, size: int, layout: str = "files", keep: str = "full", block: int = _BLOCK
) -> tuple[int, int]:
    """The bytes and the inodes that an archive of so many items, of `size` bytes in all, will take. `block`: the
    disk's, of which a file takes a whole number."""
    index = items * (_LINE * 2 + _ROW)  # the index of chunks lies beside the compacted one until a pass ends
    if keep == "residue":
        return index, _FEW
    if layout == "packed":
        packs = -(-items // ITEMS_A_PACK)
        return size + items * _MEMBER + packs * block + index, packs * 2 + _FEW
    return size + items * block // 2 + index, items + -(-items // ITEMS_A_PACK) + _FEW
