"""Items attached to a message: each becomes a part in its own standard (a mail `message/rfc822`, an appointment
`text/calendar`, a card `text/vcard`), made and read again by the codec of its kind.

For the message's own codec, the attachment is then as any other: its row says the standard instead of holding the item
(`embedded: "rfc5322"`), and its data are the standard's bytes. What the inner standard can't say is one entry of the
outer residue, `embedded/N`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from transhumance.connectors.contract import (
    Body,
    Codec,
    Context,
    Difference,
    Document,
    Finding,
    PropertyClass,
    Record,
    ResidueEntry,
    SkipItem,
    Value,
    codec_for,
)
from transhumance.connectors.formats.mapi_embedded import DEEPEST, EMBEDDED, bodies_of, inner, without
from transhumance.migrators.mail.forms.table import rows

PATH = "embedded/"
_KINDS = frozenset({"message", "event", "card", "task", "note", "journal"})
_TOLD_OUTSIDE = frozenset({"MAIL-PST-03", "MAIL-PST-04"})  # the outer item's `unreadable` says them with their place


def flattened(record: Record, context: Context) -> tuple[Record, tuple[ResidueEntry, ...], tuple[Finding, ...]]:
    """The message with each attached item as data in its standard; what completes them; their losses, each with its
    place."""
    listed = rows(record.properties.get("attachments"))
    if not any(EMBEDDED in row for row in listed):
        return record, (), ()
    properties, bodies = without(record)
    plain = [dict(row) for row in rows(properties["attachments"])]
    entries: list[ResidueEntry] = []
    found: list[Finding] = []
    for n in range(len(listed)):
        item = inner(record, n)
        if item is None:
            continue
        try:
            opened = _codec(item.kind).to_open(item, replace(context, container=None))
        except SkipItem:
            found.append(Finding("MAIL-PST-03", f"attachments/{n}"))
            entries.append(ResidueEntry(f"{PATH}{n}", {"kind": item.kind, "item": item.properties}, kind="item"))
            continue
        document = opened.document
        bodies[f"attachment/{n}"] = document.bodies["content"]
        plain[n][EMBEDDED] = document.standard
        whole = tuple((e.path, e.value, e.part, e.digest, e.kind) for e in opened.residue)
        entries.append(ResidueEntry(f"{PATH}{n}", {"kind": item.kind, "meta": document.meta, "residue": whole},
                                    kind="item"))  # fmt: skip
        found += _told(item.kind, opened.findings, n)
    properties["attachments"] = tuple(plain)
    return replace(record, properties=properties, bodies=bodies), tuple(entries), tuple(found)


def _told(kind: str, findings: tuple[Finding, ...], number: int) -> Iterator[Finding]:
    where = f"attachments/{number}"
    if kind != "message":
        yield Finding("MAIL-EMBED-01", f"{where}: {kind}")
    for finding in findings:
        if finding.code not in _TOLD_OUTSIDE:
            yield Finding(finding.code, f"{where}: {finding.detail}" if finding.detail else where)


def unfolded(
    record: Record, kept: Mapping[str, Value], context: Context, depth: int
) -> tuple[Record, tuple[Finding, ...]]:
    """The message with its attached items as items again. `kept`: the entries `embedded/N`."""
    listed = [dict(row) for row in rows(record.properties.get("attachments"))]
    bodies: dict[str, Body] = dict(record.bodies)
    found: list[Finding] = []
    for n, row in enumerate(listed):
        standard = row.pop(EMBEDDED, None)
        said = kept.get(f"{PATH}{n}")
        about: Mapping[str, Value] = said if isinstance(said, Mapping) else {}
        if isinstance(about.get("item"), Mapping):
            row[EMBEDDED] = about["item"]
        body = bodies.get(f"attachment/{n}")
        if not isinstance(standard, str) or body is None or depth >= DEEPEST:
            continue
        kind = about.get("kind", "message")
        item, lost = _returned(kind if isinstance(kind, str) else "message", standard, body, about, context, depth)
        found += (Finding(f.code, f"attachments/{n}: {f.detail}") for f in lost)
        if item is not None:
            del bodies[f"attachment/{n}"]
            row[EMBEDDED] = item.properties
            bodies |= bodies_of(item, n)
    if not listed:
        return record, ()
    properties = {**record.properties, "attachments": tuple(listed)}
    return replace(record, properties=properties, bodies=bodies), tuple(found)


def _returned(
    kind: str, standard: str, body: Body, about: Mapping[str, Value], context: Context, depth: int
) -> tuple[Record | None, tuple[Finding, ...]]:
    meta, whole = about.get("meta"), about.get("residue")
    document = Document(kind, standard, meta if isinstance(meta, Mapping) else {}, {"content": body})
    codec = _codec(kind)
    if codec.standard != standard:
        return None, ()
    try:
        if hasattr(codec, "returned"):
            back = codec.returned(document, _entries(whole), replace(context, container=None), depth + 1)
        else:
            back = codec.from_open(document, _entries(whole), replace(context, container=None))
    except SkipItem:
        return None, (Finding("MAIL-PST-03"),)
    return back.record, back.findings


def _entries(whole: Value) -> tuple[ResidueEntry, ...]:
    found = []
    for line in whole if isinstance(whole, tuple | list) else ():
        if isinstance(line, tuple | list) and len(line) == 5:
            path, value, part, digest, kind = line
            found.append(ResidueEntry(str(path), value, str(part), str(digest), str(kind)))
    return tuple(found)


def _codec(kind: str) -> Codec:
    codec = codec_for(kind if kind in _KINDS else "message", "mapi")
    assert codec is not None  # ours, and always registered
    return codec


def differences(a: Record, b: Record) -> Iterator[Difference]:
    """What differs between the attached items of two messages."""
    for n in range(len(rows(a.properties.get("attachments")))):
        one, two = inner(a, n), inner(b, n)
        if one is None and two is None:
            continue
        if one is None or two is None or one.kind != two.kind:
            yield Difference(f"attachments/{EMBEDDED}", "missing" if two is None else "added", PropertyClass.CONTENT)
            continue
        for found in _codec(one.kind).compare(one, two):
            yield replace(found, path=f"attachments/{EMBEDDED}/{found.path}")
