"""Items inside items: a mail that is attached to a mail, a modified occurrence of a series.

The row of such an attachment (PidTagAttachMethod 5) holds the inner item's properties under `embedded`, its own rows of
recipients and attachments among them; the inner item's bodies are the outer one's, under `attachment/N/` and their own
names (`attachment/0/body/plain`, `attachment/0/attachment/1`). So an item of any depth is one record.
"""

from __future__ import annotations

from collections.abc import Mapping

from transhumance.connectors.contract import Body, Record, Value
from transhumance.connectors.formats import mapi, mapi_tags

EMBEDDED = "embedded"
DEEPEST = 12
"""How deep items are followed into items; what lies deeper is named."""


def prefix(number: int) -> str:
    """What the names of the bodies of an attachment's inner item begin with."""
    return f"attachment/{number}/"


def inner(record: Record, number: int) -> Record | None:
    """The item inside an attachment, or None where it holds none."""
    rows = record.properties.get("attachments")
    row = rows[number] if isinstance(rows, tuple | list) and number < len(rows) else None
    properties = row.get(EMBEDDED) if isinstance(row, Mapping) else None
    if not isinstance(properties, Mapping):
        return None
    head = prefix(number)
    bodies = {name.removeprefix(head): body for name, body in record.bodies.items() if name.startswith(head)}
    kind = mapi.kind_of(mapi.text(properties, mapi_tags.MESSAGE_CLASS))
    return Record(record.key, kind, record.form, properties, bodies)


def bodies_of(item: Record, number: int) -> dict[str, Body]:
    """The bodies of an inner item as the outer one has them."""
    return {prefix(number) + name: body for name, body in item.bodies.items()}


def without(record: Record) -> tuple[dict[str, Value], dict[str, Body]]:
    """The properties and the bodies of an item without those of the items inside it."""
    rows = record.properties.get("attachments")
    properties = dict(record.properties)
    if isinstance(rows, tuple | list):
        properties["attachments"] = tuple(
            {k: v for k, v in row.items() if k != EMBEDDED} if isinstance(row, Mapping) else row for row in rows
        )
    bodies = {name: body for name, body in record.bodies.items() if not within(name)}
    return properties, bodies


def within(name: str) -> bool:
    """Whether a body is one of an inner item."""
    return name.startswith("attachment/") and name.count("/") > 1
