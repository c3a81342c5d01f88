"""Other people's SPARQL servers, started for a test and stopped after it."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OXIGRAPH = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which(
    "oxigraph"
)
VIRTUOSO = shutil.which("virtuoso-t")
ISQL = shutil.which("isql-vt") or shutil.which("isql")


@dataclass(frozen=True)
class Addresses:
    query: str
    update: str
    graphs: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    while True:
        assert process.poll() is None, f"the server on port {port} ended by itself"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()


@contextmanager
def oxigraph(*options: str) -> Iterator[Addresses]:
    """Oxigraph's server with an empty store in memory."""
    assert OXIGRAPH
    port = free_port()
    process = subprocess.Popen(
        [OXIGRAPH, "serve", "--bind", f"127.0.0.1:{port}", *options], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(process, port, "/query?query=ASK%7B%7D")
        base = f"http://127.0.0.1:{port}"
        yield Addresses(f"{base}/query", f"{base}/update", f"{base}/store")
    finally:
        process.terminate()
        process.wait(20)


CONFIGURATION = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DirsAllowed = {folder}
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000
ThreadsPerQuery = 1
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = {folder}
ServerThreads = 6
[SPARQL]
ResultSetMaxRows = {max_rows}
MaxQueryExecutionTime = 5
"""


@contextmanager
def virtuoso(folder: Path, load: Path, max_rows: int) -> Iterator[Addresses]:
    """Virtuoso with the quads of an N-Quads file, giving so many rows at most."""
    assert VIRTUOSO
    assert ISQL
    port, sql = free_port(), free_port()
    text = CONFIGURATION.format(folder=folder, port=port, sql=sql, max_rows=max_rows)
    (folder / "virtuoso.ini").write_text(text)
    process = subprocess.Popen(
        [VIRTUOSO, "+configfile", str(folder / "virtuoso.ini"), "+foreground"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(process, port, "/sparql?query=ASK%7B%7D")
        command = f"DB.DBA.TTLP_MT (file_to_string_output ('{load}'), '', 'urn:none', 512);"
        done = subprocess.run(
            [ISQL, f"127.0.0.1:{sql}", "dba", "dba", f"EXEC={command}"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Error" not in done.stdout + done.stderr, done.stdout + done.stderr
        address = f"http://127.0.0.1:{port}/sparql"
        yield Addresses(address, address, f"http://127.0.0.1:{port}/sparql-graph-crud")
    finally:
        process.terminate()
        process.wait(30)
