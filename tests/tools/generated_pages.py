"""Writes the pages made from the code (with --check: fails when one is stale): loss codes, connectors, schemas."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from transhumance.connectors.contract import all_codes, connectors
from transhumance.plans.model.jsonschema import plan_json_schema
from transhumance.plans.report import report_json_schema

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
MADE = {
    "en": "Made from the code by `make docs`; do not edit.",
    "fr": "Page faite du code par `make docs` ; ne pas modifier.",
}


def loss_codes(lang: str) -> str:
    """The catalogue of loss codes in one language."""
    title = {"en": "Loss codes", "fr": "Codes de perte"}[lang]
    head = {
        "en": "| code | severity | forward at best | way back at best | what | why | remedy |",
        "fr": "| code | gravité | aller au mieux | retour au mieux | quoi | pourquoi | remède |",
    }[lang]
    rows = []
    for c in sorted(all_codes().values(), key=lambda c: c.code):
        cells = [c.code, c.severity, c.forward, c.back, c.what(lang), c.why(lang), c.remedy(lang)]
        rows.append("| " + " | ".join(cells).replace("\n", " ") + " |")
    return "\n".join([f"# {title}", "", MADE[lang], "", head, "|---|---|---|---|---|---|---|", *rows, ""])


def connector_table(lang: str) -> str:
    """What every connector reads, writes and is, in one language."""
    title = {"en": "Connectors", "fr": "Connecteurs"}[lang]
    head = {
        "en": "| connector | what | reads | writes | workloads | forms | keys | keeps the residue |",
        "fr": "| connecteur | quoi | lit | écrit | domaines | formes | clés | garde le résidu |",
    }[lang]
    yes = {"en": ("yes", "-"), "fr": ("oui", "-")}[lang]
    rows = []
    for name, c in sorted(connectors().items()):
        forms = ", ".join(f"{kind}: {form}" for kind, form in sorted(c.forms.items()))
        cells = [f"`{name}`", c.summary(lang), yes[not c.source], yes[not c.target], ", ".join(c.workloads), forms]
        rows.append("| " + " | ".join([*cells, c.facts.key_stability, yes[not c.facts.keeps_residue]]) + " |")
    return "\n".join([f"# {title}", "", MADE[lang], "", head, "|---|---|---|---|---|---|---|---|", *rows, ""])


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    return {
        REFERENCE / "loss-codes.md": loss_codes("en"),
        REFERENCE / "codes-de-perte.md": loss_codes("fr"),
        REFERENCE / "connectors.md": connector_table("en"),
        REFERENCE / "connecteurs.md": connector_table("fr"),
        REFERENCE / "plan.schema.json": json.dumps(plan_json_schema(), indent=1, ensure_ascii=False, sort_keys=True)
        + "\n",
        REFERENCE / "reversibility.schema.json": json.dumps(
            report_json_schema(), indent=1, ensure_ascii=False, sort_keys=True
        )
        + "\n",
    }


def main(check: bool) -> int:
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"docs/reference/{path.name} is stale: run `make docs`")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path])
            print(f"docs/reference/{path.name} written")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
