"""Write findings as RDF, each with the pairs of holdings from which it follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache, lru_cache

import pyoxigraph as ox

from mandates.analysis.statements import Matcher, Named
from mandates.analysis.world import owner, plain
from mandates.dataset.lookup import first, pairs
from mandates.dataset.names import GRAPH, ID, PREF_LABEL, TYPE, XSD, mand
from mandates.overlap.findings import Evidence, Finding, Findings
from mandates.overlap.reference import Hierarchy

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
_SHAPED = {"overlap", "coordinated-overlap", "duplication", "overlap-by-designation"}
#: How many actors a title names; of more it gives the number.
_NAMED = 3
_PAKISTAN = timezone(timedelta(hours=5))


def mitigations(store: ox.Store) -> dict[tuple[str, str], list[str]]:
    """List the conditions of each mandate that name another actor, or a role that it fills.

    Returns:
        IRIs of conditions by mandate and counterpart.

    >>> mitigations(ox.Store())
    {}
    """
    party, filled = first(store, "requiresActionOf"), first(store, "fills")
    holders: dict[str, list[str]] = {}
    for designation, actor in first(store, "filledBy").items():
        holders.setdefault(filled[designation], []).append(actor)
    found: dict[tuple[str, str], list[str]] = {}
    for mandate, condition in pairs(store, mand("hasCondition")):
        counterpart = party.get(condition, "")
        for actor in holders.get(counterpart, [counterpart]):
            found.setdefault((mandate, actor), []).append(condition)
    return found


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
    labels: dict[str, str],
    mitigations: dict[tuple[str, str], list[str]],
    orders: Mapping[str, str] | None = None,
) -> list[ox.Quad]:
    """Write findings and their supporting pairs as quads.

    Args:
        findings: what the overlap method found in a world whose names are IRIs.
        labels: English labels of actors and concepts, for the label and reason of each finding.
        mitigations: conditions by mandate and counterpart, both IRIs.
        orders: states and unions by the code of their legal order, as :func:`legal_orders` gives
            them.

    Returns:
        Quads in the graph :data:`FINDINGS`, each once, in the order of the findings.
    """
    of = {
        holding: findings.world.names["mandate"][int(code)]
        for holding, code in zip(
            findings.world.names["holding"],
            findings.world.tables["holding"]["mandate"],
            strict=True,
        )
    }
    return describe_some(findings.rows(), of, labels, mitigations, orders)


def describe_some(
    findings: Iterable[Finding],
    of: Mapping[str, str],
    labels: dict[str, str],
    mitigations: dict[tuple[str, str], list[str]],
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
    quads: list[ox.Quad] = []
    for finding in findings:
        # Said of the finding, each once: several pairs may rest on one holding.
        own: dict[tuple[ox.NamedNode, ox.NamedNode | ox.Literal], None] = {}
        node = ox.NamedNode(finding_iri(finding.key))
        for said in _finding(finding, labels, orders or {}):
            own[said] = None
        for rank, exhibit in enumerate(finding.evidence, 1):
            pair = ox.NamedNode(f"{node.value}/pair/{rank}")
            own[mand("supportedByPair"), pair] = None
            quads += [
                ox.Quad(pair, predicate, value, FINDINGS)
                for predicate, value in _pair(exhibit, rank)
            ]
            for holding in (exhibit.holding_a, exhibit.holding_b):
                if holding:
                    own[mand("basedOnHolding"), ox.NamedNode(holding)] = None
            if exhibit.mitigation and len(finding.actors) == 2:
                a, b = finding.actors
                for condition in (
                    *mitigations.get((of[exhibit.holding_a], b), ()),
                    *(mitigations.get((of[exhibit.holding_b], a), ()) if exhibit.holding_b else ()),
                ):
                    own[mand("mitigatedBy"), ox.NamedNode(condition)] = None
        quads += [ox.Quad(node, predicate, value, FINDINGS) for predicate, value in own]
    return quads


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
    name = _CLASS[finding.relation]
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    words = words.removesuffix(" finding")
    who = " and ".join(labels.get(a, a) for a in finding.actors)
    if len(finding.actors) > _NAMED:
        who = f"{len(finding.actors)} institutions"
    cells = [c for c in (finding.function_cell, finding.subject_cell) if c]
    cell = ", ".join(labels.get(plain(c), plain(c)) for c in cells)
    if instrument := owner(finding.subject_cell or ""):
        cell += f" under {labels.get(instrument, instrument)}"
    text = f"{words[0].upper()}{words[1:]}"
    if finding.polity:
        order = (orders or {}).get(finding.polity, "")
        text += f" in {labels.get(order, finding.polity.upper())}"
    return text + (f": {who}" if who else "") + (f" ({cell})" if cell else "")


def _finding(
    finding: Finding, labels: dict[str, str], orders: Mapping[str, str]
) -> Iterator[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]:
    yield TYPE, mand("Finding")
    yield TYPE, relation_class(finding.relation)
    if finding.relation in _SHAPED:
        yield TYPE, mand("Overlap")
        for shape in {exhibit.shape for exhibit in finding.evidence[:1]}:
            if shape:
                yield TYPE, mand(_SHAPE[shape])
    yield PREF_LABEL, ox.Literal(title(finding, labels, orders), language="en")
    for actor in finding.actors:
        yield mand("involves"), ox.NamedNode(actor)
    if finding.function_cell:
        yield mand("onFunction"), ox.NamedNode(finding.function_cell)
    if finding.subject_cell:
        yield mand("onSubject"), ox.NamedNode(plain(finding.subject_cell))
    if finding.polity and finding.polity in orders:
        yield mand("inLegalOrder"), ox.NamedNode(orders[finding.polity])
    yield mand("validFrom"), _moment(finding.since)
    if finding.until:
        yield mand("validUntil"), _moment(finding.until)
    if finding.certain_since:
        yield mand("certainFrom"), _moment(finding.certain_since)
    if finding.certain_until:
        yield mand("certainUntil"), _moment(finding.certain_until)
    yield mand("hasCertainty"), mand("Certain" if finding.certain else "Possible")
    yield mand("pairCount"), _integer(finding.support)
    yield mand("certainPairCount"), _integer(finding.certain_support)
    yield mand("contentionScore"), _decimal(Decimal(finding.score))
    if finding.figure is not None and finding.relation in ("fragmentation", "sunset-coverage"):
        yield mand("index"), _decimal(Decimal(finding.figure) / 1000)


def _pair(exhibit: Evidence, rank: int) -> Iterator[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]:
    yield TYPE, mand("SupportingPair")
    yield mand("rank"), _integer(rank)
    yield mand("firstHolding"), ox.NamedNode(exhibit.holding_a)
    if exhibit.holding_b:
        yield mand("secondHolding"), ox.NamedNode(exhibit.holding_b)
    if exhibit.subject_a:
        yield mand("firstSubject"), ox.NamedNode(plain(exhibit.subject_a))
    if exhibit.subject_b:
        yield mand("secondSubject"), ox.NamedNode(plain(exhibit.subject_b))
    for axis, value in exhibit.similarity.items():
        yield mand(f"{axis}Similarity"), _decimal(Decimal(value) / 1000)
    yield mand("alikeCount"), _integer(exhibit.alike)
    yield mand("validFrom"), _moment(exhibit.since)
    if exhibit.until:
        yield mand("validUntil"), _moment(exhibit.until)


@lru_cache(maxsize=4096)
def _moment(value: datetime) -> ox.Literal:
    return _typed(value.astimezone(_PAKISTAN).isoformat(), "dateTime")


@lru_cache(maxsize=4096)
def _integer(value: int) -> ox.Literal:
    return _typed(str(value), "integer")


@lru_cache(maxsize=4096)
def _decimal(value: Decimal) -> ox.Literal:
    return _typed(f"{value.normalize():f}", "decimal")


def _typed(value: str, name: str) -> ox.Literal:
    return ox.Literal(value, datatype=_datatype(name))


@cache
def _datatype(name: str) -> ox.NamedNode:
    return ox.NamedNode(XSD + name)
