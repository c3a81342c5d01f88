"""The ways a request can fail, as RFC 9457 problem details.

Each kind of problem has an IRI, one status and one explanation; the table is printed in
``docs/operating.md`` and a test keeps the two the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

PROBLEM_BASE = "https://w3id.org/mandates/problem/"


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its status, its short name and what a client can do about it."""

    status: int
    title: str
    advice: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "bad-request": Kind(
            400,
            "The request is not one of the SPARQL 1.1 Protocol",
            "Send exactly one query, in one of the ways of section 2.1 of the protocol.",
        ),
        "syntax-error": Kind(
            400,
            "The query is not valid SPARQL",
            "Mend the query at the line and column given.",
        ),
        "query-failed": Kind(
            400,
            "The query could not be evaluated",
            "Read the detail: the query asks for something that this endpoint does not have.",
        ),
        "query-too-complex": Kind(
            400,
            "The query is nested too deeply",
            "Take out levels of nesting.",
        ),
        "unauthorised": Kind(
            401,
            "That needs a token",
            "Send the right token as a bearer token.",
        ),
        "update-refused": Kind(
            403,
            "The dataset is read-only",
            "Nothing can be changed here; take a dump and change your copy.",
        ),
        "service-refused": Kind(
            403,
            "The query may not call that other endpoint",
            "Query that endpoint yourself and pass its rows in a VALUES block.",
        ),
        "service-failed": Kind(
            502,
            "A server that the query calls gave no proper answer",
            "Try again later, ask for less there, or write SERVICE SILENT to go on without it.",
        ),
        "not-found": Kind(
            404,
            "Nothing is known under that address",
            "See whether one of the near matches was meant.",
        ),
        "method-not-allowed": Kind(
            405,
            "That method is not served here",
            "Use one of the methods named in the Allow header.",
        ),
        "not-acceptable": Kind(
            406,
            "No format that you accept can be written",
            "Accept one of the formats listed, or name it with the format parameter.",
        ),
        "request-too-large": Kind(
            413,
            "The request is larger than allowed",
            "Shorten the query; long lists of values can be sent in several queries.",
        ),
        "result-too-large": Kind(
            413,
            "The answer is larger than allowed",
            "Ask for less with LIMIT, or take a dump. Nothing was sent, so nothing is cut short.",
        ),
        "memory-exceeded": Kind(
            413,
            "The query needs more memory than allowed",
            "Make the query more selective, or leave out ORDER BY and DISTINCT.",
        ),
        "unsupported-media-type": Kind(
            415,
            "That kind of request body is not understood",
            "Send application/sparql-query or application/x-www-form-urlencoded.",
        ),
        "rate-exceeded": Kind(
            429,
            "You have used up your share for now",
            "Wait as long as Retry-After says.",
        ),
        "headers-too-large": Kind(
            431,
            "A header of the request is larger than allowed",
            "Send it shorter, or leave it out.",
        ),
        "internal-error": Kind(
            500,
            "The server made a mistake",
            "Report the query id given; the log of the server has the rest.",
        ),
        "bad-gateway": Kind(
            502,
            "The store behind this endpoint gave no proper answer",
            "Try again later.",
        ),
        "timeout": Kind(
            503,
            "The query took longer than allowed",
            "Make the query more selective. It will fail again as it stands.",
        ),
        "cancelled": Kind(
            503,
            "The operator stopped the query",
            "Ask the operator before you send it again.",
        ),
        "busy": Kind(
            503,
            "Too many queries are waiting",
            "Wait as long as Retry-After says.",
        ),
        "not-ready": Kind(
            503,
            "No dataset is open yet",
            "Wait as long as Retry-After says.",
        ),
    }
)


@dataclass
class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """A failed request: what kind of problem, what exactly, and members of its own.

    Args:
        slug: the last part of the ``type`` IRI, a key of ``KINDS``.
        detail: what is wrong with this request, in a sentence.
        members: extension members of RFC 9457 section 3.2, such as ``line`` or ``limit``.
        headers: response headers that belong to the problem, such as ``Allow``.

    >>> Problem("busy", "32 queries are waiting.", headers={"Retry-After": "2"}).as_json("q1")
    {'type': 'https://w3id.org/mandates/problem/busy', 'title': 'Too many queries are waiting', \
'status': 503, 'detail': '32 queries are waiting.', 'instance': 'urn:mandates:query:q1'}
    """

    slug: str
    detail: str
    members: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.detail)

    @property
    def kind(self) -> Kind:
        """Status, title and advice of this kind of problem."""
        return KINDS[self.slug]

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.kind.status

    def as_json(self, query_id: str = "") -> dict[str, Any]:
        """The members of the ``application/problem+json`` object (RFC 9457, section 3.1)."""
        standard = {
            "type": PROBLEM_BASE + self.slug,
            "title": self.kind.title,
            "status": self.status,
            "detail": self.detail,
        }
        if query_id:
            standard["instance"] = f"urn:mandates:query:{query_id}"
        return standard | self.members
