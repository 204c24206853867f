"""Objects as subjects: what a plan may select them by, under the names that every directory uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transhumance.connectors.contract import Selector, Subject
from transhumance.connectors.entra_id.spool import Spool
from transhumance.connectors.formats.graph_entry import APPLICATION, GROUP, USER, dn_of, name_of, named_by

_KINDS = {USER: "person", GROUP: "group", APPLICATION: "service"}


def subjects(spool: Spool, base: str, selector: Selector) -> Iterator[Subject]:
    """Every object that the selector wants, in order of key."""
    for key, item in spool.objects(selector.keys):
        kind = _KINDS.get(str(item.get("@odata.type")), "other")
        mail = _mail(item)
        yield Subject(
            key,
            kind,
            str(item.get("displayName") or name_of(item)),
            mail,
            {
                "dn": dn_of(item, base),
                "ou": base,
                "groups": tuple(dn_of(group, base) for group in spool.groups_of(str(item.get("id")))),
                "disabled": item.get("accountEnabled") is False,
                "mail": mail,
                "login": str(item.get(named_by(item)) or "") if kind == "person" else "",
                "upn": str(item.get("userPrincipalName") or ""),
                "builtin": False,
                "dependants": _dependants(item),
                "guest": _is_guest(item),
                "synchronised": item.get("onPremisesSyncEnabled") is True,
            },
        )


def _mail(item: Mapping[str, Any]) -> str | None:
    if item.get("mail"):
        return str(item["mail"])
    primary = (str(each)[5:] for each in item.get("proxyAddresses", ()) if str(each).startswith("SMTP:"))
    return next(primary, None)


def _is_guest(item: Mapping[str, Any]) -> bool:
    return item.get("userType") == "Guest" or "#EXT#" in str(item.get("userPrincipalName", "")).upper()


def _dependants(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What would miss the person or group if Entra ID were switched off."""
    found = []
    if item.get("registeredMethods"):
        found.append("second-factor")
    if item.get("appRoleAssignedTo"):
        found.append("application")
    if "Unified" in item.get("groupTypes", ()):
        found.append("mailbox")
    return tuple(found)
