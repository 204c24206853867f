"""The spooled listing: keys that come again, in order, in time."""

import time

from transhumance.connectors.contract import ItemRef
from transhumance.connectors.formats.listing import SpooledListing


def keys(given: list[bytes]) -> list[bytes]:
    listing = SpooledListing(ItemRef(key, str(at), "message", "rfc5322") for at, key in enumerate(given))
    found = [ref.key for ref in listing.page(None, 100_000).refs]
    listing.close()
    return found


def test_keys_that_come_again_stay_apart() -> None:
    assert keys([b"a", b"a", b"a#2", b"a", b"b"]) == [b"a", b"a#2", b"a#2#2", b"a#3", b"b"]
    assert keys([b"a#2", b"a", b"a", b"a"]) == [b"a", b"a#2", b"a#3", b"a#4"]


def test_many_alike_cost_no_more_than_many_others() -> None:
    started = time.monotonic()
    assert len(set(keys([b"same"] * 10_000))) == 10_000
    assert time.monotonic() - started < 20
