"""RTF bodies of MAPI items: decompressed (MS-OXRTFCP), and the HTML or text that they hold taken out (MS-OXRTFEX).

Exchange and Outlook keep HTML inside of RTF: `\\fromhtml1` marks it, `\\*\\htmltag` groups hold the tags, `\\htmlrtf`
brackets what only RTF readers need. RTF of its own gives its plain text. All sizes and depths are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from transhumance.connectors.formats import mapi

LIMIT = 64 << 20
DEEPEST = 500
_LZFU, _STORED = 0x75465A4C, 0x414C454D
_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)  # what every window begins with (MS-OXRTFCP 2.1.2.1)
_MARK = re.compile(rb"\\from(html1|text)(?![a-z0-9])")
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_TEXT = {
    b"par": b"\r\n", b"line": b"\r\n", b"tab": b"\t", b"lquote": b"&lsquo;", b"rquote": b"&rsquo;",
    b"ldblquote": b"&ldquo;", b"rdblquote": b"&rdquo;", b"bullet": b"&bull;", b"endash": b"&ndash;",
    b"emdash": b"&mdash;", b"~": b"&nbsp;", b"_": b"&shy;",
}  # fmt: skip
_PLAIN = {
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022",
    b"endash": "\u2013", b"emdash": "\u2014", b"~": "\u00a0", b"_": "\u00ad",
}  # fmt: skip
# destinations that hold no text of the message
_SKIPPED = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"themedata", b"datastore",
                      b"listtable", b"listoverridetable", b"rsidtbl", b"generator", b"latentstyles", b"xmlnstbl",
                      b"header", b"footer", b"headerl", b"headerr", b"footerl", b"footerr", b"filetbl"})  # fmt: skip
# \fcharset of a font to its code page (RTF 1.9.1, "Font table")
_CHARSETS = {0: 1252, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
             178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 255: 437, 77: 10000}  # fmt: skip


Kind = Literal["html", "text", "rtf"]


@dataclass(frozen=True, slots=True)
class RtfText:
    """What an RTF body says. `kind`: `html` or `text` where the RTF only wraps it; `rtf` where it is RTF of its own,
    whose plain text this is."""

    kind: Kind
    text: str


def decompress(data: bytes, limit: int = LIMIT) -> bytes:
    """The RTF of a compressed body (MS-OXRTFCP 2.2.3.1). The checksum is not asked: real writers get it wrong.

    Raises `ValueError` where it is damaged, or longer than `limit` bytes.
    """
    if len(data) < 16:
        raise ValueError("no compressed RTF: shorter than its header")
    compressed, raw, kind = (int.from_bytes(data[i : i + 4], "little") for i in (0, 4, 8))
    end = min(compressed + 4, len(data))
    if raw > limit:
        raise ValueError(f"RTF of {raw} bytes, above {limit}")
    if kind == _STORED:
        return data[16:end][:raw]
    if kind != _LZFU:
        raise ValueError("no compressed RTF: unknown kind")
    return _expand(data, 16, end, raw)


def _expand(data: bytes, at: int, end: int, raw: int) -> bytes:
    """Runs of eight tokens after a byte of flags: a byte as it is, or a reference of 12 bits place and 4 bits length
    into the last 4096 bytes; a reference to the place that is written next ends all."""
    out = bytearray(_START)
    limit = raw + len(_START)
    while at < end and len(out) <= limit + 32:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= end:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 1 >= end:
                raise ValueError("compressed RTF is cut short")
            token = data[at] << 8 | data[at + 1]
            at += 2
            size = len(out)
            back = (size - (token >> 4)) & 0xFFF
            if not back:
                return bytes(out[len(_START) : limit])
            if back > size:
                raise ValueError("compressed RTF refers to what is not there")
            length = (token & 0xF) + 2
            piece = out[size - back : size - back + length]
            while len(piece) < length:  # it runs into what it writes itself
                piece += piece[: length - len(piece)]
            out += piece
    return bytes(out[len(_START) : limit])


def opened(rtf: bytes, limit: int = LIMIT) -> RtfText | None:
    """What an RTF says, or None where it is none, nests beyond all reason or is longer than `limit` bytes."""
    if len(rtf) > limit or not rtf.lstrip().startswith(b"{\\rtf"):
        return None
    mark = _MARK.search(rtf[:4096])
    kind: Kind = "rtf" if mark is None else "html" if mark[1] == b"html1" else "text"
    text = _Reader(kind).read(rtf)
    return None if text is None else RtfText(kind, text)


@dataclass(slots=True)
class _Group:
    """The state of a group. `tag`: inside of `\\*\\htmltag`. `hidden`: what only RTF readers need."""

    tag: bool = False
    hidden: bool = False
    skipped: bool = False
    codec: str = "cp1252"
    after: int = 1  # \uc: how many bytes stand for a \u that an old reader skips


@dataclass(slots=True)
class _Reader:
    kind: Kind
    out: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    fonts: dict[int, str] = field(default_factory=dict)
    font: int = 0
    default: str = "cp1252"
    skip: int = 0

    def read(self, rtf: bytes) -> str | None:
        """The text of all groups, or None where groups nest beyond all reason."""
        stack, group, star, fonts = [_Group()], _Group(), False, False
        for match in _TOKEN.finditer(rtf):
            word, number, byte, symbol, brace, text = match.groups()
            if brace == b"{":
                self._flush(group)
                if len(stack) > DEEPEST:
                    return None
                stack.append(group)
                group = _Group(group.tag, group.hidden, group.skipped, group.codec, group.after)
                self.skip = 0
            elif brace == b"}":
                self._flush(group)
                group = stack.pop() if len(stack) > 1 else _Group()
                self.skip, fonts = 0, fonts and group.skipped
            elif byte:
                self._byte(bytes.fromhex(byte.decode()), group)
            elif text:
                self._bytes(text, group)
            elif symbol == b"*":
                star = True
                continue
            elif symbol is not None:
                self._symbol(symbol, group)
            elif word:
                fonts = self._word(word, number, group, star, fonts)
            star = False
        self._flush(group)
        text = "".join(self.out)
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # joins pairs of \\u

    def _word(self, word: bytes, number: bytes | None, group: _Group, star: bool, fonts: bool) -> bool:
        value = int(number) if number else 0
        if word == b"u" and number:
            self._flush(group)
            if self._shown(group):
                self.out.append(chr(value & 0xFFFF))
            self.skip = group.after
            return fonts
        self.skip = 0
        if star:
            self._flush(group)
            group.tag = word == b"htmltag"
            group.skipped = group.skipped or not group.tag
            if word == b"mhtmltag":
                group.skipped = True
        elif word == b"htmlrtf":
            self._flush(group)
            group.hidden = number is None or value != 0
        elif word in _SKIPPED:
            self._flush(group)
            group.skipped = True
            return fonts or word == b"fonttbl"
        elif word == b"uc":
            group.after = min(max(value, 0), 8)
        elif word == b"ansicpg":
            self.default = group.codec = mapi.codec_of(value) or "cp1252"
        elif word == b"f":
            self._flush(group)
            if fonts:
                self.font = value
            else:
                group.codec = self.fonts.get(value, self.default)
        elif word == b"fcharset" and fonts:
            self.fonts[self.font] = mapi.codec_of(_CHARSETS.get(value)) or self.default if value else self.default
        else:
            self._named(word, group)
        return fonts

    def _named(self, word: bytes, group: _Group) -> None:
        if not self._shown(group):
            return
        if word in (b"par", b"line", b"tab") or self.kind == "html":
            found = _TEXT.get(word)
            text = found.decode() if found else ""
        else:
            text = _PLAIN.get(word, "")
        if text:
            self._flush(group)
            self.out.append(text)

    def _symbol(self, symbol: bytes, group: _Group) -> None:
        if symbol in b"\\{}":
            self._bytes(symbol, group)
        elif symbol in (b"~", b"_"):
            self._named(symbol, group)
        elif symbol in (b"\r", b"\n"):
            self._named(b"par", group)

    def _byte(self, data: bytes, group: _Group) -> None:
        if self.skip:
            self.skip -= 1
        elif self._shown(group):
            self.pending += data

    def _bytes(self, data: bytes, group: _Group) -> None:
        if self.skip:
            data, self.skip = data[self.skip :], max(self.skip - len(data), 0)
        if self._shown(group):
            self.pending += data

    def _shown(self, group: _Group) -> bool:
        return not group.skipped and (group.tag or not group.hidden)

    def _flush(self, group: _Group) -> None:
        if self.pending:
            self.out.append(self.pending.decode(group.codec, "replace"))
            self.pending.clear()
