"""The .ics connector before the contract suite."""

from __future__ import annotations

from pathlib import Path

from transhumance.connectors.contract import BytesBody, Environment, Record
from transhumance.connectors.formats.objectsource import ObjectConfig
from transhumance.connectors.testing.rig import Rig


def _event(key: bytes, uid: str, summary: str, more: str = "", head: str = "") -> Record:
    lines = f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260329T013000Z\r\nSUMMARY:{summary}\r\n{more}"
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}BEGIN:VEVENT\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    return Record(key, "event", "ical", {}, {"content": BytesBody.of(text.encode("utf-8", "surrogateescape"))})


def rig(folder: Path) -> Rig:
    """An empty tree; events that are plain, named as a container would be, doubled, not UTF-8, damaged, large."""
    (folder / "ics").mkdir()
    utf16 = _event(b"utf-16", "utf-16", "Réunion")
    return Rig(
        connector="ics",
        config=ObjectConfig.model_validate({"path": "ics", "page": 2}),
        environment=Environment("rig", folder / "spool", folder),
        workload="calendars",
        samples=(
            _event(b"1@chu.example", "1@chu.example", "Réunion de service"),
            _event(b"2@chu.example", "1@chu.example", "same UID, another key"),
            _event(b"named", "named", "x", head="X-WR-CALNAME:Agenda\r\n"),
            _event(b"../../a/b\xff\n", "hostile", "Caf\udce9 en Latin-1"),
            _event(b"040000008200E00074C5B7101A82E008" * 12, "long", "a key above the limits of names"),
            _event('é < > : " | ? * CON'.encode(), "attached", "x", f"ATTACH;VALUE=BINARY:{'QUJD' * 20000}\r\n"),
            Record(b"no calendar", "event", "ical", {}, {"content": BytesBody.of(b"not an object at all\0")}),
            Record(utf16.key, "event", "ical", {"encoding": "utf-16-le"}, utf16.bodies),
        ),
        changed=_event(b"1@chu.example", "1@chu.example", "Réunion déplacée"),
    )
