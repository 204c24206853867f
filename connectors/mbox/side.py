"""Where a target keeps its own record of each file, out of sight of mail programs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

FOLDER = ".transhumance-mbox"


def side_of(root: Path, path: Path) -> Path:
    """The record of a file."""
    relative = os.path.relpath(os.fsencode(path), os.fsencode(root))
    return root / FOLDER / (hashlib.sha256(relative).hexdigest()[:40] + ".db")
