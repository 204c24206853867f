"""Attachments between MAPI properties and MIME parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from transhumance.connectors.contract import Body, BytesBody, Finding, Record, Value
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_embedded import EMBEDDED
from transhumance.migrators.mail.forms.table import rows
from transhumance.migrators.mail.forms.view import FilePart
from transhumance.migrators.mail.forms.words import clean, parameter, parameters, text_of

BY_VALUE, BY_LINK = 1, frozenset({2, 3, 4, 7})  # PidTagAttachMethod (MS-OXCMSG 2.2.2.9)
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,80}/[A-Za-z0-9!#$&^_.+-]{1,80}")
_ID = re.compile(r"[!-;=?-~]{1,500}")
_CID = re.compile(rb"cid:([^\"'\s>)\\]{1,500})", re.IGNORECASE)
_OCTETS = "application/octet-stream"
MESSAGE = "message/rfc822"
MIME = {"rfc5322": MESSAGE, "ical": "text/calendar", "vcard": "text/vcard"}
"""The type of an attached item, by its standard."""
# A few types by suffix, the same on every machine (the system's table is not).
_TYPES = {
    "bmp": "image/bmp", "csv": "text/csv", "doc": "application/msword", "gif": "image/gif", "htm": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "html": "text/html",
    "ics": "text/calendar", "jpeg": "image/jpeg", "jpg": "image/jpeg", "odp":
    "application/vnd.oasis.opendocument.presentation", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text", "p7m": "application/pkcs7-mime", "pdf": "application/pdf",
    "png": "image/png", "ppt": "application/vnd.ms-powerpoint", "rtf": "text/rtf", "svg": "image/svg+xml",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", "tif": "image/tiff",
    "tiff": "image/tiff", "txt": "text/plain", "vcf": "text/vcard", "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xml": "text/xml",
    "zip": "application/zip", "dat": "application/ms-tnef",
}  # fmt: skip
# What every attachment has that Outlook stores (MS-OXCMSG 2.2.2, MS-OXOCAL 2.2.10.1)
DEFAULTS: Mapping[str, Value] = {
    mapi_tags.ATTACH_METHOD: BY_VALUE, mapi_tags.RENDERING_POSITION: -1, mapi_tags.ATTACH_FLAGS: 0,
    mapi_tags.ATTACHMENT_LINK_ID: 0, mapi_tags.ATTACHMENT_FLAGS: 0, mapi_tags.ATTACHMENT_HIDDEN: False,
    mapi_tags.CONTACT_PHOTO: False, mapi_tags.ATTACH_ENCODING: b"",
    mapi_tags.EXCEPTION_START_TIME: mapi.from_filetime(mapi.NO_DATE),
    mapi_tags.EXCEPTION_END_TIME: mapi.from_filetime(mapi.NO_DATE),
}  # fmt: skip


def compose_files(record: Record, html: bytes | None) -> list[tuple[int, FilePart]]:
    """The attachments that have data, each with its place in the record. A picture is inline where the HTML shows
    it."""
    wanted = {unquote(match.decode("ascii", "replace")).lower() for match in _CID.findall(html)} if html else set()
    found = []
    for index, row in enumerate(rows(record.properties.get("attachments"))):
        body = record.bodies.get(f"attachment/{index}")
        if body is None:
            continue
        cid = mapi.text(row, mapi_tags.ATTACH_CONTENT_ID).strip()
        cid = cid if _ID.fullmatch(cid) else ""
        inline = cid.lower() in wanted
        found.append((index, FilePart(_header(row, cid, inline, _encoding(row, body)), body, inline)))
    return found


def _header(row: Mapping[str, Value], cid: str, inline: bool, encoding: str) -> tuple[bytes, ...]:
    name = clean(file_name(row)).strip()
    fields = [f"Content-Type: {_type(row, name)}{parameter('name', name) if name else ''}\r\n"]
    fields.append(f"Content-Transfer-Encoding: {encoding}\r\n")
    kind = "inline" if inline else "attachment"
    fields.append(f"Content-Disposition: {kind}{parameter('filename', name) if name else ''}\r\n")
    if cid:
        fields.append(f"Content-ID: <{cid}>\r\n")
    location = mapi.text(row, mapi_tags.ATTACH_CONTENT_LOCATION).strip()
    if _ID.fullmatch(location):
        fields.append(f"Content-Location: {location}\r\n")
    return tuple(f.encode("ascii") for f in fields)


def file_name(row: Mapping[str, Value]) -> str:
    """The name that people see."""
    keys = (mapi_tags.ATTACH_LONG_FILENAME, mapi_tags.ATTACH_FILENAME, mapi_tags.DISPLAY_NAME)
    return next((name for key in keys if (name := mapi.text(row, key))), "")


def _type(row: Mapping[str, Value], name: str) -> str:
    """The type that the item says; of a message or a multipart, whose bytes MIME forbids to encode, none (RFC 2046
    5.2.1)."""
    if isinstance(standard := row.get(EMBEDDED), str):
        return MIME.get(standard, _OCTETS)
    given = mapi.text(row, mapi_tags.ATTACH_MIME_TAG).strip()
    if _TYPE.fullmatch(given):
        low = given.lower()
        return _OCTETS if low.startswith(("message/", "multipart/")) else given
    return by_suffix(name)


def _encoding(row: Mapping[str, Value], body: Body) -> str:
    """An attached message lies in the other one as it is, whose lines are lawful since we made them (RFC 2046 5.2.1:
    no other encoding is allowed)."""
    if row.get(EMBEDDED) != "rfc5322":
        return "base64"
    return "7bit" if isinstance(body, BytesBody) and body.data.isascii() else "8bit"


def by_suffix(name: str) -> str:
    """A type by a file name."""
    return _TYPES.get(name.rpartition(".")[2].lower(), _OCTETS) if "." in name else _OCTETS


def properties_of(part: FilePart) -> dict[str, Value]:
    """The properties of an attachment that its MIME part gives."""
    found: dict[str, Value] = dict(DEFAULTS)
    fields = {raw[: raw.index(b":")].lower(): text_of(raw) for raw in part.header}
    kind, about = parameters(fields.get(b"content-type", ""))
    _, more = parameters(fields.get(b"content-disposition", ""))
    name = more.get("filename", about.get("name", ""))
    if name:
        found[mapi_tags.ATTACH_LONG_FILENAME] = found[mapi_tags.DISPLAY_NAME] = name
        found[mapi_tags.ATTACH_FILENAME] = name
        suffix = name.rpartition(".")[2]
        if "." in name and len(suffix) < 20:
            found[mapi_tags.ATTACH_EXTENSION] = "." + suffix
    given = fields.get(b"content-type", "").partition(";")[0].strip()
    if kind == MESSAGE:
        return {**DEFAULTS, mapi_tags.ATTACH_METHOD: 5, mapi_tags.DISPLAY_NAME: name, EMBEDDED: "rfc5322"}
    if kind and kind != _OCTETS:
        found[mapi_tags.ATTACH_MIME_TAG] = given
    if cid := fields.get(b"content-id", "").strip("<> "):
        found[mapi_tags.ATTACH_CONTENT_ID] = cid
    if location := fields.get(b"content-location", ""):
        found[mapi_tags.ATTACH_CONTENT_LOCATION] = location
    return found


def findings(record: Record) -> Iterator[Finding]:
    """What of the attachments can't come along."""
    for row in rows(record.properties.get("attachments")):
        method = mapi.integer(row, mapi_tags.ATTACH_METHOD)
        name = file_name(row).lower()
        if method in BY_LINK:
            yield Finding("MAIL-REF-01", f"method {method}")
        if name.endswith(".rpmsg") or mapi.text(row, mapi_tags.ATTACH_MIME_TAG).lower().endswith("rpmsg-message"):
            yield Finding("MAIL-IRM-01", "rpmsg")
        if name == "winmail.dat":
            yield Finding("MAIL-TNEF-01", "winmail.dat")


def rtf_part(rtf: bytes) -> FilePart:
    """The RTF of a message as a file beside its text."""
    name = parameter("name", "message.rtf") + "\r\n"
    fields = (
        f"Content-Type: text/rtf{name}",
        "Content-Transfer-Encoding: base64\r\n",
        f"Content-Disposition: attachment{parameter('filename', 'message.rtf')}\r\n",
    )
    return FilePart(tuple(f.encode() for f in fields), BytesBody.of(rtf))
