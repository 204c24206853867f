"""Mail addresses between MAPI properties and header fields.

In MAPI an address has a type: SMTP, or EX, the X.500 name of an Exchange directory. A header can say the first only.
Whoever has no SMTP address is written as an empty group, `"Name":;` (RFC 5322 3.4, in From by RFC 6854): people read
the name, nothing is made up, and no answer goes astray.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import mapi, mapi_entryid
from transhumance.connectors.formats.rfc5322 import decode_words, unfold
from transhumance.migrators.mail.forms.words import phrase

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+"
_SPEC = re.compile(rf"{_ATOM}@(?:[A-Za-z0-9._-]+|\[[!-Z^-~]*\])")
_EXCHANGE = bytes.fromhex("00000000dca740c8c042101ab4b908002b2fe1820100000000000000")  # user of the directory, 2.2.5.2
UNICODE_PLAIN, UNICODE_DEFAULT = 0x8001, 0x9001  # flags of a one-off id that Outlook writes: Unicode, no rich text


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a field names. `mail`: empty where there is no SMTP address."""

    name: str
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """The properties in which MAPI keeps one address."""

    name: str
    type: str
    address: str
    smtp: str
    entry_id: str


FROM = Keys("0x0042001F", "0x0064001F", "0x0065001F", "0x5D02001F", "0x00410102")
SENDER = Keys("0x0C1A001F", "0x0C1E001F", "0x0C1F001F", "0x5D01001F", "0x0C190102")
RECEIVED_BY = Keys("0x0040001F", "0x0075001F", "0x0076001F", "0x5D07001F", "0x003F0102")
RECEIVED_FOR = Keys("0x0044001F", "0x0077001F", "0x0078001F", "0x5D08001F", "0x00430102")
RECIPIENT = Keys("0x3001001F", "0x3002001F", "0x3003001F", "0x39FE001F", "0x0FFF0102")
RECIPIENT_TOO = Keys("0x5FF6001F", "0x3002001F", "0x3003001F", "0x39FE001F", "0x5FF70102")

Directory = Mapping[str, Mapping[str, str]]


def address_of(properties: Mapping[str, Value], keys: Keys, directory: Directory) -> Address | None:
    """The address in these properties, or None where they say nothing. `directory` may know the mail address of an
    X.500 name."""
    name = mapi.text(properties, keys.name)
    kind, given = mapi.text(properties, keys.type).upper(), mapi.text(properties, keys.address)
    candidates = [mapi.text(properties, keys.smtp)]
    if kind == "EX":
        candidates += sorted(v for v in directory.get(given.lower(), {}).values() if "@" in v)
    else:
        candidates.append(given)
    if not kind and not given:
        candidates.append(name.strip("'\" "))
    mail = next((found for text in candidates if _SPEC.fullmatch(found := text.strip())), "")
    return Address(name, mail) if name or mail else None


def written(address: Address) -> str:
    """The address as a header says it."""
    if not address.mail:
        return f"{phrase(address.name)}:;"
    return address.mail if address.name in ("", address.mail) else f"{phrase(address.name)} <{address.mail}>"


def address_field(name: str, addresses: Iterable[Address]) -> bytes:
    """A field of addresses, one a line when they do not fit together."""
    texts = [written(a) for a in addresses]
    line = f"{name}: {', '.join(texts)}"
    if len(line) > 76 or "\n" in line:
        line = f"{name}: " + ",\r\n ".join(texts)
    return line.encode("ascii") + b"\r\n"


# One mailbox, group or comma: quoted strings and comments hide commas; an angle holds the address.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.|\([^()]*\))*\)|<[^<>]*>|[,;:]|[^\s",;:<>()]+|[()<>"]|\s+', re.DOTALL
)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


def parse_addresses(raw: bytes) -> list[Address]:
    """The addresses of a raw field, in order. What is no address gives a name without one; an empty group too."""
    text = unfold(raw.partition(b":")[2]).decode("utf-8", "replace")
    found: list[Address] = []
    words: list[str] = []
    mail, group = "", ""
    for token in _TOKEN.findall(text):
        if token in ",;":
            _close(found, words, mail)
            if group:  # nobody was named in it
                found.append(Address(group))
            words, mail, group = [], "", ""
        elif token == ":" and not mail:
            group, words = _name(words), []
        elif token[0] == "<" and len(token) > 1:
            mail, group = token[1:-1].rpartition(":")[2].strip(), ""  # an obsolete route is dropped (RFC 5322 4.4)
        elif token[0] != "(" or len(token) == 1:
            words.append(token)
            group = group if token.isspace() else ""
    _close(found, words, mail)
    return found


def _close(found: list[Address], words: list[str], mail: str) -> None:
    name = _name(words)
    if mail:
        found.append(Address(name, mail))
    elif name:
        found.append(Address("", name) if _SPEC.fullmatch(name) else Address(name))


def _name(words: list[str]) -> str:
    while words and words[0].isspace():
        words = words[1:]
    while words and words[-1].isspace():
        words = words[:-1]
    text = "".join(
        _QUOTED_PAIR.sub(r"\1", word[1:-1]) if word[0] == '"' and len(word) > 1 else " " if word.isspace() else word
        for word in words
    )
    return decode_words(text.encode()) if "=?" in text else text


def entry_id(kind: str, name: str, address: str, flags: int = UNICODE_PLAIN) -> bytes | None:
    """The entry id that MAPI makes of an address: of the Exchange directory for EX, a one-off for all else
    (MS-OXCDATA 2.2.5)."""
    if not address:
        return None
    if kind.upper() == "EX":
        return _EXCHANGE + address.encode("ascii", "replace") + b"\0"
    return mapi_entryid.one_off(name, kind, address, flags)


def of_entry_id(data: bytes) -> Address | None:
    """Whom an entry id names, or None where it does not say it itself."""
    found = mapi_entryid.read(data)
    if found.kind != "one-off":
        return None
    address = checked(found.address if found.type.upper() != "EX" else "", found.name)
    return address if address.name or address.mail else None


def one_off_flags(data: bytes) -> int | None:
    """The flags of a one-off entry id with Unicode texts, or None for any other."""
    found = mapi_entryid.read(data)
    return found.flags if found.kind == "one-off" and found.flags & mapi_entryid.UNICODE else None


def checked(mail: str, name: str = "") -> Address:
    """An address whose mail part is one; what is none becomes a name."""
    return Address(name, mail) if _SPEC.fullmatch(mail) else Address(name or mail)


def flat_entries(data: bytes) -> list[bytes]:
    """The entry ids in a FLATENTRYLIST: a count, a length, and each with its own length, padded to four bytes
    (MS-OXCDATA 2.3.3)."""
    found: list[bytes] = []
    at = 8
    while at + 4 <= len(data) and len(found) < 1000:
        size = int.from_bytes(data[at : at + 4], "little")
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + (size + 3) // 4 * 4
    return found


def flat_list(entries: list[bytes]) -> bytes:
    """A FLATENTRYLIST of these entry ids."""
    body = b"".join(len(e).to_bytes(4, "little") + e + b"\0" * (-len(e) % 4) for e in entries)
    return len(entries).to_bytes(4, "little") + len(body).to_bytes(4, "little") + body
