"""Tasks, sticky notes and journal entries as iCalendar objects."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from transhumance.migrators.tasks.codes import CODES
from transhumance.migrators.tasks.ical import ICAL_CODECS

FORMS: tuple[Any, ...] = (
    getattr(import_module(f"{__name__}.forms"), "CODECS", ()) if find_spec(f"{__name__}.forms") else ()
)
CODECS: tuple[Any, ...] = (*ICAL_CODECS, *FORMS)

__all__ = ["CODECS", "CODES"]
