"""The RTF body beside the text that it wraps.

Outlook's RTF holds the HTML or the text once more, among much that is always the same. So what a residue keeps of it
is deflated with the document's text as the dictionary (RFC 1950 2.2): what the document says costs nothing. How the
RTF was compressed in its store (LZFu) is no content: it comes back in MS-OXRTFCP's plain container, and bodies are
compared opened.
"""

from __future__ import annotations

import zlib

from transhumance.connectors.contract import Body, BytesBody, Value, read_all
from transhumance.connectors.formats.mapi_rtf import LIMIT, decompress
from transhumance.migrators.mail.forms.view import View

_WINDOW = 32768
_PLAIN = b"MELA"


def dictionary(view: View) -> bytes:
    """What of the document helps: its HTML, else its text."""
    part = view.html or view.plain
    return part.data[:_WINDOW] if part is not None else b""


def packed(rtf: bytes, known: bytes) -> Value:
    """RTF for the residue."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, known) if known else None
    if deflater is None:
        return {"deflated": zlib.compress(rtf, 9, -15)}
    return {"deflated": deflater.compress(rtf) + deflater.flush()}


def unpacked(kept: Value, known: bytes) -> bytes | None:
    """The RTF again, or None where the residue holds none that fits."""
    data = kept.get("deflated") if hasattr(kept, "get") else None  # type: ignore[union-attr]
    if not isinstance(data, bytes):
        return None
    try:
        inflater = zlib.decompressobj(-15, known) if known else zlib.decompressobj(-15)
        rtf = inflater.decompress(data, LIMIT)
    except zlib.error:
        return None
    return rtf if inflater.eof else None


def contained(rtf: bytes) -> bytes:
    """RTF in the container for RTF that is not compressed (MS-OXRTFCP 2.1.3.1): sizes, kind, no checksum."""
    return (len(rtf) + 12).to_bytes(4, "little") + len(rtf).to_bytes(4, "little") + _PLAIN + bytes(4) + rtf


def plainly(body: Body) -> Body:
    """The body in that container; itself where it can't be opened."""
    try:
        data = read_all(body, LIMIT)
        return BytesBody.of(contained(decompress(data, LIMIT)))
    except (OSError, ValueError):
        return body
