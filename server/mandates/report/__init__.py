"""One model of a mandate-overlap report, and the faces it is shown in."""

from mandates.report.faces import FACES, MissingExtraError, render
from mandates.report.feed import schedule_text
from mandates.report.making import (
    Scope,
    make_comparison,
    make_counterfactual,
    make_report,
    make_what_if,
)
from mandates.report.model import Report

__all__ = [
    "FACES",
    "MissingExtraError",
    "Report",
    "Scope",
    "make_comparison",
    "make_counterfactual",
    "make_report",
    "make_what_if",
    "render",
    "schedule_text",
]
