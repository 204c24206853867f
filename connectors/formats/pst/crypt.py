"""What hides the texts of data blocks from the eye; neither way asks for a key (MS-PST 5.1 and 5.2)."""

from __future__ import annotations

import binascii

NONE, PERMUTE, CYCLIC = 0, 1, 2

# The tables of MS-PST 5.1. The first of its three undoes the third, so it is made of it.
_UNDO = binascii.unhexlify(
    "47f1b4e60b6a7248854e9eebe2f89453e0bba002e85a09abdbe3bac67cc310dd39059630f53760828cc9134a6b1df3fb8f26"
    "97ca911701c4322d6e3195ffd923d1005e79dc443b1a28c5615720903d83b943be67d2464276c06d5b7eb20f16293ca90354"
    "0dda5ddff6b7c762cd8d06d3695c86d614f7a56675acb1e94521700c879f74a4224c6fbf1f56aa2eb3783350b0a392bccf19"
    "1ca763cb1e4d3e4b1b9b4fe7f0eead3ab55904ea40552551e57a893868527bfc27aed7bdfa07f4cc8e5fef359c842b15d577"
    "3449b6120a7f7188fd9d18417d93d8582ccefe24afdeb836c8a180a69998a82f0e816573e4c2a28ad4e111d0088b2af2ed9a"
    "643fc16cf9ec"
)
_MIDDLE = binascii.unhexlify(
    "14530f56b3c87a9ceb65481716159f02cc547c83000d0c0ba262a876dbd9edc7c5a4dcac8574d6d0a79bae9a967166c36399"
    "b8dd73928e847da55ed15d93b1575150808952944f4e0a6bbc8d7f6e47464140440111cb033ff7f4e1a98f3c3af9fbf01930"
    "82092ec99da08649ee6f4d6dc42d813425871b88aafc06a11238fd4c4272641337246a757743ffe6b44b365ce4d8353d45b9"
    "2cecb7312b290768a30e697b189e2139be281a5b78f523ca2ab0af3efe048ce7e5983295d3f64ae8a6eae9f3d52f7020f21f"
    "0567ad5510cecde3273bdabad7c226d4911dd21c2233f8faf15aefcf90b68bb5bdc0bf08971e6ce261e0c6c159abbb58de5f"
    "df60797eb28a"
)
_DO = bytes(_UNDO.index(n) for n in range(256))
_RUN = bytes(range(256))


def revealed(data: bytes, method: int, bid: int) -> bytes:
    """The bytes of an external block as they were before they were stored."""
    if method == PERMUTE:
        return data.translate(_UNDO)
    return _cyclic(data, bid) if method == CYCLIC else data


def _cyclic(data: bytes, bid: int) -> bytes:
    """Each byte is turned by a 16-bit counter that begins with the block's id: its low byte, a table, its high byte,
    a table, the same two taken off again. Done for all bytes at once."""
    key = bid & 0xFFFFFFFF
    start = (key ^ key >> 16) & 0xFFFF
    count = len(data)
    low = (_RUN[start & 0xFF :] + _RUN * (count // 256 + 1))[:count]
    high = _high(start, count)
    turned = _added(data, low).translate(_DO)
    turned = _added(turned, high).translate(_MIDDLE)
    turned = _added(turned, _negated(high)).translate(_UNDO)
    return _added(turned, _negated(low))


def _high(start: int, count: int) -> bytes:
    """The counter's high bytes."""
    first = 256 - (start & 0xFF)
    parts = [bytes([start >> 8]) * first]
    parts += [bytes([(start >> 8) + n & 0xFF]) * 256 for n in range(1, (count - first) // 256 + 2)]
    return b"".join(parts)[:count]


_NEGATED = bytes(-n & 0xFF for n in range(256))


def _negated(data: bytes) -> bytes:
    return data.translate(_NEGATED)


def _added(one: bytes, two: bytes) -> bytes:
    """The sums byte by byte, modulo 256: the seven low bits of all bytes in one addition, the highest apart."""
    count = len(one)
    low = int.from_bytes(b"\x7f" * count, "little")
    a, b = int.from_bytes(one, "little"), int.from_bytes(two, "little")
    return (((a & low) + (b & low)) ^ ((a ^ b) & ~low)).to_bytes(count, "little")
