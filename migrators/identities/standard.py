"""Which standard class an entry of Active Directory becomes, and which standard attribute each of its attributes: as
data. Both ways read this and nothing else.

Classes and attributes: RFC 4519 (person, groupOfNames, organizationalUnit, device, applicationProcess, uidObject),
RFC 2798 (inetOrgPerson), RFC 4524 (domain), RFC 2307 (posixAccount), RFC 4512 4.3 (extensibleObject), RFC 4530
(entryUUID), draft-behera-ldap-password-policy-10 (pwdAccountLockedTime, pwdReset, and pwdEndTime as OpenLDAP has it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transhumance.migrators.identities.values import (
    Check,
    is_der,
    is_dn,
    is_ia5,
    is_jpeg,
    is_number,
    is_phone,
    is_text,
    is_time,
)

NOBODY = b"cn=empty-group"  # groupOfNames must have a member (RFC 4519, 3.5): the mark of a group that has none


@dataclass(frozen=True, slots=True)
class Move:
    """One attribute of Active Directory and its standard place. `fits`: whether a value can stand there; `code`: the
    loss told when it can't. `how`: `same` bytes, or a named way (see `build`). `single`: the place takes one value."""

    source: str
    target: str
    fits: Check
    code: str
    how: str = "same"
    single: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What an entry becomes. `classes`: its objectClass. `ad_classes`: what the document alone says it was. `moves`: in
    order; where two have one target, the first value of the target is the first one's and the rest the second's."""

    name: str
    classes: tuple[bytes, ...]
    ad_classes: tuple[bytes, ...]
    moves: tuple[Move, ...]
    must: tuple[str, ...] = ("cn",)
    beyond: frozenset[str] = frozenset()  # targets that need the class extensibleObject here


def _text(*names: str, single: bool = False) -> tuple[Move, ...]:
    """`a` keeps its name; `a>b` becomes b."""
    moves = []
    for name in names:
        source, _, target = name.partition(">")
        moves.append(Move(source, target or source, is_text, "ID-TXT-01", "text", single))
    return tuple(moves)


def _of(fits: Check, code: str, *names: str, how: str = "same", single: bool = False) -> tuple[Move, ...]:
    moves = []
    for name in names:
        source, _, target = name.partition(">")
        moves.append(Move(source, target or source, fits, code, how, single))
    return tuple(moves)


_ALWAYS = (
    Move("objectGUID", "entryUUID", is_text, "", "guid", True),
    Move("whenCreated", "createTimestamp", is_time, "", "same", True),
)
_PLACE = _text("l", "st", "streetAddress>street", "street", "postalCode", "postOfficeBox", "physicalDeliveryOfficeName")
_PHONES = tuple(
    move
    for first, other in (
        ("telephoneNumber", "otherTelephone"),
        ("facsimileTelephoneNumber", "otherFacsimileTelephoneNumber"),
        ("homePhone", "otherHomePhone"),
        ("mobile", "otherMobile"),
        ("pager", "otherPager"),
    )
    for move in _of(is_phone, "ID-TEL-01", first, f"{other}>{first}")
)
_MAIL = (
    Move("mail", "mail", is_ia5, "ID-MAI-02", single=False),
    Move("proxyAddresses", "mail", is_ia5, "ID-MAI-02", "proxy"),
)
_PEOPLE = (
    *_ALWAYS,
    *_text("cn", "sn", "givenName", "initials", "title", "description"),
    *_text("displayName", "employeeNumber", "preferredLanguage", single=True),
    *_MAIL,
    *_PHONES,
    *_PLACE,
    *_text("postalAddress", "homePostalAddress", "ou", "employeeType", "carLicense", "businessCategory", "roomNumber"),
    *_text("company>o", "o", "department>departmentNumber", "departmentNumber"),
    *_text("wWWHomePage>labeledURI", "url>labeledURI", "labeledURI"),
    *_of(is_dn, "ID-REF-02", "manager", "assistant>secretary", "secretary", "seeAlso"),
    *_of(is_jpeg, "ID-PHO-02", "thumbnailPhoto>jpegPhoto", "jpegPhoto"),
    *_of(is_der, "ID-CRT-01", "userCertificate>userCertificate;binary"),
    *_of(is_der, "ID-CRT-01", "userSMIMECertificate>userSMIMECertificate;binary"),
)
_LOGIN = (
    Move("sAMAccountName", "uid", is_text, "ID-TXT-01", "login"),
    *_text("uid"),
    Move("userAccountControl", "pwdAccountLockedTime", is_number, "", "lock", True),
    Move("accountExpires", "pwdEndTime", is_number, "", "expiry", True),
    Move("pwdLastSet", "pwdReset", is_number, "", "reset", True),
)
_POSIX = (
    *_of(is_number, "", "uidNumber", "gidNumber", single=True),
    *_of(is_ia5, "", "unixHomeDirectory>homeDirectory", "loginShell", "gecos", single=True),
)
POSIX_MUST = ("uidNumber", "gidNumber", "homeDirectory")
POSIX = frozenset(move.source.lower() for move in _POSIX)

_PERSON = (b"top", b"person", b"organizationalPerson", b"inetOrgPerson")

PERSON = Shape(
    "person",
    _PERSON,
    (b"top", b"person", b"organizationalPerson", b"user"),
    (*_LOGIN, *_PEOPLE, *_POSIX),
    ("cn", "sn"),
)
CONTACT = Shape("contact", _PERSON, (b"top", b"person", b"organizationalPerson", b"contact"), _PEOPLE, ("cn", "sn"))
GROUP = Shape(
    "group",
    (b"top", b"groupOfNames"),
    (b"top", b"group"),
    (
        *_ALWAYS,
        *_text("cn", "description", "businessCategory", "o", "ou"),
        *_text("sAMAccountName>uid", "uid"),
        *_of(is_dn, "ID-REF-02", "member", "managedBy>owner", "owner", "seeAlso"),
        *_text("displayName", single=True),
        *_MAIL,
    ),
    ("cn", "member"),
    frozenset({"displayname", "mail"}),
)
_UNIT = (
    *_ALWAYS,
    *_text("ou", "description", "businessCategory", "postalAddress"),
    *_PLACE,
    *_of(is_phone, "ID-TEL-01", "telephoneNumber", "facsimileTelephoneNumber"),
    *_of(is_dn, "ID-REF-02", "seeAlso"),
)
UNIT = Shape("ou", (b"top", b"organizationalUnit"), (b"top", b"organizationalUnit"), _UNIT, ("ou",))
# a container is named by cn, which organizationalUnit does not allow by itself
CONTAINER = Shape(
    "container",
    (b"top", b"organizationalUnit", b"extensibleObject"),
    (b"top", b"container"),
    (*_text("cn"), *_UNIT),
    ("ou",),
    frozenset({"cn"}),
)
DOMAIN = Shape(
    "domain",
    (b"top", b"domain"),
    (b"top", b"domain", b"domainDNS"),
    (*_ALWAYS, *_of(is_ia5, "", "dc", single=True), *_text("description", "l", "o")),
    ("dc",),
)
COMPUTER = Shape(
    "computer",
    (b"top", b"device"),
    (b"top", b"person", b"organizationalPerson", b"user", b"computer"),
    (
        *_ALWAYS,
        *_text("cn", "description", "l", "o", "ou"),
        *_of(is_dn, "ID-REF-02", "managedBy>owner", "seeAlso"),
    ),
)
# what no standard class says: its name and its description, in a class that any server has
OTHER = Shape(
    "other",
    (b"top", b"applicationProcess"),
    (),
    (*_ALWAYS, *_text("cn", "description", "l", "ou"), *_of(is_dn, "ID-REF-02", "seeAlso")),
)
SHAPES = (PERSON, CONTACT, GROUP, UNIT, CONTAINER, DOMAIN, COMPUTER, OTHER)

SERVICES = frozenset(
    ("msds-groupmanagedserviceaccount", "msds-managedserviceaccount", "msds-delegatedmanagedserviceaccount")
)
_BY_CLASS = (
    (SERVICES, OTHER),
    (frozenset({"computer"}), COMPUTER),
    (frozenset({"group", "msexchdynamicdistributionlist", "groupofnames", "groupofuniquenames"}), GROUP),
    (frozenset({"contact"}), CONTACT),
    (frozenset({"user", "inetorgperson"}), PERSON),
    (frozenset({"person", "organizationalperson"}), CONTACT),
    (frozenset({"organizationalunit"}), UNIT),
    (frozenset({"domaindns", "domain"}), DOMAIN),
)


def shape_of(classes: frozenset[str], deleted: bool) -> Shape:
    """The shape of an entry of these classes (lower case). A deleted object is inventory, never a person again."""
    if deleted:
        return OTHER
    if "container" in classes and classes <= {"top", "container"}:
        return CONTAINER
    return next((shape for known, shape in _BY_CLASS if classes & known), OTHER)


def shape_of_document(classes: frozenset[str], named_by: str, has_login: bool) -> Shape:
    """The shape of a document, from its own classes (lower case), the type of its name, and whether it has a uid."""
    if "inetorgperson" in classes:
        return PERSON if has_login else CONTACT
    if "groupofnames" in classes:
        return GROUP
    if "organizationalunit" in classes:
        return CONTAINER if "extensibleobject" in classes and named_by != "ou" else UNIT
    return DOMAIN if "domain" in classes else COMPUTER if "device" in classes else OTHER


def targets_of(shape: Shape) -> Mapping[str, tuple[Move, ...]]:
    """The moves into each target (lower case), in order."""
    found: dict[str, tuple[Move, ...]] = {}
    for move in shape.moves:
        found[move.target.lower()] = (*found.get(move.target.lower(), ()), move)
    return found


TARGETS = {shape.name: targets_of(shape) for shape in SHAPES}
MOVES = {shape.name: {move.source.lower(): move for move in shape.moves} for shape in SHAPES}
