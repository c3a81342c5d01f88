"""Write a world's rows as a published graph, so that what reads graphs can be held to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pyoxigraph as ox

from mandates.dataset.names import BASE, GRAPH, ID, SKOS, TYPE, XSD, mand
from mandates.overlap.tables import Rows

KINDS = {
    "function": "Function",
    "subject": "SubjectMatter",
    "layer": "CyberspaceLayer",
    "territory": "Territory",
    "addressee": "AddresseeGroup",
}
STATUS = {"designated": "Designated", "transitional": "Transitional", "de-facto": "DeFacto"}
BROADER = ox.NamedNode(SKOS + "broader")
TRANSITIVE = ox.NamedNode(SKOS + "broaderTransitive")


def graph(rows: Rows) -> ox.Store:
    """Return a store in which the rows are said in the project's vocabulary."""
    name = ox.NamedNode(GRAPH + "instances/made")
    store = ox.Store()
    store.bulk_extend(ox.Quad(*triple, name) for triple in _triples(rows))
    return store


def _triples(rows: Rows) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]:
    universal = {c.id for c in rows.concepts if c.universal}
    parents = {c.id: set(c.broader) for c in rows.concepts}
    orders = {m.id: m.polity or "none" for m in rows.mandates}

    def concept(local: str) -> ox.NamedNode:
        return ox.NamedNode(f"{BASE}scheme/{'any-' if local in universal else ''}{local}")

    def thing(kind: str, local: str) -> ox.NamedNode:
        return ox.NamedNode(f"{ID}pk/{kind}/{local}")

    def mandate(local: str) -> ox.NamedNode:
        return ox.NamedNode(f"{ID}{orders[local]}/mandate/{local}")

    def at(when: datetime) -> ox.Literal:
        return ox.Literal(when.isoformat(), datatype=ox.NamedNode(XSD + "dateTime"))

    def times(
        node: ox.NamedNode, since: datetime | None, until: datetime | None, kind: str = "valid"
    ) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.Literal]]:
        for end, when in (("From", since), ("Until", until)):
            if when is not None:
                yield node, mand(kind + end), at(when)

    def above(local: str) -> set[str]:
        return parents[local].union(*(above(parent) for parent in parents[local]))

    for c in rows.concepts:
        yield concept(c.id), TYPE, mand(KINDS[c.scheme])
        for parent in c.broader:
            yield concept(c.id), BROADER, concept(parent)
        for upper in above(c.id):
            yield concept(c.id), TRANSITIVE, concept(upper)
    yes = ox.Literal("true", datatype=ox.NamedNode(XSD + "boolean"))
    for m in rows.mandates:
        node = mandate(m.id)
        yield node, TYPE, mand(m.force.capitalize())
        yield node, TYPE, mand("Mandate")
        if m.function:
            yield node, mand("hasFunction"), concept(m.function)
        for values, axis in (
            (m.subjects, "concernsSubject"),
            (m.excluded, "excludesSubject"),
            (m.layers, "concernsLayer"),
            (m.territories, "appliesIn"),
            (m.addressees, "addresses"),
        ):
            for value in values:
                yield node, mand(axis), concept(value)
        yield node, mand("inCapacity"), mand("LeadCapacity" if m.leading else "SupportCapacity")
        if m.exclusive:
            yield node, mand("isExclusive"), yes
        if m.instrument:
            yield node, mand("conferredUnder"), thing("instrument", m.instrument)
    for i in rows.instruments:
        node = thing("instrument", i.id)
        yield node, TYPE, mand("Instrument")
        yield from times(node, i.since, i.until)
        if i.until:
            yield node, mand("endsWith"), thing("event", f"{i.id}-ends")
    for h in rows.holdings:
        node = thing("holding", h.id)
        yield node, TYPE, mand("Holding")
        yield node, mand("ofMandate"), mandate(h.mandate)
        yield node, mand("heldBy"), thing("actor", h.actor)
        yield from times(node, h.since, h.until)
        if h.certain is None:
            yield from times(node, h.since, h.since, "certain")
        else:
            sure = (h.since, h.until) if h.certain == "all" else h.certain
            yield from times(node, *sure, "certain")
        if h.status in STATUS:
            yield node, mand("holdingStatus"), mand(STATUS[h.status])
        if h.reading:
            yield node, mand("inReading"), thing("reading", h.reading)
    for one, other in rows.rivals:
        yield thing("reading", one), mand("rivalOf"), thing("reading", other)
    for n, condition in enumerate(rows.conditions):
        node = thing("condition", str(n))
        yield mandate(condition.mandate), mand("hasCondition"), node
        yield node, TYPE, mand(condition.kind)
        party = thing("actor", condition.counterpart)
        yield party, TYPE, mand("Actor")
        if (condition.since, condition.until, condition.certain) == (None, None, "all"):
            yield node, mand("requiresActionOf"), party
        else:  # it names a role, which the counterpart fills for so long
            role, filling = thing("role", f"condition-{n}"), thing("designation", f"condition-{n}")
            yield node, mand("requiresActionOf"), role
            yield role, TYPE, mand("LegalRole")
            yield filling, mand("fills"), role
            yield filling, mand("filledBy"), party
            yield from times(filling, condition.since, condition.until)
            if condition.certain is None and n % 2:
                yield filling, mand("hasStatus"), mand("DeFacto")
            elif condition.certain is None:
                yield filling, mand("inReading"), thing("reading", "literal")
            elif condition.certain != "all":
                yield from times(filling, *condition.certain, "certain")
    for n, tie in enumerate(rows.ties):
        node, a, b = thing("affiliation", str(n)), thing("actor", tie.a), thing("actor", tie.b)
        if tie.kind == "succeeds":
            yield a, mand("succeeds"), b
        elif tie.kind == "part-of" and tie.since is None and tie.until is None:
            yield a, mand("unitOf"), b
        elif tie.kind == "delegates":
            event, order = thing("event", f"tie-{n}"), thing("instrument", f"tie-{n}")
            yield event, TYPE, mand("DelegationEvent")
            yield event, mand("broughtAboutBy"), order
            yield order, mand("madeBy"), a
            yield event, mand("affects"), b
            yield b, TYPE, mand("Actor")
            if tie.since is not None:
                yield event, mand("effectiveFrom"), at(tie.since)
            yield from times(order, None, tie.until)
        else:
            low, high = (b, a) if tie.kind == "oversees" else (a, b)
            kind = "Oversight" if tie.kind == "oversees" else "AdministrativeControl"
            yield node, TYPE, mand(kind)
            yield node, mand("affiliate"), low
            yield node, mand("affiliatedWith"), high
            yield from times(node, tie.since, tie.until)
    for n, saving in enumerate(rows.savings):
        kept, beside = thing("designation", f"{n}-kept"), thing("designation", f"{n}-beside")
        yield thing("event", f"saving-{n}"), mand("saves"), kept
        for node, actor in ((kept, saving.a), (beside, saving.b)):
            yield node, mand("fills"), thing("role", str(n))
            yield node, mand("filledBy"), thing("actor", actor)
        yield from times(kept, saving.since, saving.until)
    for n, cell in enumerate(rows.expectations):
        node = thing("cell", str(n))
        yield node, TYPE, mand("ReferenceCell")
        yield node, mand("expectsFunction"), concept(cell.function)
        yield node, mand("expectsSubject"), concept(cell.subject)
    for n, (one, other) in enumerate(rows.incompatible):
        node = thing("incompatible", str(n))
        yield node, TYPE, mand("IncompatibleFunctions")
        yield node, mand("firstFunction"), concept(one)
        yield node, mand("secondFunction"), concept(other)
