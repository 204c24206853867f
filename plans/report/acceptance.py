"""Who accepts a loss, in words."""

from __future__ import annotations

from collections.abc import Sequence

from transhumance.plans.report.blocks import Doc
from transhumance.plans.report.voice import Voice


def acceptance(losses: Sequence[Doc], v: Voice) -> str:
    """Who accepts a loss over all the places where it is found: somebody everywhere, nobody, or here and there."""
    asked = [loss for loss in losses if loss["severity"] != "info" or loss["accepted_by"]]
    if not asked:
        return "–"
    if not any(loss["accepted"] for loss in asked):
        return v("not_accepted")
    if not all(loss["accepted"] for loss in asked):
        return v("partly_accepted")
    return v("accepted_by", who=", ".join(dict.fromkeys(loss["accepted_by"] for loss in asked)))


def accepted_here(loss: Doc, v: Voice) -> str:
    """Who accepts it in one place, until when, and whether that has lapsed."""
    if not loss["accepted_by"]:
        return "–" if loss["severity"] == "info" else v("not_accepted")
    until = v("until", day=v.day(loss["accepted_until"])) if loss["accepted_until"] else ""
    lapsed = "" if loss["accepted"] else f"({v('lapsed')})"
    return " ".join(part for part in (loss["accepted_by"], until, lapsed) if part)
