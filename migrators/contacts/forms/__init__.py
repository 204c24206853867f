"""Forms of contacts that several connectors share."""

from transhumance.migrators.contacts.forms.mapi import CODECS

__all__ = ["CODECS"]
