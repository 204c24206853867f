"""What a plan says of an Active Directory endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from transhumance.connectors.formats.dn import DnError, parse_dn


class AdDomain(BaseModel):
    """A further domain of the same forest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = Field(description="the domain's distinguished name, or that of a part of it")
    url: tuple[str, ...] = Field(description="its domain controllers, the preferred one first")

    @field_validator("url", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def _ldap(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        if not urls or not all(url.startswith(("ldaps://", "ldap://")) for url in urls):
            raise ValueError("an address is ldaps://HOST[:PORT], or ldap://HOST[:PORT] with start_tls")
        return urls

    @field_validator("base")
    @classmethod
    def _named(cls, base: str) -> str:
        try:
            known = bool(parse_dn(base))
        except DnError:
            known = False
        if not known:
            raise ValueError("a distinguished name, such as DC=chu,DC=example")
        return base


class AdConfig(AdDomain):
    """An Active Directory endpoint: one domain, and further ones of its forest where they are named."""

    url: tuple[str, ...] = Field(description="ldaps://HOST of a domain controller; several, the preferred one first")
    base: str = Field(description="where to read and write: the domain's distinguished name, or a part of it")
    username: str = Field("", description="user@domain, DOMAIN\\user (ntlm), or a distinguished name")
    password: SecretStr = Field(SecretStr(""), description="by reference: env:, file: or keyring:")
    auth: Literal["simple", "ntlm"] = Field("simple", description="how to log in, always inside TLS")
    ca_file: Path | None = Field(None, description="the private authority that signed the controllers' certificates")
    start_tls: bool = Field(False, description="protect an ldap:// address by StartTLS")
    insecure: bool = Field(False, description="ldap:// without TLS: passwords travel in clear; told by check")
    domains: tuple[AdDomain, ...] = Field((), description="further domains of the forest, each with its controllers")
    global_catalog: str | None = Field(None, description="ldaps://HOST:3269, asked for names of other domains")
    attributes: tuple[str, ...] = Field((), description="only these attributes are read; all of them where empty")
    changes: Literal["auto", "dirsync", "usn"] = Field("auto", description="how changes are asked for")
    page_size: int = Field(1000, ge=1, le=1000, description="entries a page; Active Directory gives 1,000 at most")
    timeout: float = Field(60, gt=0, le=3600, description="seconds that an answer may take")
    accounts: Literal["disabled", "as_source"] = Field(
        "disabled", description="what a new account without a password is: disabled, or as the source said"
    )
    on_remove: Literal["disable", "delete"] = Field("disable", description="what a deletion does to an account here")

    @model_validator(mode="after")
    def _protected(self) -> AdConfig:
        if self.auth == "ntlm" and self.insecure:
            raise ValueError("auth: ntlm needs TLS: use ldaps://, or start_tls: true")
        clear = [url for url in self.addresses() if url.startswith("ldap://")]
        if clear and not self.start_tls and not self.insecure:
            raise ValueError(f"{clear[0]} is not protected: use ldaps://, or start_tls: true")
        return self

    def addresses(self) -> tuple[str, ...]:
        """Every address that this endpoint may contact."""
        more = [url for domain in self.domains for url in domain.url]
        return (*self.url, *more, *([self.global_catalog] if self.global_catalog else []))

    def all_domains(self) -> tuple[AdDomain, ...]:
        """Its own domain first, then the further ones."""
        return (AdDomain(base=self.base, url=self.url), *self.domains)
