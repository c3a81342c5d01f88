"""A kit for the next country: a small working module to begin with, tables to Turtle and back."""

from mandates.kit.country import KitError, new_country
from mandates.kit.table import COLUMNS, Row, TableError, known_concepts, read_table, write_table
from mandates.kit.turtle import from_turtle, to_turtle

__all__ = [
    "COLUMNS",
    "KitError",
    "Row",
    "TableError",
    "from_turtle",
    "known_concepts",
    "new_country",
    "read_table",
    "to_turtle",
    "write_table",
]
