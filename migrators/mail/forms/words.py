"""Text into header fields and back: encoded words (RFC 2047), folding (RFC 5322 2.2.3), parameters (RFC 2231).

Nothing that comes in can end a field or begin another: control characters never get through, and whatever is not
plain ASCII goes into encoded words.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from transhumance.connectors.formats.rfc5322 import decode_words, unfold

WIDTH = 76
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # in phrases too, 5 (3)
_LONGEST = 900


def clean(text: str) -> str:
    """The text without what a header can't carry: control characters become blanks, lone surrogates U+FFFD."""
    if _CONTROL.search(text):
        text = _CONTROL.sub(" ", text)
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def field(name: str, text: str) -> bytes:
    """An unstructured field, folded, with its line end."""
    if text and len(name) + len(text) < WIDTH and _PLAIN.fullmatch(text) and "=?" not in text:
        return f"{name}: {text}\r\n".encode()
    text = clean(text)
    if not text:
        return f"{name}: \r\n".encode()
    if _PLAIN.fullmatch(text) and "=?" not in text and max(map(len, text.split(" "))) < _LONGEST:
        return fold(name, text)
    return f"{name}: ".encode() + encoded(text, WIDTH - len(name) - 2) + b"\r\n"


def fold(name: str, value: str) -> bytes:
    """A field of printable ASCII, folded at single blanks where it is long. The blanks stay, so unfolding gives the
    value back."""
    line, lines = f"{name}:", []
    for word in re.split(r" (?=[^ ])", value):
        if len(line) + 1 + len(word) > WIDTH and line.strip() and len(line) > len(name) + 1:
            lines.append(line)
            line = ""
        line += " " + word
    lines.append(line)
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def encoded(text: str, first: int = WIDTH) -> bytes:
    """The text as encoded words of at most 75 characters, one a line; `first`: room on the first line. Whole
    characters in each word (RFC 2047 5)."""
    words: list[bytes] = []
    piece, room = bytearray(), max(first, 30)
    for char in text:
        data = char.encode()
        if len(_word(bytes(piece) + data)) > min(room, 75):
            words.append(_word(bytes(piece)))
            piece, room = bytearray(), 75
        piece += data
    words.append(_word(bytes(piece)))
    return b"\r\n ".join(words)


def _word(data: bytes) -> bytes:
    """The shorter of the two encodings; Q is readable, so it wins a tie."""
    q = b"".join(bytes((c,)) if c in _Q_SAFE else b"_" if c == 32 else b"=%02X" % c for c in data)
    return b"=?utf-8?q?" + q + b"?=" if len(q) <= (len(data) + 2) // 3 * 4 else _base64(data)


def _base64(data: bytes) -> bytes:
    return b"=?utf-8?b?" + b2a_base64(data, newline=False) + b"?="


def phrase(name: str) -> str:
    """A display name (RFC 5322 3.2.5): words, a quoted string, or encoded words."""
    if _PLAIN_WORDS.fullmatch(name) and "=?" not in name and len(name) < _LONGEST:
        return name
    name = clean(name)
    if name.isascii() and "=?" not in name and len(name) < _LONGEST:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return encoded(name).decode("ascii")


def text_of(raw: bytes, keep: bool = False) -> str:
    """The text of a raw field, unfolded, its encoded words decoded. `keep`: with its folds."""
    return _text_of(raw, keep) if len(raw) < _CACHED else _text_now(raw, keep)


def _text_now(raw: bytes, keep: bool) -> str:
    value = raw.partition(b":")[2]
    value = value.strip() if keep else unfold(value)
    return decode_words(value) if b"=?" in value or not value.isascii() else value.decode()


_CACHED = 2048
_text_of = lru_cache(512)(_text_now)  # the fields of one message are asked for again and again


def parameter(name: str, value: str) -> str:
    """A parameter of a MIME field, led by `;` and its fold: a quoted string, or RFC 2231 where the value is not plain
    ASCII or is long."""
    if value.isascii() and value.isprintable() and len(value) < 60:
        return f';\r\n\t{name}="' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    safe = value.encode("utf-8", "surrogatepass")
    text = "utf-8''" + quote(safe, safe="")
    if len(text) < 60:
        return f";\r\n\t{name}*={text}"
    pieces = re.findall(r"(?:%[0-9A-F]{2}|.){1,20}", text)
    return "".join(f";\r\n\t{name}*{n}*={piece}" for n, piece in enumerate(pieces))


_PARAMETER = re.compile(r";\s*([A-Za-z0-9_.-]+)(\*\d{1,4})?(\*)?\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;\s]*)", re.DOTALL)


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A MIME field's main value, lower case, and its parameters by lower-case name, put together again (RFC 2231)."""
    head, _, _ = value.partition(";")
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, number, star, text in _PARAMETER.findall(value):
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
        pieces.setdefault(name.lower(), []).append((int(number[1:]) if number else -1, bool(star), text))
    return head.strip().lower(), {name: _joined(sorted(found, key=lambda p: p[0])) for name, found in pieces.items()}


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    number, star, text = pieces[0]
    if number == -1 and not star:
        return text
    charset = "utf-8"
    if star and text.count("'") >= 2:
        charset, _, text = text.split("'", 2)
        pieces[0] = (number, star, text)
    data = b"".join(unquote_to_bytes(t) if s else t.encode("utf-8", "surrogateescape") for _, s, t in pieces)
    try:
        return data.decode(charset or "utf-8", "surrogatepass" if charset.lower() == "utf-8" else "replace")
    except (LookupError, UnicodeDecodeError):
        return data.decode("latin-1")
