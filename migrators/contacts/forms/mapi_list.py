"""Distribution lists: their members (MS-OXOCNTC 2.2.2.2), as MEMBER of a group card, and back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from transhumance.connectors.contract import Link, Value
from transhumance.connectors.formats import contentwrite, mapi_entryid
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.connectors.formats.contentline import Property
from transhumance.connectors.formats.mapi_entryid import Address
from transhumance.migrators.contacts.forms.mapi_write import PLAIN_MAIL, Card, mark_lines, note_lines

NOWHERE = "@x500.invalid"  # a domain that can't exist (RFC 2606): nobody is ever written to by mistake
MOST = 10_000
_FLAGS = 0x8001
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Member:
    """A member by its name and address, and by the id of its own item where it has one."""

    name: str = ""
    type: str = ""
    address: str = ""
    item: Address | None = None


def list_lines(card: Card) -> list[bytes]:
    """The lines of a group card, VERSION, UID and FN apart."""
    found = members(card.properties)
    filed = card.text(tags.FILE_UNDER)
    lines = [contentwrite.line("N", ";;;;", [("SORT-AS", filed)])] if filed else []
    lines += [_member(card, member) for member in found[:MOST]]
    if found:
        card.find("CARD-LIST-01")
    return [*lines, *mark_lines(card), *note_lines(card)]


def members(properties: Mapping[str, Value]) -> list[Member]:
    """The members: names and addresses from the one-off ids, the items from the member ids; of a list that is kept as
    a stream, from that."""
    ids, one_offs = _ids(properties, tags.DL_MEMBERS), _ids(properties, tags.DL_ONE_OFF_MEMBERS)
    if not ids and not one_offs:
        stream = properties.get(tags.DL_STREAM)
        pairs = list(streamed(stream)) if isinstance(stream, bytes) else []
        ids, one_offs = [a for a, _ in pairs], [b for _, b in pairs]
    found = []
    for n in range(max(len(ids), len(one_offs))):
        one = mapi_entryid.read(one_offs[n]) if n < len(one_offs) else Address("other")
        item = mapi_entryid.read(ids[n]) if n < len(ids) else Address("other")
        said = one if one.kind == "one-off" else item
        found.append(Member(said.name, said.type, said.address, item if item.kind != "one-off" else None))
    return found


def _ids(properties: Mapping[str, Value], key: str) -> list[bytes]:
    value = properties.get(key)
    return [v if isinstance(v, bytes) else b"" for v in value] if isinstance(value, list | tuple) else []


def streamed(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The pairs of ids in PidLidDistributionListStream (MS-OXOCNTC 2.2.2.2.5), as far as they can be read."""
    if len(data) < 16 or data[:2] != b"\x01\x00":
        return
    at = 16
    for _ in range(min(int.from_bytes(data[12:16], "little"), MOST)):
        pair = []
        for _ in range(2):
            size = int.from_bytes(data[at : at + 4], "little")
            if at + 4 + size > len(data):
                return
            pair.append(data[at + 4 : at + 4 + size])
            at += 4 + size
        yield pair[0], pair[1]
        at += 4 if data[at : at + 4] == bytes(4) else 0  # no member's id is empty: extra bytes, of which there are none


def _member(card: Card, member: Member) -> bytes:
    mail = member.address if PLAIN_MAIL.fullmatch(member.address) else ""
    target = mail or member.address or (member.item.inner.hex() if member.item else "")
    if target:
        card.refs[Link("MEMBER", "member", target)] = None
    if not mail:
        card.find("CARD-MAIL-02", "member")
    params = [("X-DISPLAY-NAME", member.name)] if member.name else []
    return contentwrite.line("MEMBER", f"mailto:{mail or nowhere(member.name, target)}", params)


def nowhere(name: str, seed: str) -> str:
    """An address that can't exist, for somebody who has none."""
    label = _SLUG.sub("-", name.lower())[:24].strip("-") or "x"
    digest = hashlib.sha256(f"{seed}|{name}".lower().encode("utf-8", "replace")).hexdigest()[:10]
    return f"{label}.{digest}{NOWHERE}"


# --- and back


def said_members(found: list[Property]) -> dict[str, Value]:
    """Both lists of ids, by one-off ids."""
    ids = tuple(_id(prop) for prop in found)
    return {tags.DL_MEMBERS: ids, tags.DL_ONE_OFF_MEMBERS: ids} if ids else {}


def _id(prop: Property) -> bytes:
    text = prop.value.decode("utf-8", "replace")
    mail = text[7:] if text[:7].lower() == "mailto:" else text
    name = prop.param("X-DISPLAY-NAME")
    if mail.endswith(NOWHERE):
        return mapi_entryid.one_off(name, "", "", _FLAGS)
    return mapi_entryid.one_off(name or mail, "SMTP", mail, _FLAGS)
