"""Distinguished names as text: RFC 4514, with the habits of RFC 2253 and 1779 that old exports still have.

Names are texts that keep bytes which are not UTF-8 as surrogates (`surrogateescape`), so that a damaged name is still
the same name when it is written again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*")
_PLAIN = re.compile(r"[^\\\"+;#<>]*")
_HEX = frozenset("0123456789abcdefABCDEF")
_SPECIAL = frozenset('"+,;<>\\')


class DnError(ValueError):
    """A text that is no distinguished name."""


@dataclass(frozen=True, slots=True)
class Ava:
    """An attribute type and its value. `ber`: the value is the BER encoding that a `#` form gives (RFC 4514, 2.4)."""

    type: str
    value: bytes
    ber: bool = False


Rdn = tuple[Ava, ...]


def _pieces(text: str, separators: str) -> Iterator[str]:
    """The text cut at separators that are neither escaped nor inside quotes."""
    start, at, quoted = 0, 0, False
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == '"':
            quoted = not quoted
        elif char in separators and not quoted:
            yield text[start:at]
            start = at + 1
        at += 1
    if quoted:
        raise DnError("a quote is not closed")
    yield text[start:]


def split_dn(text: str) -> tuple[str, ...]:
    """The texts of its relative names, as they are written; none for the empty name. `;` separates too (RFC 2253, 4).

    Raises `DnError`."""
    if not text.strip(" "):
        return ()
    return tuple(text.split(",")) if _PLAIN.fullmatch(text) else tuple(_pieces(text, ",;"))


def parent_dn(text: str) -> str:
    """The text after the first relative name, as it is written; empty for a name without a parent, or for no name."""
    try:
        first = split_dn(text)[:1]
    except DnError:
        return ""
    return text[len(first[0]) + 1 :].lstrip(" ") if first else ""


def _unescape(text: str) -> bytes:
    """A value's bytes. A pair is a backslash and a special character, or a backslash and two hex digits."""
    if "\\" not in text:
        return text.encode("utf-8", "surrogateescape")
    out, at = bytearray(), 0
    while at < len(text):
        char = text[at]
        if char != "\\":
            out += char.encode("utf-8", "surrogateescape")
            at += 1
            continue
        pair = text[at + 1 : at + 3]
        if len(pair) == 2 and pair[0] in _HEX and pair[1] in _HEX:
            out.append(int(pair, 16))
            at += 3
        elif pair:
            out += pair[0].encode("utf-8", "surrogateescape")
            at += 2
        else:
            raise DnError("a backslash ends the name")
    return bytes(out)


def _trim(text: str) -> str:
    """Without the blanks around it, save one that is escaped."""
    text = text.lstrip(" ")
    if not text.endswith(" "):
        return text
    bare = text.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return text[: len(bare) + 1] if slashes % 2 and len(bare) < len(text) else bare


def _ava(text: str) -> Ava:
    kind, sign, raw = text.partition("=")
    kind, raw = kind.strip(" "), _trim(raw)
    if kind[:4].lower() == "oid.":  # RFC 1779
        kind = kind[4:]
    if not sign or not _TYPE.fullmatch(kind):
        raise DnError("no attribute type")
    if raw.startswith("#"):
        try:
            return Ava(kind, bytes.fromhex(raw[1:]), ber=True)
        except ValueError:
            raise DnError("bad hexadecimal value") from None
    if raw.startswith('"'):
        if len(raw) < 2 or not raw.endswith('"'):
            raise DnError("text after a quoted value")
        raw = raw[1:-1]
    return Ava(kind, _unescape(raw))


def parse_dn(text: str) -> tuple[Rdn, ...]:
    """Its relative names, from the entry up. Raises `DnError`."""
    return tuple(parse_rdn(piece) for piece in split_dn(text))


def parse_rdn(text: str) -> Rdn:
    """One relative name: usually one pair, several where `+` joins them. Raises `DnError`."""
    if "+" not in text:
        return (_ava(text),)
    return tuple(_ava(piece) for piece in _pieces(text, "+"))


def _escape(value: bytes) -> str:
    """RFC 4514, 2.4: what must be escaped, and NUL; bytes that are not UTF-8 as hexadecimal pairs."""
    out = []
    for char in value.decode("utf-8", "surrogateescape"):
        point = ord(char)
        if char in _SPECIAL:
            out.append("\\" + char)
        elif point < 0x20 or point == 0x7F or 0xDC80 <= point <= 0xDCFF:
            out.append(f"\\{point & 0xFF:02x}")
        else:
            out.append(char)
    if out and out[0] in (" ", "#"):
        out[0] = "\\" + out[0]
    if len(out) > 1 and out[-1] == " ":
        out[-1] = "\\ "
    return "".join(out)


def format_dn(rdns: Iterable[Rdn]) -> str:
    """The text of these relative names; `parse_dn` gives them back."""
    return ",".join(
        "+".join(f"{a.type}=#{a.value.hex()}" if a.ber else f"{a.type}={_escape(a.value)}" for a in rdn) for rdn in rdns
    )


def _fold(value: bytes) -> bytes:
    text = " ".join(value.decode("utf-8", "surrogateescape").split())
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return folded.encode("utf-8", "surrogateescape")


def dn_key(text: str) -> str:
    """The name as it is matched: types and values without case, in NFC, blanks squeezed, escapes made uniform, pairs
    of a multi-valued name sorted. Never raises: a text that is no name is only folded."""
    try:
        rdns = parse_dn(text)
    except DnError:
        return _fold(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    folded = (
        sorted((Ava(a.type.lower(), a.value if a.ber else _fold(a.value), a.ber) for a in r), key=_order) for r in rdns
    )
    return format_dn(tuple(rdn) for rdn in folded)


def _order(ava: Ava) -> tuple[str, bytes]:
    return ava.type, ava.value


def rdn_value(text: str) -> str:
    """The value of the entry's own name (`Petit, Jr` of `CN=Petit\\\\, Jr,OU=x`), for people; the text itself where
    it is no name."""
    try:
        pieces = split_dn(text)
        return parse_rdn(pieces[0])[0].value.decode("utf-8", "replace") if pieces else ""
    except DnError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
