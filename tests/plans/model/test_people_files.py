"""`people.csv` and membership files: every way in which Excel writes them, every mistake with its line, nothing that
runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.plans.model.csv_text import guarded, unguarded
from transhumance.plans.model.members import Member, read_members
from transhumance.plans.model.people import KINDS, STATUSES, People, Person, read_people, write_people

HEAD = "source_key;kind;name;mail;status;dovecot;keycloak\n"
ROW = "k1;person;Zoé Müller;zoe@chu.example;matched;zoe;zoe.muller\n"
ZOE = Person(
    "k1", "person", "Zoé Müller", "zoe@chu.example", "matched", {"dovecot": "zoe", "keycloak": "zoe.muller"}, 2
)


def read(tmp_path: Path, data: bytes | str, **more: object) -> People:
    path = tmp_path / "people.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_people(path, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ((HEAD + ROW).encode(), "UTF-8"),
        (b"\xef\xbb\xbf" + (HEAD + ROW).encode(), "UTF-8"),
        ((HEAD + ROW).encode("cp1252"), "Windows-1252"),
        ((HEAD + ROW).replace("\n", "\r\n").encode("cp1252"), "Windows-1252"),
        ((HEAD + ROW).replace(";", ",").encode(), "UTF-8"),
        ((HEAD + ROW).replace(";", "\t").encode("utf-16"), "UTF-16"),
        ((HEAD + ROW).replace("\n", ";;\n").encode(), "UTF-8"),
        ((HEAD.upper().replace("DOVECOT", "dovecot").replace("KEYCLOAK", "keycloak") + ROW).encode(), "UTF-8"),
    ],
)
def test_every_way_of_writing_it(tmp_path: Path, data: bytes, encoding: str) -> None:
    people = read(tmp_path, data, endpoints=["dovecot", "keycloak", "archive"])
    assert people.errors == ()
    assert people.rows == (ZOE,)
    assert (people.encoding, people.endpoints) == (encoding, ("dovecot", "keycloak"))
    assert people.by_key() == {"k1": ZOE}


def test_excels_own_first_line(tmp_path: Path) -> None:
    people = read(tmp_path, "sep=,\n" + (HEAD + ROW).replace(";", ","))
    assert people.errors == () and people.rows[0].line == 3


def codes(people: People) -> list[tuple[int, str]]:
    return [(error.line, error.code.removeprefix("PLAN-CSV-")) for error in people.errors]


def test_each_mistake_has_its_line_and_the_others_stay(tmp_path: Path) -> None:
    people = read(
        tmp_path,
        HEAD
        + ROW  # 2
        + "k2;persone;B;;matched;b;\n"  # 3: kind
        + "k3;person;C;;matchd;c;\n"  # 4: status
        + ";person;D;;unmatched;;\n"  # 5: no key
        + "k5;person;E;;matched;;\n"  # 6: matched without login
        + "k6;person;F\n"  # 7: too few
        + "k7;person;G;;unmatched;;;extra\n"  # 8: too many
        + 'k8;person;"H\nI";;unmatched;;\n'  # 9 and 10: a name over two lines is fine
        + "k1;person;J;;unmatched;;\n"  # 11: key twice
        + "k9;group;K;;matched;ZOE;\n"  # 12: login twice
        + "\n;;;;;;\n"  # blank
        + "k10;person;L\x00;;unmatched;;\n"  # 15: control character
        + "k11;person;M;;excluded;m;\n",
    )
    assert codes(people) == [
        (3, "13"), (4, "13"), (5, "12"), (6, "14"), (7, "11"), (8, "11"), (11, "15"), (12, "16"), (15, "07"),
    ]  # fmt: skip
    assert [(person.source_key, person.line) for person in people.rows] == [("k8", 9), ("k11", 16)]
    assert people.errors[0].remedy.startswith("Vouliez-vous dire `person` ?")


def test_an_unclosed_quote_ends_the_file_and_says_so(tmp_path: Path) -> None:
    people = read(tmp_path, HEAD + ROW + 'k2;person;"B;;unmatched;;\n' + ROW.replace("k1", "k3"))
    assert codes(people) == [(3, "06")] and len(people.rows) == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", [(1, "05")]),
        ("\n\n", [(1, "05")]),
        ("nom;prenom\nx;y\n", [(1, "08")] * 3),
        (HEAD.replace("keycloak", "kecloak") + ROW, [(1, "10")]),
        (HEAD.replace("keycloak", "dovecot") + ROW, [(1, "09")]),
        (b"a;b\n\x81\x8d;\xff\n", [(2, "04")]),
        (b"\xff\xfea\x00\x00", [(1, "04")]),
    ],
)
def test_files_of_which_nothing_is_used(tmp_path: Path, data: bytes | str, expected: list[tuple[int, str]]) -> None:
    people = read(tmp_path, data, endpoints=["dovecot", "keycloak"], lang="en")
    assert codes(people) == expected and people.rows == ()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    assert codes(read_people(tmp_path / "none.csv")) == [(1, "01")]
    assert codes(read_people(tmp_path)) == [(1, "02")]


def test_it_is_written_for_french_excel_and_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    person = Person("=1+1", "person", "@x", "-y", "matched", {"a": "+z"})
    write_people(path, [person], endpoints=["a", "b"])
    assert path.read_bytes() == (
        b"\xef\xbb\xbfsource_key;kind;name;mail;status;a;b\r\n'=1+1;person;'@x;'-y;matched;'+z;\r\n"
    )
    assert [entry.name for entry in tmp_path.iterdir()] == ["people.csv"]


@given(st.text(max_size=6) | st.sampled_from(["=x", "'=x", "''+x", "-", "'", "\t", "'\r"]))
def test_guards_are_taken_off_exactly(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=8)
keys = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8).filter(str.strip)
persons = st.lists(
    st.builds(Person, keys, st.sampled_from(KINDS), texts, texts, st.sampled_from(STATUSES), st.just({})),
    max_size=5,
    unique_by=lambda person: person.source_key,
)


@settings(max_examples=60, deadline=None)
@given(persons)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, people: list[Person]) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    people = [Person(p.source_key, p.kind, p.name, p.mail, p.status, {"a": f"login{n}"}) for n, p in enumerate(people)]
    write_people(path, people, endpoints=["a", "b"])
    again = read_people(path, endpoints=["a", "b"])
    assert again.errors == ()
    assert [(p.source_key, p.kind, p.name, p.mail, p.status, p.logins) for p in again.rows] == [
        (p.source_key, p.kind, p.name, p.mail, p.status, p.logins) for p in people
    ]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_errors_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    people, members = read_people(path), read_members(path)
    assert people.rows == () or not data
    assert members.members or members.errors


@pytest.mark.parametrize(
    ("text", "names", "column"),
    [
        ("alice@chu.example\nbob@chu.example\n", ["alice@chu.example", "bob@chu.example"], ""),
        ("Nom;Mail\nA;a@x\nB; b@x \n", ["a@x", "b@x"], "mail"),
        ("login,source_key\na,k1\n", ["k1"], "source_key"),
        ('#TYPE Selected.Microsoft.ActiveDirectory\n"SamAccountName","Enabled"\n"a","True"\n', ["a"], "samaccountname"),
        ("a\nA\n\nb\n", ["a", "b"], ""),
        ("'=a\n", ["=a"], ""),
    ],
)
def test_membership_files(tmp_path: Path, text: str, names: list[str], column: str) -> None:
    path = tmp_path / "wave.csv"
    path.write_text(text, encoding="utf-8")
    found = read_members(path)
    assert found.errors == () and found.column == column
    assert [member.name for member in found.members] == names


def test_membership_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "wave.csv"
    path.write_bytes('nom;mail\nHélène;h@x\nRené;\nX;"y\n'.encode("cp1252"))
    found = read_members(path)
    assert found.members == (Member("h@x", 2),) and found.encoding == "Windows-1252"
    assert [(error.line, error.code) for error in found.errors] == [(3, "PLAN-CSV-17"), (4, "PLAN-CSV-06")]
    path.write_text("")
    assert [error.code for error in read_members(path).errors] == ["PLAN-CSV-05"]
    assert [error.code for error in read_members(tmp_path / "none.csv").errors] == ["PLAN-CSV-01"]
