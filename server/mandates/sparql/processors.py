"""Keep the web process to one processor, and what it starts off that.

Python runs one of its threads at a time. Where several processors take turns in running them, each
turn moves the interpreter's lock, and all that it guards, from one processor's cache to another's;
that can cost more than the work. Kept to one processor the threads take turns at little cost, and
leave the others to the workers. Where strangers want that one too, it is given up for a while.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")
# Others are said to want the processor when the threads, all together, waited for it for half the
# time and yet did not get most of it.
_WAITED = 0.5
_GOT = 0.6
_AWAY = 5.0

# Where the threads run that work under the interpreter's lock, and where everything may.
_here: frozenset[int] = frozenset()
_all: frozenset[int] = frozenset()


class OneProcessor:
    """Keeps all threads of this process on one processor, as long as there is room for them.

    Args:
        number: chooses among the processors that the process may use; any whole number.

    >>> import subprocess, sys
    >>> code = "from mandates.sparql.processors import *; kept = OneProcessor(7); kept.look(); "
    >>> code += "print(not kept.possible or os.sched_getaffinity(0) == {kept.processor}, end='')"
    >>> subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    'True'
    """

    def __init__(self, number: int) -> None:
        allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
        self._choice = sorted(allowed)
        self._number = number
        self._until = 0.0
        #: Whether there is a choice, and the system tells how it turns out.
        self.possible = len(allowed) > 1 and Path("/proc/self/schedstat").is_file()
        self._seen = self._facts()

    @property
    def processor(self) -> int:
        """The one that is kept to, when one is."""
        return self._choice[self._number % len(self._choice)]

    def look(self) -> None:
        """Keep to the processor, or give it up for a while and try the next; to be asked often."""
        if not self.possible:
            return
        before, self._seen = self._seen, self._facts()
        passed, got, waited = (new - old for new, old in zip(self._seen, before, strict=True))
        if self._is_kept and waited > _WAITED * passed and got < _GOT * passed:
            self._until = time.monotonic() + _AWAY
            self._number += 1
        self._place(self._choice if time.monotonic() < self._until else [self.processor])

    @property
    def _is_kept(self) -> bool:
        return len(_here) == 1

    def _place(self, processors: list[int]) -> None:
        global _here, _all
        _here, _all = frozenset(processors), frozenset(self._choice)
        for thread in _TASKS.iterdir():
            with suppress(ProcessLookupError):  # one that has just ended
                os.sched_setaffinity(int(thread.name), _here)

    def _facts(self) -> tuple[float, float, float]:
        """Seconds on the clock, seconds that the threads ran, and that they waited to run."""
        waited = 0
        for thread in _TASKS.iterdir() if self.possible else ():
            with suppress(OSError):
                waited += int((thread / "schedstat").read_text().split()[1])
        return time.monotonic(), time.process_time(), waited / 1e9


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
