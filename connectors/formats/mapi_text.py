"""Texts of MAPI items as open formats take them, and back: line ends, characters that no text may hold, code pages.

RFC 5545 and RFC 6350 know one line end inside a text and no control characters but the tab. What is taken out is told
beside the text, by its place, so that the way back puts it in again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from transhumance.connectors.contract import Value

_ODD = re.compile("\r\n|[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_MOST = 2000  # odd characters; above that it is no text
_UNICODE = frozenset(("utf_8", "utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be", "utf_7", "gb18030"))
_LINE_ENDS = ("\r\n", "\n", "\r")


@dataclass(frozen=True, slots=True)
class View:
    """How the bytes of a blob are taken apart, so that only what differs inside is kept. `decode` raises `ValueError`
    for bytes that are none; `encode` gives the very bytes again."""

    decode: Callable[[bytes], Mapping[str, Value]]
    encode: Callable[[Mapping[str, Value]], bytes]


def clean(text: str) -> str:
    """The text with LF as its only line end, without control characters; a half of a surrogate pair becomes U+FFFD."""
    return _ODD.sub(lambda match: _cleaned(match[0]), text) if _ODD.search(text) else text


def _cleaned(found: str) -> str:
    if found in _LINE_ENDS:
        return "\n"
    return "\ufffd" if found >= "\ud800" else ""


def taken_apart(text: str) -> dict[str, Value]:
    """The clean text, and what must be known to write it as it was: `eol`, the line end where it is not CRLF; `odd`,
    the lines that end otherwise; `controls`, what was taken out and where. Raises `ValueError` for what is no text."""
    ends: list[str] = []
    controls: list[Value] = []
    out: list[str] = []
    at = length = 0
    for match in _ODD.finditer(text):
        out.append(text[at : match.start()])
        length += match.start() - at
        at = match.end()
        put = _cleaned(match[0])
        if match[0] in _LINE_ENDS:
            ends.append(match[0])
        else:
            controls.append((length, match[0] if not put else ord(match[0])))
        out.append(put)
        length += len(put)
    out.append(text[at:])
    if len(controls) > _MOST:
        raise ValueError("not a text")
    return {"text": "".join(out), **_line_ends(ends), **({"controls": tuple(controls)} if controls else {})}


def _line_ends(ends: list[str]) -> dict[str, Value]:
    if not ends:
        return {}
    usual = Counter(ends).most_common(1)[0][0]
    odd: Mapping[str, Value] = {str(n): end for n, end in enumerate(ends) if end != usual}
    return {**({"eol": usual} if usual != "\r\n" else {}), **({"odd": odd} if odd else {})}


def put_together(parts: Mapping[str, Value]) -> str:
    """The text that was taken apart. Raises `ValueError` where the parts do not fit."""
    text, usual, odd = parts.get("text"), parts.get("eol", "\r\n"), parts.get("odd", {})
    controls = parts.get("controls", ())
    if not (isinstance(text, str) and isinstance(usual, str) and isinstance(odd, Mapping)):
        raise ValueError("not the parts of a text")
    if not isinstance(controls, tuple | list):
        raise ValueError("not the parts of a text")
    for place in reversed(controls):
        match place:
            case (int(at), str(char)):
                text = text[:at] + char + text[at:]
            case (int(at), int(code)):
                text = text[:at] + chr(code) + text[at + 1 :]
            case _:
                raise ValueError("not the parts of a text")
    return _with_line_ends(text, usual, odd)


def _with_line_ends(text: str, usual: str, odd: Mapping[str, Value]) -> str:
    # a control character that was put back is none of the three, so every LF here is a line end
    if not odd:
        return text.replace("\n", usual) if usual != "\n" else text
    lines = text.split("\n")
    ends = [str(odd.get(str(n), usual)) for n in range(len(lines) - 1)]
    return "".join(a + b for a, b in zip(lines, [*ends, ""], strict=True))


def text_view(codec: str) -> View:
    """A body's bytes in a code page as text, for the residue. A byte that the code page does not know is a half of a
    surrogate pair, so U+FFFD in the clean text, and told among the controls."""

    def decode(data: bytes) -> dict[str, Value]:
        return taken_apart(data.decode(codec, errors_of(codec)))

    def encode(parts: Mapping[str, Value]) -> bytes:
        return put_together(parts).encode(codec, errors_of(codec))

    return View(decode, encode)


def errors_of(codec: str) -> str:
    """How a codec treats what it does not know, so that nothing is lost."""
    return "surrogatepass" if codec.startswith("utf_16") else "surrogateescape"


def encoded(text: str, codec: str) -> bytes:
    """A clean text in a code page with CRLF; U+FFFD, where the code page lacks it, as a byte that it does not know.
    Raises `ValueError` for any other character that it lacks."""
    if codec not in _UNICODE and "\ufffd" in text:
        text = text.replace("\ufffd", _unknown(codec))
    return put_together({"text": text}).encode(codec, errors_of(codec))


@lru_cache(64)
def _unknown(codec: str) -> str:
    """A byte that a code page does not know, as `surrogateescape` has it; a question mark where it knows all."""
    for byte in range(0xFF, 0x7F, -1):
        found = bytes((byte, 0x20)).decode(codec, "surrogateescape")[:1]
        if found >= "\udc80":
            return found
    return "?"
