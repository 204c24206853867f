"""What "equal" means for a user or group of Keycloak."""

from __future__ import annotations

from transhumance.connectors.contract import PropertyClass, PropertyTable
from transhumance.connectors.formats.keycloak import ATTRIBUTES, EXPIRED, FORM, INHERITED, MEMBER, MEMBER_LONG, ORDER

_VOLATILE = {
    "createdTimestamp": "when the account was made here",
    "requiredActions": "what the person still has to do; gone when it is done",
    "credentials": "the kinds of credentials; they come with use",
    "totp": "whether there is a one-time password",
    "notBefore": "a log-out of everywhere",
    "emailVerified": "whether the address was confirmed here",
    "federationLink": "the directory that checks the password; cut in its time",
    ATTRIBUTES + EXPIRED: "closed because the end date was reached",
}
_DERIVED = {
    "base": "where people without a name of their own are said to be",
    "path": "where the group stands in the tree: from nesting and units",
    "parentId": "where the group stands in the tree",
    "subGroupCount": "counted",
    "groups": "the other end of a link: groups hold their members",
    "disableableCredentialTypes": "from the credentials",
    "access": "what the one who asks may do",
    "origin": "from the federation link",
    ATTRIBUTES + MEMBER: "the members that are no users here; `members` has all",
    ATTRIBUTES + MEMBER_LONG: "the same",
    ATTRIBUTES + "LDAP_*": "the marks of a federation link",
    ATTRIBUTES + INHERITED: "who is a member by way of another group",
    ATTRIBUTES + ORDER: "the order of values; the values have it",
}
_META = {"id": "what identifies it", "realmRoles": "roles granted here", "clientRoles": "roles granted here"}

KEYCLOAK_TABLE = PropertyTable(
    FORM,
    (
        *((name, PropertyClass.VOLATILE, why) for name, why in _VOLATILE.items()),
        *((name, PropertyClass.DERIVED, why) for name, why in _DERIVED.items()),
        *((name, PropertyClass.META, why) for name, why in _META.items()),
        ("*", PropertyClass.CONTENT, "fields, attributes, members"),
    ),
)
