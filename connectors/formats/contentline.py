"""Content lines: the one core under iCalendar (RFC 5545 section 3.1) and vCard (RFC 6350 section 3.2), on bytes.

A text is cut into *logical lines*, each with its folds and its line end, so that joining them gives the same bytes
whatever the text was. Only what is asked for is unfolded and parsed; an edit replaces a span of one line and leaves
every other byte alone. Real files are tolerated: line ends LF, CRLF, CR CR LF or (in files without LF) CR, folds
inside UTF-8 sequences, a byte order mark, blank lines, unquoted `,` `(` `:` in TZID, components that never end, and
the soft line breaks and base64 blocks of vCard 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from mmap import mmap

BOM = b"\xef\xbb\xbf"
_SHORT = 256
DEPTH = 16  # components inside components; what is nested deeper is read as plain lines

_LF = re.compile(rb"[^\n]*+(?:\n[ \t][^\n]*+)*+\n?+")
_CR = re.compile(rb"[^\r]*+(?:\r[ \t][^\r]*+)*+\r?+")
_FOLD_LF = re.compile(rb"(?<!\r)\r*+\n[ \t]")  # the look-behind keeps a long run of CR linear
_FOLD_CR = re.compile(rb"\r[ \t]")
_SOFT = re.compile(rb"=[ \t]*\r*\n|=\r")
_QUOTED = re.compile(rb"(?i)QUOTED-PRINTABLE")
_BLOCK = re.compile(rb"(?i)[;=]B(?:ASE64)?[;:]")
_BASE64 = re.compile(rb"[ \t]*[A-Za-z0-9+/]+=*[ \t]*\r*\n?")
_PARAM = re.compile(rb';([^=;:"]*+)(?:=((?:"[^"]*+"|[^;:"]++)*+))?+')
_ITEM = re.compile(rb'"[^"]*"|[^,"]+|"')
# an unquoted zone name may hold colons ("(UTC+01:00) Paris"): the value is then the times at the end of the line
_LOOSE_TZID = re.compile(rb"(?i)[^:\"]*;TZID=([^\"].*):(?=[-+\dPTZ,/WDHMS]*$)")
_ESCAPE = re.compile(rb"\\([nN\\;,:\"])")
_CARET = re.compile("\\^([n'^])")
_CARETS = {"n": "\n", "'": '"', "^": "^"}


@dataclass(frozen=True, slots=True)
class Property:
    """One parsed line. `group` and `name` are upper case; `params` are (upper case name, value as written, quotes
    and all), in order. `value` is as written, unfolded. `at`: where the value begins, in the unfolded line."""

    name: str
    value: bytes
    params: tuple[tuple[str, bytes], ...] = ()
    group: str = ""
    at: int = 0

    def param(self, name: str) -> str:
        """A parameter's value without its quotes, or an empty text. The first one where there are several."""
        return next((plain(value) for key, value in self.params if key == name), "")

    def param_values(self, name: str) -> list[str]:
        """Every value of a parameter, repeated or in a list, without quotes."""
        found = [value for key, value in self.params if key == name]
        return [plain(item) for value in found for item in _ITEM.findall(value)]


@dataclass(slots=True)
class Component:
    """A component, by lines: `first` is its BEGIN line, `last` the one after its END. `parent` is an index into the
    outline, or -1. `closed`: its own END was met."""

    name: str
    first: int
    last: int
    parent: int
    depth: int
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text cut into lines. `owner[n]`: the component that line n belongs to (its BEGIN and END lines too), or -1.
    `damage`: what was found wrong, in words without personal data."""

    lines: list[bytes]
    owner: list[int]
    outline: list[Component]
    damage: tuple[str, ...] = ()

    def children(self, parent: int, name: str = "") -> Iterator[int]:
        """The components directly inside one (-1: at the top), of one name where it is given."""
        for index, part in enumerate(self.outline):
            if part.parent == parent and (not name or part.name == name):
                yield index

    def own(self, component: int) -> Iterator[tuple[int, Property]]:
        """The properties of a component, not those of its children, with their line numbers. Lines that are no
        property are left out."""
        part = self.outline[component]
        for number in range(part.first + 1, part.last - part.closed):
            if self.owner[number] == component and (found := parse(self.lines[number])):
                yield number, found

    def bytes_of(self, component: int) -> bytes:
        """A component as it is written."""
        part = self.outline[component]
        return b"".join(self.lines[part.first : part.last])


# --- cutting


def spans(data: bytes | mmap, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where each logical line begins and ends, folds and line end included; they follow one another without a gap.
    Nothing is copied: `data` may be a mapped file."""
    end = len(data) if end is None else end
    pattern = _LF if data.find(b"\n", start, end) >= 0 else _CR
    for match in pattern.finditer(data, start, end):
        if match.end() > match.start():
            yield match.span()


def split(data: bytes) -> list[bytes]:
    """The logical lines: `b"".join(split(data)) == data`, for any bytes."""
    lines: list[bytes] = (_LF if b"\n" in data else _CR).findall(data)
    lines.pop()  # both patterns match once more, nothing, at the end
    return lines


def split_card(data: bytes) -> list[bytes]:
    """The same for vCard, where 2.1 continues a line in two more ways: a QUOTED-PRINTABLE value after a final `=`,
    and a BASE64 value over lines that are not indented."""
    lines = split(data)
    if not (_QUOTED.search(data) or _BLOCK.search(data)):
        return lines
    out: list[bytes] = []
    held: list[bytes] = []  # the line being continued
    quoted = block = soft = False
    for line in lines:
        if held and ((soft and not line.upper().startswith(b"END:")) or (block and _BASE64.fullmatch(line))):
            held.append(line)
        else:
            out.append(b"".join(held))
            held = [line]
            head = line[: line.find(b":") + 1]
            quoted, block = bool(_QUOTED.search(head)), bool(_BLOCK.search(head))
        soft = quoted and line.rstrip(b"\r\n").endswith(b"=")
    return [*out[1:], b"".join(held)] if held else []


def unfold(line: bytes) -> bytes:
    """A logical line without its folds and its line end (RFC 5545 section 3.1)."""
    bare = line.rstrip(b"\r\n")
    if b"\n" in bare or b"\r" in bare:
        return _fold_of(line).sub(b"", line).rstrip(b"\r\n")
    return bare


def is_utf8(line: bytes) -> bool:
    """Whether a logical line is UTF-8. A fold may lie inside a character: simple programs cut lines so, and RFC 5545
    section 3.1 asks readers to put them together again first."""
    try:
        unfold(line).removeprefix(BOM).decode()
        return True
    except UnicodeDecodeError:
        return False


def _fold_of(line: bytes) -> re.Pattern[bytes]:
    return _FOLD_LF if b"\n" in line else _FOLD_CR


# --- reading


def parse(line: bytes) -> Property | None:
    """A logical line as a property, or None where it has no name or no value."""
    return _parse_short(line) if len(line) <= _SHORT else _parse(line)


def _parse(line: bytes) -> Property | None:
    flat = unfold(line)
    if flat.startswith(BOM):
        flat = flat[3:]
    colon, semi = flat.find(b":"), flat.find(b";")
    if colon < 0:
        return None
    params: tuple[tuple[str, bytes], ...] = ()
    head = colon
    if 0 <= semi < colon:
        params, colon = _params(flat, semi)
        if colon < 0:
            return None
        head = semi
    name = flat[:head].strip().decode("ascii", "replace").upper()
    group, dot, rest = name.partition(".")
    if dot and rest:
        name = rest
    return Property(name, flat[colon + 1 :], params, group if dot and rest else "", colon + 1) if name else None


_parse_short = lru_cache(maxsize=4096)(_parse)  # several readers ask for the same line, and items share many


def _params(flat: bytes, at: int) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """The parameters from `at` on, and where the colon after them is."""
    if (loose := _LOOSE_TZID.match(flat)) and b":" in loose[1]:
        head, _ = _params(flat[: loose.start(1)] + b":", at)
        return (*head[:-1], ("TZID", loose[1])), loose.end() - 1
    found = []
    while match := _PARAM.match(flat, at):
        found.append((match[1].strip().decode("ascii", "replace").upper(), match[2] or b""))
        at = match.end()
    if flat[at : at + 1] != b":":  # an open quote: what is left is cut at its first colon
        at = flat.find(b":", at)
    return tuple(found), at


def plain(value: bytes) -> str:
    """A parameter's value without quotes, and with the escapes of RFC 6868."""
    text = value.decode("utf-8", "replace")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return _CARET.sub(lambda match: _CARETS[match[1]], text) if "^" in text else text


def text_of(value: bytes) -> str:
    """A TEXT value: its escapes undone (RFC 5545 section 3.3.11). What is not UTF-8 becomes U+FFFD."""
    if b"\\" in value:
        value = _ESCAPE.sub(lambda m: b"\n" if m[1] in b"nN" else m[1], value)
    return value.decode("utf-8", "replace")


def unquote_printable(line: bytes) -> bytes:
    """The value of a QUOTED-PRINTABLE line of vCard 2.1, soft line breaks removed."""
    import quopri

    value = _SOFT.sub(b"", line)
    found = parse(value)
    return quopri.decodestring(found.value) if found else b""


def read(data: bytes, lines: list[bytes] | None = None) -> Text:
    """A text with its outline of components. Never raises: what does not nest is told in `damage`."""
    lines = split(data) if lines is None else lines
    owner: list[int] = []
    outline: list[Component] = []
    damage: dict[str, None] = {}
    stack: list[int] = []
    for number, line in enumerate(lines):
        word = _start(line) if number == 0 or b"\n" in line[:7] else line[:6].upper()
        if word == b"BEGIN:":
            if len(stack) >= DEPTH:
                damage["nested too deep"] = None
            else:
                outline.append(Component(_word(line), number, len(lines), stack[-1] if stack else -1, len(stack)))
                stack.append(len(outline) - 1)
            owner.append(stack[-1])
        elif word[:4] == b"END:":
            owner.append(_end(_word(line), number, stack, outline, damage))
        else:
            owner.append(stack[-1] if stack else -1)
    if stack:
        damage[f"{outline[stack[-1]].name} has no END"] = None
    return Text(lines, owner, outline, tuple(damage))


def _start(line: bytes) -> bytes:
    return unfold(line[:30]).removeprefix(BOM)[:6].upper()


def _word(line: bytes) -> str:
    return unfold(line).partition(b":")[2].strip().decode("ascii", "replace").upper()[:64]


def _end(name: str, number: int, stack: list[int], outline: list[Component], damage: dict[str, None]) -> int:
    """Closes the innermost component of that name; those left open inside it end here. Returns the line's owner."""
    if not any(outline[index].name == name for index in stack):
        damage["an END without its BEGIN"] = None
        return stack[-1] if stack else -1
    while outline[index := stack.pop()].name != name:
        outline[index].last = number
        damage[f"{outline[index].name} has no END"] = None
    outline[index].last, outline[index].closed = number + 1, True
    return index


# --- editing


def splice(line: bytes, start: int, end: int, new: bytes) -> tuple[bytes, bytes]:
    """Replaces a span of the unfolded line in the line as it is written; returns the new line and the bytes that
    stood there, folds included: `splice(new_line, start, start + len(new), old)` undoes it exactly.

    Folds elsewhere in the line stay where they are.
    """
    at, till = raw_offset(line, start), raw_offset(line, end)
    return line[:at] + new + line[till:], line[at:till]


def raw_offset(line: bytes, at: int) -> int:
    """Where an offset of the unfolded line is in the line as it is written; before a fold that stands there."""
    start = 3 if line.startswith(BOM) else 0
    at += start
    for match in _fold_of(line).finditer(line):
        if match.start() >= at:
            break
        at += match.end() - match.start()
    return at


def join(lines: Sequence[bytes]) -> bytes:
    """The text again."""
    return b"".join(lines)
