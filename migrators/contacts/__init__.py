"""Contacts: people and distribution lists as vCards."""

from transhumance.migrators.contacts.codes import CODES
from transhumance.migrators.contacts.forms import CODECS as FORM_CODECS
from transhumance.migrators.contacts.vcard import VcardCodec

CODECS = (VcardCodec(), *FORM_CODECS)

__all__ = ["CODECS", "CODES"]
