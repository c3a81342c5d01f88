"""Read and check the weights of the score, which stand in ``weights.toml`` beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mandates.overlap.findings import RELATIONS
from mandates.overlap.tables import CONDITIONS


@dataclass(frozen=True)
class Weights:
    """The weights, in parts per thousand; ``weights.toml`` says what each is for."""

    closeness: Mapping[str, int]
    unknown: int
    force: Mapping[str, int]
    lead: Mapping[str, int]
    mitigation: Mapping[str, int]
    spread: int
    relation: Mapping[str, int]

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Read weights from TOML.

        Raises:
            ValueError: if a weight is missing, out of 0 to 1000, or would let a condition raise a
                score.

        >>> Weights.parse("[closeness]")
        Traceback (most recent call last):
        ...
        ValueError: weights: [closeness] must have exactly addressee, function, layer, subject, \
territory
        """
        data = tomllib.loads(text)
        sections: dict[str, set[str]] = {
            "closeness": {"function", "subject", "layer", "territory", "addressee"},
            "unknown": {"similarity"},
            "force": {"binding", "permissive"},
            "lead": {"both", "one", "none"},
            "mitigation": set(CONDITIONS),
            "breadth": {"spread"},
            "relation": set(RELATIONS),
        }
        for section, wanted in sections.items():
            given: dict[str, Any] = data.get(section, {})
            if set(given) != wanted:
                names = ", ".join(sorted(wanted))
                raise ValueError(f"weights: [{section}] must have exactly {names}")
            for name, value in given.items():
                if not isinstance(value, int) or not 0 <= value <= 1000:
                    raise ValueError(f"weights: {section}.{name} is not a whole number up to 1000")
        if sum(data["closeness"].values()) != 1000:
            raise ValueError("weights: [closeness] must sum to 1000")
        if len({*data["mitigation"].values()}) < len(CONDITIONS):
            raise ValueError("weights: no two conditions may weigh the same")
        relation = data["relation"]
        if relation["coordinated-overlap"] > min(relation["overlap"], relation["duplication"]):
            raise ValueError("weights: a condition must not raise a score")
        if relation["concurrence-required"] or relation["interacting-assignment"]:
            raise ValueError("weights: a condition must not make a score")
        return cls(
            closeness=data["closeness"],
            unknown=data["unknown"]["similarity"],
            force=data["force"],
            lead=data["lead"],
            mitigation=data["mitigation"],
            spread=data["breadth"]["spread"],
            relation=relation,
        )


@cache
def default_weights() -> Weights:
    """Return the weights that ship with the package.

    >>> default_weights().mitigation["Concurrence"]
    850
    """
    return Weights.parse(files("mandates.overlap").joinpath("weights.toml").read_text("utf-8"))
