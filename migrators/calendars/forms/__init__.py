"""Forms of calendar items that several connectors share."""

from transhumance.migrators.calendars.forms.mapi import CODECS

__all__ = ["CODECS"]
