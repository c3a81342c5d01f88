"""Who may do what only some may: bearer tokens (RFC 6750)."""

from __future__ import annotations

import hmac

from mandates.sparql.problems import Problem


def require(token: str, authorization: str | None) -> None:
    """See that a request has the token.

    Args:
        token: the right one, not empty.
        authorization: the header of that name.

    Raises:
        Problem: ``unauthorised``.

    >>> require("open sesame", "bearer open sesame")
    >>> require("open sesame", "Bearer open")
    Traceback (most recent call last):
        ...
    mandates.sparql.problems.Problem: The token is missing or wrong.
    """
    scheme, _, given = (authorization or "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise Problem(
            "unauthorised", "The token is missing or wrong.", headers={"WWW-Authenticate": "Bearer"}
        )
