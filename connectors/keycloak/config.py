"""What a plan says of a Keycloak endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Passwords = Literal["none", "reset", "pass_through"]


class Federation(BaseModel):
    """The directory that checks passwords while a wave's people still have none here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="the directory as Keycloak reaches it, such as ldaps://dc1.chu.example")
    users: str = Field(description="the DN under which its people are")
    username: str = Field(description="the account that Keycloak reads it with")
    password: SecretStr = Field(description="its password, by reference: env:NAME, file:PATH, keyring:NAME")
    filter: str = Field(
        pattern=r"^\(.+\)$",
        description="LDAP filter of the people who move, and of nobody else, such as (memberOf=CN=sso,DC=chu): whoever "
        "it lets through becomes a user of the realm as soon as somebody lists the realm",
    )


class KeycloakConfig(BaseModel):
    """A realm of a Keycloak. TLS is verified always; without TLS only where `insecure` says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="address of the server, such as https://sso.chu.example")
    realm: str = Field(min_length=1, max_length=36, description="the realm that holds the people")
    username: str = Field("", description="an administrator; or a service account: client_id and client_secret")
    password: SecretStr = Field(SecretStr(""), description="the password, by reference: env:NAME, file:PATH")
    client_id: str = Field("admin-cli", description="the client to log in by")
    client_secret: SecretStr = Field(SecretStr(""), description="its secret, by reference, of a service account")
    auth_realm: str = Field("", description="realm of that account: master for an administrator, else the realm")
    ca_file: Path | None = Field(None, description="certificates of the server's authority, PEM, relative to the plan")
    insecure: bool = Field(False, description="true: http:// without TLS, passwords in clear; `check` says so loudly")
    create_realm: bool = Field(False, description="true: the realm is made where it is not there")
    profile: Literal["unmanaged", "as_is"] = Field(
        "unmanaged",
        description="unmanaged: the realm's profile policy becomes ADMIN_EDIT, so that attributes are kept and shown "
        "to administrators; as_is: the profile is left alone, what it hides is told as lost",
    )
    base: str = Field("", description="the DN under which people born in Keycloak are said to be; o=REALM by default")
    batch: int = Field(50, ge=1, le=1000, description="users of one partialImport; 50 to 100 is the best point")
    threads: int = Field(2, ge=1, le=16, description="requests at once")
    log_in: Passwords = Field(
        "none",
        description="none: people come without a password; reset: each sets a new one at the first log-in; "
        "pass_through: the directory of `federation` checks it until the wave is cut",
    )
    federation: Federation | None = Field(None, description="the directory that checks passwords, for pass_through")
    timeout: float = Field(120.0, gt=0, le=3600, description="seconds without an answer before a call counts as lost")

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("an address such as https://sso.chu.example")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _consistent(self) -> Any:
        if urlsplit(self.url).scheme == "http" and not self.insecure:
            raise ValueError("http:// sends passwords in clear: use https://, or say insecure: true")
        if not self.username and not self.client_secret.get_secret_value():
            raise ValueError("give username and password, or client_id and client_secret")
        if self.log_in == "pass_through" and self.federation is None:
            raise ValueError("pass_through needs `federation`: the directory that checks the passwords")
        return self

    @property
    def login_realm(self) -> str:
        """The realm that gives the tokens."""
        return self.auth_realm or ("master" if self.username else self.realm)
