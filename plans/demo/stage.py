"""Where a demonstration plays: its folder, made anew; its plan, opened; its console."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from transhumance.connectors.contract import Text, UserError
from transhumance.plans.face.console import Console
from transhumance.plans.project import Project

MARKER = ".transhumance-demo"
_MADE = (
    "estate",
    "plan.yaml",
    "people.csv",
    "people.proposed.csv",
    "dependants.csv",
    "archive",
    "retour",
    "report",
    ".transhumance",
)


class Quiet(Console):
    """A console without the line of what to do next: the demonstration does it itself."""

    def next(self, fr: str, en: str) -> None:
        """Nothing."""


@dataclass(slots=True)
class Stage:
    """A demonstration under way. `people`: of the estate at scale 1."""

    console: Console
    folder: Path
    scale: int
    seed: int
    people: int
    _project: Project | None = None

    @property
    def plan(self) -> Path:
        """The plan's file."""
        return self.folder / "plan.yaml"

    @property
    def report(self) -> Path:
        """Where the report lies."""
        return self.folder / "report"

    @property
    def project(self) -> Project:
        """The plan, opened when first asked for."""
        if self._project is None:
            self._project = Project.open(self.plan, self.console.lang)
        return self._project

    def close(self) -> None:
        """Gives back what was opened."""
        if self._project is not None:
            self._project.close()
            self._project = None


def make_room(folder: Path) -> None:
    """The folder, without what an earlier demonstration made. Raises `UserError` where it holds anything and was made
    by none."""
    if folder.exists() and not (folder / MARKER).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            Text(
                f"{folder} n'est pas vide et ne vient pas d'une démonstration ; rien n'y a été touché. "
                "Donnez un autre dossier : `transhume demo DOSSIER`",
                f"{folder} is not empty and was made by no demonstration; nothing in it was touched. "
                "Name another folder: `transhume demo FOLDER`",
            ),
            where=str(folder),
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("made by `transhume demo`; another demonstration here replaces it\n")
    for name in _MADE:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
