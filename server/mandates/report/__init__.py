"""One model of a mandate-overlap report, and the faces it is shown in."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    # A server that draws pictures has no need of what makes and writes reports.
    for part in ("faces", "feed", "making", "model"):
        if name in __all__ and hasattr(module := import_module(f"{__name__}.{part}"), name):
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
