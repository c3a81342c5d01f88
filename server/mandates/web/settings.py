"""Everything an operator can set, in one frozen object."""

# ruff: noqa: RUF009 - `_setting` only attaches a meaning to a default

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mandates.sparql.backend import Limits
from mandates.sparql.federation import Rules
from mandates.sparql.prefixes import BASE
from mandates.web.jobs import JobLimits

if TYPE_CHECKING:
    from mandates.sparql.remote import Store

ENVIRONMENT_PREFIX = "MANDATES_"


def _setting(default: Any, meaning: str, *, secret: bool = False) -> Any:
    # A secret must not get into a log by way of a printed object.
    return field(default=default, repr=not secret, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """The settings of a server; each is also read from ``MANDATES_`` plus its name in capitals.

    The table in ``docs/operating.md`` is printed from the meanings given here.

    >>> Settings(timeout=5).timeout
    5
    >>> Settings.from_environment({"MANDATES_TIMEOUT": "5", "MANDATES_DATA_DIR": "/srv/data"})
    Settings(data_dir=PosixPath('/srv/data'), ..., timeout=5.0, ...)
    """

    data_dir: Path = _setting(
        Path("build/data"), "Folder of the snapshots; the one that `current` points to is served."
    )
    host: str = _setting("127.0.0.1", "IP address to listen on.")
    port: int = _setting(8000, "TCP port to listen on.")
    base_iri: str = _setting(BASE, "Beginning of the IRIs that are dereferenced here.")
    public_url: str = _setting(
        "",
        "Address under which the public reaches the server, without a slash at the end; "
        "taken from each request when empty.",
    )
    trusted_proxies: int = _setting(
        0, "How many proxies stand before the server and may say who the client is."
    )
    timeout: float = _setting(30.0, "Seconds of wall time for one query.")
    memory_mb: int = _setting(512, "MiB that one query may take above the store.")
    max_rows: int = _setting(2_000_000, "Rows or triples of one answer.")
    max_result_mb: int = _setting(512, "MiB of one answer before compression.")
    max_query_kb: int = _setting(256, "KiB of one request's content.")
    concurrency: int = _setting(8, "Queries that run at once.")
    queue: int = _setting(64, "Queries that wait for a place.")
    queue_timeout: float = _setting(10.0, "Seconds that a query waits at most.")
    brief_seconds: float = _setting(0.5, "Seconds after which a query counts as long.")
    long_queries: int = _setting(
        6, "Of the queries that run at once, how many may be long; the rest is kept for brief ones."
    )
    threads: int = _setting(128, "Requests that are under way at once, waiting ones included.")
    body_seconds: float = _setting(
        30.0,
        "Seconds in which a request must have arrived whole; its connection is closed otherwise, "
        "and one on which nothing has moved for four times as long.",
    )
    one_processor: bool = _setting(
        True,
        "Whether the web process keeps to one processor, which its port and the name of its host "
        "choose, while other programs leave one free; the workers use all. Brief queries are "
        "answered up to twice as fast for it.",
    )
    cache_seconds: int = _setting(
        60, "Seconds for which a client may keep an answer without asking again."
    )
    cache_mb: int = _setting(64, "MiB of answers kept for requests that come again; 0 keeps none.")
    rate_seconds: float = _setting(
        0.0,
        "Seconds that the queries, pages and reports of one client may take in a minute; "
        "0 sets no limit.",
    )
    slow_seconds: float = _setting(1.0, "Seconds from which on a query is written to the log.")
    admin_token: str = _setting(
        "",
        "Token with which the operator lists and stops queries; empty turns that off.",
        secret=True,
    )
    entity_status: int = _setting(
        303, "How entities answer: 303 sends on to a document, 200 gives it at once."
    )
    spawn_workers: bool = _setting(
        not hasattr(os, "fork"),
        "Whether each worker opens the snapshot itself instead of being forked: slower to start, "
        "and each takes the memory of the store. Set where processes can't be forked.",
    )
    reload_seconds: float = _setting(
        5.0, "Seconds between two looks for a new snapshot; 0 never looks."
    )
    spool_dir: Path | None = _setting(
        None, "Folder for large answers on their way; the system's temporary folder when empty."
    )
    store: str = _setting(
        "", "Address of a SPARQL 1.1 server to stand before; the snapshot is served when empty."
    )
    store_update: str = _setting(
        "", "Address of its update service; that of MANDATES_STORE when empty."
    )
    store_graphs: str = _setting(
        "", "Address of its graph store; that of MANDATES_STORE when empty."
    )
    store_authorization: str = _setting(
        "", "Value of the Authorization header that it is sent, such as `Basic …`.", secret=True
    )
    store_max_rows: int = _setting(
        0,
        "Rows after which it cuts an answer without saying so, as Virtuoso does above its "
        "ResultSetMaxRows; 0 when it never does.",
    )
    store_version: str = _setting(
        "",
        "Version of the dataset it holds; with one, answers are tagged and kept, so it must change "
        "when the data do.",
    )
    allow_update: bool = _setting(
        False, "Whether updates and changes to graphs are passed on to MANDATES_STORE."
    )
    update_token: str = _setting("", "Token that whoever changes data must send.", secret=True)
    service_allow: str = _setting(
        "",
        "Beginnings of the addresses that SERVICE and LOAD may call, with blanks between them; "
        "each has at least a host and a slash. None may be called when empty.",
    )
    service_timeout: float = _setting(10.0, "Seconds for one such call.")
    service_max_mb: int = _setting(4, "MiB that the calls of one query may bring.")
    service_concurrency: int = _setting(2, "Such calls under way at once.")
    service_unsafe_loopback: bool = _setting(
        False,
        "Whether such calls may reach this machine itself. Unsafe: for tests, and where all that "
        "listens here is public anyway.",
    )
    max_update_mb: int = _setting(16, "MiB of one update, or of one graph that is sent.")

    job_timeout: float = _setting(
        90.0, "Seconds of wall time for one report or validation that a page asks for."
    )
    job_memory_mb: int = _setting(2048, "MiB that one of them may take.")
    job_concurrency: int = _setting(2, "Reports and validations that are made at once.")
    job_queue: int = _setting(16, "Reports and validations that wait for a place.")
    upload_kb: int = _setting(1024, "KiB of a bill or of data that a page takes.")

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, **given: Any
    ) -> Settings:
        """Read the settings that the environment has; the others keep their defaults.

        Args:
            environment: the process's when None.
            given: settings that outdo the environment.

        Raises:
            ValueError: a value is not of the setting's type; the message names it.
        """
        environment = os.environ if environment is None else environment
        values = {}
        for item in fields(cls):
            text = environment.get(ENVIRONMENT_PREFIX + item.name.upper())
            if text is not None:
                values[item.name] = _convert(item.name, str(item.type), text)
        return cls(**{**values, **given})

    def __post_init__(self) -> None:
        if self.entity_status not in (200, 303):
            raise ValueError(f"entity_status is 200 or 303, not {self.entity_status}")
        for name in (
            "timeout",
            "memory_mb",
            "max_rows",
            "concurrency",
            "threads",
            "body_seconds",
            "job_timeout",
            "job_memory_mb",
            "job_concurrency",
            "upload_kb",
            "service_timeout",
            "service_max_mb",
            "service_concurrency",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is above 0, not {getattr(self, name)}")
        for name in ("store", "store_update", "store_graphs"):
            _check_address(name, getattr(self, name))
        _ = self.federation
        if self.allow_update and not self.store:
            raise ValueError("allow_update needs store: a snapshot can be read, not changed")
        if self.allow_update and not self.update_token:
            raise ValueError("allow_update needs update_token: nobody changes data without one")
        if self.allow_update and self.store_version:
            raise ValueError(
                "allow_update and store_version exclude each other: data that may "
                "change have no version"
            )

    @property
    def remote(self) -> Store:
        """The settings that say where the server is that this one stands before."""
        from mandates.sparql.remote import Store

        return Store(
            query=self.store,
            update=self.store_update,
            graphs=self.store_graphs,
            authorization=self.store_authorization,
            max_rows=self.store_max_rows,
            version=self.store_version,
            writable=self.allow_update,
        )

    @property
    def federation(self) -> Rules:
        """The settings that say what may be fetched for a query."""
        return Rules(
            allowed=tuple(self.service_allow.split()),
            timeout=self.service_timeout,
            max_bytes=self.service_max_mb << 20,
            concurrency=self.service_concurrency,
            loopback=self.service_unsafe_loopback,
        )

    @property
    def limits(self) -> Limits:
        """The settings that bound queries, in the engine's units."""
        return Limits(
            timeout=self.timeout,
            memory=self.memory_mb << 20,
            max_rows=self.max_rows,
            max_bytes=self.max_result_mb << 20,
            concurrency=self.concurrency,
            queue=self.queue,
            queue_timeout=self.queue_timeout,
            brief=self.brief_seconds,
            long=self.long_queries,
        )

    @property
    def job_limits(self) -> JobLimits:
        """The settings that bound reports and validations, in their own units."""
        return JobLimits(
            timeout=self.job_timeout,
            memory=self.job_memory_mb << 20,
            concurrency=self.job_concurrency,
            queue=self.job_queue,
            cache=self.cache_mb << 20,
        )


def _check_address(name: str, address: str) -> None:
    if not address:
        return
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError(f"{name} is an http or https address, not {address!r}")
    if "@" in parts.netloc:
        raise ValueError(f"{name} has a password in it; send it by store_authorization")


def _convert(name: str, kind: str, text: str) -> Any:
    try:
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
        if kind == "bool":
            return {"1": True, "true": True, "0": False, "false": False}[text.strip().lower()]
    except (ValueError, KeyError):
        raise ValueError(f"{ENVIRONMENT_PREFIX}{name.upper()} is no {kind}: {text!r}") from None
    if kind == "Path":
        return Path(text)
    if kind == "Path | None":
        return Path(text) if text else None
    return text
