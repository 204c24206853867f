"""The texts of a MAPI item, for reading: plain text and HTML, from whichever of its three bodies there are.

Shared by all workloads, pure and bounded. The bodies themselves stay what is compared; what comes from the RTF or out
of the HTML is said by `plain_from`, `html_from`, so that a codec knows what its document holds of which body.
"""

from __future__ import annotations

import codecs
import html as markup
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

from transhumance.connectors.contract import Record, read_all
from transhumance.connectors.formats import mapi, mapi_rtf
from transhumance.connectors.formats.mapi_text import errors_of

LIMIT = 16 << 20
Origin = Literal["", "body/plain", "body/html", "body/rtf"]
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_ESCAPED = re.compile("[\udc80-\udcff]")
_BLANK = re.compile(r"[ \t\r\n\f]+")
_OFFICE = re.compile(
    r"<!--\[if (?:gte )?(?:mso|supportFields)[^]]{0,20}\]>.*?<!\[endif\]-->", re.DOTALL | re.IGNORECASE
)
# what a reader sees of the form, after the tables of fonts and styles: emphasis, pictures, links, tables, lists
_FORMED = re.compile(
    rb"\\(?:(?:b|i|ul|strike|super|sub)(?![a-z0-9])|highlight[1-9]|pict|object|trowd|fldinst|listtext)"
)
_BREAKS = frozenset("p div br tr li ul ol table h1 h2 h3 h4 h5 h6 blockquote pre hr dd dt section article".split())
_HIDDEN = frozenset(("style", "script", "title", "head"))


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of an item, and the body that each was taken from (empty: there is none). `guessed`: a code page could
    not read all of it; `damaged`: the RTF could not be opened; `large`: a body above the limit was not read;
    `unformatted`: the RTF has a form (bold, links, tables, pictures) that neither text shows."""

    plain: str | None = None
    html: str | None = None
    plain_from: Origin = ""
    html_from: Origin = ""
    guessed: bool = False
    damaged: bool = False
    large: bool = False
    unformatted: bool = False


def texts(record: Record, formatted: bool = True, limit: int = LIMIT) -> Texts:
    """What an item says. Never raises. `formatted`: HTML is wanted, if need be out of the RTF."""
    guessed = large = damaged = unformatted = False
    found: dict[str, str] = {}
    for name in ("body/plain", "body/html"):
        data, over = _data(record, name, limit)
        large |= over
        if data is not None:
            found[name], lossy = _decoded(data, _codec(record, name, data))
            guessed |= lossy
    plain, html = found.get("body/plain"), found.get("body/html")
    plain_from: Origin = "body/plain" if plain is not None else ""
    html_from: Origin = "body/html" if html is not None else ""
    if "body/rtf" in record.bodies and (not plain or (formatted and html is None)):
        rtf, formed, damaged, over = _rtf(record, limit)
        large |= over
        unformatted = rtf is not None and rtf.kind == "rtf" and formed and html is None
        if rtf is not None and rtf.kind == "html" and html is None:
            html, html_from = lean(rtf.text), "body/rtf"
        elif rtf is not None and rtf.kind != "html" and rtf.text.strip() and not plain:
            plain, plain_from = rtf.text, "body/rtf"
    if not plain and html:
        plain, plain_from = text_of_html(html), html_from
    return Texts(plain, html, plain_from, html_from, guessed, damaged, large, unformatted)


def lean(html: str) -> str:
    """HTML without the comments that are for Office alone: settings and styles of Word, tens of kilobytes an item."""
    return _OFFICE.sub("", html)


def _data(record: Record, name: str, limit: int) -> tuple[bytes | None, bool]:
    body = record.bodies.get(name)
    if body is None:
        return None, False
    try:
        return read_all(body, limit), False
    except (OSError, ValueError):
        return None, True


def _codec(record: Record, name: str, data: bytes) -> str:
    """As the item says; for HTML in bytes, what the HTML itself says where the item says nothing."""
    codec = mapi.body_codec(record, name)
    if name == "body/html" and codec == "cp1252" and not any(mapi.code_pages(record.properties)):
        match = _CHARSET.search(data[:2048])
        if match:
            return known_codec(match[1].decode("ascii")) or codec
    return codec


def known_codec(name: str) -> str:
    """The Python codec of a charset's name, or nothing where there is none that reads text."""
    try:
        found = codecs.lookup(name)
        b"".decode(found.name)
    except (LookupError, UnicodeError):
        return ""
    return found.name


def _decoded(data: bytes, codec: str) -> tuple[str, bool]:
    try:
        text = data.decode(codec, errors_of(codec))
    except UnicodeError:  # a cut UTF-16 text
        return data.decode(codec, "replace").rstrip("\0"), True
    return text.rstrip("\0"), not codec.startswith("utf_16") and _ESCAPED.search(text) is not None


def _rtf(record: Record, limit: int) -> tuple[mapi_rtf.RtfText | None, bool, bool, bool]:
    """What the RTF says, whether it has a form of its own, whether it is damaged, whether it is too large."""
    data, over = _data(record, "body/rtf", limit)
    if not data:
        return None, False, False, over
    try:
        rtf = mapi_rtf.decompress(data, limit)
    except ValueError:
        return None, False, True, False
    found = mapi_rtf.opened(rtf.rstrip(b"\0"), limit)
    return found, _FORMED.search(rtf, max(rtf.find(b"\\pard"), 0)) is not None, found is None, False


# --- HTML as plain text


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self.hidden += 1
        elif tag in _BREAKS:
            self.out.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self.hidden = max(self.hidden - 1, 0)
        elif tag in ("p", "div", "tr", "table", "ul", "ol"):
            self.out.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.out.append(_BLANK.sub(" ", data))


def text_of_html(html: str) -> str:
    """The text that HTML shows, a line for each block; lines end with LF."""
    parser = _Text()
    try:
        parser.feed(html)
        parser.close()
    except (AssertionError, ValueError):  # what the parser raises on a few broken declarations
        return markup.unescape(re.sub(r"<[^>]{0,2000}>", " ", html))
    lines = [line.strip() for line in "".join(parser.out).replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
