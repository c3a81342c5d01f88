"""The overlap method at scale: the statements in ``sql/`` run by DuckDB over the tables of a world.

Holdings that no reason can tell apart form a span, and spans are counted, not holdings. A span
stands on grounds, a subject in a place each; grounds meet once for all that stand on them, and only
then are spans looked up on them, those of comparable functions only. Dates are numbers of moments.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files
from itertools import count, pairwise
from queue import SimpleQueue
from string import Template
from typing import Any, Final, Protocol

import duckdb
import numpy as np
from numpy.typing import NDArray

from mandates.overlap.findings import (
    EVIDENCE_COLUMNS,
    EVIDENCE_LIMIT,
    FINDING_COLUMNS,
    RELATIONS,
    SHARE_COLUMNS,
    Findings,
)
from mandates.overlap.tables import (
    AGREEMENT,
    CONDITIONS,
    EARLIEST,
    NONE,
    OPEN,
    TIES,
    IntArray,
    World,
    seconds,
)
from mandates.overlap.weights import Weights, default_weights

CELL_LEVEL: Final = 2
_FOREVER: Final = (-(2**62), 2**62)
_SETS: Final = {
    "subject": "mandate_subject",
    "excluded": "mandate_excluded",
    "layer": "mandate_layer",
    "territory": "mandate_territory",
    "addressee": "mandate_addressee",
}
# The stages, each with those whose tables it reads; every one comes after those. Of two that could
# run, the first runs first: it has more after it. A stage is a file, or a part of one that is said
# several times.
_STAGES: Final = {
    "10_gathered": (),
    "12_asked": (),
    "11_held": (),
    "20_concepts": (),
    "20_scopes": ("11_held", "12_asked"),
    "21_spans": ("20_scopes",),
    **{f"30_axes/{axis}": ("20_concepts",) for axis in ("territory", "layer", "addressee")},
    "31_stands": ("20_concepts", "21_spans", "30_axes/territory"),
    "31_grounds": ("31_stands",),
    "32_broad": ("20_concepts", "21_spans"),
    "22_active": ("21_spans",),
    "33_fragments": ("20_concepts", "20_scopes"),
    "34_gaps": ("20_concepts", "22_active"),
    "52_clashing": ("10_gathered", "31_stands", "30_axes/layer"),
    "51_related": ("10_gathered", "30_axes/layer", "31_grounds", "32_broad"),
    "40_pairs": ("31_grounds", "30_axes/layer", "30_axes/addressee"),
    "52_barred": ("10_gathered", "31_grounds", "30_axes/layer", "30_axes/addressee"),
    "50_supports": ("10_gathered", "40_pairs"),
    "53_single": ("10_gathered", "22_active", "40_pairs"),
    "60_found/others": ("50_supports", "52_barred", "52_clashing", "53_single"),
    "60_found/related": ("51_related",),
    "61_related": ("60_found/related",),
    "70_exhibits/related": ("61_related",),
    "61_others": ("33_fragments", "34_gaps", "60_found/others"),
    "70_exhibits/others": ("61_others",),
    "71_evidence": ("70_exhibits/others",),
    "72_related": ("70_exhibits/related",),
}
_READ: Final = (
    "holding",
    "instrument",
    "condition",
    "rival",
    "expectation",
    "incompatible",
)
# Rows that DuckDB gives to one thread at a time.
_GROUP: Final = 122_880
_DATES: Final = ("since", "until", "certain_since", "certain_until")

Columns = dict[str, IntArray]
Span = tuple[int, int]


def find_with_duckdb(
    world: World,
    *,
    as_of: datetime | None = None,
    weights: Weights | None = None,
    threads: int | None = None,
    memory_limit: str = "3GB",
) -> Findings:
    """Return every finding of a world.

    Args:
        world: the tables.
        as_of: keep only what is in effect at this moment, and count only that.
        weights: other weights than those that ship with the package.
        threads: how many threads DuckDB may use; all cores if not given.
        memory_limit: DuckDB's own; beyond it, it spills to temporary files. Small worlds that are
            computed at once share it, and what they took stays with the process for the next.

    Raises:
        WorldError: if ``as_of`` has no offset.

    >>> from mandates.overlap.tables import Rows
    >>> len(find_with_duckdb(World.from_rows(Rows())))
    0
    """
    cores = threads or os.cpu_count() or 1
    # DuckDB shares a table out by groups of rows. A world of few groups is better shared out by
    # stages alone, each of which then keeps to one core.
    shared = world.size("holding") > cores * _GROUP
    # The database opens while moments are numbered and closes while findings are read.
    with ThreadPoolExecutor(1) as aside:
        opening = aside.submit(_Database, cores, shared, memory_limit)
        try:
            session = _DuckDB(opening, aside, cores)
            return compute(session, world, as_of, weights or default_weights())
        finally:
            aside.submit(opening.result().close)


class _Database:
    """A database in memory that holds one world, with a cursor for each core.

    Small worlds share an instance of DuckDB, one after the other or at once: to start one and to
    give its memory back takes a twentieth of the time of a world. The memory of a large one is
    worth giving back.
    """

    def __init__(self, cores: int, shared: bool, memory_limit: str) -> None:
        self._kept = not shared
        self._instance = (
            _instance(cores, memory_limit) if shared else _small(os.getpid(), memory_limit)
        )
        self._name = f"world_{next(_numbers)}"
        self._root = self._instance.cursor()
        self._root.execute(f"ATTACH ':memory:' AS {self._name}")
        self._free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        self._cursors = [self._root.cursor() for _ in range(cores)]
        for cursor in self._cursors:
            cursor.execute(f"USE {self._name}")
            self._free.put(cursor)

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor that nobody else has."""
        cursor = self._free.get()
        try:
            yield cursor
        finally:
            self._free.put(cursor)

    def close(self) -> None:
        """Give back what the world took; nobody may have a cursor any more."""
        if not self._cursors:
            return
        while self._cursors:
            self._cursors.pop().close()
        self._root.execute(f"DETACH {self._name}")
        self._root.close()
        if not self._kept:
            self._instance.close()


_numbers: Final = count()


@cache
def _small(process: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    return _instance(1, memory_limit)  # a forked process has one of its own


def _instance(threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "preserve_insertion_order": False,
            "memory_limit": memory_limit,
            "threads": threads,
            # The statements say in which order to join; for most the optimiser would find the same,
            # at some cost, and for some it would pair everybody with everybody.
            "disabled_optimizers": "join_order",
            # Nothing is kept, so there is nothing to tidy up.
            "checkpoint_threshold": "1TB",
        }
    )


@dataclass(frozen=True)
class Step:
    """Statements in the dialect of DuckDB, and the steps whose tables they read."""

    name: str
    statements: str
    needs: tuple[str, ...]


# What is fetched of what was found.
_ASKED: Final = (
    *(
        Step(
            f"finding_{part}",
            "SELECT * EXCLUDE (a, b, part, pieces), a AS actor_a, b AS actor_b "  # noqa: S608
            f"FROM finding_{part} ORDER BY id",
            (f"61_{part}",),
        )
        for part in ("related", "others")
    ),
    Step(
        "share",
        "SELECT f.id AS finding, actor, mandates FROM share s "  # noqa: S608
        f"JOIN finding_others f ON f.relation = {RELATIONS.index('fragmentation')} "
        "AND f.part = s.id ORDER BY finding, actor",
        ("61_others",),
    ),
    *(
        Step(
            f"evidence_{part}",
            f"SELECT * FROM evidence_{part} ORDER BY finding, rank DESC, since",  # noqa: S608
            (stage,),
        )
        for part, stage in (("related", "72_related"), ("others", "71_evidence"))
    ),
)


class Session(Protocol):
    """What the statements need of whatever runs them."""

    def register(self, tables: Mapping[str, Mapping[str, IntArray]]) -> None:
        """Make columns known as tables."""

    def run(self, steps: Iterable[Step], asked: Iterable[Step] = ()) -> dict[str, Columns]:
        """Run steps, each after those that it needs, which come before it.

        Returns:
            The columns of what is asked, by name.
        """


@dataclass
class _DuckDB:
    opening: Future[_Database]
    aside: ThreadPoolExecutor
    cores: int

    def register(self, tables: Mapping[str, Mapping[str, IntArray]]) -> None:
        with ThreadPoolExecutor(self.cores) as pool:
            for done in [pool.submit(self._register, *table) for table in tables.items()]:
                done.result()

    def _register(self, name: str, columns: Mapping[str, IntArray]) -> None:
        given = {column: values.astype(np.int32) for column, values in columns.items()}
        with self.opening.result().cursor() as cursor:
            cursor.register("given", given)
            _execute(cursor, f"CREATE TABLE {name} AS SELECT * FROM given")  # noqa: S608
            cursor.unregister("given")

    def run(self, steps: Iterable[Step], asked: Iterable[Step] = ()) -> dict[str, Columns]:
        wanted = {step.name: step for step in asked}
        by_name = {step.name: step for step in steps} | wanted
        order = TopologicalSorter({step.name: step.needs for step in by_name.values()})
        order.prepare()
        place = {name: number for number, name in enumerate(by_name)}
        ready: list[str] = []
        running: dict[Future[Columns], str] = {}
        found = {}
        with ThreadPoolExecutor(self.cores) as pool:
            while order.is_active():
                ready = sorted([*ready, *order.get_ready()], key=place.__getitem__)
                while ready and len(running) < self.cores:
                    name = ready.pop(0)
                    statements = by_name[name].statements
                    running[pool.submit(self._run, statements, name in wanted)] = name
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(future)
                    order.done(name)
                    found[name] = future.result()
        self.aside.submit(self.opening.result().close)
        return {name: found[name] for name in wanted}

    def _run(self, statements: str, wanted: bool) -> Columns:
        with self.opening.result().cursor() as cursor:
            _execute(cursor, statements)
            return cursor.fetchnumpy() if wanted else {}


# Reading statements takes a tenth of the time of a small world, so they are read once. The values
# in them differ between worlds, so what is kept has an end: some eight worlds' statements.
_parsed: dict[str, list[duckdb.Statement]] = {}


def _execute(cursor: duckdb.DuckDBPyConnection, text: str) -> None:
    statements = _parsed.get(text)
    if statements is None:
        if len(_parsed) > 8 * len(_STAGES):
            _parsed.clear()
        statements = _parsed[text] = cursor.extract_statements(text)
    for statement in statements:
        cursor.execute(statement)


def compute(session: Session, world: World, as_of: datetime | None, weights: Weights) -> Findings:
    """Run all statements in a session and return what they find."""
    phases = _table(("a", "b", "since", "until", "tie", "upper", "linked", "saved"), _phases(world))
    moments = _moments(world, phases)
    values = _values(world, weights, moments, as_of)
    session.register(_given(world, weights, phases, moments))
    steps = (Step(name, _text(name, values), needs) for name, needs in _STAGES.items())
    return _findings(session.run(steps, _ASKED), world, weights, moments)


def _moments(world: World, phases: Columns) -> IntArray:
    """Return all moments at which anything begins or ends, in order.

    The statements know a moment by its place here: small numbers make small tables, and between
    one place and the next nothing changes.
    """
    tables = (*(world.tables[key] for key in _READ), phases)
    dates = (table[column] for table in tables for column in _DATES if column in table)
    # In a fifth of the time that `np.unique` takes, which hashes.
    moments = np.sort(np.concatenate([np.array([EARLIEST, OPEN], np.int64), *dates]))
    fresh = np.ones(len(moments), np.bool_)
    fresh[1:] = moments[1:] != moments[:-1]
    return moments[fresh]


def _values(
    world: World, weights: Weights, moments: IntArray, as_of: datetime | None
) -> dict[str, str]:
    """Return what the statements leave open: weights, codes of relations and the moment."""
    at = None if as_of is None else int(np.searchsorted(moments, seconds(as_of), "right")) - 1

    def live(alias: str = "") -> str:
        return "true" if at is None else f"{alias}since <= {at} AND {at} < {alias}until"

    agreement = (weights.mitigation[kind] for kind in AGREEMENT)
    return {
        **{relation.replace("-", "_"): str(code) for code, relation in enumerate(RELATIONS)},
        **{f"w_{axis}": str(weight) for axis, weight in weights.closeness.items()},
        **{f"lead_{who}": str(weight) for who, weight in weights.lead.items()},
        "agreement": ", ".join(map(str, agreement)),
        "binding": str(weights.force["binding"]),
        "permissive": str(weights.force["permissive"]),
        "unknown": str(weights.unknown),
        "spread": str(weights.spread),
        "fragmentation_weight": str(weights.relation["fragmentation"]),
        "limit": str(EVIDENCE_LIMIT),
        "level": str(CELL_LEVEL),
        "actors": str(len(world.names["actor"])),
        "concepts": str(max(1, len(world.names["concept"]))),
        "earliest": str(np.searchsorted(moments, EARLIEST)),
        "open": str(np.searchsorted(moments, OPEN)),
        "live": live(),
        "live_part": live("p."),
        "live_hole": live("h."),
        "moment": "(until - 1)" if at is None else f"({at})",
    }


def _text(stage: str, values: Mapping[str, str]) -> str:
    """Return the statements of a stage."""
    name, _, part = stage.partition("/")
    text = files("mandates.overlap").joinpath("sql", f"{name}.sql").read_text("utf-8")
    return Template(text).substitute(values, part=part)


# Loading --------------------------------------------------------------------------------------


def _given(
    world: World, weights: Weights, phases: Columns, moments: IntArray
) -> dict[str, Columns]:
    """Return the tables that the statements read."""

    def numbered(columns: Mapping[str, IntArray]) -> Columns:
        done = dict(columns)
        for name in _DATES:
            if name not in columns:
                continue
            # What is certain mostly begins and ends when it begins and ends.
            other = name.removeprefix("certain_")
            fresh = slice(None) if other == name else columns[name] != columns[other]
            done[name] = np.array(done[other])
            done[name][fresh] = np.searchsorted(moments, columns[name][fresh])
        return done

    def described(key: str) -> Columns:
        columns = numbered(world.tables[key])
        if key in world.names:
            columns["id"] = np.arange(len(world.names[key]), dtype=np.int64)
        return columns

    with ThreadPoolExecutor() as pool:
        sets = pool.map(lambda source: _numbered(world, source), _SETS.values())
        given = {key: described(key) for key in (*_READ, "mandate")}
        given["concept_info"], given["ancestor"] = _hierarchy(world)
        given["phase"] = numbered(phases)
        weighed = ((code, weights.relation[relation]) for code, relation in enumerate(RELATIONS))
        given["relation_weight"] = _table(("relation", "weight"), weighed)
        mitigating = ((code, weights.mitigation[kind]) for code, kind in enumerate(CONDITIONS))
        given["condition_weight"] = _table(("kind", "mitigation"), mitigating)
        for axis, (codes, sizes, members) in zip(_SETS, sets, strict=True):
            number = np.arange(len(sizes), dtype=np.int64)
            given["mandate"][f"{axis}_set"] = codes
            given[f"{axis}_set"] = {"id": number, "size": sizes}
            given[f"{axis}_member"] = {"id": np.repeat(number, sizes), "concept": members}
    return given


def _table(columns: tuple[str, ...], rows: Iterable[tuple[int, ...]]) -> Columns:
    data = np.array([*rows], np.int64).reshape(-1, len(columns))
    return {column: np.ascontiguousarray(data[:, i]) for i, column in enumerate(columns)}


def _hierarchy(world: World) -> tuple[Columns, Columns]:
    """Return what is known of each concept, and who stands above whom (or is the same).

    Of each: level, depth, cell, and its kin, a number that all share whom any chain of concepts
    connects. What is not of one kin is not comparable.
    """
    scheme = world.tables["concept"]["scheme"].tolist()
    universal = {
        scheme[code]: code for code in np.flatnonzero(world.tables["concept"]["universal"]).tolist()
    }
    parents: list[list[int]] = [[] for _ in scheme]
    broader = world.tables["broader"]
    for low, high in zip(broader["narrower"].tolist(), broader["wider"].tolist(), strict=True):
        parents[low].append(high)
    above: dict[int, frozenset[int]] = {}
    level: dict[int, int] = {}
    for concept in range(len(scheme)):
        todo = [concept]
        while todo:
            here = todo[-1]
            waiting = [parent for parent in parents[here] if parent not in above]
            if waiting:
                todo += waiting
                continue
            todo.pop()
            top = universal.get(scheme[here])
            above[here] = frozenset({here} if top is None else {here, top}).union(
                *(above[parent] for parent in parents[here])
            )
            level[here] = (
                0 if here == top else 1 + max((level[p] for p in parents[here]), default=0)
            )
    kin = [*range(len(scheme))]
    for concept, uppers in enumerate(parents):
        for upper in (*uppers, universal.get(scheme[concept], concept)):
            low, high = sorted((_root(kin, concept), _root(kin, upper)))
            kin[high] = low
    rows = []
    for concept, own in sorted(level.items()):
        cell = concept
        if own > CELL_LEVEL:
            cell = min(upper for upper in above[concept] if level[upper] == CELL_LEVEL)
        depth = own + (scheme[concept] in universal)
        rows.append((concept, own, depth, cell, _root(kin, concept)))
    pairs = ((low, high) for low, uppers in above.items() for high in uppers)
    info = _table(("id", "level", "depth", "cell", "kin"), rows)
    return info, _table(("lower", "upper"), pairs)


def _root(kin: list[int], concept: int) -> int:
    while kin[concept] != concept:
        concept = kin[concept]
    return concept


def _numbered(world: World, source: str) -> tuple[IntArray, IntArray, IntArray]:
    """Number the distinct sets of concepts that mandates have on an axis.

    Returns the set of each mandate (`NONE` for the unknown), the size of each set, and all members.
    """
    many = len(world.names["mandate"])
    width = len(world.names["concept"]) + 1
    mandate, concept = world.tables[source]["mandate"], world.tables[source]["concept"]
    sizes = np.bincount(mandate, minlength=many)
    starts = np.cumsum(sizes) - sizes
    code = np.full(many, NONE, np.int64)
    empty = np.empty(0, np.int64)
    sizes_of, members = [empty], [empty]
    known = 0
    for size in np.flatnonzero(np.bincount(sizes[sizes > 0])).tolist():
        owners = np.flatnonzero(sizes == size)
        key, kinds = np.zeros(len(owners), np.int64), 1
        for place in range(size):
            value = concept[starts[owners] + place]
            key, kinds = _dense(key * width + value, kinds * width)
        # Written from the last to the first, so that the first stays.
        first = np.empty(kinds, np.int64)
        first[key[::-1]] = starts[owners[::-1]]
        code[owners] = known + key
        known += len(first)
        sizes_of.append(np.full(len(first), size, np.int64))
        members.append(concept[first[:, None] + np.arange(size)].ravel())
    return code, np.concatenate(sizes_of), np.concatenate(members)


def _dense(key: IntArray, bound: int) -> tuple[IntArray, int]:
    """Number the distinct keys, all under a bound, in their order; return also how many."""
    if bound > 8 * len(key) + 1024:
        found, number = np.unique(key, return_inverse=True)
        return number.astype(np.int64), len(found)
    seen = np.zeros(bound, np.bool_)
    seen[key] = True
    number = np.cumsum(seen) - 1
    return number[key], int(number[-1]) + 1


# Actors ---------------------------------------------------------------------------------------


@dataclass
class _Between:
    """What is known of two actors."""

    over: list[tuple[int, Span]]
    hands: list[tuple[int, Span]]
    saves: list[Span]
    linked: bool = False


def _phases(world: World) -> Iterator[tuple[int, ...]]:
    """Cut the time in which anything is held, for each two actors with a tie, where it changes.

    Yields a, b (a before b), since, until, tie (1 oversight, 2 delegation, 0 neither), the upper
    actor of that tie, whether one succeeds the other, and whether a saving stands.
    """
    held = world.tables["holding"]
    if not len(held["since"]):
        return
    first, last = int(held["since"].min()), int(held["until"].max())
    known: dict[tuple[int, int], _Between] = {}

    def between(x: int, y: int) -> _Between:
        return known.setdefault((min(x, y), max(x, y)), _Between([], [], []))

    tie = world.tables["tie"]
    ties = [*zip(*(tie[c].tolist() for c in ("kind", "a", "b", "since", "until")), strict=True)]
    command, line = [], []
    for kind, a, b, since, until in ties:
        match TIES[kind]:
            case "oversees":
                command.append((a, b, (since, until)))
            case "subordinate" | "part-of":
                command.append((b, a, (since, until)))
            case "succeeds":
                line.append((a, b, _FOREVER))
            case "delegates":
                between(a, b).hands.append((a, (since, until)))
    for a, b, time in _closure(command):
        between(a, b).over.append((a, time))
    for a, b, _ in _closure(line):
        between(a, b).linked = True
    saving = world.tables["saving"]
    for a, b, since, until in zip(
        *(saving[c].tolist() for c in ("a", "b", "since", "until")), strict=True
    ):
        between(a, b).saves.append((since, until))
        between(a, b).linked = True
    for (x, y), facts in known.items():
        if x == y:
            continue
        spans = [*(t for _, t in facts.over), *(t for _, t in facts.hands), *facts.saves]
        inner = {edge for span in spans for edge in span if first < edge < last}
        for piece in pairwise([first, *sorted(inner), last]):
            over = [a for a, time in facts.over if _within(piece, time)]
            hands = [a for a, time in facts.hands if _within(piece, time)]
            kind, upper = (1, min(over)) if over else (2, min(hands)) if hands else (0, NONE)
            saved = any(_within(piece, time) for time in facts.saves)
            yield x, y, *piece, kind, upper, facts.linked, saved


def _within(piece: Span, time: Span) -> bool:
    return time[0] <= piece[0] and piece[1] <= time[1]


def _closure(direct: Iterable[tuple[int, int, Span]]) -> set[tuple[int, int, Span]]:
    """Return a relation through any number of steps, for the time in which every step stands."""
    below: dict[int, list[tuple[int, Span]]] = {}
    todo = [*set(direct)]
    for a, b, time in todo:
        below.setdefault(a, []).append((b, time))
    found = set(todo)
    while todo:
        a, b, time = todo.pop()
        for c, next_time in below.get(b, ()):
            both = max(time[0], next_time[0]), min(time[1], next_time[1])
            step = (a, c, both)
            if a != c and both[0] < both[1] and step not in found:
                found.add(step)
                todo.append(step)
    return found


# Findings -------------------------------------------------------------------------------------


def _findings(
    found: Mapping[str, Columns], world: World, weights: Weights, moments: IntArray
) -> Findings:
    # Related assignments follow each other in the order of findings, so these and the others were
    # each numbered on their own. Here they go in their place, before the first that comes later.
    related_code = RELATIONS.index("related-assignment")
    first = int(np.searchsorted(found["finding_others"]["relation"], related_code))
    many = len(found["finding_related"]["relation"])
    # Conditions travel by weight, which names the kind: no two kinds weigh the same. The last place
    # is the one that -1 points to.
    kinds = np.full(1002, NONE, np.int64)
    for code, kind in enumerate(CONDITIONS):
        kinds[weights.mitigation[kind]] = code

    def column(name: str, *parts: NDArray[Any]) -> IntArray:
        values: IntArray = np.concatenate(parts, dtype=np.int64)
        if name in _DATES:
            return moments[values]
        return kinds[values] if name == "mitigation" else values

    def spliced(others: Columns, related: Columns, place: int, names: Iterable[str]) -> Columns:
        return {
            name: column(name, others[name][:place], related[name], others[name][place:])
            for name in names
        }

    others, related = found["evidence_others"], found["evidence_related"]
    place = int(np.searchsorted(others["finding"], first))
    evidence = spliced(others, related, place, EVIDENCE_COLUMNS)
    later = place + len(related["finding"])
    evidence["finding"][place:later] += first
    evidence["finding"][later:] += many
    shares = {name: column(name, found["share"][name]) for name in SHARE_COLUMNS}
    shares["finding"] += many * (shares["finding"] >= first)
    return Findings(
        world=world,
        table=spliced(found["finding_others"], found["finding_related"], first, FINDING_COLUMNS),
        evidence=evidence,
        shares=shares,
    )
