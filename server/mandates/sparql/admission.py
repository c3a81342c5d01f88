"""Decide which query runs now, which waits and which is turned away."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from mandates.sparql.problems import Problem


class _Ticket:
    __slots__ = ("client", "evicted", "lock")

    def __init__(self, client: str) -> None:
        self.client = client
        self.evicted = False
        self.lock = threading.Lock()
        self.lock.acquire()


class Admission:
    """A number of places, a queue before them, and fairness between clients.

    Waiting clients are served in turn, one query each, so a client that sends a hundred does not
    stand before one that sends a single query. When the queue is full, a newcomer takes the place
    of the last query of whoever has most of them waiting.

    Args:
        places: how many queries run at once.
        queue: how many may wait.
        patience: seconds that a query waits at most.

    >>> admission = Admission(places=1, queue=0, patience=1)
    >>> with admission.place("a"):
    ...     with admission.place("b"):
    ...         pass
    Traceback (most recent call last):
        ...
    mandates.sparql.problems.Problem: 1 queries run and 0 wait, which is as many as may.
    """

    def __init__(self, places: int, queue: int, patience: float) -> None:
        self._places = places
        self._queue = queue
        self._patience = patience
        self._lock = threading.Lock()
        self._running = 0
        self._waiting = 0
        self._turns: OrderedDict[str, deque[_Ticket]] = OrderedDict()

    @property
    def running(self) -> int:
        """How many queries run."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many queries wait."""
        return self._waiting

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Hold a place for a query, after waiting for it if need be.

        Raises:
            Problem: ``busy``.
        """
        self._enter(client)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, client: str) -> None:
        with self._lock:
            if self._running < self._places:
                self._running += 1
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
            longest = max(self._turns.values(), key=len, default=deque())
            if len(longest) <= len(self._turns.get(client, ())) + 1:
                raise self._busy()
            evicted = longest[-1]
            evicted.evicted = True
            self._remove(evicted)
            evicted.lock.release()
        ticket = _Ticket(client)
        self._turns.setdefault(client, deque()).append(ticket)
        self._waiting += 1
        return ticket

    def _remove(self, ticket: _Ticket) -> None:
        tickets = self._turns[ticket.client]
        tickets.remove(ticket)
        if not tickets:
            del self._turns[ticket.client]
        self._waiting -= 1

    def _leave(self) -> None:
        with self._lock:
            if not self._turns:
                self._running -= 1
                return
            client, tickets = self._turns.popitem(last=False)
            ticket = tickets.popleft()
            self._waiting -= 1
            if tickets:
                self._turns[client] = tickets
            ticket.lock.release()

    def _busy(self) -> Problem:
        return Problem(
            "busy",
            f"{self._running} queries run and {self._waiting} wait, which is as many as may.",
            headers={"Retry-After": str(max(1, round(self._patience)))},
        )
