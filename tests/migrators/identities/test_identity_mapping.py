"""The plan's rules on entries: what they give, what they can't, and the law with rules on."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_support_identity_strip import strip

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Document,
    Environment,
    Opened,
    Record,
    Subject,
    read_all,
)
from transhumance.connectors.formats.ldif import parse_record
from transhumance.connectors.ldif.config import LdifConfig
from transhumance.connectors.ldif.source import LdifSource
from transhumance.migrators.identities import CODECS
from transhumance.migrators.identities.mapping import MAPPABLE, Evaluator, MappingError, parsed

CODEC = {codec.form: codec for codec in CODECS}
AD = CODEC["ad-entry"]
RULES = (
    ("uid", "lower(before(attr('userPrincipalName'), '@'))", "", 3),
    ("departmentNumber", "ou(1) or attrs('department')", "in_ou('OU=Soins,DC=chu')", 4),
    ("employeeNumber", "attr('extensionAttribute3')", "", 5),
    ("mail", "lower(attrs('mail'))", "", 6),
    ("description", "attrs('description') + attrs('info')", "", 7),
    ("o", "'CHU' if ends(dn, 'DC=chu') else attr('company')", "", 8),
    ("telephoneNumber", "attr('otherTelephone')", "", 9),
)
HERE = Context(mapping={"rpps": "extensionAttribute3", "attributes": RULES})


def entry(dn: str = "CN=Jean,OU=Urgences,OU=Soins,DC=chu", **more: bytes | tuple[bytes, ...]) -> Record:
    said = {name: values if isinstance(values, tuple) else (values,) for name, values in more.items()}
    classes = (b"top", b"person", b"organizationalPerson", b"user")
    return Record(b"k", "entry", "ad-entry", {"dn": dn, "objectClass": classes, "cn": (b"Jean",), **said})


def document(opened: Opened) -> dict[str, tuple[bytes, ...]]:
    return dict(parse_record(read_all(opened.document.bodies["content"])).attributes)


def ruled(record: Record, *rules: tuple[str, str, str]) -> Opened:
    return AD.to_open(record, Context(mapping={"attributes": tuple((*rule, 1) for rule in rules)}))


def test_three_worked_examples_give_what_the_documentation_says_and_come_back() -> None:
    record = entry(
        sAMAccountName=b"JDupont",
        userPrincipalName=b"Jean.Dupont@chu.example",
        extensionAttribute3=b"10101010101",
        department=b"old",
    )
    opened = AD.to_open(record, HERE)
    made = document(opened)
    assert made["uid"] == (b"jean.dupont",) and made["departmentNumber"] == (b"Urgences",)
    assert made["employeeNumber"] == (b"10101010101",)
    back = AD.from_open(opened.document, opened.residue, HERE)
    assert AD.compare(record, back.record) == () and back.findings == ()
    assert "employeeNumber" not in back.record.properties
    assert back.record.properties["sAMAccountName"] == (b"JDupont",)
    told = [f.detail for f in opened.findings if f.code == "ID-ATT-02"]
    assert told == []  # the rule made it visible


def test_a_mapped_attribute_that_was_edited_at_the_target_is_not_taken_off_unseen() -> None:
    opened = ruled(entry(extensionAttribute3=b"1"), ("employeeNumber", "attr('extensionAttribute3')", ""))
    text = read_all(opened.document.bodies["content"]).replace(b"employeeNumber: 1", b"employeeNumber: 2")
    edited = Document("entry", "ldif", bodies={"content": BytesBody.of(text)})
    back = AD.from_open(edited, opened.residue, HERE)
    assert back.record.properties["employeeNumber"] == (b"2",)
    assert back.record.properties["extensionAttribute3"] == (b"1",)
    assert [(f.code, f.detail) for f in back.findings] == [("GEN-RESIDUE-01", "employeeNumber")]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (("mail", "attr('cn') + 'é@chu.example'", ""), "ID-MAP-02"),
        (("employeeNumber", "attrs('description')", ""), "ID-MAP-02"),
        (("uid", "attrs('description')", ""), "ID-MAP-02"),
        (("o", "attrs('cn') + attr('cn')", ""), "ID-MAP-01"),
        (("o", "in_ou('DC=chu')", ""), "ID-MAP-01"),
        (("ou", "'x'", ""), "ID-MAP-03"),
    ],
)
def test_a_rule_that_can_not_be_followed_is_named_and_leaves_the_standard_value(
    rule: tuple[str, str, str], code: str
) -> None:
    record = entry("OU=Jean,DC=chu", mail=b"a@b.c", description=(b"x", b"y"), company=b"C")
    opened, plain = ruled(record, rule), AD.to_open(record, Context())
    assert [f.detail for f in opened.findings if f.code == code] == [rule[0]]
    assert document(opened) == document(plain)


def test_a_rule_whose_condition_does_not_hold_or_that_gives_nothing_changes_nothing() -> None:
    record = entry(company=b"C")
    for rule in (("o", "'X'", "in_ou('OU=Admin,DC=chu')"), ("o", "attr('nothing')", ""), ("o", "''", "")):
        assert ruled(record, rule) == AD.to_open(record, Context())
    assert ruled(record, ("o", "'X'", "in_ou('ou=soins, dc=CHU')")) != AD.to_open(record, Context())


def test_only_people_are_mapped() -> None:
    group = Record(b"g", "entry", "ad-entry", {"dn": "CN=g,DC=chu", "objectClass": (b"top", b"group"), "cn": (b"g",)})
    assert AD.to_open(group, HERE) == AD.to_open(group, Context(mapping={"rpps": "extensionAttribute3"}))


def test_a_standard_entry_says_that_rules_do_not_touch_it() -> None:
    person = Record(b"p", "entry", "ldif", {"dn": "cn=a,dc=x", "objectClass": (b"inetOrgPerson",), "cn": (b"a",)})
    assert "ID-MAP-04" in [f.code for f in CODEC["ldif"].to_open(person, HERE).findings]
    assert "ID-MAP-04" not in [f.code for f in CODEC["ldif"].to_open(person, Context()).findings]


@pytest.mark.parametrize(
    "text",
    [
        "().__class__", "attr.__globals__", "__import__('os')", "open('x')", "[x for x in attrs('a')]", "lambda: 1",
        "'a' * 999999999", "9 ** 9 ** 9", "attr('a')[0]", "f'{dn}'", "attr(name='a')", "attr(*['a'])", "dn.format(1)",
        "{'a': 1}", "attrs('a')[0:2]", "(x := 1)", "1.5", "b'x'", "eval('1')", "random()", "dn; dn", "not", "",
        "a" * 1001, "(" * 300 + "1" + ")" * 300, " + ".join(["dn"] * 60), "upper()", "join(attrs('a'))",
    ],
)  # fmt: skip
def test_what_is_no_small_expression_is_refused_before_anything_runs(text: str) -> None:
    with pytest.raises(MappingError) as refused:
        parsed(text)
    assert refused.value.column >= 1 and refused.value.reason


def test_no_expression_takes_long_or_makes_something_large() -> None:
    evaluator = Evaluator("CN=a,DC=x", {"a": (b"x" * 4096,) * 500, "big": (b"y" * 5000, b"ok")})
    began = time.perf_counter()
    doubled = "attr('a')"
    for text in (f"{doubled} + {doubled}", f"replace({doubled}, 'x', {doubled})", f"join(attrs('a'), {doubled})"):
        with pytest.raises(ValueError, match="Error"):
            evaluator.value(text)
    assert evaluator.value("attr('big')") == "ok"
    assert time.perf_counter() - began < 1


def test_functions() -> None:
    evaluator = Evaluator("CN=a,OU=B,OU=C,DC=x", {"N": (b"+33 1-2", "É".encode(), b"\xff"), "A": (b"b@c",)})
    cases = {
        "digits(attr('n'))": "3312", "lower(attrs('n'))": ["+33 1-2", "é"], "ou(2)": "C", "ou(3)": None, "ou(0)": None,
        "before(attr('a'), '@') + '.' + after(attr('a'), '@')": "b.c", "join(attrs('n'), '|')": "+33 1-2|É",
        "attr('none') or 'x'": "x", "upper(attr('none'))": None, "attr('none') + 'x'": None, "strip(' x ')": "x",
        "'x' if starts(attr('a'), 'b') and not ends(attr('a'), 'b') else 'y'": "x", "'b' in attr('none')": False,
        "'É' in attrs('n')": True, "replace('abc', 'b', '')": "ac", "attr('a') == 'b@c'": True, "in_ou('DC=y')": False,
        "'z' not in attr('a')": True, "attr('a') != 'x'": True,
    }  # fmt: skip
    assert {text: evaluator.value(text) for text in cases} == cases


_VALUES = st.sampled_from(
    [
        b"",
        b"a@b.c",
        b"A@b.c",
        b"SMTP:a@b.c",
        b"smtp:z@b.c",
        b"jean",
        b"JEAN",
        "é".encode(),
        b"\xff",
        b"514",
        b"12 34",
        b"x" * 30,
    ]
)
_NAMES = st.sampled_from(
    "sAMAccountName userPrincipalName mail proxyAddresses department departmentNumber company o "
    "description info uid sn "
    "extensionAttribute3 employeeNumber telephoneNumber otherTelephone "
    "userAccountControl uidNumber MAIL displayName".split()
)
_PLACES = st.sampled_from(
    ["CN=Jean,OU=Urgences,OU=Soins,DC=chu", "uid=a,OU=x,DC=chu", "no name", "", "CN=a+OU=b,DC=chu"]
)
_RULE = st.tuples(
    st.sampled_from(sorted(MAPPABLE.values())),
    st.sampled_from(
        [rule[1] for rule in RULES] + ["attrs('proxyAddresses')", "attr('sAMAccountName')", "upper(attrs('mail'))"]
    ),
    st.sampled_from(["", "attr('department')", "in_ou('DC=chu')"]),
    st.just(1),
)


@given(
    st.dictionaries(_NAMES, st.lists(_VALUES, min_size=1, max_size=4).map(tuple), max_size=10),
    _PLACES,
    st.lists(_RULE, max_size=5, unique_by=lambda rule: rule[0]).map(tuple),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_person_comes_back_with_any_rules(
    said: dict[str, tuple[bytes, ...]], dn: str, rules: tuple[tuple[str, str, str, int], ...]
) -> None:
    here = Context(mapping={"attributes": rules})
    record = Record(b"k", "entry", "ad-entry", {"dn": dn, "objectClass": (b"top", b"person", b"user"), **said})
    opened = AD.to_open(record, here)
    back = AD.from_open(opened.document, opened.residue, here)
    assert AD.compare(record, back.record) == () and back.findings == ()
    again = AD.to_open(back.record, here)
    assert document(again) == document(opened)
    assert pickle.loads(pickle.dumps(here)) == here


@pytest.fixture(scope="module")
def entries(corpora: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Record]]:
    folder = corpora("ldif")
    config = LdifConfig.model_validate({"path": folder})
    source = LdifSource(config, Environment("c", tmp_path_factory.mktemp("spool"), folder))
    found = []
    for container in source.containers(Subject(b""), "identities"):
        page = source.page(container, None)
        found += [r for r in source.fetch(container, page.refs) if isinstance(r, Record)]
    yield found
    source.close()


@pytest.mark.corpora
def test_every_real_entry_comes_back_with_rules_on(entries: list[Record]) -> None:
    mapped = 0
    login = ("uid", "lower(attr('cn'))", "", 1)
    here = Context(mapping={"attributes": (login, ("businessCategory", "attrs('sAMAccountName')", "", 2), *RULES[1:])})
    for record in (r for r in entries if r.form == "ad-entry"):
        opened = AD.to_open(record, here)
        back = AD.from_open(opened.document, opened.residue, here)
        assert AD.compare(record, back.record) == () == back.findings, record.properties["dn"]
        assert strip(record, opened) == []
        mapped += opened.document != AD.to_open(record, Context()).document
    assert mapped > 0
