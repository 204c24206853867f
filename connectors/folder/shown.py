"""Names at a target, as they were before they were escaped."""

from __future__ import annotations

from transhumance.connectors.formats.names import unescape_name


def shown_name(name: str) -> str:
    """The name that an escaped one stands for; itself where it was cut or displaced, which the target's notes tell."""
    raw = unescape_name(name)
    return name if raw is None else raw.decode("utf-8", "surrogateescape")
