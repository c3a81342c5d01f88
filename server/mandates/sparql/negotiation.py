"""Choose the format of an answer from ``Accept`` (RFC 9110, section 12.5.1) or from a short name.

Pure functions over the formats below; which of the two families applies, rows or graphs, is known
only when the query has been parsed, so a request is matched against both beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A way to write an answer.

    Attributes:
        name: short name, used as value of ``format=`` and as file suffix.
        media_type: what ``Content-Type`` says.
        aliases: other media types under which clients ask for it.
        charset: whether the media type takes a charset parameter.
    """

    name: str
    media_type: str
    aliases: tuple[str, ...] = ()
    charset: bool = False

    @property
    def content_type(self) -> str:
        """The value of the ``Content-Type`` header."""
        return f"{self.media_type}; charset=utf-8" if self.charset else self.media_type


# In the order in which the server prefers them when the client does not care.
ROW_FORMATS: tuple[Format, ...] = (
    Format("json", "application/sparql-results+json", ("application/json", "text/json")),
    Format("xml", "application/sparql-results+xml", ("application/xml", "text/xml")),
    Format("csv", "text/csv", (), charset=True),
    Format("tsv", "text/tab-separated-values", (), charset=True),
)
GRAPH_FORMATS: tuple[Format, ...] = (
    Format("ttl", "text/turtle", ("application/x-turtle",), charset=True),
    Format("jsonld", "application/ld+json", ("application/json",)),
    Format("nt", "application/n-triples", ("text/plain",)),
    Format("rdf", "application/rdf+xml", ("application/xml", "text/xml")),
    Format("trig", "application/trig", ("application/x-trig",)),
    Format("nq", "application/n-quads", ("text/x-nquads",)),
)
HTML = Format("html", "text/html", ("application/xhtml+xml",), charset=True)

_NAMES = {
    "turtle": "ttl",
    "ntriples": "nt",
    "n-triples": "nt",
    "nquads": "nq",
    "n-quads": "nq",
    "rdfxml": "rdf",
    "rdf+xml": "rdf",
    "json-ld": "jsonld",
    "ld+json": "jsonld",
    "sparql-json": "json",
    "sparql-xml": "xml",
    "srj": "json",
    "srx": "xml",
}


def parse_accept(header: str) -> tuple[tuple[str, str, float], ...]:
    """Split an ``Accept`` header into (type, subtype, q).

    What can't be read is skipped, as one bad range should not spoil the others; a weight that is
    no number counts as 0. Other parameters are ignored: no format here has variants, and clients
    send ``version=1.2`` or ``odata=verbose`` without minding the answer.

    >>> parse_accept("text/csv;q=0.5, */*;q=0.1")
    (('text', 'csv', 0.5), ('*', '*', 0.1))
    >>> parse_accept("nonsense;;q=x, text/*; q=2")
    (('text', '*', 1.0),)
    """
    ranges = []
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        main, slash, sub = name.lower().partition("/")
        if not slash or not main or not sub or (main == "*" and sub != "*"):
            continue
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                try:
                    weight = min(1.0, max(0.0, float(value)))
                except ValueError:
                    weight = 0.0
                if weight != weight:  # "nan" is a float and no weight
                    weight = 0.0
        ranges.append((main, sub, weight))
    return tuple(ranges)


def choose(accept: str | None, offered: Sequence[Format]) -> Format | None:
    """The format that the client likes best; ties go to the one the server offers first.

    Args:
        accept: the ``Accept`` header; absent or empty means that anything will do.
        offered: formats in the server's order of preference.

    Returns:
        None when the client accepts none of them.

    >>> choose("text/csv, application/sparql-results+json;q=0.9", ROW_FORMATS).name
    'csv'
    >>> choose("text/*;q=0.3, text/turtle;q=0, */*;q=0.1", GRAPH_FORMATS).name
    'jsonld'
    >>> choose("image/png", ROW_FORMATS) is None
    True
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = parse_accept(accept)
    best: tuple[float, int, int] | None = None
    chosen = None
    for position, candidate in enumerate(offered):
        for rank, media_type in enumerate((candidate.media_type, *candidate.aliases)):
            weight = _weight(media_type, ranges)
            # An alias that only a wildcard covers must not outdo the type's own refusal.
            if weight <= 0 or (rank and not _named(media_type, ranges)):
                continue
            key = (weight, -min(rank, 1), -position)
            if best is None or key > best:
                best, chosen = key, candidate
    return chosen


def by_name(name: str, offered: Sequence[Format]) -> Format | None:
    """The format with that short name, usual nickname or media type.

    >>> by_name("turtle", GRAPH_FORMATS).media_type
    'text/turtle'
    >>> by_name("text/csv", ROW_FORMATS).name
    'csv'
    """
    wanted = name.strip().lower()
    # "+" in a query string arrives as a blank when a client forgot to escape it.
    wanted = wanted.replace(" ", "+")
    short = _NAMES.get(wanted, wanted)
    for candidate in offered:
        if short == candidate.name or wanted == candidate.media_type:
            return candidate
    return next((item for item in offered if wanted in item.aliases), None)


def _weight(media_type: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    main, _, sub = media_type.partition("/")
    best = (-1, 0.0)
    for range_main, range_sub, weight in ranges:
        if range_main == main and range_sub == sub:
            precision = 2
        elif range_main == main and range_sub == "*":
            precision = 1
        elif range_main == "*":
            precision = 0
        else:
            continue
        if (precision, weight) > best:
            best = (precision, weight)
    return best[1]


def _named(media_type: str, ranges: Sequence[tuple[str, str, float]]) -> bool:
    main, _, sub = media_type.partition("/")
    return any(item[0] == main and item[1] == sub for item in ranges)
