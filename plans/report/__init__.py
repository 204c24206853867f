"""The reversibility report: facts in, one JSON document out, and its views (page, annexes, text).

`ReportFacts` says what a report needs; `build` makes the document, `render`, `annexes` and `summary` its views,
`write` all of them. Nothing here knows the ledger, a connector or a clock.
"""

from transhumance.plans.report.annexes import annexes
from transhumance.plans.report.classes import Verdict, classify
from transhumance.plans.report.document import ReportDefect, build, document_bytes, document_digest
from transhumance.plans.report.facts import ReportFacts
from transhumance.plans.report.render import render
from transhumance.plans.report.schema import report_json_schema
from transhumance.plans.report.site import Site, SiteRefused
from transhumance.plans.report.summary import summary
from transhumance.plans.report.writer import write

__all__ = [
    "ReportDefect",
    "ReportFacts",
    "Site",
    "SiteRefused",
    "Verdict",
    "annexes",
    "build",
    "classify",
    "document_bytes",
    "document_digest",
    "render",
    "report_json_schema",
    "summary",
    "write",
]
