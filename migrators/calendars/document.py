"""Calendar items as documents: one iCalendar object a document, kind `event`.

An object is all components of one UID (the master and its RECURRENCE-ID exceptions) with the VTIMEZONEs that they
use. Nothing is kept in `meta`: what a calendar store knows beside the object belongs to the container.
"""

from transhumance.migrators.ical.document import DOCUMENT, FORM, ICAL, STANDARD

KINDS = ("event",)

__all__ = ["DOCUMENT", "FORM", "ICAL", "KINDS", "STANDARD"]
