"""What a plan says of any LDAP server: where it is, whom to log in as, how the connection is protected."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from transhumance.connectors.contract import Environment
from transhumance.connectors.formats.ldapwire import Address


class LdapServer(BaseModel):
    """An LDAP server. TLS is verified always; without TLS only where `insecure` says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="`ldaps://host[:port]`, or `ldap://host[:port]` with `start_tls: true`")
    base: str = Field(description="the DN under which all is read and written, such as dc=chu,dc=example")
    username: str = Field("", description="the DN (or the name) to log in as; empty for nobody")
    password: SecretStr = Field(
        SecretStr(""), description="its password, by reference: env:NAME, file:PATH, keyring:NAME"
    )
    ca_file: Path | None = Field(None, description="certificates of the server's authority, PEM, relative to the plan")
    start_tls: bool = Field(
        False, description="begin in clear and change to TLS before anything is sent (ldap:// only)"
    )
    insecure: bool = Field(False, description="true: without TLS, password and data in clear; `check` says so loudly")
    timeout: float = Field(
        120.0, gt=0, le=3600, description="seconds without an answer before a connection counts as lost"
    )

    @field_validator("url")
    @classmethod
    def _is_ldap(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("an address such as ldaps://ldap.chu.example or ldap://ldap.chu.example:389")
        try:
            parts.port  # noqa: B018  # raises for what is no port
        except ValueError:
            raise ValueError("the port is a number from 1 to 65535") from None
        return url

    @model_validator(mode="after")
    def _protected(self) -> Any:
        clear = urlsplit(self.url).scheme == "ldap"
        if self.start_tls and not clear:
            raise ValueError("start_tls goes with ldap://; ldaps:// is TLS from the start")
        if clear and not self.start_tls and not self.insecure:
            raise ValueError(
                "ldap:// sends passwords in clear: use ldaps://, or start_tls: true, or say insecure: true"
            )
        return self

    def address(self, environment: Environment) -> Address:
        """Where and how to connect, for an opened endpoint."""
        return Address(
            self.url,
            self.username,
            self.password.get_secret_value(),
            None if self.ca_file is None else environment.base / self.ca_file,
            self.start_tls,
            self.insecure,
            self.timeout,
            environment.endpoint,
        )
