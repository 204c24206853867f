"""The archive: open-format files in a folder, readable without transhumance; a target and a source."""

from transhumance.connectors.archive.codec import CODECS, FORM
from transhumance.connectors.contract import Connector, Facts, Text

__all__ = ["CODECS", "CONNECTOR"]

CONNECTOR = Connector(
    name="archive",
    summary=Text(
        "Fichiers de formats ouverts dans un dossier, avec manifeste", "Open-format files in a folder, with a manifest"
    ),
    config="transhumance.connectors.archive.config:ArchiveConfig",
    source="transhumance.connectors.archive.endpoint:ArchiveSource",
    target="transhumance.connectors.archive.endpoint:ArchiveTarget",
    rig="transhumance.connectors.archive.rig:rig",
    forms={"*": FORM},
    workloads=("identities", "mail", "calendars", "contacts", "tasks", "documents", "databases"),
    facts=Facts(
        feed="full", key_stability="per_container", time_precision=0.000001, hashes=("sha256",), keeps_residue=True
    ),
)
