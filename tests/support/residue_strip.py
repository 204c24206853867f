"""What a residue must not hold: anything that its document says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transhumance.connectors.contract import Document, Opened, read_all
from transhumance.connectors.formats import contentline

LEAST = 6  # characters; shorter texts meet by chance
LONG = 24


def said_texts(document: Document) -> set[str]:
    """Every text that the document says: values, items of lists, names and addresses."""
    found: set[str] = set()
    for line in contentline.split(read_all(document.bodies["content"])):
        prop = contentline.parse(line)
        if prop is None or prop.name in ("BEGIN", "END"):
            continue
        text = contentline.text_of(prop.value)
        found |= {text, *text.split(";"), *text.split(","), text.removeprefix("mailto:").removeprefix("tel:")}
        found |= {value for name, _ in prop.params for value in prop.param_values(name)}
    return {text.strip().lower() for text in found if len(text.strip()) >= LEAST}


def held(opened: Opened, but: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """(path, text) of each residue entry that holds what the document says; `but`: texts that may meet."""
    texts = said_texts(opened.document) - {text.strip().lower() for text in but}
    long = [text for text in texts if len(text) >= LONG]
    out = []
    for entry in opened.residue:
        for text in values(entry.value):
            low = text.strip().strip("\0").lower()
            if low in texts:
                out.append((entry.path, low))
            out += [(entry.path, found) for found in long if found in low]
    return out


def values(value: Any) -> Iterator[str]:
    """Every text in a value, bytes as the texts that they may be."""
    match value:
        case str():
            yield value
        case bytes():
            yield value.decode("latin-1")
            yield value[: len(value) & ~1].decode("utf-16-le", "replace")
        case Mapping():
            for inner in value.values():
                yield from values(inner)
        case tuple() | list():
            for inner in value:
                yield from values(inner)
