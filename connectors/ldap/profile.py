"""What a server is, by what it says and by what it answers: nothing asks for a product's name where a control or its
schema tells."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from transhumance.connectors.contract import StopEndpoint, Text
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import Control, Entry
from transhumance.connectors.formats.ldapwire import Session
from transhumance.connectors.ldap.subschema import Subschema, parse

RELAX = "1.3.6.1.4.1.4203.666.5.12"  # draft-zeilenga-ldap-relax
NO_OP = "1.3.6.1.4.1.4203.666.5.2"  # draft-zeilenga-ldap-noop
TXN_START, TXN_SPEC, TXN_END = "1.3.6.1.1.21.1", "1.3.6.1.1.21.2", "1.3.6.1.1.21.3"  # RFC 5805
EFFECTIVE_RIGHTS = "1.3.6.1.4.1.42.2.27.9.5.2"  # draft-ietf-ldapext-acl-model, as 389-ds has it
ORIGIN = "transhumanceorigin"
_WOULD_WORK = 16654  # 0x410E, noOperation: all of it would have been done


@dataclass(frozen=True, slots=True)
class Profile:
    """`id_attribute`: what identifies an entry for good. `keeps_ids`: the Relax control is granted, so that entryUUID
    and createTimestamp can be the source's. `may_write`: whether one may add below the base; None where it can't be
    known without writing. `version`: as the server says it, empty where it does not."""

    base: str
    id_attribute: str
    schema: Subschema = field(repr=False)
    transactions: bool = False
    keeps_ids: bool = False
    may_write: bool | None = None
    is_389: bool = False
    version: str = ""
    contexts: tuple[str, ...] = ()

    @property
    def has_origin(self) -> bool:
        """Whether the auxiliary class of `schema/` is loaded."""
        return ORIGIN in self.schema.classes

    @property
    def has_ppolicy(self) -> bool:
        """Whether locks are obeyed as the password policy draft writes them, and may be written."""
        lock = self.schema.attributes.get("pwdaccountlockedtime")
        return lock is not None and not self.is_389

    @property
    def has_end_time(self) -> bool:
        return self.has_ppolicy and "pwdendtime" in self.schema.attributes

    @property
    def has_member_of(self) -> bool:
        return "memberof" in self.schema.attributes


def look(session: Session, base: str, tries_rights: bool) -> Profile:
    """Asks the server. `tries_rights`: also what may be written, by requests that change nothing.

    Raises `StopEndpoint` where the schema can't be read."""
    root = session.read("", ["+", "*"]) or Entry("", {})
    said = {name.lower(): values for name, values in root.attributes.items()}
    where = said.get("subschemasubentry", (b"cn=Subschema",))[0].decode()
    schema = session.read(where, ["attributeTypes", "objectClasses"])
    lists = {name.lower(): values for name, values in (schema.attributes if schema else {}).items()}
    if not lists.get("objectclasses"):
        name = session.address.name
        raise StopEndpoint(
            Text(
                f"{name} : le schéma ({where}) ne se lit pas ; donnez au compte le droit de lire {where}",
                f"{name}: the schema ({where}) can't be read; let the account read {where}",
            )
        )
    parsed = parse(lists.get("attributetypes", ()), lists["objectclasses"])
    extensions, controls = _texts(said, "supportedextension"), _texts(said, "supportedcontrol")
    is_389 = "nsuniqueid" in parsed.attributes
    may_write, keeps_ids = _rights(session, base, controls) if tries_rights else (None, False)
    return Profile(
        base,
        "nsUniqueId" if is_389 else "entryUUID",
        parsed,
        {TXN_START, TXN_END} <= extensions,
        keeps_ids and not is_389,
        may_write,
        is_389,
        next(iter(_texts(said, "vendorversion")), ""),
        tuple(sorted(_texts(said, "namingcontexts"))),
    )


def _texts(said: dict[str, tuple[bytes, ...]], name: str) -> set[str]:
    return {value.decode("utf-8", "replace") for value in said.get(name, ())}


def _rights(session: Session, base: str, controls: set[str]) -> tuple[bool | None, bool]:
    """Whether one may add below the base, and with an entryUUID of one's own."""
    name = f"transhumance-{uuid.uuid4().hex}"
    plain = {"objectClass": [b"organizationalUnit"], "ou": [name.encode()]}
    with_id = {**plain, "entryUUID": [str(uuid.uuid4()).encode()]}
    no_op, relax = Control(NO_OP, True), Control(RELAX, True)
    answer = session.ask(ber.add(f"ou={name},{base}", plain), [no_op]).code
    if answer == _WOULD_WORK:
        return True, session.ask(ber.add(f"ou={name},{base}", with_id), [no_op, relax]).code == _WOULD_WORK
    if answer == 32:  # the base is not there yet: rights show when it is made
        return None, False
    if answer != 12:
        return False, False
    return (_effective(session, base) if EFFECTIVE_RIGHTS in controls else None), False


def _effective(session: Session, base: str) -> bool | None:
    """What 389-ds says of one's own right to add below an entry."""
    asked = Control(EFFECTIVE_RIGHTS, True, b"dn:" + session.address.username.encode())
    found, result = session.search(base, ber.BASE, attributes=["*"], controls=[asked])
    rights = found[0].attributes.get("entryLevelRights", (b"",))[0] if found and not result.code else b""
    return b"a" in rights if rights and rights != b"none" else None if not rights else False
