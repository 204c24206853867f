"""Writing content lines: escaping, quoting and folding (RFC 5545 section 3.1 and 3.3.11, RFC 6350 section 3.2 and 3.4,
RFC 6868). `contentline` reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from transhumance.connectors.formats.mapi_text import clean

WIDTH = 75  # octets of a line, its end apart
_ESCAPED = re.compile(r"[\\;,\n]")
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


def escape(text: str) -> str:
    """A TEXT value: line ends and control characters as `mapi_text.clean` leaves them, `\\ ; ,` and LF escaped."""
    return _ESCAPED.sub(lambda match: "\\n" if match[0] == "\n" else "\\" + match[0], clean(text))


def line(name: str, value: str, params: Iterable[tuple[str, str]] = ()) -> bytes:
    """A folded content line with its CRLF. `value` is as it is to be written; a parameter's value is quoted as it
    needs."""
    head = name + "".join(f";{key}={_param(text)}" for key, text in params)
    return fold(f"{head}:{_CONTROLS.sub('', value)}".encode("utf-8", "replace"))


def _param(text: str) -> str:
    """RFC 6868 in quotes where there is anything that a bare value may not hold."""
    text = _CONTROLS.sub("", clean(text).replace("^", "^^").replace("\n", "^n").replace('"', "^'"))
    return f'"{text}"' if any(c in text for c in ';:,^"') else text


def fold(flat: bytes) -> bytes:
    """A line of octets folded at 75, never inside a character, with its CRLF."""
    if len(flat) <= WIDTH:
        return flat + b"\r\n"
    out, at, room = [], 0, WIDTH
    while len(flat) - at > room:
        end = at + room
        while flat[end] & 0xC0 == 0x80 and end > at + 1:
            end -= 1
        out.append(flat[at:end])
        at, room = end, WIDTH - 1
    return b"\r\n ".join([*out, flat[at:]]) + b"\r\n"


def component(name: str, lines: Sequence[bytes]) -> bytes:
    """A component of these lines."""
    return b"".join([b"BEGIN:%b\r\n" % name.encode(), *lines, b"END:%b\r\n" % name.encode()])
