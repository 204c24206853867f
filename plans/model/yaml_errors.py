"""What a YAML parser's error means for the person who wrote the file."""

from __future__ import annotations

import re
from typing import Any, Final

from ruamel.yaml.error import MarkedYAMLError

from transhumance.plans.model.decoding import place_at
from transhumance.plans.model.errors import Place, printable
from transhumance.plans.model.messages import Problem
from transhumance.plans.model.secrets import is_secret_name

_CHARACTER: Final = re.compile(r"character '(.*)' that cannot start|escape character '(.*)'", re.DOTALL)
_NAME: Final = re.compile(r"([\w-]+)[\"']?\s*:")
_BEYOND: Final = re.compile(r"\\U(?!000[0-9A-Fa-f]|0010)[0-9A-Fa-f]{8}")
_MAX_LINES: Final = 20


def syntax_problem(error: MarkedYAMLError, text: str, shown: str) -> Problem:
    """The problem behind a parser's error. The parser's own English words are kept only where none of ours fit."""
    problem, context = error.problem or "", error.context or ""
    hidden = _in_secret(error.problem_mark, text)
    here = _place(error.problem_mark or error.context_mark, shown)
    opened = _place(error.context_mark or error.problem_mark, shown)
    match problem:
        case _ if "cannot start any token" in problem and "\\t" in problem:
            return Problem("yaml-tab", here, params={"lines": _tab_lines(text)})
        case _ if "cannot start any token" in problem:
            return Problem("yaml-start", here, params={"char": "***" if hidden else f"`{_character(problem)}`"})
        case _ if "escape character" in problem:
            return Problem("yaml-escape", here, params={"char": "***" if hidden else f"`\\{_character(problem)}`"})
        case _ if "unexpected end of stream" in problem and "quoted" in context:
            return Problem("yaml-quote", opened)
        case _ if "expected ',' or" in problem:
            closing = "]" if "']'" in problem else "}"
            return Problem("yaml-bracket", here, params={"closing": closing, "opened": opened.line})
        case _ if "mapping values are not allowed" in problem:
            return Problem("yaml-colon", here)
        case _ if "could not find expected ':'" in problem:
            return Problem("yaml-no-colon", opened)
        case _ if "<block end>" in problem or "sequence entries are not allowed" in problem:
            return Problem("yaml-indent", here)
        case _ if "undefined alias" in problem:
            alias = "…" if hidden else printable(problem.partition("'")[2].rstrip("'"))[1:-1]
            return Problem("yaml-alias", here, params={"alias": alias})
        case _ if "another document" in problem:
            return Problem("yaml-documents", here)
    why = "***" if hidden else printable(f"{context} {problem}".strip())[1:-1]
    return Problem("yaml-syntax", here, params={"why": why})


def unmarked_problem(error: Exception, text: str, shown: str) -> Problem:
    """The problem behind an error that does not say where it is: an escape beyond Unicode, or what is unknown of."""
    if found := _BEYOND.search(text):
        return Problem("yaml-escape", place_at(text, found.start(), shown), params={"char": f"`{found[0]}`"})
    return Problem("yaml-syntax", Place(shown), params={"why": type(error).__name__})


def too_deep(text: str, limit: int, shown: str) -> Place:
    """About where brackets nest deeper than `limit`; the file's beginning where they don't."""
    depth = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth += 1 if match[0] in "[{" else -1
        if depth > limit:
            return place_at(text, match.start(), shown)
    return Place(shown)


def _in_secret(mark: Any, text: str) -> bool:
    """Whether the error lies behind the name of a secret on its line: a password that begins with `*` is not to be
    shown.
    """
    if mark is None:
        return False
    line = text.split("\n")[mark.line : mark.line + 1]
    return any(is_secret_name(name) for name in _NAME.findall(line[0][: mark.column])) if line else False


def _place(mark: Any, shown: str) -> Place:
    return Place(shown, mark.line + 1, mark.column + 1) if mark is not None else Place(shown)


def _character(problem: str) -> str:
    found = _CHARACTER.search(problem)
    return printable((found[1] or found[2] or "") if found else "")[1:-1]


def _tab_lines(text: str) -> str:
    """Every line whose indentation holds a tab, so that all can be mended at once."""
    lines = [str(number) for number, line in enumerate(text.split("\n"), 1) if re.match(r" *\t", line)]
    return ", ".join(lines[:_MAX_LINES]) + (f", … ({len(lines)})" if len(lines) > _MAX_LINES else "")
