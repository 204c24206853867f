"""What a Maildir will not keep of a message, told before it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from transhumance.connectors.contract import Container, Finding, Record, Value
from transhumance.connectors.formats.mailfiles import instant
from transhumance.connectors.maildir.config import MaildirConfig
from transhumance.connectors.maildir.filenames import LETTERS
from transhumance.connectors.maildir.keywords import is_atom, read_letters
from transhumance.connectors.maildir.naming import ALL_LETTERS, NAMED_FLAGS, file_time, texts
from transhumance.connectors.maildir.places import Places

_FOLDERS = 1000  # how many folders' words are remembered


class Preview:
    """What the folders of a target take. It remembers the keywords that it was asked about, since they fill the
    folder's twenty-six letters one after the other."""

    def __init__(self, config: MaildirConfig, places: Places) -> None:
        self._config, self._places = config, places
        self._words: dict[tuple[bytes, bytes], set[str]] = {}

    def findings(self, container: Container, record: Record) -> tuple[Finding, ...]:
        """The losses, by code."""
        return (*self._of_folder(container), *self._of_record(container, record))

    def _of_folder(self, container: Container) -> Iterator[Finding]:
        directory = self._places.directory(container)
        if directory and not self._places.says_its_path(container.path, directory):
            yield Finding("FOLDER-NAME-02" if b"%~" in directory and container.path else "FOLDER-NAME-01")

    def _of_record(self, container: Container, record: Record) -> Iterator[Finding]:
        when = record.properties.get("internal_date")
        if not isinstance(when, datetime):
            yield Finding("MAIL-DATE-02")
        elif instant(file_time(record)) != when or not file_time(record):
            yield Finding("MAIL-DATE-01", "whole seconds")
        lost = [word for word in self._wanted(record) if word not in self._known(container, record)]
        if lost:
            yield Finding("MAIL-KEYWORD-01", f"{len(lost)} keyword(s)")
        if [flag for flag in texts(record.properties.get("flags")) if flag not in LETTERS and flag not in NAMED_FLAGS]:
            yield Finding("GEN-TARGET-02", "flags")

    def forecast(self, container: Container, record: Record) -> Record:
        """The record as the folder gives it back."""
        known = self._known(container, record)
        flags = [f for f in texts(record.properties.get("flags")) if f in LETTERS or f in known]
        words = [w for w in texts(record.properties.get("keywords")) if w in known]
        properties: dict[str, Value] = {
            name: value for name, value in record.properties.items() if name.startswith("maildir_")
        }
        if flags:
            properties["flags"] = tuple(sorted(set(flags)))
        if words:
            properties["keywords"] = tuple(sorted(set(words)))
        if (time := file_time(record)) and (when := instant(time)):
            properties["internal_date"] = when
        return replace(record, properties=properties)

    @staticmethod
    def _wanted(record: Record) -> list[str]:
        flags = [flag for flag in texts(record.properties.get("flags")) if flag == "$MDNSent"]
        return sorted({*flags, *texts(record.properties.get("keywords"))})

    def _known(self, container: Container, record: Record) -> set[str]:
        """The words that have a letter, or will have."""
        wanted = self._wanted(record)
        place = (container.subject, self._places.directory(container))
        if not wanted or place in self._words and self._words[place].issuperset(wanted):
            return self._words.get(place, set())
        if len(self._words) > _FOLDERS:
            self._words.clear()
        if place not in self._words:
            folder = self._places.home(container.subject) / os.fsdecode(place[1])
            self._words[place] = set(read_letters(folder).values())
        known = self._words[place]
        for word in wanted:
            if is_atom(word) and len(known) < len(ALL_LETTERS):
                known.add(word)
        return known
