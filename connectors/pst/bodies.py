"""Large bodies: read from the file when they are opened, in whatever process that is, a block at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from transhumance.connectors.contract import Body
from transhumance.connectors.formats.pst.data import Data
from transhumance.connectors.formats.pst.header import Unreadable
from transhumance.connectors.pst.files import opened


@dataclass(frozen=True, slots=True)
class DataBody(Body):
    """Data of a file as it was when it was listed (`stamp`). `bid`: of the data's block or tree."""

    path: Path = Path()
    stamp: str = ""
    bid: int = 0

    def open(self, offset: int = 0) -> BinaryIO:
        try:
            file = opened(self.path)
        except Unreadable as error:
            raise OSError(f"{self.path}: {error}") from None
        if file.stamp != self.stamp:
            raise OSError(f"{self.path}: changed since it was listed")
        return Data(file.ndb, self.bid, self.size or 0).open(offset)
