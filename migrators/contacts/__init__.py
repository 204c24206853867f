"""Contacts: people and distribution lists as vCards."""

from transhumance.migrators.contacts import codes
from transhumance.migrators.contacts.codes_mapi import MAPI_CODES
from transhumance.migrators.contacts.forms import CODECS as FORM_CODECS
from transhumance.migrators.contacts.vcard import VcardCodec

CODES = (*codes.CODES, *MAPI_CODES)
CODECS = (VcardCodec(), *FORM_CODECS)

__all__ = ["CODECS", "CODES"]
