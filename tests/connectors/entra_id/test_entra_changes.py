"""Changes of a tenant: the law "a full listing, then changes, is a full listing", and each trap of Graph's delta."""

import base64
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from transhumance.connectors.contract import Expired
from transhumance.fixtures.rigs.entra_id import fill


def _state(found: Any) -> dict[bytes, str]:
    return {key: ref.version for key, ref in found.refs.items()}


class Copy:
    """A copy of a tenant that is kept true by changes only, as the engine keeps one."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.fulls = 0
        self.lists_all()

    def lists_all(self) -> None:
        found = self.bench.listed()
        self.state, self.since = _state(found), found.since
        self.fulls += 1

    def follow(self) -> Any:
        """Asks for changes, by a source that remembers nothing. Returns what they were, None where all was listed."""
        try:
            found = self.bench.listed(cursor=self.since)
        except Expired:
            self.lists_all()
            return None
        self.since = found.since
        for key in found.gone:
            self.state.pop(key, None)
        self.state |= _state(found)
        return found

    def check(self) -> None:
        assert self.state == _state(self.bench.listed())


@pytest.fixture
def copy(bench: Any) -> Copy:
    fill(bench.tenant)
    return Copy(bench)


def _user(bench: Any, upn: str) -> str:
    return str(bench.tenant.find("#microsoft.graph.user", upn)["id"])


def _group(bench: Any, name: str) -> str:
    return str(next(i for i, o in bench.tenant.objects.items() if o.get("displayName") == name))


def _no_change(found: Any) -> None:
    """Inventory has no delta: it comes each time, with its old version."""
    assert [key for key in found.refs if key[:1] != b"9"] == [] and found.gone == []


def test_nothing_changed(copy: Copy) -> None:
    _no_change(copy.follow())
    copy.check()


def test_simple_changes(copy: Copy, bench: Any) -> None:
    chief = _user(bench, "chef@chu.example")
    bench.tenant.update(chief, jobTitle="Chef de service", businessPhones=[])
    new = bench.tenant.add_user("new@chu.example")
    bench.tenant.add_member(_group(bench, "Vide"), new)
    found = copy.follow()
    assert {key[:1] for key in found.refs} == {b"2", b"3", b"9"} and len(found.refs) == 3 + 2
    copy.check()


def test_a_rename_reaches_groups_and_reports(copy: Copy, bench: Any) -> None:
    """Graph tells nothing of a group when a member's name changes."""
    chief = _user(bench, "chef@chu.example")
    bench.tenant.update(chief, userPrincipalName="directrice@chu.example")
    found = copy.follow()
    names = {item["displayName"] for item in bench.records(found).values()}
    assert {"chef", "O'Neil, Zoé \U0001f409 <&>", "Équipe"} <= names and "Vide" not in names
    copy.check()
    bench.tenant.update(_group(bench, "Été, + <groupe>"), displayName="Automne")
    assert "Équipe" in {item["displayName"] for item in bench.records(copy.follow()).values()}
    copy.check()


def test_who_is_deleted_leaves_the_groups_that_graph_says_nothing_of(copy: Copy, bench: Any) -> None:
    zoe = _user(bench, "Zoé.O'Neil@chu.example")
    bench.tenant.delete(zoe)
    found = copy.follow()
    anchor = b"2" + uuid.UUID("01020304-0506-0708-090a-0b0c0d0e0f10").bytes_le
    assert found.gone == [anchor]  # the key of a person that came from Active Directory, found in the bin
    copy.check()
    bench.tenant.purge(zoe)
    assert copy.follow().gone == [] and copy.fulls == 1  # a purge of who was gone already is no news
    copy.check()


def test_who_is_restored_comes_back_with_memberships(copy: Copy, bench: Any) -> None:
    zoe = _user(bench, "Zoé.O'Neil@chu.example")
    bench.tenant.delete(zoe)
    copy.follow()
    bench.tenant.restore(zoe)
    copy.follow()
    copy.check()
    assert copy.fulls == 1


def test_a_manager_who_leaves(copy: Copy, bench: Any) -> None:
    bench.tenant.delete(_user(bench, "chef@chu.example"))
    copy.follow()
    copy.check()
    bench.tenant.restore(next(iter(bench.tenant.deleted)))
    copy.follow()
    copy.check()


def test_a_purge_unseen_lists_all(copy: Copy, bench: Any) -> None:
    """Deleted for good between two passes: the person's key can't be known any more."""
    bench.tenant.purge(_user(bench, "Zoé.O'Neil@chu.example"))
    assert copy.follow() is None and copy.fulls == 2
    copy.check()


def test_a_group_deleted_for_good_is_known_by_its_id(copy: Copy, bench: Any) -> None:
    inner = _group(bench, "Été, + <groupe>")
    bench.tenant.purge(inner)
    assert copy.follow().gone == [b"3" + uuid.UUID(inner).bytes_le] and copy.fulls == 1
    copy.check()


def test_deleted_and_restored_within_one_pass(copy: Copy, bench: Any) -> None:
    zoe = _user(bench, "Zoé.O'Neil@chu.example")
    bench.tenant.delete(zoe)
    bench.tenant.restore(zoe)
    copy.follow()
    copy.check()


def test_inventory_that_goes(copy: Copy, bench: Any) -> None:
    gone = bench.tenant.policies.pop()
    assert copy.follow().gone == [b"9conditional-access/" + uuid.UUID(gone["id"]).bytes_le]
    copy.check()


def test_inventory_that_can_no_longer_be_read_is_not_gone(copy: Copy, bench: Any) -> None:
    before = dict(copy.state)
    bench.graph.granted = [right for right in bench.graph.granted if right != "Policy.Read.All"]
    assert copy.follow().gone == []
    assert copy.state == before
    bench.graph.granted = [*bench.graph.granted, "Policy.Read.All"]
    bench.tenant.policies.clear()
    assert len(copy.follow().gone) == 1
    copy.check()


@pytest.mark.parametrize("status", (410, 400))
def test_a_token_of_eight_days_is_expired(copy: Copy, bench: Any, status: int) -> None:
    bench.graph.tokens.refusal = status
    bench.graph.age = 8 * 86400
    with pytest.raises(Expired):
        bench.listed(cursor=copy.since)
    copy.follow()
    assert copy.fulls == 2
    copy.check()


def test_another_selection_or_tenant_is_expired(copy: Copy, bench: Any) -> None:
    with pytest.raises(Expired):
        bench.listed(bench.source(select=["ageGroup"]), copy.since)
    bench.tenant.organization["id"] = str(uuid.uuid4())
    with pytest.raises(Expired):
        bench.listed(cursor=copy.since)


@pytest.mark.parametrize(
    "cursor", (b"", b"{", b"[]", b"null", b'{"users": 3}', b"\xff", b'{"after": "zz"}', b"[" * 100000)
)
def test_a_cursor_that_is_none_of_ours_is_expired(bench: Any, cursor: bytes) -> None:
    with pytest.raises(Expired):
        bench.listed(cursor=cursor)


def test_a_cursor_with_another_shape_is_expired(copy: Copy, bench: Any) -> None:
    said = json.loads(copy.since or b"")
    for more in ({"bin": "***"}, {"bin": 3}, {"other": ["zz"]}, {"users": None}, {"more": "x"}):
        with pytest.raises(Expired):
            bench.listed(cursor=json.dumps({**said, **more}).encode())
    assert base64.b64decode(said["bin"]) == b""


def test_changes_while_it_lists_are_told_after(bench: Any) -> None:
    """`since` is from before the listing began: what changed on the way comes in the changes."""
    fill(bench.tenant)
    chief = _user(bench, "chef@chu.example")
    state: dict[str, Any] = {}
    answer = bench.graph.answer

    def meddling(call: Any, address: str) -> Any:
        made = answer(call, address)
        if "skiptoken" in call.query and not state:
            state["done"] = True
            bench.tenant.update(chief, surname="Pendant")
            bench.tenant.add_user("pendant@chu.example")
            bench.tenant.delete(_user(bench, "Zoé.O'Neil@chu.example"))
        return made

    bench.graph.answer, bench.graph.page_size = meddling, 2
    copy = Copy(bench)
    assert state
    copy.follow()
    copy.check()


def test_a_resumed_listing_keeps_the_first_since(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process died after a page: the next one lists again, and changes between the two are not lost."""
    monkeypatch.setattr("transhumance.connectors.entra_id.source.PAGE", 2)
    fill(bench.tenant)
    first = bench.source()
    page = first.page(bench.place(first), None)
    lowest = page.refs[0]
    bench.tenant.update(lowest.locator.partition("/")[2], surname="Entre deux")
    rest = bench.listed(cursor=page.next)
    state = {ref.key: ref.version for ref in page.refs} | _state(rest)
    changed = bench.listed(cursor=rest.since)
    assert lowest.key in changed.refs
    assert state | _state(changed) == _state(bench.listed())


def test_a_resumed_listing_of_changes(copy: Copy, bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transhumance.connectors.entra_id.source.PAGE", 1)
    people = [bench.tenant.add_user(f"x{n}@chu.example") for n in range(4)]
    first = bench.source()
    page = first.page(bench.place(first), copy.since)
    bench.tenant.update(page.refs[0].locator.partition("/")[2], surname="Entre deux")
    rest = bench.listed(cursor=page.next)
    copy.state |= {ref.key: ref.version for ref in page.refs} | _state(rest)
    copy.since = rest.since
    copy.follow()
    copy.check()
    assert people


def _operation(bench: Any, dice: random.Random, number: int) -> None:
    """One random thing that an administrator does."""
    tenant = bench.tenant
    users = [i for i, o in tenant.objects.items() if o["@odata.type"].endswith("user")]
    groups = [i for i, o in tenant.objects.items() if o["@odata.type"].endswith("group")]
    kind = dice.choices(
        "new newgroup edit clear login join leave manager delete restore purge rename nothing".split(),
        (6, 2, 8, 3, 3, 9, 6, 4, 3, 3, 1, 3, 1),
    )[0]
    if kind == "new" or len(users) < 4:
        anchor = base64.b64encode(uuid.UUID(int=number).bytes_le).decode() if dice.random() < 0.5 else None
        sam = f"sam{number}" if anchor else None
        tenant.add_user(f"r{number}@chu.example", onPremisesImmutableId=anchor, onPremisesSamAccountName=sam)
    elif kind == "newgroup" or len(groups) < 2:
        tenant.add_group(f"G{number}", dice.sample(users, min(3, len(users))))
    elif kind == "edit":
        tenant.update(dice.choice(users), surname=f"Nom{number}", proxyAddresses=[f"SMTP:n{number}@chu.example"])
    elif kind == "clear":
        tenant.update(dice.choice(users), surname=None, businessPhones=[])
    elif kind == "login":
        tenant.update(dice.choice(users), userPrincipalName=f"n{number}@chu.example")
    elif kind == "join":
        tenant.add_member(dice.choice(groups), dice.choice([*users, *groups]))
    elif kind == "leave":
        group = dice.choice(groups)
        if tenant.members.get(group):
            tenant.remove_member(group, dice.choice(list(tenant.members[group])))
    elif kind == "manager":
        tenant.set_manager(dice.choice(users), dice.choice([None, *users]))
    elif kind == "delete":
        tenant.delete(dice.choice([*users, *groups]))
    elif kind == "restore" and tenant.deleted:
        tenant.restore(dice.choice(list(tenant.deleted)))
    elif kind == "purge":
        tenant.purge(dice.choice([*tenant.deleted, dice.choice(users)]))
    elif kind == "rename":
        tenant.update(dice.choice(groups), displayName=f"Groupe {number}")


@pytest.mark.parametrize("seed", (1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 2, 3, 4, 5))))
def test_the_law_of_changes(bench: Any, seed: int) -> None:
    """Hundreds of random operations: after each few, the copy kept by changes equals a full listing."""
    dice = random.Random(seed)
    fill(bench.tenant)
    bench.graph.empty_pages, bench.graph.replay, bench.graph.members_per_entry = True, seed > 0, 2
    bench.graph.hide_managers = seed % 2 == 1
    copy, number = Copy(bench), 0
    for _ in range(40):
        for _ in range(dice.randint(1, 8)):
            number += 1
            _operation(bench, dice, number)
        copy.follow()
        copy.check()
    assert number > 130 and copy.fulls < 20


def test_changes_are_few_requests(bench: Any, crowd: Callable[[int], list[str]]) -> None:
    """A pass in which one person changed does not read the tenant again."""
    people = crowd(120)
    bench.tenant.add_group("Tous", people)
    copy = Copy(bench)
    bench.graph.log.clear()
    bench.tenant.update(people[0], surname="Autre")
    found = copy.follow()
    assert [key[:1] for key in found.refs] == [b"2"]
    assert len(bench.graph.log) < 20, [each.path for each in bench.graph.log]
