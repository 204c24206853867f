"""Calendars: events as iCalendar objects."""

from transhumance.migrators.calendars.codes import CODES
from transhumance.migrators.calendars.forms import CODECS as FORM_CODECS
from transhumance.migrators.calendars.ical import ICAL_CODECS

CODECS = (*ICAL_CODECS, *FORM_CODECS)

__all__ = ["CODECS", "CODES"]
