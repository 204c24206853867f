"""The contract suite over the archive's other two ways of keeping."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from transhumance.connectors.archive.config import ArchiveConfig
from transhumance.connectors.archive.rig import packed, rig
from transhumance.connectors.contract import connector
from transhumance.connectors.testing.suite import *  # noqa: F403  # the suite's tests are this module's
from transhumance.connectors.testing.suite import Bench

CONTRACT = ["archive"]
WHY = "an archive of residue holds no bytes to read back"


@pytest.fixture(params=["packed", "residue"])
def bench(contract_connector: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The suite's bench, with another configuration."""
    made = packed(tmp_path)
    if request.param == "residue":
        config = ArchiveConfig(path=Path("archive"), keep="residue")
        made = replace(rig(tmp_path), config=config, unlike={"test_records_travel_and_bodies_reopen": WHY})
    if request.node.originalname in made.unlike:
        pytest.skip(made.unlike[request.node.originalname])
    declared = connector("archive")
    source, target = (open_(made.config, made.environment) for open_ in (declared.open_source, declared.open_target))
    yield Bench(made, source, target)
    source.close()
    target.close()
