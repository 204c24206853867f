"""`extends` and `vars`: one plan from several files. Every value keeps the place where it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from transhumance.plans.model.document import Node, read
from transhumance.plans.model.errors import Loc, Place, printable
from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import Problem

MAX_CHAIN: Final = 10
MAX_EXPANDED: Final = 2_000_000
_LITERAL: Final = {"format", "extends", "vars"}  # sections in which `${` has no meaning
_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^}]*)\}|\$\{")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def read_all(path: Path, problems: list[Problem]) -> tuple[Node | None, tuple[Path, ...], bool]:
    """The plan with what it extends and variables put in, the files that it comes from, and whether these are all.

    Mappings are merged key by key, all else is replaced: a list too. None where the plan's own file can't be read. What
    is wrong goes to `problems`. The files begin with the plan's own.
    """
    root = read(path, str(path), problems)
    chain, files = [root], [path]
    while root is not None and (upper := _extended(root)) is not None:
        place, following = root.keys["extends"], files[-1].parent / upper
        root = None
        if problem := _refused(following, files, place):
            problems.append(problem)
        elif (root := _read_extended(following, place, upper, problems)) is not None:
            chain.append(root)
            files.append(following)
    if chain[0] is None:
        return None, tuple(files), False
    merged = chain[-1]
    for node in reversed(chain[:-1]):
        merged = merge(merged, node)  # type: ignore[arg-type]
    whole = root is not None
    return substitute(merged, problems, whole) if merged else None, tuple(files), whole


def merge(base: Node, over: Node) -> Node:
    """`over` on top of `base`: mappings key by key, the keys of `over` first; anything else is `over`."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    value = {key: merge(base.value[key], node) if key in base.value else node for key, node in over.value.items()}
    value |= {key: node for key, node in base.value.items() if key not in value}
    return Node(value, over.place, keys=base.keys | over.keys)


def substitute(root: Node, problems: list[Problem], whole: bool = True) -> Node:
    """The plan with `${name}` replaced; where the plan is not whole, a name without value is no mistake. A value that
    is nothing but `${name}` takes the variable's type.
    """
    values = _variables(root, problems)
    expander = _Expander(values, problems if whole else [])
    changed = {
        key: node if key in _LITERAL else expander.expand(node, (key,), root.keys[key]) for key, node in root.entries()
    }
    return Node(changed, root.place, keys=root.keys)


class _Expander:
    def __init__(self, values: Mapping[str, Any], problems: list[Problem]) -> None:
        self.values, self.problems = values, problems
        self.size = 0

    def expand(self, node: Node, loc: Loc, place: Place) -> Node:
        if isinstance(node.value, dict):
            value = {key: self.expand(inner, (*loc, key), node.keys[key]) for key, inner in node.entries()}
            return Node(value, node.place, keys=node.keys)
        if isinstance(node.value, list):
            return Node([self.expand(inner, (*loc, index), inner.place) for index, inner in node.items()], node.place)
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        return self._expand_text(node, loc, place)

    def _expand_text(self, node: Node, loc: Loc, place: Place) -> Node:
        whole = _REFERENCE.fullmatch(node.value)
        if whole and whole[1] is not None and self.values.get(whole[1]) is not None:
            value = self.values[whole[1]]
            return Node(value, node.place, value if isinstance(value, str) else printable(value))
        parts, end = [], 0
        for match in _REFERENCE.finditer(node.value):
            text = self._one(match, loc, place)
            parts += [node.value[end : match.start()], text]
            end = match.end()
            self.size += len(text)
            if self.size > MAX_EXPANDED:
                self._add("var-large", loc, place, limit=MAX_EXPANDED)
                return node
        text = "".join(parts) + node.value[end:]
        return Node(text, node.place, text)

    def _one(self, match: re.Match[str], loc: Loc, place: Place) -> str:
        if match[0] == "$${":
            return "${"
        name = match[1]
        if name is None or not _NAME.fullmatch(name):
            self._add("var-syntax", loc, place)
            return match[0]
        if self.values.get(name) is None:
            known = sorted(key for key, value in self.values.items() if value is not None)
            self._add("var-unknown", loc, place, value=name, guess=nearest(name, known), known=known)
            return match[0]
        value = self.values[name]
        return value if isinstance(value, str) else printable(value)

    def _add(self, name: str, loc: Loc, place: Place, **params: Any) -> None:
        if not any(p.name == name and p.place == place and p.params == params for p in self.problems):
            self.problems.append(Problem(name, place, loc, params))


def _variables(root: Node, problems: list[Problem]) -> dict[str, Any]:
    """The plan's variables; one that holds `${` is refused, so that values can't grow without bound."""
    values: dict[str, Any] = {}
    if (declared := root.get("vars")) is None:
        return values
    for name, node in declared.entries():
        if isinstance(node.value, str) and "${" in node.value:
            problems.append(Problem("var-nested", declared.keys[name], ("vars", name)))
        elif not isinstance(node.value, dict | list):
            values[name] = node.value
    return values


def _extended(root: Node) -> str | None:
    """What a plan extends, as it is written; None where it extends nothing, or the schema will refuse what it says."""
    node = root.get("extends")
    return node.value if node is not None and isinstance(node.value, str) and node.value else None


def _refused(path: Path, files: list[Path], place: Place) -> Problem | None:
    """Why a file may not be extended: it is in the chain already, or the chain is too long."""
    if any(_same(path, earlier) for earlier in files):
        ring = " → ".join(file.name for file in [*files, path])
        return Problem("extends-cycle", place, ("extends",), {"value": printable(ring, 300)[1:-1]})
    if len(files) >= MAX_CHAIN:
        return Problem("extends-deep", place, ("extends",), {"limit": MAX_CHAIN})
    return None


def _read_extended(path: Path, place: Place, written: str, problems: list[Problem]) -> Node | None:
    """An extended file; that it can't be found is told where it is named, what is wrong in it is told in it."""
    if not written.isprintable() or not path.is_file():
        why = {"fr": "il n'existe pas", "en": "there is no such file"}
        problems.append(Problem("extends-missing", place, ("extends",), {"value": printable(written), "why": why}))
        return None
    return read(path, str(path), problems)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve()
    except (OSError, RuntimeError, ValueError):
        return False
