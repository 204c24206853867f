"""A share: files, folders and links as they lie on disk. Source and target."""

from transhumance.connectors.contract import Connector, Facts, NameRules, Text

CONNECTOR = Connector(
    name="folder",
    summary=Text("Partage de fichiers monté ou copié sur disque", "A file share, mounted or copied to disk"),
    config="transhumance.connectors.folder.config:FolderConfig",
    source="transhumance.connectors.folder.source:FolderSource",
    target="transhumance.connectors.folder.target:FolderTarget",
    rig="transhumance.connectors.folder.rig:rig",
    forms={"file": "file", "folder": "file", "link": "file"},
    workloads=("documents",),
    facts=Facts(
        feed="full", key_stability="path", time_precision=0.000000001, names=NameRules(forbidden="/\0", max_bytes=255)
    ),
)
