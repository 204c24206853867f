"""What `check` tells of a domain controller, to an administrator and to an ordinary account."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.target import AdTarget
from transhumance.connectors.contract import Diagnose, Environment
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapwire import Session
from transhumance.fixtures.services.samba import Samba

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("samba")]


@pytest.fixture
def ordinary(samba: Samba, ou: str, hand: Session) -> dict[str, str]:
    login, password = f"svc{uuid.uuid4().hex[:8]}", "Ordinary.123x"
    quoted = f'"{password}"'.encode("utf-16-le")
    given = {"objectClass": [b"user"], "sAMAccountName": [login.encode()], "unicodePwd": [quoted]}
    hand.do(ber.add(f"CN={login},{ou}", given | {"userAccountControl": [b"512"]}))
    return {"username": f"{login}@{samba.realm.lower()}", "password": password}


def told(end: Any) -> dict[str, list[Any]]:
    assert isinstance(end, Diagnose)
    found: dict[str, list[Any]] = {"good": [], "warn": [], "bad": []}
    for each in end.diagnose():
        assert each.what.fr and each.what.en
        found[each.level].append((each.what.en, each.remedy.en if each.remedy else ""))
    return found


def test_an_administrator_lacks_nothing(ou: str, reader: Callable[..., Any]) -> None:
    said = told(reader(ou).source)
    assert not said["bad"] and any("DirSync" in what for what, _ in said["good"])
    assert any("2008 R2" in what for what, _ in said["good"])
    assert any("TLS verified" in what for what, _ in said["good"] + said["warn"])


def test_an_ordinary_account_is_told_the_command(ou: str, reader: Callable[..., Any], ordinary: dict[str, str]) -> None:
    said = told(reader(ou, **ordinary).source)
    assert any("dsacls" in remedy and "Replicating Directory Changes" in remedy for _, remedy in said["warn"])


def test_a_target_without_rights_is_told_before_anything_is_written(
    samba: Samba, ou: str, ordinary: dict[str, str], tmp_path: Path
) -> None:
    def opened(**who: str) -> AdTarget:
        config = AdConfig.model_validate({"url": samba.url, "base": ou, "ca_file": samba.ca_file, **who})
        return AdTarget(config, Environment("ad", tmp_path, tmp_path, "en", tmp_path / "state"))

    assert any("dsacls" in remedy for _, remedy in told(opened(**ordinary))["bad"])
    assert not told(opened(username=samba.admin, password=samba.password))["bad"]


def test_a_base_that_is_not_there_is_told(samba: Samba, reader: Callable[..., Any]) -> None:
    assert any("can't be seen" in what for what, _ in told(reader(f"OU=none,{samba.base}").source)["bad"])
