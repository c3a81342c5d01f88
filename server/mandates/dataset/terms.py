"""RDF terms as Python values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pyoxigraph as ox

from mandates.dataset.names import XSD

#: What a term becomes; nothing where a query leaves a variable unbound.
Value = str | int | float | Decimal | bool | date | None


class LanguageString(str):
    """Text of which the language is known; text like any other to whoever does not ask.

    Attributes:
        language: its tag, as ``en`` or ``ur``.

    >>> label = LanguageString("Power", "en")
    >>> label == "Power", label.language
    (True, 'en')
    """

    __slots__ = ("language",)

    language: str

    def __new__(cls, text: str, language: str = "") -> LanguageString:
        """Make it of a text and a language tag."""
        made = super().__new__(cls, text)
        made.language = language
        return made


def _whole(text: str) -> int:
    # Python takes more for a number than XML Schema does: 1_000 and digits of other scripts.
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", text):
        raise ValueError(text)
    return Decimal(text)


_INTEGERS = (
    *("integer", "long", "int", "short", "byte"),
    *("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"),
    *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
)
_READ: dict[str, Callable[[str], Value]] = {
    **dict.fromkeys([XSD + name for name in _INTEGERS], _whole),
    XSD + "decimal": _decimal,
    XSD + "double": float,
    XSD + "float": float,
    XSD + "boolean": {"true": True, "1": True, "false": False, "0": False}.__getitem__,
    XSD + "dateTime": datetime.fromisoformat,
    XSD + "date": date.fromisoformat,
}


def python(term: object) -> Value:
    """Take a term as the Python value that its datatype says.

    Args:
        term: an IRI, a literal, a blank node or a triple; ``None`` where nothing is bound.

    Returns:
        An IRI in full, as plain text; of a literal a number, truth value, date or moment with the
        offset that it is written with, or its text, with its language where it has one. A literal
        that is not as its datatype says, or of a datatype that Python has not, is text.

    >>> python(ox.Literal(5)), python(ox.Literal("0.25", datatype=ox.NamedNode(XSD + "decimal")))
    (5, Decimal('0.25'))
    >>> python(ox.NamedNode("https://example.org/a")), python(None)
    ('https://example.org/a', None)
    >>> day = ox.Literal("2025-01-30T00:00:00Z", datatype=ox.NamedNode(XSD + "dateTime"))
    >>> python(day)
    datetime.datetime(2025, 1, 30, 0, 0, tzinfo=datetime.timezone.utc)
    >>> python(ox.Literal("many", datatype=ox.NamedNode(XSD + "integer")))
    'many'
    """
    if term is None:
        return None
    if isinstance(term, ox.NamedNode):
        return term.value
    if not isinstance(term, ox.Literal):
        return str(term)
    if term.language:
        return LanguageString(term.value, term.language)
    read = _READ.get(term.datatype.value)
    try:
        return read(term.value) if read else term.value
    except (ValueError, KeyError):
        return term.value
