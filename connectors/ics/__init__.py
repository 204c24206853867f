"""Calendars and tasks in .ics files: exports of one file, and folders of one object a file. Source and target."""

from transhumance.connectors.contract import Connector, Facts, NameRules, Text

CONNECTOR = Connector(
    name="ics",
    summary=Text("Agendas et tâches en fichiers .ics", "Calendars and tasks in .ics files"),
    config="transhumance.connectors.formats.objectsource:ObjectConfig",
    source="transhumance.connectors.ics.endpoint:IcsSource",
    target="transhumance.connectors.ics.endpoint:IcsTarget",
    rig="transhumance.connectors.ics.rig:rig",
    forms={"event": "ical", "task": "ical", "journal": "ical", "note": "ical"},
    workloads=("calendars", "tasks"),
    facts=Facts(feed="full", key_stability="per_container", names=NameRules(forbidden="/", max_bytes=255)),
)
