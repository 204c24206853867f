"""The page: one self-contained HTML file made from the document alone. No script, nothing fetched, everything
escaped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from transhumance.plans.report import charts, findings, screen
from transhumance.plans.report.blocks import Code, breakable, known, missing
from transhumance.plans.report.document import document_digest
from transhumance.plans.report.palette import DARK, LIGHT, variables
from transhumance.plans.report.sections import dependants
from transhumance.plans.report.sections_more import sections
from transhumance.plans.report.site import Site
from transhumance.plans.report.voice import Voice
from transhumance.plans.report.wording import visible

_TEMPLATES = Path(__file__).parent / "templates"


def render(document: Mapping[str, Any], lang: str = "fr", site: Site | None = None) -> str:
    """The page in one language. `site`: the establishment's own style sheet and logo. Raises KeyError for another
    language."""
    voice, site = Voice(lang), site or Site()
    digest = document_digest(document)
    everything = screen.rows(document, voice)
    many = len(everything) > screen.MOST_ROWS
    return (
        _environment(voice)
        .get_template("report.html")
        .render(
            v=voice,
            doc=document,
            identity=document["identity"],
            digest=digest,
            go=document["r1"]["go"],
            headline=screen.headline(document, voice),
            waves=screen.waves(document, voice),
            waves_in_short=screen.waves_in_short(document, voice),
            assessed=any(row["class"] != "N" for row in document["verdicts"]),
            weakest=screen.weakest(document, voice),
            rehearsal=screen.rehearsal(document, voice),
            tiles=screen.tiles(document, voice),
            total_bar=screen.total_bar(document, voice),
            rows=screen.worst(everything, document) if many else everything,
            folded_rows=everything if many else [],
            decisions=screen.decisions(document, voice),
            timelines=screen.timelines(document, voice),
            no_timeline=None if known(document["r6"]) else missing(voice, document["r6"]),
            dependants=dependants(document, voice, "first"),
            cards=findings.cards(document, voice),
            sections=sections(document, voice),
            patterns=charts.definitions(),
            light=Markup(variables(LIGHT)),
            dark=Markup(variables(DARK)),
            page_digest=Markup(_css_string(_running(document, digest, voice))),
            page_word=Markup(_css_string(voice("page_of"))),
            site_style=Markup(site.stylesheet or ""),
            site_style_digest=hashlib.sha256(site.stylesheet.encode()).hexdigest() if site.stylesheet else None,
            logo=site.logo,
            running=_running(document, digest, voice),
        )
    )


def _environment(voice: Voice) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_seen,
    )
    environment.filters["shown"] = voice.shown
    environment.tests["breakable"] = breakable
    environment.tests["command"] = lambda cell: isinstance(cell, Code) and " " in cell.text
    return environment


def _seen(value: Any) -> Any:
    """Whatever the template prints, text is made visible first, whether or not it asked for `shown`."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _running(document: Mapping[str, Any], digest: str, voice: Voice) -> str:
    identity = document["identity"]
    return voice("running", plan=voice.shown(identity["plan"], 60), n=identity["revision"], digest=digest)


def _css_string(text: str) -> str:
    """A CSS string (CSS Syntax 3): every character that could end it, or the style element, is written by its code
    point."""
    plain = "".join(char if char.isalnum() or char in " .,:-_·/" else f"\\{ord(char):x} " for char in text)
    return f'"{plain}"'
