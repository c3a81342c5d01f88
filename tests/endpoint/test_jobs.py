"""Long work that pages ask for: who waits for it, who is turned away, whose time it is."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mandates.sparql.problems import Problem
from mandates.web.jobs import JobLimits, Jobs

JOB = "tests_job_for_many"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A job that waits until it is let go, or makes work for the processor."""
    (tmp_path / f"{JOB}.py").write_text(
        "import json, os, pathlib, sys, time\n"
        "told = json.loads(sys.stdin.read())\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "(folder / f'began-{os.getpid()}').touch()\n"
        "while told['kind'] == 'wait' and not (folder / 'go').exists(): time.sleep(0.02)\n"
        "while told['kind'] == 'work' and time.process_time() < 1: pass\n"
        "if told['kind'] == 'mute': os.close(1); time.sleep(60)\n"
        "sys.stdout.write('x' * told.get('size', 1))\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    return JOB


def began(folder: Path) -> int:
    return len(list(folder.glob("began-*")))


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def ask(jobs: Jobs, outcome: list[str], client: str, **request: object) -> threading.Thread:
    def run() -> None:
        try:
            jobs.run("wait", request, client=client, version="1")
            outcome.append("done")
        except Problem as problem:
            outcome.append(problem.slug)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_those_who_ask_for_the_same_wait_up_to_a_number(module: str, tmp_path: Path) -> None:
    # Too large to be kept: those who wait have it all the same, and it is made once.
    jobs = Jobs(JobLimits(timeout=30, queue=3, cache=4096), module)
    outcome: list[str] = []
    first = ask(jobs, outcome, "a", size=8192)
    until(lambda: began(tmp_path) == 1)
    others = [ask(jobs, outcome, "a", size=8192) for _ in range(10)]
    until(lambda: len(outcome) == 7)
    assert outcome == ["busy"] * 7
    (tmp_path / "go").touch()
    for thread in (first, *others):
        thread.join()
    assert outcome == ["busy"] * 7 + ["done"] * 4
    assert began(tmp_path) == 1


def test_one_client_has_not_all_places(module: str, tmp_path: Path) -> None:
    jobs = Jobs(JobLimits(timeout=30, concurrency=2), module)
    outcome: list[str] = []
    threads = [ask(jobs, outcome, "greedy", number=number) for number in range(4)]
    until(lambda: began(tmp_path) == 1)
    threads.append(ask(jobs, outcome, "other"))
    until(lambda: began(tmp_path) == 2)
    time.sleep(0.3)
    assert began(tmp_path) == 2
    (tmp_path / "go").touch()
    for thread in threads:
        thread.join()
    assert outcome == ["done"] * 5


def test_a_job_is_charged_for_its_own_time(module: str, tmp_path: Path) -> None:
    jobs = Jobs(JobLimits(timeout=30), module)
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    seconds: list[float] = []
    waiting = threading.Thread(
        target=lambda: seconds.append(jobs._process('{"kind": "wait"}', folders[0])[2])
    )
    waiting.start()
    assert jobs._process('{"kind": "work"}', folders[1])[2] >= 1
    (tmp_path / "go").touch()
    waiting.join()
    assert seconds[0] < 0.9


def test_a_job_that_says_nothing_more_is_killed_too(module: str) -> None:
    began = time.monotonic()
    with pytest.raises(Problem) as caught:
        Jobs(JobLimits(timeout=1), module).run("mute", {}, client="a", version="1")
    assert caught.value.slug == "timeout"
    assert time.monotonic() - began < 20
