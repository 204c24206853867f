"""The losses of a message that comes as MAPI properties, by code."""

from __future__ import annotations

from collections.abc import Iterator

from transhumance.connectors.contract import Context, Finding, Record
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.migrators.mail.forms import files, state, table
from transhumance.migrators.mail.forms.headers import BCC, Head, name_of
from transhumance.migrators.mail.forms.texts import Texts

_ORDINARY = ("ipm", "ipm.note", "ipm.post")
_EMBEDDED = frozenset({5, 6})


def findings(record: Record, head: Head, texts: Texts, context: Context) -> Iterator[Finding]:
    """Each loss once."""
    seen: set[Finding] = set()
    for finding in _all(record, head, texts, context):
        if finding not in seen:
            seen.add(finding)
            yield finding


def _all(record: Record, head: Head, texts: Texts, context: Context) -> Iterator[Finding]:
    yield from _of_container(context)
    yield from _of_class(record)
    yield from _of_head(record, head)
    yield from texts.findings
    yield from state.findings(record.properties)
    yield from files.findings(record)
    yield from _unread(record)
    if record.properties.keys() & {mapi_tags.SEARCH_KEY, mapi_tags.CONVERSATION_ID}:
        yield Finding("MAIL-ID-01")


def _of_container(context: Context) -> Iterator[Finding]:
    codes = context.container.properties.get("codes") if context.container else None
    for code in codes if isinstance(codes, tuple | list) else ():
        if isinstance(code, str):
            yield Finding(code)


def _of_class(record: Record) -> Iterator[Finding]:
    name = mapi.text(record.properties, mapi_tags.MESSAGE_CLASS)
    low = name.lower()
    if "enterprisevault" in low:
        yield Finding("MAIL-STUB-01", "EnterpriseVault")
    elif "rpmsg" in low:
        yield Finding("MAIL-IRM-01", "rpmsg")
    elif low.startswith("ipm.note.smime"):
        yield Finding("MAIL-SMIME-01", "signed" if low.endswith("multipartsigned") else "encrypted or opaque")
    elif name and low not in _ORDINARY:
        yield Finding("MAIL-CLASS-01", name[:60])
    if mapi_tags.VERB_STREAM in record.properties:
        yield Finding("MAIL-CLASS-01", "voting")


def _of_head(record: Record, head: Head) -> Iterator[Finding]:
    names = {name_of(f) for f in head.fields}
    draft = bool((mapi.integer(record.properties, mapi_tags.MESSAGE_FLAGS) or 0) & state.UNSENT)
    if not head.kept and not draft:
        yield Finding("MAIL-PST-01")
    if head.kept and names & {"dkim-signature", "arc-seal"}:
        yield Finding("MAIL-MIME-02")
    if head.nameless:
        yield Finding("MAIL-ADDR-01", str(head.nameless))
    if "message-id" not in names and not draft:
        yield Finding("MAIL-DUP-01", "no Message-ID")
    if "date" not in names and not draft:
        yield Finding("MAIL-DATE-03", "absent")
    if draft and any(
        mapi.integer(row, mapi_tags.RECIPIENT_TYPE) == BCC for row in table.rows(record.properties.get("recipients"))
    ):
        yield Finding("MAIL-DRAFT-01", "Bcc")


def _unread(record: Record) -> Iterator[Finding]:
    """What the connector could not read, and attachments without their data."""
    told = record.properties.get("unreadable")
    places = [entry for entry in told if isinstance(entry, str)] if isinstance(told, tuple | list) else []
    for entry in places:
        where, _, why = entry.partition(": ")
        yield Finding(
            "MAIL-PST-03" if why == "MAIL-PST-03" else "MAIL-PST-04", where if why == "MAIL-PST-03" else entry
        )
    for index, row in enumerate(table.rows(record.properties.get("attachments"))):
        where = f"attachments/{index}"
        if f"attachment/{index}" in record.bodies or any(entry.startswith(where) for entry in places):
            continue
        method = mapi.integer(row, mapi_tags.ATTACH_METHOD)
        if method in _EMBEDDED:
            yield Finding("MAIL-PST-03", where)
        elif method == files.BY_VALUE:
            yield Finding("MAIL-PST-04", f"{where}: no data")
