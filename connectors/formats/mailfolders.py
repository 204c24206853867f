"""Names of mail folders: modified UTF-7 (RFC 3501 5.1.3), told apart from UTF-8, and the well-known uses behind French
and English names."""

from __future__ import annotations

import re
import unicodedata
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Iterable

Path = tuple[str, ...]

_ENCODED = re.compile(rb"&([A-Za-z0-9+,]*)-")
_PLAIN = re.compile(r"[\x20-\x7e]+")


def encode_utf7(name: str) -> bytes:
    """A folder name in modified UTF-7: printable ASCII as it is, `&` as `&-`, all else in base64 of UTF-16."""
    out, at = [], 0
    for match in _PLAIN.finditer(name):
        out += [_shift(name[at : match.start()]), match[0].encode().replace(b"&", b"&-")]
        at = match.end()
    return b"".join(out) + _shift(name[at:])


def _shift(text: str) -> bytes:
    if not text:
        return b""
    data = b2a_base64(text.encode("utf-16-be", "surrogatepass"), newline=False)
    return b"&" + data.rstrip(b"=").replace(b"/", b",") + b"-"


def decode_utf7(raw: bytes) -> str | None:
    """The name that `encode_utf7` wrote as these bytes, or None where it would have written others: an unknown byte, a
    sequence that does not end, half a surrogate pair, ASCII in base64. So a name is decoded only where that can be
    undone."""
    out, at = [], 0
    for match in _ENCODED.finditer(raw):
        out += [raw[at : match.start()], b"&" if not match[1] else _unshift(match[1])]
        at = match.end()
    out.append(raw[at:])
    if any(part is None for part in out):
        return None
    try:
        name = b"".join(part for part in out if part is not None).decode()
    except UnicodeDecodeError:
        return None
    return name if encode_utf7(name) == raw else None


def _unshift(text: bytes) -> bytes | None:
    try:
        data = a2b_base64(text.replace(b",", b"/") + b"=" * (-len(text) % 4))
        return data.decode("utf-16-be").encode()
    except (Error, UnicodeError):
        return None


def names_are_utf8(names: Iterable[bytes]) -> bool:
    """Whether the names of a tree are written in UTF-8: one of them has a byte above 127, which modified UTF-7 never
    has."""
    return any(not name.isascii() for name in names)


def read_name(raw: bytes, utf8: bool) -> str:
    """A folder's name as people read it. In a UTF-8 tree only base64 sequences are decoded, since a lone `&-` is what
    it says there. What is neither is kept byte for byte (surrogate escapes)."""
    encoded = b"&" in raw and raw.isascii()
    if encoded and (not utf8 or any(m[1] for m in _ENCODED.finditer(raw))) and (name := decode_utf7(raw)) is not None:
        return name
    return raw.decode("utf-8", "surrogateescape")


# --- well-known uses

_ROLES = {
    "inbox": "inbox|boite de reception|courrier entrant",
    "sent": "sent|sent items|sent messages|sent mail|elements envoyes|envoyes|messages envoyes|courrier envoye",
    "drafts": "drafts|draft|brouillons|brouillon",
    "trash": "trash|deleted items|deleted messages|corbeille|elements supprimes|messages supprimes",
    "junk": "junk|spam|junk e-mail|junk email|junk mail|indesirables|courrier indesirable|courriers indesirables"
    "|pourriel|pourriels",
    "archive": "archive|archives",
}
_ROLE_OF = {name: (role, rank) for role, names in _ROLES.items() for rank, name in enumerate(names.split("|"))}


def role_of(name: str) -> str | None:
    """The well-known use that a name stands for, or None. A guess: for sources that say nothing better."""
    found = _ROLE_OF.get(_folded(name))
    return found[0] if found else None


def _folded(name: str) -> str:
    flat = unicodedata.normalize("NFD", name.casefold())
    return " ".join("".join(char for char in flat if not unicodedata.combining(char)).split())


def roles_by_name(paths: Iterable[Path]) -> dict[Path, str]:
    """The use of each folder, for sources that know names only: folders at the top, or directly under the inbox, and
    each use once; where two folders bear names of one use, the more usual name has it."""
    ranked: dict[str, list[tuple[int, int, Path]]] = {}
    for path in paths:
        top = path[1:] if len(path) == 2 and role_of(path[0]) == "inbox" else path
        found = _ROLE_OF.get(_folded(top[0])) if len(top) == 1 else None
        if found:
            ranked.setdefault(found[0], []).append((len(path), found[1], path))
    return {min(candidates)[2]: role for role, candidates in ranked.items()}
