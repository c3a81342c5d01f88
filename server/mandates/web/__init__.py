"""Flask app factory: the endpoint, entities and pages."""

from mandates.web.app import create_app
from mandates.web.settings import Settings

__all__ = ["Settings", "create_app", "serve"]


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop; see ``mandates.web.server``."""
    from mandates.web.server import serve as run

    run(settings)
