"""Outlook data files: .pst, Unicode and ANSI. Read only.

Each file is a folder of its own under its subject, so that several files of one person never merge. Items come in the
form `mapi`, those inside attachments with them, through our own reader of the file's layers (`formats/pst`).
"""

from transhumance.connectors.contract import Connector, Facts, NameRules, Text

CONNECTOR = Connector(
    name="pst",
    summary=Text("Fichiers de données Outlook (.pst)", "Outlook data files (.pst)"),
    config="transhumance.connectors.pst.config:PstConfig",
    source="transhumance.connectors.pst.source:PstSource",
    rig="transhumance.fixtures.pst.rig:rig",
    forms={"*": "mapi"},
    workloads=("mail", "calendars", "contacts", "tasks"),
    facts=Facts(
        feed="full",
        key_stability="per_container",
        time_precision=0.000001,
        names=NameRules(max_bytes=512, case_sensitive=False),
    ),
)
