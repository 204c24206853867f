"""What a plan says of an endpoint behind Microsoft Graph."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class GraphConfig(BaseModel):
    """Who asks, by which right, and where. One of `client_secret`, `certificate` and `token` is needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$", description="tenant id or a domain of it")
    client_id: str = Field("", description="application (client) id of the app registration")
    client_secret: SecretStr | None = Field(None, description="its client secret")
    certificate: Path | None = Field(None, description="PEM or PFX file with its certificate and private key")
    certificate_password: SecretStr | None = Field(None, description="password of that file")
    token: SecretStr | None = Field(None, description="an access token, for a short trial; it ends after an hour")
    base_url: str = Field("https://graph.microsoft.com/v1.0", description="Graph's address; sovereign clouds differ")
    authority: str = Field("https://login.microsoftonline.com", description="where to sign in; sovereign clouds differ")
    ca_file: Path | None = Field(None, description="PEM file of the authorities to trust instead of the system's")
    insecure: bool = Field(False, description="allows http:// for base_url; nothing is secret then")
    concurrency: int = Field(4, ge=1, le=16, description="requests at once")

    @field_validator("base_url", "authority")
    @classmethod
    def _address(cls, url: str) -> str:
        split = urlsplit(url)
        if split.scheme not in ("https", "http") or not split.hostname or split.username or split.query:
            raise ValueError(f"not an address: {url}")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> GraphConfig:
        ways = [way for way in ("client_secret", "certificate", "token") if getattr(self, way) is not None]
        if len(ways) != 1:
            raise ValueError("one of client_secret, certificate and token is needed, and only one")
        if ways != ["token"] and not self.client_id:
            raise ValueError(f"{ways[0]} needs client_id")
        if not self.base_url.startswith("https://") and not self.insecure:
            raise ValueError("base_url is not https://; add insecure: true to send the token in clear")
        return self
