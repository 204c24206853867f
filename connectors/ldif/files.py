"""Which files of a folder are exports, and each of them as plain LDIF or CSV text: gzip and UTF-16 undone in the
spool."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from transhumance.connectors.contract import StopEndpoint, Text, UserError, key_text
from transhumance.connectors.formats.durable import stop_if_full
from transhumance.connectors.formats.names import unescape_name

SUFFIXES = tuple(stem + end for end in (".gz", "") for stem in (".ldif", ".ldf", ".csv"))
JOURNAL = ".journal"
HIDDEN = ".transhumance-"
_BLOCK = 1 << 20
_EXPANDED = 256 << 20  # below this no ratio is asked of a compressed file
_RATIO = 500  # repetitive LDIF packs to 1:40 or so; a bomb to 1:1000


@dataclass(frozen=True, slots=True)
class Export:
    """One export file. `key`: its path under the endpoint's, as bytes. `path`: of the container, suffix cut off where
    that leaves it a name of its own."""

    key: bytes
    file: Path
    path: tuple[str, ...]

    @property
    def is_csv(self) -> bool:
        return self.file.name.lower().removesuffix(".gz").endswith(".csv")

    @property
    def journal(self) -> Path:
        return self.file.with_name(self.file.name + JOURNAL)

    def signature(self) -> tuple[object, ...]:
        """What changes when the file or its journal does."""
        return (self.key, _stat(self.file), _stat(self.journal))


def _stat(path: Path) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return (found.st_size, found.st_mtime_ns, found.st_ino)


def exports(root: Path) -> list[Export]:
    """The export files under a folder, in order of path, or the one that `root` is. Raises `UserError` where there is
    no such path, `StopEndpoint` where a folder can't be read."""
    if not os.path.lexists(root):
        raise UserError(Text(f"{root.name} : introuvable", f"{root.name}: not found"), where="path")
    if not root.is_dir():
        return [Export(os.fsencode(root.name), root, (_text(_stem(root.name)),))]
    found = [file for file in _walk(root) if file.name.lower().endswith(SUFFIXES) and file.is_file()]
    return _named(root, sorted(found, key=os.fsencode))


def _walk(root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        name = key_text(os.fsencode(error.filename or ""))
        raise StopEndpoint(Text(f"{name} : dossier illisible", f"{name}: the folder can't be read")) from error

    for folder, below, names in os.walk(root, onerror=refuse):
        below[:] = sorted(name for name in below if not name.startswith(HIDDEN))
        yield from (Path(folder) / name for name in names if not name.startswith(HIDDEN))


def _named(root: Path, files: list[Path]) -> list[Export]:
    whole = [file.relative_to(root) for file in files]
    short = [rel.with_name(_stem(rel.name)) for rel in whole]
    taken = {name for name in short if short.count(name) > 1} if len(set(short)) < len(short) else set()
    return [
        Export(os.fsencode(str(rel)), file, tuple(map(_text, (rel if cut in taken else cut).parts)))
        for file, rel, cut in zip(files, whole, short, strict=True)
    ]


def _stem(name: str) -> str:
    end = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix) and len(name) > len(suffix)), "")
    return name[: len(name) - len(end)]


def _text(name: str) -> str:
    raw = unescape_name(name)
    raw = os.fsencode(name) if raw is None else raw
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return key_text(raw)


# --- plain text


@dataclass(frozen=True, slots=True)
class Plain:
    """An export as plain text in UTF-8, or in an ASCII code page: the file itself, or a copy in the spool. `broken`:
    what stopped the copy before its end; empty where it is whole."""

    file: Path
    broken: str = ""


def plain(export: Export, spool: Path) -> Plain:
    """The export as plain text. Raises `OSError` where it can't be read."""
    with open(export.file, "rb") as raw:
        head = raw.read(4)
        packed = head[:2] == b"\x1f\x8b"
        if packed:
            with gzip.open(raw.name, "rb") as inner:
                try:
                    head = inner.read(4)
                except (OSError, EOFError, zlib.error):
                    head = b""
    wide = _utf16(head)
    if not packed and wide is None:
        return Plain(export.file)
    mark = hashlib.sha256(repr((export.key, _stat(export.file))).encode()).hexdigest()[:24]
    copy, told = spool / f"ldif-{mark}.txt", spool / f"ldif-{mark}.broken"
    if not copy.exists():
        spool.mkdir(parents=True, exist_ok=True)
        broken = _copy(export.file, copy.with_suffix(".part"), packed, wide)
        told.write_text(broken)
        os.replace(copy.with_suffix(".part"), copy)
    return Plain(copy, told.read_text())


def _utf16(head: bytes) -> str | None:
    """The code of a file that begins so: by its mark, or by the zeros beside its first letters."""
    if head.startswith(codecs.BOM_UTF16_LE) or (len(head) == 4 and head[1] == 0 == head[3] and head[0] and head[2]):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE) or (len(head) == 4 and head[0] == 0 == head[2] and head[1] and head[3]):
        return "utf-16-be"
    return None


def _copy(source: Path, copy: Path, packed: bool, wide: str | None) -> str:
    """Writes the plain copy; returns why it ends early, or nothing."""
    try:
        with open(copy, "wb") as out, gzip.open(source, "rb") if packed else open(source, "rb") as text:
            return _pump(text, out, wide, source.stat().st_size if packed else None)  # type: ignore[arg-type]
    except OSError as error:
        stop_if_full(error)
        raise


def _pump(text: BinaryIO, out: BinaryIO, wide: str | None, packed_size: int | None) -> str:
    # lone surrogates pass as the bytes that UTF-8 would give them: not UTF-8, so the entry says so by a finding
    decoder = codecs.getincrementaldecoder(wide)("surrogatepass") if wide else None
    size, first = 0, True
    while True:
        try:
            block = text.read(_BLOCK)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return "the compressed file is cut or damaged"
        size += len(block)
        if packed_size is not None and size > max(_EXPANDED, packed_size * _RATIO):
            return f"the compressed file expands above {_RATIO} times its size"
        if decoder is None:
            out.write(block)
        else:
            try:
                said = decoder.decode(block, not block)
            except UnicodeDecodeError:
                return "the UTF-16 text is cut inside a character"
            said = said.removeprefix("\ufeff") if first else said
            out.write(said.encode("utf-8", "surrogatepass"))
        first = False
        if not block:
            return ""
