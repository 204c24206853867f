"""What a file's contents say of where it can go: told from its first bytes and a few small reads.

Nothing is unpacked whole, nothing is changed; a file that is too large or too twisted to be looked into says so. The
bytes move as they are whatever is found here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from transhumance.connectors.contract import Body, Finding, SkipItem, Text
from transhumance.migrators.documents.cfb import MAGIC as CFB
from transhumance.migrators.documents.cfb import CompoundFile
from transhumance.migrators.documents.reading import Damaged, Reader
from transhumance.migrators.documents.zipscan import Member, TooLarge, members, unpack

BOMB_RATIO, BOMB_BYTES = 1000, 1 << 30
_RELS = 40  # relationship parts that are looked at
_ONENOTE = (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3"), bytes.fromhex("a12fff43d9ef764c9ee210ea5722765f"))
_SHORTCUT = bytes.fromhex("4c0000000114020000000000c000000000000046")
_EXTERNAL = re.compile(rb"<[^<>]*TargetMode\s*=\s*[\"']External[\"'][^<>]*>")
_TARGET = re.compile(rb"Target\s*=\s*[\"']([^\"']*)[\"']")
_WEB = re.compile(rb"(?i)(?:https?|mailto|ftps?|tel|news|urn|sips?|data|cid|about|javascript):|#")
_SHAREPOINT = re.compile(rb"(?i)https?://[^/]*(?:\.sharepoint\.com|-my\.sharepoint)")
_LOCAL_URL = re.compile(rb"(?im)^[ \t]*URL[ \t]*=[ \t]*(?:file:|\\\\|[a-z]:\\)")
_OLD_EXCEL = re.compile(rb"\x09[\x00\x02\x04][\x04\x06]\x00[\x00\x02\x03\x04]")
_PROGRAMS = (b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")


def look_at(body: Body, name: str = "") -> list[Finding]:
    """The findings of a file's contents, each code once. Raises `SkipItem` where the file can't be read."""
    if not body.size or not body.replayable:
        return []
    reader = Reader(body)
    try:
        return _once(_look(reader, reader.read(0, 4096), name))
    except OSError as error:
        detail = error.strerror or "unreadable"
        raise SkipItem(
            "DOC-READ-01", Text(f"le contenu ne peut être lu ({detail})", f"the contents can't be read ({detail})")
        ) from None


def _once(found: Iterator[Finding]) -> list[Finding]:
    kept: dict[str, Finding] = {}
    try:
        for finding in found:
            kept.setdefault(finding.code, finding)
    except TooLarge as error:
        kept.setdefault("DOC-ZIP-01", Finding("DOC-ZIP-01", str(error)))
    except (Damaged, struct.error) as error:
        kept.setdefault("DOC-BYTES-06", Finding("DOC-BYTES-06", str(error)[:100]))
    return list(kept.values())


def _look(reader: Reader, head: bytes, name: str) -> Iterator[Finding]:
    if head.startswith((b"PK\3\4", b"PK\5\6", b"PK\7\b")):
        yield from _zip(reader)
    elif head.startswith(CFB):
        yield from _compound(CompoundFile(reader))
    elif head.startswith(_ONENOTE):
        yield Finding("DOC-NOTE-01")
    elif head.startswith(b"\x78\x9f\x3e\x22"):
        yield Finding("DOC-TNEF-01")
    elif head.startswith(_SHORTCUT) or b"[InternetShortcut]" in head[:2000] and _LOCAL_URL.search(head):
        yield Finding("DOC-LINK-07")
    elif _is_program(head):
        yield Finding("DOC-BYTES-05")
    elif head.startswith(b"%PDF") and (b"/Encrypt" in head or b"/Encrypt" in _tail(reader)):
        yield Finding("DOC-LABEL-04", "PDF")
    elif head.startswith(b".pfile"):
        yield Finding("DOC-LABEL-02", "protected file")
    elif kind := _makers(head):
        yield Finding("DOC-FORMAT-02", kind)
    elif _OLD_EXCEL.match(head):
        yield Finding("DOC-FORMAT-01", "Excel before 97")


def _is_program(head: bytes) -> bool:
    if head.startswith(b"MZ") and len(head) >= 64:
        return True
    return head.startswith(_PROGRAMS)


def _makers(head: bytes) -> str:
    """Formats that only their maker's program opens well."""
    if head.startswith(b"!BDN"):
        return "Outlook data file"
    return "Access" if head[4:19] in (b"Standard Jet DB", b"Standard ACE DB") else ""


def _tail(reader: Reader) -> bytes:
    return reader.read(max(reader.size - 4096, 0), 4096)


# --- ZIP: Office Open XML, OpenDocument, plain archives


def _zip(reader: Reader) -> Iterator[Finding]:
    found = members(reader)
    total = sum(member.size for member in found)
    if total > BOMB_BYTES and total > reader.size * BOMB_RATIO:
        yield Finding("DOC-ZIP-01", f"{total} bytes in {reader.size}")
        return
    names = {member.name.lower().replace("\\", "/"): member for member in found}
    if "[content_types].xml" in names:
        yield from _open_xml(reader, names)
    elif "meta-inf/manifest.xml" in names and "mimetype" in names:
        yield from _open_document(reader, names)
    elif any(member.encrypted for member in found):
        yield Finding("DOC-LABEL-04", "ZIP")


def _open_xml(reader: Reader, names: dict[str, Member]) -> Iterator[Finding]:
    """Office Open XML (ECMA-376 part 2 for the package)."""
    if any(name.endswith("vbaproject.bin") for name in names):
        yield Finding("DOC-MACRO-01", "VBA")
    elif any(name.startswith("xl/macrosheets/") for name in names):
        yield Finding("DOC-MACRO-01", "XLM")
    if any(name.startswith("docmetadata/labelinfo") for name in names) or b"MSIP_Label_" in _text(
        reader, names.get("docprops/custom.xml")
    ):
        yield Finding("DOC-LABEL-01")
    if any(name.startswith(("xl/connections", "xl/querytables/")) for name in names) or _mashup(reader, names):
        yield Finding("DOC-LINK-05")
    if any(name.startswith("_xmlsignatures/") and not name.endswith("/") for name in names):
        yield Finding("DOC-SIGN-01")
    if any(name.startswith("xl/externallinks/externallink") for name in names):
        yield Finding("DOC-LINK-02", "linked workbook")
    else:
        yield from _relations(reader, names)


def _mashup(reader: Reader, names: dict[str, Member]) -> bool:
    """Power Query keeps its sources in a custom part ([MS-QDEFF])."""
    items = [m for n, m in names.items() if re.fullmatch(r"customxml/item\d+\.xml", n)]
    return any(b"DataMashup" in _text(reader, member, 4096).replace(b"\0", b"") for member in items[:10])


def _relations(reader: Reader, names: dict[str, Member]) -> Iterator[Finding]:
    """Relationships that lead to other files by path: linked workbooks, templates, pictures, file links."""
    parts = [member for name, member in names.items() if name.endswith(".rels")]
    for member in parts[:_RELS]:
        for relation in _EXTERNAL.findall(_text(reader, member)):
            target = _TARGET.search(relation)
            if target and target[1] and (not _WEB.match(target[1]) or _SHAREPOINT.match(target[1])):
                yield Finding("DOC-LINK-02")
                return


def _open_document(reader: Reader, names: dict[str, Member]) -> Iterator[Finding]:
    """OpenDocument (ODF 1.3 part 2, 3 Packages)."""
    if b"encryption-data" in _text(reader, names["meta-inf/manifest.xml"]):
        yield Finding("DOC-LABEL-04", "OpenDocument")
    lists = ("/", "script-lc.xml", "script-lb.xml")
    if any(name.startswith(("basic/", "scripts/")) and not name.endswith(lists) for name in names):
        yield Finding("DOC-MACRO-01", "Basic")
    if "meta-inf/documentsignatures.xml" in names:
        yield Finding("DOC-SIGN-01")


def _text(reader: Reader, member: Member | None, limit: int = 1 << 18) -> bytes:
    """The first bytes of a member; nothing where it lacks or is damaged: the other members are looked at still."""
    if member is None:
        return b""
    try:
        return unpack(reader, member, limit)
    except Damaged:
        return b""


# --- compound files: legacy Office, encrypted Office, messages


def _compound(file: CompoundFile) -> Iterator[Finding]:
    names = file.names
    if any("DRM" in name and ("Transform" in name or "Content" in name or "DataSpace" in name) for name in names):
        yield Finding("DOC-LABEL-02", "IRM")
        return
    if "EncryptedPackage" in names:
        yield Finding("DOC-LABEL-04", "Office")
        return
    kind = _compound_kind(names)
    if kind in ("Word", "Excel", "PowerPoint"):
        yield Finding("DOC-FORMAT-01", kind)
        if _has_password(file, names):
            yield Finding("DOC-LABEL-04", kind)
    elif kind:
        yield Finding("DOC-FORMAT-02", kind)
    if names & {"_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros"}:
        yield Finding("DOC-MACRO-01", "VBA")
    if "_xmlsignatures" in names or "_signatures" in names:
        yield Finding("DOC-SIGN-01")


def _compound_kind(names: frozenset[str]) -> str:
    for mark, kind in (
        ("__properties_version1.0", "Outlook message"),
        ("WordDocument", "Word"),
        ("PowerPoint Document", "PowerPoint"),
        ("PP97_DUALSTORAGE", "PowerPoint"),
        ("PP40", "PowerPoint"),
        ("Workbook", "Excel"),
        ("WORKBOOK", "Excel"),
        ("Book", "Excel"),
        ("VisioDocument", "Visio"),
        ("Quill", "Publisher"),
        ("Props14", "Project"),
        ("Props12", "Project"),
        ("Props9", "Project"),
    ):
        if mark in names:
            return kind
    return ""


def _has_password(file: CompoundFile, names: frozenset[str]) -> bool:
    if "EncryptedSummary" in names:  # [MS-PPT] 2.3.7
        return True
    fib = file.head("WordDocument")
    if len(fib) >= 12 and fib[:2] in (b"\xec\xa5", b"\xdc\xa5") and fib[11] & 1:  # [MS-DOC] 2.5.2, fEncrypted
        return True
    return any(_file_pass(file.head(name)) for name in ("Workbook", "WORKBOOK", "Book"))


def _file_pass(stream: bytes) -> bool:
    """Whether a workbook stream has the record FilePass near its start ([MS-XLS] 2.4.117)."""
    at = 0
    for _ in range(12):
        if at + 4 > len(stream):
            return False
        kind, size = int.from_bytes(stream[at : at + 2], "little"), int.from_bytes(stream[at + 2 : at + 4], "little")
        if kind == 0x002F:
            return True
        at += 4 + size
    return False
