"""File names from names of other systems, reversibly: no name escapes its folder, hides, or meets another silently.

The escape is `%XX` on UTF-8 bytes. Escaped are: `%` itself, control characters, what NTFS or SMB refuse (`" * / : < >
? \\ |`), bidirectional and other format characters, bytes that are not UTF-8, a leading or trailing blank or dot,
reserved DOS names, and combining marks that NFC would fold (so an NFD name and its NFC twin stay two). A name above
the length limit ends in `%~` and the digest of the whole: it is unique but not reversible, and its manifest holds the
full name.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_BYTES = 200  # below the 255 of most file systems, with room for a suffix
_FORBIDDEN = frozenset('%"*/:<>?\\|')
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)")
_ESCAPED = re.compile(rb"%([0-9A-F]{2})")
_LONG = "%~"


def _hex(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def escape_name(name: str | bytes, max_bytes: int = MAX_BYTES) -> str:
    """A name that any common file system takes. Never empty, never `.` or `..`, without a separator."""
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    out = [_hex(char) if char in _FORBIDDEN or _hidden(char) else char for char in text]
    if text and not unicodedata.is_normalized("NFC", text):
        out = [_hex(c) if len(c) == 1 and (unicodedata.combining(c) or not _nfc_alone(c)) else c for c in out]
    for end in (0, -1):
        if out and out[end] in (" ", "."):
            out[end] = _hex(out[end])
    if _RESERVED.match(text):
        out[0] = _hex(text[0])
    safe = "".join(out) or "%"
    if len(safe.encode()) <= max_bytes:
        return safe
    raw = text.encode("utf-8", "surrogateescape")
    tail = _LONG + hashlib.sha256(raw).hexdigest()[:16]
    head = safe.encode()[: max_bytes - len(tail)].decode(errors="ignore")
    return re.sub(r"%[0-9A-F]?$", "", head).rstrip(" .") + tail


def _nfc_alone(char: str) -> bool:
    return unicodedata.is_normalized("NFC", char)


def unescape_name(name: str) -> bytes | None:
    """The bytes of the name that `escape_name` was given, or None where it was cut for its length."""
    if _LONG in name:
        return None
    if name == "%":
        return b""
    return _ESCAPED.sub(lambda m: bytes([int(m[1], 16)]), name.encode("utf-8", "surrogateescape"))


def fold(name: str) -> str:
    """What a case-insensitive, normalising file system makes of a name: two names that fold alike collide there."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
