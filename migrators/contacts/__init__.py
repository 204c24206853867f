"""Contacts: people and distribution lists as vCards."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from transhumance.migrators.contacts import codes
from transhumance.migrators.contacts.codes_mapi import MAPI_CODES
from transhumance.migrators.contacts.vcard import VcardCodec

FORMS: tuple[Any, ...] = (
    getattr(import_module(f"{__name__}.forms"), "CODECS", ()) if find_spec(f"{__name__}.forms") else ()
)
CODES = (*codes.CODES, *MAPI_CODES)
CODECS: tuple[Any, ...] = (VcardCodec(), *FORMS)

__all__ = ["CODECS", "CODES"]
