"""What a connector is opened with: its checked settings, with each secret's value in the place of its reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import BaseModel, ValidationError

from transhumance.plans.model.endpoints import secret_fields, with_secrets
from transhumance.plans.model.errors import PlanErrors
from transhumance.plans.model.load import LoadedPlan
from transhumance.plans.model.scalars import field_names
from transhumance.plans.model.secrets import SecretRef, SecretWarning, resolve
from transhumance.plans.model.validation import annotation_types


def opened_config(
    loaded: LoadedPlan,
    endpoint: str,
    *,
    environ: Mapping[str, str] | None = None,
    warn: Callable[[SecretWarning], None] | None = None,
) -> BaseModel:
    """The endpoint's config with its secrets read; a field of type `SecretRef` keeps its reference, for a connector
    that reads it itself.

    Raises `SecretError` for a secret that can't be had, `PlanErrors` for one that the connector refuses, `KeyError`
    for an endpoint that does not exist. The result holds secrets: it is for the connector, never for a log, a digest
    or a file.
    """
    model = type(loaded.configs[endpoint])
    settings = {key: value for key, value in loaded.plan.endpoints[endpoint].settings.items() if value is not None}
    kept = {alias for alias, name in field_names(model).items() if _keeps_reference(model, name)}
    values = with_secrets(
        {key: value for key, value in settings.items() if key not in kept},
        lambda ref: resolve(ref, base=loaded.base, environ=environ, warn=warn, lang=loaded.lang),
        secret_fields(model),
    )
    try:
        return model.model_validate(values | {key: settings[key] for key in kept if key in settings})
    except ValidationError as error:
        fields = [tuple(detail["loc"]) for detail in error.errors(include_input=False, include_url=False)]
    raise PlanErrors(loaded.error("secret-refused", ("endpoints", endpoint, *loc)) for loc in fields)


def _keeps_reference(model: type[BaseModel], name: str) -> bool:
    return SecretRef in annotation_types(model.model_fields[name].annotation)
