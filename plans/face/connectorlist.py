"""The connectors that are installed: what each reads and writes, and what is true of it."""

from __future__ import annotations

from transhumance.connectors.contract import Connector, connectors
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, size


def show_connectors(console: Console) -> int:
    """A line for each connector, then its facts."""
    found = list(connectors().values())
    head_fr = ["connecteur", "lit", "écrit", "domaines", "ce que c'est"]
    head_en = ["connector", "reads", "writes", "workloads", "what it is"]
    console.table(head_fr if console.lang == "fr" else head_en, [_row(console, each) for each in found])
    console.result()
    for each in found:
        console.result(
            f"{each.name}: {_facts(console, each)}"
            if console.lang == "en"
            else f"{each.name} : {_facts(console, each)}"
        )
        _emit(console, each)
    console.next(
        "transhume init   # un plan commenté pour commencer", "transhume init   # a commented plan to start from"
    )
    return 0


def _row(console: Console, each: Connector) -> list[Cell]:
    yes, no = console.text("oui", "yes"), console.text("non", "no")
    held = [words.word(words.WORKLOAD, name, console.lang) for name in each.workloads]
    kinds = ", ".join(held) if len(held) < len(words.WORKLOAD) else console.text("tous", "all")
    return [each.name, yes if each.source else no, yes if each.target else no, kinds, console.of(each.summary)]


def _facts(console: Console, each: Connector) -> str:
    facts, text = each.facts, console.text
    said = [
        {
            "full": text("chaque inventaire est complet", "each listing is complete"),
            "fingerprint": text(
                "inventaire complet, sauf d'un dossier où rien n'a bougé",
                "each listing is complete, but of a folder in which nothing moved",
            ),
            "incremental": text("inventaire par différences", "listings by differences"),
        }[facts.feed],
        {
            "immutable": text("clés stables", "keys never change"),
            "per_container": text("clés propres à leur conteneur", "keys belong to their container"),
            "path": text("la clé est le chemin", "the key is the path"),
        }[facts.key_stability],
    ]
    if facts.time_precision is not None:
        exact = "1 µs" if facts.time_precision == 1e-6 else f"{facts.time_precision:g} s"
        said.append(text(f"heures à {exact} près", f"times to {exact}"))
    if facts.max_item_bytes is not None:
        limit = size(facts.max_item_bytes, console.lang)
        said.append(text(f"éléments jusqu'à {limit}", f"items up to {limit}"))
    if facts.atomic_batch:
        said.append(text("lots écrits en entier ou pas du tout", "batches written whole or not at all"))
    if facts.hashes:
        said.append(text("empreintes ", "digests ") + ", ".join(facts.hashes))
    if facts.keeps_residue:
        said.append(text("garde le résidu", "keeps the residue"))
    if facts.names.forbidden:
        said.append(text("noms sans ", "names without ") + " ".join(facts.names.forbidden))
    if each.extra:
        said.append(f"pip install 'transhumance[{each.extra}]'")
    return "; ".join(said) if console.lang == "en" else " ; ".join(said)


def _emit(console: Console, each: Connector) -> None:
    facts = each.facts
    console.emit(
        "connector",
        name=each.name,
        summary=console.of(each.summary),
        reads=each.source is not None,
        writes=each.target is not None,
        workloads=list(each.workloads),
        forms=dict(each.forms),
        extra=each.extra or "",
        feed=facts.feed,
        key_stability=facts.key_stability,
        time_precision=facts.time_precision,
        max_item_bytes=facts.max_item_bytes,
        atomic_batch=facts.atomic_batch,
        hashes=list(facts.hashes),
        keeps_residue=facts.keeps_residue,
        shared_containers=facts.shared_containers,
        parallel_writes=facts.parallel_writes,
        names_forbidden=facts.names.forbidden,
        names_max_bytes=facts.names.max_bytes,
    )
