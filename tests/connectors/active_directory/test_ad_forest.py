"""The dump of a real Windows forest, written into a Samba domain by the target: people, groups and units come back as
they were but for what is named; all else is refused by name; and what the source then reads obeys the law."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.target import AdTarget
from transhumance.connectors.contract import (
    Container,
    Context,
    Environment,
    Fence,
    Record,
    Status,
    Subject,
    Write,
    codec_for,
    find_code,
)
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.source import LdifSource
from transhumance.fixtures.services.samba import Samba

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.corpora, pytest.mark.xdist_group("samba")]
FENCE = Fence("test", 1)


def records(folder: Path, spool: Path) -> dict[str, list[Record]]:
    """The entries of each export that has people, by the base that its names end with."""
    source = LdifSource(LdifConfig.model_validate({"path": folder}), Environment("ldif", spool, folder))
    found: dict[str, list[Record]] = {}
    for container in source.containers(Subject(b""), "identities"):
        cursor, entries = None, list[Record]()
        while True:
            page = source.page(container, cursor)
            entries += [r for r in source.fetch(container, page.refs) if isinstance(r, Record)]
            if (cursor := page.next) is None:
                break
        heads = [str(r.properties["dn"]) for r in entries if b"domainDNS" in r.properties.get("objectClass", ())]  # type: ignore[operator]
        if heads and any(b"user" in r.properties.get("objectClass", ()) for r in entries):  # type: ignore[operator]
            found[min(heads, key=len)] = [r for r in entries if r.form == "ad-entry"]
    source.close()
    return found


def test_a_real_forest_goes_into_samba(
    samba: Samba, ou: str, reader: Callable[..., Any], corpora: Callable[..., Path], tmp_path: Path
) -> None:
    codec: Any = codec_for("entry", "ad-entry")
    domains = records(corpora("ldif"), tmp_path / "ldif")
    assert domains
    known = {"url": samba.url, "ca_file": samba.ca_file, "username": samba.admin, "password": samba.password}
    for number, (base, entries) in enumerate(sorted(domains.items())):
        top = f"OU=Domaine {number},{ou}"
        samba.add(f"dn: {top}\nobjectClass: organizationalUnit\n\n")
        config = AdConfig.model_validate({**known, "base": top})
        target = AdTarget(config, Environment("ad", tmp_path, tmp_path, "en", tmp_path / f"state{number}"))
        place = target.ensure(Container(b"", "identities", b"x", (base,), properties={"base": base}))
        writes = [Write(record.key, record) for record in entries]
        outcomes = [o for at in range(0, len(writes), 200) for o in target.write(place, writes[at : at + 200], FENCE)]
        target.finish()
        refused = Counter(outcome.code for outcome in outcomes if outcome.status is Status.REFUSED)
        print(base, len(entries), Counter(o.status.value for o in outcomes), refused)
        assert all(find_code(code) for code in refused), refused
        assert {o.status for o in outcomes} == {Status.WRITTEN, Status.REFUSED}
        done = [(w, o) for w, o in zip(writes, outcomes, strict=True) if o.status is Status.WRITTEN]
        answers = list(target.read_back(place, [outcome.target_key for _, outcome in done]))
        for (write, _), answer in zip(done, answers, strict=True):
            assert isinstance(answer, Record), answer
            expected = target.forecast(place, write.record)
            assert codec.compare(expected, answer) == (), write.record.properties["dn"]
        target.close()
        opened = reader(top)
        refs, _ = opened.listing()
        assert {o.target_key for _, o in done} <= refs.keys()
        for record in opened.records(refs.values()).values():
            said = codec.to_open(record, Context())
            assert codec.compare(record, codec.from_open(said.document, said.residue, Context()).record) == ()
