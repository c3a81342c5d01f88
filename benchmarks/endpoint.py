"""The endpoint beside other SPARQL servers, in one run.

    make bench                                            # writes benchmarks/results/
    python benchmarks/endpoint.py --only mix --rounds 1   # a part, printed only

Twenty queries of everyday use (``benchmarks/mix``) go to each server in turn, so that what else
the machine does strikes all of them alike. ``first`` asks each time a query never seen before, by
a comment at its end; ``again`` repeats the same one, which this project's server answers from what
it kept. The load comes from wrk (Debian's package). All servers hold the same triples; this
project's holds the named graphs as well, and runs with its limits on, as it is shipped.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import servers
from servers import ACCEPT, Server, running

HERE = Path(__file__).parent
RESULTS = HERE / "results"
TIMES = 100
TIMEOUT = 30
# Seconds that a server has for its first answer to a query; who takes longer is not asked again.
PATIENCE = 15
LEVELS = {"light load": 2, "heavy load": 16}
SECONDS = {"light": 1, "medium": 1, "heavy": 2}
LONGEST = 8.0
CORES = os.cpu_count() or 1
_ENTITY = b"<https://w3id.org/mandates/id/"
_FINDING = _ENTITY + b"finding/"
_GRAPH = re.compile(rb" <https://w3id.org/mandates/graph/[^>]*> \.\n")


@dataclass(frozen=True)
class Query:
    """One of the mix: its name, text, weight and format."""

    name: str
    text: str
    weight: str
    form: str


def mix() -> list[Query]:
    """The queries, from their files."""
    found = []
    for path in sorted((HERE / "mix").glob("*.rq")):
        text = path.read_text("utf-8")
        header = dict(re.findall(r"^#\+ (\w+): (\w+)$", text, re.MULTILINE))
        body = "".join(line for line in text.splitlines(True) if not line.startswith("#+"))
        found.append(Query(path.stem, body.strip(), header["weight"], header["format"]))
    return found


def many_times(data_dir: Path, times: int, target: Path) -> int:
    """Write a snapshot of a world so many times the record; the quads in it.

    Every institution, mandate, holding, provision and piece of evidence comes so many times under
    names of its own; ontology, schemes and findings once.
    """
    import hashlib

    source = (data_dir / "current" / "dataset.nq").read_bytes()
    copied = b"".join(
        line
        for line in source.splitlines(True)
        if line.startswith(_ENTITY) and not line.startswith(_FINDING)
    )
    manifest = json.loads((data_dir / "current" / "snapshot.json").read_bytes())
    folder = target / "world"
    folder.mkdir(parents=True)
    digest = hashlib.sha256()
    quads = 0
    with (folder / "dataset.nq").open("wb") as file:
        for number in range(times):
            part = source
            if number:
                part = copied.replace(_ENTITY, _ENTITY + b"copy-%d/" % number)
            file.write(part)
            digest.update(part)
            quads += part.count(b"\n")
    manifest |= {"quads": quads, "version": digest.hexdigest()[:16]}
    (folder / "snapshot.json").write_text(json.dumps(manifest))
    (target / "current").symlink_to("world")
    return quads


def union(data_dir: Path, target: Path) -> None:
    """Write the triples of a snapshot without their graphs, for the other servers."""
    with (data_dir / "current" / "dataset.nq").open("rb") as source, target.open("wb") as file:
        while piece := source.readlines(64 << 20):
            file.write(_GRAPH.sub(b" .\n", b"".join(piece)))


def wrk(
    server: Server, query: Query, connections: int, seconds: float, fresh: bool = True
) -> dict[str, Any]:
    """Ask one query on so many connections for so long."""
    host = server.endpoint.split("/")[2]
    command = [
        *("wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "120s"),
        *("-s", str(HERE / "load.lua"), f"http://{host}/", "--"),
        *(server.address(query.text), ACCEPT[query.form], "fresh" if fresh else "same"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 180)
    seen: dict[str, Any] = json.loads(done.stdout.rsplit("\n{", 1)[1].join(("{", "")))
    answered = seen["requests"] - seen["refused"]
    if answered >= 100:
        rate = answered / seen["seconds"]
    else:
        # A few that were not finished at the end would count for nothing; in a closed loop the
        # mean time tells the rate as well.
        rate = connections / seen["mean"] if answered > 0 and seen["mean"] else 0.0
    return {"rate": round(rate, 2), **seen}


def rows_of(body: bytes, form: str) -> int:
    """How many rows or triples an answer has."""
    if form == "json":
        answer = json.loads(body)
        return len(answer["results"]["bindings"]) if "results" in answer else 1
    lines = len([line for line in body.splitlines() if line.strip()])
    return lines - (form == "csv")


@dataclass(frozen=True)
class Contender:
    """A column of the results: a server, and whether the same query comes again."""

    server: Server
    fresh: bool = True
    light_only: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return self.server.name if self.fresh else f"{self.server.name}, again"


def measure_mix(
    contenders: list[Contender], rounds: int, levels: dict[str, int], stretch: float = 1
) -> list[dict[str, Any]]:
    """Ask all queries of all servers at all loads, in turn."""
    results: list[dict[str, Any]] = []
    patience: dict[tuple[str, str], float] = {}
    silent: set[tuple[str, str]] = set()
    for query in mix():
        for contender in contenders:
            if (contender.server.name, query.name) in silent or not contender.server.process:
                silent.add((contender.server.name, query.name))
                continue
            started = time.perf_counter()
            try:
                status, body = contender.server.fetch(query.text, query.form, PATIENCE)
            except OSError:
                status, body = 0, b""
                if contender.server.bounded:
                    contender.server.settle()
                else:  # it may go on computing for nobody
                    contender.server.restart()
            took = time.perf_counter() - started
            patience[contender.name, query.name] = took
            facts = {"query": query.name, "server": contender.name, "status": status}
            if status != 200:
                silent.add((contender.server.name, query.name))
            else:
                facts |= {"rows": rows_of(body, query.form), "bytes": len(body)}
            results.append({"kind": "answer", **facts, "seconds": round(took, 4)})
    for _ in range(rounds):
        for query in mix():
            for level, connections in levels.items():
                for contender in contenders:
                    if contender.light_only and connections > 2:
                        continue
                    gone = contender.server.process is None
                    if gone or (contender.server.name, query.name) in silent:
                        facts = {"query": query.name, "load": level, "server": contender.name}
                        results.append(
                            {"kind": "rate", "weight": query.weight, **facts, "rate": 0.0}
                        )
                        continue
                    took = patience[contender.name, query.name]
                    # As many as there are processors are answered at once, and no more.
                    enough = 1.5 * took * max(2, connections / CORES)
                    seconds = max(SECONDS[query.weight], min(LONGEST, enough)) * stretch
                    try:
                        seen = wrk(contender.server, query, connections, seconds, contender.fresh)
                    except (IndexError, json.JSONDecodeError, subprocess.TimeoutExpired) as error:
                        seen = {"rate": 0.0, "failed": repr(error)[:200]}
                    facts = {"query": query.name, "load": level, "server": contender.name}
                    results.append({"kind": "rate", "weight": query.weight, **facts, **seen})
                    process = contender.server.process
                    died = process.poll() if process else None
                    if died is not None or not contender.server.answers():
                        results.append({"kind": "death", **facts, "status": died})
                        contender.server.restart()
                    elif seen.get("mean", 1) > 0.005:
                        contender.server.settle()
            show(results, query.name)
    return results


def show(results: list[dict[str, Any]], query: str) -> None:
    """Print what one query gave."""
    rates: dict[tuple[str, str], list[float]] = {}
    for item in results:
        if item["kind"] == "rate" and item["query"] == query:
            rates.setdefault((item["load"], item["server"]), []).append(item["rate"])
    for load in dict.fromkeys(load for load, _ in rates):
        line = ", ".join(
            f"{server} {statistics.median(values):,.1f}"
            for (at, server), values in rates.items()
            if at == load
        )
        print(f"  {query} ({load}, answers/s): {line}", flush=True)


def ratios(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each query's rate over that of each other server, and their geometric mean."""
    rates: dict[tuple[str, str, str], list[float]] = {}
    weights: dict[str, str] = {}
    for item in results:
        if item["kind"] == "rate":
            rates.setdefault((item["load"], item["query"], item["server"]), []).append(item["rate"])
            weights[item["query"]] = item["weight"]
    names = list(dict.fromkeys(server for _, _, server in rates))
    ours = [name for name in names if name.startswith("mandates")]
    out = []
    for load in dict.fromkeys(load for load, _, _ in rates):
        for our in ours:
            for other in names:
                if other in ours:
                    continue
                found, spread, zero = {}, [], 0
                for query in weights:
                    mine, theirs = rates.get((load, query, our)), rates.get((load, query, other))
                    if not mine or not theirs:
                        continue
                    each = [a / b for a, b in zip(mine, theirs, strict=False) if a and b]
                    if each:
                        found[query] = statistics.median(each)
                        spread.append(max(each) / min(each))
                    else:
                        zero += 1
                if found:
                    out.append(
                        {
                            "load": load,
                            "server": our,
                            "over": other,
                            "geometric mean": round(mean(found.values()), 3),
                            **{
                                weight: round(mean(chosen), 3)
                                for weight in SECONDS
                                if (chosen := [v for k, v in found.items() if weights[k] == weight])
                            },
                            "without answer": zero,
                            "spread between rounds": round(mean(spread), 3),
                            "queries": {name: round(value, 3) for name, value in found.items()},
                        }
                    )
    return out


def mean(values: Any) -> float:
    """The geometric mean."""
    listed = list(values)
    return math.exp(sum(map(math.log, listed)) / len(listed))


HEAVY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . FILTER(STR(?c) < STR(?f)) }"


@contextmanager
def heavy(server: Server, count: int, timeout: float) -> Iterator[None]:
    """Keep so many heavy queries under way."""
    stop = threading.Event()
    query = Query("heavy", HEAVY, "heavy", "json")

    def ask() -> None:
        while not stop.is_set():
            with suppress(OSError):
                server.fetch(query.text + f"\n#{time.time()}", query.form, timeout)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    yield
    stop.set()
    for thread in threads:
        thread.join(timeout + 5)


def measure_tail(tested: list[Server], rounds: int) -> list[dict[str, Any]]:
    """p99 of light queries, idle and with two heavy ones running."""
    light = [query for query in mix() if query.weight == "light"]
    out = []
    for server in tested:
        for number in range(rounds):
            idle = [wrk(server, query, 2, 1) for query in light]
            with heavy(server, 2, timeout=25):
                busy = [wrk(server, query, 2, 1) for query in light]
            server.settle(10)
            for query, before, after in zip(light, idle, busy, strict=True):
                out.append(
                    {
                        "query": query.name,
                        "server": server.name,
                        "round": number,
                        "idle p99": before["p99"],
                        "busy p99": after["p99"],
                        "ratio": round(after["p99"] / before["p99"], 2),
                        "idle rate": before["rate"],
                        "busy rate": after["rate"],
                        "refused": after["refused"] + after["broken"],
                    }
                )
        mine = [item["ratio"] for item in out if item["server"] == server.name]
        print(f"  {server.name}: busy p99 / idle p99, geometric mean {mean(mine):.2f}", flush=True)
    return out


MILLION = "SELECT ?n ?s ?p ?o { VALUES ?n { 1 2 3 4 5 6 7 8 9 } ?s ?p ?o } LIMIT 1000000"


def measure_stream(tested: list[Server], rounds: int) -> list[dict[str, Any]]:
    """A million rows to one client: rows per second, and memory that it takes."""
    out = []
    for number in range(rounds):
        for form in ("csv", "json"):
            for server in tested:
                peak = threading.Event()
                before = memory_by_process(server.pid)
                most = [0, 0]
                watcher = threading.Thread(target=watch, args=(server.pid, before, peak, most))
                watcher.start()
                started = time.perf_counter()
                length, first = drain(server, MILLION + f"\n#{time.time()}", form)
                took = time.perf_counter() - started
                peak.set()
                watcher.join()
                out.append(
                    {
                        "server": server.name,
                        "format": form,
                        "round": number,
                        "rows per second": round(1e6 / took),
                        "bytes": length,
                        "seconds": round(took, 3),
                        "first byte after": round(first, 3),
                        "most of one process MB": round(most[0] / 1e6, 1),
                        "all processes MB": round(most[1] / 1e6, 1),
                    }
                )
                print(f"  {out[-1]}", flush=True)
    return out


def drain(server: Server, query: str, form: str) -> tuple[int, float]:
    """Read an answer and throw it away: its length, and when its first byte came."""
    host, port = server.endpoint.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=300) as wire:
        address = server.address(query)
        lines = [f"GET {address} HTTP/1.1", f"Host: {host}", f"Accept: {ACCEPT[form]}"]
        started = time.perf_counter()
        wire.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        buffer = bytearray(1 << 20)
        length, first = 0, 0.0
        while got := wire.recv_into(buffer):
            first = first or time.perf_counter() - started
            length += got
    return length, first


def memory_by_process(pid: int) -> dict[int, int]:
    """Private bytes of each process of a family."""
    found = {}
    for member in servers.family(pid):
        with suppress(OSError, IndexError):
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
            found[member] = sum(map(int, re.findall(r"^Private_Dirty: +(\d+)", text, re.M))) << 10
    return found


def watch(pid: int, before: dict[int, int], done: threading.Event, most: list[int]) -> None:
    """Note the most that one process, and all of them, have grown by."""
    while not done.wait(0.1):
        now = memory_by_process(pid)
        grown = {member: size - before.get(member, 0) for member, size in now.items()}
        most[0] = max(most[0], max(grown.values(), default=0))
        most[1] = max(most[1], sum(grown.values()))


def measure_start(make: Callable[[], Server], rounds: int) -> list[dict[str, Any]]:
    """Seconds until the server is ready, and the memory of all its processes."""
    out = []
    for _ in range(rounds):
        server = make()
        try:
            seconds = server.start()
            spent = servers.processor(server.pid)
            rest = servers.memory(server.pid)
            for query in mix():
                server.fetch(query.text, query.form)
            used = servers.memory(server.pid)
            time.sleep(5)
            rested = servers.memory(server.pid)
        finally:
            server.stop()
        out.append(
            {
                "server": server.name,
                "ready after": round(seconds, 3),
                "processor seconds until ready": round(spent, 2),
                "resident MB": round(rest / 1e6, 1),
                "resident MB after the mix": round(used / 1e6, 1),
                "resident MB five seconds later": round(rested / 1e6, 1),
            }
        )
        print(f"  {out[-1]}", flush=True)
    return out


def machine() -> dict[str, Any]:
    """Say where the figures come from."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(":")[1].strip() for line in text.splitlines() if "model name" in line]
    told = subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout.split("\n")[0]
    about = {
        "date": time.strftime("%Y-%m-%d"),
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "load before the run": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "wrk": told.split("Copyright")[0].strip(),
    }
    for name in ("mandates", "granian", "pyoxigraph", "oxigraph", "rdflib-endpoint", "rdflib"):
        about[name] = version(name)
    if servers.VIRTUOSO:
        listed = subprocess.run([servers.VIRTUOSO, "-?"], capture_output=True, text=True)
        found = re.search(r"Version ([\d.]+)", listed.stdout + listed.stderr)
        about["virtuoso"] = found[1] if found else "unknown"
    return about


def plot(result: dict[str, Any]) -> str:
    """Draw each query's ratio and the geometric means, on a logarithmic axis."""
    import vl_convert

    points = [
        {
            "query": query,
            "ratio": value,
            "load": part["load"],
            "pair": f"{part['server'].replace('mandates', 'this')} / {part['over']}",
        }
        for part in result["mix"]["ratios"]
        for query, value in {"geometric mean": part["geometric mean"], **part["queries"]}.items()
    ]
    order = ["geometric mean", *(query.name for query in mix())]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": "Answers per second, this endpoint over others (shipped record)",
        "data": {"values": points},
        "facet": {"column": {"field": "load", "title": None}},
        "spec": {
            "width": 380,
            "height": 420,
            "layer": [
                {
                    "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#888"},
                    "encoding": {"x": {"datum": 1, "type": "quantitative"}},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 55},
                    "encoding": {
                        "x": {
                            "field": "ratio",
                            "type": "quantitative",
                            "scale": {"type": "log"},
                            "axis": {"title": "times as many answers (log)", "format": "~g"},
                        },
                        "y": {"field": "query", "type": "nominal", "sort": order, "title": None},
                        "color": {"field": "pair", "type": "nominal", "legend": {"title": None}},
                        "shape": {"field": "pair", "type": "nominal"},
                    },
                },
            ],
        },
    }
    return str(vl_convert.vegalite_to_svg(spec))


def measure(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Run the parts that were asked for."""
    data_dir: Path = arguments.data_dir
    result: dict[str, Any] = {"machine": machine()}
    chosen = set(arguments.only or PARTS)
    triples, store = work / "record.nt", work / "oxigraph"
    union(data_dir, triples)
    servers.fill_oxigraph(store, triples)
    ours, plain = servers.mandates(data_dir), servers.oxigraph(store)

    if "start" in chosen:
        print("ready and resident", flush=True)
        result["start"] = measure_start(lambda: servers.mandates(data_dir), 3)
    with running(ours, plain):
        if "tail" in chosen:
            print("light queries beside heavy ones", flush=True)
            result["tail"] = measure_tail([ours, plain], arguments.rounds)
        if "stream" in chosen:
            print("a million rows", flush=True)
            result["stream"] = measure_stream([ours, plain], arguments.rounds)
        if "mix" in chosen:
            print("the mix on the record", flush=True)
            others = [servers.oxigraph(store, TIMEOUT), servers.rdflib_endpoint(triples)]
            extra = [Contender(others[0]), Contender(others[1], light_only=True)]
            if servers.VIRTUOSO and shutil.which("isql-vt"):
                folder = work / "virtuoso"
                peer, isql = servers.virtuoso(folder)
                others.append(peer)
                extra.append(Contender(peer))
            if arguments.peers:
                extra = [item for item in extra if item.name in arguments.peers]
                others = [item.server for item in extra]
            failed = {}
            try:
                for peer in others:
                    try:
                        peer.start()
                        if peer.name == "virtuoso":
                            servers.fill_virtuoso(isql, triples, folder)
                    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                        failed[peer.name] = repr(error)[:500]
                extra = [item for item in extra if item.name not in failed]
                contenders = [Contender(ours), Contender(ours, fresh=False), Contender(plain)]
                seen = measure_mix([*contenders, *extra], arguments.rounds, LEVELS)
            finally:
                for peer in others:
                    peer.stop()
            result["mix"] = {"ratios": ratios(seen), "failed": failed, "measurements": seen}
            report(result["mix"]["ratios"])
    if "large" in chosen:
        print(f"the mix on a world of {arguments.times} times the record", flush=True)
        try:
            result["large"] = large(arguments, work)
            report(result["large"]["ratios"])
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            result["large"] = {"times": arguments.times, "failed": repr(error)[:500]}
            print(f"  {error!r}", flush=True)
    result["machine"]["load after the run"] = round(os.getloadavg()[0], 2)
    return result


def large(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """The same on a large world, beside Oxigraph."""
    data_dir, store = work / "world", work / "world-oxigraph"
    quads = many_times(arguments.data_dir, arguments.times, data_dir)
    triples = data_dir / "current" / "union.nt"
    union(data_dir, triples)
    filled = servers.fill_oxigraph(store, triples)
    ours, plain = servers.mandates(data_dir), servers.oxigraph(store)
    with running(plain):
        begun = ours.start(600)
        try:
            resident = servers.memory(ours.pid)
            contenders = [Contender(ours), Contender(ours, fresh=False), Contender(plain)]
            seen = measure_mix(contenders, 1, {"light load": 2})
        finally:
            ours.stop()
    return {
        "times": arguments.times,
        "quads": quads,
        "oxigraph filled after": round(filled, 1),
        "ready after": round(begun, 1),
        "resident MB": round(resident / 1e6),
        "ratios": ratios(seen),
        "measurements": seen,
    }


def report(found: list[dict[str, Any]]) -> None:
    """Print the ratios."""
    for part in found:
        detail = ", ".join(f"{weight} {part[weight]}" for weight in SECONDS if weight in part)
        print(
            f"  {part['load']}: {part['server']} / {part['over']}: {part['geometric mean']} "
            f"({detail}; without an answer {part['without answer']})",
            flush=True,
        )


PARTS = ("start", "tail", "stream", "mix", "large")


def main() -> int:
    """Run everything, print it, and keep the results of a full run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data-dir", type=Path, default=Path("build/data"))
    parser.add_argument("--only", choices=PARTS, nargs="+", help="parts; nothing is written")
    parser.add_argument("--peers", nargs="+", help="other servers in the mix, by name")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--times", type=int, default=TIMES, help="size of the large world")
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        print("wrk is missing; it is a package of Debian, Ubuntu, Fedora and Homebrew")
        return 2
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        result = measure(arguments, Path(folder))
    result["seconds of the run"] = round(time.perf_counter() - begun)
    if not arguments.only:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(result, indent=1)
        (RESULTS / "endpoint.json").write_text(text + "\n", "utf-8")
        (RESULTS / "endpoint.svg").write_text(plot(result), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
