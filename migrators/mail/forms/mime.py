"""Parts into an RFC 5322 message, and a message into its parts.

The tree is the usual one: mixed(alternative(plain, related(HTML, pictures)), attachments), each level only where it is
needed. Boundaries come from the content, so that the same item gives the same bytes. Lines end with CRLF.
"""

from __future__ import annotations

import hashlib
from binascii import Error as BinasciiError
from binascii import a2b_base64, a2b_qp, b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass, field

from transhumance.connectors.contract import Body, BytesBody, read_all
from transhumance.connectors.contract.bodies import BLOCK
from transhumance.migrators.mail.forms.composed import Base64, DecodedBody, Segment, WindowBody, compose, encode
from transhumance.migrators.mail.forms.view import FilePart, TextPart, View
from transhumance.migrators.mail.forms.words import parameters, text_of

WHOLE = 4 << 20  # a message up to this is held in memory, a longer one is made and read in pieces
LONGEST_LINE = 998
VERSION = b"MIME-Version: 1.0\r\n"
_HEADER_LIMIT = 1 << 20
_DEEPEST, _MOST_PARTS = 20, 10_000


# --- parts into a message


def assemble(view: View) -> Body:
    """The message. Raises `OSError` where a part's body can't be read."""
    if view.entity is not None:
        return compose([b"".join(view.fields) + VERSION, view.entity], WHOLE)
    seed = _seed(view)
    head, segments = _tree(view, seed)
    return compose([b"".join(view.fields) + VERSION + head + b"\r\n", *segments], WHOLE)


def _seed(view: View) -> str:
    """A digest of what is at hand of the content, for boundaries."""
    digest = hashlib.sha256(b"".join(view.fields))
    for text in (view.plain, view.html):
        digest.update(b"\0" if text is None else text.data + b"\1")
    for part in view.files:
        digest.update(b"".join(part.header) + str(part.body.size).encode())
    return digest.hexdigest()[:24]


Entity = tuple[bytes, list[Segment]]


def _tree(view: View, seed: str) -> Entity:
    if view.alone:
        return _file(view.files[0])
    pictures = [p for p in view.files if p.inline and view.html is not None]
    others = [p for p in view.files if not (p.inline and view.html is not None)]
    single = not others and not pictures and (view.plain is None or view.html is None)
    top: list[Entity] = []
    if view.plain is not None:
        top.append(_text("plain", view.plain, single))
    if view.html is not None:
        html = _text("html", view.html, single)
        if pictures:
            html = _multipart("related", [html, *map(_file, pictures)], f"=_{seed}_r", '; type="text/html"')
        top.append(html)
    if len(top) > 1:
        top = [_multipart("alternative", top, f"=_{seed}_a")]
    if others:
        return _multipart("mixed", [*top, *map(_file, others)], f"=_{seed}_m")
    return top[0]


def _multipart(kind: str, parts: Sequence[Entity], boundary: str, more: str = "") -> Entity:
    head = f'Content-Type: multipart/{kind}{more};\r\n\tboundary="{boundary}"\r\n'.encode()
    line = f"--{boundary}".encode()
    segments: list[Segment] = []
    for part_head, part in parts:
        segments += [line + b"\r\n" + part_head + b"\r\n", *part, b"\r\n"]
    segments.append(line + b"--\r\n")
    return head, segments


def _file(part: FilePart) -> Entity:
    head = b"".join(part.header)
    as_it_is = head[:64].lower().startswith(b"content-type: message/rfc822")
    body: list[Segment] = [part.body if as_it_is else Base64(part.body)]
    return head, body


def _text(subtype: str, part: TextPart, single: bool) -> Entity:
    """A text part in the transfer encoding that leaves it readable and gives its bytes back. `single`: nothing follows
    it, so its last line must end."""
    name, data = _encoding(part.data, single)
    head = f"Content-Type: text/{subtype}; charset={part.charset}\r\nContent-Transfer-Encoding: {name}\r\n"
    return head.encode(), [data]


def _encoding(data: bytes, single: bool) -> tuple[str, bytes]:
    """7bit for lines of lawful length in ASCII, quoted-printable for lines with some accents, base64 for all else:
    other line ends than CRLF, NULs, and texts that are mostly not ASCII."""
    lines = data.count(b"\n")
    regular = lines == data.count(b"\r") == data.count(b"\r\n") and b"\0" not in data
    ended = not single or not data or data.endswith(b"\r\n")
    if regular and ended and data.isascii() and (len(data) <= LONGEST_LINE or _short(data)):
        return "7bit", data
    odd = len(data) - len(data.translate(None, _HIGH))
    if not regular or odd * 5 > len(data):
        return "base64", encode(data)
    quoted = b2a_qp(data + b"\r\n")[:-2]  # the added line end makes it fold by CRLF
    return "quoted-printable", quoted if ended else quoted + b"=\r\n"


_HIGH = bytes(range(128, 256))


def _short(data: bytes) -> bool:
    return all(len(line) <= LONGEST_LINE for line in data.split(b"\r\n"))


# --- a message into parts


@dataclass(slots=True)
class _Message:
    """The bytes of a message: at hand where it is small, else read where they are wanted."""

    body: Body
    size: int
    data: bytes | None

    @classmethod
    def of(cls, body: Body) -> _Message:
        if body.size is not None and body.size <= WHOLE:
            data = read_all(body)
            return cls(body, len(data), data)
        return cls(body, body.size if body.size is not None else _length(body), None)

    def read(self, start: int, end: int) -> bytes:
        """Bytes of a stretch."""
        if self.data is not None:
            return self.data[start:end]
        with self.body.open(start) as stream:
            parts, left = [], end - start
            while left > 0 and (block := stream.read(left)):
                parts.append(block)
                left -= len(block)
        return b"".join(parts)

    def find_all(self, needle: bytes, start: int, end: int) -> list[int]:
        """Where something stands in a stretch, each time."""
        if self.data is not None:
            return _find_all(self.data, needle, start, end, 0)
        found: list[int] = []
        tail, at = b"", start
        with self.body.open(start) as stream:
            while at < end and (block := stream.read(min(BLOCK, end - at))):
                seam = tail + block
                found += _find_all(seam, needle, 0, len(seam), at - len(tail))
                at += len(block)
                tail = seam[-len(needle) + 1 :] if len(needle) > 1 else b""
        return found

    def part(self, start: int, end: int) -> Body:
        """A stretch as a body."""
        if self.data is not None or end - start <= WHOLE:
            return BytesBody.of(self.read(start, end))
        return WindowBody(size=end - start, body=self.body, start=start)


def _length(body: Body) -> int:
    with body.open() as stream:
        return sum(len(block) for block in iter(lambda: stream.read(BLOCK), b""))


def _find_all(data: bytes, needle: bytes, start: int, end: int, base: int) -> list[int]:
    found = []
    at = data.find(needle, start, end)
    while at >= 0:
        found.append(base + at)
        at = data.find(needle, at + 1, end)
    return found


@dataclass(slots=True)
class _Parts:
    plain: TextPart | None = None
    html: TextPart | None = None
    files: list[FilePart] = field(default_factory=list)
    count: int = 0


def take_apart(body: Body) -> View:
    """The parts of a message, any message: what is broken is read as far as it goes. Raises `OSError` where it can't
    be read."""
    message = _Message.of(body)
    fields, start = _header(message, 0, message.size)
    kind, _ = parameters(_get(fields, b"content-type"))
    found = _Parts()
    _walk(message, fields, start, message.size, found, 0, False)
    if kind in _KEPT:
        first = next(n for n, f in enumerate(fields) if _of_mime(f))
        offset = sum(map(len, fields[: first + (fields[first] == VERSION)]))
        entity = message.part(offset, message.size)
        return View(tuple(fields[:first]), found.plain, found.html, entity=entity)
    own = tuple(f for f in fields if not _of_mime(f))
    alone = len(found.files) == 1 and not kind.startswith("multipart/")
    return View(own, found.plain, found.html, tuple(found.files), alone=alone)


_KEPT = frozenset({"multipart/signed", "multipart/encrypted"})


def _of_mime(raw: bytes) -> bool:
    name = raw[:13].lower()
    return name.startswith(b"content-") or name.startswith(b"mime-version")


def _header(message: _Message, start: int, end: int) -> tuple[list[bytes], int]:
    """The raw fields of an entity, and where its body begins."""
    block = message.read(start, min(end, start + 2048))
    at, blank = _blank(block)
    if at < 0 and end > start + 2048:
        block = message.read(start, min(end, start + _HEADER_LIMIT))
        at, blank = _blank(block)
    if at < 0:
        at, blank = len(block), 0
    fields: list[bytes] = []
    for line in block[:at].splitlines(keepends=True):
        if line[:1] in b" \t" and fields:
            fields[-1] += line
        elif b":" in line:
            fields.append(line)
    return fields, start + at + blank


def _blank(block: bytes) -> tuple[int, int]:
    """Where the header ends, and how long the blank line is."""
    if block.startswith((b"\r\n", b"\n")):
        return 0, 2 if block[:1] == b"\r" else 1
    at = block.find(b"\r\n\r\n")
    lf = block.find(b"\n\n", 0, at if at >= 0 else len(block))
    if lf >= 0:
        return lf + 1, 1
    return (at + 2, 2) if at >= 0 else (-1, 0)


def _get(fields: Sequence[bytes], name: bytes) -> str:
    return next((text_of(f) for f in fields if f[: len(name) + 1].lower() == name + b":"), "")


def _walk(
    message: _Message, fields: list[bytes], start: int, end: int, into: _Parts, depth: int, related: bool
) -> None:
    kind, about = parameters(_get(fields, b"content-type"))
    boundary = about.get("boundary", "")
    into.count += 1
    if kind.startswith("multipart/") and boundary and depth < _DEEPEST:
        for first, last in _between(message, boundary.encode("utf-8", "replace"), start, end):
            if into.count > _MOST_PARTS:
                return
            inner, at = _header(message, first, last)
            _walk(message, inner, at, last, into, depth + 1, related or kind == "multipart/related")
        return
    _leaf(message, fields, (start, end), into, kind or "text/plain", related)


def _between(message: _Message, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """The stretches between the delimiter lines (RFC 2046 5.1.1)."""
    places = []
    for at in message.find_all(b"--" + boundary, start, end):
        past = at + len(boundary) + 2
        before, after = message.read(max(at - 2, start), at), message.read(past, past + 2)
        at_line = at == start or before.endswith(b"\n")
        if at_line and (after in (b"--", b"") or after[:1] in (b"\r", b"\n", b" ", b"\t")):
            cut = at - (2 if before.endswith(b"\r\n") else 1 if before.endswith(b"\n") else 0)
            places.append((cut, past, after == b"--"))
    found = []
    for n, (_, past, closing) in enumerate(places):
        if closing:
            break
        line = message.read(past, past + 200)
        first = past + line.find(b"\n") + 1
        last = places[n + 1][0] if n + 1 < len(places) else end
        found.append((first, max(last, first)))
    return found


def _leaf(
    message: _Message, fields: list[bytes], place: tuple[int, int], into: _Parts, kind: str, related: bool
) -> None:
    disposition, named = parameters(_get(fields, b"content-disposition"))
    _, about = parameters(_get(fields, b"content-type"))
    encoding = _get(fields, b"content-transfer-encoding").strip().lower()
    is_file = disposition == "attachment" or "filename" in named or "name" in about
    if kind in ("text/plain", "text/html") and not is_file and place[1] - place[0] <= 16 * WHOLE:
        part = TextPart(about.get("charset", "us-ascii"), _decoded(message.read(*place), encoding))
        if kind == "text/plain" and into.plain is None:
            into.plain = part
            return
        if kind == "text/html" and into.html is None:
            into.html = part
            return
    body = message.part(*place)
    if isinstance(body, BytesBody):
        body = BytesBody.of(_decoded(body.data, encoding))
    elif isinstance(body, WindowBody) and encoding == "base64":
        body = DecodedBody(size=None, window=body)
    into.files.append(FilePart(tuple(f for f in fields if _of_mime(f)), body, related))


def _decoded(data: bytes, encoding: str) -> bytes:
    """Bytes out of their transfer encoding; what is broken stays as it is."""
    if encoding == "quoted-printable":
        return a2b_qp(data)
    if encoding == "base64":
        try:
            return a2b_base64(data)
        except BinasciiError:
            return data
    return data
