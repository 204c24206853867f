"""A third party's connector: index cards in JSON files. It imports the contract and its formats, nothing else."""

from transhumance.connectors.contract import Connector, Facts, Text

CONNECTOR = Connector(
    name="cardfile",
    summary=Text("Fiches en JSON, exemple d'extension", "Index cards in JSON, an example of a plug-in"),
    config="cardfile.endpoint:CardfileConfig",
    source="cardfile.endpoint:Cardfile",
    target="cardfile.endpoint:Cardfile",
    rig="cardfile.rig:rig",
    forms={"note": "index-card"},
    workloads=("tasks",),
    facts=Facts(feed="full", key_stability="immutable"),
)
