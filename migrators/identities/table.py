"""What "equal" means for a directory entry: a class for each attribute."""

from __future__ import annotations

from collections.abc import Iterator

from transhumance.connectors.contract import PropertyClass, PropertyTable
from transhumance.connectors.formats.entry import AD, LDIF

_VOLATILE = {
    "a counter of one domain controller": "uSNChanged uSNCreated uSNLastObjRem uSNDSALastObjRemoved uSNSource",
    "the last change, replication included": "whenChanged modifyTimeStamp modifiedCount modifiedCountAtLastProm",
    "log-ons seen by one domain controller, not replicated": "lastLogon lastLogoff badPwdCount badPasswordTime "
    "logonCount",
    "log-ons seen, rounded to days": "lastLogonTimestamp msDS-LastSuccessfulInteractiveLogonTime "
    "msDS-LastFailedInteractiveLogonTime msDS-FailedInteractiveLogonCount "
    "msDS-FailedInteractiveLogonCountAtLastSuccessfulLogon",
    "the state of replication": "dSCorePropagationData replPropertyMetaData replUpToDateVector repsFrom repsTo "
    "msDS-ReplAttributeMetaData msDS-ReplValueMetaData msDS-NCReplCursors msDS-NCReplInboundNeighbors "
    "msDS-NCReplOutboundNeighbors msDS-RevealedDSAs",
}
_DERIVED = {
    "the name itself": "distinguishedName name canonicalName msDS-parentdistname msDS-PrincipalName",
    "the other end of a link": "memberOf directReports managedObjects masteredBy msDs-masteredBy siteObjectBL *BL "
    "msDS-IsDomainFor msDS-IsFullReplicaFor msDS-IsPartialReplicaFor",
    "computed by the directory": "sAMAccountType primaryGroupToken tokenGroups* createTimeStamp structuralObjectClass "
    "allowedAttributes* allowedChildClasses* subSchemaSubEntry sDRightsEffective fromEntry "
    "msDS-User-Account-Control-Computed msDS-UserPasswordExpiryTimeComputed msDS-Approx-Immed-Subordinates",
}
_META = {
    "how the directory holds the entry": "instanceType systemFlags showInAdvancedViewOnly isCriticalSystemObject "
    "objectCategory nTSecurityDescriptor adminCount codePage countryCode",
    "what identifies it": "objectGUID objectSid whenCreated",
    "the state of the account": "pwdLastSet lockoutTime",
}


def _rows() -> Iterator[tuple[str, PropertyClass, str]]:
    for cls, groups in (
        (PropertyClass.VOLATILE, _VOLATILE),
        (PropertyClass.DERIVED, _DERIVED),
        (PropertyClass.META, _META),
    ):
        for why, names in groups.items():
            for name in names.split():
                yield name, cls, why
                yield name.lower(), cls, why
    yield "*", PropertyClass.CONTENT, "all else is what the entry says, its name (dn) first"


AD_TABLE = PropertyTable(AD, tuple(dict.fromkeys(_rows())))
LDIF_TABLE = PropertyTable(LDIF, (("*", PropertyClass.CONTENT, "every attribute, and the name (dn)"),))
DOCUMENT_TABLE = PropertyTable(LDIF, (("*", PropertyClass.CONTENT, "the record's bytes"),))


def is_volatile(name: str) -> bool:
    """Whether an attribute of Active Directory is left behind: its source writes it anew, and no target could."""
    return AD_TABLE.of(name) is PropertyClass.VOLATILE


def is_derived(name: str) -> bool:
    """Whether an attribute of Active Directory follows from others."""
    return AD_TABLE.of(name) is PropertyClass.DERIVED
