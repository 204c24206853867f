"""What a plan may select an entry by: its kind as a subject, its names, its groups, what depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from transhumance.connectors.formats.dn import parent_dn, rdn_value
from transhumance.connectors.formats.entry import Lower, classes_of
from transhumance.connectors.formats.ldif import LdifRecord

GROUPS = frozenset(
    "group groupofnames groupofuniquenames groupofmembers groupofurls posixgroup msexchdynamicdistributionlist".split()
)
PEOPLE = frozenset("user inetorgperson organizationalperson person posixaccount account".split())
SERVICES = frozenset(
    "msds-groupmanagedserviceaccount msds-managedserviceaccount msds-delegatedmanagedserviceaccount".split()
)
MEMBERS = ("member", "uniquemember")

# msExchRecipientTypeDetails: shared, room, equipment, and the same of a mailbox that lies in the cloud
_SHARED = frozenset({4, 34359738368})
_RESOURCE = frozenset({16, 32, 8589934592, 17179869184})
# msExchRecipientDisplayType: room and equipment, here and synchronised from another forest
_RESOURCE_SHOWN = frozenset({7, 8, -2147481850, -2147481594})

DISABLED, TRUST = 0x2, 0x800
_DEPENDANTS = (
    ("serviceprincipalname", "services"),
    ("msds-allowedtodelegateto", "delegation"),
    ("msds-allowedtoactonbehalfofotheridentity", "delegation"),
    ("altsecurityidentities", "smart-card"),
    ("usercertificate", "certificates"),
    ("usercertificate;binary", "certificates"),
    ("homedirectory", "home-folder"),
    ("profilepath", "profile"),
    ("scriptpath", "logon-script"),
    ("msexchmailboxguid", "mailbox"),
    ("msexchdelegatelistlink", "mailbox-delegates"),
    ("publicdelegates", "mailbox-delegates"),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """An entry as a subject. `groups`: the DNs that the entry itself names; those that name it are added by who knows
    them all. `sid`, `primary`: its own SID and its primary group's, hexadecimal, empty where it has none."""

    kind: str
    name: str
    mail: str | None
    dn: str
    ou: str
    login: str
    upn: str
    disabled: bool
    builtin: bool
    groups: tuple[str, ...]
    dependants: tuple[str, ...]
    sid: str
    primary: str


def text(value: bytes | str) -> str:
    """A value for people: what is not UTF-8 is shown as U+FFFD."""
    raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return raw.decode("utf-8", "replace")


def profile(record: LdifRecord, lower: Lower) -> Profile:
    """An entry as a subject."""
    sid = _first(lower, "objectsid")
    return Profile(
        kind_of(lower),
        text(_first(lower, "displayname") or _first(lower, "cn") or rdn_value(record.dn)),
        _mail(lower),
        text(record.dn),
        text(parent_dn(record.dn)),
        text(_first(lower, "samaccountname") or _first(lower, "uid")),
        text(_first(lower, "userprincipalname")),
        bool(_number(lower, "useraccountcontrol") & DISABLED) or _true(lower, "nsaccountlock") or _locked(lower),
        _true(lower, "iscriticalsystemobject") or _well_known(sid),
        tuple(map(text, lower.get("memberof", ()))),
        tuple(dict.fromkeys(what for name, what in _DEPENDANTS if name in lower)),
        sid.hex(),
        _primary(sid, _number(lower, "primarygroupid")),
    )


def kind_of(lower: Lower) -> str:
    """person, group, ou, computer, contact, shared_mailbox, resource, service, or other."""
    classes = classes_of(lower)
    if _true(lower, "isdeleted"):
        return "other"
    if classes & SERVICES:
        return "service"
    if "computer" in classes:
        return "computer"
    if classes & GROUPS:
        return "group"
    if "contact" in classes:
        return "contact"
    if classes & PEOPLE:
        return _kind_of_account(lower)
    return "ou" if "organizationalunit" in classes else "other"


def _kind_of_account(lower: Lower) -> str:
    details = _number(lower, "msexchrecipienttypedetails")
    if details in _SHARED:
        return "shared_mailbox"
    if details in _RESOURCE or _number(lower, "msexchrecipientdisplaytype") in _RESOURCE_SHOWN:
        return "resource"
    if "serviceprincipalname" in lower or _number(lower, "useraccountcontrol") & TRUST:
        return "service"
    return "person"


def members_of(lower: Lower) -> Iterable[str]:
    """The DNs that a group names, options of the attribute aside (`member;range=0-1499`)."""
    for name, values in lower.items():
        if name.partition(";")[0] in MEMBERS:
            yield from (value.decode("utf-8", "surrogateescape") for value in values)


def _first(lower: Lower, name: str) -> bytes:
    values = lower.get(name)
    return values[0] if values else b""


def _number(lower: Lower, name: str) -> int:
    value = _first(lower, name)
    return int(value) if re.fullmatch(rb"-?[0-9]{1,20}", value) else 0


def _true(lower: Lower, name: str) -> bool:
    return _first(lower, name).upper() == b"TRUE"


def _locked(lower: Lower) -> bool:
    """Locked for good, as the password policy draft (behera, 5.3.3) writes it."""
    return _first(lower, "pwdaccountlockedtime") == b"000001010000Z"


def _mail(lower: Lower) -> str | None:
    if mail := _first(lower, "mail"):
        return text(mail)
    primary = (value[5:] for value in lower.get("proxyaddresses", ()) if value[:5] == b"SMTP:")
    found = next(primary, b"")
    return text(found) if found else None


def _well_known(sid: bytes) -> bool:
    """A principal that each domain has: a builtin one, or with a relative id under 1000 (MS-DTYP 2.4.2.4)."""
    if len(sid) < 12 or sid[0] != 1:
        return False
    if sid[2:8] == b"\0\0\0\0\0\5" and sid[8:12] == b"\x15\0\0\0":
        return sid[1] == 5 and int.from_bytes(sid[-4:], "little") < 1000
    return True


def _primary(sid: bytes, rid: int) -> str:
    """The SID of the primary group: the account's domain and the group's relative id."""
    if len(sid) != 28 or not 0 < rid < 1 << 32:
        return ""
    return (sid[:-4] + rid.to_bytes(4, "little")).hex()
