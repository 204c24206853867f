"""The parts of a message that a residue completes, and their digests: what was edited at the target since is told by
its part alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from transhumance.connectors.contract import Value, part_digest
from transhumance.migrators.mail.forms.view import TextPart, View

_FIELDS = {
    "subject": ("subject",),
    "from": ("from", "sender"),
    "recipients": ("to", "cc", "bcc"),
    "date": ("date",),
}


class Digests(dict[str, str]):
    """The digests of a message's parts, each made when it is first asked for; empty for a part that is none."""

    def __init__(self, view: View, meta: Mapping[str, Value]) -> None:
        super().__init__()
        self._make: dict[str, Callable[[], bytes | Value]] = {
            "meta": lambda: {k: v for k, v in meta.items()},
            "headers": lambda: b"".join(view.fields),
            "plain": lambda: _text((view.plain,)),
            "html": lambda: _text((view.html,)),
            "text": lambda: _text((view.plain, view.html)),
            "attachments": lambda: b"\0".join(_files(view)),
        }
        for part, names in _FIELDS.items():
            self._make[part] = lambda names=names: b"".join(f for n in names for f in view.named.get(n, ()))  # type: ignore[misc]

    def __missing__(self, part: str) -> str:
        make = self._make.get(part)
        found = self[part] = "" if make is None else part_digest(make())
        return found

    def get(self, part: str, default: Any = None) -> Any:
        """As `[]`, so that a mapping of digests may be asked either way."""
        return self[part] or default


def _text(parts: Iterable[TextPart | None]) -> bytes:
    return b"\1".join(b"\0" if p is None else p.charset.encode() + b"\0" + p.data for p in parts)


def _files(view: View) -> Iterable[bytes]:
    """Names and types of the files: whoever renames one, adds one or takes one away edits this part."""
    for part in view.files:
        yield b"".join(line for raw in part.header for line in raw.split())
    if view.entity is not None:
        yield str(view.entity.size).encode()
