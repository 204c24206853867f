"""Mail: a codec for each form that messages come in, and the loss codes. Nothing heavy is imported here."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from transhumance.migrators.mail.codes import CODES
from transhumance.migrators.mail.rfc5322 import Rfc5322Codec

_MAPI = "transhumance.migrators.mail.forms.mapi"

CODECS: tuple[Any, ...] = (Rfc5322Codec(),)
if find_spec(f"{__name__}.forms") and find_spec(_MAPI):
    CODECS += tuple(import_module(_MAPI).CODECS)

__all__ = ["CODECS", "CODES"]
