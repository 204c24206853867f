"""Turns what pydantic says of a value into problems with places: every error type has our words, none keeps
pydantic's English.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from transhumance.plans.model.document import Node, locate
from transhumance.plans.model.errors import Loc, field_text, printable
from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import Problem
from transhumance.plans.model.scalars import PREFIX, field_names, timezones
from transhumance.plans.model.secrets import is_secret_name, refusal_of
from transhumance.plans.model.texts import TEXTS

_STANDARD: Final = frozenset(get_args(ErrorType))
# Beginnings of pydantic's error types, in the order in which they are tried.
_KINDS: Final = (
    ("missing", "missing"), ("extra_forbidden", "unknown-field"), ("unexpected_keyword", "unknown-field"),
    ("literal_error", "one-of"), ("enum", "one-of"), ("union_tag_invalid", "one-of"),
    ("union_tag_not_found", "missing"), ("greater_than_equal", "at-least"), ("greater_than", "more-than"),
    ("less_than_equal", "at-most"), ("less_than", "less-than"), ("string_pattern", "pattern"),
    ("string_too_short", "empty"), ("too_short", "empty"), ("bytes_too_short", "empty"),
    ("string_too_long", "too-long"), ("too_long", "too-long"), ("bytes_too_long", "too-long"),
    ("url_too_long", "too-long"), ("value_error", "told"), ("assertion_error", "told"), ("url", "bad-url"),
    ("string", "need-text"), ("bytes", "need-text"), ("int", "need-integer"), ("float", "need-number"),
    ("decimal", "need-number"), ("fraction", "need-number"), ("complex", "need-number"),
    ("finite_number", "need-number"), ("bool", "need-bool"), ("date_", "bad-date"), ("datetime", "bad-date"),
    ("timezone", "bad-date"), ("time_delta", "bad-duration"), ("time_", "bad-time"), ("list", "need-list"),
    ("tuple", "need-list"), ("set", "need-list"), ("frozen_set", "need-list"), ("deque", "need-list"),
    ("iterable", "need-list"), ("dict", "need-mapping"), ("mapping", "need-mapping"), ("model", "need-mapping"),
    ("dataclass", "need-mapping"), ("named_tuple", "need-list"),
)  # fmt: skip


def problems_of(
    error: ValidationError,
    root: Node,
    model: type[BaseModel],
    prefix: Loc = (),
    secret: Collection[str] | None = None,
    beside: Iterable[str] = (),
) -> list[Problem]:
    """Every mistake that a validation found, at its place in the file.

    `prefix`: where in the file the validated value lies. `secret`: the secret fields of a connector's model, None
    for the plan's own. `beside`: names that may stand beside the model's. A misspelt field that is required is told
    once, as misspelt. One value has one mistake, even where pydantic tried several types.
    """
    found: list[Problem] = []
    seen: set[Loc] = set()
    details = error.errors(include_url=False, include_input=False)
    guesses = _misspelt(details, model)
    for detail in details:
        loc = tuple(detail["loc"])
        if kind_of(detail["type"]) == "missing" and loc in guesses:
            continue
        if kind_of(detail["type"]) == "unknown-field":
            known = [*known_fields(model, loc[:-1]), *(beside if len(loc) == 1 else ())]
            problem = unknown_field(root, (*prefix, *loc), known)
        else:
            problem = _problem(detail, root, prefix, secret)
        if problem.loc not in seen:
            seen.add(problem.loc)
            found.append(problem)
    return found


def kind_of(pydantic_type: str) -> str:
    """The name in `TEXTS` for a pydantic error type."""
    if (own := pydantic_type.removeprefix(PREFIX)) != pydantic_type:
        return own if own in TEXTS else "refused"
    if pydantic_type not in _STANDARD:
        return "told"  # a connector's own error: its author's words are the best that there are
    return next((name for start, name in _KINDS if pydantic_type.startswith(start)), "refused")


def unknown_field(root: Node, loc: Loc, known: Iterable[str]) -> Problem:
    """The problem of a field that does not exist: with a guess, else with the names that do."""
    place, _, found = locate(root, loc)
    return Problem("unknown-field", place, found, _guess_or_known(str(loc[-1]), known))


def _problem(detail: ErrorDetails, root: Node, prefix: Loc, secret: Collection[str] | None) -> Problem:
    loc = tuple(step for step in detail["loc"] if step != "[key]")
    name = kind_of(detail["type"])
    place, node, found = locate(root, prefix + loc)
    hidden = any(isinstance(step, str) and (step in (secret or ()) or is_secret_name(step)) for step in loc)
    if "[key]" in detail["loc"]:
        node = Node(str(loc[-1]), place, str(loc[-1]))
    context = dict(detail.get("ctx", {}))
    params = _params(name, context, node, hidden)
    if name == "missing":
        params["where"] = _where(found)
        found = (*found, str(loc[-1])) if detail["type"] == "missing" else found
    if name == "told":
        params["why"] = printable(detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, "), 200)[
            1:-1
        ].rstrip(".")
    if name == "refused" or (name == "told" and (secret is None or hidden)):
        name, params = "refused", {"why": detail["type"]}
    if name == "secret-in-clear":
        name = refusal_of(node.value)
    return Problem(name, place, found, params)


def _params(name: str, context: dict[str, Any], node: Node, hidden: bool) -> dict[str, Any]:
    """What the sentences of a mistake say: the value (unless it may be a secret), the bound, the possible names."""
    value = "***" if hidden else node.shown()
    bound = next((context[key] for key in ("ge", "le", "gt", "lt", "max_length") if key in context), "")
    bound = f"{bound:g}" if isinstance(bound, float) else bound
    params: dict[str, Any] = {"value": value, "kind": node.kind(hidden=hidden), "bound": bound, "where": "", "more": ""}
    params |= {"pattern": context.get("pattern", ""), "quote": _quoted(node, hidden)}
    if name == "one-of":
        names = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags", ""))))
        params |= {"known": names, "guess": None if hidden else nearest(str(node.value), names)}
    if name == "bad-timezone":
        params["guess"] = nearest(str(node.value), timezones())
    return params | {key: value for key, value in context.items() if key in {"known", "more", "example", "value"}}


def _guess_or_known(name: str, known: Iterable[str]) -> dict[str, Any]:
    names = sorted(known)
    guess = nearest(name, names)
    return {"guess": guess} if guess else {"known": names}


def _quoted(node: Node, hidden: bool) -> Mapping[str, str]:
    if hidden or not node.text or isinstance(node.value, dict | list | str):
        return {"fr": "", "en": ""}
    text = printable(node.text)
    return {"fr": f"Mettez la valeur entre guillemets : {text}.", "en": f"Quote the value: {text}."}


def _where(found: Loc) -> Mapping[str, str]:
    if not found:
        return {"fr": " au premier niveau du plan", "en": " at the top level of the plan"}
    return {"fr": f" sous `{field_text(found)}`", "en": f" under `{field_text(found)}`"}


def _misspelt(details: Iterable[ErrorDetails], model: type[BaseModel]) -> set[Loc]:
    """Paths of missing fields that an unknown field beside them is a misspelling of."""
    out: set[Loc] = set()
    for detail in details:
        if kind_of(detail["type"]) == "unknown-field":
            loc = tuple(detail["loc"])
            if guess := nearest(str(loc[-1]), known_fields(model, loc[:-1])):
                out.add((*loc[:-1], guess))
    return out


def known_fields(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """The names of the fields that may stand at a path of a model."""
    kinds: list[Any] = [model]
    for step in loc:
        following = [inner for kind in kinds for inner in _step(kind, step)]
        kinds = following or kinds  # a step that is no field is the branch of a union
    return sorted({name for kind in kinds for branch in annotation_types(kind) for name in _names(branch)})


def _names(kind: Any) -> Iterable[str]:
    return field_names(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else ()


def _step(kind: Any, step: str | int) -> Iterator[Any]:
    for branch in annotation_types(kind):
        if isinstance(branch, type) and issubclass(branch, BaseModel):
            name = field_names(branch).get(str(step))
            if name is not None:
                yield branch.model_fields[name].annotation
        elif (arguments := get_args(branch)) and isinstance(get_origin(branch), type):
            yield arguments[-1]


def annotation_types(kind: Any) -> Iterator[Any]:
    """The types that an annotation allows: a type without `Annotated`; of a union, each of its types."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from annotation_types(get_args(kind)[0])
    elif origin in (Union, UnionType):
        for inner in get_args(kind):
            yield from annotation_types(inner)
    else:
        yield kind
