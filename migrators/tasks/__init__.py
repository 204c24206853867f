"""Tasks, sticky notes and journal entries as iCalendar objects."""

from transhumance.migrators.tasks.codes import CODES
from transhumance.migrators.tasks.forms import CODECS as FORM_CODECS
from transhumance.migrators.tasks.ical import ICAL_CODECS

CODECS = (*ICAL_CODECS, *FORM_CODECS)

__all__ = ["CODECS", "CODES"]
