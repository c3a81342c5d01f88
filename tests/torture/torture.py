"""Hostile input against a server on this machine, for a bounded time.

    python tests/torture/torture.py [--seconds 60] [--data-dir build/data]

Starts the server that `mandates serve` runs on a free port of 127.0.0.1, lets all attacks loose on
it at once, 200 clients in all, kills a worker twice a second, and meanwhile sends a probe query
five times a second from an address that attacks nobody. Ends with a report, and with status 1
unless every probe was answered within two seconds, memory came back to its level, nothing was left
running, nothing was given away and nobody was called inside the network.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

HOST = "127.0.0.1"
START = "from mandates.web import Settings, serve; serve(Settings.from_environment())"
PATIENCE = 2.0
# KiB that may stay: answers kept (64 MiB by default) and what allocators hold back.
LEVEL = 200_000

QUERIES = {
    "cross join": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "property path": "SELECT * { ?a (!<x:x>|^!<x:x>)* ?b . ?b (!<x:x>|^!<x:x>)* ?c }",
    "huge values": "SELECT * { VALUES ?x { " + " ".join(map(str, range(30_000))) + " } }",
    "values product": "SELECT (COUNT(*) AS ?n) { "
    + " ".join(f"VALUES ?v{i} {{ {' '.join(map(str, range(99)))} }}" for i in range(9))
    + " }",
    "deep groups": "SELECT * " + "{" * 60_000 + "}" * 60_000,
    "deep brackets": "SELECT * { ?s ?p ?o FILTER(" + "(" * 60_000 + "1" + ")" * 60_000 + ") }",
    "deep optionals": "SELECT * { " + "OPTIONAL { ?s ?p ?o " * 3000 + "} " * 3000 + "}",
    "regex": 'SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), "(a|a|aa|.*.*.*.*)+$")) }',
    "huge regex": 'ASK { ?s ?p ?o FILTER(REGEX(STR(?o), "((a{99}){99}){99}")) }',
    "sort all": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f ?a",
    "distinct all": "SELECT DISTINCT ?a ?c ?f { ?a ?b ?c . ?d ?e ?f }",
    "concat": "SELECT (GROUP_CONCAT(CONCAT(?o, ?f)) AS ?x) { ?s ?p ?o . ?d ?e ?f }",
    "describe all": "DESCRIBE ?s { ?s ?p ?o }",
    "construct product": "CONSTRUCT { ?a ?b ?f } WHERE { ?a ?b ?c . ?d ?e ?f }",
    "service here": "SELECT * { SERVICE <http://127.0.0.1:{trap}/> { ?s ?p ?o } }",
    "property paths nested": "SELECT * { ?a ((<x:a>|!<x:b>)*/(!<x:c>|^!<x:d>)+)* ?b }",
    "negated closure": "SELECT (COUNT(*) AS ?n) { ?a (!(<x:a>|^<x:b>))+ ?b . ?b (!<x:c>)* ?d }",
    "service of a variable": "SELECT * { ?s ?p ?o . SERVICE ?s { ?a ?b ?c } }",
    "service by name": "SELECT * { SERVICE <http://localhost:{trap}/> { ?s ?p ?o } }",
    "service in a mapped address": "SELECT * { SERVICE <http://[::ffff:127.0.0.1]:{trap}/> { } }",
    "service in one number": "SELECT * { SERVICE <http://2130706433:{trap}/> { ?s ?p ?o } }",
    "from elsewhere": "SELECT * FROM <http://127.0.0.1:{trap}/data.ttl> { ?s ?p ?o }",
    "replace": 'SELECT (REPLACE(?o, "(.*)", "$1$1$1$1$1$1$1$1") AS ?x) { ?s ?p ?o . ?a ?b ?c }',
    "long iri": "ASK { <http://h/" + "a" * 200_000 + "> ?p ?o }",
    "service metadata": "SELECT * { SERVICE SILENT <http://169.254.169.254/latest> { ?s ?p ?o } }",
    "load": "LOAD <file:///etc/passwd>",
    "not a query": "\x00" * 2000,
    "many prefixes": "".join(f"PREFIX p{i}: <http://h/{i}> " for i in range(4000)) + "ASK {}",
    "many words": "a." * 60_000,
    "many quotes": "'\"" * 60_000,
}


@dataclass
class Outcome:
    """What was seen."""

    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    probes: list[float] = field(default_factory=list)
    probe_statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, attack: str, what: object) -> None:
        with self.lock:
            self.statuses.setdefault(attack, Counter())[str(what)] += 1


@dataclass
class Target:
    """The server under attack."""

    port: int
    pid: int
    stop: threading.Event
    trap: int = 0

    def connect(self, timeout: float = 30) -> socket.socket:
        return socket.create_connection((HOST, self.port), timeout=timeout)

    def ask(
        self, query: str, client: str, *, accept: str = "*/*", timeout: float = 30
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        try:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Forwarded-For": client,
                "Accept": accept,
            }
            connection.request("POST", "/sparql", urlencode({"query": query}), headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


Attack = Callable[[Target, Outcome, str], None]


def queries(target: Target, outcome: Outcome, client: str) -> None:
    name, query = random.choice(list(QUERIES.items()))
    status, body = target.ask(query.replace("{trap}", str(target.trap)), client)
    outcome.count(name, status)
    if status == 500:
        outcome.wrong.append(f"{name}: 500 {body[:200]!r}")
    if status >= 400 and not body.startswith(b"{"):
        outcome.wrong.append(f"{name}: {status} without a problem: {body[:200]!r}")


def giant_body(target: Target, outcome: Outcome, client: str) -> None:
    with target.connect() as wire:
        head = "POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Type: application/sparql-query\r\n"
        wire.sendall((head + "Content-Length: 4000000000\r\n\r\n").encode())
        with suppress(OSError):
            for _ in range(64):
                wire.sendall(b"#" * 65536)
        outcome.count("giant body", wire.recv(64)[9:12].decode() or "closed")


def endless_chunks(target: Target, outcome: Outcome, client: str) -> None:
    with target.connect() as wire:
        head = "POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Type: application/sparql-query\r\n"
        wire.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
        with suppress(OSError):
            for _ in range(64):
                wire.sendall(b"4000\r\n" + b"#" * 0x4000 + b"\r\n")
        outcome.count("endless chunks", wire.recv(64)[9:12].decode() or "closed")


def slow_reader(target: Target, outcome: Outcome, client: str) -> None:
    with target.connect() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        query = urlencode({"query": "SELECT * { ?s ?p ?o }", "format": "json"})
        wire.sendall(
            f"GET /sparql?{query} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: {client}\r\n\r\n".encode()
        )
        end = time.monotonic() + 5
        while time.monotonic() < end and not target.stop.is_set() and wire.recv(256):
            time.sleep(0.2)
        outcome.count("slow reader", "read a little")


def slow_sender(target: Target, outcome: Outcome, client: str) -> None:
    with target.connect() as wire:
        for byte in b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: h\r\nX-Slow: ":
            wire.sendall(bytes([byte]))
            time.sleep(0.05)
            if target.stop.is_set():
                break
        outcome.count("slow sender", "gone")


def disconnect(target: Target, outcome: Outcome, client: str) -> None:
    with target.connect() as wire:
        query = urlencode({"query": QUERIES["cross join"]})
        wire.sendall(
            f"GET /sparql?{query} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: {client}\r\n\r\n".encode()
        )
        linger = (1).to_bytes(4, sys.byteorder) + (0).to_bytes(4, sys.byteorder)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    outcome.count("disconnect", "reset")
    time.sleep(0.05)


RAW = {
    "bad escape": b"GET /sparql?query=%zz%E9%00 HTTP/1.1\r\nHost: h\r\n\r\n",
    "overlong utf-8": b"GET /sparql?query=%C0%AE%F8%88 HTTP/1.1\r\nHost: h\r\n\r\n",
    "raw bytes": b"GET /sparql?query=\xff\xfe HTTP/1.1\r\nHost: h\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "odd host": b"GET /.well-known/void HTTP/1.1\r\nHost: <script>\"'\r\n\r\n",
    "two lengths": b"POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
    b"Content-Length: 2\r\n\r\nab",
    "negative length": b"POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 600_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: x\r\n" * 5000 + b"\r\n",
    "many accepts": b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: h\r\nAccept: "
    + b"a/b;q=0.1," * 20_000
    + b"\r\n\r\n",
    "many parameters": b"GET /sparql?"
    + b"a=b&" * 8000
    + b"query=ASK%7B%7D HTTP/1.1\r\nHost: h\r\n\r\n",
    "header injection": b"GET /id/a%0d%0aSet-Cookie:x HTTP/1.1\r\nHost: h\r\n\r\n",
    "path traversal": b"GET /static/../../../../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n",
    "encoded traversal": b"GET /static/%2e%2e/%2e%2e/settings.py HTTP/1.1\r\nHost: h\r\n\r\n",
    "traversal in an entity": (
        b"GET /id/..%2f..%2f..%2fetc%2fpasswd.html HTTP/1.1\r\nHost: h\r\n\r\n"
    ),
    "null in a path": b"GET /id/a%00b.ttl HTTP/1.1\r\nHost: h\r\n\r\n",
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


def raw(target: Target, outcome: Outcome, client: str) -> None:
    name, data = random.choice(list(RAW.items()))
    with target.connect(timeout=10) as wire:
        reply = b""
        with suppress(OSError):
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            while len(reply) < 100_000 and (piece := wire.recv(65536)):
                reply += piece
    status = reply[9:12].decode("latin-1") or "closed"
    outcome.count(name, status)
    time.sleep(0.05)
    if status == "500":
        outcome.wrong.append(f"{name}: {reply[:300]!r}")
    if b"root:" in reply or b"ENVIRONMENT_PREFIX" in reply or b"\nset-cookie" in reply.lower():
        outcome.wrong.append(f"{name}: gave away {reply[:300]!r}")


PAGES = (
    "/search?q=" + "a" * 30_000,
    "/search?q=%00%ff%22%3Cscript%3E&page=99999999999&on=x",
    "/explore?on=9999-99-99&country=../../etc",
    "/explore/network?on=2025-08-06&who=all",
    "/between?a=%2e%2e&b=" + "b" * 5000,
    "/reports/report?actors=" + "a," * 5000,
    "/questions/investigation-agency.json?date=0000-00-00",
    "/graph-store?graph=http://127.0.0.1:{trap}/x",
    "/graph-store?graph=file:///etc/passwd",
    "/sparql?query=ASK%7B%7D&default-graph-uri=http://127.0.0.1:{trap}/d",
    "/sparql?query=" + "%28" * 20_000,
    "/dumps/../../../../etc/passwd",
    "/dumps/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/id/" + "a/" * 3000,
    "/id/0.ttl?" + "&".join("x=1" for _ in range(5000)),
    "/ns%ff%fe.html",
    "http://127.0.0.1:{trap}/",
)
UPLOADS = {
    "deep brackets": "<a:a> <a:b> " + "[ <a:b> " * 20_000 + "1" + "]" * 20_000 + " .",
    "long literal": '<a:a> <a:b> "' + "x" * 600_000 + '" .',
    "entities": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in pairwise("abcdefghi"))
    + "]><x>&i;</x>",
    "outer entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "imports": "<a:o> a <http://www.w3.org/2002/07/owl#Ontology> ; "
    "<http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:{trap}/o.ttl> .",
    "not text": "\x00\ufffd" * 5000,
}


def pages(target: Target, outcome: Outcome, client: str) -> None:
    path = random.choice(PAGES).replace("{trap}", str(target.trap))
    connection = http.client.HTTPConnection(HOST, target.port, timeout=30)
    try:
        accept = random.choice(("text/html", "text/turtle", "application/json"))
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.putheader("X-Forwarded-For", client)
        connection.putheader("Accept", accept)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    name = f"page {path.partition('?')[0][:24]}"
    outcome.count(name, response.status)
    if response.status == 500 or b"root:" in body:
        outcome.wrong.append(f"{name}: {response.status} {body[:200]!r}")
    time.sleep(0.05)


def uploads(target: Target, outcome: Outcome, client: str) -> None:
    name, text = random.choice(list(UPLOADS.items()))
    connection = http.client.HTTPConnection(HOST, target.port, timeout=60)
    text = text.replace("{trap}", str(target.trap))
    path = random.choice(("/validate", "/reports/report"))
    headers = {"Content-Type": "text/turtle", "X-Forwarded-For": client}
    content = text.encode()
    if path != "/validate":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        content = urlencode({"bill": text}).encode()
    try:
        connection.request("POST", path, content, headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    outcome.count(f"upload {name}", response.status)
    if response.status == 500 or b"root:" in body:
        outcome.wrong.append(f"{path} {name}: {response.status} {body[:200]!r}")


ATTACKS: list[tuple[Attack, int]] = [
    (queries, 105),
    (giant_body, 8),
    (endless_chunks, 8),
    (slow_reader, 24),
    (slow_sender, 16),
    (disconnect, 8),
    (raw, 15),
    (pages, 12),
    (uploads, 4),
]


def descendants(pid: int) -> list[int]:
    found = []
    with suppress(OSError):
        for task in list(Path(f"/proc/{pid}/task").iterdir()):
            with suppress(OSError):  # a thread that has ended has no children, others may
                for child in map(int, (task / "children").read_text().split()):
                    found += [child, *descendants(child)]
    return found


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def keepers(pid: int) -> list[int]:
    """Processes that hold a store: those that have the module as command and a parent without."""
    every = [item for item in descendants(pid) if "sparql.worker" in command(item)]
    forked = {child for item in every for child in descendants(item)}
    return [item for item in every if item not in forked]


def memory(pid: int) -> int:
    total = 0
    for item in [pid, *descendants(pid)]:
        with suppress(OSError):
            for line in Path(f"/proc/{item}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total


def kill_workers(pid: int, seconds: float) -> None:
    """Kill a worker twice a second and print how many; runs in a process of its own."""
    killed = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        holding = keepers(pid)
        victims = [
            item
            for item in descendants(pid)
            if item not in holding and "sparql.worker" in command(item)
        ]
        if victims:
            with suppress(ProcessLookupError):
                os.kill(random.choice(victims), signal.SIGKILL)
                killed += 1
        time.sleep(0.5)
    print(killed)


def probe(port: int, seconds: float) -> None:
    """Ask brief queries and print how they were answered; runs in a process of its own."""
    target = Target(port, 0, threading.Event())
    seen: list[tuple[str, float]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.monotonic()
        number = len(seen)
        # No two are the same, so that none is answered from what was kept.
        query = f"SELECT ?s {{ ?s a ?c }} LIMIT {number % 50 + 1} OFFSET {number}"
        try:
            code, body = target.ask(query, "198.51.100.1", timeout=20)
            answer = json.loads(body)
            status = "200" if code == 200 else f"{code} {answer['detail']}"
        except OSError as error:
            status = type(error).__name__
        seen.append((status, time.monotonic() - started))
        time.sleep(0.2)
    print(json.dumps(seen))


def attack(target: Target, outcome: Outcome, which: Attack, client: str) -> None:
    while not target.stop.is_set():
        try:
            which(target, outcome, client)
        except (OSError, http.client.HTTPException) as error:
            outcome.count(which.__name__, type(error).__name__)
            time.sleep(0.05)


def warm_up(target: Target) -> None:
    """Let all workers come to life, whose memory is not the attack's doing."""
    for _ in range(3):
        asking = [
            threading.Thread(target=target.ask, args=("SELECT * { ?s ?p ?o } LIMIT 20000", "w"))
            for _ in range(8)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()


@contextmanager
def trap() -> Iterator[tuple[int, list[str]]]:
    """A server that nobody should ever call: its port, and who did."""
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen()
        calls: list[str] = []

        def wait() -> None:
            with suppress(OSError):
                while True:
                    connection, address = listening.accept()
                    calls.append(f"{address}: {connection.recv(200)!r}")
                    connection.close()

        threading.Thread(target=wait, daemon=True).start()
        yield listening.getsockname()[1], calls
        listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def server(data_dir: Path, log: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.socket() as probe_socket:
        probe_socket.bind((HOST, 0))
        port: int = probe_socket.getsockname()[1]
    settings = {
        "data_dir": data_dir,
        "host": HOST,
        "port": port,
        "timeout": 5,
        "memory_mb": 256,
        "max_result_mb": 64,
        "threads": 256,
        "trusted_proxies": 1,
        "reload_seconds": 0,
    }
    environment = {f"MANDATES_{name.upper()}": str(value) for name, value in settings.items()}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", START],
            env={**os.environ, **environment},
            stderr=stream,
            stdout=stream,
        )
    try:
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def aside(what: str, number: int, seconds: float) -> subprocess.Popen[bytes]:
    """Run a part of this script in a process of its own."""
    arguments = [sys.executable, __file__, what, str(number), "--seconds", str(seconds)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE)


def run(data_dir: Path, seconds: float, patience: float) -> tuple[bool, str]:
    """Attack for so long; whether the server stood it, and the report."""
    random.seed(5)
    outcome = Outcome()
    log = Path(tempfile.mkstemp(prefix="torture-", suffix=".log")[1])
    with trap() as (trapped, calls), server(data_dir, log) as (port, process):
        target = Target(port, process.pid, threading.Event(), trapped)
        while True:
            if process.poll() is not None:
                raise SystemExit(f"the server ended by itself:\n{log.read_text(errors='replace')}")
            with suppress(OSError):
                if target.ask("ASK {}", "198.51.100.1")[0] == 200:
                    break
            time.sleep(0.1)
        warm_up(target)
        before = memory(process.pid)
        # Processes of their own, as 200 attacking threads would keep them from their work.
        probing = aside("--probe", port, seconds)
        # The prober is one of those who use the server already when it is attacked.
        time.sleep(2)
        killing = aside("--kill", process.pid, seconds - 2)
        # The attackers of a public server have machines of their own; here they share the
        # processors with it, so they run at a lower priority.
        os.nice(10)
        threads = []
        for which, count in ATTACKS:
            for number in range(count):
                client = f"192.0.2.{number % 40}"
                threads.append(
                    threading.Thread(target=attack, args=(target, outcome, which, client))
                )
        for thread in threads:
            thread.daemon = True
            thread.start()
        printed, _ = probing.communicate()
        killed, _ = killing.communicate()
        peak = memory(process.pid)
        target.stop.set()
        for thread in threads:
            thread.join(60)
        quiet = time.monotonic() + 30
        while time.monotonic() < quiet and memory(process.pid) > before + LEVEL:
            time.sleep(0.5)
        after = memory(process.pid)
        family = descendants(process.pid)
    gone = time.monotonic() + 5
    while time.monotonic() < gone and any(Path(f"/proc/{pid}").exists() for pid in family):
        time.sleep(0.1)
    left = [f"{pid} {command(pid)}" for pid in family if Path(f"/proc/{pid}").exists()]

    outcome.statuses["kill a worker"] = Counter(killed=int(killed))
    outcome.wrong += [f"called inside the network: {call}" for call in calls]
    for status, duration in json.loads(printed):
        outcome.probes.append(duration)
        outcome.probe_statuses[status] += 1
    slowest = max(outcome.probes, default=99.0)
    ordered = sorted(outcome.probes)
    attacks = sum(counter.total() for counter in outcome.statuses.values())
    lines = [
        f"{attacks} attacks by {sum(count for _, count in ATTACKS)} clients",
        f"{len(outcome.probes)} probes: median {ordered[len(ordered) // 2] * 1000:.0f} ms, "
        f"slowest {slowest * 1000:.0f} ms, "
        f"statuses {dict(outcome.probe_statuses)}",
        f"memory: {before // 1024} MiB before, {peak // 1024} during, {after // 1024} after",
        f"left running: {left}",
    ]
    for name, counter in sorted(outcome.statuses.items()):
        lines.append(f"  {name}: {dict(sorted(counter.items()))}")
    mistakes = re.findall(
        r"^.*Traceback .*\n(?: .*\n)*.*", log.read_text(errors="replace"), re.MULTILINE
    )
    lines += [f"WRONG {line}" for line in dict.fromkeys([*outcome.wrong, *mistakes])]
    stood = (
        slowest <= patience
        and set(outcome.probe_statuses) == {"200"}
        and after <= before + LEVEL
        and not left
        and not outcome.wrong
        and not mistakes
    )
    log.unlink()
    return stood, "\n".join(lines)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds for a probe")
    parser.add_argument("--probe", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--kill", type=int, metavar="PID", help=argparse.SUPPRESS)
    parser.add_argument("--data-dir", type=Path, default=Path("build/data"))
    arguments = parser.parse_args()
    if arguments.probe:
        probe(arguments.probe, arguments.seconds)
        return 0
    if arguments.kill:
        kill_workers(arguments.kill, arguments.seconds)
        return 0
    stood, report = run(arguments.data_dir, arguments.seconds, arguments.patience)
    print(report)
    print("stood it" if stood else "DID NOT STAND IT")
    return 0 if stood else 1


if __name__ == "__main__":
    sys.exit(main())
