"""The form `file`: files, folders and links as a file system has them.

Bytes stay bytes: the body's handle is passed on. The document's `meta` says what any store of files keeps beside them
(name, times, permission bits, a link's target); extended attributes and the like go into the residue. Contents are
looked at for grading only, by a few small reads.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from transhumance.connectors.contract import (
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
    Value,
    compare_records,
    usable_residue,
)
from transhumance.migrators.documents.contents import look_at

FORM = "file"
META = frozenset({"name", "modified", "modified_ns", "created", "mode", "target", "sparse", "uid", "gid"})
DAY = 86_400_000_000_000  # ns: servers refuse times before the second day of 1970
_ACL = (
    "system.posix_acl_",
    "system.cifs_acl",
    "system.smb3_acl",
    "system.ntfs_acl",
    "system.nfs4_acl",
    "security.NTACL",
)

TABLE = PropertyTable(
    FORM,
    (
        ("body:content", PropertyClass.CONTENT, "the bytes"),
        ("target", PropertyClass.CONTENT, "where a link leads"),
        ("name", PropertyClass.META, "as it is written, byte for byte"),
        ("modified", PropertyClass.META, "to the microsecond, for people"),
        ("modified_ns", PropertyClass.META, "to the nanosecond"),
        ("created", PropertyClass.META, "where the file system says it"),
        ("mode", PropertyClass.META, "permission bits"),
        ("uid", PropertyClass.META, "whose it is, by the number of the source's account"),
        ("gid", PropertyClass.META, "which group's it is"),
        ("owner", PropertyClass.DERIVED, "what the source calls that account"),
        ("group", PropertyClass.DERIVED, "what the source calls that group"),
        ("sparse", PropertyClass.META, "has holes"),
        ("hard_link", PropertyClass.META, "which other names are the same file"),
        ("xattrs", PropertyClass.META, "extended attributes, access lists among them"),
        ("*", PropertyClass.CONTENT, "all else is told as it came"),
    ),
)
DOCUMENT_TABLE = PropertyTable(
    "file document",
    (("body:*", PropertyClass.CONTENT, "the bytes"), ("*", PropertyClass.META, "name, times, permissions, target")),
)


@dataclass(frozen=True, slots=True)
class FileCodec:
    """One kind of the form `file`."""

    kind: str
    form: str = FORM
    standard: str = "file"
    version: str = "1"
    table: PropertyTable = TABLE
    document_table: PropertyTable = DOCUMENT_TABLE
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        """The document, its residue, and what was seen."""
        meta = {name: value for name, value in record.properties.items() if name in META}
        rest = {name: value for name, value in record.properties.items() if name not in META}
        # what is set aside is true of the item whatever is edited in it
        residue = tuple(ResidueEntry(path, value, "meta", kind="item") for path, value in sorted(rest.items()))
        document = Document(record.kind, "file", meta, record.bodies, _text(meta.get("name")), record.count)
        findings = [*_findings(record)]
        if record.kind == "file" and "content" in record.bodies:
            findings += look_at(record.bodies["content"], _text(meta.get("name")))
        return Opened(document, residue, tuple(findings))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        """The record again."""
        kept, findings = usable_residue(residue, {})
        properties = {**document.meta, **kept}
        return Returned(Record(b"", document.kind, FORM, properties, document.bodies, document.count), findings)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        """What differs by the form's table."""
        return compare_records(a, b, self.table)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _findings(record: Record) -> list[Finding]:
    """What a file's properties say that other systems can't keep."""
    told = record.properties
    found: list[Finding] = []
    when = told.get("modified_ns")
    if isinstance(when, int) and ("modified" not in told or when < DAY):
        found.append(Finding("DOC-TIME-01"))
    if told.get("sparse"):
        found.append(Finding("DOC-FS-09"))
    if "hard_link" in told:
        found.append(Finding("DOC-FS-08"))
    attributes = told.get("xattrs")
    if isinstance(attributes, Mapping):
        found += _attributes(attributes)
    target = told.get("target")
    if record.kind == "link" and isinstance(target, str) and leads_out(record.key, target):
        found.append(Finding("DOC-LINK-06"))
    return found


def _attributes(attributes: Mapping[str, Value]) -> list[Finding]:
    """What extended attributes are: access lists, streams and flags of Windows as its file servers keep them."""
    names = sorted(attributes)
    tests = (
        ("DOC-FS-01", [n for n in names if n.startswith(_ACL)]),
        ("DOC-FS-02", [n for n in names if n.startswith("user.DosStream.") or n == "ntfs.streams.list"]),
        ("DOC-FS-03", [n for n in names if n == "system.ntfs_reparse_data"]),
        ("DOC-FS-04", [n for n in names if n == "user.ntfs.efsinfo"]),
        ("DOC-FS-05", [n for n in names if n in ("user.DOSATTRIB", "system.ntfs_attrib", "system.ntfs_attrib_be")]),
        ("DOC-FS-06", [n for n in names if n == "system.ntfs_dos_name"]),
        ("DOC-FS-13", [n for n in names if attributes[n] is None]),
    )
    found = [Finding(code, ", ".join(seen)[:200]) for code, seen in tests if seen]
    known = {name for _, seen in tests for name in seen}
    if others := [name for name in names if name not in known]:
        found.append(Finding("DOC-FS-11", f"{len(others)}"))
    return found


def leads_out(key: bytes, target: str) -> bool:
    """Whether a link leads out of the tree that its key is a path of, told from the texts alone."""
    if target.startswith(("/", "\\")) or target[1:2] == ":" or "\0" in target:
        return True
    above = os.fsdecode(key.rpartition(b"/")[0])
    resolved = posixpath.normpath(posixpath.join(above, target))
    return resolved == ".." or resolved.startswith("../")


CODECS = (FileCodec("file"), FileCodec("folder"), FileCodec("link"))
