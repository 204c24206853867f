"""The in-memory connector before the contract suite."""

from __future__ import annotations

from pathlib import Path

from transhumance.connectors.contract import BytesBody, Environment, Record
from transhumance.connectors.memory.store import MemoryConfig, SyntheticBody, forget
from transhumance.connectors.testing.rig import Rig

FIVE_GB = 5 * 1024**3


def rig(folder: Path) -> Rig:
    """An empty store; small items, a 5 GB body and a key range of rows."""
    name = f"rig-{folder}"
    forget(name)
    rows = b"".join(f"{n}\tMorphine {n} mg\n".encode() for n in range(1000))
    return Rig(
        connector="memory",
        config=MemoryConfig(store=name, page=3),
        environment=Environment("rig", folder, folder),
        workload="documents",
        samples=(
            Record(b"1", "blob", "memory", {"title": "Été", "dose": 2.5}, {"content": BytesBody.of(b"bytes\x00\xff")}),
            Record(b"2", "blob", "memory", {"title": "", "change_key": "x"}, {"content": BytesBody.of(b"")}),
            Record(b"3", "blob", "memory", {"title": "5 GB"}, {"content": SyntheticBody(size=FIVE_GB, seed=3)}),
            Record(b"a/../b\xff", "blob", "memory", {"title": "<&>'\""}, {"content": BytesBody.of(b"x" * 70000)}),
            Record(b"r1", "rows", "memory-rows", {"range": ("1", "1000")}, {"content": BytesBody.of(rows)}, count=1000),
        ),
        changed=Record(b"1", "blob", "memory", {"title": "Été", "dose": 25}, {"content": BytesBody.of(b"other")}),
    )
