"""Loss codes of mail."""

from transhumance.connectors.contract import LossCode

CODES: tuple[LossCode, ...] = ()
