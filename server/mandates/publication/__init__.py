"""What is handed on: a site of plain files, and a release in one folder."""

from mandates.publication.release import ReleaseError, make_release
from mandates.publication.site import ExportError, export_site

__all__ = ["ExportError", "ReleaseError", "export_site", "make_release"]
