"""What the controller's schema says of each attribute, and what nobody but a controller may write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transhumance.connectors.active_directory.directory import Directory
from transhumance.connectors.formats import ldapber as ber

_DN, _DN_BINARY, _DN_STRING = b"2.5.5.1", b"2.5.5.7", b"2.5.5.14"  # MS-ADTS 3.1.1.2.2.2

# what only a controller writes, whatever the schema says: ids, counters, secrets, what it computes; a password is never
# written from a record (MS-ADTS 3.1.1.5.2, 3.1.1.5.3)
NEVER = frozenset(
    """objectguid objectsid sidhistory memberof whencreated whenchanged ntsecuritydescriptor objectcategory
    instancetype systemflags iscriticalsystemobject samaccounttype pwdlastset lockouttime admincount
    dscorepropagationdata name distinguishedname badpwdcount badpasswordtime lastlogon lastlogoff logoncount
    lastlogontimestamp usnchanged usncreated isdeleted isrecycled lastknownparent operatorcount unicodepwd
    userpassword dbcspwd lmpwdhistory ntpwdhistory supplementalcredentials msds-keyversionnumber
    primarygrouptoken canonicalname objectclass rid""".split()
)
APART = frozenset("primarygroupid useraccountcontrol".split())  # written, each in its own way


@dataclass(frozen=True, slots=True)
class Schema:
    """Attribute names, lower case. `writable`: those that may be given. `links`: whose values are names of other
    entries. `single`: those of one value."""

    known: frozenset[str]
    writable: frozenset[str]
    links: frozenset[str]
    single: frozenset[str]

    def takes(self, name: str) -> bool:
        """Whether a value of it can be written as an ordinary one."""
        return name in self.writable and name not in APART

    def unknown(self, names: Iterable[str]) -> list[str]:
        return sorted(name for name in names if name.lower() not in self.known)


def read_schema(directory: Directory) -> Schema:
    """Asks the controller, once an opened endpoint."""
    known, writable, links, single = set(), set(), set(), set()
    asked = ("lDAPDisplayName", "attributeSyntax", "systemOnly", "linkID", "isSingleValued", "systemFlags")
    with directory.session().another() as apart:
        wanted = ber.equal("objectClass", b"attributeSchema")
        for page in apart.pages(directory.controller().schema, ber.ONE, wanted, asked):
            for entry in page:
                said = {name.lower(): values[0] for name, values in entry.attributes.items() if values}
                name = said.get("ldapdisplayname", b"").decode("ascii", "replace").lower()
                known.add(name)
                back_link = int(said.get("linkid", b"0")) % 2 == 1
                constructed = int(said.get("systemflags", b"0")) & 0x4
                if said.get("systemonly") != b"TRUE" and not back_link and not constructed and name not in NEVER:
                    writable.add(name)
                if said.get("attributesyntax") in (_DN, _DN_BINARY, _DN_STRING):
                    links.add(name)
                if said.get("issinglevalued") == b"TRUE":
                    single.add(name)
    return Schema(frozenset(known), frozenset(writable), frozenset(links), frozenset(single))
