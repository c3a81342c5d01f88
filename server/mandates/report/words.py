"""Numbers with what they count, as sentences have them."""

from __future__ import annotations


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
