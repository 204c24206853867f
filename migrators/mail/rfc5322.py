"""The form `rfc5322`: a message as bytes, with what the store keeps beside them. It comes from files (.eml, mbox,
Maildir) and from IMAP servers.

The body is handed on as it is. Flags, keywords and the internal date are the document's `meta`; whatever else the
store says (an mbox `From ` line, info letters of a Maildir, a file's time) is residue of the item as such, since it
stays true whatever is edited at the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Difference,
    Document,
    Finding,
    Opened,
    PropertyClass,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    SkipItem,
    Text,
    Value,
    compare_records,
    usable_residue,
)
from transhumance.connectors.contract.compare import COMPARED
from transhumance.connectors.formats.rfc5322 import Traits, decode_words, parse_date, scan_body
from transhumance.migrators.mail.document import DOCUMENT, KIND, STANDARD, mail_meta

FORM = PropertyTable(
    "rfc5322",
    (
        ("body:content", PropertyClass.CONTENT, "the message, byte for byte"),
        (
            "flags",
            PropertyClass.META,
            "read, answered, flagged, draft, deleted, forwarded; none is the same as no flag",
        ),
        ("keywords", PropertyClass.META, "free keywords"),
        ("internal_date", PropertyClass.META, "when it came into the mailbox; whole seconds in IMAP and Maildir"),
        ("from_line", PropertyClass.META, "mbox: the From_ line, where it is not sender and internal date"),
        ("from_sender", PropertyClass.META, "mbox: the sender in the From_ line"),
        ("file_modified", PropertyClass.META, ".eml: the time of the file, which is not the mail's"),
        (
            "maildir_info",
            PropertyClass.META,
            "Maildir: info letters that are no IMAP flag, keyword letters without name",
        ),
        ("maildir_new", PropertyClass.META, "Maildir: not seen by any reader yet (in new/)"),
        ("mbox_*", PropertyClass.DERIVED, "how the file held it: quoting, missing line ends"),
        ("size", PropertyClass.DERIVED, "octets"),
        ("uid", PropertyClass.VOLATILE, "IMAP: number in the folder"),
        ("modseq", PropertyClass.VOLATILE, "IMAP: change counter"),
        ("*", PropertyClass.META, "any other property of a store"),
    ),
)
_META = ("flags", "keywords", "internal_date")


@dataclass(frozen=True, slots=True)
class Rfc5322Codec:
    """A message that came as bytes; see the module."""

    kind: str = KIND
    form: str = "rfc5322"
    standard: str = STANDARD
    version: str = "1"
    table: PropertyTable = FORM
    document_table: PropertyTable = DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        """Raises `SkipItem` where the body can't be read."""
        content = record.bodies.get("content") or BytesBody.of(b"")
        try:
            traits = scan_body(content)
        except OSError as error:
            raise _unreadable(record, error) from None
        meta = mail_meta(*(record.properties.get(name) for name in _META))
        main = traits.header.main()
        name = decode_words(main[b"subject"][0][:1000])[:120] if b"subject" in main else ""
        document = Document(KIND, STANDARD, meta, record.bodies, name)
        return Opened(document, residue_of(record.properties), tuple(findings(record.properties, traits, main)))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        kept, dropped = usable_residue(residue, {})
        return Returned(Record(b"", KIND, self.form, {**kept, **document.meta}, document.bodies), dropped)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        """By the table; an empty set of flags or keywords is the same as none."""
        return compare_records(_plain(a), _plain(b), self.table)


def residue_of(properties: Mapping[str, Value]) -> tuple[ResidueEntry, ...]:
    """What a store says of a message and no document of the standard can."""
    if not properties.keys() - _META:
        return ()
    return tuple(
        ResidueEntry(name, value, "meta", kind="item")
        for name, value in sorted(properties.items())
        if name not in _META and FORM.of(name) in COMPARED
    )


def findings(properties: Mapping[str, Value], traits: Traits, main: Mapping[bytes, list[bytes]]) -> Iterator[Finding]:
    """The losses and traps of one message, by code."""
    yield from _of_bytes(traits)
    yield from _of_header(traits, main)
    if traits.types or traits.hints:
        yield from _of_parts(traits)
    if isinstance(lines := properties.get("mbox_unquoted"), int) and lines:
        yield Finding("MAIL-QUOTE-01", f"{lines} line(s)")
    if properties.get("mbox_stray"):
        yield Finding("MAIL-MBOX-01")
    if properties.get("mbox_cut"):
        yield Finding("MAIL-MBOX-02")
    if properties.get("mbox_over"):
        yield Finding("MAIL-MBOX-03")


def _of_bytes(traits: Traits) -> Iterator[Finding]:
    if not traits.size:
        yield Finding("MAIL-EMPTY-01")
    if traits.nul:
        yield Finding("MAIL-NUL-01", f"{traits.nul} NUL")
    if traits.bare_lf or traits.bare_cr:
        yield Finding("MAIL-EOL-01", f"LF {traits.bare_lf}, CR {traits.bare_cr}, CRLF {traits.crlf}")
    if traits.long_line:
        yield Finding("MAIL-LINE-01")
    if not traits.header.block.isascii():
        yield Finding("MAIL-8BIT-01")
    if traits.header.start:
        yield Finding("MAIL-FROM-01")


def _of_header(traits: Traits, main: Mapping[bytes, list[bytes]]) -> Iterator[Finding]:
    if not traits.header.block:
        if traits.size:
            yield Finding("MAIL-HEADER-01")
        return
    if (ids := len(main.get(b"message-id", ()))) != 1:
        yield Finding("MAIL-DUP-01", "no Message-ID" if not ids else f"{ids} Message-ID")
    date = main.get(b"date")
    if not date or parse_date(date[0]) is None:
        yield Finding("MAIL-DATE-03", "unreadable" if date else "absent")
    if b"enterprisevault" in traits.header.block.lower():
        yield Finding("MAIL-STUB-01", "EnterpriseVault")


_PARTS = (
    ("MAIL-SMIME-01", frozenset({b"application/pkcs7-mime", b"application/x-pkcs7-mime"}), "encrypted or opaque"),
    ("MAIL-SMIME-01", frozenset({b"multipart/signed"}), "signed"),
    ("MAIL-SMIME-01", frozenset({b"multipart/encrypted"}), "encrypted"),
    ("MAIL-IRM-01", frozenset({b"application/x-microsoft-rpmsg-message"}), "rpmsg"),
    ("MAIL-TNEF-01", frozenset({b"application/ms-tnef", b"application/vnd.ms-tnef"}), "application/ms-tnef"),
    ("MAIL-PARTIAL-01", frozenset({b"message/partial"}), ""),
    ("MAIL-CALENDAR-01", frozenset({b"text/calendar", b"application/ics"}), "text/calendar"),
    ("MAIL-REF-01", frozenset({b"message/external-body"}), "message/external-body"),
)
_HINTED = {
    "reference": ("MAIL-REF-01", "a file kept elsewhere"),
    "winmail": ("MAIL-TNEF-01", "winmail.dat"),
    "rpmsg": ("MAIL-IRM-01", "rpmsg"),
    "cloud": ("MAIL-LINK-01", ""),
}


def _of_parts(traits: Traits) -> Iterator[Finding]:
    found: dict[str, str] = {}
    for code, kinds, detail in _PARTS:
        if not kinds.isdisjoint(traits.types):
            found.setdefault(code, detail)
    for hint in sorted(traits.hints):
        code, detail = _HINTED[hint]
        found.setdefault(code, detail)
    yield from (Finding(code, detail) for code, detail in found.items())


def _plain(record: Record) -> Record:
    if record.properties.get("flags", 1) and record.properties.get("keywords", 1):
        return record
    kept = {k: v for k, v in record.properties.items() if v or k not in ("flags", "keywords")}
    return replace(record, properties=kept)


def _unreadable(record: Record, error: OSError) -> SkipItem:
    return SkipItem(
        "GEN-READ-01",
        Text(
            f"le message n'a pas pu être lu : {error.strerror or error}",
            f"the message could not be read: {error.strerror or error}",
        ),
        record.key,
    )
