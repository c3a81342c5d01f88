"""Write findings as RDF, each with the pairs of holdings from which it follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from itertools import islice
from operator import attrgetter
from typing import Any, Final

import numpy as np
import pyoxigraph as ox

from mandates.analysis.conditions import asked
from mandates.analysis.statements import Matcher, Named
from mandates.analysis.world import owner, plain
from mandates.dataset.lookup import pairs
from mandates.dataset.names import GRAPH, ID, PREF_LABEL, TYPE, XSD, mand
from mandates.overlap.findings import RELATIONS, SHAPES, Finding, Findings, Relation
from mandates.overlap.reference import Hierarchy, Span, cut, span
from mandates.overlap.tables import NONE, OPEN, SCHEMES, World, moment

#: Graph that receives findings.
FINDINGS = ox.NamedNode(GRAPH + "derived/findings")

_CLASS = {
    "duplication": "Duplication",
    "overlap": "Overlap",
    "coordinated-overlap": "CoordinatedOverlap",
    "overlap-by-designation": "OverlapByDesignation",
    "unsaved-overlap": "UnsavedOverlap",
    "transition": "Transition",
    "succession": "SuccessionFinding",
    "contested-holding": "ContestedHolding",
    "oversight": "OversightFinding",
    "delegation": "DelegationFinding",
    "related-assignment": "RelatedAssignment",
    "interacting-assignment": "InteractingAssignment",
    "concurrence-required": "ConcurrenceRequirement",
    "conflict-of-exclusivity": "ExclusivityConflict",
    "conflict-of-force": "DeonticConflict",
    "conflict-of-functions": "FunctionIncompatibility",
    "fragmentation": "Fragmentation",
    "gap": "Gap",
    "orphan": "OrphanedMandate",
    "sunset-coverage": "SunsetCoverage",
    "unplaced": "UnplacedMandate",
}
_SHAPE = {
    "full": "FullOverlap",
    "contains": "NestedOverlap",
    "within": "NestedOverlap",
    "partial": "PartialOverlap",
}
_SHAPED: Final[tuple[Relation, ...]] = (
    "overlap",
    "coordinated-overlap",
    "duplication",
    "overlap-by-designation",
)
_INDEXED: Final[tuple[Relation, ...]] = ("fragmentation", "sunset-coverage")
#: Conditions by mandate and counterpart, each with the time in which it stands.
Mitigations = Mapping[tuple[str, str], Sequence[tuple[str, Span]]]

#: How many actors a title names; of more it gives the number.
_NAMED = 3
_PAKISTAN = timezone(timedelta(hours=5))


def mitigations(store: ox.Store) -> Mitigations:
    """List the conditions of each mandate that name another actor, or a role while it fills it.

    Returns:
        Conditions by mandate and counterpart, each with the time in which it stands, in seconds;
        one several times if the counterpart fills the role several times.

    >>> mitigations(ox.Store())
    {}
    """
    found: dict[tuple[str, str], list[tuple[str, Span]]] = {}
    for one in asked(store):
        stands = one.condition, span(one.since, one.until)
        found.setdefault((one.mandate, one.actor), []).append(stands)
    return found


def standing(conditions: Iterable[tuple[str, Span]], time: Span) -> list[str]:
    """Name those of some conditions that stand in some of a time, each once.

    >>> standing([("hear", (0, 5)), ("hear", (4, 9)), ("agree", (7, 9))], (3, 7))
    ['hear']
    """
    return list(dict.fromkeys(named for named, stands in conditions if cut(stands, time)))


def finding_iri(key: str) -> str:
    """Return the IRI of a finding.

    >>> finding_iri("00ff")
    'https://w3id.org/mandates/id/finding/00ff'
    """
    return f"{ID}finding/{key}"


def legal_orders(store: ox.Store) -> dict[str, str]:
    """Map the code of each legal order to the state or union whose law it is.

    >>> legal_orders(ox.Store())
    {}
    """
    return {code: state for state, code in pairs(store, mand("legalOrderCode"))}


def describe(
    findings: Findings,
    labels: Mapping[str, str],
    mitigations: Mitigations,
    orders: Mapping[str, str] | None = None,
    *,
    block: int = 1_000,
) -> Iterator[str]:
    """Write findings and their supporting pairs as N-Quads.

    Args:
        findings: what the overlap method found in a world whose names are IRIs.
        labels: English labels of actors and concepts, for the label and reason of each finding.
        mitigations: conditions by mandate and counterpart, as :func:`mitigations` gives them.
        orders: states and unions by the code of their legal order, as :func:`legal_orders` gives
            them.
        block: how many findings to a text.

    Yields:
        Lines in the graph :data:`FINDINGS`, each once, in the order of the findings; a text at a
        time, so that a million findings need not be in memory as RDF.

    Raises:
        ValueError: a name is no IRI.

    >>> from mandates.overlap import find
    >>> from mandates.overlap.tables import Mandate, Rows, World
    >>> world = World.from_rows(Rows(mandates=[Mandate("https://example.org/m")]))
    >>> list(describe(find(world), {}, {}))
    []
    """
    # Nearly every holding is said by some finding, so all are written once; at the end, none.
    holdings = [_node(name) + _END for name in findings.world.names["holding"]] + [""]
    writer = _Writer(_values(findings.world), holdings.__getitem__)
    for start in range(0, len(findings), block):
        rows = slice(start, start + block)
        yield writer.write(_columns(findings, rows, labels, mitigations, orders))


def describe_some(
    findings: Iterable[Finding],
    of: Mapping[str, str],
    labels: Mapping[str, str],
    mitigations: Mitigations,
    orders: Mapping[str, str] | None = None,
) -> list[ox.Quad]:
    """Write some findings as quads; see :func:`describe`.

    Args:
        findings: which.
        of: the mandate of each holding that they rest on.
        labels: English labels of actors and concepts.
        mitigations: conditions by mandate and counterpart.
        orders: states and unions by the code of their legal order.

    >>> describe_some([], {}, {}, {})
    []
    """
    writer = _Writer(lambda _: lambda value: value, lambda name: _node(name) + _END if name else "")
    text = writer.write(_columns_of_some(list(findings), of, labels, mitigations, orders))
    return list(ox.parse(text, format=ox.RdfFormat.N_QUADS))


def answers(statements: Iterable[Named], findings: Findings) -> list[ox.Quad]:
    """Link each statement that names an overlap to the findings that bear it out.

    A finding bears a statement out when it lies between the institutions named, on the matter
    named, with a relation that the statement's word stands for, at the time of the statement. What
    answers a statement less closely is for a report to show and not for a link to say.

    Args:
        statements: as :func:`mandates.analysis.statements.read_statements` gives them.
        findings: what the overlap method found in a world whose names are IRIs.

    Returns:
        Quads in the graph :data:`FINDINGS`, sorted.
    """
    matcher = Matcher(Hierarchy(findings.world.to_rows()))
    named = list(statements)
    quads = {
        ox.Quad(
            ox.NamedNode(statement.iri),
            mand("names"),
            ox.NamedNode(finding_iri(finding.key)),
            FINDINGS,
        )
        for finding in (findings.rows() if named else ())
        for statement in named
        if "relation" in matcher.match(statement, finding)
    }
    return sorted(quads, key=str)


def relation_class(relation: str) -> ox.NamedNode:
    """Return the class of findings of a relation.

    >>> relation_class("overlap").value
    'https://w3id.org/mandates/ns#Overlap'
    """
    return mand(_CLASS[relation])


def title(
    finding: Finding, labels: Mapping[str, str], orders: Mapping[str, str] | None = None
) -> str:
    """Say in a line what a finding relates, and of one about a cell in which legal order."""
    cells = finding.function_cell, finding.subject_cell
    return _title(finding.relation, finding.actors, cells, finding.polity, labels, orders)


def _title(
    relation: str,
    actors: Sequence[str],
    cells: tuple[str | None, str | None],
    polity: str | None,
    labels: Mapping[str, str],
    orders: Mapping[str, str] | None,
) -> str:
    who = " and ".join(map(labels.get, actors, actors))
    if len(actors) > _NAMED:
        who = f"{len(actors)} institutions"
    cell = ", ".join([labels.get(c, c) for c in map(plain, filter(None, cells))])
    if instrument := owner(cells[1] or ""):
        cell += f" under {labels.get(instrument, instrument)}"
    text = _words(relation)
    if polity:
        order = (orders or {}).get(polity, "")
        text += f", {labels.get(order, polity.upper())}"
    return text + (f": {who}" if who else "") + (f" ({cell})" if cell else "")


@cache
def _words(relation: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in _CLASS[relation]).strip()
    words = words.removesuffix(" finding")
    return f"{words[0].upper()}{words[1:]}"


# What is said -----------------------------------------------------------------------------------


def _node(value: str) -> str:
    return str(ox.NamedNode(value))


def _subject(value: str) -> str:
    return _node(plain(value))


def _class(name: str) -> str:
    return str(mand(name))


def _english(value: str) -> str:
    return str(ox.Literal(value, language="en"))


def _moment(value: datetime) -> str:
    return _typed(value.astimezone(_PAKISTAN).isoformat(), "dateTime")


def _integer(value: int) -> str:
    return _typed(str(value), "integer")


def _decimal(value: int) -> str:
    return _typed(f"{Decimal(value).normalize():f}", "decimal")


def _thousandths(value: int) -> str:
    return _typed(f"{(Decimal(value) / 1000).normalize():f}", "decimal")


def _typed(value: str, name: str) -> str:
    return str(ox.Literal(value, datatype=ox.NamedNode(XSD + name)))


@dataclass(frozen=True)
class _Saying:
    """What a value in a column says of a finding or of a pair; an absent value says nothing.

    The term is as the RDF library writes it, empty for what says nothing.
    """

    column: str
    predicate: ox.NamedNode
    term: Callable[[Any], str]


_OF_FINDING: Final = (
    _Saying("relation", TYPE, lambda _: _class("Finding")),
    _Saying("relation", TYPE, lambda relation: _class(_CLASS[relation])),
    _Saying("relation", TYPE, lambda relation: _class("Overlap") if relation in _SHAPED else ""),
    _Saying("shape", TYPE, lambda shape: _class(_SHAPE[shape])),
    _Saying("title", PREF_LABEL, _english),
    _Saying("function_cell", mand("onFunction"), _node),
    _Saying("subject_cell", mand("onSubject"), _subject),
    _Saying("order", mand("inLegalOrder"), _node),
    _Saying("since", mand("validFrom"), _moment),
    _Saying("until", mand("validUntil"), _moment),
    _Saying("certain_since", mand("certainFrom"), _moment),
    _Saying("certain_until", mand("certainUntil"), _moment),
    _Saying("certain", mand("hasCertainty"), lambda yes: _class("Certain" if yes else "Possible")),
    _Saying("support", mand("pairCount"), _integer),
    _Saying("certain_support", mand("certainPairCount"), _integer),
    _Saying("score", mand("contentionScore"), _decimal),
    _Saying("index", mand("index"), _thousandths),
)
_OF_PAIR: Final = (
    _Saying("subject_a", mand("firstSubject"), _subject),
    _Saying("subject_b", mand("secondSubject"), _subject),
    *(_Saying(f"{axis}_similarity", mand(f"{axis}Similarity"), _thousandths) for axis in SCHEMES),
    _Saying("alike", mand("alikeCount"), _integer),
    _Saying("since", mand("validFrom"), _moment),
    _Saying("until", mand("validUntil"), _moment),
)


# How it is written ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Columns:
    """Findings as columns of values, or of codes of values.

    Attributes:
        keys: of each finding.
        actors: whom each involves.
        own: the columns of what is said of findings.
        counts: how many pairs support each.
        holdings: of each pair, what is held by either; ``None`` where there is but one holding.
        pairs: the columns of what is said of pairs, those of the first finding first.
        conditions: of each pair, what mitigates it.
    """

    keys: Sequence[str]
    actors: Sequence[tuple[str, ...]]
    own: Mapping[str, Sequence[Any]]
    counts: Sequence[int]
    holdings: Sequence[Sequence[Any]]
    pairs: Mapping[str, Sequence[Any]]
    conditions: Sequence[Sequence[str]]


_END: Final = f" {FINDINGS} .\n"
_KEPT: Final = 2**14


class _Endings(dict[Any, str]):
    """What follows the subject in a line that says a value, by the value's code.

    A value is written once, by the RDF library, however many lines say it.
    """

    def __init__(
        self,
        predicate: ox.NamedNode,
        term: Callable[[Any], str],
        value: Callable[[Any], Any] = lambda code: code,
    ) -> None:
        self._before, self._term, self._value = f" {predicate} ", term, value

    def __missing__(self, code: Any) -> str:
        value = self._value(code)
        term = "" if value is None else self._term(value)
        text = self[code] = term and f"{self._before}{term}{_END}"
        return text


class _Writer:
    """Writes columns as lines.

    Args:
        value: for a column, what gives the value that a code in it stands for, if any.
        holding: gives the end of a line that says a holding by its code, empty for none.
    """

    def __init__(
        self, value: Callable[[str], Callable[[Any], Any]], holding: Callable[[Any], str]
    ) -> None:
        self._of_finding, self._of_pair = (
            [(s.column, _Endings(s.predicate, s.term, value(s.column))) for s in sayings]
            for sayings in (_OF_FINDING, _OF_PAIR)
        )
        self._involved = _Endings(mand("involves"), _node)
        self._holding = holding
        self._held = [f" {mand(name)} " for name in ("firstHolding", "secondHolding")]
        self._based = f" {mand('basedOnHolding')} "
        self._is_pair = f" {TYPE} {_class('SupportingPair')}{_END}"
        self._mitigated = _Endings(mand("mitigatedBy"), _node)
        self._ranked = _Endings(mand("rank"), _integer)
        self._by_pair = f" {mand('supportedByPair')} "

    def write(self, columns: _Columns) -> str:
        """Write some findings; columns with the same codes may follow."""
        mitigated, ranked, is_pair, based = (
            self._mitigated,
            self._ranked,
            self._is_pair,
            self._based,
        )
        first, second = self._held
        pairs = zip(
            *(map(self._holding, column) for column in columns.holdings),
            columns.conditions,
            _said(self._of_pair, columns.pairs),
            strict=True,
        )
        texts: list[str] = []
        for key, actors, count, said in zip(
            columns.keys,
            columns.actors,
            columns.counts,
            _said(self._of_finding, columns.own),
            strict=True,
        ):
            iri = finding_iri(key)
            own = [*said, *map(self._involved.__getitem__, actors)]
            for rank, (a, b, conditions, exhibit) in enumerate(islice(pairs, count), 1):
                pair = f"<{iri}/pair/{rank}>"
                held = is_pair, first + a, b and second + b
                texts.append(_lines(pair, (*held, *exhibit, ranked[rank])))
                own += (self._by_pair + pair + _END, based + a, b and based + b)
                own += map(mitigated.__getitem__, conditions)
            # Several pairs may rest on one holding, and a class may be said by relation and by
            # shape.
            texts.append(_lines(f"<{iri}>", dict.fromkeys(own)))
        # What has many values is seldom said again: titles would fill the memory.
        for _, endings in (*self._of_finding, *self._of_pair):
            if len(endings) > _KEPT:
                endings.clear()
        return "".join(texts)


def _said(
    sayings: Iterable[tuple[str, _Endings]], columns: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[str, ...]]:
    """Yield for each row the ends of the lines that say it, empty for what it does not say."""
    return zip(
        *(map(endings.__getitem__, columns[column]) for column, endings in sayings), strict=True
    )


def _lines(subject: str, endings: Iterable[str]) -> str:
    return subject + subject.join(filter(None, endings))


# From columns and from objects ------------------------------------------------------------------


def _values(world: World) -> Callable[[str], Callable[[Any], Any]]:
    """Give for a column of findings or evidence what a code in it stands for."""
    lists: dict[str, Sequence[str]] = {
        "relation": RELATIONS,
        "shape": SHAPES,
        **dict.fromkeys(("function_cell", "subject_cell"), world.names["concept"]),
        **dict.fromkeys(("subject_a", "subject_b"), world.names["concept"]),
    }

    def value(column: str) -> Callable[[Any], Any]:
        if column in ("since", "until", "certain_since", "certain_until"):
            return moment
        names = lists.get(column)
        if names is None:
            return lambda code: None if code == NONE else code
        return lambda code: None if code == NONE else names[code]

    return value


def _columns(
    findings: Findings,
    rows: slice,
    labels: Mapping[str, str],
    mitigations: Mitigations,
    orders: Mapping[str, str] | None,
) -> _Columns:
    """Take some rows of all findings; codes stay codes."""
    names = findings.world.names
    start, stop, _ = rows.indices(len(findings))
    own = {column: values[start:stop] for column, values in findings.table.items()}
    first_pair, last_pair = np.searchsorted(findings.evidence["finding"], (start, stop))
    pairs = {column: values[first_pair:last_pair] for column, values in findings.evidence.items()}
    finding = pairs["finding"] - start
    counts = np.bincount(finding, minlength=stop - start)
    shaped = np.isin(own["relation"], [RELATIONS.index(r) for r in _SHAPED])
    shaped &= counts > 0
    own["shape"] = np.full(stop - start, NONE)
    own["shape"][shaped] = pairs["shape"][(np.cumsum(counts) - counts)[shaped]]
    sure = own["certain_since"] < own["certain_until"]
    for column in ("certain_since", "certain_until"):
        own[column] = np.where(sure, own[column], OPEN)
    indexed = np.isin(own["relation"], [RELATIONS.index(r) for r in _INDEXED])
    own["index"] = np.where(indexed, own["figure"], NONE)

    shares: dict[int, list[str]] = {}
    low, high = np.searchsorted(findings.shares["finding"], (start, stop))
    for row, actor in zip(
        *(findings.shares[column][low:high].tolist() for column in ("finding", "actor")),
        strict=True,
    ):
        shares.setdefault(row - start, []).append(names["actor"][actor])
    actors = [
        tuple(names["actor"][code] for code in both if code != NONE) or tuple(shares.get(row, ()))
        for row, both in enumerate(
            zip(own["actor_a"].tolist(), own["actor_b"].tolist(), strict=True)
        )
    ]
    conditions: list[Sequence[str]] = [()] * len(finding)
    mandate = findings.world.tables["holding"]["mandate"]
    for row in np.flatnonzero(pairs["mitigation"] != NONE).tolist():
        a, b = (pairs[column][row] for column in ("holding_a", "holding_b"))
        conditions[row] = _mitigating(
            actors[finding[row]],
            names["mandate"][mandate[a]],
            None if b == NONE else names["mandate"][mandate[b]],
            (int(pairs["since"][row]), int(pairs["until"][row])),
            mitigations,
        )
    said: dict[str, list[Any]] = {column: values.tolist() for column, values in own.items()}
    cell = _values(findings.world)("function_cell")
    polities = [None if code == NONE else names["polity"][code] for code in said["polity"]]
    said["order"] = [(orders or {}).get(polity or "") for polity in polities]
    said["title"] = [
        _title(
            RELATIONS[relation],
            involved,
            (cell(function), cell(subject)),
            polity,
            labels,
            orders,
        )
        for relation, involved, function, subject, polity in zip(
            said["relation"],
            actors,
            said["function_cell"],
            said["subject_cell"],
            polities,
            strict=True,
        )
    ]
    return _Columns(
        keys=findings.keys[start:stop],
        actors=actors,
        own=said,
        counts=counts.tolist(),
        holdings=[pairs[column].tolist() for column in ("holding_a", "holding_b")],
        pairs={column: values.tolist() for column, values in pairs.items()},
        conditions=conditions,
    )


def _columns_of_some(
    findings: Sequence[Finding],
    of: Mapping[str, str],
    labels: Mapping[str, str],
    mitigations: Mitigations,
    orders: Mapping[str, str] | None,
) -> _Columns:
    pairs = [exhibit for finding in findings for exhibit in finding.evidence]
    computed: dict[str, Callable[[Finding], Any]] = {
        "title": lambda f: title(f, labels, orders),
        "shape": lambda f: f.evidence[0].shape if f.relation in _SHAPED and f.evidence else None,
        "index": lambda f: f.figure if f.relation in _INDEXED else None,
        "order": lambda f: (orders or {}).get(f.polity or ""),
    }
    similar = {f"{axis}_similarity": [e.similarity.get(axis) for e in pairs] for axis in SCHEMES}
    return _Columns(
        keys=[finding.key for finding in findings],
        actors=[finding.actors for finding in findings],
        own={
            said.column: [computed.get(said.column, attrgetter(said.column))(f) for f in findings]
            for said in _OF_FINDING
        },
        counts=[len(finding.evidence) for finding in findings],
        holdings=[[e.holding_a for e in pairs], [e.holding_b for e in pairs]],
        pairs=similar
        | {
            said.column: [getattr(exhibit, said.column) for exhibit in pairs]
            for said in _OF_PAIR
            if said.column not in similar
        },
        conditions=[
            _mitigating(
                finding.actors,
                of[e.holding_a],
                of[e.holding_b] if e.holding_b else None,
                span(e.since, e.until),
                mitigations,
            )
            if e.mitigation
            else ()
            for finding in findings
            for e in finding.evidence
        ],
    )


def _mitigating(
    actors: Sequence[str],
    mandate_a: str,
    mandate_b: str | None,
    time: Span,
    mitigations: Mitigations,
) -> list[str]:
    """List the conditions of either mandate that name the holder of the other at a time."""
    if len(actors) != 2:
        return []
    a, b = actors
    named = (
        *mitigations.get((mandate_a, b), ()),
        *(mitigations.get((mandate_b, a), ()) if mandate_b else ()),
    )
    return standing(named, time)
