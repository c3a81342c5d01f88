"""Two servers behind nginx, with the configuration that is shipped; and the other shipped files."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from test_serving import ask, free_port, get

from mandates.web import Settings

DEPLOY = Path(__file__).parents[2] / "server" / "deploy"
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PATIENCE = 60
START = "from mandates.web import Settings, serve; serve(Settings.from_environment())"


def configuration(folder: Path, port: int, servers: list[int]) -> Path:
    text = (DEPLOY / "nginx.conf").read_text()
    for name, server in zip(("app1:8000", "app2:8000"), servers, strict=True):
        text = text.replace(name, f"127.0.0.1:{server}")
    text = text.replace("/var/cache/nginx", str(folder))
    text = text.replace("/run/nginx.pid", str(folder / "nginx.pid"))
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}")
    # The folders of tests belong to whoever runs them, so nginx stays who it is.
    user = "user root;\n" if os.getuid() == 0 else ""
    text = f"{user}daemon off;\nerror_log {folder}/error.log;\n" + text
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("http {", f"http {{\n    {kind}_temp_path {folder}/{kind};", 1)
    path = folder / "nginx.conf"
    path.write_text(text)
    return path


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_one_of_two_servers_dies_under_load_and_nobody_notices(
    data_dir: Path, tmp_path: Path
) -> None:
    assert NGINX
    front, *ports = (free_port() for _ in range(3))
    path = configuration(tmp_path, front, ports)
    with ExitStack() as stack:
        servers = []
        for port in ports:
            settings = {"data_dir": data_dir, "port": port, "reload_seconds": 0}
            environment = {f"MANDATES_{name.upper()}": str(v) for name, v in settings.items()}
            server = subprocess.Popen(
                [sys.executable, "-c", START],
                env={**os.environ, **environment},
                start_new_session=True,
            )
            stack.callback(server.wait)
            stack.callback(server.terminate)
            servers.append(server)
        for port, server in zip(ports, servers, strict=True):
            wait_until_ready(port, server)
        proxy = subprocess.Popen([NGINX, "-c", str(path)], stderr=subprocess.DEVNULL)
        stack.callback(proxy.wait)
        stack.callback(proxy.terminate)
        wait_until_ready(front, proxy)

        stop = threading.Event()
        seen: Counter[int] = Counter()
        threads = [threading.Thread(target=load, args=(front, stop, seen, n)) for n in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.7)
        before = seen[200]
        # The whole family at once, as when a machine is lost.
        os.killpg(servers[0].pid, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while seen[200] < before + 200 and not set(seen) - {200} and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        for thread in threads:
            thread.join()
        assert set(seen) == {200}
        assert seen[200] >= before + 200
        assert servers[1].poll() is None

        first = ask(front, "SELECT * { ?s ?p ?o } LIMIT 3")
        second = ask(front, "SELECT * { ?s ?p ?o } LIMIT 3")
        assert (first[1]["x-cache"], second[1]["x-cache"]) == ("MISS", "HIT")
        assert first[2] == second[2]
        assert ask(front, "SELEC")[0] == ask(front, "SELEC")[0] == 400
        assert get(front, "/-/metrics")[0] == 404

        # What one client says of host or path must not stand in what another one gets.
        get(front, "/.well-known/void", Host="evil.example", X_Forwarded_Prefix="/evil")
        assert b"evil" not in get(front, "/.well-known/void")[2]
        assert b"evil" not in get(front, "/", X_Forwarded_Prefix="//evil.example")[2]


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "it never became ready"
        try:
            if get(port, "/questions")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)


def load(port: int, stop: threading.Event, seen: Counter[int], client: int) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        try:
            status = ask(port, f"SELECT ?s {{ ?s ?p ?o }} LIMIT 5 OFFSET {client * 500 + number}")[
                0
            ]
        except OSError:
            status = 0
        seen[status] += 1


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_the_shipped_proxy_configuration_is_well_formed(tmp_path: Path) -> None:
    assert NGINX
    path = configuration(tmp_path, free_port(), [1, 2])
    checked = subprocess.run([NGINX, "-t", "-c", str(path)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_shipped_files_set_only_what_exists() -> None:
    known = {f"MANDATES_{name.upper()}" for name in Settings.__dataclass_fields__}
    for path in DEPLOY.iterdir():
        if path.is_file():
            assert set(re.findall(r"MANDATES_[A-Z_]+[A-Z]", path.read_text())) <= known, path


def test_the_shipped_compose_file_is_valid_and_finds_its_files() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    compose_spec = pytest.importorskip("compose_spec")
    services = yaml.safe_load(text)["services"]
    checked = compose_spec.PyCompose.from_json(json.dumps({"services": services}))
    checked.validate()
    assert set(checked.service_names()) == {"app1", "app2", "proxy"}
    folder = (DEPLOY / services["app1"]["build"]["context"]).resolve()
    assert (folder / services["app1"]["build"]["dockerfile"]).is_file()
    for volume in services["proxy"]["volumes"]:
        assert (DEPLOY / volume.partition(":")[0]).is_file()


def test_a_compose_file_that_is_wrong_is_refused() -> None:
    compose_spec = pytest.importorskip("compose_spec")
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    services["proxy"]["readonly"] = services["proxy"].pop("read_only")
    with pytest.raises(ValueError, match="readonly"):
        compose_spec.PyCompose.from_json(json.dumps({"services": services})).validate()


@pytest.mark.skipif(not HADOLINT, reason="hadolint is not installed")
def test_the_shipped_container_file_satisfies_its_linter(tmp_path: Path) -> None:
    def lint(path: Path) -> subprocess.CompletedProcess[str]:
        command = [str(HADOLINT), "--failure-threshold", "info", "--no-color", str(path)]
        return subprocess.run(command, capture_output=True, text=True)

    linted = lint(DEPLOY / "Containerfile")
    assert linted.returncode == 0, linted.stdout
    worse = tmp_path / "Containerfile"
    worse.write_text("FROM python:latest\nRUN cd /tmp && sudo pip install mandates\n")
    assert lint(worse).returncode == 1


def test_the_image_copies_only_what_is_there_and_the_ignored_is_not_needed() -> None:
    root = DEPLOY.parents[1]
    for line in (DEPLOY / "Containerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (root / name).exists(), name
    ignored = (root / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_shipped_unit_is_well_formed_and_hardened(tmp_path: Path) -> None:
    text = (
        (DEPLOY / "mandates.service").read_text().replace("/opt/mandates/bin/mandates", "/bin/true")
    )
    unit = tmp_path / "mandates.service"
    unit.write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True
    )
    assert "mandates.service" not in checked.stderr
    assert checked.returncode == 0, checked.stderr
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
    )
    assert rated.returncode == 0, rated.stdout[-2000:]
