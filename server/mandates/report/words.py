"""Numbers with what they count, as sentences have them."""

from __future__ import annotations

from collections.abc import Sequence


def many(number: int, one: str, several: str = "") -> str:
    """Write a number with the word for so many; from five digits on in groups of three.

    Args:
        number: how many.
        one: the word for one.
        several: the word for another number; with an s at the end when absent.

    >>> many(1, "pair meets", "pairs meet"), many(2, "line"), many(258811, "quad")
    ('1 pair meets', '2 lines', '258,811 quads')
    """
    written = f"{number:,}" if number >= 10_000 else str(number)
    return f"{written} {one if number == 1 else several or f'{one}s'}"


def listed(words: Sequence[str], last: str) -> str:
    """Join words as a sentence does.

    >>> listed(["the layer", "the territory", "the addressees"], "or")
    'the layer, the territory or the addressees'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
