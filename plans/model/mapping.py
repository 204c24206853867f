"""The file that `workloads.identities.mapping` names: read and checked whole, every mistake with its line and column.

What codecs get of it (`given`) is plain values: the rules in the file's order under `attributes`, and the choices that
target codecs know by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transhumance.connectors.contract import Value
from transhumance.migrators.identities.mapping import CHOICES, MAPPABLE, RULES, MappingError, Rule, parsed
from transhumance.plans.model.document import Node, read
from transhumance.plans.model.errors import Lang, Loc, Place, PlanError, printable
from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import Problem

FORMAT: Final = "transhumance.mapping/1"
_KEYS: Final = ("format", *CHOICES, RULES)
_PARTS: Final = ("value", "when")


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping file that was read. `errors`: what is wrong with it; then `given` is not to be used."""

    rules: tuple[Rule, ...]
    choices: dict[str, str]
    errors: tuple[PlanError, ...] = ()

    @property
    def given(self) -> dict[str, Value]:
        """What a codec's context is given."""
        rules = tuple((rule.target, rule.value, rule.when, rule.line) for rule in self.rules)
        return {**self.choices, **({RULES: rules} if rules else {})}


def read_mapping(path: Path, shown: str, lang: Lang) -> MappingFile:
    """The file at `path`; `shown` is its name in errors."""
    problems: list[Problem] = []
    root = read(path, shown, problems)
    rules: list[Rule] = []
    choices: dict[str, str] = {}
    if root is not None:
        problems += _head(root)
        for key, node in root.entries():
            if key in CHOICES:
                problems += _choice(root, key, node, choices)
        if (said := root.get(RULES)) is not None:
            problems += _rules(said, rules)
    errors = [problem.render(lang) for problem in sorted(problems, key=lambda p: p.place)]
    return MappingFile(tuple(rules), choices, tuple(errors))


def _head(root: Node) -> Iterator[Problem]:
    said = root.get("format")
    if said is None:
        yield Problem("mapping-format", root.place, ("format",), {"value": "-", "format": FORMAT})
    elif said.value != FORMAT:
        yield Problem("mapping-format", said.place, ("format",), {"value": said.shown(), "format": FORMAT})
    for key, _ in root.entries():
        if key not in _KEYS:
            yield _unknown(root.keys[key], (key,), key, _KEYS)


def _unknown(place: Place, loc: Loc, name: str, known: tuple[str, ...]) -> Problem:
    guess = nearest(name, known)
    return Problem("mapping-unknown", place, loc, {"value": printable(name), "guess": guess, "known": known})


def _choice(root: Node, key: str, node: Node, choices: dict[str, str]) -> Iterator[Problem]:
    allowed = CHOICES[key]
    if not isinstance(node.value, str) or not node.value.strip():
        yield Problem("mapping-text", node.place, (key,), {"value": node.shown()})
    elif allowed and node.value not in allowed:
        yield _unknown(node.place, (key,), node.value, allowed)
    else:
        choices[key] = node.value


def _rules(node: Node, rules: list[Rule]) -> Iterator[Problem]:
    if not isinstance(node.value, dict):
        yield Problem("mapping-rules", node.place, (RULES,))
        return
    seen: set[str] = set()
    for name, each in node.entries():
        loc: Loc = (RULES, name)
        target = MAPPABLE.get(name.lower())
        if target is None:
            yield _unknown(node.keys[name], loc, name, tuple(sorted(MAPPABLE.values())))
        elif target in seen:
            yield Problem("mapping-twice", node.keys[name], loc, {"value": printable(target)})
        else:
            seen.add(target)
            yield from _rule(target, each, loc, node.keys[name].line, rules)


def _rule(target: str, node: Node, loc: Loc, line: int, rules: list[Rule]) -> Iterator[Problem]:
    parts = dict(node.entries()) if isinstance(node.value, dict) else {"value": node}
    for key in parts:
        if key not in _PARTS:
            yield _unknown(node.keys[key], (*loc, key), key, _PARTS)
    if "value" not in parts:
        yield Problem("mapping-value", node.place, loc)
    found = {key: parts[key] for key in _PARTS if key in parts}
    wrong = [problem for key, each in found.items() for problem in _expression(each, (*loc, key))]
    yield from wrong
    if not wrong and "value" in found:
        value, when = (str(found[key].value) if key in found else "" for key in _PARTS)
        rules.append(Rule(target, value, when, line))


def _expression(node: Node, loc: Loc) -> Iterator[Problem]:
    if not isinstance(node.value, str) or not node.value.strip():
        yield Problem("mapping-text", node.place, loc, {"value": node.shown()})
        return
    try:
        parsed(node.value)
    except MappingError as error:
        # exact for a text on one line; of a folded one (`>`, `|`), the line where it begins
        place = Place(node.place.file, node.place.line, node.place.column + error.column - 1)
        yield Problem(f"mapping-expr-{error.reason}", place, loc, {"what": error.what})
