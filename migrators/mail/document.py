"""The open document of mail: an RFC 5322 message and what a mail store keeps beside its bytes.

Every form of mail opens into it (`rfc5322` files and servers, `mapi` items), so that its table is shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from transhumance.connectors.contract import PropertyClass, PropertyTable, Value

KIND = "message"
STANDARD = "rfc5322"

DOCUMENT = PropertyTable(
    STANDARD,
    (
        ("body:content", PropertyClass.CONTENT, "the message, RFC 5322: byte for byte where it came as bytes"),
        (
            "flags",
            PropertyClass.META,
            r"read, answered, flagged, draft, deleted (RFC 9051 2.3.2), $Forwarded, $MDNSent",
        ),
        ("keywords", PropertyClass.META, "free keywords (RFC 9051 2.3.2), the names of categories"),
        ("internal_date", PropertyClass.META, "when the message came into the mailbox (RFC 9051 2.3.3)"),
        ("*", PropertyClass.CONTENT, "nothing else belongs there"),
    ),
)


def mail_meta(flags: Value = None, keywords: Value = None, internal_date: Value = None, **_: Value) -> dict[str, Value]:
    r"""The document's `meta` from record properties: flags and keywords sorted, each once, without `\Recent` (which no
    client can set, RFC 9051 2.3.2); an empty set is left out, since it says no more than none; the date aware, in
    UTC."""
    meta: dict[str, Value] = {}
    if names := _names(flags) - {"\\Recent"}:
        meta["flags"] = tuple(sorted(names))
    if names := _names(keywords):
        meta["keywords"] = tuple(sorted(names))
    if isinstance(internal_date, datetime):
        meta["internal_date"] = (
            internal_date.astimezone(UTC) if internal_date.tzinfo else internal_date.replace(tzinfo=UTC)
        )
    return meta


def _names(value: Value) -> set[str]:
    if isinstance(value, Mapping) or not isinstance(value, list | tuple):
        return set()
    return {name for name in value if isinstance(name, str) and name}
