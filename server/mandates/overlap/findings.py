"""The output of the overlap method: findings as columns, and one at a time as `Finding`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from mandates.overlap.tables import CONDITIONS, NONE, IntArray, World, moment

Relation = Literal[
    "duplication",
    "overlap",
    "coordinated-overlap",
    "overlap-by-designation",
    "unsaved-overlap",
    "transition",
    "succession",
    "contested-holding",
    "oversight",
    "delegation",
    "related-assignment",
    "interacting-assignment",
    "concurrence-required",
    "conflict-of-exclusivity",
    "conflict-of-force",
    "conflict-of-functions",
    "fragmentation",
    "gap",
    "orphan",
    "sunset-coverage",
    "unplaced",
]

RELATIONS: Final[tuple[Relation, ...]] = (
    "duplication",
    "overlap",
    "coordinated-overlap",
    "overlap-by-designation",
    "unsaved-overlap",
    "transition",
    "succession",
    "contested-holding",
    "oversight",
    "delegation",
    "related-assignment",
    "interacting-assignment",
    "concurrence-required",
    "conflict-of-exclusivity",
    "conflict-of-force",
    "conflict-of-functions",
    "fragmentation",
    "gap",
    "orphan",
    "sunset-coverage",
    "unplaced",
)

Shape = Literal["full", "contains", "within", "partial"]
SHAPES: Final[tuple[Shape, ...]] = ("full", "contains", "within", "partial")

EVIDENCE_LIMIT: Final = 5
"""How many kinds of supporting pair a finding lists; `Finding.support` counts all of them."""

#: The columns of the finding table. Codes as in `World`; `NONE` where a finding has no such value.
FINDING_COLUMNS: Final[dict[str, str]] = {
    "relation": "position in `RELATIONS`",
    "actor_a": "the first actor: the overseer, delegator, predecessor, bearer of a condition; "
    "else the first by name; NONE where the finding is about a cell",
    "actor_b": "the second actor, or NONE",
    "function_cell": "function cell, NONE if the finding spans functions",
    "subject_cell": "subject cell, NONE if the finding spans subjects",
    "polity": "legal order, for findings about a cell",
    "since": "start of the maximal interval",
    "until": "its end, `OPEN` if open",
    "support": "number of supporting pairs (or holdings, for findings about one actor or a cell)",
    "certain_support": "how many of them are certain",
    "certain": "flag: the finding is certain, not only possible",
    "certain_since": "start of the hull of the certain support; equals certain_until if there is "
    "none",
    "certain_until": "its end",
    "score": "contention, 0 to 100",
    "points": "of the strongest supporting pair, in parts per thousand",
    "spread": "how many pairs the breadth of the score counts: the whole overlap family of the "
    "two actors in the cell",
    "figure": "index of a fragmentation or share of a sunset coverage in parts per thousand, NONE "
    "where no sunset is known or denied; for a gap 1 if narrower mandates lie within it; "
    "NONE elsewhere",
}

#: The columns of the evidence table, strongest first within a finding.
EVIDENCE_COLUMNS: Final[dict[str, str]] = {
    "finding": "row of the finding table",
    "holding_a": "a holding of the first actor",
    "holding_b": "a holding of the second actor, or NONE",
    "alike": "how many pairs this one stands for: same scopes, same dates",
    "since": "start of the time both are held and the relation stands",
    "until": "its end",
    "certain": "flag: nothing about this pair is in doubt",
    "subject_a": "the subject of the first mandate that met",
    "subject_b": "the subject of the second mandate that met",
    "function_similarity": "parts per thousand; NONE where the relation does not look at it",
    "subject_similarity": "the same, on this axis",
    "layer_similarity": "the same, on this axis",
    "territory_similarity": "the same, on this axis",
    "addressee_similarity": "the same, on this axis",
    "shape": "position in `SHAPES`, NONE where scopes are not compared",
    "mitigation": "position in `CONDITIONS` of the strongest condition between the two, or NONE",
    "points": "parts per thousand",
}

#: Who holds how much of a fragmented subject.
SHARE_COLUMNS: Final[dict[str, str]] = {
    "finding": "row of the finding table",
    "actor": "an actor with a share",
    "mandates": "how many mandates it holds there",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A supporting pair of holdings, or one holding, and the exact reason."""

    holding_a: str
    holding_b: str | None
    alike: int
    since: datetime
    until: datetime | None
    certain: bool
    subject_a: str | None
    subject_b: str | None
    similarity: Mapping[str, int]
    shape: Shape | None
    mitigation: str | None
    points: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One grouped finding; see `FINDING_COLUMNS` for what each value means."""

    key: str
    relation: Relation
    actors: tuple[str, ...]
    function_cell: str | None
    subject_cell: str | None
    polity: str | None
    since: datetime
    until: datetime | None
    support: int
    certain_support: int
    certain: bool
    certain_since: datetime | None
    certain_until: datetime | None
    score: int
    points: int
    spread: int
    figure: int | None
    shares: Mapping[str, int]
    evidence: tuple[Evidence, ...]


def finding_key(
    relation: str,
    actors: tuple[str | None, str | None],
    function_cell: str | None,
    subject_cell: str | None,
    polity: str | None,
    since: int,
) -> str:
    """Return the name of a finding: 20 hexadecimal digits that depend on nothing but the names.

    The SHA-256 of seven lines: relation, two actors, function cell, subject cell, polity (``-`` for
    none) and the start in seconds since 1970-01-01T00:00:00Z.

    >>> finding_key("overlap", ("fia", "nccia"), "investigate", "fraud", None, 0)
    '941b7ba8763f92dcdf25'
    """
    lines = (relation, *actors, function_cell, subject_cell, polity, str(since))
    text = "\n".join("-" if line is None else line for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Findings:
    """All findings of a world, as columns in a fixed order.

    The order is by relation, actors, function cell, subject cell, polity and start.

    Args:
        world: where the codes come from.
        table: `FINDING_COLUMNS`.
        evidence: `EVIDENCE_COLUMNS`, sorted by finding.
        shares: `SHARE_COLUMNS`, sorted by finding and actor.
    """

    world: World
    table: Mapping[str, IntArray]
    evidence: Mapping[str, IntArray]
    shares: Mapping[str, IntArray]

    def __len__(self) -> int:
        return len(self.table["relation"])

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """`finding_key` of each finding, made when first asked for."""
        actor, concept, polity = (self.world.names[kind] for kind in ("actor", "concept", "polity"))
        columns = (
            self.table[column].tolist()
            for column in (
                "relation",
                "actor_a",
                "actor_b",
                "function_cell",
                "subject_cell",
                "polity",
                "since",
            )
        )
        return tuple(
            finding_key(
                RELATIONS[relation],
                (_name(actor, a), _name(actor, b)),
                _name(concept, function),
                _name(concept, subject),
                _name(polity, order),
                since,
            )
            for relation, a, b, function, subject, order, since in zip(*columns, strict=True)
        )

    def rows(self) -> Iterator[Finding]:
        """Yield each finding with its evidence.

        >>> from mandates.overlap import find
        >>> from mandates.overlap.tables import Rows, World
        >>> list(find(World.from_rows(Rows())).rows())
        []
        """
        names = self.world.names
        evidence = _slices(self.evidence["finding"], len(self))
        shares = _slices(self.shares["finding"], len(self))
        columns = [self.table[column].tolist() for column in FINDING_COLUMNS]
        for row, (key, values) in enumerate(
            zip(self.keys, zip(*columns, strict=True), strict=True)
        ):
            value = dict(zip(FINDING_COLUMNS, values, strict=True))
            actors = tuple(
                names["actor"][code] for code in (value["actor_a"], value["actor_b"]) if code >= 0
            )
            share = {
                names["actor"][int(self.shares["actor"][i])]: int(self.shares["mandates"][i])
                for i in range(*shares[row])
            }
            since = moment(value["since"])
            assert since is not None
            some = value["certain_since"] < value["certain_until"]
            yield Finding(
                key=key,
                relation=RELATIONS[value["relation"]],
                actors=actors or tuple(share),
                function_cell=_name(names["concept"], value["function_cell"]),
                subject_cell=_name(names["concept"], value["subject_cell"]),
                polity=_name(names["polity"], value["polity"]),
                since=since,
                until=moment(value["until"]),
                support=value["support"],
                certain_support=value["certain_support"],
                certain=bool(value["certain"]),
                certain_since=moment(value["certain_since"]) if some else None,
                certain_until=moment(value["certain_until"]) if some else None,
                score=value["score"],
                points=value["points"],
                spread=value["spread"],
                figure=None if value["figure"] == NONE else value["figure"],
                shares=share,
                evidence=tuple(self._exhibit(i) for i in range(*evidence[row])),
            )

    def _exhibit(self, row: int) -> Evidence:
        names = self.world.names
        value = {column: int(self.evidence[column][row]) for column in EVIDENCE_COLUMNS}
        since = moment(value["since"])
        assert since is not None
        return Evidence(
            holding_a=names["holding"][value["holding_a"]],
            holding_b=_name(names["holding"], value["holding_b"]),
            alike=value["alike"],
            since=since,
            until=moment(value["until"]),
            certain=bool(value["certain"]),
            subject_a=_name(names["concept"], value["subject_a"]),
            subject_b=_name(names["concept"], value["subject_b"]),
            similarity={
                axis: value[f"{axis}_similarity"]
                for axis in ("function", "subject", "layer", "territory", "addressee")
                if value[f"{axis}_similarity"] != NONE
            },
            shape=None if value["shape"] == NONE else SHAPES[value["shape"]],
            mitigation=None if value["mitigation"] == NONE else CONDITIONS[value["mitigation"]],
            points=value["points"],
        )


def _name(names: tuple[str, ...], code: int) -> str | None:
    return None if code == NONE else names[code]


def _slices(owner: NDArray[np.int64], count: int) -> list[tuple[int, int]]:
    edges = np.searchsorted(owner, np.arange(count + 1))
    return [(a, b) for a, b in pairwise(edges.tolist())]
