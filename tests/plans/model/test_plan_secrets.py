"""Secrets: references only, values read when needed and shown nowhere."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from transhumance.plans.model.endpoints import secret_fields, with_secrets, without_secrets
from transhumance.plans.model.secrets import (
    SecretError,
    SecretRef,
    SecretWarning,
    holds_secret,
    is_secret_name,
    resolve,
)

VALUE = "S3cr3t-é"


class Config(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    password: SecretRef
    other: SecretStr | None = None
    plain: str = ""


@pytest.mark.parametrize("text", ["env:A_1", "file:/run/x y", "file:rel", "keyring:a", "keyring:service/a"])
def test_references(text: str) -> None:
    ref = SecretRef.parse(text)
    assert str(ref) == text and repr(ref) == f"SecretRef({text!r})"
    assert Config(password=text).password == ref  # type: ignore[arg-type]
    assert Config(password=ref).model_dump() == {"password": text, "other": None, "plain": ""}
    assert Config.model_json_schema()["properties"]["password"]["type"] == "string"


@pytest.mark.parametrize(
    "text", ["", VALUE, "env:", "env:1A", "env:A B", "file:", "file:a\nb", "keyring:a/b/c", "ENV:A", "http://x", 12]
)
def test_what_is_no_reference_is_refused_and_not_shown(text: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Config(password=text)
    assert caught.value.errors(include_input=False)[0]["type"].startswith("plan:secret-")
    assert not text or str(text) not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True), ("passWord", True), ("userPassword", True), ("client_secret", True), ("api-key", True),
        ("apikey", True), ("access_token", True), ("motdepasse", True), ("mot_de_passe", True), ("private_key", True),
        ("password_file", False), ("token_url", False), ("token_endpoint", False), ("username", False),
        ("master_user", False), ("ca_file", False), ("keytab", False), ("", False), ("key", False),
        ("passwords_policy", False), ("my_api_key", True), ("passwords", True),
    ],
)  # fmt: skip
def test_names_of_secrets(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("host=pg1 dbname=gip password=x", True),
        ("Driver=FreeTDS;Server=s;PWD=x", True),
        ("Driver=FreeTDS;Server=s;Database=GIP", False),
        ("https://user:pass@host/", True),
        ("https://user@host/", False),
        ("https://host:8443/a@b", False),
        ("postgresql:///db?password=x", True),
        ("password=", False),
        ("cn=admin,dc=chu", False),
    ],
)
def test_connections_that_carry_a_password(text: str, holds: bool) -> None:
    assert holds_secret(text) is holds


def test_from_the_environment() -> None:
    assert resolve(SecretRef("env", "A"), environ={"A": VALUE}) == VALUE
    for environ, code in (({}, "PLAN-SECRET-04"), ({"A": ""}, "PLAN-SECRET-05")):
        with pytest.raises(SecretError) as caught:
            resolve(SecretRef("env", "A"), environ=environ, lang="en")
        assert caught.value.code == code and "env:A" in caught.value.message


def test_from_a_file_without_its_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for data, expected in ((VALUE + "\n", VALUE), (VALUE + "\r\n", VALUE), (" a \n\n", " a \n"), (VALUE, VALUE)):
        path.write_bytes(data.encode())
        path.chmod(0o640)
        warnings: list[SecretWarning] = []
        assert resolve(SecretRef("file", "secret"), base=tmp_path, warn=warnings.append) == expected
        assert warnings == []


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o641])
def test_a_file_that_others_may_read_is_told(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_text(VALUE)
    path.chmod(mode)
    warnings: list[SecretWarning] = []
    assert resolve(SecretRef("file", str(path)), warn=warnings.append, lang="en") == VALUE
    assert len(warnings) == 1 and f"{mode:04o}" in warnings[0].message and VALUE not in repr(warnings)


def test_files_that_hold_no_secret(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfd")
    (tmp_path / "empty").write_bytes(b"\n")
    expected = {"none": "06", "pipe": "06", ".": "06", "large": "07", "binary": "08", "empty": "05"}
    for name, number in expected.items():
        for lang in ("fr", "en"):
            with pytest.raises(SecretError) as caught:
                resolve(SecretRef("file", name), base=tmp_path, lang=lang)
            assert caught.value.code == f"PLAN-SECRET-{number}" and caught.value.remedy


def _keyring(monkeypatch: pytest.MonkeyPatch, get: Any) -> None:
    module = types.ModuleType("keyring")
    module.get_password = get  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {("transhumance", "a"): VALUE, ("sso", "b"): "other"}
    _keyring(monkeypatch, lambda service, name: entries.get((service, name)))
    assert resolve(SecretRef.parse("keyring:a")) == VALUE
    assert resolve(SecretRef.parse("keyring:sso/b")) == "other"
    with pytest.raises(SecretError) as caught:
        resolve(SecretRef.parse("keyring:none"))
    assert caught.value.code == "PLAN-SECRET-12"


def test_a_keyring_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(service: str, name: str) -> str:
        raise RuntimeError("no D-Bus")

    _keyring(monkeypatch, refuses)
    with pytest.raises(SecretError) as caught:
        resolve(SecretRef.parse("keyring:a"))
    assert caught.value.code == "PLAN-SECRET-11"


def test_without_the_library_one_line_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretError) as caught:
        resolve(SecretRef.parse("keyring:a"), lang="en")
    assert "pip install 'transhumance[keyring]'" in str(caught.value) and "\n" not in str(caught.value)


def test_settings_with_and_without_their_secrets() -> None:
    settings = {
        "url": "x",
        "password": "env:A",
        "nested": {"api_key": "env:B", "n": 1},
        "pin": "env:C",
        "list": [{"token": "env:A"}],
    }
    marked = frozenset({"pin"})
    assert without_secrets(settings, marked) == {"url": "x", "nested": {"n": 1}, "list": [{}]}
    values = {"A": "a", "B": "b", "C": "c"}
    opened = with_secrets(settings, lambda ref: values[ref.name], marked)
    assert opened == {
        "url": "x",
        "password": "a",
        "nested": {"api_key": "b", "n": 1},
        "pin": "c",
        "list": [{"token": "a"}],
    }
    assert secret_fields(Config) == {"password", "other"}
