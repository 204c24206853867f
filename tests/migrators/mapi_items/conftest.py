"""The builders of MAPI items, which lie among the tests' support and are on no import path."""

import importlib.util
import sys
from pathlib import Path

for name in ("mapi_make", "residue_strip"):
    full = f"tests_support_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).parents[2] / "support" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
