"""A connector is opened with the values of its secrets, and nothing shows them."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from transhumance.plans.model.errors import PlanErrors
from transhumance.plans.model.load import LoadedPlan, load
from transhumance.plans.model.opening import opened_config
from transhumance.plans.model.secrets import SecretError, SecretRef

PLAN = """\
format: transhumance.plan/1
id: x
endpoints:
  boites: {connector: imap, url: "imaps://x", password: "env:P", pin: "file:pin", key: "env:K", none: }
  archive: {connector: archive, path: a}
workloads: {mail: {from: boites, to: archive}}
"""


class Imap(BaseModel):
    model_config = ConfigDict(extra="forbid")
    url: str
    password: SecretStr
    pin: str = Field(max_length=4, min_length=4, json_schema_extra={"secret": True}, default="0000")
    key: SecretRef
    none: str | None = None


class Loose(BaseModel):
    path: str


@pytest.fixture
def plan(tmp_path: Path) -> LoadedPlan:
    (tmp_path / "plan.yaml").write_text(PLAN.replace('pin: "file:pin", ', ""), encoding="utf-8")
    return load(tmp_path / "plan.yaml", config_model={"imap": Imap, "archive": Loose}.get, lang="en")


def test_values_take_the_place_of_references(plan: LoadedPlan) -> None:
    config = opened_config(plan, "boites", environ={"P": "S3cr3t"})
    assert isinstance(config, Imap)
    assert config.password.get_secret_value() == "S3cr3t" and config.key == SecretRef("env", "K")
    assert "S3cr3t" not in repr(config) and "S3cr3t" not in repr(plan)
    assert opened_config(plan, "archive") == Loose(path="a")


def test_a_secret_that_is_not_there(plan: LoadedPlan) -> None:
    with pytest.raises(SecretError):
        opened_config(plan, "boites", environ={})
    with pytest.raises(KeyError):
        opened_config(plan, "none")


def test_a_value_that_the_connector_refuses_is_not_shown(tmp_path: Path) -> None:
    class Lax(Imap):
        pin: str = Field(pattern="^(file:.*|[0-9]{4})$", json_schema_extra={"secret": True})

    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "pin").write_text("Zx9-hidden", encoding="utf-8")
    plan = load(tmp_path / "plan.yaml", config_model={"imap": Lax, "archive": Loose}.get, lang="en")
    with pytest.raises(PlanErrors) as caught:
        opened_config(plan, "boites", environ={"P": "S3cr3t"})
    assert [(error.line, error.field) for error in caught.value.errors] == [(4, "endpoints.boites.pin")]
    assert "Zx9" not in "".join(traceback.format_exception(caught.value))


def test_whose_each_file_is_reaches_the_connector(tmp_path: Path) -> None:
    from transhumance.plans.project import config_model

    (tmp_path / "plan.yaml").write_text(
        "format: transhumance.plan/1\nid: x\nendpoints:\n"
        "  old: {connector: eml, path: exports, assign: owners.csv}\n"
        "  new: {connector: archive, path: archive}\nworkloads:\n  mail: {from: old, to: new}\n"
    )
    opened = load(tmp_path / "plan.yaml", config_model=config_model)
    assert opened.configs["old"].assign == opened_config(opened, "old").assign == Path("owners.csv")  # type: ignore[attr-defined]
    text = (tmp_path / "plan.yaml").read_text().replace("connector: eml", "connector: ldif")
    (tmp_path / "plan.yaml").write_text(text)
    with pytest.raises(PlanErrors) as caught:
        load(tmp_path / "plan.yaml", config_model=config_model)
    assert [(error.line, error.field) for error in caught.value.errors] == [(4, "endpoints.old.assign")]
