"""What flows: subjects, containers, listings, records, documents. All frozen, all picklable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from transhumance.connectors.contract.bodies import Body

Value: TypeAlias = (
    "None | bool | int | float | str | bytes | datetime | tuple[Value, ...] | list[Value] | Mapping[str, Value]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for people, in French and in English."""

    fr: str
    en: str

    def __call__(self, lang: str) -> str:
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Subject:
    """What moves together and is named in a wave.

    `key`: stable in its endpoint. `kind`: person, group, shared_mailbox, resource, site, share, database.
    `attributes`: what a plan may select by (`ou`, `groups`, `disabled`, ...).
    """

    key: bytes
    kind: str = "person"
    name: str = ""
    mail: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Container:
    """Where a subject's items lie at an endpoint: a mail folder, calendar, address book, folder of files, OU, table.

    `path`: the names from the subject's root down, as people read them. `role`: the well-known use (`inbox`, `sent`,
    `drafts`, `trash`, `junk`, `archive`, `calendar`, `contacts`, `tasks`), never guessed from a display name alone.
    `properties`: what the container itself says (colour, description, times, UIDVALIDITY).
    """

    subject: bytes
    workload: str
    key: bytes
    path: tuple[str, ...] = ()
    role: str | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemRef:
    """One line of a listing: an item's key, and enough to tell whether it changed.

    `version` changes whenever anything of the item may have changed; equal versions mean that it need not be read
    again. `stable_id` stays when the item moves between containers, where the system has such a thing. `locator` is
    the connector's own hint for `fetch` (an offset, an href) and means nothing elsewhere. `size` in bytes, `count` in
    rows for ranges of rows. `subject`: whose item it is, where a container is shared by several subjects (the entries
    of a directory); else empty.
    """

    key: bytes
    version: str
    kind: str
    form: str
    size: int | None = None
    stable_id: bytes | None = None
    locator: str = ""
    count: int = 1
    subject: bytes = b""


UNREAD: Final = b"/"  # the key of the fault that a container could not be listed


@dataclass(frozen=True, slots=True)
class Fault:
    """An item that is there but can't be listed or read: told by code, never left out. A key that ends in `/` is a
    place that could not be listed: neither it nor anything below it counts as gone. The key `/` alone (`UNREAD`) is the
    container itself, or a part of it that no key names; containers below its path don't count as gone either."""

    key: bytes
    code: str
    detail: str = ""
    kind: str = "item"
    form: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing. `next`: the cursor after it, or None when the listing is complete.

    `tombstones`: keys that the source says are gone since the cursor; a source whose facts say `feed="full"` gives
    none, since absence from a complete listing tells it. The page is durable before its cursor is kept, and no effect
    happens in between. `since`: on the last page of a source whose facts say `feed="incremental"`, the cursor from
    which a later pass asks for what changed; taken before the listing began, so that nothing falls between.
    """

    refs: tuple[ItemRef, ...]
    next: bytes | None
    tombstones: tuple[bytes, ...] = ()
    faults: tuple[Fault, ...] = ()
    since: bytes | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """An item in its system's own form: every property, and its bodies by name (`content`, `attachment/2`,
    `version/3`).

    `count` is 1 but for ranges of rows, whose bodies are buffers of so many rows.
    """

    key: bytes
    kind: str
    form: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    bodies: Mapping[str, Body] = field(default_factory=dict)
    count: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """An item in its open standard. The body `content` is the standard's own bytes (RFC 5322 message, iCalendar
    object, LDIF entry, the file itself); `meta` says what a store of that standard keeps beside the bytes (flags,
    dates, names, times).

    `name` is a hint for people (a subject line, a file name); it is not part of what is compared.
    """

    kind: str
    standard: str
    meta: Mapping[str, Value] = field(default_factory=dict)
    bodies: Mapping[str, Body] = field(default_factory=dict)
    name: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """A link from an item to another: manager, member, delegate, attendee, right.

    `path`: where in the item. `kind`: what the link means. `target`: the other's stable id as the source writes it.
    The document keeps the source's text; a link whose other end has not come yet is pending, and completed when it
    comes.
    """

    path: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Which subjects a source is asked for: all of them, or these keys."""

    keys: frozenset[bytes] | None = None

    def wants(self, key: bytes) -> bool:
        return self.keys is None or key in self.keys
