"""Flask app factory: the endpoint, entities and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mandates.web.settings import Settings

if TYPE_CHECKING:
    from mandates.web.app import create_app

__all__ = ["Settings", "create_app", "serve"]


def __getattr__(name: str) -> Any:
    # What the pages need takes longer to import than a server needs to open its dataset.
    if name == "create_app":
        from mandates.web.app import create_app

        return create_app
    raise AttributeError(name)


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop; see ``mandates.web.server``."""
    from mandates.web.server import serve as run

    run(settings)
