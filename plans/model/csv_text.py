"""CSV files as people keep them: read as Excel wrote them, written so that Excel opens them and runs nothing.

Read: UTF-8 with or without byte order mark, UTF-16 with one, else Windows-1252; `;`, `,` or tab; the `sep=;` line of
Excel and the `#TYPE` line of PowerShell are known. Written: UTF-8 with byte order mark, `;`, CRLF, which French Excel
opens by a double click.

A spreadsheet runs a cell that begins with = + - @ (or a tab or return) as a formula. Such cells are written behind an
apostrophe, and a cell that already is apostrophes before one of these gets one more, so that reading takes exactly
one away.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 128 * 1_048_576
DELIMITERS: Final = (";", ",", "\t")
_WRITE_GUARD: Final = re.compile(r"'*[=+\-@\t\r]")
_READ_GUARD: Final = re.compile(r"'+[=+\-@\t\r]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class CsvText:
    """A CSV file's text: how it was written, and its rows."""

    text: str
    encoding: str
    delimiter: str
    first_line: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row, with the line on which it begins. `fault`: a key of the caller's texts where it can't be used."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""


class CsvFault(Exception):
    """A file that can't be used at all; `name` is a key of the caller's texts."""

    def __init__(self, name: str, line: int = 1, **params: object) -> None:
        super().__init__(name)
        self.name, self.line, self.params = name, line, params


def read_text(path: Path) -> CsvText:
    """The file's text. Raises `CsvFault`."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise CsvFault("csv-missing") from None
    except (OSError, ValueError) as error:
        raise CsvFault("csv-unreadable", why=getattr(error, "strerror", None) or str(error)) from None
    if len(data) > MAX_BYTES:
        raise CsvFault("csv-large", limit=MAX_BYTES)
    text, encoding = _decoded(data)
    first = 1
    delimiter = None
    if match := re.match(r"sep=(.)\r?\n", text):  # Excel's own line, which tells its delimiter
        delimiter, text, first = match[1], text[match.end() :], 2
    elif match := re.match(r"#TYPE .*\r?\n", text):  # PowerShell 5 begins its exports with it
        text, first = text[match.end() :], 2
    return CsvText(text, encoding, delimiter or _delimiter(text), first)


def rows(source: CsvText) -> Iterator[Row]:
    """The rows that are not blank, guards taken off. A row that CSV can't read ends the file, as a row with a fault."""
    reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=source.delimiter, strict=True)
    while True:
        line = source.first_line + reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a quote that never closes, text after a closing quote, a field beyond the module's limit
            yield Row(line, (), "csv-quotes")
            return
        if any(cell.strip() for cell in cells):
            fault = "csv-control" if any(_CONTROL.search(cell) for cell in cells) else ""
            yield Row(line, tuple(map(unguarded, cells)), fault)


def write(path: Path, header: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """Writes the file aside and renames it, so that a reader sees the old one or the new one."""
    aside = path.with_name(path.name + ".new")
    with aside.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerow([guarded(cell) for cell in header])
        for line in lines:
            writer.writerow([guarded(cell) for cell in line])
    aside.replace(path)


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return "'" + cell if _WRITE_GUARD.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell that was guarded."""
    return cell[1:] if _READ_GUARD.match(cell) else cell


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise CsvFault("csv-encoding") from None
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError as error:
        raise CsvFault("csv-encoding", data.count(b"\n", 0, error.start) + 1) from None


def _delimiter(text: str) -> str:
    """The one that the first line with any text has most of; `;` where it has none."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = re.sub(r'"(?:[^"]|"")*"', "", first[:100_000])
    return max(DELIMITERS, key=outside.count)
