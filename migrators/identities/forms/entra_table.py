"""What "equal" means for an object of Graph."""

from __future__ import annotations

from transhumance.connectors.contract import PropertyClass, PropertyTable
from transhumance.connectors.formats.graph_entry import FORM

_META = {
    "what identifies it": "id @odata.type onPremisesImmutableId onPremisesSecurityIdentifier createdDateTime "
    "creationType",
    "where it came from": "onPremisesDistinguishedName onPremisesDomainName onPremisesSyncEnabled externalUserState",
}

ENTRA_TABLE = PropertyTable(
    FORM,
    (
        ("registeredMethods", PropertyClass.VOLATILE, "how the person proves who he is, as last seen; never moves"),
        *((name, PropertyClass.META, why) for why, names in _META.items() for name in names.split()),
        ("*", PropertyClass.CONTENT, "all else is what the object says; null and empty are absent"),
    ),
)
