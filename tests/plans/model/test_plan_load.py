"""Loading: the sample plan of the design, what a loaded plan offers, and files that are hostile."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from transhumance.plans.model.document import MAX_BYTES
from transhumance.plans.model.errors import PlanErrors, field_text, printable
from transhumance.plans.model.files import missing_files
from transhumance.plans.model.load import LoadedPlan, load
from transhumance.plans.model.reserved import not_yet_honoured, unsupported
from transhumance.plans.model.windows import Window

SAMPLE = Path(__file__).parent / "samples" / "design-sample.yaml"


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


def loaded(path: Path) -> LoadedPlan:
    return load(path, config_model=lambda name: Anything, today=date(2026, 11, 24))


def test_the_sample_plan_of_the_design_loads() -> None:
    plan = loaded(SAMPLE)
    assert plan.warnings == ()
    assert not_yet_honoured(plan) == []
    assert unsupported(plan) == []
    assert list(plan.configs) == list(plan.plan.endpoints)
    assert len(plan.configs) == 10
    exchange = plan.plan.endpoints["exchange"]
    assert (exchange.limits.concurrency, exchange.limits.requests_per_second, exchange.limits.mbps) == (8, 20, 80)
    assert exchange.settings["impersonate"] is True and "limits" not in exchange.settings
    mail = plan.plan.workloads["mail"]
    assert (mail.from_, mail.to, mail.master) == (["exchange", "old-pst"], ["dovecot", "archive"], "dovecot")
    assert mail.back is not None and mail.back.to == "labo"
    assert plan.plan.workloads["databases"].master == "pg"
    accepted = plan.plan.policies.loss.accept
    assert [(entry.code, entry.until) for entry in accepted] == [
        ("MAIL-CATEGORY-01", None),
        ("CAL-ONLINE-01", date(2027, 6, 30)),
    ]


def test_an_acceptance_ends_with_its_last_day() -> None:
    loss = loaded(SAMPLE).plan.policies.loss
    assert loss.accepted_on(date(2027, 6, 30)) == {"MAIL-CATEGORY-01", "CAL-ONLINE-01"}
    assert loss.accepted_on(date(2027, 7, 1)) == {"MAIL-CATEGORY-01"}


def test_the_sample_plans_waves() -> None:
    plan = loaded(SAMPLE).plan
    pilot, cardiology = plan.wave("pilote"), plan.wave("cardiologie")
    assert pilot is not None and cardiology is not None and plan.wave("none") is None
    assert [entry.pass_ for entry in pilot.passes] == ["initial", "delta"]
    assert [(entry.pass_, entry.every) for entry in cardiology.passes] == [
        ("initial", None),
        ("delta", timedelta(hours=24)),
    ]
    assert cardiology.after == {"pilote": "verified"}
    assert cardiology.members.ou == ["OU=Cardiologie,DC=chu,DC=example"]
    assert cardiology.members.except_ == ["svc-echo"]
    assert cardiology.windows_of("final") == (Window(frozenset({4}), 20 * 60, 6 * 60),)
    assert cardiology.windows_of("initial") == ()


def test_places_and_later_errors() -> None:
    plan = loaded(SAMPLE)
    assert str(plan.place(("waves", 1, "after"))) == f"{SAMPLE}:36:23"
    assert plan.place(("waves", 1, "after", "nothing", 3)) == plan.place(("waves", 1, "after"))
    error = plan.error("unknown-wave", ("policies", "drift", "arrivals"), value="x", guess=None, known=["a"])
    assert (error.line, error.field, error.code) == (30, "policies.drift.arrivals", "PLAN-WAVE-02")


def test_missing_files_are_told_with_their_place() -> None:
    errors = missing_files(loaded(SAMPLE))
    assert [(error.line, error.field) for error in errors] == [
        (12, "endpoints.old-pst.assign"),
        (23, "workloads.identities.mapping"),
        (36, "waves[1].members.csv[0]"),
    ]


def test_errors_are_sorted_by_line_and_all_there(tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    text = (
        text.replace("revision: 3", "revision: trois")
        .replace("default: stop", "defaut: stop")
        .replace("from: gip", "from: gap")
    )
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PlanErrors) as caught:
        loaded(tmp_path / "plan.yaml")
    assert [error.line for error in caught.value.errors] == [3, 25, 27]
    assert str(caught.value).count("\n") == 2


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.yaml", "PLAN-FILE-01"), (tmp_path, "PLAN-FILE-02"), ("a\0b", "PLAN-FILE-02")):
        with pytest.raises(PlanErrors) as caught:
            load(path, config_model=lambda name: Anything)
        assert [error.code for error in caught.value.errors] == [code]


def test_a_huge_file_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"a: " + b"[" * MAX_BYTES)
    started = time.monotonic()
    with pytest.raises(PlanErrors) as caught:
        loaded(path)
    assert [error.code for error in caught.value.errors] == ["PLAN-FILE-03"]
    assert time.monotonic() - started < 1


def test_variables_cannot_grow_without_bound(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    many = "${a}" * 200
    text = f"format: transhumance.plan/1\nid: x\nvars: {{a: {'y' * 20_000}}}\ntitle: '{many}'\n"
    path.write_text(
        text + "endpoints: {a: {connector: folder}}\nworkloads: {mail: {from: a, to: a}}\n", encoding="utf-8"
    )
    with pytest.raises(PlanErrors) as caught:
        loaded(path)
    assert "PLAN-VAR-04" in [error.code for error in caught.value.errors]


def test_a_long_chain_of_waves_needs_no_deep_stack(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    head = "format: transhumance.plan/1\nid: x\nendpoints: {a: {connector: folder}, b: {connector: archive}}\n"
    waves = "".join(
        f"- {{id: w{n}, after: w{n + 1}, workloads: mail, members: {{people: p{n}}}}}\n" for n in range(1500)
    )
    path.write_text(head + "workloads: {mail: {from: a, to: b}}\nwaves:\n" + waves, encoding="utf-8")
    with pytest.raises(PlanErrors) as caught:
        loaded(path)
    assert [error.code for error in caught.value.errors] == ["PLAN-WAVE-02"]


def test_extends_too_long_a_chain(tmp_path: Path) -> None:
    for number in range(15):
        text = f"format: transhumance.plan/1\nextends: p{number + 1}.yaml\n"
        (tmp_path / f"p{number}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PlanErrors) as caught:
        loaded(tmp_path / "p0.yaml")
    assert "PLAN-EXTENDS-03" in [error.code for error in caught.value.errors]


def test_extends_merges_mappings_and_replaces_lists(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "format: transhumance.plan/1\nid: base\nvars: {site: nord, n: 2}\n"
        "endpoints: {a: {connector: folder, path: '${site}', limits: {concurrency: '${n}', mbps: 5}}, "
        "b: {connector: archive, path: b}, c: {connector: archive, path: c}}\n"
        "workloads: {mail: {from: a, to: [b, c]}}\npolicies: {approval: {required: 2}, existing: adopt}\n",
        encoding="utf-8",
    )
    (tmp_path / "plan.yaml").write_text(
        "extends: base.yaml\nid: plan\nvars: {site: sud}\nendpoints: {a: {limits: {concurrency: 9}}}\n"
        "workloads: {mail: {to: [c]}}\npolicies: {existing: }\n",
        encoding="utf-8",
    )
    plan = loaded(tmp_path / "plan.yaml")
    assert [path.name for path in plan.files] == ["plan.yaml", "base.yaml"]
    endpoint = plan.plan.endpoints["a"]
    assert (endpoint.settings["path"], endpoint.limits.concurrency, endpoint.limits.mbps) == ("sud", 9, 5)
    assert plan.plan.workloads["mail"].to == ["c"]
    assert plan.plan.policies.approval.required == 2
    assert plan.plan.policies.existing == "refuse", "a field emptied over a base takes its default"
    assert plan.place(("endpoints", "a", "limits", "mbps")).file.endswith("base.yaml")
    assert plan.place(("endpoints", "a", "limits", "concurrency")).file.endswith("plan.yaml")


SEED = SAMPLE.read_bytes()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_plans_give_errors_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, 2**32))
    chance = random.Random(number)
    damaged = bytearray(SEED[: chance.randrange(200, len(SEED))] if chance.random() < 0.3 else SEED)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(damaged))
        piece = chance.choice(
            [b"", b"\x00", b"\xff", b"\t", b": ", b"[", b"}", b"*a", b"&a ", b"!!set ", b"'", b"\n", b"1e400", b"~"]
        )
        damaged[at : at + chance.randrange(0, 4)] = piece
    path = tmp_path_factory.getbasetemp() / "damaged.yaml"
    path.write_bytes(bytes(damaged))
    try:
        loaded(path)
    except PlanErrors as errors:
        assert errors.errors
        assert all(error.line >= 1 and error.message and error.code for error in errors.errors)


FIELDS = "format id endpoints waves workloads members people from to policies loss accept after vars extends a".split()
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
shapes = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=60, deadline=None)
@given(shapes)
def test_any_shape_gives_errors_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.getbasetemp() / "shape.yaml"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(PlanErrors):
        loaded(path)


def test_texts_of_messages_stay_on_one_line() -> None:
    assert printable('a\n\x1b[31m"\u202e') == '"a\\n\\x1b[31m\\"\\u202e"'
    assert field_text(("waves", 1, "a b\n")) == 'waves[1]["a b\\n"]'


def test_the_package_imports_neither_pydantic_nor_yaml() -> None:
    code = "import sys, transhumance.plans.model; print([m for m in ('pydantic', 'ruamel.yaml') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
