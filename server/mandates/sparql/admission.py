"""Decide which query runs now, which waits and which is turned away."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from mandates.sparql.problems import Problem

_HALF_LIFE = 30.0
_CLIENTS = 10_000
# Charged when a query begins and settled when it ends, so that running ones count as well.
_ADVANCE = 0.1
# Seconds of use that make no difference.
_LITTLE = 0.05


class _Ticket:
    __slots__ = ("client", "evicted", "lock")

    def __init__(self, client: str) -> None:
        self.client = client
        self.evicted = False
        self.lock = threading.Lock()
        self.lock.acquire()


class Admission:
    """A number of places, a queue before them, and fairness between clients.

    The client that has lately used least is served first, so whoever sends a hundred heavy queries
    does not stand before one that sends a single light one, and one that is known for light ones
    does not stand behind a hundred strangers. When the queue is full, a newcomer
    takes the place of the last query of the client that has used or wants most, unless that is
    itself.

    Args:
        places: how many queries run at once.
        queue: how many may wait.
        patience: seconds that a query waits at most.
        long: how many of those may be long ones; the places beyond are kept for brief ones.

    >>> admission = Admission(places=1, queue=0, patience=1)
    >>> with admission.place("a"):
    ...     with admission.place("b"):
    ...         pass
    Traceback (most recent call last):
        ...
    mandates.sparql.problems.Problem: 1 queries run and 0 wait, which is as many as may.
    """

    def __init__(self, places: int, queue: int, patience: float, long: int | None = None) -> None:
        self._places = places
        self._long_places = places if long is None else long
        self._long = 0
        self._queue = queue
        self._patience = patience
        self._lock = threading.Lock()
        self._running = 0
        self._waiting = 0
        self._turns: dict[str, deque[_Ticket]] = {}
        # Seconds used by each client, halved every half-life, and when they were last counted.
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @property
    def running(self) -> int:
        """How many queries run."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many queries wait."""
        return self._waiting

    @contextmanager
    def place(self, client: str) -> Iterator[list[float]]:
        """Hold a place for a query, after waiting for it if need be.

        Yields:
            A list to put the seconds of processor time into that the query took; wall time would
            charge a light query for the heavy ones beside it.

        Raises:
            Problem: ``busy``.
        """
        self.enter(client)
        took: list[float] = []
        try:
            yield took
        finally:
            self.leave(client, sum(took))

    def lengthen(self) -> bool:
        """Count a query that turned out to be long; False when there are as many as may be."""
        with self._lock:
            if self._long >= self._long_places:
                return False
            self._long += 1
            return True

    def shorten(self) -> None:
        """Count a long query out."""
        with self._lock:
            self._long -= 1

    @property
    def long(self) -> int:
        """How many of the running queries are long."""
        return self._long

    def enter(self, client: str) -> None:
        """Take a place, after waiting for it if need be; ``leave`` must follow.

        Raises:
            Problem: ``busy``.
        """
        with self._lock:
            if self._running < self._places:
                self._running += 1
                self._charge(client, _ADVANCE)
                return
            ticket = self._enqueue(client)
        if ticket.lock.acquire(timeout=self._patience):
            if ticket.evicted:
                raise self._busy()
            return
        with self._lock:
            tickets = self._turns.get(client)
            if tickets is None or ticket not in tickets:
                # Served or evicted in the moment between the timeout and the lock.
                if ticket.evicted:
                    raise self._busy()
                return
            self._remove(ticket)
        raise self._busy()

    def _enqueue(self, client: str) -> _Ticket:
        if self._waiting >= self._queue:
            now = time.monotonic()

            def greed(name: str) -> tuple[int, int]:
                tickets = len(self._turns.get(name, ())) + (name == client)
                return int(self._usage(name, now) / _ADVANCE), tickets

            greedy = max(self._turns, key=greed, default=client)
            if greed(greedy) <= greed(client):
                raise self._busy()
            evicted = self._turns[greedy][-1]
            evicted.evicted = True
            self._remove(evicted)
            evicted.lock.release()
        ticket = _Ticket(client)
        self._turns.setdefault(client, deque()).append(ticket)
        self._waiting += 1
        return ticket

    def _usage(self, client: str, now: float) -> float:
        used, then = self._used.get(client, (0.0, now))
        return float(used * 0.5 ** ((now - then) / _HALF_LIFE))

    def _rank(self, client: str, now: float) -> tuple[int, bool]:
        # Of those who have used next to nothing, one who is known for that goes before strangers:
        # a crowd that turns up all at once consists of them.
        return int(self._usage(client, now) / _LITTLE), client not in self._used

    def _charge(self, client: str, seconds: float) -> None:
        now = time.monotonic()
        self._used[client] = (max(0.0, self._usage(client, now) + seconds), now)
        self._used.move_to_end(client)
        while len(self._used) > _CLIENTS:
            self._used.popitem(last=False)

    def _remove(self, ticket: _Ticket) -> None:
        tickets = self._turns[ticket.client]
        tickets.remove(ticket)
        if not tickets:
            del self._turns[ticket.client]
        self._waiting -= 1

    def leave(self, client: str, seconds: float) -> None:
        """Give a place back, with the seconds of processor time that were used in it."""
        with self._lock:
            self._charge(client, seconds - _ADVANCE)
            if not self._turns:
                self._running -= 1
                return
            now = time.monotonic()
            served = min(self._turns, key=lambda name: self._rank(name, now))
            ticket = self._turns[served][0]
            self._remove(ticket)
            self._charge(served, _ADVANCE)
            ticket.lock.release()

    def _busy(self) -> Problem:
        return Problem(
            "busy",
            f"{self._running} queries run and {self._waiting} wait, which is as many as may.",
            headers={"Retry-After": str(max(1, round(self._patience)))},
        )
