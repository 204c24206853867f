"""The contract suite over `ldap` on 389-ds; on OpenLDAP it runs with all connectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from transhumance.connectors.testing.rig import Rig
from transhumance.connectors.testing.suite import *  # noqa: F403  # the suite's tests and fixtures are this module's
from transhumance.fixtures.rigs.ldap import rig_389

CONTRACT = ["ldap"]
pytestmark = [pytest.mark.server, pytest.mark.xdist_group("slapd")]


@pytest.fixture
def make_rig() -> Callable[[Path], Rig]:
    return rig_389
