"""An endpoint's own settings: checked by its connector's model, and never with a secret in clear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from transhumance.plans.model.document import Node
from transhumance.plans.model.errors import Loc, Place, printable
from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import Problem
from transhumance.plans.model.scalars import field_names
from transhumance.plans.model.schema import Endpoint
from transhumance.plans.model.secrets import SecretRef, holds_secret, is_secret_name, refusal_of
from transhumance.plans.model.validation import annotation_types, problems_of, unknown_field

ConfigModel = Callable[[str], type[BaseModel] | None]

COMMON: Final = frozenset(field_names(Endpoint))
_OURS: Final = COMMON - {"assign"}  # which the connector carries out, or refuses where it has no such thing


def check_endpoints(
    root: Node, config_model: ConfigModel, known: Iterable[str], problems: list[Problem]
) -> dict[str, BaseModel]:
    """Each endpoint's settings as its connector's model, where they are right; what is wrong goes to `problems`.

    `config_model`: the model of a connector, None for a connector that does not exist; `known`: the connectors that do.
    """
    configs: dict[str, BaseModel] = {}
    known = sorted(known)
    endpoints = root.get("endpoints")
    for name, node in endpoints.entries() if endpoints else ():
        loc: Loc = ("endpoints", name)
        model = _model(node, loc, config_model, known, problems)
        secret = list(_secret_problems(node, loc, secret_fields(model) if model else frozenset()))
        problems += secret
        if model is not None:
            checked = _checked(root, node, loc, model)
            if isinstance(checked, BaseModel):
                configs[name] = checked
            else:
                told = {problem.loc for problem in secret}
                problems += [problem for problem in checked if problem.loc not in told]
    return configs


def _model(
    node: Node, loc: Loc, config_model: ConfigModel, known: list[str], problems: list[Problem]
) -> type[BaseModel] | None:
    connector = node.get("connector")
    if connector is None:
        problems += _misspelt(node, loc)
        return None
    if not isinstance(connector.value, str) or not connector.value:
        return None  # the schema tells
    place, where = node.keys["connector"], (*loc, "connector")
    try:
        model = config_model(connector.value)
    except Exception as error:  # a third party's connector may fail in any way; a plan's error it is all the same
        problems.append(Problem("connector-unloadable", place, where, {"why": _words(error)}))
        return None
    if model is None:
        value = connector.value
        params = {"value": printable(value), "guess": nearest(value, known), "known": known}
        problems.append(Problem("unknown-connector", place, where, params))
    return model


def _misspelt(node: Node, loc: Loc) -> Iterator[Problem]:
    """Keys of an endpoint without connector that look like `connector`, or another of its common keys, misspelt."""
    for key in node.keys:
        if key not in COMMON and (guess := nearest(key, COMMON)):
            yield Problem("unknown-field", node.keys[key], (*loc, key), {"guess": guess})


def _words(error: Exception) -> Mapping[str, str] | str:
    """An error's text in both languages where it has them."""
    text = getattr(error, "text", None)
    if text is not None and hasattr(text, "fr") and hasattr(text, "en"):
        return {"fr": _sentence(text.fr), "en": _sentence(text.en)}
    return f"{type(error).__name__}: {printable(str(error), 200)[1:-1]}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _checked(root: Node, node: Node, loc: Loc, model: type[BaseModel]) -> BaseModel | list[Problem]:
    """The settings as a model, or what is wrong; unknown fields are refused even by a model that would ignore them."""
    settings = {key: inner.plain() for key, inner in node.entries() if key not in _OURS and inner.value is not None}
    found: list[Problem] = []
    if model.model_config.get("extra") not in ("allow", "forbid"):
        names = _accepted(model)
        unknown = [key for key in settings if key not in names]
        found += [unknown_field(root, (*loc, key), {*names, *_OURS}) for key in unknown]
        settings = {key: value for key, value in settings.items() if key in names}
    try:
        config = model.model_validate(settings)
    except ValidationError as error:
        return [*found, *problems_of(error, root, model, loc, secret=secret_fields(model), beside=_OURS)]
    return found or config


def _accepted(model: type[BaseModel]) -> set[str]:
    """Every name that a model takes for a field: alias, validation aliases, and the attribute's name where it takes
    that.
    """
    names = set(field_names(model))
    by_name = model.model_config.get("populate_by_name") or model.model_config.get("validate_by_name")
    for name, info in model.model_fields.items():
        alias = info.validation_alias
        names |= {name} if by_name else set()
        names |= {alias} if isinstance(alias, str) else set()
        names |= {choice for choice in getattr(alias, "choices", ()) if isinstance(choice, str)}
    return names


def secret_fields(model: type[BaseModel]) -> frozenset[str]:
    """A model's fields that hold a secret, by their type (`SecretStr`, `SecretRef`) or by
    `json_schema_extra={"secret": True}`.
    """
    out = set()
    for alias, name in field_names(model).items():
        info = model.model_fields[name]
        extra = info.json_schema_extra
        marked = isinstance(extra, dict) and bool(extra.get("secret"))
        if marked or any(kind in (SecretStr, SecretBytes, SecretRef) for kind in annotation_types(info.annotation)):
            out.add(alias)
    return frozenset(out)


def _secret_problems(node: Node, loc: Loc, marked: frozenset[str]) -> Iterator[Problem]:
    for key, inner in node.entries():
        if key not in COMMON:
            yield from _secrets_in(inner, (*loc, key), node.keys[key], key in marked or is_secret_name(key))


def _secrets_in(node: Node, loc: Loc, place: Place, secret: bool) -> Iterator[Problem]:
    """Secrets in clear in a value and what it holds. No value goes into a problem."""
    if isinstance(node.value, dict):
        for key, inner in node.entries():
            yield from _secrets_in(inner, (*loc, key), node.keys[key], is_secret_name(key))
    elif isinstance(node.value, list):
        for index, inner in node.items():
            yield from _secrets_in(inner, (*loc, index), inner.place, secret)
    elif secret and node.value is not None:
        if not is_reference(node.value):
            yield Problem(refusal_of(node.value), place, loc)
    elif isinstance(node.value, str) and holds_secret(node.value):
        yield Problem("secret-inside", place, loc)


def is_reference(value: Any) -> bool:
    """Whether a value is a secret's reference."""
    try:
        SecretRef.parse(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def without_secrets(value: Any, marked: frozenset[str] = frozenset()) -> Any:
    """Plain data without its secret fields: not even their references."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if key not in marked and not _drops(key, inner)}
        return {key: without_secrets(inner) for key, inner in kept.items()}
    return [without_secrets(inner) for inner in value] if isinstance(value, list) else value


def with_secrets(
    value: Any, resolve: Callable[[SecretRef], str], marked: frozenset[str] = frozenset(), secret: bool = False
) -> Any:
    """Plain data with each secret field's reference replaced by what `resolve` gives: what a connector is opened
    with.
    """
    if isinstance(value, dict):
        return {
            key: with_secrets(inner, resolve, secret=key in marked or is_secret_name(key))
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [with_secrets(inner, resolve, secret=secret) for inner in value]
    return resolve(SecretRef.parse(value)) if secret and is_reference(value) else value


def _drops(key: Any, inner: Any) -> bool:
    return isinstance(key, str) and is_secret_name(key) and not isinstance(inner, dict)
