"""The controls of Active Directory that are used here, as bytes of our own.

ldap3 2.9.1 writes the DirSync flags from a C `long`, 64 bits on Linux, as five bytes (`02 05 00 80 00 08 00`), where
the protocol has a 32-bit number (ldap3#642): so none of its encodings is used.
"""

from __future__ import annotations

from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import Control

DIRSYNC = "1.2.840.113556.1.4.841"  # MS-ADTS 3.1.1.3.4.1.3
SHOW_DELETED = "1.2.840.113556.1.4.417"  # MS-ADTS 3.1.1.3.4.1.14
SHOW_RECYCLED = "1.2.840.113556.1.4.2064"  # MS-ADTS 3.1.1.3.4.1.32
SD_FLAGS = "1.2.840.113556.1.4.801"  # MS-ADTS 3.1.1.3.4.1.11

OBJECT_SECURITY, ANCESTORS_FIRST = 0x1, 0x800
OWNER_GROUP_DACL = 0x7  # without the SACL, which needs an auditor's privilege
_ANSWER_BYTES = 0x100000  # how much one DirSync answer may hold


def int32(value: int) -> bytes:
    """A 32-bit number in the fewest octets: 0x80000800 is a negative one, as C's int is."""
    return ber.integer(value - (1 << 32) if value >= 1 << 31 else value)


def dirsync(cookie: bytes, flags: int) -> Control:
    """Asks for what changed since a cookie; an empty one is the beginning of the domain."""
    value = ber.sequence(int32(flags), int32(_ANSWER_BYTES), ber.tlv(0x04, cookie))
    return Control(DIRSYNC, True, value)


def read_dirsync(value: bytes) -> tuple[bool, bytes]:
    """Whether there is more, and the cookie to go on from. Raises `BerError` where the answer is none."""
    whole = ber.header(value)
    parts = list(ber.elements(value, whole[1], whole[2])) if whole else []
    if len(parts) != 3 or [tag for tag, _, _ in parts] != [0x02, 0x02, 0x04]:
        raise ber.BerError("no DirSync answer")
    more, _, cookie = (value[start:end] for _, start, end in parts)
    return int.from_bytes(more, "big", signed=True) != 0, cookie


def sd_flags(flags: int = OWNER_GROUP_DACL) -> Control:
    """Which parts of security descriptors are given; without it the right to read auditing rules is needed too."""
    return Control(SD_FLAGS, True, ber.sequence(int32(flags)))


def show_deleted() -> tuple[Control, ...]:
    """Deleted objects too; those that are recycled, where the recycle bin is on, by a control of its own."""
    return (Control(SHOW_DELETED, True), Control(SHOW_RECYCLED, False))
