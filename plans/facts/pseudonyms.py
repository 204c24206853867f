"""References to items and subjects that name nobody: a keyed digest, its key kept beside the ledger and never in a
report.

The key follows from the subjects of the first inventory, so that the same source and plan give the same report; it
can't be guessed without knowing them all.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from transhumance.connectors.contract import key_text
from transhumance.plans.ledger.contract import ContainerRow
from transhumance.plans.project import Project

KEY = "pseudonyms.key"


def _key(project: Project) -> bytes:
    path = project.state / KEY
    if not path.exists():
        digest = hashlib.sha256(project.plan.id.encode())
        for row in project.ledger.inventory():
            digest.update(f"\n{row['endpoint']}/{row['workload']}/{key_text(row['subject'])}".encode())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(handle, digest.digest())
        os.close(handle)
    return path.read_bytes()


class Pseudonyms:
    """Pseudonyms of one plan."""

    def __init__(self, project: Project) -> None:
        self._secret = _key(project)

    def item(self, row: ContainerRow | None, key: bytes) -> str:
        """An item's reference: its workload and twelve hexadecimal digits."""
        if row is None:
            return self.subject(key_text(key))
        place = (row.workload, row.endpoint, key_text(row.subject), key_text(row.key), key_text(key))
        return f"{row.workload}:{self.subject(chr(31).join(place))}"

    def subject(self, text: str) -> str:
        """A subject's reference."""
        return hmac.new(self._secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:12]
