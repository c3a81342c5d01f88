"""Write a synthetic world as N-Triples in the published vocabulary, as a build would leave it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mandates.dataset.names import ID, MAND, RDF, SCHEME, SKOS, XSD
from mandates.overlap.tables import CONDITIONS, EARLIEST, FORCES, NONE, OPEN, SCHEMES, TIES, World

CLASSES = ("Function", "SubjectMatter", "CyberspaceLayer", "Territory", "AddresseeGroup")
AXES = {
    "mandate_subject": "concernsSubject",
    "mandate_excluded": "excludesSubject",
    "mandate_layer": "concernsLayer",
    "mandate_territory": "appliesIn",
    "mandate_addressee": "addresses",
}
STATUS = ("Designated", "Transitional", "DeFacto", None)
TYPE = f"<{RDF}type>"


def write(world: World, path: Path) -> int:
    """Write a world; return the number of triples."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for line in _lines(world):
            file.write(line)
            count += 1
    return count


def _lines(world: World) -> Iterator[str]:
    names, tables = world.names, world.tables
    universal = tables["concept"]["universal"].tolist()
    order = [f"o{name.rsplit('/', 1)[-1]}" for name in names["polity"]]
    polity = tables["mandate"]["polity"].tolist()
    concept = [
        f"<{SCHEME}{name.replace('/any', '/any-thing') if top else name}>"
        for name, top in zip(names["concept"], universal, strict=True)
    ]
    mandate = [
        f"<{ID}{order[code]}/{name}>" for code, name in zip(polity, names["mandate"], strict=True)
    ]
    actor, holding, instrument, reading = (
        [f"<{ID}{kind}/{name}>" for name in names[kind]]
        for kind in ("actor", "holding", "instrument", "reading")
    )
    dates: dict[int, str] = {}

    def when(value: int) -> str:
        if value not in dates:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
            dates[value] = f'"{moment.isoformat()}"^^<{XSD}dateTime>'
        return dates[value]

    def rows(table: str) -> Iterator[tuple[int, ...]]:
        columns = tables[table].values()
        return zip(*(column.tolist() for column in columns), strict=True)

    def times(node: str, since: int, until: int) -> Iterator[str]:
        if since != EARLIEST:
            yield f"{node} <{MAND}validFrom> {when(since)} .\n"
        if until != OPEN:
            yield f"{node} <{MAND}validUntil> {when(until)} .\n"

    scheme_of = tables["concept"]["scheme"].tolist()
    for code, node in enumerate(concept):
        assert SCHEMES[scheme_of[code]]
        yield f"{node} {TYPE} <{MAND}{CLASSES[scheme_of[code]]}> .\n"
    for low, high in rows("broader"):
        yield f"{concept[low]} <{SKOS}broader> {concept[high]} .\n"
    columns = ("force", "function", "leading", "exclusive", "instrument")
    of = zip(*(tables["mandate"][c].tolist() for c in columns), strict=True)
    for node, (force, function, leading, exclusive, basis) in zip(mandate, of, strict=True):
        yield f"{node} {TYPE} <{MAND}{FORCES[force].capitalize()}> .\n"
        yield f"{node} {TYPE} <{MAND}Mandate> .\n"
        if function != NONE:
            yield f"{node} <{MAND}hasFunction> {concept[function]} .\n"
        capacity = "Lead" if leading else "Support"
        yield f"{node} <{MAND}inCapacity> <{MAND}{capacity}Capacity> .\n"
        if exclusive:
            yield f'{node} <{MAND}isExclusive> "true"^^<{XSD}boolean> .\n'
        if basis != NONE:
            yield f"{node} <{MAND}conferredUnder> {instrument[basis]} .\n"
    for table, name in AXES.items():
        for code, value in rows(table):
            yield f"{mandate[code]} <{MAND}{name}> {concept[value]} .\n"
    names_of = ("mandate", "actor", "since", "until", "certain_since", "certain_until")
    held = zip(
        *(tables["holding"][c].tolist() for c in (*names_of, "status", "reading")), strict=True
    )
    for node, (m, a, since, until, sure, unsure, status, read) in zip(holding, held, strict=True):
        yield f"{node} {TYPE} <{MAND}Holding> .\n"
        yield f"{node} <{MAND}ofMandate> {mandate[m]} .\n"
        yield f"{node} <{MAND}heldBy> {actor[a]} .\n"
        yield from times(node, since, until)
        if sure >= unsure:  # no part is certain
            sure = unsure = since
        yield f"{node} <{MAND}certainFrom> {when(sure)} .\n"
        if unsure != OPEN:
            yield f"{node} <{MAND}certainUntil> {when(unsure)} .\n"
        if (kind := STATUS[status]) is not None:
            yield f"{node} <{MAND}holdingStatus> <{MAND}{kind}> .\n"
        if read != NONE:
            yield f"{node} <{MAND}inReading> {reading[read]} .\n"
    for a, b in rows("rival"):
        yield f"{reading[a]} <{MAND}rivalOf> {reading[b]} .\n"
    for code, (m, kind, counterpart, *stands) in enumerate(rows("condition")):
        # One that does not would name a role, and these worlds have none.
        if stands != [EARLIEST, OPEN] * 2:
            raise ValueError(f"condition {code}: does not certainly stand at all times")
        node = f"<{ID}condition/{code}>"
        yield f"{mandate[m]} <{MAND}hasCondition> {node} .\n"
        yield f"{node} {TYPE} <{MAND}{CONDITIONS[kind]}> .\n"
        yield f"{node} <{MAND}requiresActionOf> {actor[counterpart]} .\n"
    for kind, a, b, _, _ in rows("tie"):
        name = "succeeds" if TIES[kind] == "succeeds" else "unitOf"
        yield f"{actor[a]} <{MAND}{name}> {actor[b]} .\n"
    for node, (since, until) in zip(instrument, rows("instrument"), strict=True):
        yield f"{node} {TYPE} <{MAND}Instrument> .\n"
        yield from times(node, since, until)
        if until != OPEN:
            yield f"{node} <{MAND}endsWith> <{node[1:-1]}/end> .\n"
    for code, (function, subject, sought, *_) in enumerate(rows("expectation")):
        node = f"<{ID}cell/{code}>"
        yield f"{node} {TYPE} <{MAND}ReferenceCell> .\n"
        yield f"{node} <{MAND}expectsFunction> {concept[function]} .\n"
        yield f"{node} <{MAND}expectsSubject> {concept[subject]} .\n"
        yield f"{node} <{MAND}soughtIn> <{ID}{order[sought]}/state> .\n"
    for code, (a, b) in enumerate(rows("incompatible")):
        node = f"<{ID}incompatible/{code}>"
        yield f"{node} {TYPE} <{MAND}IncompatibleFunctions> .\n"
        yield f"{node} <{MAND}firstFunction> {concept[a]} .\n"
        yield f"{node} <{MAND}secondFunction> {concept[b]} .\n"
