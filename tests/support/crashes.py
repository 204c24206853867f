"""A child process that dies at the n-th step of a piece of work, for every n, as by kill -9: no `finally` runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DIED, ENDED = 77, 0
_STEPS = ("fsync", "rename", "link", "unlink", "ftruncate", "utime")


class Countdown:
    """Dies when it has been stepped so many times."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        self.left -= 1
        if not self.left:
            os._exit(DIED)


def every_step(
    folder: Path, prepare: Callable[[Path], Any], work: Callable[[Path, Any], None], more: Any = None
) -> Iterator[tuple[int, Path, Any]]:
    """For each step of the work: a fresh folder, prepared, in which the work died just before that step. `more`: given
    the countdown, hooks further steps. Ends when the work came to its end."""
    for number in range(1, 400):
        place = folder / f"{number:03}"
        place.mkdir()
        given = prepare(place)
        child = os.fork()
        if not child:
            try:
                _hook(Countdown(number), more)
                work(place, given)
            except BaseException:  # the parent must know
                import traceback

                traceback.print_exc()
                os._exit(1)
            os._exit(ENDED)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (DIED, ENDED), f"step {number}: the work failed"
        yield number, place, given
        if status == ENDED:
            return
    raise AssertionError("the work does not end")


def _hook(countdown: Countdown, more: Any) -> None:
    for name in _STEPS:
        setattr(os, name, _before(countdown, getattr(os, name)))
    write = os.write

    def half(handle: int, data: Any) -> int:
        if countdown.left == 1:
            write(handle, bytes(data)[: len(data) // 2])
        countdown.step()
        return write(handle, data)

    os.write = half
    if more:
        more(countdown)


def _before(countdown: Countdown, call: Callable[..., Any]) -> Callable[..., Any]:
    def stepped(*args: Any, **options: Any) -> Any:
        countdown.step()
        return call(*args, **options)

    return stepped
