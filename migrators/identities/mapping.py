"""The plan's mapping: standard attributes of a person by small expressions over what the source says.

The language is `simpleeval`'s (a Python expression, parsed once, never compiled to code), cut down: no access to
attributes of objects, no subscripts, no numbers' operators, no regular expressions; only the functions below, whose
results have at most `MOST` characters. So a rule takes a time that its length bounds, whatever the entry holds.

A rule gives a text, a list of texts, or nothing (None, an empty text): then the attribute stays as the standard map
makes it. What a mapped attribute says beside the standard map is taken off again on the way back by the residue
(`remainder` compares what the document alone would give), so the source leg's law holds with any mapping.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from transhumance.connectors.contract import Context
from transhumance.connectors.formats.dn import DnError, dn_key, parse_dn
from transhumance.migrators.identities.build import Atom, Draft, own_name
from transhumance.migrators.identities.standard import MOVES, PERSON, TARGETS
from transhumance.migrators.identities.values import is_ia5, is_phone, is_text

if TYPE_CHECKING:
    from simpleeval import SimpleEval

MOST = 4096
LONGEST = 1000
"""Characters of an expression; a rule is small, and its depth is bounded by it."""
DEEPEST = 30
RULES = "attributes"
CHOICES: Mapping[str, tuple[str, ...]] = {"rpps": (), "keycloak_units": ("attribute", "groups")}
"""What target codecs are told by name, and the values that they know; none where it is a source's attribute."""
_OWN = frozenset("entryuuid createtimestamp cn homedirectory loginshell gecos".split())  # or of a class it may lack
MAPPABLE: Mapping[str, str] = {
    name: moves[0].target
    for name, moves in TARGETS[PERSON.name].items()
    if name not in _OWN and moves[0].fits in (is_text, is_ia5, is_phone)
}
"""Attributes that a rule may give, lower case to their spelling: those of a person that hold text, its name apart."""
_NODES = (
    ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not,
    ast.IfExp, ast.Compare, ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.BinOp, ast.Add,
)  # fmt: skip


class MappingError(ValueError):
    """An expression that is none. `column`: where, from 1. `reason`: a name of `REASONS`; `what`: its parameter."""

    def __init__(self, column: int, reason: str, what: str = "") -> None:
        super().__init__(f"column {column}: {reason} {what}".strip())
        self.column, self.reason, self.what = column, reason, what


@dataclass(frozen=True, slots=True)
class Rule:
    """One attribute of the document: the expression of its value, the condition, the line of the file."""

    target: str
    value: str
    when: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """What a rule did to an entry. `values`: what it gave, nothing where it did not apply. `reads`: the source's
    attributes that its value is made of. `code`: why it was not followed."""

    rule: Rule
    values: tuple[bytes, ...] = ()
    reads: frozenset[str] = frozenset()
    code: str = ""


def rules_of(context: Context) -> tuple[Rule, ...]:
    """The rules that a codec was given."""
    given = context.mapping.get(RULES, ())
    if not isinstance(given, list | tuple):
        return ()
    rules = cast("Sequence[tuple[str, str, str, int]]", given)
    return tuple(Rule(*each) for each in rules)


@lru_cache(512)
def parsed(text: str) -> ast.expr:
    """The expression, checked whole: only known functions with as many arguments as they take, only allowed signs.

    Raises `MappingError`.
    """
    if len(text) > LONGEST:
        raise MappingError(LONGEST + 1, "long", str(LONGEST))
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise MappingError(error.offset or 1, "syntax", error.msg) from None
    except (ValueError, RecursionError, MemoryError):
        raise MappingError(1, "syntax") from None
    _check(tree.body, 0)
    return tree.body


def _check(node: ast.AST, depth: int) -> None:
    column = getattr(node, "col_offset", 0) + 1
    if depth > DEEPEST:
        raise MappingError(column, "deep")
    if not isinstance(node, _NODES) or (isinstance(node, ast.Call) and not isinstance(node.func, ast.Name)):
        raise MappingError(column, "sign", type(node).__name__)
    if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | None):
        raise MappingError(column, "sign", repr(node.value)[:40])
    if isinstance(node, ast.Name) and node.id != "dn":
        raise MappingError(column, "name", node.id)
    inner: Iterator[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        _check_call(node, node.func.id, column)
        inner = iter(node.args)
    for child in inner:
        _check(child, depth + 1)


def _check_call(node: ast.Call, name: str, column: int) -> None:
    if name not in FUNCTIONS:
        raise MappingError(column, "function", name)
    if len(node.args) != FUNCTIONS[name] or node.keywords:
        raise MappingError(column, "arguments", f"{name}: {FUNCTIONS[name]}")


@lru_cache(512)
def reads(text: str) -> frozenset[str]:
    """The source's attributes (lower case) that an expression names."""
    calls = (node for node in ast.walk(parsed(text)) if isinstance(node, ast.Call))
    named = (c.args[0] for c in calls if isinstance(c.func, ast.Name) and c.func.id in ("attr", "attrs"))
    return frozenset(n.value.lower() for n in named if isinstance(n, ast.Constant) and isinstance(n.value, str))


# --- the functions


def _short(value: str) -> str:
    if len(value) > MOST:
        raise ValueError("too long")
    return value


def _before(text: str, mark: str) -> str:
    return text.partition(mark)[0] if mark else text


def _after(text: str, mark: str) -> str:
    return text.partition(mark)[2] if mark else ""


def _replace(text: str, old: str, new: str) -> str:
    if len(text) + text.count(old) * len(new) > 2 * MOST:
        raise ValueError("too long")
    return text.replace(old, new)


_TEXTS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "lower": (1, str.lower),
    "upper": (1, str.upper),
    "strip": (1, str.strip),
    "digits": (1, lambda text: "".join(c for c in text if c in "0123456789")),
    "before": (2, _before),
    "after": (2, _after),
    "starts": (2, lambda text, head: text.startswith(head)),
    "ends": (2, lambda text, tail: text.endswith(tail)),
    "replace": (3, _replace),
}
"""Functions of texts: how many arguments, and what it does; of nothing they make nothing, of a list one by one."""
FUNCTIONS: Mapping[str, int] = {
    **{name: count for name, (count, _) in _TEXTS.items()}, "attr": 1, "attrs": 1, "join": 2, "ou": 1, "in_ou": 1,
}  # fmt: skip


def _of_texts(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(first: Any, *others: Any) -> Any:
        if first is None:
            return None
        if isinstance(first, list):
            return [call(each, *others) for each in first]
        if not all(isinstance(each, str) for each in (first, *others)):
            raise ValueError("a text is wanted")
        made = function(first, *others)
        return _short(made) if isinstance(made, str) else made

    return call


_SHARED = {name: _of_texts(function) for name, (_, function) in _TEXTS.items()}


def _add(a: Any, b: Any) -> Any:
    """Text to text, list to list; nothing beside something is nothing."""
    if a is None or b is None:
        return None
    if isinstance(a, str) and isinstance(b, str):
        return _short(a + b)
    if isinstance(a, list) and isinstance(b, list) and len(a) + len(b) <= MOST:
        return [*a, *b]
    raise ValueError("texts and lists don't add up")


class Evaluator:
    """Evaluates expressions over one entry; only texts that are UTF-8 are seen, the others are as if absent."""

    def __init__(self, dn: str, source: Mapping[str, Sequence[bytes]]) -> None:
        self._dn = dn
        # of an attribute that is spelt in two ways, the same one is seen whatever their order
        self._source = {name.lower(): source[name] for name in sorted(source, reverse=True)}
        self._engine = self._made()

    def _made(self) -> SimpleEval:
        from simpleeval import SimpleEval

        own = {"attr": self._attr, "attrs": self._attrs, "join": _join, "ou": self._ou, "in_ou": self._in_ou}
        engine = SimpleEval(functions={**_SHARED, **own}, names={"dn": self._dn})
        engine.operators = {
            **{sign: engine.operators[sign] for sign in (ast.Eq, ast.NotEq, ast.Not)},
            ast.In: _within, ast.NotIn: lambda a, b: not _within(a, b), ast.Add: _add,
        }  # fmt: skip
        return engine

    def value(self, text: str) -> Any:
        """What an expression gives. Raises `ValueError` where it can't be worked out."""
        try:
            return self._engine.eval(text, previously_parsed=parsed(text))
        except MappingError:
            raise
        except Exception as error:  # of the library, or a type that does not fit: the rule is not followed, and said so
            raise ValueError(type(error).__name__) from None

    def _attrs(self, name: str) -> list[str]:
        found = []
        for value in self._source.get(str(name).lower(), ())[:MOST]:
            if len(value) <= MOST and (text := _text(value)):
                found.append(text)
        return found

    def _attr(self, name: str) -> str | None:
        return next(iter(self._attrs(name)), None)

    def _ou(self, level: int) -> str | None:
        """The name of the unit that is so many above: 1 is the nearest."""
        try:
            rdns = parse_dn(self._dn)[1:]
        except DnError:
            return None
        units = [a.value.decode("utf-8", "replace") for rdn in rdns for a in rdn if a.type.lower() == "ou"]
        return units[level - 1] if type(level) is int and 0 < level <= len(units) else None

    def _in_ou(self, place: str) -> bool:
        above, own = dn_key(str(place)), dn_key(self._dn)
        return own == above or own.endswith("," + above)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


def _join(texts: Any, mark: Any) -> Any:
    return None if texts is None else _short(str(mark).join(texts)) if isinstance(texts, list) else texts


def _within(a: Any, b: Any) -> bool:
    return b is not None and a is not None and a in b


# --- on a draft


def applied(context: Context, made: Draft, source: Mapping[str, tuple[bytes, ...]]) -> tuple[Applied, ...]:
    """Puts what the rules give into a person's draft, in the place of what the standard map put there."""
    rules = rules_of(context)
    if not rules or made.shape is not PERSON:
        return ()
    evaluator = Evaluator(made.dn, source)
    named_by = {ava.type.lower() for ava in own_name(made.dn)}
    done = tuple(_one(rule, evaluator, named_by) for rule in rules)
    for each in done:
        if each.values:
            _put(made, each, source)
        elif each.code:
            made.told(each.code, each.rule.target)
    return done


def _one(rule: Rule, evaluator: Evaluator, named_by: set[str]) -> Applied:
    seen = reads(rule.value)
    if rule.target.lower() in named_by:  # the entry's name is made of it
        return Applied(rule, reads=seen, code="ID-MAP-03")
    try:
        if rule.when and not evaluator.value(rule.when):
            return Applied(rule, reads=seen)
        given = evaluator.value(rule.value)
    except ValueError:
        return Applied(rule, reads=seen, code="ID-MAP-01")
    texts = given if isinstance(given, list) else [given]
    if not all(text is None or isinstance(text, str) for text in texts):
        return Applied(rule, reads=seen, code="ID-MAP-01")
    try:
        values = tuple(dict.fromkeys(text.encode() for text in texts if text))
    except UnicodeEncodeError:
        return Applied(rule, reads=seen, code="ID-MAP-01")
    move = TARGETS[PERSON.name][rule.target.lower()][0]
    if len({v.lower() for v in values}) < len(values) or not all(map(move.fits, values)):
        return Applied(rule, reads=seen, code="ID-MAP-02")
    if len(values) > 1 and (move.single or rule.target == "uid"):
        return Applied(rule, reads=seen, code="ID-MAP-02")
    return Applied(rule, values, seen)


def _put(made: Draft, each: Applied, source: Mapping[str, tuple[bytes, ...]]) -> None:
    """What a source's attribute had in that place is said by where it is now, or by itself."""
    lower = each.rule.target.lower()
    _, old = made.attributes.get(lower, ("", []))
    made.attributes[lower] = (each.rule.target, list(each.values))
    for name, atoms in made.atoms.items():
        made.atoms[name] = tuple(
            _moved(atom, lower, old, each.values, source[name][at]) for at, atom in enumerate(atoms)
        )


def _moved(atom: Atom, lower: str, old: Sequence[bytes], new: Sequence[bytes], raw: bytes) -> Atom:
    place = atom[1] if isinstance(atom, tuple) else atom
    if not isinstance(place, str) or place.rpartition("/")[0] != lower:
        return atom
    value = old[int(place.rpartition("/")[2])]
    if value not in new:
        return raw
    now = f"{lower}/{new.index(value)}"
    return (atom[0], now) if isinstance(atom, tuple) else now


@dataclass(frozen=True, slots=True)
class Went:
    """One attribute of a source and where its values went. `places`: attributes of the document; `kept`: something of
    it is in the residue; `lines`: the rules that read it and gave something; `left`: the source writes it anew, or it
    follows from others."""

    name: str
    values: tuple[bytes, ...]
    places: tuple[str, ...]
    kept: bool
    lines: tuple[int, ...]
    left: bool


def went(
    made: Draft, source: Mapping[str, tuple[bytes, ...]], done: Sequence[Applied], residue: set[str]
) -> list[Went]:
    """Where each attribute of an entry went; `residue`: the paths of its residue."""
    spelt = {lower: name for lower, (name, _) in made.attributes.items()}
    found = []
    for name, values in source.items():
        atoms = made.atoms.get(name, ())
        if name.lower() == "objectclass":
            found.append(Went(name, values, ("objectClass",), name in residue, (), False))
            continue
        places = {p.rpartition("/")[0] for a in atoms if isinstance(p := a[1] if isinstance(a, tuple) else a, str)}
        rules = [each for each in done if each.values and name.lower() in each.reads]
        if move := MOVES[made.shape.name].get(name.lower()):
            if name not in residue and move.target.lower() in made.attributes:
                places.add(move.target.lower())
        where = sorted({*(spelt[p] for p in places), *(each.rule.target for each in rules)})
        left = name not in residue and not where
        lines = tuple(each.rule.line for each in rules)
        found.append(Went(name, values, tuple(where), name in residue, lines, left))
    return found
