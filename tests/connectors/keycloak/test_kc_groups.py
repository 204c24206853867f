"""Groups in a real Keycloak: members who come later, the tree, what a tree can't hold."""

from __future__ import annotations

import uuid
from typing import Any

from transhumance.connectors.contract import Expect, Status


def test_a_group_before_its_members(bench: Any) -> None:
    soins = bench.group("Soins", bench.dn("anne"), bench.dn("zoe"), "cn=nobody,dc=x")
    (first,) = bench.write(soins)
    assert bench.versions()[first.target_key] == first.version
    bench.write(bench.person("anne"))
    assert bench.groups_of("anne") == {"/Soins"}
    assert bench.versions()[first.target_key] == first.version, "a member who came is no change"
    bench.write(bench.person("zoe"))
    bench.target.finish()
    assert bench.versions()[first.target_key] == first.version
    group = bench.call("GET", f"/groups/{bench.id_of(soins)}")
    assert group["attributes"]["trh.member"] == ["cn=nobody,dc=x"]
    assert bench.back(first) == bench.forecast(soins)


def test_members_before_their_group_and_one_who_leaves_the_realm(bench: Any) -> None:
    anne, zoe = bench.write(bench.person("anne"), bench.person("zoe"))
    (soins,) = bench.write(bench.group("Soins", bench.dn("anne").upper(), bench.dn("zoe")))
    assert bench.groups_of("anne") == bench.groups_of("zoe") == {"/Soins"}
    bench.target.remove(bench.place, zoe.target_key, Expect(zoe.version), bench.fence)
    assert bench.versions()[soins.target_key] == soins.version, "the group still names who left"
    bench.write(bench.person("zoe"))
    assert bench.groups_of("zoe") == {"/Soins"}


def test_somebody_who_is_taken_out_here_is_a_change(bench: Any) -> None:
    bench.write(bench.person("anne"), bench.person("zoe"))
    document = bench.group("Soins", bench.dn("anne"), bench.dn("zoe"))
    (soins,) = bench.write(document)
    bench.call("DELETE", f"/users/{bench.user('zoe')['id']}/groups/{bench.id_of(document)}")
    assert bench.versions()[soins.target_key] != soins.version
    assert b"zoe" not in bench.back(soins)


def test_a_changed_list_of_members(bench: Any) -> None:
    id_ = str(uuid.uuid4())
    bench.write(bench.person("anne"), bench.person("zoe"))
    (first,) = bench.write(bench.group("Soins", bench.dn("anne"), id_=id_))
    changed = bench.group("Soins", bench.dn("zoe"), id_=id_, description=("x" * 300,))
    (second,) = bench.write(changed, expect=first.version, keys=[first.target_key])
    assert second.status is Status.WRITTEN, second
    assert (bench.groups_of("anne"), bench.groups_of("zoe")) == (set(), {"/Soins"})
    assert bench.back(second) == bench.content(changed)
    back = bench.target.restore(bench.place, second.target_key, second.before, Expect(second.version), bench.fence)
    assert back.version == first.version and bench.groups_of("anne") == {"/Soins"}


def test_nested_groups_lie_below_each_other_and_the_rest_is_flattened(bench: Any) -> None:
    def nested(name: str, *inner: str, person: str = "") -> Any:
        return bench.group(name, *(f"cn={i},ou=groups,dc=x" for i in inner), *([bench.dn(person)] if person else ()))

    bench.write(*(bench.person(name) for name in ("anne", "zoe", "max")))
    groups = [
        nested("A", "C", person="anne"),
        nested("B", "C"),
        nested("C", "D", person="zoe"),
        nested("D", "B", person="max"),  # B > C > D > B
    ]
    told = {bench.id_of(g): [f.code for f in bench.preview(g)] for _ in range(2) for g in groups}
    assert "ID-GRP-04" in [c for codes in told.values() for c in codes] and "ID-GRP-03" in [
        c for codes in told.values() for c in codes
    ]
    outcomes = bench.write(*groups)
    bench.target.finish()
    paths = {g["name"]: g["path"] for g in bench.tree()}
    assert len({path.count("/") for path in paths.values()}) > 1, paths
    for name in ("A", "B", "C", "D"):
        assert bench.effective(name) >= {"max", "zoe"}, (name, paths)
    assert bench.effective("A") == {"anne", "zoe", "max"} and "anne" not in bench.effective("B")
    listed = bench.versions()
    for outcome, document in zip(outcomes, groups, strict=True):
        assert bench.back(outcome) == bench.forecast(document)
        assert listed[outcome.target_key] == outcome.version
    before = bench.tree()
    bench.target.finish()
    assert bench.tree() == before


def test_units_hold_their_groups_and_names_that_clash_are_kept_apart(bench: Any) -> None:
    unit = bench.unit("groups", "ou=groups,dc=x")
    two = [bench.group("Soins", bench.dn("x")), bench.group("SOINS"), bench.group("a/b")]
    outcomes = bench.write(*two, unit)
    assert [o.status for o in outcomes] == [Status.WRITTEN] * 4
    bench.target.finish()
    paths = sorted(g["path"] for g in bench.tree())
    assert paths[0] == "/groups" and "/groups/a-b" in paths and "/groups/Soins" in paths
    assert any(path.startswith("/groups/SOINS (") for path in paths)
    for outcome, document in zip(outcomes, [*two, unit], strict=True):
        assert bench.back(outcome) == bench.forecast(document)


def test_a_group_is_taken_away_without_those_below_it(bench: Any) -> None:
    outer, inner = bench.write(bench.group("outer", "cn=inner,ou=groups,dc=x"), bench.group("inner"))
    bench.target.finish()
    assert {g["path"] for g in bench.tree()} == {"/outer", "/outer/inner"}
    gone = bench.target.remove(bench.place, outer.target_key, Expect(outer.version), bench.fence)
    assert gone.status is Status.REMOVED and {g["path"] for g in bench.tree()} == {"/inner"}
    assert bench.versions()[inner.target_key] == inner.version


def test_a_group_of_thousands_is_one_write(bench: Any) -> None:
    names = [f"cn=nobody{n},ou=people,dc=x" for n in range(3000)] + ["cn=" + "z" * 900 + ",dc=x"]
    document = bench.group("Tous", *names)
    (outcome,) = bench.write(document)
    assert outcome.status is Status.WRITTEN
    assert bench.back(outcome) == bench.forecast(document)
