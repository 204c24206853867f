"""Mailboxes in the mbox family of formats: one file per folder. Source and target."""

from transhumance.connectors.contract import Connector, Facts, NameRules, Text

CONNECTOR = Connector(
    name="mbox",
    summary=Text("Boîtes mbox (mboxo, mboxrd, mboxcl ; dossiers de Thunderbird)", "mbox files (mboxo, mboxrd, mboxcl)"),
    config="transhumance.connectors.mbox.config:MboxConfig",
    source="transhumance.connectors.mbox.source:MboxSource",
    target="transhumance.connectors.mbox.target:MboxTarget",
    rig="transhumance.connectors.mbox.rig:rig",
    forms={"message": "rfc5322"},
    workloads=("mail",),
    facts=Facts(
        feed="full", key_stability="per_container", time_precision=1.0, names=NameRules(forbidden="/", max_bytes=255)
    ),
)
