"""Contacts: people and distribution lists as vCards."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from transhumance.migrators.contacts.codes import CODES
from transhumance.migrators.contacts.vcard import VcardCodec

FORMS: tuple[Any, ...] = import_module(f"{__name__}.forms").CODECS if find_spec(f"{__name__}.forms") else ()
CODECS: tuple[Any, ...] = (VcardCodec(), *FORMS)

__all__ = ["CODECS", "CODES"]
