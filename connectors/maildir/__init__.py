"""Maildirs: one file per message, flags in its name; Maildir++ and file system layouts. Source and target."""

from transhumance.connectors.contract import Connector, Facts, NameRules, Text

CONNECTOR = Connector(
    name="maildir",
    summary=Text("Boîtes Maildir (Maildir++ ou dossiers)", "Maildirs (Maildir++ or folders)"),
    config="transhumance.connectors.maildir.config:MaildirConfig",
    source="transhumance.connectors.maildir.source:MaildirSource",
    target="transhumance.connectors.maildir.target:MaildirTarget",
    rig="transhumance.connectors.maildir.rig:rig",
    forms={"message": "rfc5322"},
    workloads=("mail",),
    facts=Facts(
        feed="fingerprint",
        key_stability="per_container",
        time_precision=1.0,
        names=NameRules(forbidden="./", max_bytes=255),
    ),
)
