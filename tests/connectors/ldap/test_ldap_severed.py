"""Links that a server's referential integrity takes with a removed entry, and that come again with it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests_support_ldap import FENCE, Endpoint, group, person

from transhumance.connectors.contract import Expect, Outcome, Record, Status, Write

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("slapd")]
ID = "0f0e0d0c-0b0a-0908-0706-0504030201"
CLASSES = (b"top", b"person", b"organizationalPerson", b"inetOrgPerson", b"transhumanceOrigin")


def known(uid: str, number: int) -> Record:
    """A person whose id at the source is known, by every way that the server has to hold it."""
    own = (f"{ID}{number:02d}".encode(),)
    return person(uid, objectClass=CLASSES, entryUUID=own, trhObjectGUID=own)


def back(endpoint: Endpoint, *made: Outcome) -> None:
    """A wave rolled back."""
    for outcome in made:
        gone = endpoint.target.restore(
            endpoint.place(), outcome.target_key, outcome.before, Expect(outcome.version), FENCE
        )
        assert gone.status is Status.REMOVED


def members(endpoint: Endpoint, name: str = "g") -> set[str]:
    seen = endpoint.seen(f"(cn={name})", "member")
    return {line.partition("uid=")[2].partition(",")[0] for line in seen.splitlines() if line.startswith("member: uid")}


def eventually(check: Callable[[], bool]) -> bool:
    """What the server does in its own time."""
    for _ in range(100):
        if check():
            return True
        time.sleep(0.05)
    return False


def test_a_wave_rolled_back_and_run_again_is_in_its_groups_of_other_waves(endpoint: Endpoint) -> None:
    first = endpoint.write(known("a", 1), group("g", "uid=a", "uid=b", "uid=c"))
    second = endpoint.write(known("b", 2), known("c", 3))
    endpoint.target.finish()
    back(endpoint, *second)
    assert eventually(lambda: members(endpoint) == {"a"}), "the server has no referential integrity"
    endpoint.reopen()
    endpoint.write(known("b", 2))
    assert members(endpoint) == {"a", "b"}
    endpoint.write(known("c", 3))
    assert members(endpoint) == {"a", "b", "c"} and "memberOf: cn=g" in endpoint.seen("(uid=c)", "memberOf")
    whole = group("g", "uid=a", "uid=b", "uid=c")
    assert endpoint.change(whole, first[1]).status is Status.UNCHANGED
    assert endpoint.target._state.severed("key", [first[1].target_key]) == []
    assert endpoint.change(group("g", "uid=a"), first[1]).status is Status.WRITTEN


def test_a_group_left_with_the_servers_filler_is_whole_again(openldap: Endpoint) -> None:
    openldap.write(group("g", "uid=b"))
    (person_b,) = openldap.write(known("b", 2))
    back(openldap, person_b)
    assert eventually(lambda: "member: cn=empty-group" in openldap.seen("(cn=g)", "member"))
    openldap.write(known("b", 2))
    seen = openldap.seen("(cn=g)", "member")
    assert members(openldap) == {"b"} and "empty-group" not in seen


def test_links_outlive_what_is_told_of_their_holder(openldap: Endpoint) -> None:
    (_, g), (b,) = openldap.write(known("a", 1), group("g", "uid=a", "uid=b")), openldap.write(known("b", 2))
    back(openldap, b)
    assert eventually(lambda: members(openldap) == {"a"})
    openldap.target._state.told([g.target_key])
    openldap.write(known("b", 2))
    assert members(openldap) == {"a", "b"}


def test_a_removed_entry_that_is_restored_is_named_as_before(endpoint: Endpoint) -> None:
    (_, _), (b,) = endpoint.write(known("a", 1), group("g", "uid=a", "uid=b")), endpoint.write(person("b"))
    removed = endpoint.target.remove(endpoint.place(), b.target_key, Expect(b.version), FENCE)
    assert eventually(lambda: members(endpoint) == {"a"})
    put = endpoint.target.restore(endpoint.place(), b.target_key, removed.before, Expect("absent"), FENCE)
    assert put.status is Status.WRITTEN and members(endpoint) == {"a", "b"}


def test_a_link_that_is_not_wanted_any_more_stays_away(openldap: Endpoint) -> None:
    """The source took the person out of the group meanwhile; or somebody changed the group at the target."""
    made = openldap.write(known("a", 1), group("g", "uid=a", "uid=b"), group("h", "uid=a", "uid=b"))
    (b,) = openldap.write(known("b", 2))
    back(openldap, b)
    assert eventually(lambda: members(openldap) == members(openldap, "h") == {"a"})
    assert openldap.change(group("g", "uid=a"), made[1]).status is Status.UNCHANGED
    change = f"dn: cn=h,{openldap.base}\nchangetype: modify\nadd: description\ndescription: clos\n"
    openldap.server.tool("ldapmodify", stdin=change.encode())
    openldap.write(known("b", 2))
    assert members(openldap) == members(openldap, "h") == {"a"}


def test_a_return_that_was_cut_off_is_completed_when_it_is_looked_at_again(openldap: Endpoint) -> None:
    openldap.write(known("a", 1), group("g", "uid=a", "uid=b"))
    (b,) = openldap.write(known("b", 2))
    back(openldap, b)
    assert eventually(lambda: members(openldap) == {"a"})
    text = f"dn: uid=b,{openldap.base}\n" + "".join(f"objectClass: {c.decode()}\n" for c in CLASSES)
    openldap.server.add(f"{text}uid: b\ncn: b\nsn: b\ntrhObjectGUID: {ID}02\n")  # our step, its answer lost
    plain = person("b", objectClass=CLASSES, trhObjectGUID=(f"{ID}02".encode(),))
    (found,) = openldap.target.probe(openldap.place(), [Write(b"b", plain)], "", FENCE)
    assert found is not None and members(openldap) == {"a", "b"}
