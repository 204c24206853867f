"""Keys are bytes, because paths, UIDs and DNs of real systems are; this is their one escaping to text."""

from __future__ import annotations

import re

_ESCAPED = re.compile(r"%([0-9A-F]{2})")


def key_text(key: bytes) -> str:
    """The key as printable text: UTF-8 where it is, `%XX` for `%`, for control characters and for every other byte.

    `key_from_text` gives the same bytes back, whatever they were.
    """
    text = key.decode("utf-8", "surrogateescape")
    if text.isprintable() and "%" not in text:  # nearly every key
        return text
    out = []
    for char in text:
        point = ord(char)
        if 0xDC80 <= point <= 0xDCFF:
            out.append(f"%{point - 0xDC00:02X}")
        elif char == "%" or not char.isprintable():
            out.append("".join(f"%{byte:02X}" for byte in char.encode()))
        else:
            out.append(char)
    return "".join(out)


def key_from_text(text: str) -> bytes:
    """The bytes of a key that `key_text` wrote."""
    if "%" not in text:
        return text.encode()
    out = bytearray()
    at = 0
    for match in _ESCAPED.finditer(text):
        out += text[at : match.start()].encode()
        out.append(int(match[1], 16))
        at = match.end()
    return bytes(out + text[at:].encode())
