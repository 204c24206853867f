"""What a plan says of an Entra ID endpoint."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, field_validator

from transhumance.connectors.formats.dn import DnError, parse_dn
from transhumance.connectors.formats.graph_config import GraphConfig

Inventory = Literal["conditional-access", "app-roles", "authentication-methods"]


class EntraConfig(GraphConfig):
    """An Entra ID tenant, read through Microsoft Graph."""

    base: str | None = Field(None, description="base DN of its entries; else made from the tenant's default domain")
    select: tuple[str, ...] = Field((), description="further properties of people to read, by Graph's names")
    inventory: tuple[Inventory, ...] | None = Field(
        None, description="what is read beside people and groups; without the field, what the application may read"
    )

    @property
    def wanted(self) -> tuple[Inventory, ...]:
        """The inventory to read."""
        return get_args(Inventory) if self.inventory is None else self.inventory

    @field_validator("base")
    @classmethod
    def _is_dn(cls, base: str | None) -> str | None:
        try:
            if base is not None and not parse_dn(base):
                raise ValueError("the base DN is empty")
        except DnError as error:
            raise ValueError(f"not a DN: {error}") from None
        return base

    @field_validator("select")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [name for name in names if not name.isidentifier()]:
            raise ValueError(f"not a property: {', '.join(bad)}")
        return names
