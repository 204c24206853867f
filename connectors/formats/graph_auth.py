"""Access tokens for Graph: azure-identity where the plan names an application, else the token that the plan gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from transhumance.connectors.contract import Retry, StopEndpoint, Text
from transhumance.connectors.formats.graph_config import GraphConfig

Tokens = Callable[[bool], str]
"""Gives an access token; a new one where it is told that the last one was refused."""


def tokens_of(config: GraphConfig, base: Path) -> Tokens:
    """Where the tokens of an endpoint come from. `base`: the folder that relative paths of the plan start from."""
    if config.token is not None:
        given = config.token.get_secret_value()

        def fixed(refused: bool) -> str:
            if refused:
                raise _ended()
            return given

        return fixed
    return _Application(config, base)


def _ended() -> StopEndpoint:
    return StopEndpoint(
        Text(
            "Graph refuse le jeton du plan : il a expiré ou n'est pas pour ce service ; mettez-en un neuf",
            "Graph refuses the plan's token: it has expired or is not for this service; put a new one there",
        )
    )


class _Application:
    """Tokens of an application by its secret or certificate, kept by azure-identity until they end."""

    def __init__(self, config: GraphConfig, base: Path) -> None:
        self._config, self._base = config, base
        self._credential: Any = None
        split = urlsplit(config.base_url)
        self._scope = f"{split.scheme}://{split.netloc}/.default"

    def __call__(self, refused: bool) -> str:
        """Raises `StopEndpoint` where signing in is refused, `Retry` where nobody answers."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError

        if refused or self._credential is None:
            self._credential = self._made()  # another credential has an empty cache
        try:
            return str(self._credential.get_token(self._scope).token)
        except ClientAuthenticationError as error:
            raise _refused(str(error.message)) from None
        except AzureError as error:
            why = str(error).splitlines()[0][:200]
            raise Retry(Text(f"connexion à Entra impossible : {why}", f"can't sign in to Entra: {why}")) from None
        except ValueError as error:
            raise _refused(str(error)) from None

    def _made(self) -> Any:
        from azure.identity import CertificateCredential, ClientSecretCredential

        config = self._config
        options: dict[str, Any] = {"authority": config.authority}
        if config.authority != type(config).model_fields["authority"].default:
            options["disable_instance_discovery"] = True
        if config.ca_file:
            options["connection_verify"] = str(self._base / config.ca_file)
        try:
            if config.client_secret is not None:
                secret = config.client_secret.get_secret_value()
                return ClientSecretCredential(config.tenant, config.client_id, secret, **options)
            if config.certificate_password is not None:
                options["password"] = config.certificate_password.get_secret_value()
            file = self._base / (config.certificate or "")
            return CertificateCredential(config.tenant, config.client_id, str(file), **options)
        except (OSError, ValueError) as error:
            raise _refused(str(error)) from None


def _refused(why: str) -> StopEndpoint:
    line = (why.splitlines() or [""])[0][:300]
    return StopEndpoint(
        Text(
            f"Entra refuse la connexion de l'application : {line} ; vérifiez client_id et son secret ou certificat",
            f"Entra refuses the application's sign-in: {line}; check client_id and its secret or certificate",
        )
    )
