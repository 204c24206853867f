"""UIDs of items that have no id of their own."""

from __future__ import annotations

import uuid

from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.migrators.ical.mapi_object import Opening

_NAMESPACE = uuid.UUID("8f2d6c1e-3f5b-5a43-9d1c-6e0f1b7a2c94")  # of UIDs that are derived, by this project


def derived_uid(opening: Opening) -> str:
    """A UID that stays the same as long as the item's search key does, or else its key in the source."""
    seed = mapi.binary(opening.properties, mapi_tags.SEARCH_KEY) or opening.record.key
    return str(uuid.uuid5(_NAMESPACE, seed.hex()))
