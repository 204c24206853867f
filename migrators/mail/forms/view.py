"""A message taken apart: what `to_open` puts together, and what `from_open` reads again, in one shape, so that both
ways rest on the same reading of the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from transhumance.connectors.contract import Body


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text part: its bytes, decoded from their transfer encoding, and their charset."""

    charset: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FilePart:
    """Any other part: its MIME header fields, raw, and its data, decoded. `inline`: a picture of the HTML."""

    header: tuple[bytes, ...]
    body: Body
    inline: bool = False


@dataclass(frozen=True)
class View:
    """A message. `fields`: its header, raw, without the fields of MIME. `entity`: header and body of a signed content,
    which is kept byte for byte (RFC 8551); its texts are told too. `alone`: the one file is the message's whole
    content (an encrypted one)."""

    fields: tuple[bytes, ...]
    plain: TextPart | None = None
    html: TextPart | None = None
    files: tuple[FilePart, ...] = ()
    entity: Body | None = None
    alone: bool = False

    @cached_property
    def named(self) -> dict[str, list[bytes]]:
        """The raw fields by their names, lower case."""
        found: dict[str, list[bytes]] = {}
        for raw in self.fields:
            found.setdefault(raw[: raw.index(b":")].rstrip().decode("latin-1").lower(), []).append(raw)
        return found
