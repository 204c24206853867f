"""The pytest plug-in: `pytest --contract NAME` runs the contract suite over an installed connector, from anywhere.

A test module of one's own may instead say `CONTRACT = ["NAME", ...]` and import
`transhumance.connectors.testing.suite`.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("transhumance").addoption(
        "--contract",
        action="append",
        default=[],
        metavar="NAME",
        help="run the transhumance contract suite over this connector (may be repeated)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--contract"):
        config.args[:] = [str(Path(__file__).with_name("suite.py"))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "contract_connector" in metafunc.fixturenames:
        names = metafunc.config.getoption("--contract") or getattr(metafunc.module, "CONTRACT", [])
        metafunc.parametrize("contract_connector", [_parameter(name) for name in names], scope="function")


def _parameter(name: str) -> object:
    """The name, marked where its rig starts a server."""
    from transhumance.connectors.contract import connectors
    from transhumance.connectors.contract.connector import load

    declared = connectors().get(name)
    server = getattr(load(declared.rig), "server", "") if declared and declared.rig else ""
    marks = [pytest.mark.server, pytest.mark.xdist_group(server)] if server else []
    return pytest.param(name, marks=marks)
