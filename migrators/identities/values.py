"""Single values: what a standard attribute takes (RFC 4517, RFC 2798, RFC 4523), and what Active Directory's mean."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from transhumance.connectors.formats.dn import DnError, parse_dn

Check = Callable[[bytes], bool]

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_TICKS = 10_000_000
_LAST = 9999
_TIME = re.compile(rb"(\d{14})(?:\.(\d{1,9}))?Z")
_PHONE = re.compile(rb"[A-Za-z0-9'()+,\-./:? ]*[A-Za-z0-9'()+,\-./:?][A-Za-z0-9'()+,\-./:? ]*")
_DECIMAL = re.compile(rb"-?(?:0|[1-9][0-9]{0,18})")
LOCKED_FOR_GOOD = b"000001010000Z"  # draft-behera-ldap-password-policy-10, 5.3.3
NEVER = (0, 0x7FFFFFFFFFFFFFFF)


def is_text(value: bytes) -> bool:
    """A DirectoryString: UTF-8, not empty."""
    try:
        return bool(value.decode())
    except UnicodeDecodeError:
        return False


def is_ia5(value: bytes) -> bool:
    """An IA5String that says something: ASCII, not empty."""
    return bool(value) and value.isascii()


def is_phone(value: bytes) -> bool:
    """A telephone number: a PrintableString (RFC 4517, 3.3.31), and not blanks only."""
    return _PHONE.fullmatch(value) is not None


def is_number(value: bytes) -> bool:
    """An INTEGER in its one decimal form."""
    return _DECIMAL.fullmatch(value) is not None and value != b"-0"


def is_dn(value: bytes) -> bool:
    """A distinguished name in UTF-8."""
    try:
        return bool(parse_dn(value.decode()))
    except (UnicodeDecodeError, DnError):
        return False


def is_jpeg(value: bytes) -> bool:
    """The start of a JPEG image: SOI and another marker."""
    return value[:3] == b"\xff\xd8\xff"


def is_der(value: bytes) -> bool:
    """One DER SEQUENCE that fills the value: what a certificate or a PKCS #7 message is, from outside."""
    if len(value) < 2 or value[0] != 0x30:
        return False
    short = value[1]
    if short < 0x80:
        return len(value) == 2 + short
    count = short & 0x7F
    return 0 < count < 5 and len(value) == 2 + count + int.from_bytes(value[2 : 2 + count], "big")


def is_time(value: bytes) -> bool:
    """A GeneralizedTime in UTC with seconds, as Active Directory writes it, of a day that exists."""
    return parse_time(value) is not None


def parse_time(value: bytes) -> tuple[datetime, int] | None:
    """A GeneralizedTime as a time and the 100 ns beyond its second."""
    found = _TIME.fullmatch(value)
    if not found:
        return None
    said, fraction = found[1].decode(), found[2] or b"0"
    try:
        whole = datetime.fromisoformat(f"{said[:8]}T{said[8:]}+00:00")
    except ValueError:
        return None
    return whole, int(fraction.ljust(7, b"0")[:7])


def filetime_to_time(value: bytes) -> bytes | None:
    """A count of 100 ns since 1601 (MS-DTYP 2.3.3) as a GeneralizedTime; None for never, and beyond the calendar."""
    if not is_number(value) or int(value) in NEVER or int(value) < 0:
        return None
    seconds, ticks = divmod(int(value), _TICKS)
    try:
        when = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    fraction = f".{ticks:07d}".rstrip("0") if ticks else ""
    return f"{when:%Y%m%d%H%M%S}{fraction}Z".encode() if when.year <= _LAST else None


def time_to_filetime(value: bytes) -> bytes | None:
    """The way back; None where it is no such time."""
    found = parse_time(value)
    if found is None:
        return None
    whole, ticks = found
    return str((whole - _EPOCH) // timedelta(seconds=1) * _TICKS + ticks).encode()


def uuid_to_guid(value: bytes) -> bytes | None:
    """An entryUUID's text as the 16 bytes of an objectGUID; None where it is none."""
    try:
        return uuid.UUID(value.decode()).bytes_le if len(value) == 36 else None
    except (ValueError, UnicodeDecodeError):
        return None


def rpps_is_right(value: bytes) -> bool:
    """An RPPS number: 11 digits, the last one the Luhn key of the others."""
    if not re.fullmatch(rb"[0-9]{11}", value):
        return False
    doubled = [int(d) * (1 + at % 2) for at, d in enumerate(reversed(value.decode()))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def own_rights(descriptor: bytes) -> int | None:
    """How many entries of a security descriptor's access list are its own and not inherited (MS-DTYP 2.4.4.1, 2.4.5,
    2.4.6); None where it can't be read."""
    if len(descriptor) < 20 or descriptor[0] != 1:
        return None
    at = int.from_bytes(descriptor[16:20], "little")
    if at == 0:
        return 0
    count = int.from_bytes(descriptor[at + 4 : at + 6], "little")
    at, own = at + 8, 0
    for _ in range(count):
        size = int.from_bytes(descriptor[at + 2 : at + 4], "little")
        if size < 4 or at + size > len(descriptor):
            return None
        own += not descriptor[at + 1] & 0x10
        at += size
    return own
