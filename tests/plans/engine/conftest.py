"""The estate in memory, which lies among the tests' support and is on no import path."""

import importlib.util
import sys
from pathlib import Path

NAME = "tests_support_memory_estate"
if NAME not in sys.modules:
    spec = importlib.util.spec_from_file_location(NAME, Path(__file__).parents[2] / "support" / "memory_estate.py")
    assert spec is not None and spec.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])
