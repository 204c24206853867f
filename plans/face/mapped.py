"""`map`: a real entry, each attribute of the source with where it goes, the findings, what each target would get."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from transhumance.connectors.contract import find_code
from transhumance.migrators.identities.mapping import Applied, Went
from transhumance.plans.commands.mapped import AtTarget, Mapped, mapped
from transhumance.plans.face.console import Cell, Console, shown
from transhumance.plans.face.nextstep import command
from transhumance.plans.project import Project

LONGEST = 60


def show_map(console: Console, project: Project, person: str, endpoint: str | None) -> int:
    """Shows where the attributes of a person's entries go; 2 when no source has such a person."""
    found = mapped(project, person, endpoint)
    for entry in found:
        _entry(console, entry)
    again = command(project, "assess")
    console.emit("summary", items=len(found), exit_code=0 if found else 2, next="" if found else again)
    if found:
        return 0
    name = shown(person, 200)
    console.out(f"Aucune entrée des sources ne s'appelle {name}.", f"No entry of the sources is called {name}.", "warn")
    console.next(
        f"essayer son adresse, son identifiant ou sa clé ; ou {again}", f"try another name of theirs; or {again}"
    )
    return 2


def _entry(console: Console, entry: Mapped) -> None:
    console.out(f"{entry.endpoint} : {shown(entry.dn, 300)}", f"{entry.endpoint}: {shown(entry.dn, 300)}", "strong")
    _emit(console, entry)
    heads = console.text("attribut à la source|valeur|va à", "attribute at the source|value|goes to").split("|")
    if entry.went:
        console.table(heads, [_row(console, each) for each in entry.went])
    else:
        console.out("L'entrée est déjà standard : elle passe telle quelle.", "The entry is standard already: as it is.")
    if entry.rules:
        heads = console.text("règle|ligne|donne", "rule|line|gives").split("|")
        console.table(heads, [[r.rule.target, str(r.rule.line), _gives(console, r)] for r in entry.rules])
    for finding in entry.findings:
        code = find_code(finding.code)
        what = (code.what.fr if console.lang == "fr" else code.what.en) if code else ""
        line = f"{finding.code} {what} {shown(finding.detail, 120) if finding.detail else ''}".rstrip()
        console.out(line, line)
    for target in entry.targets:
        _target(console, target)


def _row(console: Console, each: Went) -> list[Cell]:
    where = [f"document: {name}" for name in each.places]
    where += [console.text(f"règle, ligne {n}", f"rule, line {n}") for n in each.lines]
    where += [console.text("résidu", "residue")] * each.kept
    where += [
        console.text("rien : calculé, ou propre à la source", "nothing: computed, or the source's own")
    ] * each.left
    return [each.name, _values(each.values), ", ".join(where)]


def _gives(console: Console, rule: Applied) -> str:
    none = console.text("rien : la valeur standard reste", "nothing: the standard value stays")
    return _values(rule.values) if rule.values else f"{none} {rule.code}".rstrip()


def _target(console: Console, target: AtTarget) -> None:
    if target.code:
        console.out(f"{target.name} : rien ({target.code})", f"{target.name}: nothing ({target.code})", "warn")
        return
    console.out(f"{target.name} :", f"{target.name}:", "strong")
    heads = console.text("attribut à la cible|valeur", "attribute at the target|value").split("|")
    console.table(heads, [[name, _values(value)] for name, value in target.attributes])


def _values(value: object) -> str:
    values = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
    return shown("; ".join(_text(each) for each in values[:4]) + "; ..." * (len(values) > 4), LONGEST)


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"({len(value)} bytes)"


def _plain(value: object) -> object:
    """A value for JSON: bytes that are no text in base64."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _emit(console: Console, entry: Mapped) -> None:
    console.emit(
        "mapped_entry",
        endpoint=entry.endpoint,
        dn=entry.dn,
        form=entry.form,
        document={name: _plain(values) for name, values in entry.document},
        rules=[
            {"attribute": r.rule.target, "line": r.rule.line, "values": _plain(r.values), "code": r.code}
            for r in entry.rules
        ],
        findings=[{"code": finding.code, "detail": finding.detail} for finding in entry.findings],
        targets={
            t.name: {name: _plain(v) for name, v in t.attributes} if not t.code else t.code for t in entry.targets
        },
    )
    for each in entry.went:
        console.emit(
            "mapped_attribute",
            name=each.name,
            values=_plain(each.values),
            document=list(each.places),
            residue=each.kept,
            rules=list(each.lines),
        )
