"""The overlap method said a third time: SPARQL queries over the published graph.

The queries stand in ``formulation/`` and run in the order of their names. The ``CONSTRUCT`` queries
add what SPARQL cannot say in one breath (who lies under whom, cells, the pieces of time between
changes of a tie or a condition) to a copy of the graph; the ``SELECT`` queries then list what
supports each finding. They read the vocabulary that is published, not the tables that the other two
programs read, so they hold the reading of the graph to account as well as the method.

What they leave out: score, evidence and similarity (Wu and Palmer's depths are awkward to count in
SPARQL), and the relations that count over time (fragmentation, gap, sunset coverage).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

import pyoxigraph as ox

from mandates.dataset.lookup import instances, pairs
from mandates.dataset.names import GRAPH, SKOS, mand
from mandates.overlap.findings import RELATIONS, Relation
from mandates.overlap.reference import LARGEST
from mandates.overlap.tables import WorldError, check_acyclic

#: The relations that the queries say.
SAID: tuple[Relation, ...] = tuple(
    r for r in RELATIONS if r not in ("fragmentation", "gap", "sunset-coverage")
)
_OPEN = datetime.fromisoformat("9999-12-31T00:00:00+00:00")


@dataclass(frozen=True, order=True)
class Found:
    """A finding as the queries give it: what, who, where, when, and how often.

    Attributes:
        relation: name of the relation.
        actors: IRIs, in the order that the relation gives them.
        function_cell: IRI or empty.
        subject_cell: IRI or empty.
        since: start of the maximal interval.
        until: its end, ``None`` while open.
        support: how many pairs of holdings (or holdings) support it.
        certain_support: how many of these are certain.
    """

    relation: str
    actors: tuple[str, ...]
    function_cell: str
    subject_cell: str
    since: datetime
    until: datetime | None
    support: int
    certain_support: int


def queries() -> dict[str, str]:
    """Read the queries, by name, in the order in which they run.

    >>> [name for name in queries() if name.startswith("60")]
    ['60-together']
    """
    folder = files("mandates.analysis") / "formulation"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".rq")), key=lambda f: f.name)
    return {f.name.removesuffix(".rq"): f.read_text("utf-8") for f in found}


def find_with_sparql(store: ox.Store) -> list[Found]:
    """Find what the queries find in a published graph.

    Args:
        store: a built dataset; left as it was. Findings that it holds already are not looked at.

    Raises:
        mandates.overlap.tables.WorldError: a holding is not whole, a hierarchy runs in a circle, or
            there are more than `LARGEST` holdings.

    >>> find_with_sparql(ox.Store())
    []
    """
    work = ox.Store()
    derived = ox.NamedNode(GRAPH + "derived/findings")
    work.bulk_extend(
        ox.Quad(q.subject, q.predicate, q.object)
        for q in store
        if isinstance(q.graph_name, ox.NamedNode) and q.graph_name != derived
    )
    _refuse(work)
    groups: dict[tuple[str, tuple[str, ...], str, str], set[_Support]] = {}
    for name, text in queries().items():
        if name < "60":
            _add(work, text, fixpoint=name.endswith(".fixpoint"))
            continue
        for key, support in _supports(work, text):
            groups.setdefault(key, set()).add(support)
    return sorted(_gathered(groups), key=str)


_Support = tuple[datetime, datetime, bool, str, str]


def _refuse(work: ox.Store) -> None:
    """Refuse a graph of which the queries would silently leave something out, or never end."""
    holdings = instances(work, "Holding")
    if len(holdings) > LARGEST:
        raise WorldError(
            f"{len(holdings):,} holdings: the queries list every pair that meets, so at most "
            f"{LARGEST:,} can be asked about; ask the engine"
        )
    for name, words in (
        ("ofMandate", "mandate"),
        ("heldBy", "actor"),
        ("validFrom", "beginning"),
    ):
        for holding in sorted(holdings - {subject for subject, _ in pairs(work, mand(name))}):
            raise WorldError(f"holding {holding!r}: has no {words}")
    check_acyclic(pairs(work, ox.NamedNode(SKOS + "broader")))


def _add(work: ox.Store, text: str, *, fixpoint: bool) -> None:
    while True:
        before = len(work)
        made = work.query(text)
        assert isinstance(made, ox.QueryTriples)
        work.extend(ox.Quad(t.subject, t.predicate, t.object) for t in list(made))
        if not fixpoint or len(work) == before:
            return


def _supports(
    work: ox.Store, text: str
) -> Iterator[tuple[tuple[str, tuple[str, ...], str, str], _Support]]:
    rows = work.query(text)
    assert isinstance(rows, ox.QuerySolutions)
    names = {variable.value for variable in rows.variables}
    for row in rows:
        said = {name: row[name].value for name in names if row[name] is not None}
        actors = tuple(said[who] for who in ("first", "second") if who in said)
        cells = said.get("functionCell", ""), said.get("subjectCell", "")
        for relation, certain in (
            (said["relation"], said["certain"]),
            (said.get("also"), said.get("alsoCertain")),
        ):
            if relation:
                support = (
                    datetime.fromisoformat(said["since"]),
                    datetime.fromisoformat(said["until"]),
                    certain == "true",
                    said["h"],
                    said.get("k", ""),
                )
                yield (relation, actors, *cells), support


def _gathered(
    groups: dict[tuple[str, tuple[str, ...], str, str], set[_Support]],
) -> Iterator[Found]:
    """Make one finding of each maximal interval."""
    for key, supports in groups.items():
        runs: list[tuple[datetime, datetime, int, int]] = []
        for since, until, certain, *_ in sorted(supports):
            if runs and since <= runs[-1][1]:
                begun, ended, count, sure = runs.pop()
                runs.append((begun, max(ended, until), count + 1, sure + certain))
            else:
                runs.append((since, until, 1, int(certain)))
        for since, until, count, sure in runs:
            yield Found(*key, since, None if until == _OPEN else until, count, sure)
