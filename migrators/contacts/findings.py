"""What a vCard says that another program may read otherwise or not show, and its links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from transhumance.connectors.contract import Finding, Link
from transhumance.connectors.formats.contentline import (
    Property,
    Text,
    is_utf8,
    parse,
    text_of,
    unquote_printable,
)

_BINARY = ("PHOTO", "LOGO", "SOUND", "KEY")
_MESSAGING = ("IMPP", "X-AIM", "X-ICQ", "X-JABBER", "X-MSN", "X-YAHOO", "X-SKYPE", "X-SKYPE-USERNAME", "X-GTALK",
              "X-GOOGLE-TALK", "X-MS-IMADDRESS", "X-QQ")  # fmt: skip
_PHONETIC = ("X-PHONETIC-FIRST-NAME", "X-PHONETIC-LAST-NAME", "X-PHONETIC-MIDDLE-NAME", "X-PHONETIC-ORG",
             "X-MS-OL-YOMI", "SOUND")  # fmt: skip
_GROUP = ("KIND", "X-ADDRESSBOOKSERVER-KIND")
_MEMBER = ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
_X500 = re.compile(rb"(?i)^/o=|^EX:")
_SAID = frozenset({"VERSION", "UID", "PRODID", "REV", "KIND"})

Props = Mapping[str, Sequence[Property]]


def properties(text: Text) -> dict[str, list[Property]]:
    """The properties of the card itself, not those of a card inside it, by name."""
    found: dict[str, list[Property]] = {}
    index = next(text.children(-1, "VCARD"), None)
    for _, prop in text.own(index) if index is not None else ():
        found.setdefault(prop.name, []).append(prop)
    return found


def find(text: Text, data: bytes, props: Props) -> Iterator[Finding]:
    """Every finding on a card."""
    yield from _damage(text, data, props)
    version = props["VERSION"][0].value.strip() if "VERSION" in props else b""
    if version not in (b"3.0", b"4.0"):
        yield Finding("CARD-VER-02", version.decode("ascii", "replace")[:10] or "no VERSION")
    if not any(prop.value.strip() for prop in props.get("UID", ())):
        yield Finding("CARD-UID-01", "missing")
    yield from _binary(props)
    yield from _group(props)
    if any(_X500.search(prop.value) or prop.param("TYPE").upper() == "EX" for prop in props.get("EMAIL", ())):
        yield Finding("CARD-MAIL-02")
    if any(name in props for name in _MESSAGING):
        yield Finding("CARD-IMID-01")
    if any(name in props for name in _PHONETIC[:-1]) or any(_is_reading(prop) for prop in props.get("SOUND", ())):
        yield Finding("CARD-YOMI-01")
    if any(component.parent >= 0 and component.name == "VCARD" for component in text.outline) or "AGENT" in props:
        yield Finding("CARD-AGENT-01")
    if own := sorted({name for name in props if name.startswith("X-")} - {*_MESSAGING, *_PHONETIC, *_GROUP, *_MEMBER}):
        yield Finding("CARD-UDF-01", f"{len(own)}: {', '.join(own)}"[:200])


def _is_reading(prop: Property) -> bool:
    """A SOUND that is how a name is read (`X-IRMC-N`), not a recording."""
    return any(key == "X-IRMC-N" or value.upper() == b"X-IRMC-N" for key, value in prop.params)


def _damage(text: Text, data: bytes, props: Props) -> Iterator[Finding]:
    problems = list(text.damage)
    cards = list(text.children(-1, "VCARD"))
    if len(cards) != 1:
        problems.append(f"{len(cards)} cards")
    if b"\0" in data:
        problems.append("NUL")
    if loose := sum(b":" not in line and bool(line.strip(b" \t\r\n\x1a")) for line in text.lines):
        problems.append(f"{loose} line(s) without a colon")
    if cards and not ({"FN", "N"} & props.keys()):
        problems.append("no name")
    if problems:
        yield Finding("CARD-PARSE-01", "; ".join(dict.fromkeys(problems))[:300])
    if not data.isascii() and _untold(text):
        yield Finding("CARD-ENC-01")


def _untold(text: Text) -> bool:
    """Whether there is text that is neither UTF-8 nor in a CHARSET that its line names (vCard 2.1)."""
    return any(
        not line.isascii() and not is_utf8(line) and b"CHARSET=" not in line[:200].upper() for line in text.lines
    )


def _binary(props: Props) -> Iterator[Finding]:
    for name in _BINARY:
        for prop in props.get(name, ()):
            linked = prop.value[:5].lower().startswith((b"http", b"ftp:", b"file:", b"cid:"))
            if linked and name != "KEY":
                yield Finding("CARD-PHOTO-02", name)
            elif name in ("PHOTO", "LOGO"):
                yield Finding("CARD-PHOTO-01", f"{name}, {len(prop.value) * 3 // 4} bytes")
            elif name == "KEY":
                yield Finding("CARD-CERT-01")


def _group(props: Props) -> Iterator[Finding]:
    if not any(prop.value.strip().lower() == b"group" for name in _GROUP for prop in props.get(name, ())):
        return
    members = [prop.value.strip().lower() for name in _MEMBER for prop in props.get(name, ())]
    yield Finding("CARD-LIST-02", f"{len(members)} member(s)")
    if odd := sum(not member.startswith((b"urn:uuid:", b"mailto:")) for member in members):
        yield Finding("CARD-LIST-01", f"{odd} of {len(members)} member(s) by another kind of address")


def links(props: Props) -> tuple[Link, ...]:
    """Members of a group and related people, as the source writes them."""
    out = []
    for name in _MEMBER:
        out += [Link(f"{name}/{n}", "member", text_of(p.value).strip()) for n, p in enumerate(props.get(name, ()))]
    for number, prop in enumerate(props.get("RELATED", ())):
        out.append(Link(f"RELATED/{number}", prop.param("TYPE").lower() or "related", text_of(prop.value).strip()))
    return tuple(link for link in out if link.target)


def title(text: Text, props: Props) -> str:
    """The card's name, for people."""
    for name in ("FN", "N", "ORG"):
        for line in text.lines if name in props else ():
            prop = parse(line)
            if prop and prop.name == name:
                return _shown(line, prop)[:200]
    return ""


def _shown(line: bytes, prop: Property) -> str:
    value = unquote_printable(line) if prop.param("ENCODING").upper() == "QUOTED-PRINTABLE" else prop.value
    charset = prop.param("CHARSET") or "utf-8"
    try:
        text = value.decode(charset, "replace")
    except LookupError:
        text = value.decode("utf-8", "replace")
    return text_of(text.encode("utf-8", "replace")).strip(" ;")
