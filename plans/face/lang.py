"""The language of the talk. Imports nothing, since `--help` asks it too."""

from __future__ import annotations

import locale
import os
from collections.abc import Sequence
from typing import Literal

Lang = Literal["fr", "en"]


def default_lang() -> Lang:
    """The language of the locale: French unless it clearly is another one."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "en" if value.lower().startswith("en") else "fr"
    found = locale.getlocale()[0] or ""
    return "en" if found.lower().startswith("en") else "fr"


def lang_of(words: Sequence[str]) -> Lang:
    """The language that a command line asks for by `--lang`, else the locale's."""
    for at, word in enumerate(words):
        name, mark, value = word.partition("=")
        if name == "--lang":
            wanted = value if mark else words[at + 1] if at + 1 < len(words) else ""
            if wanted in ("fr", "en"):
                return "fr" if wanted == "fr" else "en"
    return default_lang()
