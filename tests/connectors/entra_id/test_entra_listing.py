"""Entra ID as a source: what a listing from the start gives, subjects, records."""

import base64
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from transhumance.connectors.contract import Fault, ItemRef, Selector, Subject, connector
from transhumance.connectors.entra_id.config import EntraConfig
from transhumance.fixtures.rigs.entra_id import fill

GUID = uuid.UUID("01020304-0506-0708-090a-0b0c0d0e0f10")


def test_the_listing_is_complete_and_in_order_of_key(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transhumance.connectors.entra_id.source.PAGE", 2)
    fill(bench.tenant)
    found = bench.listed()
    assert list(found.refs) == sorted(found.refs) and len(found.pages) > 2
    assert [key[:1] for key in found.refs] == [b"2"] * 3 + [b"3"] * 3 + [b"9"] * 2
    assert b"2" + GUID.bytes_le in found.refs
    for key, ref in found.refs.items():
        assert ref.subject == key and ref.stable_id == str(uuid.UUID(bytes_le=key[-16:])).encode()
        assert ref.kind == "entry" and ref.form == "graph-json" and ref.size


def test_records_are_graphs_json_with_links(bench: Any) -> None:
    fill(bench.tenant)
    items = bench.by_name(bench.listed())
    zoe = items["O'Neil, Zoé \U0001f409 <&>"]
    assert zoe["manager"]["userPrincipalName"] == "chef@chu.example" and zoe["accountEnabled"] is False
    assert zoe["registeredMethods"] == ["fido2", "microsoftAuthenticatorPush"]
    assert "city" not in zoe and "otherMails" not in zoe  # null and empty are absent
    team = items["Équipe"]
    names = {member.get("displayName") or member["userPrincipalName"] for member in team["members"]}
    assert names == {"Été, + <groupe>", "chef@chu.example"}
    assert "members" not in items["Vide"]
    assert items["Dossier patient"]["appRoleAssignedTo"][0]["principalType"] == "User"
    assert items["MFA pour tous"]["state"] == "enabled"


def test_the_same_listing_serves_subjects_and_the_first_page(bench: Any) -> None:
    fill(bench.tenant)
    source = bench.source()
    list(source.subjects(Selector()))
    asked = len(bench.graph.asked("/users/delta"))
    bench.listed(source)
    assert len(bench.graph.asked("/users/delta")) == asked


def test_subjects(bench: Any) -> None:
    fill(bench.tenant)
    source = bench.source()
    found = {each.name: each for each in source.subjects(Selector())}
    assert [each.key for each in source.subjects(Selector())] == sorted(each.key for each in found.values())
    zoe, guest = found["O'Neil, Zoé \U0001f409 <&>"], found["paul_autre.example#EXT#"]
    assert zoe.kind == "person" and zoe.mail == "zoe.oneil@chu.example"
    said = dict(zoe.attributes)
    assert said["dn"] == "uid=ONEILZ,dc=chu,dc=example" and said["disabled"] and said["login"] == "ONEILZ"
    assert [str(group).partition("_")[0] for group in said["groups"]] == ["cn=Été\\, \\+ \\<groupe\\>"]  # type: ignore[union-attr]
    assert said["dependants"] == ("second-factor",) and not said["guest"] and said["synchronised"]
    assert dict(guest.attributes)["guest"] is True
    assert found["Équipe"].kind == "group" and found["Dossier patient"].kind == "service"
    assert [each.key for each in source.subjects(Selector(frozenset([zoe.key])))] == [zoe.key]
    assert list(source.subjects(Selector(frozenset([b"nobody"])))) == []


def test_one_container_under_the_tenants_domain(bench: Any) -> None:
    source = bench.source()
    place = bench.place(source)
    assert place.key == b"dc=chu,dc=example" and place.path == ("dc=chu,dc=example",)
    assert list(source.containers(Subject(b"x"), "identities")) == [] == list(source.containers(Subject(b""), "mail"))
    assert source.identity() == f"entra:{bench.tenant.organization['id']}"
    assert bench.place(bench.source(base="ou=entra,dc=chu,dc=example")).key == b"ou=entra,dc=chu,dc=example"


def test_nested_and_large_groups_have_their_direct_members(bench: Any, crowd: Callable[[int], list[str]]) -> None:
    people = crowd(30)
    bench.graph.largest_page = 7
    inner = bench.tenant.add_group("Inner", people)
    bench.tenant.add_group("Outer", [inner])
    loop = bench.tenant.add_group("Loop")
    bench.tenant.add_member(loop, bench.tenant.add_group("Pool", [loop]))
    items = bench.by_name(bench.listed())
    assert [m["id"] for m in items["Inner"]["members"]] == sorted(people)
    assert [m["displayName"] for m in items["Outer"]["members"]] == ["Inner"]
    assert items["Loop"]["members"][0]["id"] == items["Pool"]["id"] and items["Pool"]["members"][0]["id"] == loop


def test_managers_that_a_delta_query_does_not_name(bench: Any) -> None:
    fill(bench.tenant)
    bench.graph.hide_managers = True
    assert "manager" in bench.by_name(bench.listed())["O'Neil, Zoé \U0001f409 <&>"]


def test_a_plain_select_is_asked_and_more_by_the_plan(bench: Any) -> None:
    bench.tenant.add_user("a@chu.example", ageGroup="Adult")
    assert "ageGroup" not in bench.by_name(bench.listed())["a"]
    source = bench.source(select=["ageGroup"])
    found = bench.listed(source)
    assert next(iter(bench.records(found, source).values()))["ageGroup"] == "Adult"
    with pytest.raises(ValueError):
        EntraConfig.model_validate({"tenant": "x", "token": "t", "select": ["a b"]})


def test_a_person_with_a_strange_anchor_has_its_own_id(bench: Any) -> None:
    cloud = bench.tenant.add_user("a@chu.example", onPremisesImmutableId="custom-anchor")
    assert list(bench.listed().refs) == [b"2" + uuid.UUID(cloud).bytes_le]


def test_what_has_no_key_is_told(bench: Any) -> None:
    anchor = base64.b64encode(GUID.bytes_le).decode()
    for n in range(2):
        bench.tenant.add_user(f"twin{n}@chu.example", onPremisesImmutableId=anchor)
    bench.tenant.add_user("odd@chu.example", id="not-a-uuid")
    found = bench.listed()
    assert list(found.refs) == [b"2" + GUID.bytes_le]
    assert sorted(fault.code for fault in found.faults) == ["ID-ENT-01", "ID-ENT-02"]


def test_a_fetch_reads_what_changed_since_it_was_listed(bench: Any) -> None:
    fill(bench.tenant)
    source = bench.source()
    found = bench.listed(source)
    old = bench.records(found, source)
    assert old == bench.records(found)  # another run, with nothing remembered
    some = next(key for key, item in old.items() if item.get("surname") == "Chef")
    stale = ItemRef(some, "another version", "entry", "graph-json", locator=found.refs[some].locator)
    bench.tenant.update(str(old[some]["id"]), surname="Autre")
    (record,) = source.fetch(bench.place(source), [stale])
    assert record.properties["surname"] == "Autre"  # type: ignore[union-attr]
    bench.tenant.delete(str(old[some]["id"]))
    (gone,) = source.fetch(bench.place(source), [stale])
    assert isinstance(gone, Fault) and gone.code == "GEN-READ-01"


def test_inventory_is_what_the_rights_allow(bench: Any) -> None:
    fill(bench.tenant)
    bench.graph.granted = ("User.Read.All", "Group.Read.All", "Organization.Read.All")
    found = bench.listed()
    assert {key[:1] for key in found.refs} == {b"2", b"3"} and found.faults == []
    loud = bench.listed(bench.source(inventory=["conditional-access", "authentication-methods"]))
    assert [fault.code for fault in loud.faults] == ["ID-ENT-03"] * 2
    assert loud.faults[-1].key.endswith(b"/")
    assert bench.listed(bench.source(inventory=[])).faults == []


def test_check_tells_rights_that_lack_or_are_in_excess(bench: Any) -> None:
    levels = [each.level for each in bench.source().diagnose()]
    assert levels.count("bad") == 0 and levels.count("good") == 7
    bench.graph.granted = ("User.ReadWrite.All", "User.Read.All")
    found = list(bench.source(client_id="").diagnose())
    bad = [each for each in found if each.level == "bad"]
    assert [each.what.en.split(":")[0] for each in bad] == ["groups and their members"]
    assert bad[0].remedy and "az ad app permission add" in bad[0].remedy.en and "5b567255" in bad[0].remedy.fr
    assert any("may write" in each.what.en for each in found)


def test_without_organization_the_token_says_whose_it_is(bench: Any) -> None:
    bench.graph.granted = ("User.Read.All", "Group.Read.All")
    source = bench.source()
    assert source.identity() == f"entra:{bench.tenant.organization['id']}"
    assert bench.place(source).path == ("dc=chu,dc=example",)


def test_help_stays_quick() -> None:
    """Nothing heavy is imported before the endpoint is used."""
    import subprocess
    import sys

    declared = connector("entra-id")
    assert declared.extra == "graph" and declared.facts.feed == "incremental"
    code = (
        "import sys; from transhumance.connectors.contract import connector;"
        "from transhumance.connectors.entra_id.source import EntraSource;"
        "from transhumance.connectors.entra_id.config import EntraConfig;"
        "connector('entra-id').config_model();"
        "print([m for m in ('msgraph', 'azure', 'httpx', 'kiota_http') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
