"""Secrets are references: `env:NAME`, `file:/path`, `keyring:name` or `keyring:service/name`; the value is read when
needed.

Nothing here puts a secret's value, or a text that may be one, into an error, a repr or a traceback.
"""

from __future__ import annotations

import importlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

MAX_BYTES: Final = 65_536
SCHEMES: Final = ("env", "file", "keyring")
SERVICE: Final = "transhumance"
_NAMES: Final = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    "file": re.compile(r"[^\x00-\x1f\x7f]{1,4096}"),
    "keyring": re.compile(r"[^\x00-\x1f\x7f/]{1,200}(/[^\x00-\x1f\x7f/]{1,200})?"),
}
PATTERN: Final = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:.+)$"
_WORDS: Final = frozenset(
    "accesskey apikey credential credentials mdp motdepasse passphrase passwd password passwords privatekey pwd secret"
    " secrets token".split()
)
_PAIRS: Final = {("api", "key"), ("private", "key"), ("access", "key"), ("pass", "phrase"), ("de", "passe")}
_ABOUT: Final = {
    "file",
    "path",
    "url",
    "uri",
    "endpoint",
    "type",
    "policy",
    "id",
    "name",
    "length",
    "expiry",
    "ttl",
    "lifetime",
}
_INSIDE: Final = re.compile(
    r"(?:^|[\s;,?&])(?:password|passwd|pwd|passphrase|secret|token)\s*=\s*[^\s;,&]|^[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:[^/\s]+@",
    re.IGNORECASE,
)


class SecretError(Exception):
    """A secret that can't be had: `code`, `message` (it names the reference only) and `remedy`, in the wanted
    language.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message}. {remedy}")
        self.code, self.message, self.remedy = code, message, remedy


@dataclass(frozen=True, slots=True)
class SecretWarning:
    """A secret that was read but is kept carelessly."""

    reference: SecretRef
    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret lies. `scheme`: one of `SCHEMES`; `name`: a variable, a path, or an entry of the keyring."""

    scheme: str
    name: str

    @classmethod
    def parse(cls, text: str) -> SecretRef:
        """The reference that a text is. Raises `ValueError`, which does not repeat the text, where it is none."""
        scheme, _, name = text.partition(":")
        if scheme not in SCHEMES or not _NAMES[scheme].fullmatch(name):
            raise ValueError("not a secret reference")
        return cls(scheme, name)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.name}"

    def __repr__(self) -> str:
        return f"SecretRef({str(self)!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": PATTERN, "description": "env:NAME, file:/path or keyring:name"}


def _validated(value: Any) -> SecretRef:
    from pydantic_core import PydanticCustomError

    if isinstance(value, SecretRef):
        return value
    try:
        return SecretRef.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError(f"plan:{refusal_of(value)}", "refused") from None


def refusal_of(value: Any) -> str:
    """Which mistake a text that is no reference is: a malformed reference or a secret in clear."""
    schemes = "|".join(SCHEMES)
    return "secret-reference" if isinstance(value, str) and re.match(f"({schemes}):", value) else "secret-in-clear"


def is_secret_name(key: str) -> bool:
    """Whether a field of this name holds a secret: `password`, `client_secret`, `api-key`; not `token_url`."""
    words = [word for word in re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()) if word]
    if not words or words[-1] in _ABOUT:
        return False
    return bool(_WORDS.intersection([*words, "".join(words)])) or any(
        pair in _PAIRS for pair in zip(words, words[1:], strict=False)
    )


def holds_secret(text: str) -> bool:
    """Whether a connection text or address carries a password: `PWD=...`, `https://user:password@host`."""
    return bool(_INSIDE.search(text[:10_000]))


def resolve(
    ref: SecretRef,
    *,
    base: Path | None = None,
    environ: Mapping[str, str] | None = None,
    warn: Callable[[SecretWarning], None] | None = None,
    lang: str = "fr",
) -> str:
    """The secret's value. A relative `file:` starts from `base`; `warn` is told of a file that others may read.

    Raises `SecretError` where there is none, or it is empty.
    """
    if ref.scheme == "env":
        value = (os.environ if environ is None else environ).get(ref.name)
        if value is None:
            raise _error("env-unset", ref, lang)
    elif ref.scheme == "file":
        value = _from_file(ref, base, warn, lang)
    else:
        value = _from_keyring(ref, lang)
    if not value:
        raise _error("empty", ref, lang)
    return value


def _from_file(ref: SecretRef, base: Path | None, warn: Callable[[SecretWarning], None] | None, lang: str) -> str:
    """The file's text without its last line end: editors add one that is no part of the secret."""
    path = (base or Path()) / ref.name
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            raise OSError(0, {"fr": "ce n'est pas un fichier ordinaire"}.get(lang, "it is not an ordinary file"))
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _error("file-unreadable", ref, lang, error.strerror or "") from None
    if len(data) > MAX_BYTES:
        raise _error("file-large", ref, lang)
    if warn and mode & 0o027:
        code, (message, remedy) = _text("file-open", ref, lang, f"{stat.S_IMODE(mode):04o}")
        warn(SecretWarning(ref, code, message, remedy))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _error("file-not-utf8", ref, lang) from None
    return re.sub(r"\r?\n\Z", "", text)


def _from_keyring(ref: SecretRef, lang: str) -> str | None:
    service, _, name = ref.name.rpartition("/")
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise _error("keyring-absent", ref, lang) from None
    try:
        value: str | None = keyring.get_password(service or SERVICE, name)
    except Exception as error:  # back ends raise what they like: D-Bus errors, NoKeyringError, KeyringLocked
        raise _error("keyring-refused", ref, lang, type(error).__name__) from None
    if value is None:
        raise _error("keyring-unset", ref, lang, service or SERVICE)
    return value


_TEXTS: Final = {
    "env-unset": (
        "PLAN-SECRET-04",
        (
            "{ref} : cette variable d'environnement n'existe pas",
            "Définissez-la avant de lancer transhume, dans le même terminal ou service.",
        ),
        (
            "{ref}: there is no such environment variable",
            "Set it before starting transhume, in the same terminal or service.",
        ),
    ),
    "empty": (
        "PLAN-SECRET-05",
        ("{ref} : ce secret est vide", "Donnez-lui une valeur."),
        ("{ref}: this secret is empty", "Give it a value."),
    ),
    "file-unreadable": (
        "PLAN-SECRET-06",
        (
            "{ref} : ce fichier ne peut pas être lu ({detail})",
            "Vérifiez le chemin et les droits ; un chemin relatif part du dossier du plan.",
        ),
        (
            "{ref}: this file can't be read ({detail})",
            "Check path and rights; a relative path starts from the plan's folder.",
        ),
    ),
    "file-large": (
        "PLAN-SECRET-07",
        ("{ref} : ce fichier est trop grand pour un secret", "Il ne doit contenir que le secret."),
        ("{ref}: this file is too large for a secret", "It must hold the secret only."),
    ),
    "file-not-utf8": (
        "PLAN-SECRET-08",
        ("{ref} : ce fichier n'est pas en UTF-8", "Enregistrez-le en UTF-8, sans rien d'autre que le secret."),
        ("{ref}: this file is not UTF-8", "Save it as UTF-8, with nothing but the secret."),
    ),
    "file-open": (
        "PLAN-SECRET-09",
        (
            "{ref} : d'autres que vous peuvent lire ou changer ce fichier (droits {detail})",
            "Tapez : chmod 0640 sur ce fichier.",
        ),
        ("{ref}: others may read or change this file (mode {detail})", "Type: chmod 0640 on this file."),
    ),
    "keyring-absent": (
        "PLAN-SECRET-10",
        ("{ref} demande une bibliothèque absente", "Tapez : pip install 'transhumance[keyring]'"),
        ("{ref} needs a library that is not installed", "Type: pip install 'transhumance[keyring]'"),
    ),
    "keyring-refused": (
        "PLAN-SECRET-11",
        (
            "{ref} : le trousseau ne répond pas ({detail})",
            "Sur un serveur sans session graphique, prenez env: ou file:.",
        ),
        ("{ref}: the keyring does not answer ({detail})", "On a server without a desktop session, use env: or file:."),
    ),
    "keyring-unset": (
        "PLAN-SECRET-12",
        ("{ref} : rien de ce nom dans le trousseau", "Tapez : keyring set {detail} et ce nom."),
        ("{ref}: nothing of this name in the keyring", "Type: keyring set {detail} and this name."),
    ),
}


def _text(name: str, ref: SecretRef, lang: str, detail: str = "") -> tuple[str, tuple[str, str]]:
    code, french, english = _TEXTS[name]
    message, remedy = french if lang == "fr" else english
    return code, (message.format(ref=ref, detail=detail), remedy.format(ref=ref, detail=detail))


def _error(name: str, ref: SecretRef, lang: str, detail: str = "") -> SecretError:
    code, (message, remedy) = _text(name, ref, lang, detail)
    return SecretError(code, message, remedy)
