"""Keep the web process to one processor, and what it starts off that.

Python runs one of its threads at a time. Where several processors take turns in running them, each
turn moves the interpreter's lock, and all that it guards, from one processor's cache to another's;
that can cost more than the work. Kept to one processor the threads take turns at little cost, and
leave the others to the workers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_all: frozenset[int] = frozenset()


def keep_to_one(number: int) -> int | None:
    """Let all threads of this process, and those that they start, run on one processor.

    Args:
        number: chooses among the processors that the process may use; any whole number.

    Returns:
        The processor; None where there is no choice, or the system does not let us choose.

    >>> import subprocess, sys
    >>> code = "from mandates.sparql.processors import *; import os; here = keep_to_one(7); "
    >>> code += "print(here is None or os.sched_getaffinity(0) == {here}, end='')"
    >>> subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    'True'
    """
    global _all
    if not hasattr(os, "sched_setaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return None
    chosen = allowed[number % len(allowed)]
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # one that has just ended
            os.sched_setaffinity(int(thread.name), {chosen})
    _all = frozenset(allowed)
    return chosen


@contextmanager
def anywhere() -> Iterator[None]:
    """Let this thread run on all processors for a while.

    For starting a process, which gets them from it, and for long work that does not hold the
    interpreter's lock.
    """
    if not _all:
        yield
        return
    kept = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _all)
    try:
        yield
    finally:
        os.sched_setaffinity(0, kept)
