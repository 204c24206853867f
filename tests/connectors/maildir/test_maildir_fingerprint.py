"""A folder in which nothing came, went or was renamed is known without listing it; anything else is listed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from transhumance.connectors.contract import Container, Environment, Expired, Page
from transhumance.connectors.maildir.config import MaildirConfig
from transhumance.connectors.maildir.source import MaildirSource

LONG_AGO = time.time() - 3600


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for part in ("cur", "new", "tmp"):
        (tmp_path / "alice@chu.example" / "Maildir" / part).mkdir(parents=True)
    box = tmp_path / "alice@chu.example" / "Maildir"
    for number in range(3):
        (box / "cur" / f"1700000000.M{number}P1.chu:2,S").write_bytes(b"Subject: x\r\n\r\n")
    age(box)
    return box


def age(box: Path) -> None:
    for folder in (box, *(box / part for part in ("cur", "new", "tmp"))):
        os.utime(folder, (LONG_AGO, LONG_AGO))


def listed(source: MaildirSource) -> tuple[Container, Page]:
    (subject,) = source.subjects(selector_of_all())
    (container,) = source.containers(subject, "mail")
    return container, source.page(container, None)


def selector_of_all():  # type: ignore[no-untyped-def]
    from transhumance.connectors.contract import Selector

    return Selector()


def source_of(tmp_path: Path) -> MaildirSource:
    return MaildirSource(MaildirConfig(path="."), Environment("mails", tmp_path / "spool", tmp_path, state=tmp_path))


def test_an_untouched_folder_is_not_listed_again(tmp_path: Path, box: Path) -> None:
    source = source_of(tmp_path)
    container, page = listed(source)
    assert len(page.refs) == 3 and page.since is not None
    again = source.page(container, page.since)
    assert again == Page((), None, since=page.since)


@pytest.mark.parametrize("what", ["new", "flag", "gone", "keywords"])
def test_whatever_happened_costs_a_listing(tmp_path: Path, box: Path, what: str) -> None:
    source = source_of(tmp_path)
    container, page = listed(source)
    first = next(iter(sorted((box / "cur").iterdir())))
    if what == "new":
        (box / "new" / "1700000001.M9P1.chu").write_bytes(b"Subject: y\r\n\r\n")
    elif what == "flag":
        first.rename(first.with_name(first.name + "T"))
    elif what == "gone":
        first.unlink()
    else:
        (box / "dovecot-keywords").write_text("0 $Urgent\n")
    age(box)
    (box / "cur").touch()
    os.utime(box / "cur", (LONG_AGO + 60, LONG_AGO + 60))  # even where the times look old
    with pytest.raises(Expired):
        source.page(container, page.since)


def test_a_folder_written_just_now_has_no_fingerprint(tmp_path: Path, box: Path) -> None:
    (box / "cur").touch()
    _, page = listed(source_of(tmp_path))
    assert page.since is None
