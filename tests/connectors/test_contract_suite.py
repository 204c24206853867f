"""The contract suite over every connector that is installed and declares a rig."""

from transhumance.connectors.contract import connectors
from transhumance.connectors.testing.suite import *  # noqa: F403  # the suite's tests and fixtures are this module's

CONTRACT = [name for name, declared in connectors().items() if declared.rig]
