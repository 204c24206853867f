"""Runs the benchmarks and prints their figures: `python -m benchmarks [--short] [NAME ...]`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import ad, keycloak, ldap, mails, pst, scale
from benchmarks.measure import machine

Benchmark = Callable[[Path, bool], list[str]]

ALL: dict[str, Benchmark] = {
    "ad": lambda folder, short: ad.benchmark(folder, 1_500 if short else 20_000),
    "mails": lambda folder, short: mails.benchmark(folder, 2_000 if short else 100_000),
    "packed": lambda folder, short: scale.small_items(folder, 5_000 if short else 1_000_000),
    "flat": lambda folder, short: scale.small_items(folder, 2_000 if short else 100_000),
    "huge": lambda folder, short: scale.huge_file(folder, 1 if short else 5),
    "itemmap": lambda folder, short: scale.item_map(folder, 100_000 if short else 10_000_000),
    "keycloak": lambda folder, short: keycloak.benchmark(folder, 2_000 if short else 15_000, 300 if short else 2_000),
    "ldap": lambda folder, short: ldap.benchmark(folder, 1_000 if short else 5_000),
    "pst": lambda folder, short: pst.benchmark(folder, 300 if short else 5_000),
}


def main(arguments: list[str]) -> int:
    short = "--short" in arguments
    names = [name for name in arguments if name != "--short"] or list(ALL)
    if unknown := [name for name in names if name not in ALL]:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(ALL)}")
        return 1
    print(machine())
    for name in names:
        folder = Path(tempfile.mkdtemp(prefix=f"bench-{name}-"))
        try:
            print("\n".join(ALL[name](folder, short)), flush=True)
        finally:
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
