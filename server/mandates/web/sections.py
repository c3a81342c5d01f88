"""The parts of an entity's page: each is one SPARQL query that the reader can see and change.

The queries lie in ``sections/``, one a file: a first line ``#+ title: …``, then the query without
its prefixes, in which ``$this`` stands for the IRI of the page and ``$meetings`` for the classes of
:data:`MEETINGS`. What is shown as "the SPARQL behind this page" is the very text that was run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from mandates.sparql.prefixes import PREFIXES

_PREFIXED = re.compile(r"(?<![\w<?$/#:-])([a-z]+):(?=[A-Za-z])")
_NO_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")

# The parts of a page, by what it is about; the first class that fits decides.
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Mandate": (
            "mandate",
            (
                "mandate-holders",
                "mandate-known",
                "mandate-words",
                "mandate-conditions",
                "mandate-findings",
            ),
        ),
        "Finding": ("finding", ("finding-pairs", "finding-holdings", "finding-mitigation")),
        "Provision": (
            "provision",
            ("provision-confers", "provision-uses", "provision-events", "provision-neighbours"),
        ),
        "Instrument": (
            "instrument",
            (
                "instrument-moved",
                "instrument-changed",
                "instrument-provisions",
                "instrument-events",
                "instrument-family",
            ),
        ),
        "LegalRole": ("role", ("role-designations", "role-mandates")),
        "Actor": (
            "institution",
            (
                "institution-mandates",
                "institution-partners",
                "institution-overlaps",
                "institution-places",
                "institution-parents",
                "institution-children",
            ),
        ),
        "NormativeEvent": ("event", ("event-changes",)),
        PREFIXES["skos"] + "ConceptScheme": ("scheme", ("scheme-concepts",)),
        "ScopeConcept": ("concept", ("concept-tree", "concept-actors", "concept-findings")),
        "Statement": ("statement", ("statement-findings",)),
        "Document": ("document", ("document-evidence",)),
    }
)
# What any thing may have.
COMMON = ("evidence", "claims")
#: The classes of findings in which two institutions hold the same at once: those of the relations
#: in ``report.views.MEETINGS``. In the queries of ``sections/`` they stand for ``$meetings``.
MEETINGS = ("Overlap", "UnsavedOverlap", "ContestedHolding")


@dataclass(frozen=True)
class Section:
    """A query of a page.

    Attributes:
        name: of its file.
        title: what it answers.
        text: the query as run.
    """

    name: str
    title: str
    text: str


def kind_of(types: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """The kind of page for the local names of a thing's classes, and its parts.

    >>> kind_of({"Regulator", "Institution", "Actor"})[0], kind_of({"Evidence"})
    ('institution', ('thing', ()))
    """
    return next((value for name, value in KINDS.items() if name in types), ("thing", ()))


def section(name: str, **terms: str | Collection[str]) -> Section:
    """A part's query for some IRIs.

    Args:
        name: of the file in ``sections/``, without its ending.
        terms: an IRI, or several for a list of values, by the variable in whose place they stand.

    Raises:
        ValueError: what should be an IRI can't be written as one.

    >>> print(section("named-by", this="https://example.org/a").text)
    SELECT ?p (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s ?p <https://example.org/a> }
    GROUP BY ?p ORDER BY ?p
    """
    title, text = _source(name)
    for variable, given in terms.items():
        iris = [given] if isinstance(given, str) else sorted(given)
        for iri in iris:
            if _NO_IRI.search(iri):
                raise ValueError(f"no IRI: {iri!r}")
        written = " ".join(f"<{iri}>" for iri in iris)
        text = re.sub(rf"\${variable}\b", lambda _, it=written: it, text)  # type: ignore[misc]
    return Section(name, title, text)


@cache
def _source(name: str) -> tuple[str, str]:
    source = (files(__package__) / "sections" / f"{name}.rq").read_text("utf-8")
    head, _, text = source.partition("\n")
    text = text.replace("$meetings", " ".join(f"mand:{name}" for name in MEETINGS))
    return head.removeprefix("#+ title: "), with_prefixes(text.strip())


def with_prefixes(text: str) -> str:
    r"""A query with the prefixes that it uses declared.

    >>> with_prefixes("ASK { ?s a mand:Power }")
    'PREFIX mand: <https://w3id.org/mandates/ns#>\nASK { ?s a mand:Power }'
    """
    used = sorted({name for name in _PREFIXED.findall(text) if name in PREFIXES})
    return "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in used) + text
