"""What csvde writes, and what spreadsheets make of it."""

from __future__ import annotations

import io

import pytest

from transhumance.connectors.formats.ldif import parse_record
from transhumance.connectors.formats.ldif_stream import Found
from transhumance.connectors.ldif.csvde import records

LIMIT = 4096


def read(text: bytes, encoding: str = "cp1252", limit: int = LIMIT) -> list[Found]:
    out = io.BytesIO()
    found = list(records(io.BytesIO(text), out, encoding, limit))
    for each in found:
        if each.record:
            assert parse_record(out.getvalue()[each.start : each.start + each.size]) == each.record
    return found


def test_a_row_is_an_entry() -> None:
    text = (
        b"DN,objectClass,objectGUID,cn,sn,proxyAddresses,description,gPLink\r\n"
        b'"CN=Petit\\, Jr,OU=x,DC=chu",user,X\'000102030405060708090a0b0c0d0e0f\',"Petit, Jr",,'
        b'SMTP:a@b;smtp:c@d;X500:/o=x,"says ""no""; twice",[LDAP://cn={A};0][LDAP://cn={B};2]\r\n'
    )
    (found,) = read(text)
    assert found.record is not None and found.record.dn == "CN=Petit\\, Jr,OU=x,DC=chu" and found.line == 2
    assert found.record.attributes == {
        "objectClass": (b"user",),
        "objectGUID": (bytes(range(16)),),
        "cn": (b"Petit, Jr",),
        "proxyAddresses": (b"SMTP:a@b", b"smtp:c@d", b"X500:/o=x"),
        "description": (b'says "no"; twice',),
        "gPLink": (b"[LDAP://cn={A};0][LDAP://cn={B};2]",),
    }


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("é".encode("cp1252"), "é".encode()),
        ("é".encode(), "é".encode()),
        (b"X'c3a9'", "é".encode()),
        (b"X'C3A9';X'00ff'", ("é".encode(), b"\x00\xff")),
        (b"X'c3a'", b"X'c3a'"),
        (b"\x81", b"\x81"),  # a byte that the code page lacks stays that byte
    ],
)
def test_accents_and_bytes(raw: bytes, value: bytes | tuple[bytes, ...]) -> None:
    (found,) = read(b"DN,x\nCN=a," + raw + b"\n")
    assert found.record is not None
    assert found.record.attributes["x"] == (value if isinstance(value, tuple) else (value,))


def test_another_code_page() -> None:
    (found,) = read(b"DN,x\nCN=a,\x8e\n", "mac-roman")
    assert found.record is not None and found.record.attributes["x"] == ("é".encode(),)


def test_long_rows_are_cut_by_the_same_rules() -> None:
    long = "y" * 200_000
    text = f'DN,a,b,c\nCN=a,"1,""2""",{long},\nCN=b,"1"x,{long},\n'.encode()
    first, second = read(text, limit=1 << 20)
    assert first.record and first.record.attributes == {"a": (b'1,"2"',), "b": (long.encode(),)}
    assert second.trouble and second.trouble.reason == "a quote is out of place"


def test_lines_inside_quotes_and_columns_that_say_nothing() -> None:
    first, second = read(b'DN,info,\nCN=a,"1\r\n2",\n\nCN=b,,\n')
    assert first.record and first.record.attributes == {"info": (b"1\r\n2",)}
    assert second.record and second.record.attributes == {} and second.line == 5


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    found = read(b'DN,cn,sn\nCN=a,a,a\nCN=b,"b,b\nCN=c,c,c\nCN=d,"d,d\nCN=e,e,e\n')
    assert [f.record.dn if f.record else (f.line, f.trouble and f.trouble.reason) for f in found] == [
        "CN=a",
        (3, "a quote is out of place"),
        "CN=c",
        (5, "a quote is out of place"),
        "CN=e",
    ]


def test_rows_that_do_not_fit_the_header() -> None:
    short, long, padded, nameless = read(b"DN,cn\nCN=a\nCN=b,b,more\nCN=c,c,,\n,d\n")
    assert short.trouble and short.trouble.reason == "1 fields, the header has 2"
    assert long.trouble and long.trouble.kind == "damaged"
    assert padded.record and padded.record.dn == "CN=c"
    assert nameless.trouble and nameless.trouble.reason == "a row without a DN"


def test_a_csv_that_is_no_export_is_told_once() -> None:
    (found,) = read(b"name,mail\na,a@b\nb,b@c\n")
    assert found.trouble and "no DN column" in found.trouble.reason


def test_saved_again_by_a_spreadsheet() -> None:
    (found,) = read('\ufeffDN;cn;proxyAddresses\nCN=é,DC=x;é;"SMTP:a@b;smtp:c@d"\n'.encode())
    assert found.record and found.record.dn == "CN=é,DC=x"
    assert found.record.attributes["proxyAddresses"] == (b"SMTP:a@b", b"smtp:c@d")


def test_the_name_may_stand_in_its_attribute_only() -> None:
    (found,) = read(b'cn,distinguishedName\na,"CN=a,DC=x"\n')
    assert found.record and found.record.dn == "CN=a,DC=x"


def test_long_rows_are_read_and_too_long_ones_told() -> None:
    big = b"DN,x\nCN=a,X'" + b"ab" * 200_000 + b"'\nCN=b,b\n"
    first, second = read(big, limit=1 << 20)
    assert first.record and first.record.attributes["x"] == (b"\xab" * 200_000,)
    assert second.record
    cut, after = read(b"DN,x\nCN=a," + b"y" * 9000 + b"\nCN=b,b\n")[0], read(big, limit=1 << 20)[1]
    assert cut.trouble and cut.trouble.kind == "too-large" and after.record
