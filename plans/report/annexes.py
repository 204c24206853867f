"""The CSV annexes: every row of the long tables, for spreadsheets.

UTF-8 with a byte order mark and `;` between cells, because that is what a French spreadsheet opens by a double click;
RFC 4180 otherwise. A cell that a spreadsheet would take for a formula begins with an apostrophe. Headers don't depend
on the language. A table that was not assessed has one row that says so, since an empty one would look like "none".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from transhumance.plans.report.wording import visible

Doc: TypeAlias = Mapping[str, Any]
Row: TypeAlias = Mapping[str, Any]
_FORMULA = tuple("=+-@|\uff1d\uff0b\uff0d\uff20")

LOSSES = (
    "code severity workload wave target leg count back accepted accepted_by accepted_until what_fr why_fr remedy_fr"
    " what_en why_en remedy_en sample"
)
MATRIX = "workload kind property target forward back count code remedy_fr remedy_en accepted accepted_by"
INVENTORY = (
    "row endpoint role product version end_of_support jurisdiction workload kind name objects bytes basis"
    " what_fr what_en reason_fr reason_en owner remedy_fr remedy_en due"
)
QUARANTINE = "ref workload wave target operation code attempts since cause_fr remedy_fr cause_en remedy_en"
VERIFICATION = "workload wave target method_fr method_en checked sample seed defects confidence max_defect_rate"
BLOCKED = "ref workload wave target code why_fr why_en"

LINKS_CUT = "wave kind from to"


def annexes(document: Doc) -> dict[str, bytes]:
    """File name -> content, for all annexes, from the document alone."""
    return {name: build(document) for name, build in _BUILDERS.items()}


def _losses(doc: Doc) -> bytes:
    return _sheet(LOSSES, (_flat(loss, "what", "why", "remedy") for loss in doc["losses"]))


def _matrix(doc: Doc) -> bytes:
    if (reason := _reason(doc["r3"])) is not None:
        return _sheet(MATRIX, [], reason)
    losses: dict[tuple[str, str], list[Row]] = {}
    for loss in doc["losses"]:
        losses.setdefault((loss["code"], loss["workload"]), []).append(loss)
    return _sheet(
        MATRIX, (_with_loss(row, losses.get((row["code"], row["workload"]), [])) for row in doc["r3"]["rows"])
    )


def _with_loss(row: Row, there: Sequence[Row]) -> Row:
    """The remedy, and who accepts the loss where everybody does; `partly` where only some places are accepted."""
    losses = [loss for loss in there if loss["target"] in (None, row["target"])]
    if not losses:
        return row
    flat = _flat(losses[0], "remedy")
    names = list(dict.fromkeys(loss["accepted_by"] for loss in losses if loss["accepted"]))
    accepted = "all" if all(loss["accepted"] for loss in losses) else "partly" if names else "no"
    return {
        **row,
        "remedy_fr": flat["remedy_fr"],
        "remedy_en": flat["remedy_en"],
        "accepted": accepted,
        "accepted_by": names,
    }


def _inventory(doc: Doc) -> bytes:
    section = doc["r2"]
    if (reason := _reason(section)) is not None:
        return _sheet(INVENTORY, [], reason)
    rows = [{"row": "system", **row} for row in section["systems"]]
    rows += [{"row": "object", **row} for row in section["objects"]]
    rows += [
        {"row": "exclusion", **_both(row, "reason"), "name": row["what"], "objects": row["count"]}
        for row in section["exclusions"]
    ]
    dependants = section["dependants"]
    missing = _reason(dependants)
    if missing is not None:
        rows.append({"row": "dependant", "kind": "not_assessed", "reason_fr": missing})
    else:
        rows += [{"row": "dependant", **_both(row, "what", "remedy")} for row in dependants["rows"]]
    return _sheet(INVENTORY, rows)


def _quarantine(doc: Doc) -> bytes:
    section = doc["r15"] if _reason(doc["r15"]) is not None else doc["r15"]["quarantine"]
    if (reason := _reason(section)) is not None:
        return _sheet(QUARANTINE, [], reason)
    return _sheet(QUARANTINE, (_both(row, "cause", "remedy") for row in section["rows"]))


def _verification(doc: Doc) -> bytes:
    section = doc["r15"] if _reason(doc["r15"]) is not None else doc["r15"]["verification"]
    return _sheet(VERIFICATION, (_flat(row, "method") for row in doc["verification"]), _reason(section))


def _blocked(doc: Doc) -> bytes:
    section = doc["r1"]["blocked"]
    if (reason := _reason(section)) is not None:
        return _sheet(BLOCKED, [], reason)
    return _sheet(BLOCKED, (_both(row, "why") for row in section["items"]))


def _links_cut(doc: Doc) -> bytes:
    section = doc["r10"]
    if (reason := _reason(section)) is not None:
        return _sheet(LINKS_CUT, [], reason)
    pairs = ((row, *pair.partition(" -> ")) for row in section["rows"] for pair in row["links"])
    return _sheet(LINKS_CUT, ({"wave": row["wave"], "kind": row["kind"], "from": a, "to": b} for row, a, _, b in pairs))


_BUILDERS: dict[str, Callable[[Doc], bytes]] = {
    "losses.csv": _losses,
    "matrix.csv": _matrix,
    "inventory.csv": _inventory,
    "quarantine.csv": _quarantine,
    "verification.csv": _verification,
    "blocked.csv": _blocked,
    "links-cut.csv": _links_cut,
}


def _reason(section: Doc) -> str | None:
    return section["reason"]["fr"] if section["status"] == "not_assessed" else None


def _flat(row: Row, *texts: str) -> dict[str, Any]:
    """A row of the document's own lists, its texts under a name for each language."""
    english = row["translations"]["en"]
    return {**row, **{f"{n}_fr": row[n] for n in texts}, **{f"{n}_en": english.get(n) for n in texts}}


def _both(row: Row, *texts: str) -> dict[str, Any]:
    """A row of a section, its texts under a name for each language."""
    return {**row, **{f"{n}_{lang}": row[n] and row[n][lang] for n in texts for lang in ("fr", "en")}}


def _sheet(columns: str, rows: Iterable[Row], not_assessed: str | None = None) -> bytes:
    names = columns.split()
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(names)
    if not_assessed is not None:
        writer.writerow(["not_assessed", _cell(not_assessed), *[""] * (len(names) - 2)])
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        value = " ".join(value)
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = visible(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
