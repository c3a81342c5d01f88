"""The servers that are compared: how each is filled, started, asked and ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
ACCEPT = {
    "json": "application/sparql-results+json",
    "csv": "text/csv",
    "nt": "application/n-triples",
}
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
ASK = "ASK%7B%7D"


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    with suppress(OSError):
        for task in list(Path(f"/proc/{pid}/task").iterdir()):
            with suppress(OSError):  # a thread that has ended
                for child in (task / "children").read_text().split():
                    found += family(int(child))
    return found


def processor(pid: int) -> float:
    """Seconds of processor time that a family of processes has taken."""
    total = 0
    for member in family(pid):
        with suppress(OSError, IndexError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def memory(pid: int, what: str = "Pss") -> int:
    """Bytes of memory of a family; what several share is counted once."""
    total = 0
    for member in family(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith(what + ":"):
                    total += int(line.split()[1]) << 10
    return total


@dataclass
class Server:
    """A server under measurement.

    Attributes:
        name: what it is called in the results.
        command: how it is started; empty when something else starts it.
        endpoint: address of its endpoint.
        suffix: what every request to it must have at the end of its address.
        environment: settings.
        ready: address that tells when it is ready; its endpoint when empty.
        folder: where it runs.
        bounded: whether it ends queries itself when their time is up.
        process: the process, None when it does not run.
    """

    name: str
    command: list[str]
    endpoint: str
    suffix: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    ready: str = ""
    bounded: bool = False
    folder: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process, or 0."""
        return self.process.pid if self.process else 0

    def address(self, query: str) -> str:
        """Path and query string for a query; what is added to its end belongs to the query."""
        path = "/" + self.endpoint.split("/", 3)[3]
        return f"{path}?{self.suffix}query={quote(query, safe='')}"

    def start(self, patience: float = 300) -> float:
        """Start it and wait until it answers; the seconds that took."""
        started = time.perf_counter()
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while not self.answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended while it started")
            if time.perf_counter() - started > patience:
                self.stop()
                raise RuntimeError(f"{self.name} was not ready after {patience:g} s")
            time.sleep(0.005)
        return time.perf_counter() - started

    def answers(self) -> bool:
        """Whether it answers the simplest of queries."""
        url = self.ready or f"{self.endpoint}?{self.suffix}query={ASK}"
        try:
            with urllib.request.urlopen(url, timeout=30) as reply:
                return bool(reply.status == 200)
        except (OSError, ValueError):
            return False

    def fetch(self, query: str, form: str, timeout: float = 120) -> tuple[int, bytes]:
        """Status and body of the answer to a query."""
        url = f"{self.endpoint}?{self.suffix}query={quote(query, safe='')}"
        wanted = urllib.request.Request(url, headers={"Accept": ACCEPT[form]})
        try:
            with urllib.request.urlopen(wanted, timeout=timeout) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def settle(self, patience: float = 20) -> None:
        """Wait until it rests from what clients left behind, or start it again.

        Not every server notices that nobody waits for an answer any more.
        """
        patience += 30 if self.bounded else 0
        end = time.monotonic() + patience
        while time.monotonic() < end and self.pid:
            before = processor(self.pid)
            time.sleep(0.1)
            if processor(self.pid) - before <= 0.02:
                return
        self.restart()

    def restart(self) -> bool:
        """End it and start it; whether it answers."""
        self.stop()
        try:
            self.start(120)
        except (RuntimeError, OSError):
            self.stop()
        return self.process is not None

    def stop(self) -> None:
        """End it with all that it started."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


def mandates(data_dir: Path, name: str = "mandates", **settings: Any) -> Server:
    """This project's server as it is shipped, all limits on."""
    port = free_port()
    values = {"data_dir": data_dir, "port": port, "host": HOST, "reload_seconds": 0, **settings}
    return Server(
        name,
        [str(BIN / "mandates"), "serve"],
        f"http://{HOST}:{port}/sparql",
        environment={f"MANDATES_{key.upper()}": str(value) for key, value in values.items()},
        ready=f"http://{HOST}:{port}/-/ready",
        bounded=True,
    )


def oxigraph(store: Path, timeout: int = 0) -> Server:
    """Oxigraph's own server over a store on disk, without any limit or with its timeout."""
    port = free_port()
    command = [str(BIN / "oxigraph"), "serve-read-only", "--location", str(store)]
    command += ["--bind", f"{HOST}:{port}"]
    name = "oxigraph"
    if timeout:
        command += ["--timeout-s", str(timeout)]
        name += " --timeout-s"
    return Server(name, command, f"http://{HOST}:{port}/query")


def fill_oxigraph(store: Path, triples: Path) -> float:
    """Load a file into a new store; the seconds that took."""
    started = time.perf_counter()
    command = [str(BIN / "oxigraph"), "load", "--location", str(store), "--file", str(triples)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def rdflib_endpoint(triples: Path) -> Server:
    """The usual Python endpoint, over rdflib's own store."""
    port = free_port()
    command = [str(BIN / "rdflib-endpoint"), "serve", str(triples)]
    return Server(
        "rdflib-endpoint",
        [*command, "--host", HOST, "--port", str(port)],
        f"http://{HOST}:{port}/",
    )


VIRTUOSO = shutil.which("virtuoso-t")
_VIRTUOSO_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
FileExtend = 200
[Parameters]
ServerPort = {host}:{isql}
DirsAllowed = {folder}
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
MaxClientConnections = 64
ServerThreads = 64
CheckpointInterval = 0
[HTTPServer]
ServerPort = {host}:{port}
ServerRoot = {folder}
ServerThreads = 32
MaxClientConnections = 64
KeepAliveTimeout = 30
MaxKeepAlives = 64
[SPARQL]
DefaultGraph = urn:bench
"""


def virtuoso(folder: Path) -> tuple[Server, int]:
    """Virtuoso over a database in a folder, and the port for its own protocol."""
    folder.mkdir(parents=True, exist_ok=True)
    port, isql = free_port(), free_port()
    ini = folder / "virtuoso.ini"
    ini.write_text(_VIRTUOSO_INI.format(folder=folder, host=HOST, port=port, isql=isql))
    server = Server(
        "virtuoso",
        [str(VIRTUOSO), "-f", "-c", str(ini)],
        f"http://{HOST}:{port}/sparql",
        suffix="default-graph-uri=urn%3Abench&",
        folder=folder,
    )
    return server, isql


def fill_virtuoso(isql: int, triples: Path, folder: Path) -> float:
    """Load a file into a running Virtuoso; the seconds that took."""
    started = time.perf_counter()
    copy = folder / "triples.nt"
    with suppress(OSError):
        os.link(triples, copy)
    if not copy.exists():
        shutil.copy(triples, copy)
    for statement in (
        f"DB.DBA.TTLP_MT (file_open('{copy}'), '', 'urn:bench', 255);",
        "checkpoint;",
    ):
        command = ["isql-vt", f"{HOST}:{isql}", "dba", "dba", f"EXEC={statement}"]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
    return time.perf_counter() - started


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """Start servers, and end them whatever happens."""
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            server.start()
        yield
