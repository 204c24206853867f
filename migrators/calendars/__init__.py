"""Calendars: events as iCalendar objects."""

from transhumance.migrators.calendars import codes
from transhumance.migrators.calendars.codes_mapi import MAPI_CODES
from transhumance.migrators.calendars.forms import CODECS as FORM_CODECS
from transhumance.migrators.calendars.ical import ICAL_CODECS

CODES = (*codes.CODES, *MAPI_CODES)
CODECS = (*ICAL_CODECS, *FORM_CODECS)

__all__ = ["CODECS", "CODES"]
