"""Certificates of a contact (PidTagUserX509Certificate): each value is a chain of tagged parts, one of which is the
certificate, in DER."""

from __future__ import annotations

from collections.abc import Iterator

from transhumance.connectors.contract import Value

_MOST = 1 << 20
_PARTS = 64
_CERTIFICATE = b"\x30\x82"  # a SEQUENCE with a length of two bytes


def certificates(value: Value) -> Iterator[bytes]:
    """The certificate in each value that has one."""
    for data in value if isinstance(value, list | tuple) else ():
        if isinstance(data, bytes) and len(data) <= _MOST and (found := certificate_in(data)):
            yield found


def certificate_in(data: bytes) -> bytes | None:
    """The certificate in a value: its first part, or the value itself, that is one in DER; None where there is
    none."""
    if _is_certificate(data):
        return data
    at = 0
    for _ in range(_PARTS):
        if at + 4 > len(data):
            return None
        size = int.from_bytes(data[at + 2 : at + 4], "little")
        if size < 4 or at + size > len(data):
            return None
        if _is_certificate(part := data[at + 4 : at + size]):
            return part
        at += size
    return None


def _is_certificate(data: bytes) -> bool:
    """Whether the bytes are one DER sequence of their very length that holds a sequence, as an X.509 certificate
    does."""
    if len(data) < 64 or data[:2] != _CERTIFICATE or int.from_bytes(data[2:4], "big") + 4 != len(data):
        return False
    return data[4:5] == b"\x30"
