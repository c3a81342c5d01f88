"""Synthetic worlds for measuring the overlap engine: the shapes of real ones, none of their facts.

A world has legal orders of about 5,000 mandates each. In each, institutions of very different
sizes (Zipf) administer instruments of their own; an institution keeps to a few branches of subjects
and of functions, with now and then a mandate far from home. Most mandates speak of one subject on
the third or fourth level, some of a whole branch; a fifth leave an axis unknown. One mandate in
twenty is vested in a role that has passed from one institution to another; some conditions and ties
between institutions stand as they do in the record of a real country.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mandates.overlap.tables import CONDITIONS, EARLIEST, NONE, OPEN, SCHEMES, TIES, IntArray, World

YEAR = 31_557_600
MANDATES_PER_ORDER = 5_000


@dataclass
class _Scheme:
    """The concepts of one axis, coded from ``first``."""

    names: list[str]
    parents: list[int | None]
    levels: list[int]
    universal: bool


def _tree(axis: str, branching: Sequence[int], *, universal: bool) -> _Scheme:
    """Return a tree with so many children on each level."""
    names, parents, levels = [], [], []
    level: list[tuple[str, int | None]] = [(axis, None)]
    if universal:
        names, parents, levels = [f"{axis}/any"], [None], [0]
    for depth, width in enumerate(branching, start=1):
        below = []
        for name, parent in level:
            for child in range(width):
                below.append((f"{name}/{child:02d}", len(names)))
                names.append(f"{name}/{child:02d}")
                parents.append(parent)
                levels.append(depth)
        level = [(name, code) for name, code in below]
    return _Scheme(names, parents, levels, universal)


def _zipf(rng: np.random.Generator, size: int, count: int, power: float = 1.0) -> IntArray:
    """Draw ``count`` numbers under ``size``, the small ones most often."""
    weight = 1 / np.arange(1, size + 1) ** power
    return rng.choice(size, count, p=weight / weight.sum()).astype(np.int64)


def _names(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number:08d}" for number in range(count))


def world(mandates: int, *, seed: int = 1, one_cell: int = 0) -> World:
    """Return a synthetic world.

    Args:
        mandates: how many mandates.
        seed: the same seed gives the same world.
        one_cell: how many of the mandates to put on one function and one subject in one order.
    """
    rng = np.random.default_rng(seed)
    orders = max(1, mandates // MANDATES_PER_ORDER)
    schemes = {
        "function": _tree("function", (8, 4, 3), universal=False),
        "subject": _tree("subject", (8, 6, 5, 3), universal=False),
        "layer": _tree("layer", (3, 4), universal=True),
        "territory": _tree("territory", (orders, 5), universal=True),
        "addressee": _tree("addressee", (6, 4), universal=True),
    }
    offset, concept_names, broader, scheme_of, universal = {}, [], [], [], []
    for axis in sorted(schemes):
        tree = schemes[axis]
        offset[axis] = len(concept_names)
        order = np.argsort(tree.names)
        position = np.empty(len(order), np.int64)
        position[order] = np.arange(len(order)) + offset[axis]
        concept_names += [tree.names[i] for i in order]
        scheme_of += [SCHEMES.index(axis)] * len(order)
        universal += [int(tree.universal and tree.levels[i] == 0) for i in order]
        broader += [
            (int(position[child]), int(position[parent]))
            for child, parent in enumerate(tree.parents)
            if parent is not None
        ]
        tree.names = [tree.names[i] for i in order]
        tree.levels = [tree.levels[i] for i in order]
    by_level = {
        axis: [
            np.flatnonzero(np.array(tree.levels) == level) + offset[axis]
            for level in range(max(tree.levels) + 1)
        ]
        for axis, tree in schemes.items()
    }

    per_order = 60
    actors = orders * per_order
    order_of_mandate = np.sort(rng.integers(0, orders, mandates))
    order_of_mandate[:one_cell] = 0
    actor = order_of_mandate * per_order + _zipf(rng, per_order, mandates, 0.8)

    # Homes: three branches (level 2) of subjects and three of functions for each institution.
    homes = {
        axis: np.stack([_zipf(rng, len(by_level[axis][2]), actors, 0.5) for _ in range(3)], axis=1)
        for axis in ("subject", "function")
    }

    def near_home(axis: str, holders: IntArray) -> IntArray:
        """Draw a concept below a home branch, now and then the branch, a top or far away."""
        count = len(holders)
        branches = by_level[axis][2]
        branch = homes[axis][holders, _zipf(rng, 3, count)]
        far = rng.random(count) < 0.1
        branch = np.where(far, rng.integers(0, len(branches), count), branch)
        chosen = branches[branch]
        for level in range(3, len(by_level[axis])):
            concepts = by_level[axis][level]
            width = len(concepts) // len(by_level[axis][2])
            deeper = branch * width + _zipf(rng, width, count, 0.7)
            chosen = np.where(rng.random(count) < 0.7, concepts[deeper], chosen)
        tops = by_level[axis][1]
        top = tops[branch * len(tops) // len(branches)]
        return np.where(rng.random(count) < 0.02, top, chosen)

    function = near_home("function", actor)
    crowd = np.flatnonzero(order_of_mandate == 0)[:one_cell]
    function[crowd] = by_level["function"][2][0]

    def repeated(each: Sequence[float]) -> IntArray:
        """Return mandates, each as often as it has values on an axis."""
        return np.repeat(np.arange(mandates), rng.choice(len(each), mandates, p=each))

    owner = repeated((0.01, 0.74, 0.2, 0.05))
    owner = owner[~np.isin(owner, crowd)]
    subject = _distinct(
        np.concatenate([owner, crowd]),
        np.concatenate(
            [near_home("subject", actor[owner]), np.full(len(crowd), by_level["subject"][2][0])]
        ),
    )
    owner = np.flatnonzero(rng.random(mandates) < 0.02)
    excluded = _distinct(owner, rng.choice(by_level["subject"][3], len(owner)))
    owner = repeated((0.1, 0.7, 0.2))
    layers = np.concatenate(by_level["layer"])
    layer = _distinct(owner, layers[rng.integers(0, len(layers), len(owner))])
    owner = np.flatnonzero(rng.random(mandates) < 0.9)
    whole = by_level["territory"][1][order_of_mandate[owner]]
    part = by_level["territory"][2][order_of_mandate[owner] * 5 + rng.integers(0, 5, len(owner))]
    territory = _distinct(owner, np.where(rng.random(len(owner)) < 0.85, whole, part))
    owner = repeated((0.1, 0.7, 0.2))
    groups = np.concatenate(by_level["addressee"])
    addressee = _distinct(owner, groups[_zipf(rng, len(groups), len(owner), 0.8)])

    instruments = actors * 6
    instrument = actor * 6 + _zipf(rng, 6, mandates)
    begun = rng.integers(0, 50, instruments) * YEAR
    ended = np.where(
        rng.random(instruments) < 0.1, begun + rng.integers(5, 20, instruments) * YEAR, OPEN
    )

    # Holdings: nearly all as long as the instrument; a role may pass on, sometimes with an overlap.
    since = begun[instrument]
    until = np.where(rng.random(mandates) < 0.97, ended[instrument], OPEN)
    passed = np.flatnonzero(rng.random(mandates) < 0.05)
    handover = since[passed] + rng.integers(2, 6, len(passed)) * YEAR
    lasts = handover < until[passed]
    passed, handover = passed[lasts], handover[lasts]
    successor = (actor[passed] // per_order) * per_order + (actor[passed] + 1) % per_order
    later = until[passed].copy()
    until[passed] = handover + np.where(rng.random(len(passed)) < 0.2, YEAR // 2, 0)
    holding_mandate = np.concatenate([np.arange(mandates), passed])
    count = len(holding_mandate)
    holding_since = np.concatenate([since, handover])
    holding_until = np.concatenate([until, np.maximum(later, handover + 1)])
    doubtful = rng.random(count) < 0.03
    reading = np.where(rng.random(count) < 0.01, rng.integers(0, 2, count), NONE)

    asked = np.flatnonzero(rng.random(mandates) < 0.08)
    neighbour = (actor[asked] // per_order) * per_order + _zipf(rng, per_order, len(asked), 0.8)
    ministry = np.arange(orders).repeat(per_order // 2) * per_order
    organ = ministry + np.tile(np.arange(per_order // 2), orders) * 2 + 1
    successions = np.arange(orders) * per_order

    tables: dict[str, dict[str, IntArray]] = {
        "concept": {"scheme": np.array(scheme_of), "universal": np.array(universal)},
        "broader": _columns(("narrower", "wider"), broader),
        "mandate": {
            "force": rng.choice(4, mandates, p=(0.5, 0.35, 0.05, 0.1)),
            "function": function,
            "leading": (rng.random(mandates) < 0.8).astype(np.int64),
            "exclusive": (rng.random(mandates) < 0.01).astype(np.int64),
            "sunset": (rng.random(mandates) < 0.05).astype(np.int64),
            "instrument": instrument,
            "polity": order_of_mandate,
        },
        "mandate_subject": subject,
        "mandate_excluded": excluded,
        "mandate_layer": layer,
        "mandate_territory": territory,
        "mandate_addressee": addressee,
        "holding": {
            "mandate": holding_mandate,
            "actor": np.concatenate([actor, successor]),
            "since": holding_since,
            "until": holding_until,
            "certain_since": np.where(doubtful, holding_until, holding_since),
            "certain_until": holding_until,
            "status": rng.choice(4, count, p=(0.2, 0.02, 0.01, 0.77)),
            "reading": reading,
        },
        "rival": {"a": np.array([0]), "b": np.array([1])},
        "condition": {
            "mandate": asked,
            "kind": rng.integers(0, len(CONDITIONS), len(asked)),
            "counterpart": neighbour,
            "since": np.full(len(asked), EARLIEST),
            "until": np.full(len(asked), OPEN),
            "certain_since": np.full(len(asked), EARLIEST),
            "certain_until": np.full(len(asked), OPEN),
        },
        "tie": {
            "kind": np.concatenate(
                [
                    np.full(len(organ), TIES.index("part-of")),
                    np.full(orders, TIES.index("succeeds")),
                ]
            ),
            "a": np.concatenate([organ, successions + 4]),
            "b": np.concatenate([ministry, successions + 2]),
            "since": np.full(len(organ) + orders, EARLIEST),
            "until": np.full(len(organ) + orders, OPEN),
        },
        "instrument": {"since": begun, "until": ended},
        "expectation": {
            "function": np.tile(by_level["function"][2], orders),
            "subject": rng.choice(by_level["subject"][2], orders * len(by_level["function"][2])),
            "polity": np.arange(orders).repeat(len(by_level["function"][2])),
            "since": np.full(orders * len(by_level["function"][2]), 0),
            "until": np.full(orders * len(by_level["function"][2]), OPEN),
        },
        "incompatible": {
            "a": by_level["function"][1][:1],
            "b": by_level["function"][1][-1:],
        },
    }
    names = {
        "concept": tuple(concept_names),
        "actor": _names("actor/", actors),
        "mandate": _names("mandate/", mandates),
        "holding": _names("holding/", count),
        "instrument": _names("instrument/", instruments),
        "reading": ("literal", "practice"),
        "polity": _names("order/", orders),
    }
    return World(names, tables)


_Pairs = dict[str, IntArray]


def _columns(names: tuple[str, ...], rows: Sequence[tuple[int, ...]]) -> _Pairs:
    data: NDArray[np.int64] = np.array(rows, np.int64).reshape(-1, len(names))
    return {name: data[:, i] for i, name in enumerate(names)}


def _distinct(mandate: IntArray, concept: IntArray) -> _Pairs:
    pairs = np.unique(mandate * 1_000_000 + concept)
    return {"mandate": pairs // 1_000_000, "concept": pairs % 1_000_000}
