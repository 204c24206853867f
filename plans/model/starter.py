"""A commented plan to start from, in French or English. It loads without error as it is written."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from transhumance.plans.model.errors import Lang
from transhumance.plans.model.starter_words import WORDS

# What a connector's endpoint usually holds, where the answers don't say it.
_HOLDS: Final[Mapping[str, tuple[str, ...]]] = {
    "active-directory": ("identities",),
    "carddav": ("contacts",),
    "caldav": ("calendars", "tasks"),
    "eml": ("mail",),
    "entra-id": ("identities",),
    "exchange-ews": ("mail", "calendars", "contacts", "tasks"),
    "exchange-graph": ("mail", "calendars", "contacts", "tasks"),
    "folder": ("documents",),
    "ics": ("calendars", "tasks"),
    "imap": ("mail",),
    "ldap": ("identities",),
    "ldif": ("identities",),
    "maildir": ("mail",),
    "mbox": ("mail",),
    "nextcloud": ("documents",),
    "pst": ("mail", "calendars", "contacts", "tasks"),
    "sharepoint-graph": ("documents",),
    "sharepoint-server": ("documents",),
    "sql-server": ("databases",),
    "vcf": ("contacts",),
    "webdav": ("documents",),
}
_POLICIES: Final = {
    "loss": "loss: {accept: [], default: stop}",
    "existing": "existing: refuse",
    "deletions": "deletions: {mode: disable, max_share: 0.05}",
    "drift": "drift: {max_share: 0.02}",
    "dry_run": "dry_run: {bodies: full}",
    "approval": "approval: {required: 1}",
}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")  # as `scalars.NAME`, which brings pydantic
_ORDER: Final = ("identities", "mail", "calendars", "contacts", "tasks", "documents", "databases")


@dataclass(frozen=True, slots=True)
class Source:
    """An export or system to start from. `path`: relative to the plan's folder. `workloads`: what it holds, empty for
    what its connector usually holds.
    """

    name: str
    connector: str
    path: str
    workloads: Sequence[str] = ()

    def holds(self) -> tuple[str, ...]:
        """Its workloads."""
        return tuple(self.workloads) or _HOLDS.get(self.connector, ())


@dataclass(frozen=True, slots=True)
class Answers:
    """What `transhume init` asks. `id`: letters, digits, `-`, `_`, `.`; `plan_id` makes one of a title. `finess`:
    empty for none.
    """

    id: str
    title: str
    establishment: str
    finess: str = ""
    sources: Sequence[Source] = ()
    archive: str = "archive"
    lang: Lang = "fr"


def plan_id(text: str) -> str:
    """An identifier from any text: `CHU de Valombre, 2026` gives `chu-de-valombre-2026`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:63].strip("-") or "plan"


def starter_plan(answers: Answers) -> str:
    """The text of a plan: the answers filled in, the rest as comments that say what can be added."""
    words = WORDS[answers.lang]
    sources = _named(answers.sources or [Source("exports", "eml", "exports")])
    target = _free_name("archive", {source.name for source in sources})
    workloads = _workloads(sources)
    parts = [
        words["head"],
        "format: transhumance.plan/1",
        f"id: {_scalar(_name(answers.id))}",
        f"revision: 1                      # {words['revision']}",
        *_about(answers),
        "",
        words["endpoints"],
        "endpoints:",
        *(
            f"  {_scalar(source.name)}: {{connector: {_scalar(source.connector)}, path: {_scalar(source.path)}}}"
            for source in sources
        ),
        f"  {target}: {{connector: archive, path: {_scalar(_archive_path(answers, sources))}}}",
        words["live"],
        "",
        *_directory(sources, words),
        f"people: people.csv               # {words['people']}",
        "",
        words["workloads"],
        "workloads:",
        *(f"  {name}: {{from: {_flow(names)}, to: [{target}]}}" for name, names in workloads.items()),
        "",
        words["policies"],
        "policies:",
        *(f"  {text:<44}# {words[name]}" for name, text in _POLICIES.items()),
        "",
        words["waves"],
        "waves:",
        words["pilot"].replace("WORKLOADS", _flow(list(workloads))),
        f"  - {{id: {words['rest']}, workloads: {_flow(list(workloads))}, members: {{all: true}}}}   # {words['all']}",
        "",
        words["next"],
        "",
    ]
    return "\n".join(parts)


def _about(answers: Answers) -> list[str]:
    lines = [f"title: {_scalar(answers.title)}"] if answers.title else []
    finess = f", finess: {json.dumps(answers.finess)}" if answers.finess else ""
    if answers.establishment:
        lines.append(f"establishment: {{name: {_scalar(answers.establishment)}{finess}}}")
    return lines


def _name(text: str) -> str:
    return text if _NAME.fullmatch(text) else plan_id(text)


def _named(sources: Sequence[Source]) -> list[Source]:
    """The sources under names that a plan accepts, each under another."""
    out: list[Source] = []
    for source in sources:
        name = _free_name(_name(source.name), {earlier.name for earlier in out})
        out.append(replace(source, name=name))
    return out


def _archive_path(answers: Answers, sources: Sequence[Source]) -> str:
    """Where the archive goes: beside the plan's folder where a source would contain it, because it would be read as
    source.
    """
    wanted = os.path.normpath(answers.archive)
    for source in sources:
        path = os.path.normpath(source.path)
        if path in (".", wanted) or wanted.startswith(path + os.sep) or path.startswith(wanted + os.sep):
            return f"../{_name(answers.id)}-archive"
    return answers.archive


def _directory(sources: Sequence[Source], words: Mapping[str, str]) -> list[str]:
    """The first endpoint that holds identities is where names are looked up."""
    found = next((source.name for source in sources if "identities" in source.holds()), None)
    comment = f"# {words['directory']}"
    return [f"directory: {_scalar(found)}    {comment}"] if found else [f"# directory: ad    {comment}"]


def _workloads(sources: Sequence[Source]) -> dict[str, list[str]]:
    """Which endpoints each workload comes from; a source that holds nothing known is taken as documents, so that it
    is not forgotten.
    """
    out: dict[str, list[str]] = {}
    for source in sources:
        for name in source.holds() or ("documents",):
            out.setdefault(name, []).append(source.name)
    return {name: out[name] for name in _ORDER if name in out}


def _free_name(name: str, taken: set[str]) -> str:
    return next(
        candidate for candidate in [name, *(f"{name}-{number}" for number in range(2, 1000))] if candidate not in taken
    )


def _flow(names: Sequence[str]) -> str:
    return "[" + ", ".join(map(_scalar, names)) + "]"


def _scalar(text: str) -> str:
    """A text as YAML: bare where it can be taken for nothing else, else in double quotes (JSON's are YAML's). `$`
    before `{` is doubled, because `${name}` is a variable.
    """
    text = text.replace("${", "$${")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_/-]*(\.[A-Za-z0-9_/-]+)*", text) and text.lower() not in (
        "true",
        "false",
        "null",
    ):
        return text
    return json.dumps(text, ensure_ascii=False)
