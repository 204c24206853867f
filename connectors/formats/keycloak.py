"""How a directory entry lies in Keycloak: the names of our attributes, the limits of its fields, and the version of a
user or group. The codec and the connector both read this, so that they mean the same.

Users and groups are representations of the admin REST API, flattened: `type`, `id`, `username`, ... and one property
`attributes/NAME` (a tuple of texts) for each attribute. All that is ours begins with `trh.`, which no attribute of a
directory does (a dotted name there is an OID).

Limits, each seen on Keycloak 26.7.3: a user attribute's value of more than 2,048 characters is imported and then keeps
the person from ever being saved again; a group's value of more than 255 is refused by the database; blank values are
dropped when a person is saved; `username` and `email` are folded to lower case; first and last names with some signs,
and addresses that are none, are imported and refused afterwards.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from transhumance.connectors.formats.dn import Ava, dn_key, format_dn

FORM, KIND = "keycloak-user", "entry"
USER, GROUP = "user", "group"
OURS, ATTRIBUTES = "trh.", "attributes/"

DN = "trh.dn"  # the entry's name at its source
REST = "trh.rest"  # values that are no plain text of an attribute: see `pack`
ORDER = "trh.order"  # attributes whose values are not in order of letter: see `order_of`
KIND_OF = "trh.kind"  # of a group: `ou` where it stands for an organisational unit
NO_ID = "trh.id-from-name"  # the entry had no id: the one here was made from its name
NAME = "trh.name"  # of a group: the name that it was given here; while it has that one, its `cn` is the entry's own
MEMBER = "trh.member"  # of a group: members that are no users of the realm: groups, and people who have not come
MEMBER_LONG = "trh.member-long"  # the same, of names that are longer than a value: packed
MEMBER_ATTRIBUTE = "trh.member-attribute"  # of a group: how the entry named its members, where not by `member`
NO_MEMBER = "trh.memberless"  # of a group: the entry named no member at all, not even the mark of an empty group
INHERITED = "trh.inherited"  # of a group: ids of users who are members by way of a group that the tree can't nest
EXPIRED = "trh.expired"  # of a user: closed by us, because the account's end date was reached
FEDERATED = ("LDAP_ID", "LDAP_ENTRY_DN")  # the marks of a federation link

USER_LIMIT, GROUP_LIMIT, WHOLE_LIMIT = 2048, 255, 2048
_FIELD_LIMIT = 255
# PersonNameProhibitedCharactersValidator of Keycloak
_NAME_SIGNS = re.compile(r'[<>&"\x0b$%!#?§;*~/\\|^=\[\]{}()\x00-\x1f\x7f]+')
# UsernameProhibitedCharactersValidator: imported all the same; checked at each change where names may be edited
ODD_LOGIN = re.compile(r'[<>&"\'\s$%!#?§,;:*~/\\|^=\[\]{}()`\x00-\x1f\x7f]')
_MAIL = re.compile(
    r"(?=.{3,254}$)(?=[^@]{1,64}@)[^\s@.<>()\[\]\\,;:\"\x00-\x1f\x7f]+(?:\.[^\s@.<>()\[\]\\,;:\"\x00-\x1f\x7f]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_NAMESPACE = uuid.UUID("6f1a9f0e-7c0a-5a39-9d3f-2f3d5c1b7e42")  # ids of entries that have none, from their names
RANK = {"ou": b"1", USER: b"2", GROUP: b"3"}

# what is true of a user or group at this moment only, or follows from elsewhere: no part of its version
UNVERSIONED = frozenset(
    """path groups base createdTimestamp requiredActions credentials federationLink totp notBefore access emailVerified
    disableableCredentialTypes realmRoles clientRoles origin subGroupCount parentId""".split()
)


def fold(name: str) -> str:
    """A user name as Keycloak holds it."""
    return name.lower()


def clean_name(text: str) -> str:
    """A first or last name that Keycloak takes, now and when the person is saved again; empty where nothing is
    left."""
    if not _NAME_SIGNS.search(text):
        return text[:_FIELD_LIMIT] if text.strip() else ""
    return " ".join(_NAME_SIGNS.sub(" ", text).split())[:_FIELD_LIMIT]


def clean_mail(text: str) -> str:
    """An address as Keycloak holds it; empty for one that it refuses."""
    return text.lower() if _MAIL.fullmatch(text) else ""


def clean_group(text: str) -> str:
    """A group's name: `/` separates the names of a path; 255 characters at most."""
    name = re.sub(r"[/\x00-\x1f\x7f]", "-", text).strip()[: _FIELD_LIMIT - 16]
    return name or "-"


CLEAN = {"uid": fold, "mail": clean_mail, "givenName": clean_name, "sn": clean_name}
FIELDS = {"uid": "username", "mail": "email", "givenName": "firstName", "sn": "lastName"}


def spelt(names: Iterable[str], wanted: str) -> str:
    """How these names write an attribute; names have no case (RFC 4512, 2.5)."""
    found = [name for name in names if name.lower() == wanted.lower()]
    return wanted if wanted in found or not found else found[0]


def id_of_name(name: str) -> str:
    """The id of an entry that has none, from its name as names are matched."""
    return str(uuid.uuid5(_NAMESPACE, name))


def key_of(rank: str, id_: str) -> bytes:
    """The key of a user, group or unit: its rank, then the 16 bytes that an `objectGUID` has; the text of an id that
    is no UUID."""
    try:
        return RANK[rank] + uuid.UUID(id_).bytes_le
    except ValueError:
        return RANK[rank] + b"id:" + id_.encode()


def id_of(key: bytes) -> str:
    """The id again. Raises `ValueError` for what is no key of ours."""
    if key[1:4] == b"id:":
        return key[4:].decode("utf-8", "replace")
    return str(uuid.UUID(bytes_le=key[1:17]))


def rank_of(properties: Mapping[str, Any]) -> str:
    """`user`, `group`, or `ou` for a group that stands for a unit."""
    if properties.get("type") != GROUP:
        return USER
    return "ou" if properties.get(ATTRIBUTES + KIND_OF) == ("ou",) else GROUP


def made_name(properties: Mapping[str, Any]) -> str:
    """A distinguished name for a user or group that was born in Keycloak."""
    type_, text = ("cn", properties.get("name")) if properties.get("type") == GROUP else ("uid", None)
    own = format_dn(((Ava(type_, str(text or properties.get("username", "-")).encode()),),))
    base = properties.get("base")
    return f"{own},{base}" if base else own


def name_of(properties: Mapping[str, Any]) -> str:
    """The distinguished name of a user or group: its source's, else one made for it."""
    own = properties.get(ATTRIBUTES + DN) or tuple(
        value.decode("utf-8", "surrogateescape")
        for value in unpack(properties.get(ATTRIBUTES + REST, ())).get("dn", ())
    )
    return str(own[0]) if own else made_name(properties)


# --- values


def is_plain(values: Sequence[bytes], limit: int) -> bool:
    """Whether these values can be an attribute as they are: texts that come back the same, each once."""
    if len(set(values)) != len(values):
        return False
    for value in values:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return False
        if not text.strip() or len(text) > limit or "\0" in text:
            return False
    return True


def order_of(name: str, values: Sequence[str]) -> str | None:
    """The order of an attribute's values, where it is not that of letters: no database promises to keep it."""
    ordered = sorted(values)
    return None if ordered == list(values) else f"{name}:{','.join(str(ordered.index(value)) for value in values)}"


def in_order(values: Iterable[str], order: str | None) -> tuple[str, ...]:
    """The values in the order that was noted; by letter where none was, or where values came or went since."""
    ordered = sorted(values)
    places = [int(at) for at in order.split(",") if at.isdigit()] if order else []
    if sorted(places) == list(range(len(ordered))):
        return tuple(ordered[at] for at in places)
    return tuple(ordered)


def pack(name: str, values: Sequence[bytes], limit: int) -> Iterator[str]:
    """Values of any bytes as texts: `name/number/part base64`, each within the limit."""
    for number, value in enumerate(values):
        head = f"{name}/{number}/"
        room = max((limit - len(head) - 6) // 4 * 3, 3)
        for part in range(0, max(len(value), 1), room):
            yield f"{head}{part // room} {b64encode(value[part : part + room]).decode()}"


def unpack(texts: Iterable[str]) -> dict[str, tuple[bytes, ...]]:
    """The values again; what is no such text is passed over."""
    found: dict[str, dict[int, dict[int, bytes]]] = {}
    for text in texts:
        head, _, data = text.partition(" ")
        name, number, part = (head.rsplit("/", 2) + ["", ""])[:3]
        if number.isdigit() and part.isdigit():
            try:
                found.setdefault(name, {}).setdefault(int(number), {})[int(part)] = b64decode(data, validate=True)
            except ValueError:
                continue
    return {
        name: tuple(b"".join(parts[at] for at in sorted(parts)) for _, parts in sorted(values.items()))
        for name, values in found.items()
    }


def named_members(names: Iterable[str]) -> dict[str, list[str]]:
    """Members that are no users here, as a group's attributes."""
    short = sorted(name for name in names if len(name) <= GROUP_LIMIT)
    long = sorted(name.encode("utf-8", "surrogateescape") for name in names if len(name) > GROUP_LIMIT)
    return {MEMBER: short, MEMBER_LONG: list(pack("member", long, GROUP_LIMIT))}


def members_named(attributes: Mapping[str, Sequence[str]]) -> list[str]:
    """The members again that a group's attributes name."""
    long = unpack(attributes.get(MEMBER_LONG, ())).get("member", ())
    return [*attributes.get(MEMBER, ()), *(value.decode("utf-8", "surrogateescape") for value in long)]


# --- representations and properties


def properties_of(representation: Mapping[str, Any], type_: str) -> dict[str, Any]:
    """A representation of the admin API as properties: values of attributes in order of letter (no database promises
    another), what is empty left out."""
    out: dict[str, Any] = {"type": type_}
    for name, value in representation.items():
        if name == "attributes":
            out |= {ATTRIBUTES + key: tuple(sorted(values)) for key, values in (value or {}).items() if values}
        elif name not in ("access", "subGroups", "userProfileMetadata") and value not in (None, "", [], {}):
            out[name] = tuple(value) if isinstance(value, list) else value
    return out


def representation_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The representation again, without what only the connector knows (`type`, `base`, `members`)."""
    out: dict[str, Any] = {"attributes": {}}
    for name, value in properties.items():
        if name.startswith(ATTRIBUTES):
            out["attributes"][name.removeprefix(ATTRIBUTES)] = list(value)
        elif name not in ("type", "base", "members"):
            out[name] = list(value) if isinstance(value, tuple) else value
    return out


def version_of(properties: Mapping[str, Any]) -> str:
    """What changes when anything of a user or group does that its directory entry says. Not: log-ins, passwords,
    grants of roles, where a group stands in the tree; nor that a member came whom the group already named."""
    said = {name: value for name, value in properties.items() if name not in UNVERSIONED}
    for name in (INHERITED, EXPIRED, MEMBER, MEMBER_LONG, ORDER, *FEDERATED):
        said.pop(ATTRIBUTES + name, None)
    if properties.get(ATTRIBUTES + EXPIRED):
        said["enabled"] = True
    if properties.get("type") == GROUP:
        if properties.get(ATTRIBUTES + NAME) == (properties.get("name"),):  # the name is ours, not the entry's
            said.pop("name", None)
        said.pop(ATTRIBUTES + NAME, None)
        said["members"] = tuple(sorted({dn_key(name) for name in properties.get("members", ())}))
    flat = {name: sorted(value) if isinstance(value, tuple) else value for name, value in said.items()}
    return hashlib.sha256(json.dumps(flat, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]
