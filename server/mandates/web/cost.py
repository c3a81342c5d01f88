"""How much each client has used, so that one can't take what is there for all."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache

from mandates.sparql.problems import Problem

_CLIENTS = 10_000
_LEAST = 0.002
_LONGEST = 64


def client_key(address: str) -> str:
    """Whom an address stands for: in IPv6, whoever has the network of 64 bits.

    >>> client_key("2001:db8:1:2:3:4:5:6"), client_key("192.0.2.1"), client_key("")
    ('2001:db8:1:2::/64', '192.0.2.1', '')
    """
    # A proxy that is trusted without reason may pass on anything.
    return _client_key(address[:_LONGEST])


@lru_cache(maxsize=_CLIENTS)
def _client_key(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


class Allowance:
    """Seconds that the requests of each client may take, refilled steadily.

    Args:
        per_minute: seconds that a client gets each minute, which is also the most it can save up;
            0 sets no limit.
        clock: tells the time, in seconds.

    >>> allowance = Allowance(60, clock=lambda: 0.0)
    >>> allowance.check("a"); allowance.spend("a", 61)
    >>> allowance.check("a")
    Traceback (most recent call last):
        ...
    mandates.sparql.problems.Problem: Your requests have used 60 s of the last minute.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, client: str) -> None:
        """See whether a client has something left.

        Raises:
            Problem: ``rate-exceeded``.
        """
        if not self._per_minute:
            return
        with self._lock:
            left, _ = self._now(client)
        if left <= 0:
            wait = max(1, round(-left * 60 / self._per_minute + 0.5))
            raise Problem(
                "rate-exceeded",
                f"Your requests have used {self._per_minute:g} s of the last minute.",
                members={"limit": {"name": "rate_seconds", "value": self._per_minute}},
                headers={"Retry-After": str(wait)},
            )

    def spend(self, client: str, seconds: float) -> None:
        """Count what a query took; even the smallest costs a little."""
        if not self._per_minute:
            return
        with self._lock:
            left, now = self._now(client)
            self._left[client] = (left - max(seconds, _LEAST), now)
            self._left.move_to_end(client)
            while len(self._left) > _CLIENTS:
                self._left.popitem(last=False)

    def _now(self, client: str) -> tuple[float, float]:
        now = self._clock()
        left, then = self._left.get(client, (self._per_minute, now))
        return min(self._per_minute, left + (now - then) * self._per_minute / 60), now
