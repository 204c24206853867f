"""Canonical JSON, digests, and what the parts of a wave's digest say when they differ."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from transhumance.plans.model.digest import (
    canonical_json,
    difference,
    digest_of,
    resolved,
    wave_digest,
    wave_parts,
    workloads_part,
)
from transhumance.plans.model.load import LoadedPlan, load

SAMPLE = Path(__file__).parent / "samples" / "design-sample.yaml"


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


def loaded(path: Path) -> LoadedPlan:
    return load(path, config_model=lambda name: Anything, today=date(2026, 11, 24))


# Numbers of RFC 8785, appendix B, and the turns of the exponent.
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"), (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"), (1e23, "1e+23"), (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (9.999999999999997e-7, "9.999999999999997e-7"), (0.000001, "0.000001"), (1e-7, "1e-7"),
        (333333333.3333332, "333333333.3333332"), (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"), (0.05, "0.05"), (20.0, "20"), (20, "20"), (-1.5, "-1.5"),
        (4.5, "4.5"), (0.002, "0.002"), (1e30, "1e+30"), (123456789012345670000.0, "123456789012345670000"),
    ],
)  # fmt: skip
def test_numbers(number: float, text: str) -> None:
    assert canonical_json(number) == text


def test_keys_are_sorted_by_utf16_and_nothing_else_is_changed() -> None:
    value = {"\u20ac": "Euro", "\r": 1, "\ufb33": 2, "1": [], "\U0001f600": {"b": None, "a": True}, "\u00f6": "é\u2028"}
    text = canonical_json(value)
    assert list(json.loads(text)) == ["\r", "1", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert '{"a":true,"b":null}' in text and "é\u2028" in text


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53 + 1, "\ud800", {"\ud800": 1}, {1: 2}, b"x", {1, 2}, object()]
)
def test_what_has_no_one_form_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        canonical_json(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_canonical_json_is_json_and_a_fixed_point(value: Any) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


def test_the_resolved_plan_holds_no_secret_and_no_reference() -> None:
    text = canonical_json(resolved(loaded(SAMPLE)))
    for word in ("AD_PASSWORD", "run/secrets", "keyring", "password"):
        assert word not in text
    assert '"url":"ldaps://dc1.chu.example"' in text and '"existing":"refuse"' in text


def test_another_way_of_writing_the_same_plan_has_the_same_digest(tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    other = (
        text.replace("every: 24h", "every: 1d")
        .replace("  approval: {required: 1}\n", "")
        .replace('password: "env:AD_PASSWORD"', 'password: "file:/run/ad"')
        .replace("from: ad,", "from: [ad],")
        .replace("after: {pilote: verified}", "after: pilote")
        .replace("https://sso.chu.example", "${sso}")
        .replace("title:", "vars: {sso: https://sso.chu.example}\ntitle:")
    )
    assert other != text
    (tmp_path / "plan.yaml").write_text(other, encoding="utf-8")
    assert digest_of(resolved(loaded(SAMPLE))) == digest_of(resolved(loaded(tmp_path / "plan.yaml")))
    (tmp_path / "plan.yaml").write_text(text.replace("existing: refuse", "existing: adopt"), encoding="utf-8")
    assert digest_of(resolved(loaded(SAMPLE))) != digest_of(resolved(loaded(tmp_path / "plan.yaml")))


PARTS: dict[str, Any] = {
    "members": ["bob", "alice"],
    "workloads": {"mail": {"to": ["dovecot"]}},
    "policies": {"drift": {"max_share": 0.02}},
    "mappings": {"m.yaml": "sha256:1"},
    "codecs": {"mapi": "3"},
    "connectors": {"pst": "1"},
}


def test_every_part_counts_and_the_order_of_members_does_not() -> None:
    digest = wave_digest(**PARTS)
    assert digest.startswith("sha256:") and len(digest) == 71
    assert wave_digest(**PARTS | {"members": ["alice", "bob"]}) == digest
    changed = {wave_digest(**PARTS | {part: {"x": "1"}}) for part in list(PARTS)[1:]}
    assert len(changed | {wave_digest(**PARTS | {"members": ["alice"]}), digest}) == 7


def test_the_difference_in_words() -> None:
    old = wave_parts(**PARTS)
    new = wave_parts(
        members=["alice", *(f"n{n:02}" for n in range(12))],
        workloads={"mail": {"to": ["dovecot", "archive"]}},
        policies={"drift": {"max_share": 0.05}},
        mappings={},
        codecs={"mapi": "4", "ical": "1"},
        connectors={"pst": "1"},
    )
    assert difference(old, old) == []
    assert difference(old, new, "en") == [
        "members: 12 more, of 13 (n00, n01, n02, n03, n04, n05, n06, n07, n08, n09 and 2 more)",
        "members: 1 fewer, of 2 (bob)",
        'workloads.mail.to: ["dovecot"] → ["dovecot","archive"]',
        "policies.drift.max_share: 0.02 → 0.05",
        "mappings.m.yaml: removed, was sha256:1",
        "codecs.ical: added, 1",
        "codecs.mapi: 3 → 4",
    ]
    assert difference(old, new, "fr")[0].startswith("membres : 12 en plus sur 13 (n00")


@given(
    st.fixed_dictionaries(
        {part: st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3) for part in list(PARTS)[1:]}
    )
)
def test_digests_differ_exactly_where_a_difference_is_told(changes: dict[str, Any]) -> None:
    old, new = wave_parts(**PARTS), wave_parts(**PARTS | changes)
    assert (digest_of(old) != digest_of(new)) == bool(difference(old, new))


def test_a_workload_part_names_the_addresses_that_it_touches(tmp_path: Path) -> None:
    part = workloads_part(loaded(SAMPLE), "pilote")
    assert set(part) == {"identities", "mail"}
    assert set(part["mail"]["endpoints"]) == {"exchange", "old-pst", "dovecot", "archive", "labo"}
    assert part["mail"]["endpoints"]["dovecot"] == {
        "connector": "imap",
        "url": "imaps://imap.chu.example",
        "master_user": "migration",
    }
    text = (
        SAMPLE.read_text(encoding="utf-8")
        .replace("imaps://imap.chu", "imaps://autre.chu")
        .replace("mbps: 80", "mbps: 90")
    )
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    other = workloads_part(loaded(tmp_path / "plan.yaml"), "pilote")
    lines = difference({"workloads": part}, {"workloads": other}, "en")
    assert lines == ["workloads.mail.endpoints.dovecot.url: imaps://imap.chu.example → imaps://autre.chu.example"]
    with pytest.raises(KeyError):
        workloads_part(loaded(SAMPLE), "none")
