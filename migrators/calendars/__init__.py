"""Calendars: events as iCalendar objects."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from transhumance.migrators.calendars import codes
from transhumance.migrators.calendars.codes_mapi import MAPI_CODES
from transhumance.migrators.calendars.ical import ICAL_CODECS

FORMS: tuple[Any, ...] = (
    getattr(import_module(f"{__name__}.forms"), "CODECS", ()) if find_spec(f"{__name__}.forms") else ()
)
CODES = (*codes.CODES, *MAPI_CODES)
CODECS: tuple[Any, ...] = (*ICAL_CODECS, *FORMS)

__all__ = ["CODECS", "CODES"]
