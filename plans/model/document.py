"""Reads one YAML file into nodes that know their places.

YAML 1.2: `no` and `20:00` are texts, a bare date is a date, a doubled key is an error. The file may be hostile: its
size, depth, number of values (aliases expanded) and tags are bounded, and every syntax error becomes a problem with a
place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from transhumance.plans.model.decoding import FORBIDDEN, decoded
from transhumance.plans.model.errors import Loc, Place, printable
from transhumance.plans.model.messages import Problem
from transhumance.plans.model.secrets import is_secret_name
from transhumance.plans.model.yaml_errors import syntax_problem, too_deep, unmarked_problem

MAX_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 40
MAX_VALUES: Final = 100_000
MAX_NUMBER: Final = 20
_CORE: Final = "tag:yaml.org,2002:"
_SCALARS: Final = {"str", "int", "float", "bool", "null", "timestamp", "value", "merge"}
# What ruamel.yaml lets through for odd input: `!!bool perhaps` is a KeyError, `"\\UFFFFFFFF"` an OverflowError.
_PARSER_FAULTS: Final = (ValueError, LookupError, ArithmeticError, AttributeError, TypeError)
KINDS: Final = {
    "mapping": {"fr": "des champs", "en": "fields"},
    "list": {"fr": "une liste", "en": "a list"},
    "null": {"fr": "une valeur vide", "en": "an empty value"},
    "bool": {"fr": "un oui-non ({})", "en": "a yes-no ({})"},
    "number": {"fr": "un nombre ({})", "en": "a number ({})"},
    "date": {"fr": "une date ({})", "en": "a date ({})"},
    "text": {"fr": "un texte ({})", "en": "a text ({})"},
}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value and where it is written.

    `value`: a dict of nodes, a list of nodes, or a scalar. `text`: a scalar as it was written. `keys`: where each key
    of a mapping is written, which is the place of its errors.
    """

    value: Any
    place: Place
    text: str = ""
    keys: dict[str, Place] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without places: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def get(self, key: str) -> Node | None:
        """The node under a key, None where this is no mapping or has no such key."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Keys and nodes of a mapping; nothing for anything else."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def items(self) -> Iterator[tuple[int, Node]]:
        """Indices and nodes of a list; nothing for anything else."""
        if isinstance(self.value, list):
            yield from enumerate(self.value)

    def kind(self, *, hidden: bool = False) -> dict[str, str]:
        """What sort of value this is, in words of each language, with the value unless it is to be hidden."""
        shown = "***" if hidden else self.shown()
        return {lang: text.format(shown) for lang, text in KINDS[self._kind_name()].items()}

    def shown(self) -> str:
        """A scalar for a message: a text in quotes, anything else as it was written."""
        return printable(self.value) if isinstance(self.value, str) else printable(self.text)[1:-1]

    def _kind_name(self) -> str:
        if self.value is None:
            return "null"
        for name, types in (("mapping", dict), ("list", list), ("bool", bool), ("number", int | float), ("date", date)):
            if isinstance(self.value, types):
                return name
        return "text"


def locate(root: Node, loc: Sequence[str | int]) -> tuple[Place, Node, Loc]:
    """The place of a path, its node, and the path as far as the file has it.

    Steps that the file lacks are skipped: a validator adds some of its own (the branch of a union, the index in a
    single value).
    """
    node, place, found = root, root.place, []
    for step in loc:
        if isinstance(node.value, dict) and isinstance(step, str) and step in node.value:
            place, node = node.keys[step], node.value[step]
        elif isinstance(node.value, list) and isinstance(step, int) and 0 <= step < len(node.value):
            node = node.value[step]
            place = node.place
        else:
            continue
        found.append(step)
    return place, node, tuple(found)


def read(path: Path, shown: str, problems: list[Problem]) -> Node | None:
    """The file's root mapping, or None after adding what is wrong to `problems`; a doubled key leaves a usable root.

    `shown` is the file's name in errors.
    """
    text = decoded(path, shown, MAX_BYTES, problems)
    if text is None:
        return None
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # legal, and a hostile file would warn a million times
    try:
        root = yaml.compose(text)
        if root is None:
            problems.append(Problem("file-empty", Place(shown)))
            return None
        built = _Builder(yaml, shown, problems).build(root, ())
    except RecursionError:
        problems.append(Problem("yaml-deep", too_deep(text, MAX_DEPTH, shown), params={"limit": MAX_DEPTH}))
        return None
    except MarkedYAMLError as error:
        problems.append(syntax_problem(error, text, shown))
        return None
    except (YAMLError, *_PARSER_FAULTS) as error:
        problems.append(unmarked_problem(error, text, shown))
        return None
    except _TooMuch as stop:
        problems.append(stop.problem)
        return None
    if not isinstance(built.value, dict):
        problems.append(Problem("yaml-root", built.place, params={"kind": built.kind()}))
        return None
    return built


class _TooMuch(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.name)
        self.problem = problem


class _Builder:
    """Turns composed YAML nodes into ours, within the bounds."""

    def __init__(self, yaml: YAML, shown: str, problems: list[Problem]) -> None:
        self.yaml, self.shown, self.problems = yaml, shown, problems
        self.values = 0
        self.open: set[int] = set()

    def build(self, node: Any, loc: Loc) -> Node:
        place = self._place(node)
        self.values += 1
        if self.values > MAX_VALUES:
            raise _TooMuch(Problem("yaml-bomb", place, loc, params={"limit": MAX_VALUES}))
        if len(loc) > MAX_DEPTH:
            raise _TooMuch(Problem("yaml-deep", place, params={"limit": MAX_DEPTH}))
        if id(node) in self.open:
            raise _TooMuch(Problem("yaml-loop", place, loc))
        if isinstance(node, ScalarNode):
            return self._scalar(node, place, loc)
        self.open.add(id(node))
        try:
            self._check_tag(node, {"map", "seq"}, place, loc)
            if isinstance(node, SequenceNode):
                return Node([self.build(item, (*loc, index)) for index, item in enumerate(node.value)], place)
            return self._mapping(node, place, loc)
        finally:
            self.open.discard(id(node))

    def _mapping(self, node: MappingNode, place: Place, loc: Loc) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        merged: list[Node] = []
        for key, value in node.value:
            at = self._place(key)
            if getattr(key, "tag", "") == _CORE + "merge":
                merged += self._merged(value, at, loc)
            elif not isinstance(key, ScalarNode) or key.tag != _CORE + "str":
                self.problems.append(Problem("yaml-key", at, loc, {"text": self._shown_key(key, loc)}))
            elif self._control(key.value, at, loc):
                continue
            elif key.value in keys:
                self.problems.append(Problem("yaml-doubled", at, (*loc, key.value), {"first": keys[key.value].line}))
            else:
                values[key.value], keys[key.value] = self.build(value, (*loc, key.value)), at
        for base in merged:
            for name, inherited in base.entries():
                if name not in values:
                    values[name], keys[name] = inherited, base.keys[name]
        return Node(values, place, keys=keys)

    def _merged(self, value: Any, at: Place, loc: Loc) -> list[Node]:
        built = self.build(value, loc)
        bases = built.value if isinstance(built.value, list) else [built]
        if not all(isinstance(base.value, dict) for base in bases):
            self.problems.append(Problem("yaml-merge", at, loc))
            return []
        return bases

    def _scalar(self, node: ScalarNode, place: Place, loc: Loc) -> Node:
        text = node.value
        if self._control(text, place, loc) or not self._check_tag(node, _SCALARS, place, loc):
            return Node(text, place, text)
        tag = str(node.tag).removeprefix(_CORE)
        if tag in {"str", "value", "merge"}:
            return Node(text, place, text)
        if tag in {"int", "float"} and len(text) > MAX_NUMBER:
            return self._odd("yaml-number", text, place, loc)
        try:
            value = self.yaml.constructor.construct_object(node)
        except (YAMLError, *_PARSER_FAULTS):  # 2027-02-30, or `!!bool perhaps`
            return self._odd("yaml-date" if tag == "timestamp" else "yaml-number", text, place, loc)
        if isinstance(value, float) and not math.isfinite(value):
            return self._odd("yaml-number", text, place, loc)
        return Node(value, place, text)

    def _control(self, text: str, place: Place, loc: Loc) -> bool:
        """Whether an escape made a character that could not be written as it is; half a surrogate pair is one."""
        found = FORBIDDEN.findall(text)
        if found:
            char = "***" if _secret(loc) else f"U+{ord(found[0]):04X}"
            self.problems.append(Problem("file-control", place, loc, {"char": char, "count": len(found)}))
        return bool(found)

    def _odd(self, name: str, text: str, place: Place, loc: Loc) -> Node:
        self.problems.append(Problem(name, place, loc, {"text": "***" if _secret(loc) else printable(text)}))
        return Node(text, place, text)

    def _check_tag(self, node: Any, allowed: set[str], place: Place, loc: Loc) -> bool:
        tag = str(node.tag or "")
        if tag.startswith(_CORE) and tag.removeprefix(_CORE) in allowed:
            return True
        short = "!***" if _secret(loc) else printable(tag.replace(_CORE, "!!"))[1:-1]
        self.problems.append(Problem("yaml-tag", place, loc, {"tag": f"`{short}`"}))
        return False

    def _place(self, node: Any) -> Place:
        return Place(self.shown, node.start_mark.line + 1, node.start_mark.column + 1)

    @staticmethod
    def _shown_key(key: Any, loc: Loc) -> str:
        return printable(key.value)[1:-1] if isinstance(key, ScalarNode) and not _secret(loc) else "…"


def _secret(loc: Loc) -> bool:
    """Whether a value lies under a name that holds secrets: `password: !x2$` is no tag for the person who wrote it."""
    return any(isinstance(step, str) and is_secret_name(step) for step in loc)
