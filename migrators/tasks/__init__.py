"""Tasks, sticky notes and journal entries as iCalendar objects."""

from transhumance.migrators.tasks.codes import CODES

__all__ = ["CODES"]
