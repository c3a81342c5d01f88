"""Time against size: the overlap engine and a SPARQL self-join, in one run.

    python benchmarks/overlap.py                      # writes benchmarks/results/overlap.{json,svg}
    python benchmarks/overlap.py --sizes 1000 10000   # smaller, and prints only

Each measurement has a process of its own, so that peak memory is its own. The engine is measured
from tables to findings, evidence included; keys, which are hashes of names, are made when asked
for. It runs several times in its process, as a server or a session would, and the median is told
with the first time, which loads the database's code and asks for memory, and the best: on a machine
that others share the processor is not equally fast all the time. End to end begins with a store
that holds the same world in the published vocabulary, reads the tables from it, finds, and writes
the findings with their keys and evidence as N-Quads; the time that the store took to load the world
from N-Triples is told beside it. The self-join asks for less: pairs of holdings of different actors
at the same time whose functions, subjects and territories are comparable, with the closure of the
hierarchy given; no layers, conditions, ties, grouping or score. It stops at the first size that
takes longer than the limit.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import worlds

RESULTS = Path(__file__).parent / "results"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
END_TO_END_SIZES = SIZES
JOIN_SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
THREADS = 2

SELF_JOIN = """
PREFIX : <urn:bench:>
SELECT (COUNT(*) AS ?pairs) WHERE {
  ?h1 :heldBy ?a1 ; :ofMandate ?m1 ; :since ?s1 ; :until ?u1 .
  ?m1 :function ?f1 ; :subject ?x1 ; :territory ?t1 .
  { ?f1 :above ?f2 } UNION { ?f2 :above ?f1 FILTER(?f1 != ?f2) }
  { ?x1 :above ?x2 } UNION { ?x2 :above ?x1 FILTER(?x1 != ?x2) }
  { ?t1 :above ?t2 } UNION { ?t2 :above ?t1 FILTER(?t1 != ?t2) }
  ?m2 :function ?f2 ; :subject ?x2 ; :territory ?t2 .
  ?h2 :ofMandate ?m2 ; :heldBy ?a2 ; :since ?s2 ; :until ?u2 .
  FILTER(STR(?a1) < STR(?a2) && ?s1 < ?u2 && ?s2 < ?u1)
}
"""


def engine(mandates: int, one_cell: int) -> dict[str, Any]:
    """Measure tables in, findings out."""
    from mandates.overlap.engine import find_with_duckdb

    world = worlds.world(mandates, one_cell=one_cell)
    seconds, cpu_seconds = [], []
    for _ in range(1 if one_cell else 7 if mandates < 1_000_000 else 3):
        begun, cpu = time.perf_counter(), time.process_time()
        findings = find_with_duckdb(world, threads=THREADS)
        seconds.append(time.perf_counter() - begun)
        cpu_seconds.append(time.process_time() - cpu)
    return {
        "seconds": round(median(seconds), 3),
        "first": round(seconds[0], 3),
        "best": round(min(seconds), 3),
        "times": len(seconds),
        "cpu_seconds": round(median(cpu_seconds), 3),
        "holdings": world.size("holding"),
        "findings": len(findings),
        "pairs": int(findings.table["support"].sum()),
    }


def self_join(mandates: int, _: int) -> dict[str, Any]:
    """Measure the self-join alone; loading is not counted."""
    from pyoxigraph import Literal, NamedNode, Quad, Store

    from mandates.overlap.engine import _hierarchy

    world = worlds.world(mandates)
    tables = world.tables

    def node(kind: str, code: int) -> NamedNode:
        return NamedNode(f"urn:bench:{kind}/{code}")

    quads = []

    def say(subject: NamedNode, name: str, value: NamedNode | Literal) -> None:
        quads.append(Quad(subject, NamedNode(f"urn:bench:{name}"), value))

    for code, function in enumerate(tables["mandate"]["function"].tolist()):
        say(node("mandate", code), "function", node("concept", function))
    for axis in ("subject", "territory"):
        table = tables[f"mandate_{axis}"]
        for code, concept in zip(*(table[c].tolist() for c in ("mandate", "concept")), strict=True):
            say(node("mandate", code), axis, node("concept", concept))
    columns = ("mandate", "actor", "since", "until")
    rows = zip(*(tables["holding"][c].tolist() for c in columns), strict=True)
    for code, (mandate, actor, since, until) in enumerate(rows):
        holding = node("holding", code)
        say(holding, "ofMandate", node("mandate", mandate))
        say(holding, "heldBy", node("actor", actor))
        say(holding, "since", Literal(since))
        say(holding, "until", Literal(until))
    _, ancestors = _hierarchy(world)
    for low, high in zip(ancestors["lower"].tolist(), ancestors["upper"].tolist(), strict=True):
        say(node("concept", high), "above", node("concept", low))
    store = Store()
    store.bulk_extend(quads)
    begun = time.perf_counter()
    solutions = store.query(SELF_JOIN)
    pairs = int(next(iter(solutions))["pairs"].value)  # type: ignore[arg-type,call-overload,index,union-attr]
    return {"seconds": round(time.perf_counter() - begun, 3), "pairs": pairs}


def end_to_end(mandates: int, _: int) -> dict[str, Any]:
    """Measure a store in, findings as RDF out, with the time of each part."""
    import pyoxigraph as ox
    import world_graph

    from mandates.analysis.graph import describe, mitigations
    from mandates.analysis.world import read_world
    from mandates.overlap.engine import find_with_duckdb

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "world.nt", Path(folder) / "findings.nq"
        triples = world_graph.write(worlds.world(mandates), source)
        gc.collect()
        marks = [time.perf_counter()]
        cpu = time.process_time()
        store = ox.Store()
        store.load(path=str(source), format=ox.RdfFormat.N_TRIPLES, lenient=True)
        marks.append(time.perf_counter())
        world = read_world(store)
        marks.append(time.perf_counter())
        findings = find_with_duckdb(world, threads=THREADS)
        marks.append(time.perf_counter())
        quads = 0
        with target.open("w", encoding="utf-8") as file:
            for text in describe(findings, {}, mitigations(store)):
                quads += text.count("\n")
                file.write(text)
        marks.append(time.perf_counter())
    parts = ("load the store", "read the tables", "find", "write the findings")
    return {
        "seconds": round(marks[-1] - marks[1], 3),
        "seconds with loading": round(marks[-1] - marks[0], 3),
        "cpu_seconds with loading": round(time.process_time() - cpu, 3),
        "parts": {
            name: round(b - a, 3) for name, (a, b) in zip(parts, pairwise(marks), strict=True)
        },
        "triples": triples,
        "findings": len(findings),
        "quads written": quads,
    }


METHODS = {"engine": engine, "end to end": end_to_end, "self-join": self_join}


def measure(method: str, mandates: int, limit: float, one_cell: int = 0) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, __file__, "--one", method, str(mandates), str(one_cell)]
    result: dict[str, Any] = {"method": method, "mandates": mandates}
    if one_cell:
        result["in one cell"] = one_cell
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=limit)
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        raise
    except subprocess.TimeoutExpired:
        return {**result, "seconds": None, "longer than": limit}
    return {**result, **json.loads(done.stdout)}


def machine() -> dict[str, Any]:
    """Say where the figures come from."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(":")[1].strip() for line in text.splitlines() if "model name" in line]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "threads given to the engine": THREADS,
        "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "load before the run": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: version(name) for name in ("duckdb", "numpy", "pyoxigraph")},
    }


def plot(results: list[dict[str, Any]]) -> str:
    """Draw time against size on logarithmic axes."""
    import vl_convert

    labels = {
        "engine": "engine (DuckDB)",
        "end to end": "store in, findings as RDF out",
        "self-join": "SPARQL self-join (Oxigraph)",
    }
    points = [
        {"mandates": r["mandates"], "seconds": r["seconds"], "method": labels[r["method"]]}
        for r in results
        if r["seconds"] is not None and "in one cell" not in r
    ]
    axes = {
        "x": {
            "field": "mandates",
            "type": "quantitative",
            "scale": {"type": "log"},
            "axis": {"title": "mandates", "format": "~s"},
        },
        "y": {
            "field": "seconds",
            "type": "quantitative",
            "scale": {"type": "log"},
            "axis": {"title": "seconds"},
        },
        "color": {"field": "method", "type": "nominal", "legend": {"title": None}},
        "shape": {"field": "method", "type": "nominal", "legend": None},
    }
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": "Overlaps: time against size",
        "width": 480,
        "height": 320,
        "data": {"values": points},
        "mark": {"type": "line", "point": True},
        "encoding": axes,
    }
    return str(vl_convert.vegalite_to_svg(spec))


def main() -> None:
    """Run everything, print a table, and keep the results of a full run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", help="mandates; nothing is written")
    parser.add_argument("--limit", type=float, default=120, help="seconds a measurement may take")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        method, mandates, one_cell = arguments.one
        result = METHODS[method](int(mandates), int(one_cell))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({**result, "peak memory GB": round(peak, 2)}))
        return
    about = machine()
    results = []
    for size in arguments.sizes or SIZES:
        results.append(measure("engine", size, 10 * arguments.limit))
        print(results[-1], flush=True)
    results.append(measure("engine", 20_000, 10 * arguments.limit, one_cell=10_000))
    print(results[-1], flush=True)
    for size in arguments.sizes or END_TO_END_SIZES:
        results.append(measure("end to end", size, 10 * arguments.limit))
        print(results[-1], flush=True)
    for size in arguments.sizes or JOIN_SIZES:
        results.append(measure("self-join", size, arguments.limit))
        print(results[-1], flush=True)
        if results[-1]["seconds"] is None:
            break
    if not arguments.sizes:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps({"machine": about, "results": results}, indent=1)
        (RESULTS / "overlap.json").write_text(text + "\n", "utf-8")
        (RESULTS / "overlap.svg").write_text(plot(results), "utf-8")


if __name__ == "__main__":
    main()
