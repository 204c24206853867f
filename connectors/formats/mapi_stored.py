"""The text bodies of a MAPI item, from what a document says of them: under which key they were stored, in which code
page, and which text was taken out of another body and so says nothing of its own."""

from __future__ import annotations

from collections.abc import Mapping

from transhumance.connectors.contract import BytesBody, Record, Value
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_body import Texts
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.connectors.formats.mapi_text import View, encoded, text_view

KEYS = "bodies"  # the hint: keys and code pages
TAKEN = "taken"  # the hint, as long as the texts are not edited: which of them was taken out of another body
_USUAL = {"body/plain": "0x1000001F", "body/html": "0x10130102"}
_KINDS = {"body/plain": "plain", "body/html": "html"}


def hints_of(record: Record, found: Texts) -> dict[str, Value]:
    """What the way back must know: nothing where the two bodies are stored as usual."""
    stored = record.properties.get("bodies")
    stored = stored if isinstance(stored, Mapping) else {}
    keys: dict[str, Value] = {n: stored[n] for n in _USUAL if n in stored and stored[n] != _USUAL[n]}
    codecs: dict[str, Value] = {
        n: codec for n in _USUAL if n in stored and (codec := mapi.body_codec(record, n)) != "utf_16_le"
    }
    kinds = {"plain": found.plain_from not in ("", "body/plain"), "html": found.html_from == "body/rtf"}
    taken = tuple(kind for kind, is_taken in kinds.items() if is_taken)
    parts = {name: part for name, part in (("keys", keys), ("codecs", codecs)) if part}
    return {**({KEYS: parts} if parts else {}), **({TAKEN: taken} if taken else {})}


def said_texts(plain: str | None, html: str | None, hints: Mapping[str, Value]) -> Said:
    """The bodies of these texts, and the property that says how they are stored."""
    known = _inner(hints, KEYS)
    hint = hints.get(TAKEN)
    taken = hint if isinstance(hint, tuple | list) else ()
    said, keys = Said(), dict[str, Value]()
    for name, text in (("body/plain", plain), ("body/html", html)):
        if text is not None and _KINDS[name] not in taken:
            key, codec = str(_inner(known, "keys").get(name, _USUAL[name])), _inner(known, "codecs").get(name)
            said.bodies[name], keys[name] = _stored(text, name, key, str(codec) if codec else "")
    said.properties["bodies"] = keys
    return said


def _inner(hint: Mapping[str, Value], name: str) -> Mapping[str, Value]:
    found = hint.get(name)
    return found if isinstance(found, Mapping) else {}


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
