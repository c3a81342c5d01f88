"""Ask the current snapshot a query from this process, for the command line and for tests."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.names import PREFIXES
from mandates.dataset.questions import show
from mandates.dataset.snapshot import SnapshotError, open_store, read_snapshot

_RESULTS = {
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
}
_TRIPLES = {"turtle": ox.RdfFormat.TURTLE, "ntriples": ox.RdfFormat.N_TRIPLES}


class AskError(ValueError):
    """The query is wrong, or there is nothing to ask; the message says which."""


def with_prefixes(text: str) -> str:
    """Declare the project's prefixes that a query uses and does not declare.

    The declarations go on the first line, so that the line numbers of the query stay right.

    >>> with_prefixes("ASK { ?m a mand:Mandate }")
    'PREFIX mand: <https://w3id.org/mandates/ns#> ASK { ?m a mand:Mandate }'
    """
    missing = [
        f"PREFIX {prefix}: <{iri}> "
        for prefix, iri in PREFIXES.items()
        if re.search(rf"(?<![\w:-]){prefix}:", text)
        and not re.search(rf"(?i)prefix\s+{prefix}:", text)
    ]
    return "".join(missing) + text


def ask(
    text: str, data_dir: Path, form: str | None = None
) -> bytes | tuple[list[str], list[list[str]]]:
    """Run a query on the current snapshot.

    Args:
        text: a SPARQL query; the project's prefixes need not be declared.
        data_dir: folder of the snapshots.
        form: ``table``, a result format or a graph format; the natural one when absent.

    Returns:
        The bytes of the format asked for, or header and rows of a table of short names.

    Raises:
        AskError: no snapshot, a mistake in the query, or a format that its kind has not.
    """
    try:
        store = open_store(read_snapshot(data_dir))
        result = store.query(with_prefixes(text))
    except SnapshotError as error:
        raise AskError(str(error)) from None
    except SyntaxError as error:
        place = re.match(r"error at (\d+):(\d+): (.*)", str(error), re.DOTALL)
        where = f"line {place[1]}, column {place[2]}: {place[3]}" if place else str(error)
        raise AskError(where) from None
    if isinstance(result, ox.QueryTriples):
        if form and form not in _TRIPLES:
            raise AskError(f"this query makes a graph, which has no form {form}")
        prefixes = PREFIXES if form != "ntriples" else None
        return ox.serialize(result, format=_TRIPLES[form or "turtle"], prefixes=prefixes) or b""
    if form in _TRIPLES:
        raise AskError(f"this query makes a table, which has no form {form}")
    if form in _RESULTS:
        return result.serialize(format=_RESULTS[form]) or b""
    if isinstance(result, ox.QueryBoolean):
        return ["answer"], [["yes" if result else "no"]]
    header = [variable.value for variable in result.variables]
    return header, [[show(row[name]) for name in header] for row in result]
