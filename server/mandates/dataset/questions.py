"""The questions that the dataset must be able to answer: one file each, with its known answer.

A question is a SPARQL query in ``mandates/questions/<name>.rq``. Its first lines begin with ``#+``
and hold YAML, as grlc (https://grlc.io) has it::

    #+ title: Who is the investigation agency on a day, as known on a day?
    #+ topic: roles
    #+ parameters:
    #+   date: {type: date, default: 2024-11-01, label: As of}

A ``note`` says what one must know to read the answer; pages show it above. A parameter is a
variable that the query binds on a line of its own, ``VALUES ?date { … }``, to its default; so the
file runs as it stands on any endpoint. Another value takes the default's place as an RDF term in
N-Triples syntax, written by the RDF library, so nothing asked can end the term. The answer
expected is ``<name>.csv`` beside the query: columns headed ``$name`` give the parameters, the
others the rows for them. One file is a test, an example in the editor, a page with a form and an
API operation.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib.resources import files

import pyoxigraph as ox
import yaml

from mandates.dataset.names import PREFIXES, XSD, shorten

_DATE_TIME = ox.NamedNode(XSD + "dateTime")


@dataclass(frozen=True)
class Parameter:
    """A variable that the asker sets.

    Attributes:
        name: the variable, without its mark.
        type: ``date``, ``iri``, ``integer`` or ``text``.
        default: value as people write it.
        label: what to call it in a form.
        choices: class or concept scheme (a prefixed name) that values are taken from, or empty.
    """

    name: str
    type: str
    default: str
    label: str
    choices: str = ""

    def term(self, value: str | None = None) -> ox.NamedNode | ox.Literal:
        """Turn what a person wrote into an RDF term.

        Raises:
            ValueError: the value is not of the parameter's type.

        >>> Parameter("date", "date", "2025-08-06", "As of").term().value
        '2025-08-06T00:00:00+05:00'
        >>> Parameter("actor", "iri", "actor:pta", "Institution").term().value
        'https://w3id.org/mandates/id/pk/actor/pta'
        """
        text = self.default if value is None else value.strip()
        if self.type == "date":
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=timezone(timedelta(hours=5)))
            return ox.Literal(moment.isoformat(), datatype=_DATE_TIME)
        if self.type == "iri":
            prefix, _, local = text.partition(":")
            if prefix in PREFIXES and not local.startswith("//"):
                return ox.NamedNode(PREFIXES[prefix] + local.replace("\\/", "/"))
            return ox.NamedNode(text.strip("<>"))
        if self.type == "integer":
            return ox.Literal(int(text))
        return ox.Literal(text)


@dataclass(frozen=True)
class Question:
    """A question with its query, parameters and known answers.

    Attributes:
        name: file name without ending.
        title: the question in words.
        topic: heading under which it is listed.
        text: the query as it stands in the file, prefixes included.
        parameters: by name.
        expected: the known answers as CSV; empty when none is known.
        note: what one must know to read the answer, if anything.
    """

    name: str
    title: str
    topic: str
    text: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    expected: str = ""
    note: str = ""

    def bind(self, values: Mapping[str, str] | None = None) -> str:
        r"""Put values in the place of the defaults.

        Args:
            values: by parameter name, as people write them; a missing one keeps its default.

        Returns:
            A SPARQL query.

        Raises:
            KeyError: a value for no parameter.
            ValueError: a value not of its parameter's type.

        >>> text = "#+ title: t\n#+ topic: t\n#+ parameters: {x: {type: text, default: a}}\n"
        >>> question = parse("q", text + 'SELECT ?x {\n  VALUES ?x { "a" }\n}')
        >>> print(question.bind({"x": 'b" } #'}).splitlines()[-2])
          VALUES ?x { "b\" } #" }
        """
        text = self.text
        for name, value in (values or {}).items():
            if name not in self.parameters:
                raise KeyError(f"{self.name} has no parameter {name!r}")
            term = self.parameters[name].term(value)
            text = re.sub(
                rf"(?m)^(\s*VALUES \?{name} \{{).*\}}[ .]*$",
                lambda line, term=term: f"{line[1]} {term} }}",  # type: ignore[misc]
                text,
            )
        return text

    def cases(self) -> list[tuple[dict[str, str], list[str], list[tuple[str, ...]]]]:
        """Read the known answers: parameters, header and rows, in the order of the file."""
        reader = list(csv.reader(io.StringIO(self.expected)))
        if not reader:
            return []
        header, *rows = reader
        inputs = [i for i, name in enumerate(header) if name.startswith("$")]
        outputs = [i for i in range(len(header)) if i not in inputs]
        grouped: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for row in rows:
            answers = grouped.setdefault(tuple(row[i] for i in inputs), [])
            # A line of inputs alone says that the answer is empty.
            if any(row[i] for i in outputs):
                answers.append(tuple(row[i] for i in outputs))
        names = [header[i][1:] for i in inputs]
        return [
            (dict(zip(names, key, strict=True)), [header[i] for i in outputs], answers)
            for key, answers in grouped.items()
        ]


@cache
def questions() -> dict[str, Question]:
    """Read all questions, by name.

    >>> all(question.title for question in questions().values())
    True
    """
    folder = files("mandates") / "questions"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".rq"):
            name = entry.name.removesuffix(".rq")
            answers = folder / f"{name}.csv"
            expected = answers.read_text("utf-8") if answers.is_file() else ""
            found[name] = parse(name, entry.read_text("utf-8"), expected)
    return found


def parse(name: str, text: str, expected: str = "") -> Question:
    r"""Read a question from its file's text.

    Raises:
        ValueError: the header is missing or is no YAML mapping with a title and a topic.

    >>> parse("x", "#+ title: Anything?\n#+ topic: all\nASK {}").title
    'Anything?'
    """
    head = [line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+")]
    meta = yaml.safe_load("\n".join(head)) if head else None
    if not isinstance(meta, dict) or not meta.get("title") or not meta.get("topic"):
        raise ValueError(f"{name}.rq: the header has no title or no topic")
    for parameter in meta.get("parameters") or {}:
        if not re.search(rf"(?m)^\s*VALUES \?{parameter} \{{.*\}}[ .]*$", text):
            raise ValueError(f"{name}.rq: no line binds ?{parameter}: VALUES ?{parameter} {{ … }}")
    return Question(
        name=name,
        title=str(meta["title"]),
        topic=str(meta["topic"]),
        text=text,
        parameters={
            key: Parameter(
                name=key,
                type=str(value.get("type", "text")),
                default=str(value["default"]),
                label=str(value.get("label", key)),
                choices=str(value.get("choices", "")),
            )
            for key, value in (meta.get("parameters") or {}).items()
        },
        expected=expected,
        note=str(meta.get("note", "")),
    )


def answer(
    store: ox.Store, question: Question, values: Mapping[str, str] | None = None
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Run a question; rows are in the short form that the known answers use.

    Raises:
        ValueError: the query makes no table.
    """
    result = store.query(question.bind(values))
    if not isinstance(result, ox.QuerySolutions):
        raise ValueError(f"{question.name}.rq is no SELECT query")
    header = [variable.value for variable in result.variables]
    return header, [tuple(show(row[name]) for name in header) for row in result]


def written(store: ox.Store, question: Question) -> str:
    r"""Write the answers of a question as its file of known answers would have them.

    For a reader to compare with the file, row by row, before any of them becomes known: a file made
    of what the program says tests nothing.

    Args:
        store: a built dataset whose default graph is the union of all its graphs.
        question: its known answers say for which parameters it is asked; the defaults when none do.

    Returns:
        CSV, the parameters first.

    Raises:
        ValueError: the query makes no table.

    >>> text = "#+ title: t\n#+ topic: t\n#+ parameters: {x: {type: text, default: a}}\n"
    >>> question = parse("q", text + 'SELECT ?y {\n  VALUES ?x { "a" }\n  BIND (?x AS ?y)\n}')
    >>> print(written(ox.Store(), question), end="")
    $x,y
    a,a
    """
    default = {name: parameter.default for name, parameter in question.parameters.items()}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for number, values in enumerate([case[0] for case in question.cases()] or [default]):
        header, rows = answer(store, question, values)
        if number == 0:
            writer.writerow([*(f"${name}" for name in values), *header])
        writer.writerows([*values.values(), *row] for row in rows or [("",) * len(header)])
    return out.getvalue()


def show(term: object) -> str:
    """Write a term as people read it: short names, and a midnight in Pakistan as a day.

    >>> show(ox.Literal("2025-01-30T00:00:00+05:00", datatype=_DATE_TIME))
    '2025-01-30'
    """
    if isinstance(term, ox.NamedNode):
        return shorten(term.value)
    if isinstance(term, ox.Literal):
        return term.value.removesuffix("T00:00:00+05:00")
    return "" if term is None else str(term)
