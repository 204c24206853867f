"""Calendars: events as iCalendar objects."""

from transhumance.migrators.calendars.codes import CODES

__all__ = ["CODES"]
