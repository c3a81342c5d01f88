"""Who may or must do what in cyberspace, under which words of which law."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pathlib import Path

    from mandates.api import Data


def load(data_dir: str | Path | None = None) -> Data:
    """Open a dataset; see :func:`mandates.api.load`.

    Imported when called, so that the command starts fast.
    """
    from mandates.api import load as run

    return run(data_dir)
