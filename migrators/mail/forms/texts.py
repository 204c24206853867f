"""The texts of a message between MAPI bodies and MIME parts.

Bytes pass as they are where their charset has a name in MIME; what is stored as UTF-16, or in a code page that mail
does not know, becomes UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from transhumance.connectors.contract import Body, Finding, Record, SkipItem, Text, Value, read_all
from transhumance.connectors.formats import mapi, mapi_rtf, mapi_tags
from transhumance.migrators.mail.forms.view import TextPart

LIMIT = 64 << 20
PLAIN, HTML, RTF, REPORT = "body/plain", "body/html", "body/rtf", "report"
STORED = {PLAIN: "0x1000001F", HTML: "0x10130102", RTF: "0x10090102"}

# Charsets that mail readers know, by Windows code page; each stands for one page, so that the way back is sure.
CHARSETS = {
    20127: "us-ascii", 65001: "utf-8", 1250: "windows-1250", 1251: "windows-1251", 1252: "windows-1252",
    1253: "windows-1253", 1254: "windows-1254", 1255: "windows-1255", 1256: "windows-1256", 1257: "windows-1257",
    1258: "windows-1258", 874: "windows-874", 28591: "iso-8859-1", 28592: "iso-8859-2", 28593: "iso-8859-3",
    28594: "iso-8859-4", 28595: "iso-8859-5", 28596: "iso-8859-6", 28597: "iso-8859-7", 28598: "iso-8859-8",
    28599: "iso-8859-9", 28603: "iso-8859-13", 28605: "iso-8859-15", 20866: "koi8-r", 21866: "koi8-u",
    932: "shift_jis", 936: "gbk", 949: "ks_c_5601-1987", 950: "big5", 51932: "euc-jp", 51949: "euc-kr",
    54936: "gb18030", 50220: "iso-2022-jp",
}  # fmt: skip
PAGES = {charset: page for page, charset in CHARSETS.items()}
_CODECS = {"windows-874": "cp874", "ks_c_5601-1987": "cp949", "shift_jis": "cp932", "big5": "cp950"}
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Texts:
    """The parts. `rtf`: the RTF of the message, opened, where it is RTF of its own and no HTML says the same.
    `from_rtf`: which part was taken out of the RTF; `report`: the text is a delivery report's, which keeps it in a
    property (MS-OXOMSG 2.2.2). `recoded`: code pages of bodies that became UTF-8."""

    plain: TextPart | None = None
    html: TextPart | None = None
    rtf: bytes | None = None
    from_rtf: str = ""
    recoded: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()


def compose_texts(record: Record) -> Texts:
    """The text parts of a message. Raises `SkipItem` where a body can't be read."""
    findings: list[Finding] = []
    recoded: list[tuple[str, int]] = []
    plain = _part(record, PLAIN, findings, recoded)
    html = _part(record, HTML, findings, recoded)
    rtf, from_rtf = None, ""
    if html is None and RTF in record.bodies:
        found, rtf = _rtf(record)
        if rtf is None or found is None:
            findings.append(Finding("MAIL-RTF-01", "unreadable"))
            rtf = None
        elif found.kind == "html":
            html, from_rtf, rtf = _unicode(found.text), HTML, None
            findings.append(Finding("MAIL-RTF-01", "HTML"))
        else:
            if found.kind == "text":
                rtf = None
            else:
                findings.append(Finding("MAIL-RTF-01", "RTF"))
            if plain is None:
                plain, from_rtf = _unicode(found.text), PLAIN
    report = mapi.text(record.properties, mapi_tags.REPORT_TEXT)
    if plain is None and html is None and report:
        plain, from_rtf = _unicode(report), REPORT
    return Texts(plain, html, rtf, from_rtf, tuple(recoded), tuple(findings))


def _rtf(record: Record) -> tuple[mapi_rtf.RtfText | None, bytes | None]:
    try:
        rtf = mapi_rtf.decompress(whole(record, RTF), LIMIT)
    except ValueError:
        return None, None
    return mapi_rtf.opened(rtf, LIMIT), rtf


def whole(record: Record, name: str) -> bytes:
    """All bytes of a text. Raises `SkipItem` where it can't be read or is beyond all reason."""
    body: Body = record.bodies[name]
    try:
        return read_all(body, LIMIT)
    except (OSError, ValueError) as error:
        raise SkipItem(
            "GEN-READ-01" if isinstance(error, OSError) else "GEN-SIZE-01",
            Text(f"{name} : {error}", f"{name}: {error}"),
            record.key,
        ) from None


def _unicode(text: str) -> TextPart:
    text = text.rstrip("\0")
    if text.isascii():
        return TextPart("us-ascii", text.encode())
    # a half of a surrogate pair has no place in UTF-8
    return TextPart("utf-8", text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode())


def _part(record: Record, name: str, findings: list[Finding], recoded: list[tuple[str, int]]) -> TextPart | None:
    if name not in record.bodies:
        return None
    data = whole(record, name)
    if stored_under(record.properties, name).endswith("001F"):
        return _unicode(data[: len(data) & ~1].decode("utf-16-le", "surrogatepass"))
    data = data.rstrip(b"\0") if data.endswith(b"\0") else data
    page, sure = _page(record.properties, name, data)
    charset = CHARSETS.get(page)
    codec = codec_of(charset) if charset else mapi.codec_of(page) or "cp1252"
    if charset and data.isascii() and charset != "iso-2022-jp":
        return TextPart(charset, data)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        text, sure = data.decode(codec, "replace"), False
    if not sure:
        findings.append(Finding("MAIL-PST-02", f"{name}: {charset or page}"))
    if charset:
        return TextPart(charset, data)
    recoded.append((name, page))
    return _unicode(text)


def stored_under(properties: Mapping[str, Value], name: str) -> str:
    """The key under which a body is stored."""
    stored = properties.get("bodies")
    found = stored.get(name) if isinstance(stored, Mapping) else None
    return found if isinstance(found, str) else STORED[name]


def _page(properties: Mapping[str, Value], name: str, data: bytes) -> tuple[int, bool]:
    """The code page of a text in bytes, and whether it is told rather than guessed."""
    message, internet = mapi.code_pages(properties)
    for page in (internet, message) if name == HTML else (message, internet):
        if page and mapi.codec_of(page) and (page != 20127 or data.isascii()):
            return page, True
    if match := _META.search(data[:2048]):
        charset = match[1].decode("ascii").lower()
        if charset in PAGES:
            return PAGES[charset], True
    try:
        data.decode()
    except UnicodeDecodeError:
        return 1252, False
    return (65001, False) if not data.isascii() else (1252, True)


def codec_of(charset: str) -> str:
    """The Python codec of a charset of ours; of an unknown one, Latin-1, which takes all bytes."""
    low = charset.lower()
    if low in _CODECS:
        return _CODECS[low]
    if low in PAGES:
        return low
    try:
        b"".decode(low)
    except (LookupError, ValueError):
        return "latin-1"
    return low


def stored_bytes(part: TextPart, under: str, recoded: int | None) -> bytes:
    """A part's bytes as they are stored under this key: `recoded` names the code page of what became UTF-8."""
    if not under.endswith("001F") and recoded is None:
        return part.data
    text = part.data.decode(codec_of(part.charset), "replace")
    if recoded is None:
        return text.encode("utf-16-le")
    return text.encode(mapi.codec_of(recoded) or "cp1252", "replace")
