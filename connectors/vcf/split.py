"""A vCard file as the cards in it. A card inside a card (AGENT of vCard 2.1 and 3.0) stays in its card."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from transhumance.connectors.formats import contentline
from transhumance.connectors.formats.objectsplit import (
    Buffer,
    Cut,
    Lost,
    NotOurs,
    Sheet,
    Span,
    Tokens,
    guess,
    is_blank,
)

_LINE = 2048


def inspect(buffer: Buffer, named: bool) -> Sheet:
    """What a file holds; its name (`named`) changes nothing. Raises `NotOurs`."""
    cards, outside = _scan(buffer)
    if not cards:
        raise NotOurs(guess(buffer))
    size = sum(end - start for start, end in outside if not is_blank(buffer, start, end))
    lost = (Lost("#outside", "CARD-SPLIT-01", f"{size} bytes outside of any card"),) if size else ()
    return Sheet(
        cuts=lambda: _cuts(buffer, cards),
        single=len(cards) == 1 and not lost,
        kinds=frozenset(("card",)),
        lost=lost,
    )


def _scan(buffer: Buffer) -> tuple[list[Span], list[Span]]:
    """Where each card is, and what lies between. A card without its END ends where the next begins, unless that one
    is the value of its AGENT."""
    cards: list[Span] = []
    outside: list[Span] = []
    depth = start = at = 0
    for token in Tokens(buffer, ("BEGIN", "END")):
        if token.value.upper() != b"VCARD":
            continue
        if token.word == b"BEGIN":
            if depth and not _is_agent(buffer, token.start):
                cards.append((start, token.start))
                depth, at = 0, token.start
            if not depth:
                outside.append((at, token.start))
                start = token.start
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                cards.append((start, token.end))
                at = token.end
    if depth:
        cards.append((start, len(buffer)))
        at = len(buffer)
    outside.append((at, len(buffer)))
    return cards, outside


def _is_agent(buffer: Buffer, at: int) -> bool:
    """Whether the line before this place is an AGENT without a value of its own."""
    before = buffer[max(at - 200, 0) : at].rstrip(b"\r\n \t")
    line = before[max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 :].upper()
    return line.partition(b".")[2 if b"." in line[:20] else 0].startswith(b"AGENT") and line.endswith(b":")


def _cuts(buffer: Buffer, cards: list[Span]) -> Iterator[Cut]:
    seen: set[bytes] = set()
    for start, end in cards:
        uid = _uid(buffer, start, end)
        mark = blake2b(uid, digest_size=8).digest()
        yield Cut(uid, "card", ((start, end),), b"", bool(uid) and mark in seen)
        if uid:
            seen.add(mark)


def _uid(buffer: Buffer, start: int, end: int) -> bytes:
    """The card's own UID; one of a card inside it does not count."""
    depth = 0
    for low, high in contentline.spans(buffer, start, end):
        line = buffer[low : min(high, low + _LINE)]
        word = line[:6].upper()
        depth += (word == b"BEGIN:") - (word[:4] == b"END:")
        if depth == 1 and b"UID" in line[:40].upper() and (prop := contentline.parse(line)) and prop.name == "UID":
            return prop.value.strip()
    return b""
