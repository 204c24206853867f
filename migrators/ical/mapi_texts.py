"""Bodies of a MAPI item as DESCRIPTION and X-ALT-DESC, and back.

The document holds the plain text and the HTML. RTF that nothing else says stays in the residue: HTML taken out of it
can't be put into it again byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping

from transhumance.connectors.contract import BytesBody, Record, Value
from transhumance.connectors.formats import contentwrite, mapi, mapi_body, mapi_tags
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.connectors.formats.mapi_text import View, encoded, text_view
from transhumance.migrators.ical.mapi_object import Opening, Part, Reading

HTML_LIMIT = 1 << 20  # characters of HTML in an object
KEYS = "bodies"  # the hint: under which keys the two bodies were stored, and in which code pages
_USUAL = {"body/plain": "0x1000001F", "body/html": "0x10130102"}


def body_lines(opening: Opening) -> list[bytes]:
    """DESCRIPTION and X-ALT-DESC."""
    found = mapi_body.texts(opening.record)
    _note(opening, found)
    lines = []
    if found.plain:
        lines.append(contentwrite.line("DESCRIPTION", contentwrite.escape(found.plain)))
    if found.html and len(found.html) <= HTML_LIMIT:
        html = contentwrite.escape(found.html)
        lines.append(contentwrite.line("X-ALT-DESC", html, [("FMTTYPE", "text/html")]))
        opening.find("CAL-BODY-01")
    elif found.html:
        opening.find("CAL-BODY-02", f"{len(found.html)} characters")
    return lines


def _note(opening: Opening, found: mapi_body.Texts) -> None:
    stored = opening.properties.get("bodies")
    stored = stored if isinstance(stored, Mapping) else {}
    keys: dict[str, Value] = {n: stored[n] for n in _USUAL if n in stored and stored[n] != _USUAL[n]}
    codecs = {n: mapi.body_codec(opening.record, n) for n in _USUAL if n in stored}
    wanted: dict[str, Value] = {n: c for n, c in codecs.items() if c != "utf_16_le"}
    origin: dict[str, Value] = {"plain": found.plain_from} if found.plain_from not in ("", "body/plain") else {}
    if found.html_from == "body/rtf":
        origin["html"] = found.html_from
    if keys or wanted or origin:
        opening.hints[KEYS] = {"keys": keys, "codecs": wanted, "from": origin}
    if found.guessed:
        opening.find("MAIL-PST-02")
    if found.damaged:
        opening.find("MAIL-RTF-01")
    if found.unformatted:
        opening.find("CAL-BODY-02", "rtf")
    if found.large:
        opening.find("CAL-BODY-02", "size")


def said_bodies(part: Part, reading: Reading) -> Said:
    """The two bodies, and the property that says how they are stored. What was taken out of another body says
    nothing of its own."""
    hint = reading.hints.get(KEYS)
    hint = hint if isinstance(hint, Mapping) else {}
    origin = _inner(hint, "from")
    said, keys = Said(), dict[str, Value]()
    for name, text, kind in (("body/plain", part.text("DESCRIPTION"), "plain"), ("body/html", _html(part), "html")):
        if text is None or kind in origin:
            continue
        key, codec = str(_inner(hint, "keys").get(name, _USUAL[name])), _inner(hint, "codecs").get(name)
        said.bodies[name], keys[name] = _stored(text, name, key, str(codec) if codec else "")
    said.properties["bodies"] = keys
    return said


def _inner(hint: Mapping[str, Value], name: str) -> Mapping[str, Value]:
    found = hint.get(name)
    return found if isinstance(found, Mapping) else {}


def _html(part: Part) -> str | None:
    prop = part.first("X-ALT-DESC")
    if prop is not None and "html" in prop.param("FMTTYPE").lower():
        return part.text("X-ALT-DESC")
    styled = part.first("STYLED-DESCRIPTION")
    return part.text("STYLED-DESCRIPTION") if styled and "html" in styled.param("FMTTYPE").lower() else None


def _stored(text: str, name: str, key: str, codec: str) -> tuple[BytesBody, str]:
    """The bytes of a text under its key; in Unicode where its code page can't say it any more."""
    codec = "utf_16_le" if key.endswith("001F") else codec or "utf_8"
    try:
        return BytesBody.of(encoded(text, codec)), key
    except (ValueError, LookupError):
        wide = _USUAL[name] if name == "body/plain" else mapi_tags.BODY_HTML
        return BytesBody.of(encoded(text, "utf_16_le")), wide


def body_views(properties: Mapping[str, Value]) -> dict[str, View]:
    """Views of the two bodies, as these properties say that they are stored."""
    record = Record(b"", "", "mapi", properties)
    return {f"body:{name}": text_view(mapi.body_codec(record, name)) for name in _USUAL}
