"""What the loss codes of mail share: one short way to write them."""

from __future__ import annotations

from transhumance.connectors.contract import LossCode, Severity, Text
from transhumance.connectors.contract.codes import Back, Forward

Words = tuple[str, str]


def loss(
    code: str,
    severity: Severity,
    what: Words,
    why: Words,
    remedy: Words,
    forward: Forward = "full",
    back: Back = "exact",
) -> LossCode:
    return LossCode(code, severity, Text(*what), Text(*why), Text(*remedy), forward, back)
