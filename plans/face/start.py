"""`transhume init`: a commented plan to start from, by questions on a terminal, by options elsewhere."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from transhumance.connectors.contract import Text, UserError, all_codes, connectors
from transhumance.plans.face.asking import ask, confirmed
from transhumance.plans.face.console import Console, number, shown
from transhumance.plans.face.endings import finished
from transhumance.plans.face.exportsfound import Found, exports_in
from transhumance.plans.model.load import load
from transhumance.plans.model.scalars import FINESS
from transhumance.plans.model.starter import Answers, Source, plan_id, starter_plan
from transhumance.plans.project import config_model

FILE = "plan.yaml"
_SPEC = re.compile(r"(?P<name>[^=:]+)=(?P<connector>[a-z0-9-]+):(?P<path>.+)")


def write_starter(
    console: Console,
    folder: Path,
    plan_id: str | None,
    title: str,
    establishment: str | None,
    finess: str,
    sources: Sequence[str],
    force: bool,
) -> int:
    """Writes `plan.yaml` into a folder. Raises `UserError` for a plan that is there already, or a source that can't
    be."""
    path = folder / FILE
    if path.exists() and not force:
        raise UserError(
            Text(
                f"{path} existe déjà ; rien n'est écrit. --force le remplace",
                f"{path} is there already; nothing is written. --force replaces it",
            ),
            where="--force",
        )
    given = [source_of(text) for text in sources]
    found = [] if given else exports_in(folder)
    if asks() and not (plan_id or title or establishment or finess or sources):
        answers = _questions(console, folder, found)
    else:
        answers = _answers(console, folder, plan_id, title, establishment or "", finess, given, found)
    _write(path, answers, console)
    where = shlex.quote(str(path))
    following = f"transhume check {where}"
    names = [source.name for source in answers.sources]
    return finished(
        console, "init", f"Plan écrit : {path}", f"Plan written: {path}", following, path=str(path), sources=names
    )


def asks() -> bool:
    """Whether a person is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def source_of(text: str) -> Source:
    """A source from `NAME=CONNECTOR:PATH`. Raises `UserError` with what would do."""
    found = _SPEC.fullmatch(text)
    readable = [each.name for each in connectors().values() if each.source and "path" in _fields(each.name)]
    if found is None:
        raise UserError(
            Text(
                f"source illisible : {shown(text)} ; écrivez NOM=CONNECTEUR:CHEMIN, par exemple boites=pst:exports/pst",
                f"unreadable source: {shown(text)}; write NAME=CONNECTOR:PATH, for example boxes=pst:exports/pst",
            ),
            where="--source",
        )
    if found["connector"] not in readable:
        known = ", ".join(readable)
        raise UserError(
            Text(
                f"source {shown(text)} : connecteur {found['connector']} inconnu ici ; connus : {known}",
                f"source {shown(text)}: connector {found['connector']} is not known here; known: {known}",
            ),
            where="--source",
        )
    return Source(found["name"], found["connector"], found["path"])


def _fields(name: str) -> Sequence[str]:
    try:
        model = config_model(name)
    except UserError:  # its library is not installed: its name is still a good one
        return ("path",)
    return tuple(model.model_fields) if model else ()


def _answers(
    console: Console,
    folder: Path,
    name: str | None,
    title: str,
    establishment: str,
    finess: str,
    given: Sequence[Source],
    found: Sequence[Found],
) -> Answers:
    if finess and not re.fullmatch(FINESS, finess):
        raise UserError(_BAD_FINESS, where="--finess")
    for each in found:
        _tell_found(console, each)
    wanted = name or plan_id(title or establishment or folder.resolve().name)
    sources = list(given) or [each.source for each in found]
    return Answers(wanted, title, establishment, finess, sources, lang=console.lang)


_BAD_FINESS = Text(
    "FINESS : neuf chiffres sont attendus (2A ou 2B en Corse)", "FINESS: nine digits are wanted (2A or 2B in Corsica)"
)


def _tell_found(console: Console, each: Found) -> None:
    count, path = number(each.count, console.lang), shown(each.source.path, 200)
    console.say(
        f"Trouvé : {path} ({count} entrées), à lire par le connecteur {each.source.connector}.",
        f"Found: {path} ({count} entries), to be read by connector {each.source.connector}.",
    )


def _questions(console: Console, folder: Path, found: Sequence[Found]) -> Answers:
    establishment = ask(console, "Établissement (vide : aucun) :", "Establishment (empty: none):")
    title = ask(console, "Titre du plan (vide : aucun) :", "The plan's title (empty: none):")
    finess = ask(console, "Numéro FINESS (vide : aucun) :", "FINESS number (empty: none):")
    while finess and not re.fullmatch(FINESS, finess):
        console.said(_BAD_FINESS)
        finess = ask(console, "Numéro FINESS (vide : aucun) :", "FINESS number (empty: none):")
    proposed = plan_id(title or establishment or folder.resolve().name)
    name = plan_id(ask(console, "Nom court du plan :", "The plan's short name:", default=proposed))
    sources = []
    for each in found:
        _tell_found(console, each)
        if confirmed(console, "Prendre cette source ?", "Take this source?"):
            sources.append(each.source)
    return Answers(name, title, establishment, finess, sources + _more_sources(console), lang=console.lang)


def _more_sources(console: Console) -> list[Source]:
    sources: list[Source] = []
    fr = "Autre source, NOM=CONNECTEUR:CHEMIN (vide : c'est tout) :"
    while text := ask(console, fr, "Another source, NAME=CONNECTOR:PATH (empty: that is all):"):
        try:
            sources.append(source_of(text))
        except UserError as error:
            console.said(error.text)
    return sources


def _write(path: Path, answers: Answers, console: Console) -> None:
    """Writes the plan aside, loads it, and only then gives it its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part.yaml")
    try:
        aside.write_text(starter_plan(answers), encoding="utf-8")
        load(aside, config_model=config_model, lang=console.lang, connectors=connectors(), loss_codes=all_codes())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
