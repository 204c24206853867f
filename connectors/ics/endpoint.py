"""Calendars in .ics files, read and written."""

from __future__ import annotations

from transhumance.connectors.contract import Environment
from transhumance.connectors.formats.objectsource import ObjectConfig, ObjectSource
from transhumance.connectors.formats.objecttarget import ObjectTarget
from transhumance.connectors.ics.dialect import ICS


class IcsSource(ObjectSource):
    """Calendars and tasks, from files of one object or of many."""

    def __init__(self, config: ObjectConfig, environment: Environment) -> None:
        super().__init__(config, environment, ICS)


class IcsTarget(ObjectTarget):
    """Calendars and tasks, one object a file."""

    def __init__(self, config: ObjectConfig, environment: Environment) -> None:
        super().__init__(config, environment, ICS)
