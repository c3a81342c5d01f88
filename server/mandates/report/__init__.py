"""One model of a mandate-overlap report, and the faces it is shown in."""

from mandates.report.faces import FACES, render
from mandates.report.model import Report, make_report

__all__ = ["FACES", "Report", "make_report", "render"]
