"""The card file before the contract suite."""

from pathlib import Path

from cardfile.endpoint import CardfileConfig
from transhumance.connectors.contract import Environment, Record
from transhumance.connectors.testing.rig import Rig


def rig(folder: Path) -> Rig:
    return Rig(
        connector="cardfile",
        config=CardfileConfig(path=Path("cards")),
        environment=Environment("rig", folder, folder),
        workload="tasks",
        samples=(
            Record(b"1", "note", "index-card", {"text": "Été <&>", "colour": "rouge"}),
            Record(b"a/../b", "note", "index-card", {"text": ""}),
            Record(b"CON", "note", "index-card", {"text": "x" * 5000}),
        ),
        changed=Record(b"1", "note", "index-card", {"text": "changed", "colour": "bleu"}),
        unlike={"test_a_body_that_fails_leaves_nothing": "a card has no body"},
    )
