"""The lines of `--json`: each has `format` and `message_type`, and the fields that are named here for its type.

A name is never given another meaning; fields may be added. Values are the ledger's own words whatever the language; the
texts for people (`text`, `reason`, `what`, `why`, `remedy`, `summary`, `reasons`, `why_not`) are in the language that
was asked for. A field that ends in `?` is not always there. Counts never lack their total: `done` of `total`, `same`
of all. Times are ISO 8601 in UTC, sizes bytes, durations seconds, rates items a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MESSAGES: Final[Mapping[str, str]] = {
    # any command
    "error": "code text where",
    "warning": "code text",
    "summary": "exit_code next passes? done? total? waiting? items? bytes? faults? unmatched? waves? problems?"
    " subjects? containers? ready? why_not? missing? altered? damaged? stray?",
    "done": "action text next path? sources? count? wave? digest? approvers? required? state?",
    # passes: what is under way, then what each came to
    "progress": "wave pass done total listed bytes problems rate eta waiting",
    "waiting": "until seconds reason",
    "pass": "wave pass state done total listed containers containers_total statuses bytes seconds rate reasons",
    "master": "wave state master next",
    "verification": "wave workload target method checked defects sample seed",
    "report": "folder files decisions classes exit_code next",
    # check
    "endpoint": "endpoint connector roles reached reason identity location made empty writable bytes_free inodes_free"
    " bytes_needed inodes_needed short_of",
    "ledger": "path file_system bytes_free reason",
    "missing_file": "field code text",
    "reserved": "field code text",
    "canary": "endpoint workload canary answer paths foretold detail surprising",
    "trouble": "endpoint text",
    # assess, plan, approve
    "inventory": "endpoint workload covered subjects containers items bytes faults kinds",
    "people": "matched unmatched ambiguous excluded own total proposed file",
    "dependants": "total lines without_owner file",
    "unmatched": "endpoint subject status candidates",
    "set_aside": "wave subject",
    # map
    "mapped_entry": "endpoint dn form document rules findings targets",
    "mapped_attribute": "name values document residue rules",
    "wave": "wave state digest subjects containers items bytes windows links_cut arrived left",
    "blocked": "wave workload endpoint subject code",
    "unknown_name": "wave name",
    "approval": "wave digest members losses undecided assessed",
    # status: one line
    "status": "plan revision running waves backup safe_to_stop exit_code next",
    # trace
    "subject": "endpoint subject kind name mail waves logins",
    "container": "workload endpoint container path target place items bytes grades forward codes",
    "item": "endpoint workload path key target place target_key at_target codes before last_pass problem status kind"
    " form version target_version forward grade proof size digest recipe",
    # quarantine, explain, connectors, archive
    "problem": "number wave workload subject container item reference target code detail state attempts at who what"
    " remedy",
    "code": "code severity forward back what why remedy",
    "connector": "name summary reads writes workloads forms extra feed key_stability time_precision max_item_bytes"
    " atomic_batch hashes keeps_residue shared_containers parallel_writes names_forbidden names_max_bytes",
    "entry": "workload subject path key kind size version",
    "file": "path trouble detail",
}
"""The fields of each message type, in words separated by blanks."""

STATUS_WAVE: Final = (
    "wave state master verified digest people items problems subjects approvers approvals_required last_pass turn_back"
    " cutover_not_before"
)
"""The fields of each of `waves` in the line of `status`."""


def faults_of(line: Mapping[str, object]) -> list[str]:
    """What is wrong with a line of `--json`; empty when it is as promised."""
    kind = str(line.get("message_type", ""))
    if kind not in MESSAGES:
        return [f"unknown message_type {kind!r}"]
    promised = MESSAGES[kind].split()
    must = {name for name in promised if not name.endswith("?")} | {"format", "message_type"}
    may = must | {name.rstrip("?") for name in promised}
    return [f"{kind}: no {name}" for name in sorted(must - set(line))] + [
        f"{kind}: {name} is not named" for name in sorted(set(line) - may)
    ]
