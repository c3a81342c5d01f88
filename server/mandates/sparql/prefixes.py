"""The prefixes that answers are abbreviated with and that advice on errors knows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mandates.dataset import names

BASE = names.BASE

PREFIXES: Mapping[str, str] = MappingProxyType(
    dict(
        sorted(
            (
                names.PREFIXES
                | {
                    "eli": "http://data.europa.eu/eli/ontology#",
                    "foaf": "http://xmlns.com/foaf/0.1/",
                    "org": "http://www.w3.org/ns/org#",
                    "prov": "http://www.w3.org/ns/prov#",
                    "sd": "http://www.w3.org/ns/sparql-service-description#",
                }
            ).items()
        )
    )
)
