"""Maildirs as a target: names, keywords, folders, previews; kill -9 at every step."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    BytesBody,
    Container,
    Context,
    Environment,
    Expect,
    Fence,
    Outcome,
    Record,
    Selector,
    Status,
    Value,
    Write,
    compare_documents,
    read_all,
)
from transhumance.connectors.maildir.config import MaildirConfig
from transhumance.connectors.maildir.source import MaildirSource
from transhumance.connectors.maildir.target import MaildirTarget
from transhumance.migrators.mail.rfc5322 import Rfc5322Codec

FENCE = Fence("test", 1)
WHEN = datetime(2024, 2, 29, 12, tzinfo=UTC)
PLACE = Container(b"alice", "mail", b"", ("Sent", "2026"))


def target(place: Path, **options: Any) -> MaildirTarget:
    return MaildirTarget(MaildirConfig.model_validate({"path": "t", **options}), Environment("t", place, place))


def mail(key: bytes, data: bytes = b"Subject: x\n\n", **properties: Value) -> Record:
    return Record(key, "message", "rfc5322", {"internal_date": WHEN, **properties}, {"content": BytesBody.of(data)})


def write(to: MaildirTarget, *records: Record, place: Container = PLACE) -> list[Outcome]:
    return to.write(to.ensure(place), [Write(r.key, r) for r in records], FENCE)


def listed(place: Path) -> dict[tuple[str, ...], dict[bytes, Record]]:
    source = MaildirSource(MaildirConfig.model_validate({"path": "t"}), Environment("t", place, place))
    found: dict[tuple[str, ...], dict[bytes, Record]] = {}
    for subject in source.subjects(Selector()):
        for container in source.containers(subject, "mail"):
            page = source.page(container, None)
            assert not page.faults
            records = [r for r in source.fetch(container, page.refs) if isinstance(r, Record)]
            assert len(records) == len(page.refs)
            found[container.path] = {r.key: r for r in records}
    return found


def test_files_lie_where_dovecot_looks(tmp_path: Path) -> None:
    write(target(tmp_path), mail(b"17.M1P2.h", flags=("\\Seen", "$Forwarded"), keywords=("work", "a b", "é")))
    box = tmp_path / "t" / "alice" / "Maildir" / ".Sent.2026"
    assert (box / "maildirfolder").exists()
    assert os.listdir(box / "cur") == ["17.M1P2.h:2,PSab"] and os.listdir(box / "tmp") == []
    assert (box / "dovecot-keywords").read_text() == "0 $Forwarded\n1 work\n"
    assert (box / "cur" / "17.M1P2.h:2,PSab").stat().st_mtime == WHEN.timestamp()
    assert oct((box / "cur" / "17.M1P2.h:2,PSab").stat().st_mode & 0o777) == "0o600"


def test_keywords_beyond_the_letters_are_told(tmp_path: Path) -> None:
    to = target(tmp_path)
    many = tuple(f"k{n:02}" for n in range(30))
    record = mail(b"1", keywords=many)
    assert [(f.code, f.detail) for f in to.preview(PLACE, record)] == [("MAIL-KEYWORD-01", "4 keyword(s)")]
    write(to, record)
    kept = listed(tmp_path)[PLACE.path][b"1"].properties["keywords"]
    assert kept == many[:26] == to.forecast(PLACE, record).properties["keywords"]
    assert [f.code for f in to.preview(PLACE, mail(b"2", keywords=("not an atom", "k00")))] == ["MAIL-KEYWORD-01"]


def test_letters_that_mean_something_unknown_get_no_name(tmp_path: Path) -> None:
    to = target(tmp_path)
    place = to.ensure(PLACE)
    box = tmp_path / "t" / os.fsdecode(place.key)
    (box / "cur" / "old:2,ac").write_bytes(b"there before")
    write(to, mail(b"1", keywords=("new",), maildir_info="c"))
    assert (box / "dovecot-keywords").read_text() == "1 new\n"
    found = listed(tmp_path)[PLACE.path]
    assert found[b"old"].properties["maildir_info"] == "ac"
    assert found[b"1"].properties["keywords"] == ("new",) and found[b"1"].properties["maildir_info"] == "c"


@pytest.mark.parametrize("layout", ["maildir++", "fs"])
@pytest.mark.parametrize("names", ["utf-7", "utf-8"])
def test_paths_come_back(tmp_path: Path, layout: str, names: str) -> None:
    to = target(tmp_path, layout=layout, names=names)
    paths = [
        ("INBOX",),
        ("INBOX", "A/B"),
        ("Éléments envoyés",),
        ("R&D", "v1.2"),
        ("cur",),
        (".hidden", "~", "100%2F"),
        ("",),
        ("\udcff",),
        tuple("dossier très profond" for _ in range(30)),
        ("inbox below", "Inbox"),
    ]
    for path in paths:
        place = Container(b"alice", "mail", b"", path)
        assert write(to, mail(b"1"), place=place)[0].status is Status.WRITTEN
        assert to.ensure(place) == target(tmp_path, layout=layout, names=names).ensure(place)
    assert {path: list(found) for path, found in listed(tmp_path).items() if found} == {p: [b"1"] for p in paths}


def test_the_inbox_by_role_and_a_root_of_its_own(tmp_path: Path) -> None:
    to = target(tmp_path)
    inbox = Container(b"alice", "mail", b"", ("Boîte de réception",), "inbox")
    write(to, mail(b"1"), place=inbox)
    write(to, mail(b"2"), place=Container(b"alice", "mail", b"", ()))
    write(to, mail(b"3"), place=Container(b"alice", "mail", b"", ("INBOX",)))
    assert (tmp_path / "t/alice/Maildir/cur/1:2,").exists()
    assert {path: list(found) for path, found in listed(tmp_path).items()} == {
        ("Boîte de réception",): [b"1"],
        (): [b"2"],
        ("INBOX",): [b"3"],
    }


def test_previews(tmp_path: Path) -> None:
    to = target(tmp_path)
    dated = Record(b"1", "message", "rfc5322", {}, {"content": BytesBody.of(b"Date: 1 Feb 2003 04:05 +0000\n\n")})
    assert [f.code for f in to.preview(PLACE, dated)] == ["MAIL-DATE-02"]
    assert to.forecast(PLACE, dated).properties["internal_date"] == datetime(2003, 2, 1, 4, 5, tzinfo=UTC)
    assert to.preview(PLACE, mail(b"1", internal_date=WHEN.replace(microsecond=1)))[0].code == "MAIL-DATE-01"
    never = Record(b"1", "message", "rfc5322", {}, {"content": BytesBody.of(b"Date: 1 Feb 3609 04:05 +0000\n\n")})
    assert "internal_date" not in to.forecast(PLACE, never).properties
    late = mail(b"1", internal_date=WHEN.replace(year=3609, day=1))
    assert to.forecast(PLACE, late).properties["internal_date"].year == 2038  # type: ignore[union-attr]
    assert [f.code for f in to.preview(PLACE, late)] == ["MAIL-DATE-01"]
    escaped = Container(b"alice", "mail", b"", ("v1.2",))
    assert [f.code for f in to.preview(escaped, mail(b"1"))] == ["FOLDER-NAME-01"]
    long = Container(b"alice", "mail", b"", ("x" * 300,))
    assert [f.code for f in to.preview(long, mail(b"1"))] == ["FOLDER-NAME-02"]


flags = st.sampled_from(
    ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted", "$Forwarded", "$MDNSent", "\\Odd"]
)
properties = st.fixed_dictionaries(
    {},
    optional={
        "flags": st.lists(flags, unique=True).map(lambda x: tuple(sorted(x))),
        "keywords": st.lists(st.text("ab$ é", min_size=1, max_size=3), unique=True).map(lambda x: tuple(sorted(x))),
        "internal_date": st.datetimes(datetime(1800, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC)),
        "maildir_info": st.text("XYz9", min_size=1, max_size=3).map(lambda x: "".join(sorted(set(x)))),
        "maildir_new": st.just(True),
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.binary(max_size=40), properties), min_size=1, max_size=4))
def test_what_is_read_back_is_what_was_forecast(tmp_path: Path, given: list[tuple[bytes, dict[str, Any]]]) -> None:
    """The target leg's law, but for what the preview names."""
    place = tmp_path / os.urandom(4).hex()
    place.mkdir()
    to, codec = target(place), Rfc5322Codec()
    records = [
        Record(b"%d" % n, "message", "rfc5322", props, {"content": BytesBody.of(b)})
        for n, (b, props) in enumerate(given)
    ]
    forecasts = [to.forecast(PLACE, record) for record in records]
    losses = [to.preview(PLACE, record) for record in records]
    outcomes = write(to, *records)
    back = list(to.read_back(to.ensure(PLACE), [o.target_key for o in outcomes]))
    for record, expected, losses_of, found in zip(records, forecasts, losses, back, strict=True):
        assert isinstance(found, Record)
        assert codec.compare(expected, found) == (), (record, found)
        documents = [codec.to_open(r, Context()).document for r in (record, found)]
        assert compare_documents(*documents, codec.document_table) == () or losses_of


# --- kill -9

OLD = [mail(b"a", b"a\n", flags=("\\Seen",)), mail(b"b", b"b\n"), mail(b"c", b"b\n")]
CHANGED = mail(b"a", b"a\n", flags=("\\Flagged",), keywords=("work",))
OTHER = mail(b"b", b"other\n")
NEW = mail(b"d", b"d" * 3000)


def prepare(place: Path) -> list[Outcome]:
    return write(target(place), *OLD)


def writes_of(outcomes: list[Outcome]) -> list[Write]:
    return [
        Write(b"a", CHANGED, Expect(outcomes[0].version), b"a"),
        Write(b"b", OTHER, Expect(outcomes[1].version), b"b"),
        Write(b"d", NEW),
    ]


def state(place: Path) -> dict[bytes, tuple[bytes, Any]]:
    found = listed(place)[PLACE.path]
    return {k: (read_all(r.bodies["content"]), r.properties) for k, r in found.items()}


def test_dying_at_any_step_of_a_write(tmp_path: Path, crashes: ModuleType) -> None:
    def work(place: Path, outcomes: list[Outcome]) -> None:
        target(place).write(target(place).ensure(PLACE), writes_of(outcomes), FENCE)

    whole = tmp_path / "whole"
    whole.mkdir()
    work(whole, prepare(whole))
    expected = state(whole)
    for number, place, outcomes in crashes.every_step(tmp_path, prepare, work):
        again, writes = target(place), writes_of(outcomes)
        settled = again.probe(again.ensure(PLACE), writes, "", FENCE)
        rest = [w for w, o in zip(writes, settled, strict=True) if o is None]
        assert {o.status for o in again.write(again.ensure(PLACE), rest, FENCE)} <= {Status.WRITTEN}, number
        assert state(place) == expected, number


def test_dying_at_any_step_of_a_removal(tmp_path: Path, crashes: ModuleType) -> None:
    def work(place: Path, outcomes: list[Outcome]) -> None:
        to = target(place)
        to.remove(to.ensure(PLACE), b"b", Expect(outcomes[1].version), FENCE)

    for number, place, outcomes in crashes.every_step(tmp_path, prepare, work):
        work(place, outcomes)
        assert set(state(place)) == {b"a", b"c"}, number


def test_a_user_who_changes_flags_is_a_conflict(tmp_path: Path) -> None:
    outcomes = prepare(tmp_path)
    to = target(tmp_path)
    place = to.ensure(PLACE)
    cur = tmp_path / "t" / os.fsdecode(place.key) / "cur"
    (cur / "a:2,S").rename(cur / "a:2,FS")
    (outcome, *_) = to.write(place, writes_of(outcomes)[:1], FENCE)
    assert (outcome.status, outcome.code) == (Status.CONFLICT, "GEN-CONFLICT-01")
    assert state(tmp_path)[b"a"][1]["flags"] == ("\\Flagged", "\\Seen")
    anyway = to.write(place, [Write(b"a", CHANGED, Expect("any"), b"a")], FENCE)[0]
    assert anyway.status is Status.WRITTEN and state(tmp_path)[b"a"][1]["flags"] == ("\\Flagged",)
    back = to.restore(place, b"a", anyway.before, Expect(anyway.version), FENCE)
    assert back.status is Status.WRITTEN and state(tmp_path)[b"a"][1]["flags"] == ("\\Flagged", "\\Seen")
