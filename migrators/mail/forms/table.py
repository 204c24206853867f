"""What makes two MAPI messages equal: the class of each property, of its recipients and attachments too, and the part
of the document that it completes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from transhumance.connectors.contract import Body, Difference, PropertyClass, Record, Value, compare_records
from transhumance.connectors.formats.mapi_embedded import EMBEDDED, within
from transhumance.connectors.formats.mapi_residue import ItemTable, same
from transhumance.migrators.mail.forms.rtfbody import plainly

_C, _M, _D, _V = PropertyClass.CONTENT, PropertyClass.META, PropertyClass.DERIVED, PropertyClass.VOLATILE

ITEMS = ItemTable(
    "mapi",
    (
        ("body:body/plain", _C, "plain", "the plain text, in the bytes that are stored"),
        ("body:body/html", _C, "html", "the HTML, in the bytes that are stored"),
        ("body:body/rtf", _C, "text", "the RTF, opened: how it is compressed is remade"),
        ("body:attachment/*", _C, "attachments", "the data of an attachment"),
        ("bodies", _C, "item", "under which type each text is stored"),
        ("unreadable", _V, "item", "what could not be read, told by MAIL-PST-03 and -04"),
        ("recipients/0x0FFE0003", _D, "item", "always a mail user or a list (MS-OXCMSG)"),
        ("recipients/0x0FF60102", _V, "item", "number of the row at this moment"),
        ("recipients/0x0FF90102", _D, "item", "the entry id once more"),
        ("recipients/0x300B0102", _D, "item", "address type and address in capitals (MS-OXOABK 2.2.3.8)"),
        ("recipients/0x30000003", _D, "item", "index of the row"),
        ("recipients/0x67*", _V, "item", "the file's bookkeeping"),
        ("attachments/0x0E200003", _D, "item", "size"),
        ("attachments/0x0E210003", _D, "item", "index"),
        ("attachments/0x0FF90102", _V, "item", "number of the attachment in its store"),
        ("attachments/0x0FFE0003", _D, "item", "always an attachment"),
        ("attachments/0x0FF*", _V, "item", "rights and ids in its store"),
        ("attachments/0x37090102", _D, "item", "the icon that Outlook draws"),
        ("attachments/0x67*", _V, "item", "the file's bookkeeping"),
        ("recipients", _C, "recipients", "each property by its own row"),
        ("attachments", _C, "attachments", "each property by its own row"),
        ("recipients/*", _C, "recipients", "whom it is for"),
        ("attachments/*", _C, "attachments", "what is attached, and how"),
        ("0x0037*", _C, "subject", "subject"),
        ("0x003D*", _M, "subject", "prefix of the subject"),
        ("0x0070*", _M, "subject", "topic of the conversation"),
        ("0x007D*", _C, "headers", "headers as they came"),
        ("0x0042*", _C, "from", "name of the author"),
        ("0x0064*", _C, "from", "address type of the author"),
        ("0x0065*", _C, "from", "address of the author"),
        ("0x5D02*", _C, "from", "SMTP address of the author"),
        ("0x0C1A*", _C, "from", "name of the sender"),
        ("0x0C1E*", _C, "from", "address type of the sender"),
        ("0x0C1F*", _C, "from", "address of the sender"),
        ("0x5D01*", _C, "from", "SMTP address of the sender"),
        ("0x00410102", _M, "from", "entry id of the author"),
        ("0x0C190102", _M, "from", "entry id of the sender"),
        ("0x0050*", _C, "headers", "to whom an answer goes"),
        ("0x004F0102", _M, "headers", "to whom an answer goes, as entry ids"),
        ("0x00390040", _C, "date", "time of sending"),
        ("0x0E060040", _M, "meta", "time of arrival"),
        ("0x10810003", _M, "meta", "replied or forwarded"),
        ("0x10900003", _M, "meta", "follow-up: flagged or complete"),
        ("{00020329-0000-0000-c000-000000000046}/Keywords:*", _M, "meta", "categories"),
        ("0x003B0102", _D, "item", "address type and address in capitals"),
        ("0x00510102", _D, "item", "address type and address in capitals"),
        ("0x00520102", _D, "item", "address type and address in capitals"),
        ("0x0C1D0102", _D, "item", "address type and address in capitals"),
        ("0x0E02*", _D, "item", "names of the blind copies, from the recipients"),
        ("0x0E03*", _D, "item", "names of the copies, from the recipients"),
        ("0x0E04*", _D, "item", "names of the addressees, from the recipients"),
        ("0x0E05*", _D, "item", "name of the folder"),
        ("0x0E080003", _D, "item", "size"),
        ("0x0E1B000B", _D, "item", "whether there are attachments"),
        ("0x0E1D*", _D, "item", "subject without its prefix (MS-OXCMSG 2.2.1.10)"),
        ("0x0E1F000B", _D, "item", "whether RTF and text agree at this moment"),
        ("0x6619*", _D, "item", "the first 255 characters of the text"),
        ("0x3FD9*", _D, "item", "the first 255 characters of the text"),
        ("0x10F3*", _D, "item", "file name in a Web store, from the subject"),
        (
            "{4e3a7680-b77a-11d0-9da5-00c04fd65685}/Internet Charset Body:0102",
            _D,
            "item",
            "the plain text once more, in the charset of the message",
        ),
        ("0x0E090102", _V, "item", "entry id of the folder"),
        ("0x0E0A0102", _V, "item", "entry id of the folder for sent mail"),
        ("0x0E230003", _V, "item", "number in the folder, given by the server"),
        ("0x0E2F0003", _V, "item", "number in the folder, given by the server"),
        ("0x0E300102", _V, "item", "replica state of the file (MS-PST 2.5.3)"),
        ("0x0E330014", _V, "item", "replica state of the file"),
        ("0x0E340102", _V, "item", "replica state of the file"),
        ("0x0FF*", _V, "item", "entry ids, keys and rights in its store"),
        ("0x30080040", _V, "item", "time of the last change: whoever writes sets it"),
        ("0x65E*", _V, "item", "change keys (MS-OXCFXICS 2.2.1.2)"),
        ("0x67*", _V, "item", "numbers in its store (MS-OXCFXICS 2.2.1.2)"),
        ("*", _M, "item", "any other property of the item, named ones too"),
    ),
)
TABLE = ITEMS.table
RTF = "body/rtf"
_NESTED = ("recipients", "attachments")


@cache
def compared(path: str) -> bool:
    """Whether a property counts."""
    return ITEMS.compared(path)


def compare(a: Record, b: Record) -> tuple[Difference, ...]:
    """What differs, by the table; rows of recipients and of attachments are compared property by property."""
    found = list(compare_records(*_top(a, b), TABLE))
    for name in _NESTED:
        rows_a, rows_b = rows(a.properties.get(name)), rows(b.properties.get(name))
        if len(rows_a) != len(rows_b):
            found.append(Difference(name, "changed", PropertyClass.CONTENT))
            continue
        seen: set[tuple[str, str]] = set()
        for one, two in zip(rows_a, rows_b, strict=True):
            seen |= {(p, how) for p, how in _row(one, two) if compared(f"{name}/{p}")}
        found += [Difference(f"{name}/{p}", how, TABLE.of(f"{name}/{p}")) for p, how in sorted(seen)]
    return tuple(found)


def rows(value: Value) -> list[Mapping[str, Value]]:
    """Recipients or attachments as a list of mappings, whatever came."""
    if not isinstance(value, tuple | list):
        return []
    return [row if isinstance(row, Mapping) else {} for row in value]


def _top(a: Record, b: Record) -> tuple[Record, Record]:
    """Both without their rows; RTF bodies opened where their bytes differ."""
    one, two = dict(a.bodies), dict(b.bodies)
    if RTF in one and RTF in two and one[RTF] != two[RTF]:
        one[RTF], two[RTF] = plainly(one[RTF]), plainly(two[RTF])
    one, two = ({k: v for k, v in x.items() if not within(k)} for x in (one, two))
    return _rowless(a, one), _rowless(b, two)


def _rowless(record: Record, bodies: Mapping[str, Body]) -> Record:
    properties = {k: v for k, v in record.properties.items() if k not in _NESTED}
    return replace(record, properties=properties, bodies=bodies)


def _row(a: Mapping[str, Value], b: Mapping[str, Value]) -> list[tuple[str, str]]:
    found = []
    for key in (a.keys() | b.keys()) - {EMBEDDED}:
        if key not in b:
            found.append((key, "missing"))
        elif key not in a:
            found.append((key, "added"))
        elif not same(a[key], b[key]):
            found.append((key, "changed"))
    return found
