"""What an mbox will not keep of a message, told before it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

from transhumance.connectors.contract import Container, Finding, Record, Value
from transhumance.connectors.formats.mailfiles import head_of
from transhumance.connectors.formats.rfc5322 import HEADER_LIMIT, scan_header
from transhumance.connectors.mbox.fromline import line_of, line_properties, read_from_line
from transhumance.connectors.mbox.quoting import quote
from transhumance.connectors.mbox.status import read_status, split_status
from transhumance.connectors.mbox.tree import file_of


def find_losses(container: Container, record: Record, zone: tzinfo) -> tuple[Finding, ...]:
    """The losses, by code."""
    kept = forecast(record, zone).properties
    found = [
        Finding("GEN-TARGET-02", name)
        for name in ("flags", "keywords", "from_line", "from_sender")
        if (record.properties.get(name) or None) != (kept.get(name) or None)
        and (name in ("flags", "keywords") or name in record.properties)
    ]
    when = record.properties.get("internal_date")
    if isinstance(when, datetime) and kept.get("internal_date") != when:
        found.append(Finding("MAIL-DATE-01", "whole seconds"))
    if "%~" in str(file_of(Path(), container.path)):
        found.append(Finding("FOLDER-NAME-02"))
    return tuple(found)


def forecast(record: Record, zone: tzinfo) -> Record:
    """The record as the file gives it back: flags and keywords as its status lines say, the date as its `From ` line
    does. Where the bytes are not at hand, they are taken to say no flag."""
    head = head_of(record, HEADER_LIMIT) or b""
    line = line_of(record.properties, quote(head[:4096]), zone)
    properties: dict[str, Value] = {
        **line_properties(read_from_line(line, zone), zone),
        **read_status(split_status(scan_header(head).block).lines),
    }
    return replace(record, properties=properties)
