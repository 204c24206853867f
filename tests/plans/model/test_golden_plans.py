"""Each kind of mistake in a plan, as people read it: a folder per case with `plan.yaml` and the text expected in both
languages.

`TRANSHUMANCE_REGENERATE=1` writes the expected texts again; the difference is then reviewed by eye.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from transhumance.plans.model.errors import Lang, PlanErrors
from transhumance.plans.model.load import load
from transhumance.plans.model.reserved import not_yet_honoured

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())
CODES = ("CAL-TZ-02", "MAIL-FLAG-01")


class _Folder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    path: str
    assign: str | None = None


class _Archive(BaseModel):
    path: str
    layout: Literal["files", "packed"] = "files"


class _Imap(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    url: str
    username: str
    password: str | None = None
    port: int = 993
    pin: str | None = Field(default=None, json_schema_extra={"secret": True})

    @field_validator("url")
    @classmethod
    def _with_protocol(cls, value: str) -> str:
        if "://" not in value:
            raise ValueError("imaps://...")
        if value.startswith("ftp:"):
            raise PydanticCustomError("imap_protocol", "{protocol} is no mail protocol", {"protocol": "ftp"})
        if value.startswith("odd:"):
            raise PydanticCustomError("plan:no-such-text", "odd")
        return value


class _MissingExtra(Exception):
    text = SimpleNamespace(fr="tapez : pip install 'transhumance[needs]'", en="type: pip install 'transhumance[needs]'")


MODELS = {"archive": _Archive, "folder": _Folder, "imap": _Imap, "maildir": _Folder, "pst": _Folder}


def config_model(name: str) -> type[BaseModel] | None:
    """Stands for the registry: a few connectors, one that is broken and one that lacks a library."""
    if name == "broken":
        raise RuntimeError("boom")
    if name == "needs-extra":
        raise _MissingExtra
    return MODELS.get(name)


def told(lang: Lang) -> str:
    """What the user reads of `plan.yaml` in the current folder."""
    try:
        loaded = load(
            "plan.yaml",
            config_model=config_model,
            lang=lang,
            connectors=MODELS,
            loss_codes=CODES,
            today=date(2026, 11, 24),
        )
    except PlanErrors as errors:
        return "".join(f"{error} [{error.code}]\n" for error in errors.errors)
    return "valid\n" + "".join(f"{error} [{error.code}]\n" for error in (*loaded.warnings, *not_yet_honoured(loaded)))


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_told(name: str, lang: Lang, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES / name)
    expected = CASES / name / f"expected.{lang}.txt"
    text = told(lang)
    if os.environ.get("TRANSHUMANCE_REGENERATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert "inavouable" not in text and "75319024" not in text, "a secret is shown"
    assert "{" not in text.replace("${", "").replace("{pass: delta", ""), "a sentence was not filled in"


def test_there_are_many() -> None:
    assert len(NAMES) >= 90
