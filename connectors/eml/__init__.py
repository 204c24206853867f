"""Messages as .eml files in a tree of folders: what most programs export. Source and target."""

from transhumance.connectors.contract import Connector, Facts, NameRules, Text

CONNECTOR = Connector(
    name="eml",
    summary=Text("Messages en fichiers .eml, en dossiers", "Messages as .eml files, in folders"),
    config="transhumance.connectors.eml.config:EmlConfig",
    source="transhumance.connectors.eml.source:EmlSource",
    target="transhumance.connectors.eml.target:EmlTarget",
    rig="transhumance.connectors.eml.rig:rig",
    forms={"message": "rfc5322"},
    workloads=("mail",),
    facts=Facts(
        feed="full", key_stability="path", time_precision=0.000001, names=NameRules(forbidden="/", max_bytes=255)
    ),
)
