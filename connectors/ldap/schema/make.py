"""The auxiliary class transhumanceOrigin in the three forms that servers load, from one table. `python -m
transhumance.connectors.ldap.schema.make` writes the files again; a test holds them to this table.

The arc is 2.25.<UUID as a number> (ITU-T X.667): unique without a registration, 550023af-003c-548e-8264-9c23574853a1.
`.1.n` are attributes, `.2.1` is the class. Numbers are never reused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ARC = "2.25.112985103391055351858342420813456102305"
TEXT, IA5, NUMBER, TRUTH = (f"1.3.6.1.4.1.1466.115.121.1.{n}" for n in (15, 26, 27, 7))
_EXACT = "caseExactMatch"
_RULES = {TEXT: "caseIgnoreMatch", IA5: "caseIgnoreIA5Match", NUMBER: "integerMatch", TRUTH: "booleanMatch"}


class Kept(NamedTuple):
    """An attribute of the class."""

    number: int
    name: str
    what: str
    syntax: str = TEXT
    single: bool = True
    rule: str = ""


ATTRIBUTES = (
    Kept(1, "trhObjectGUID", "objectGUID of the source, as the text of a UUID", IA5),
    Kept(2, "trhObjectSid", "objectSid of the source, as S-1-...", IA5),
    Kept(3, "trhSidHistory", "former SIDs, as S-1-...", IA5, single=False),
    Kept(4, "trhSamAccountName", "sAMAccountName as it was written", rule=_EXACT),
    Kept(5, "trhUPN", "userPrincipalName"),
    Kept(6, "trhUserAccountControl", "userAccountControl", NUMBER),
    Kept(7, "trhGroupType", "groupType", NUMBER),
    Kept(8, "trhPrimaryGroupID", "primaryGroupID", NUMBER),
    Kept(9, "trhProxyAddress", "proxyAddresses as they were: SMTP:, smtp:, X500:, sip:", single=False, rule=_EXACT),
    Kept(10, "trhSourceDN", "the name of the entry at the source, as it was written", rule=_EXACT),
    Kept(11, "trhRpps", "number of the person in the directory of health professionals", IA5, single=False),
    Kept(12, "trhWhenCreated", "whenCreated of the source, generalized time", IA5),
    Kept(13, "trhGidNumber", "gidNumber of a group of the source", NUMBER),
    Kept(14, "trhEndTime", "end of the account, where the server has no place that it obeys", IA5),
    Kept(15, "trhLocked", "lock of the account, where the server has no place that it obeys", IA5, single=False),
    Kept(16, "trhLegacyExchangeDN", "legacyExchangeDN: old mails are answered to it", rule=_EXACT),
)
CLASS = "transhumanceOrigin"
_CLASS_TEXT = "what an entry was at the system that it came from"


def _attribute(kept: Kept) -> str:
    rule = kept.rule or _RULES[kept.syntax]
    single = " SINGLE-VALUE" if kept.single else ""
    return (
        f"( {ARC}.1.{kept.number} NAME '{kept.name}' DESC '{kept.what}' EQUALITY {rule} SYNTAX {kept.syntax}{single} )"
    )


def _class() -> str:
    names = " $ ".join(kept.name for kept in ATTRIBUTES)
    return f"( {ARC}.2.1 NAME '{CLASS}' DESC '{_CLASS_TEXT}' SUP top AUXILIARY MAY ( {names} ) )"


_HEAD = "# transhumanceOrigin: {}\n# Made by transhumance.connectors.ldap.schema.make; licence Apache-2.0.\n"


def files() -> Iterator[tuple[str, str]]:
    """The name and the text of each file."""
    yield (
        "transhumance.schema",
        _HEAD.format("for slapd.conf: `include /path/transhumance.schema`")
        + "".join(f"attributetype {_attribute(kept)}\n" for kept in ATTRIBUTES)
        + f"objectclass {_class()}\n",
    )
    yield (
        "transhumance.ldif",
        _HEAD.format("for cn=config: `ldapadd -Y EXTERNAL -H ldapi:/// -f transhumance.ldif`")
        + "dn: cn=transhumance,cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: transhumance\n"
        + "".join(f"olcAttributeTypes: {_attribute(kept)}\n" for kept in ATTRIBUTES)
        + f"olcObjectClasses: {_class()}\n",
    )
    yield (
        "99transhumance.ldif",
        _HEAD.format("for 389-ds: into the schema folder of the instance, then `dsconf INSTANCE schema reload`")
        + "dn: cn=schema\n"
        + "".join(f"attributeTypes: {_attribute(kept)}\n" for kept in ATTRIBUTES)
        + f"objectClasses: {_class()}\n",
    )


if __name__ == "__main__":
    for name, text in files():
        Path(__file__).with_name(name).write_text(text)
