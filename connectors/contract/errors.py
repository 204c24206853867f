"""Errors are typed by what to do next; nobody asks their text.

`Retry`: the same call may succeed later. `SkipItem`: this item can't, the others can. `StopEndpoint`: nothing at this
endpoint can until a person acts. `UserError`: the plan or the command is wrong. `StaleLease`: someone else has this
work now. `Expired`: a cursor means nothing any more, the listing begins anew.
"""

from __future__ import annotations

from transhumance.connectors.contract.model import Text


class TranshumanceError(Exception):
    """Base of all errors that people read: a sentence in French and in English, never a traceback."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(kind: type[TranshumanceError], args: tuple[object, ...], state: dict[str, object]) -> TranshumanceError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class Retry(TranshumanceError):
    """A passing fault: call again after `after` seconds (the server's own hint where it gave one), else with
    back-off."""

    def __init__(self, text: Text, after: float | None = None) -> None:
        super().__init__(text)
        self.after = after


class SkipItem(TranshumanceError):
    """This item can't be handled; `code` is its loss code. The other items of the batch go on."""

    def __init__(self, code: str, text: Text, key: bytes = b"") -> None:
        super().__init__(text)
        self.code, self.key = code, key


class StopEndpoint(TranshumanceError):
    """The endpoint can't be used until a person acts: refused credentials, full disk, missing right."""


class UserError(TranshumanceError):
    """The plan or the command is wrong; `where` says the place (file:line, option, endpoint)."""

    def __init__(self, text: Text, where: str = "") -> None:
        super().__init__(text)
        self.where = where


class MissingExtra(UserError):
    """An optional library is not installed; the text names what to type."""

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(
            Text(
                f"{what} demande une bibliothèque absente ; tapez : pip install 'transhumance[{extra}]'",
                f"{what} needs a library that is not installed; type: pip install 'transhumance[{extra}]'",
            )
        )
        self.extra = extra


class StaleLease(TranshumanceError):
    """The lease on this chunk ended or passed to another worker; nothing more may be written for it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            Text(
                f"{what} : le bail est perdu, rien n'a été validé", f"{what}: the lease is lost, nothing was committed"
            )
        )


class Expired(TranshumanceError):
    """A cursor (a delta token, a DirSync cookie, a change number of another server) means nothing any more: the
    container must be listed from the start. Nothing is lost by it, for what is listed again unchanged is no work."""
