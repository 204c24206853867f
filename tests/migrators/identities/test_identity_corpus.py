"""Real exports of Active Directory: every entry in one grade, and what the residue weighs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests_support_identity_strip import size, strip

from transhumance.connectors.contract import Context, Environment, Record, Subject
from transhumance.connectors.contract.codes import worst_back, worst_forward
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.source import LdifSource
from transhumance.migrators.identities import CODECS, CODES

CODEC = {codec.form: codec for codec in CODECS}
CODE = {code.code: code for code in CODES}
HERE = Context()

pytestmark = pytest.mark.corpora


@pytest.fixture(scope="module")
def entries(corpora: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Record]]:
    """Every entry of the corpus, with its file."""
    folder = corpora("ldif")
    config = LdifConfig.model_validate({"path": folder})
    source = LdifSource(config, Environment("c", tmp_path_factory.mktemp("spool"), folder))
    found = list(_all(source))
    source.close()
    return found


def _all(source: LdifSource) -> Iterator[tuple[str, Record]]:
    for container in source.containers(Subject(b""), "identities"):
        page = source.page(container, None)
        assert page.next is None and not page.faults
        for answer in source.fetch(container, page.refs):
            assert isinstance(answer, Record), answer
            yield container.path[-1], answer


def test_every_entry_comes_back_and_is_graded_once(entries: list[tuple[str, Record]]) -> None:
    grades: dict[str, Counter[str]] = defaultdict(Counter)
    codes: Counter[str] = Counter()
    for file, record in entries:
        codec = CODEC[record.form]
        opened = codec.to_open(record, HERE)
        alone = codec.compare(record, codec.from_open(opened.document, (), HERE).record)
        whole = codec.from_open(opened.document, opened.residue, HERE)
        assert codec.compare(record, whole.record) == () == whole.findings, record.properties["dn"]
        known = [CODE[f.code] for f in opened.findings]
        grade = worst_back(["residual" if alone else "exact", *(code.back for code in known)])
        grades[file][f"{grade}, {worst_forward(code.forward for code in known)}"] += 1
        codes.update(f.code for f in opened.findings)
        assert strip(record, opened) == []
    for file, found in sorted(grades.items()):
        print(f"{file[:64]:64} {dict(found)}")
    print(dict(sorted(codes.items())))
    assert sum(sum(found.values()) for found in grades.values()) == len(entries) == 4061
    assert set(codes) >= {"ID-ACL-01", "ID-CMP-01", "ID-DNS-01", "ID-GPO-01", "ID-SCH-01", "ID-SVC-01", "ID-PWD-01"}


def test_the_residue_is_no_copy_of_the_source(entries: list[tuple[str, Record]]) -> None:
    """The share of the source's bytes that the residue holds, by what the entries are; access rights apart, which no
    open standard says."""
    weighed: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for _, record in entries:
        opened = CODEC[record.form].to_open(record, HERE)
        alone = CODEC[record.form].from_open(opened.document, (), HERE).record.properties
        lacking = sum(size(v) for k, v in record.properties.items() if alone.get(k) != v)
        assert sum(size(entry.value) for entry in opened.residue) <= lacking
        classes = record.properties.get("objectClass", (b"(none)",))
        name = classes[-1].decode()  # type: ignore[index, union-attr]
        rights = "nTSecurityDescriptor"
        weighed[name][0] += 1
        weighed[name][1] += sum(size(v) for k, v in record.properties.items() if k != rights)
        weighed[name][2] += sum(size(entry.value) for entry in opened.residue if entry.path != rights)
    for name, (count, source, residue) in sorted(weighed.items(), key=lambda item: -item[1][0])[:15]:
        print(f"{name:32} {count:5} entries, {source:8} bytes, residue {residue / source:.0%}")
    for name, bound in (("user", 0.50), ("group", 0.30), ("container", 0.25), ("organizationalUnit", 0.50)):
        _, source, residue = weighed[name]
        assert residue / source < bound, name


def test_people_and_groups_are_what_they_should_be(entries: list[tuple[str, Record]]) -> None:
    documents = {}
    for _, record in entries:
        if record.form == "ad-entry":
            with CODEC["ad-entry"].to_open(record, HERE).document.bodies["content"].open() as stream:
                documents[str(record.properties["dn"])] = stream.read()
    person = documents["CN=arya.stark,CN=Users,DC=north,DC=sevenkingdoms,DC=local"]
    assert b"objectClass: inetOrgPerson\n" in person and b"uid: arya.stark\n" in person and b"sn: Stark\n" in person
    group = next(text for dn, text in documents.items() if dn.startswith("CN=Domain Admins,CN=Users,DC=north"))
    assert b"objectClass: groupOfNames\n" in group and b"member: CN=" in group
