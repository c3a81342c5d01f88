"""What is counted, for Prometheus."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from mandates.sparql.backend import Backend
from mandates.web.cache import AnswerCache

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Seconds up to which a query counts into a bucket.
_BUCKETS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)


class Metrics(Collector):
    """Counts of one server, apart from those of any other in the process.

    A request counts at one go; what Prometheus reads is made of it when Prometheus asks.
    """

    def __init__(self, engine: Backend, cache: AnswerCache) -> None:
        self._lock = threading.Lock()
        self._requests = Counter({"200": 0})
        self._problems: Counter[str] = Counter()
        self._cached: Counter[str] = Counter()
        self._spread = [0] * (len(_BUCKETS) + 1)
        self._seconds, self._rows, self._bytes = 0.0, 0, 0
        self._registry = registry = CollectorRegistry()
        registry.register(self)

        def gauge(name: str, meaning: str) -> Gauge:
            return Gauge(name, meaning, registry=registry)

        admission = engine.admission
        gauge("mandates_running", "Queries that run.").set_function(lambda: admission.running)
        gauge("mandates_long", "Queries that run long.").set_function(lambda: admission.long)
        gauge("mandates_waiting", "Queries that wait.").set_function(lambda: admission.waiting)
        gauge("mandates_idle", "Workers that wait.").set_function(lambda: engine.idle)
        gauge("mandates_deaths", "Workers that died.").set_function(lambda: engine.deaths)
        gauge("mandates_restarts", "Keepers replaced.").set_function(lambda: engine.restarts)
        gauge("mandates_cache_bytes", "Bytes of answers kept.").set_function(lambda: cache.size)
        gauge("mandates_quads", "Quads served.").set_function(
            lambda: int(engine.facts.get("quads", 0))
        )

    def answered(self, seconds: float, rows: int, size: int) -> None:
        """Count a query that was run.

        Args:
            seconds: wall time that it took.
            rows: rows and triples sent.
            size: bytes sent, uncompressed.
        """
        with self._lock:
            self._requests["200"] += 1
            self._spread[bisect_left(_BUCKETS, seconds)] += 1
            self._seconds += seconds
            self._rows += rows
            self._bytes += size

    def repeated(self, status: int, how: str) -> None:
        """Count an answer that needed no query: from the ``cache``, or the ``client`` has it."""
        with self._lock:
            self._requests[str(status)] += 1
            self._cached[how] += 1

    def ended(self, status: int, problem: str = "") -> None:
        """Count a request that ended otherwise, perhaps with a problem."""
        with self._lock:
            self._requests[str(status)] += 1
            if problem:
                self._problems[problem] += 1

    def collect(self) -> Iterator[Metric]:
        """Everything that is counted here, as Prometheus's library wants it."""

        def counter(name: str, meaning: str, label: str, counts: Counter[str]) -> Metric:
            family = CounterMetricFamily(f"mandates_{name}", meaning, labels=[label])
            for value, count in counts.items():
                family.add_metric([value], count)
            return family

        with self._lock:
            upto = [*map(str, _BUCKETS), "+Inf"]
            yield counter("requests", "Requests to the endpoint.", "status", self._requests)
            yield counter("problems", "Requests that failed, by kind.", "kind", self._problems)
            yield counter("cached", "Answers that needed no query.", "how", self._cached)
            yield HistogramMetricFamily(
                "mandates_query_seconds",
                "Wall time of queries that were answered.",
                buckets=list(zip(upto, accumulate(self._spread), strict=True)),
                sum_value=self._seconds,
            )
            yield CounterMetricFamily("mandates_rows", "Rows and triples sent.", self._rows)
            yield CounterMetricFamily("mandates_bytes", "Bytes sent, uncompressed.", self._bytes)

    def text(self) -> bytes:
        """All of it, in the text format that Prometheus reads."""
        return generate_latest(self._registry)
