"""Hold an ontology against the rules in ``rules/``: names, definitions, structure, header.

The rules are the computable part of what peers check: FIBO's hygiene tests, ROBOT's report, the
OOPS! catalogue, the offline part of FOOPS!, UCO and gist. What two of them say stands here once.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.names import BASE, DCT, OWL, RDF, RDFS, SKOS, XSD
from mandates.quality.problems import Problem, Severity
from mandates.quality.queries import QueryRule, apply, read_rules

_HERE = Path(__file__).parent
#: Vocabularies that others declare for their own use; what they lack is not the declarer's doing.
_NEIGHBOURS = (DCT, OWL, RDF, RDFS, SKOS, XSD, "http://purl.org/vocab/vann/")
_TERM_KINDS = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")


@dataclass(frozen=True)
class Waiver:
    """A finding that is right as it stands.

    Attributes:
        rule: name of the rule.
        node: IRI of the term.
        reason: why the rule does not fit.
        expires: first day on which the waiver no longer holds.
    """

    rule: str
    node: str
    reason: str
    expires: date


@dataclass(frozen=True)
class Scan:
    """What the rules say of one ontology.

    Attributes:
        terms: classes and properties that were looked at.
        problems: what was found.
    """

    terms: int
    problems: tuple[Problem, ...]

    @property
    def by_rule(self) -> Counter[str]:
        """How many problems each rule found."""
        return Counter(problem.rule for problem in self.problems)


@cache
def rules() -> tuple[QueryRule, ...]:
    """Read the rules.

    >>> "definition-circular" in {rule.name for rule in rules()}
    True
    """
    return tuple(read_rules(_HERE / "rules"))


def read_waivers(path: Path | None = None) -> list[Waiver]:
    """Read the waivers.

    Args:
        path: a TOML file; the shipped one when absent.

    Raises:
        KeyError: a waiver lacks rule, node, reason or expiry.

    >>> all(waiver.reason for waiver in read_waivers())
    True
    """
    with (path or _HERE / "waivers.toml").open("rb") as file:
        listed = tomllib.load(file).get("waiver", [])
    return [Waiver(w["rule"], w["node"], w["reason"], w["expires"]) for w in listed]


def scan(triples: Iterable[ox.Triple], namespaces: Sequence[str] = ()) -> Scan:
    """Run every rule over an ontology.

    Args:
        triples: the ontology.
        namespaces: beginnings of the IRIs that are its own; when empty, every IRI but those of
            the vocabularies that everybody declares.

    Returns:
        The number of terms and the problems, sorted by rule and term.
    """
    store = ox.Store()
    store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)

    def is_own(iri: str) -> bool:
        if namespaces:
            return iri.startswith(tuple(namespaces))
        return not iri.startswith(_NEIGHBOURS)

    terms = {
        quad.subject.value
        for kind in _TERM_KINDS
        for quad in store.quads_for_pattern(
            None, ox.NamedNode(RDF + "type"), ox.NamedNode(OWL + kind)
        )
        if isinstance(quad.subject, ox.NamedNode) and is_own(quad.subject.value)
    }
    found = {p for rule in rules() for p in apply(rule, store) if is_own(p.node)}
    return Scan(len(terms), tuple(sorted(found, key=lambda p: (p.rule, p.node, p.message))))


def lint(
    triples: Iterable[ox.Triple], waivers: Sequence[Waiver] = (), *, today: date | None = None
) -> list[Problem]:
    """Run every rule over our own ontology, and take waivers into account.

    Args:
        triples: ontology and schemes.
        waivers: what is right as it stands.
        today: day on which waivers are judged; the present day when absent.

    Returns:
        What is left, with a problem for each waiver that has run out or waives nothing.
    """
    today = today or date.today()
    standing = {(w.rule, w.node): w for w in waivers if w.expires > today}
    found = scan(triples, [BASE]).problems
    used = {(p.rule, p.node) for p in found} & standing.keys()
    left = [p for p in found if (p.rule, p.node) not in standing]
    for waiver in waivers:
        if (waiver.rule, waiver.node) not in used:
            why = "has run out" if waiver.expires <= today else "waives nothing"
            left.append(
                Problem(
                    "waiver",
                    Severity.WARNING,
                    f"The waiver of {waiver.rule} {why}.",
                    file="waivers.toml",
                    node=waiver.node,
                    hint="Mend the term, renew the waiver with a reason, or remove it.",
                )
            )
    return left
