"""What is counted, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from mandates.sparql.backend import Backend
from mandates.web.cache import AnswerCache

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one server, apart from those of any other in the process."""

    def __init__(self, engine: Backend, cache: AnswerCache) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.requests = Counter(
            "mandates_requests", "Requests to the endpoint.", ["status"], registry=registry
        )
        self.problems = Counter(
            "mandates_problems", "Requests that failed, by kind.", ["kind"], registry=registry
        )
        self.cached = Counter(
            "mandates_cached", "Answers that needed no query.", ["how"], registry=registry
        )
        # Looked up once, as nearly all requests count there.
        self.answered = self.requests.labels("200")
        self.seconds = Histogram(
            "mandates_query_seconds",
            "Wall time of queries that were answered.",
            buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
            registry=registry,
        )
        self.rows = Counter("mandates_rows", "Rows and triples sent.", registry=registry)
        self.bytes = Counter("mandates_bytes", "Bytes sent, uncompressed.", registry=registry)

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

    def text(self) -> bytes:
        """All of it, in the text format that Prometheus reads."""
        return generate_latest(self._registry)
