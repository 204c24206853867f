"""The LDIF connector before the contract suite."""

from __future__ import annotations

from pathlib import Path

from transhumance.connectors.contract import Environment, Record, Value
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.testing.rig import Rig

_GUID = bytes(range(16))
_USER: dict[str, Value] = {
    "dn": "CN=Petit\\, Jr \U0001f409,OU=Été <&>,DC=chu,DC=example",
    "objectClass": (b"top", b"person", b"organizationalPerson", b"user"),
    "objectGUID": (_GUID,),
    "objectSid": (bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770e9030000"),),
    "sAMAccountName": (b"PETITJ",),
    "cn": ("Petit, Jr \U0001f409".encode(),),
    "sn": (b"Petit",),
    "userAccountControl": (b"66050",),
    "thumbnailPhoto": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 300,),
    "description": (b" begins with a blank", b"ends with one ", b"a: b", b"two\nlines", b"\x00"),
}


def rig(folder: Path) -> Rig:
    """An empty folder; an entry of Active Directory, one of another directory, a group, one whose bytes are Latin-1."""
    root = folder / "annuaire"
    root.mkdir()
    return Rig(
        connector="ldif",
        config=LdifConfig.model_validate({"path": root}),
        environment=Environment("rig", folder / "spool", folder),
        workload="identities",
        samples=(
            Record(b"1", "entry", "ad-entry", _USER),
            Record(
                b"2",
                "entry",
                "ldif",
                {
                    "dn": "uid=Zoé,ou=people,dc=example",
                    "objectClass": (b"inetOrgPerson",),
                    "cn;lang-fr": ("Zoé".encode(),),
                    "userCertificate;binary": (bytes(range(256)),),
                },
            ),
            Record(
                b"3",
                "entry",
                "ldif",
                {"dn": "cn=a/../b,dc=example", "objectClass": (b"groupOfNames",), "member": (b"", b"cn=x" * 4000)},
            ),
            Record(b"4", "entry", "ldif", {"dn": "cn=\udce9t\udce9,dc=example", "description": (b"\xe9t\xe9",)}),
        ),
        changed=Record(b"1", "entry", "ad-entry", {**_USER, "sn": (b"Petit-Grand",), "title": (b"Dr",)}),
        unlike={"test_a_body_that_fails_leaves_nothing": "an entry has no bodies: its values travel with it"},
    )
