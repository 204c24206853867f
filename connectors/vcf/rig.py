"""The .vcf connector before the contract suite."""

from __future__ import annotations

from pathlib import Path

from transhumance.connectors.contract import BytesBody, Environment, Record
from transhumance.connectors.formats.objectsource import ObjectConfig
from transhumance.connectors.testing.rig import Rig


def _card(key: bytes, *lines: str, version: str = "4.0") -> Record:
    text = "".join(f"{line}\r\n" for line in ("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD"))
    return Record(key, "card", "vcard", {}, {"content": BytesBody.of(text.encode("utf-8", "surrogateescape"))})


def rig(folder: Path) -> Rig:
    """An empty tree; cards of all versions, a group, one inside another, not UTF-8, damaged, large."""
    (folder / "vcf").mkdir()
    utf16 = _card(b"utf-16", "FN:Zoé", "UID:utf-16")
    return Rig(
        connector="vcf",
        config=ObjectConfig.model_validate({"path": "vcf", "page": 2}),
        environment=Environment("rig", folder / "spool", folder),
        workload="contacts",
        samples=(
            _card(b"urn:uuid:1", "UID:urn:uuid:1", "FN:Agnès O'Neil", "EMAIL:agnes@chu.example"),
            _card(b"urn:uuid:2", "UID:urn:uuid:1", "FN:same UID, another key"),
            _card(b"group", "UID:group", "KIND:group", "FN:Cardiologie", "MEMBER:urn:uuid:1"),
            _card(
                b"../x\xff\n",
                "N;CHARSET=ISO-8859-1:Caf\udce9;;;;",
                "AGENT:",
                "BEGIN:VCARD",
                "N:Inner",
                "END:VCARD",
                version="2.1",
            ),  # fmt: skip
            _card(b"no uid", "FN;ENCODING=QUOTED-PRINTABLE:Zo=C3=A9=", " et la suite", version="2.1"),
            _card(b"k" * 400, "FN:large", f"PHOTO;ENCODING=b:{'QUJD' * 20000}", version="3.0"),
            Record(b"no card", "card", "vcard", {}, {"content": BytesBody.of(b"\0 not a card")}),
            Record(utf16.key, "card", "vcard", {"encoding": "utf-16-be"}, utf16.bodies),
        ),
        changed=_card(b"urn:uuid:1", "UID:urn:uuid:1", "FN:Agnès Dupont"),
    )
