"""Long work that a page asks for, in processes of its own that can be killed.

A report or a validation takes seconds and much memory, and some of it is made from what strangers
send. Each is done by a fresh process under limits; the web process only waits for it. Work that
needs nobody's upload is kept, so that asking again costs nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mandates.sparql.admission import Admission
from mandates.sparql.problems import Problem
from mandates.sparql.processors import anywhere
from mandates.web.cache import AnswerCache, Kept

#: What a page says of a job that was not done.
WORDS = {
    "busy": "As many reports and validations are being made as may be at once. Try again soon.",
    "timeout": "Ask for less: fewer institutions, a smaller file.",
    "memory-exceeded": "Ask for less: fewer institutions, a smaller file.",
}

#: What a job's process ends with when the request is at fault; its output then says how.
REFUSED = 3


@dataclass(frozen=True)
class JobLimits:
    """What one job, and all of them together, may take.

    Attributes:
        timeout: seconds of wall time.
        memory: bytes that the process may allocate.
        concurrency: jobs that run at once; one client has at most all but one of these places.
        queue: jobs that wait, and as many more who wait for what is being made for another.
        cache: bytes of results that are kept.
    """

    timeout: float = 60.0
    memory: int = 2048 << 20
    concurrency: int = 2
    queue: int = 16
    cache: int = 64 << 20


def told(problem: Problem) -> str:
    """What a page says of a problem with a job.

    >>> told(Problem("timeout", "It took longer than 90 s."))
    'It took longer than 90 s. Ask for less: fewer institutions, a smaller file.'
    """
    words = WORDS.get(problem.slug, "")
    return words if problem.slug == "busy" else f"{problem.detail} {words}".strip()


class JobError(ValueError):
    """The job's request is at fault; the message says how.

    Attributes:
        details: more of it, for a page to show.
    """

    def __init__(self, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.details = details or []


class Jobs:
    """Runs jobs.

    Args:
        limits: see there.
        module: the module that does the work.
    """

    def __init__(self, limits: JobLimits, module: str = "mandates.web.job") -> None:
        self.limits = limits
        self._module = module
        each = max(1, limits.concurrency - 1)
        self._admission = Admission(limits.concurrency, limits.queue, limits.timeout, each=each)
        self._kept = AnswerCache(limits.cache)
        self._under_way: dict[tuple[str, str], Future[bytes]] = {}
        self._following = 0
        self._lock = threading.Lock()

    def run(
        self, kind: str, request: Mapping[str, Any], *, client: str, version: str, keep: bool = True
    ) -> bytes:
        """Do a job, or give what the same job gave before.

        Args:
            kind: which of the jobs of ``mandates.web.job``.
            request: what it is told; JSON.
            client: who asks, for fairness.
            version: of the dataset; a result of another is not given again.
            keep: whether to keep the result.

        Raises:
            JobError: the request is at fault.
            Problem: ``busy``, ``timeout``, ``memory-exceeded`` or ``internal-error``.
        """
        text = json.dumps({"kind": kind, **request}, sort_keys=True)
        if not keep:
            return self._run(text, client)
        key = (text, version)
        with self._lock:
            under_way = self._under_way.get(key)
            if under_way is None:
                kept = self._kept.get(text, version)
                if kept is not None:
                    return b"".join(kept.chunks())
                making = self._under_way[key] = Future()
            elif self._following >= self.limits.queue:
                raise Problem(
                    "busy",
                    f"{self._following} others wait for what is being made, which is as many as "
                    "may.",
                    headers={"Retry-After": str(max(1, round(self.limits.timeout / 4)))},
                )
            else:
                self._following += 1
        # Whoever asks for what is just being made waits for it instead of making it again.
        return self._follow(under_way) if under_way else self._lead(key, making, client)

    def _follow(self, under_way: Future[bytes]) -> bytes:
        try:
            return under_way.result(self.limits.timeout)
        except TimeoutError:
            raise self._late() from None
        finally:
            with self._lock:
                self._following -= 1

    def _lead(self, key: tuple[str, str], making: Future[bytes], client: str) -> bytes:
        text, version = key
        try:
            result = self._run(text, client)
            self._kept.put(text, Kept(version, "", (), result))
            making.set_result(result)
            return result
        except BaseException as error:
            making.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._under_way[key]

    def _run(self, text: str, client: str) -> bytes:
        with self._admission.place(client) as took, tempfile.TemporaryDirectory() as folder:
            status, output, seconds = self._process(text, Path(folder))
            took.append(seconds)
        if status == 0:
            return output
        if status == REFUSED:
            said = json.loads(output)
            raise JobError(said["message"], said.get("details"))
        if status == -signal.SIGKILL:
            raise self._late()
        if status in (-signal.SIGXCPU, -signal.SIGALRM):
            raise self._late()
        if b"MemoryError" in output or status in (-signal.SIGABRT, -signal.SIGSEGV):
            limit = self.limits.memory >> 20
            raise Problem(
                "memory-exceeded",
                f"It needs more than {limit:,} MiB of memory.",
                members={"limit": {"name": "job_memory_mb", "value": limit}},
            )
        raise Problem("internal-error", "The server made a mistake; its log says which.")

    def _process(self, text: str, folder: Path) -> tuple[int, bytes, float]:
        # Nothing of the server's environment but what Python needs: no tokens, no settings.
        environment = {
            name: os.environ[name]
            for name in ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT")
            if name in os.environ
        }
        environment |= {"TMPDIR": str(folder), "HOME": str(folder)}
        arguments = [str(self.limits.memory), str(self.limits.timeout)]
        with anywhere():
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-m", self._module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=folder,
                env=environment,
                process_group=0,  # to be killed whole; a session would outdo its low priority
            )
        output = _told(process, text.encode(), self.limits.timeout)
        # Waited for here and not by `subprocess`, as only so its own processor time is told.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, output, usage.ru_utime + usage.ru_stime

    def _late(self) -> Problem:
        return Problem(
            "timeout",
            f"It took longer than {self.limits.timeout:g} s.",
            members={"limit": {"name": "job_timeout", "value": self.limits.timeout}},
        )


def _told(process: subprocess.Popen[bytes], said: bytes, seconds: float) -> bytes:
    """What a process says to what it is told; it is killed when it takes too long.

    It reads to the end before it says anything, so the one need not be mixed with the other.
    """
    assert process.stdin
    assert process.stdout

    def kill() -> None:
        # Its number stays its own as long as nobody has waited for it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(max(0.0, seconds), kill)
    timer.daemon = True
    timer.start()
    try:
        with process.stdout:
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(said)
            output = process.stdout.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return output
    finally:
        timer.cancel()
        timer.join()
