"""The redirects of w3id.org, for the Accept headers that clients send."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mandates.dataset.sources import project_root

RULES = project_root() / "server" / "deploy" / "w3id" / ".htaccess"
HOST = "https://mandates.example.org"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"

# What is asked for, how, and where it must lead.
CASES = [
    ("id/pk/actor/pta", BROWSER, 303, "/id/pk/actor/pta.html"),
    ("id/pk/actor/pta", "text/turtle", 303, "/id/pk/actor/pta.ttl"),
    ("id/pk/actor/pta", "application/ld+json", 303, "/id/pk/actor/pta.jsonld"),
    ("id/pk/actor/pta", "application/rdf+xml", 303, "/id/pk/actor/pta.rdf"),
    ("id/pk/actor/pta", "*/*", 303, "/id/pk/actor/pta.ttl"),
    ("id/pk/actor/pta", "application/n-triples", 303, "/id/pk/actor/pta.nt"),
    ("id/pk/actor/pta", "", 303, "/id/pk/actor/pta.ttl"),
    ("id/pk/actor/pta", "application/json;q=0.1, text/html;q=0.9", 303, "/id/pk/actor/pta.html"),
    ("id/pk/actor/pta", "text/turtle, text/html;q=0.5", 303, "/id/pk/actor/pta.ttl"),
    ("id/pk/instrument/peca-2016/s37.1", "text/turtle", 303,
     "/id/pk/instrument/peca-2016/s37.1.ttl"),
    ("ns", BROWSER, 303, "/ns.html"),
    ("ns", "text/turtle", 303, "/ns.ttl"),
    ("ns/0.1.0", "application/rdf+xml", 303, "/ns/0.1.0.rdf"),
    ("ns/alignment/org", "text/turtle", 303, "/ns/alignment/org.ttl"),
    ("scheme/function/block-access", BROWSER, 303, "/scheme/function/block-access.html"),
    ("graph/instances/pk/actors", "application/ld+json", 303, "/graph/instances/pk/actors.jsonld"),
    ("dataset", "*/*", 303, "/dataset.ttl"),
    ("id/pk/actor/pta.ttl", BROWSER, 302, "/id/pk/actor/pta.ttl"),
    ("sparql", "application/sparql-results+json", 307, "/sparql"),
    ("questions", BROWSER, 302, "/questions"),
    ("", BROWSER, 302, "/"),
]  # fmt: skip


def follow(path: str, accept: str) -> tuple[int, str]:
    """Apply the rules as mod_rewrite does in a folder, as far as this file goes.

    Source: https://httpd.apache.org/docs/2.4/mod/mod_rewrite.html
    """
    variables: dict[str, str] = {}
    conditions: list[str] = []
    for line in RULES.read_text("utf-8").splitlines():
        words = line.split()
        if not words or words[0] not in ("RewriteCond", "RewriteRule"):
            continue
        if words[0] == "RewriteCond":
            assert words[1] == "%{HTTP_ACCEPT}"
            conditions.append(words[2])
            continue
        _, pattern, target, flags = words
        met = all(re.search(condition, accept) for condition in conditions)
        conditions = []
        found = re.search(pattern, path)
        if not met or found is None:
            continue
        flag = dict(item.partition("=")[::2] for item in flags.strip("[]").split(","))
        if "E" in flag:
            name, _, value = flag["E"].partition(":")
            variables[name] = value
        if target != "-":
            for name, value in variables.items():
                target = target.replace(f"%{{ENV:{name}}}", value)
            assert "L" in flag
            return int(flag["R"]), target.replace("$1", found[1])
    raise AssertionError(f"{path} leads nowhere")


@pytest.mark.parametrize(("path", "accept", "status", "target"), CASES)
def test_redirect(path: str, accept: str, status: int, target: str) -> None:
    assert follow(path, accept) == (status, HOST + target)


def test_the_address_stands_in_one_line_only() -> None:
    assert RULES.read_text("utf-8").count(HOST) == 1


@pytest.fixture(scope="module")
def apache() -> Iterator[int]:
    """A real Apache with the file in place; its port."""
    program, modules = shutil.which("apache2"), Path("/usr/lib/apache2/modules")
    if program is None or not modules.is_dir():
        pytest.skip("no Apache on this machine")
    # Apache gives up its rights, and pytest's own folders let nobody else in.
    with TemporaryDirectory(prefix="apache-") as folder:
        Path(folder).chmod(0o755)
        yield from serve(Path(folder), program, modules)


def serve(root: Path, program: str, modules: Path) -> Iterator[int]:
    (root / "site" / "mandates").mkdir(parents=True)
    shutil.copy(RULES, root / "site" / "mandates")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("mpm_event", "authz_core", "rewrite")
    (root / "httpd.conf").write_text(
        "".join(f"LoadModule {n}_module {modules}/mod_{n}.so\n" for n in names)
        + f"""ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/pid
ErrorLog {root}/error.log
DocumentRoot {root}/site
User nobody
Group nogroup
<Directory {root}/site>
  AllowOverride All
  Options +FollowSymLinks
  Require all granted
</Directory>
""",
        "utf-8",
    )
    server = subprocess.Popen([program, "-f", str(root / "httpd.conf"), "-X"])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            pytest.skip("Apache did not start: " + (root / "error.log").read_text("utf-8"))
        yield port
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.parametrize(("path", "accept", "status", "target"), CASES)
def test_apache_redirects_so(apache: int, path: str, accept: str, status: int, target: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", apache, timeout=10)
    connection.request("GET", f"/mandates/{path}", headers={"Accept": accept} if accept else {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert (answer.status, answer.getheader("Location")) == (status, HOST + target)
