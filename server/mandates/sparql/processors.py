"""Keep the web process to one processor, and what it starts off that.

Python runs one of its threads at a time. Where several processors take turns in running them, each
turn moves the interpreter's lock, and all that it guards, from one processor's cache to another's;
that can cost more than the work. Kept to one processor the threads take turns at little cost, and
leave the others to the workers. But where strangers fill all processors, a thread that may run on
any of them gets more done than one that must share the one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# How much of the processors strangers take when they leave none free, and when they do again.
_CROWDED: Final = 0.75
_CALM: Final = 0.6
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")

# Where the threads of this process run, and where everything may.
_here: frozenset[int] = frozenset()
_all: frozenset[int] = frozenset()


class OneProcessor:
    """Keeps all threads of this process on one processor while strangers leave one free.

    Args:
        number: chooses among the processors that the process may use; any whole number.

    >>> import subprocess, sys
    >>> code = "from mandates.sparql.processors import *; kept = OneProcessor(7); kept.keep(); "
    >>> code += "print(not kept.possible or os.sched_getaffinity(0) == {kept.processor}, end='')"
    >>> subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    'True'
    """

    def __init__(self, number: int) -> None:
        allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}
        self._allowed = frozenset(allowed)
        #: Whether there is a choice.
        self.possible = len(allowed) > 1
        self.processor = sorted(allowed)[number % len(allowed)]
        self._seen = (0.0, 0.0)

    def keep(self) -> None:
        """Keep to the processor from now on, if the system allows that and tells of others."""
        if self.possible:
            try:
                self._seen = self._facts()
                self._place(frozenset({self.processor}))
            except OSError:
                self.possible = False

    def look(self) -> None:
        """See what strangers took since the last look, and run on the one processor or on all."""
        if not self.possible:
            return
        before, self._seen = self._seen, self._facts()
        passed, strange = (new - old for new, old in zip(self._seen, before, strict=True))
        here = is_calm(strange / (passed * len(self._allowed)), kept=len(_here) == 1)
        self._place(frozenset({self.processor}) if here else self._allowed)

    def _place(self, processors: frozenset[int]) -> None:
        global _here, _all
        for thread in (_PROC / "self" / "task").iterdir():
            with suppress(ProcessLookupError):  # one that has just ended
                os.sched_setaffinity(int(thread.name), processors)
        _here, _all = processors, self._allowed

    def _facts(self) -> tuple[float, float]:
        """Seconds on the clock, and seconds of these processors that strangers have taken."""
        names = {f"cpu{number}" for number in self._allowed}
        busy = 0
        for line in (_PROC / "stat").read_text().splitlines():
            name, *ticks = line.split()
            if name in names:
                # proc(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are users.
                busy += sum(map(int, ticks[:3])) + sum(map(int, ticks[5:8]))
        return time.monotonic(), (busy - _taken(os.getpid())) / _TICKS


def is_calm(strange: float, *, kept: bool) -> bool:
    """Whether strangers leave a processor free.

    Args:
        strange: the part of all processors that they take, 0 to 1.
        kept: whether it was so before; in between, it stays.

    >>> [is_calm(part, kept=True) for part in (0.5, 0.7, 0.9)]
    [True, True, False]
    >>> [is_calm(part, kept=False) for part in (0.5, 0.7, 0.9)]
    [True, False, False]
    """
    return strange < (_CROWDED if kept else _CALM)


def _taken(process: int) -> int:
    """Ticks that a process has taken, with all that it started, be they alive or not."""
    total = 0
    with suppress(OSError, IndexError):  # one that has ended; the one that waited for it has them
        facts = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
        total = sum(map(int, facts[11:15]))
        for thread in (_PROC / str(process) / "task").iterdir():
            total += sum(_taken(int(child)) for child in (thread / "children").read_text().split())
    return total


@contextmanager
def anywhere() -> Iterator[None]:
    """Let this thread run on all processors for a while.

    For starting a process, which gets them from it, and for long work that does not hold the
    interpreter's lock.
    """
    if _here == _all:
        yield
        return
    os.sched_setaffinity(0, _all)
    try:
        yield
    finally:
        os.sched_setaffinity(0, _here)
