"""The table of what becomes of each attribute of a real forest: it accounts for every one, and none is lost unnamed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.attributes import entries, of_entry

pytestmark = pytest.mark.corpora


def test_every_attribute_of_a_real_forest_is_accounted_for(corpora: Callable[..., Path], tmp_path: Path) -> None:
    seen = 0
    for record in entries(corpora("ldif"), tmp_path):
        found = of_entry(record)[1]
        assert found.keys() == record.properties.keys() - {"dn"}
        for name, fate in found.items():
            assert fate.exact + fate.residual + fate.lossy == 1, name
            assert fate.lossy <= fate.named, (name, "is lost, and no finding names it")
        seen += 1
    assert seen > 4000
