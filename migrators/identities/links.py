"""The links of an entry to others, as its source writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from transhumance.connectors.contract import Link

KINDS = {
    "manager": "manager",
    "assistant": "assistant",
    "secretary": "assistant",
    "managedby": "owner",
    "owner": "owner",
    "member": "member",
    "uniquemember": "member",
    "memberof": "member-of",
    "seealso": "see-also",
    "publicdelegates": "delegate",
    "msexchdelegatelistlink": "delegate",
    "altrecipient": "forward",
    "authorig": "sender",
    "dlmemsubmitperms": "sender",
}


@lru_cache(4096)
def _kind(name: str) -> str | None:
    return KINDS.get(name.partition(";")[0].lower())


def links(attributes: Mapping[str, tuple[bytes, ...]]) -> Iterator[Link]:
    """One link for each DN of an attribute that names other entries."""
    for name, values in attributes.items():
        kind = _kind(name)
        if kind:
            yield from (Link(name, kind, value.decode("utf-8", "replace")) for value in values if value)
