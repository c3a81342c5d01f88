"""Ask the current snapshot a query from this process, for the command line and for tests."""

from __future__ import annotations

import difflib
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


def run(store: ox.Store, text: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    """Run a query for which the project's prefixes are declared already.

    Args:
        store: any store.
        text: a SPARQL query; it may declare prefixes, and the same ones in another sense.

    Raises:
        SyntaxError: a mistake in the query, with its line and column in the text given.

    >>> bool(run(ox.Store(), "ASK { ?m a mand:Mandate }"))
    False
    >>> run(ox.Store(), "ASK { ?m a mandd:Mandate }")
    Traceback (most recent call last):
        ...
    SyntaxError: line 1, column 12: no prefix is called 'mandd'; did you mean mand, mandate?
    """
    try:
        return store.query(text, prefixes=PREFIXES)
    except SyntaxError as error:
        place = re.match(r"error at (\d+):(\d+): (.*)", str(error), re.DOTALL)
        if not place:
            raise
        line, column, reason = int(place[1]), int(place[2]), place[3]
    if "Prefix not found" in reason:
        # The parser stops behind the name, and lists what else might have stood there.
        before = text.split("\n")[line - 1][: column - 1]
        names = list(re.finditer(r"([\w.-]*):", before))
        if names:
            column, name = names[-1].start() + 1, names[-1][1]
            near = difflib.get_close_matches(name, PREFIXES, n=3, cutoff=0.6)
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            reason = f"no prefix is called {name!r}{hint}"
    raise SyntaxError(f"line {line}, column {column}: {reason}")


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
        result = run(store, text)
    except (SnapshotError, SyntaxError) as error:
        raise AskError(str(error)) from None
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
