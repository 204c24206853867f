"""In-memory source and target: the reference implementation of the contract, and what state machines play on.

It holds small items, bodies of any size that lie nowhere (their bytes are computed), and key ranges of rows.
"""

from transhumance.connectors.contract import Connector, Facts, Text
from transhumance.connectors.memory.codec import BlobCodec, RowsCodec

CODECS = (BlobCodec(), RowsCodec())

CONNECTOR = Connector(
    name="memory",
    summary=Text("En mémoire, pour les essais et les modèles", "In memory, for tests and as a model"),
    config="transhumance.connectors.memory.store:MemoryConfig",
    source="transhumance.connectors.memory.store:MemoryEndpoint",
    target="transhumance.connectors.memory.store:MemoryEndpoint",
    rig="transhumance.connectors.memory.rig:rig",
    forms={"blob": "memory", "rows": "memory-rows"},
    workloads=("identities", "mail", "calendars", "contacts", "tasks", "documents", "databases"),
    facts=Facts(feed="full", key_stability="immutable", time_precision=0.000001),
)
