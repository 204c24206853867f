"""The header of a file says what it is before a library is trusted with it (MS-PST 2.2.2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transhumance.connectors.contract import Text

MAGIC = b"!BDN"
SUFFIXES = (".pst", ".ost")
_CLIENT = {b"SM": "pst", b"SO": "ost", b"AB": "pab"}
_WIP = 0x10  # bCryptMethod of Windows Information Protection, which only Windows can open


class Unreadable(Exception):
    """A file that can't be read as a whole; `text` says why, for people."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Header:
    """`kind`: pst, ost or pab. `unicode`: false for the ANSI files of Outlook 2002 and before, whose texts are in a
    code page that the file does not name. `crypt`: how its data are hidden. `nbt`, `bbt`: where the roots of its two
    trees lie."""

    kind: str
    unicode: bool
    version: int = 23
    crypt: int = 0
    nbt: int = 0
    bbt: int = 0


def looks_like_pst(path: Path) -> bool:
    """Whether a file is one of ours, by its suffix or by its first bytes."""
    if path.name.lower().endswith(SUFFIXES):
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == MAGIC
    except OSError:
        return False


def read_header(path: Path) -> Header:
    """The header. Raises `Unreadable` for what is no data file, is cut short, or is encrypted for Windows alone."""
    try:
        with path.open("rb") as file:
            data = file.read(564)
            size = path.stat().st_size
    except OSError as error:
        raise Unreadable(Text(f"illisible ({error.strerror})", f"can't be read ({error.strerror})")) from None
    if data[:4] != MAGIC:
        raise Unreadable(Text("ce n'est pas un fichier de données Outlook", "it is no Outlook data file"))
    if len(data) < 564:
        raise Unreadable(Text("tronqué dans son en-tête", "truncated in its header"))
    version = int.from_bytes(data[10:12], "little")
    unicode = version >= 23
    if not unicode and version not in (14, 15):
        raise Unreadable(Text(f"version {version} inconnue", f"unknown version {version}"))
    if data[513 if unicode else 461] == _WIP:
        raise Unreadable(
            Text("chiffré par Windows Information Protection", "encrypted by Windows Information Protection")
        )
    announced = int.from_bytes(data[184:192] if unicode else data[168:172], "little")
    if size < announced:
        raise Unreadable(
            Text(f"tronqué : {size} octets sur {announced}", f"truncated: {size} bytes of the {announced} announced")
        )
    nbt, bbt = (224, 240) if unicode else (188, 196)
    width = 8 if unicode else 4
    return Header(
        _CLIENT.get(data[8:10], "pst"),
        unicode,
        version,
        data[513 if unicode else 461],
        int.from_bytes(data[nbt : nbt + width], "little"),
        int.from_bytes(data[bbt : bbt + width], "little"),
    )
