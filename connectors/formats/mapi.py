"""MAPI properties as records carry them: keys, types, times, code pages (MS-OXCDATA, MS-OXPROPS).

A property is keyed by its id and type, `0x0037001F`, or, where it is a named one, by its set and number or name:
`{00062002-0000-0000-c000-000000000046}/0x820D:0040`, `{...}/Keywords:101F`. Ids and names are in `mapi_tags`, as
whole keys. A text has two types, PT_UNICODE (001F) and PT_STRING8 (001E); the getters here take the key of the first
and find either.

Bodies of an item are handles to the stored bytes: `body/plain` (0x1000), `body/html` (0x1013), `body/rtf` (0x1009,
compressed). The property `bodies` says under which key each was stored (`{"body/plain": "0x1000001F"}`), so how its
bytes are to be read: PT_UNICODE is UTF-16LE, PT_STRING8 and PT_BINARY are in the item's code page.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from transhumance.connectors.contract import Record, Value, read_all

PT_NULL, PT_I2, PT_LONG, PT_FLOAT, PT_DOUBLE, PT_CURRENCY, PT_APPTIME = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07
PT_ERROR, PT_BOOLEAN, PT_OBJECT, PT_I8, PT_STRING8, PT_UNICODE = 0x0A, 0x0B, 0x0D, 0x14, 0x1E, 0x1F
PT_SYSTIME, PT_CLSID, PT_SVREID, PT_SRESTRICT, PT_ACTIONS, PT_BINARY = 0x40, 0x48, 0xFB, 0xFD, 0xFE, 0x102
MV_FLAG = 0x1000
PT_MV_STRING8, PT_MV_UNICODE, PT_MV_BINARY = MV_FLAG | PT_STRING8, MV_FLAG | PT_UNICODE, MV_FLAG | PT_BINARY

# The named sets of MS-OXPROPS 1.3.2
PSETID_APPOINTMENT = "{00062002-0000-0000-c000-000000000046}"
PSETID_TASK = "{00062003-0000-0000-c000-000000000046}"
PSETID_ADDRESS = "{00062004-0000-0000-c000-000000000046}"
PSETID_COMMON = "{00062008-0000-0000-c000-000000000046}"
PSETID_LOG = "{0006200a-0000-0000-c000-000000000046}"
PSETID_NOTE = "{0006200e-0000-0000-c000-000000000046}"
PSETID_SHARING = "{00062040-0000-0000-c000-000000000046}"
PSETID_POST_RSS = "{00062041-0000-0000-c000-000000000046}"
PSETID_MEETING = "{6ed8da90-450b-101b-98da-00aa003f1305}"
PSETID_UNIFIED_MESSAGING = "{4442858e-a9e3-4e80-b900-317a210cc15b}"
PSETID_ATTACHMENT = "{96357f7f-59e1-47d0-99a7-46515c183b54}"
PSETID_CALENDAR_ASSISTANT = "{11000e07-b51b-40d6-af21-caa85edab1d0}"
PS_INTERNET_HEADERS = "{00020386-0000-0000-c000-000000000046}"
PS_PUBLIC_STRINGS = "{00020329-0000-0000-c000-000000000046}"
PS_MAPI = "{00020328-0000-0000-c000-000000000046}"

_PLAIN = re.compile(r"0x([0-9A-F]{4})([0-9A-F]{4})")
_NAMED = re.compile(r"(\{[0-9a-f-]{36}\})/(.*):([0-9A-F]{4})", re.DOTALL)
_LID = re.compile(r"0x([0-9A-F]{4,8})")

EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
NO_DATE = 0x0CB34557A3DD4000  # 1 January 4501, what Outlook writes for "none" (MS-OXOTASK 2.2.2.2.4 and others)


class PropertyKey(NamedTuple):
    """A key taken apart. `id` for a plain property; `guid` and `name` (a number or a text) for a named one."""

    type: int
    id: int = 0
    guid: str = ""
    name: int | str = 0


def key(id: int, type: int) -> str:
    """The key of a plain property."""
    return f"0x{id:04X}{type:04X}"


def named(guid: str, name: int | str, type: int) -> str:
    """The key of a named property: `name` is its number (LID) or its text."""
    return f"{guid}/0x{name:04X}:{type:04X}" if isinstance(name, int) else f"{guid}/{name}:{type:04X}"


def parse(text: str) -> PropertyKey:
    """A key taken apart. Raises `ValueError` where it is none (a property of ours, such as `recipients`).

    A text name that itself looks like a number (`0x8205`) reads as that number; no system is known to use one.
    """
    if match := _PLAIN.fullmatch(text):
        return PropertyKey(int(match[2], 16), int(match[1], 16))
    if match := _NAMED.fullmatch(text):
        lid = _LID.fullmatch(match[2])
        return PropertyKey(int(match[3], 16), 0, match[1], int(lid[1], 16) if lid else match[2])
    raise ValueError(f"{text!r} is not the key of a MAPI property")


def other_text(text_key: str) -> str | None:
    """The same property under the other text type, or None where the key is not of a text."""
    for one, two in (("001F", "001E"), ("001E", "001F"), ("101F", "101E"), ("101E", "101F")):
        if text_key.endswith(one):
            return text_key[:-4] + two
    return None


def present(properties: Mapping[str, Value], wanted: str) -> str | None:
    """The key under which a property is there: as asked, or under the other text type; None where it is not."""
    if wanted in properties:
        return wanted
    if wanted[-2:] == "1F" and (other := wanted[:-4] + wanted[-4:-2] + "1E") in properties:
        return other
    return None


def text(properties: Mapping[str, Value], wanted: str, default: str = "") -> str:
    """A text property, of either type."""
    found = properties.get(wanted)
    if found is None and wanted[-2:] == "1F":
        found = properties.get(wanted[:-1] + "E")
    return found if isinstance(found, str) else default


def texts(properties: Mapping[str, Value], wanted: str) -> tuple[str, ...]:
    """A multi-valued text property, of either type; a single text counts as one."""
    found = properties.get(present(properties, wanted) or "")
    if isinstance(found, str):
        return (found,)
    return tuple(v for v in found if isinstance(v, str)) if isinstance(found, tuple | list) else ()


def integer(properties: Mapping[str, Value], wanted: str) -> int | None:
    """An integer property, or None."""
    found = properties.get(wanted)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def boolean(properties: Mapping[str, Value], wanted: str) -> bool:
    """A boolean property; absent is false."""
    return properties.get(wanted) is True


def number(properties: Mapping[str, Value], wanted: str) -> float | None:
    """A floating-point property, or None."""
    found = properties.get(wanted)
    return found if isinstance(found, float) else None


def binary(properties: Mapping[str, Value], wanted: str) -> bytes | None:
    """A binary property, or None."""
    found = properties.get(wanted)
    return found if isinstance(found, bytes) else None


def moment(properties: Mapping[str, Value], wanted: str) -> datetime | None:
    """A time property as an aware UTC time, or None where it is absent, out of range or Outlook's "none" (the year
    4501)."""
    found = properties.get(wanted)
    return found if isinstance(found, datetime) and found.year < 4501 else None


def from_filetime(ticks: int) -> datetime | int:
    """A FILETIME (100 ns since 1601, UTC) as an aware time; the ticks themselves where no `datetime` can say it.

    A `datetime` keeps microseconds: the last digit of the ticks is dropped, which the facts of a connector tell.
    """
    try:
        return EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return ticks


def to_filetime(time: datetime | int) -> int:
    """The FILETIME of an aware time, or of ticks kept as they were."""
    return time if isinstance(time, int) else (time - EPOCH) // timedelta(microseconds=1) * 10


# Windows code pages whose Python codec is not just `cp` and the number ([MS-UCODEREF], .NET Encoding list).
_CODE_PAGES = {
    708: "iso8859_6", 709: "iso8859_6", 720: "cp720", 858: "cp858", 870: "cp037", 932: "cp932", 936: "gbk",
    949: "cp949", 950: "cp950", 1200: "utf_16_le", 1201: "utf_16_be", 1361: "johab", 10000: "mac_roman",
    10001: "shift_jis", 10002: "big5", 10003: "euc_kr", 10004: "mac_arabic", 10006: "mac_greek",
    10007: "mac_cyrillic", 10008: "gb2312", 10029: "mac_latin2", 10079: "mac_iceland", 10081: "mac_turkish",
    12000: "utf_32_le", 12001: "utf_32_be", 20127: "ascii", 20866: "koi8_r", 20932: "euc_jp", 20936: "gb2312",
    20949: "euc_kr", 21866: "koi8_u", 28591: "iso8859_1", 28592: "iso8859_2", 28593: "iso8859_3",
    28594: "iso8859_4", 28595: "iso8859_5", 28596: "iso8859_6", 28597: "iso8859_7", 28598: "iso8859_8",
    28599: "iso8859_9", 28600: "iso8859_10", 28601: "iso8859_11", 28603: "iso8859_13", 28604: "iso8859_14",
    28605: "iso8859_15", 28606: "iso8859_16", 38598: "iso8859_8", 50220: "iso2022_jp", 50221: "iso2022_jp_1",
    50222: "iso2022_jp_ext", 50225: "iso2022_kr", 50227: "gb2312", 51932: "euc_jp", 51936: "gb2312",
    51949: "euc_kr", 52936: "hz", 54936: "gb18030", 65000: "utf_7", 65001: "utf_8",
}  # fmt: skip


def codec_of(code_page: int | None) -> str | None:
    """The Python codec of a Windows code page, or None where Python has none."""
    if code_page is None or not 0 < code_page < 65536:
        return None
    name = _CODE_PAGES.get(code_page, f"cp{code_page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def code_pages(properties: Mapping[str, Value]) -> tuple[int | None, int | None]:
    """The code page of the item's 8-bit texts (PidTagMessageCodepage, 0x3FFD) and the one of its HTML
    (PidTagInternetCodepage, 0x3FDE; MS-OXCMSG 2.2.1.56)."""
    return integer(properties, "0x3FFD0003"), integer(properties, "0x3FDE0003")


def body_codec(record: Record, name: str) -> str:
    """The Python codec of a text body: UTF-16LE for PT_UNICODE, else the item's code page, else cp1252."""
    stored = record.properties.get("bodies")
    under = stored.get(name) if isinstance(stored, Mapping) else None
    if (isinstance(under, str) and under.endswith("001F")) or (under is None and name == "body/plain"):
        return "utf_16_le"
    message, internet = code_pages(record.properties)
    order = (internet, message) if name == "body/html" else (message, internet)
    return next((found for page in order if (found := codec_of(page))), "cp1252")


def plain_text(record: Record, limit: int = 16 << 20) -> str | None:
    """The item's plain text, without a NUL at its end, or None where it has none or one above `limit` bytes. What its
    code page can't say is replaced: it is for reading, not for the way back."""
    body = record.bodies.get("body/plain")
    if body is None:
        return None
    try:
        return read_all(body, limit).decode(body_codec(record, "body/plain"), "replace").rstrip("\0")
    except (OSError, ValueError):
        return None


_KINDS = (
    ("ipm.appointment", "event"),
    ("ipm.contact", "card"),
    ("ipm.distlist", "card"),
    ("ipm.task", "task"),
    ("ipm.stickynote", "note"),
    ("ipm.activity", "journal"),
)


def kind_of(message_class: str) -> str:
    """The kind of an item by its message class (MS-OXOAPPT and kin): a class and those derived from it by a dot.
    Requests and answers of meetings and tasks are messages, and so is what no other kind claims."""
    low = message_class.lower()
    return next((kind for prefix, kind in _KINDS if low == prefix or low.startswith(prefix + ".")), "message")


def workload_of(container_class: str) -> str:
    """The workload of a folder by its class (PidTagContainerClass): mail where it says nothing of the others."""
    low = container_class.lower()
    for prefix, workload in (
        ("ipf.appointment", "calendars"),
        ("ipf.contact", "contacts"),
        ("ipf.task", "tasks"),
        ("ipf.stickynote", "tasks"),
        ("ipf.journal", "tasks"),
    ):
        if low == prefix or low.startswith(prefix + "."):
            return workload
    return "mail"
