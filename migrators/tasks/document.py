"""Tasks, notes and journal entries as documents: iCalendar objects of VTODO (`task`) and VJOURNAL (`journal`, `note`).

A VJOURNAL without DTSTART is a `note`, one with it a `journal`: RFC 5545 section 3.6.3 gives such an entry no date,
and that is how clients that know both tell them apart.
"""

from transhumance.migrators.ical.document import DOCUMENT, FORM, ICAL, STANDARD

KINDS = ("task", "journal", "note")

__all__ = ["DOCUMENT", "FORM", "ICAL", "KINDS", "STANDARD"]
