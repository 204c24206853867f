"""Exports of any size: memory stays flat."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import resource, sys
from pathlib import Path
from transhumance.connectors.contract import Container, Environment, Fence, Record, Selector, Subject, Write
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.source import LdifSource
from transhumance.connectors.ldif.target import LdifTarget

folder, count = Path(sys.argv[1]), int(sys.argv[2])
with open(folder / "in.ldif", "wb") as out:
    for n in range(count):
        out.write(b"dn: CN=p%d,OU=u%d,DC=x\\nobjectClass: user\\nobjectGUID:: %s\\ncn: p%d\\nmemberOf: CN=g,DC=x\\n\\n"
                  % (n, n % 50, __import__("base64").b64encode(b"%016d" % n), n))
source = LdifSource(LdifConfig.model_validate({"path": "in.ldif"}), Environment("s", folder / "s1", folder))
target = LdifTarget(LdifConfig.model_validate({"path": "out"}), Environment("t", folder / "s2", folder))
(container,) = source.containers(Subject(b""), "identities")
place, cursor, seen = target.ensure(container), None, 0
while True:
    page = source.page(container, cursor)
    for at in range(0, len(page.refs), 500):
        batch = [r for r in source.fetch(container, page.refs[at : at + 500]) if isinstance(r, Record)]
        outcomes = target.write(place, [Write(r.key, r) for r in batch], Fence("c", 1))
        seen += sum(o.status == "written" for o in outcomes)
    if page.next is None:
        break
    cursor = page.next
subjects = sum(1 for _ in source.subjects(Selector()))
target.finish()
again = LdifSource(LdifConfig.model_validate({"path": "out"}), Environment("s", folder / "s3", folder))
(copy,) = again.containers(Subject(b""), "identities")
back, cursor = 0, None
while True:
    page = again.page(copy, cursor)
    back, cursor = back + len(page.refs), page.next
    if cursor is None:
        break
# unlike getrusage, this is never the peak of the process that started us
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(seen, subjects, back, int(peak.split()[1]) // 1024)
"""


def run(folder: Path, count: int) -> tuple[int, int, int, int]:
    """Copies an export of so many entries into an LDIF target; entries written, subjects, entries listed at the target,
    and the peak of resident memory in MiB."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(folder), str(count)], capture_output=True, text=True, check=True
    )
    seen, subjects, back, peak = map(int, done.stdout.split())
    return seen, subjects, back, peak


@pytest.mark.slow
def test_a_hundred_thousand_entries_in_flat_memory(tmp_path: Path) -> None:
    small, large = run(tmp_path / "small", 10_000), run(tmp_path / "large", 100_000)
    assert small[:3] == (10_000,) * 3 and large[:3] == (100_000,) * 3
    assert large[3] < 150 and large[3] < small[3] * 1.35, (small, large)
