"""Decide which query runs now, which waits and which is turned away."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mandates.sparql.problems import Problem

_HALF_LIFE = 30.0
_CLIENTS = 10_000
# Seconds that the query of a stranger is taken to need, and up to which a client's are brief.
_UNKNOWN = 0.1
_BRIEF = 0.05


class _Ticket:
    __slots__ = ("client", "evicted", "lock", "since")

    def __init__(self, client: str) -> None:
        self.client = client
        self.since = time.monotonic()
        self.evicted = False
        self.lock = threading.Lock()
        self.lock.acquire()


class Admission:
    """A number of places, a queue before them, and fairness between clients.

    A client is judged by the work it asks for: the processor time that its queries have lately
    taken, each, times how many it has under way. The one with the least is served first, so
    whoever sends a hundred heavy queries does not stand before one that sends a single light one;
    waiting counts too, so that nobody is passed over for ever. When the queue is full, a newcomer
    takes the place of the last query of the client that asks for most, unless that is itself. Where
    places are kept for brief queries, one of them is for clients known to send such.

    Args:
        places: how many queries run at once.
        queue: how many may wait.
        patience: seconds that a query waits at most.
        long: how many of those may be long ones; the places beyond are kept for brief ones.
        each: how many places one client may have; all when None.

    >>> admission = Admission(places=1, queue=0, patience=1)
    >>> with admission.place("a"):
    ...     with admission.place("b"):
    ...         pass
    Traceback (most recent call last):
        ...
    mandates.sparql.problems.Problem: 1 queries run and 0 wait, which is as many as may.
    """

    def __init__(
        self,
        places: int,
        queue: int,
        patience: float,
        long: int | None = None,
        each: int | None = None,
    ) -> None:
        self._places = places
        self._share = places if each is None else each
        self._long_places = places if long is None else long
        self._long = 0
        self._queue = queue
        self._patience = patience
        self._lock = threading.Lock()
        self._running = 0
        self._waiting = 0
        # Of two or more places that no long query may take, the last is for whom we know.
        self._open_places = places - (places - self._long_places >= 2)
        self._turns: dict[str, deque[_Ticket]] = {}
        # How many queries each client has in a place.
        self._placed: dict[str, int] = {}
        # Seconds used by each client and queries asked, both halved every half-life, and when they
        # were last counted.
        self._past: OrderedDict[str, tuple[float, float, float]] = OrderedDict()

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
            if self._may_sit(client) and (
                self._running < self._open_places
                or (self._running < self._places and self.is_brief(client))
            ):
                self._seat(client)
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

            def wants(name: str) -> float:
                return self._work(name, now, more=name == client)

            greedy = max(self._turns, key=wants, default=client)
            if wants(greedy) <= wants(client):
                raise self._busy()
            evicted = self._turns[greedy][-1]
            evicted.evicted = True
            self._remove(evicted)
            evicted.lock.release()
        ticket = _Ticket(client)
        self._turns.setdefault(client, deque()).append(ticket)
        self._waiting += 1
        return ticket

    def _each(self, client: str, now: float) -> float:
        """Seconds that the next query of a client is likely to take."""
        past = self._past.get(client)
        if past is None:
            return _UNKNOWN
        used, asked, then = past
        share = 0.5 ** ((now - then) / _HALF_LIFE)
        return float((used * share + _UNKNOWN) / (asked * share + 1))

    def is_brief(self, client: str) -> bool:
        """Whether a client is known for brief queries."""
        return client in self._past and self._each(client, time.monotonic()) <= _BRIEF

    def _work(self, client: str, now: float, *, more: bool = False) -> float:
        """Seconds that all which a client has here is likely to take."""
        count = self._placed.get(client, 0) + len(self._turns.get(client, ())) + more
        return self._each(client, now) * count

    def _rank(self, client: str, now: float) -> float:
        return self._work(client, now) / (1 + now - self._turns[client][0].since)

    def _may_sit(self, client: str) -> bool:
        return self._placed.get(client, 0) < self._share

    def _seat(self, client: str) -> None:
        self._running += 1
        self._placed[client] = self._placed.get(client, 0) + 1

    def _unseat(self, client: str, seconds: float, now: float) -> None:
        self._running -= 1
        placed = self._placed.pop(client) - 1
        if placed:
            self._placed[client] = placed
        used, asked, then = self._past.get(client, (0.0, 0.0, now))
        share = 0.5 ** ((now - then) / _HALF_LIFE)
        self._past[client] = (used * share + seconds, asked * share + 1, now)
        self._past.move_to_end(client)
        if len(self._past) > _CLIENTS:
            self._past.popitem(last=False)

    def _remove(self, ticket: _Ticket) -> None:
        tickets = self._turns[ticket.client]
        tickets.remove(ticket)
        if not tickets:
            del self._turns[ticket.client]
        self._waiting -= 1

    def leave(self, client: str, seconds: float) -> None:
        """Give a place back, with the seconds of processor time that were used in it."""
        now = time.monotonic()
        with self._lock:
            self._unseat(client, seconds, now)
            if not self._turns:
                return
            able: Iterable[str] = filter(self._may_sit, self._turns)
            if self._running >= self._open_places:
                able = [name for name in able if self.is_brief(name)]
            served = min(able, key=lambda name: self._rank(name, now), default=None)
            if served is None:
                return
            ticket = self._turns[served][0]
            self._remove(ticket)
            self._seat(served)
            ticket.lock.release()

    def _busy(self) -> Problem:
        return Problem(
            "busy",
            f"{self._running} queries run and {self._waiting} wait, which is as many as may.",
            headers={"Retry-After": str(max(1, round(self._patience)))},
        )
