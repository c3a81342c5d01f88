"""The process that does one job for a page: told on standard input, answering on standard output.

Started by ``mandates.web.jobs``. Before it looks at anything that a stranger sent it binds itself:
to an amount of memory, of processor time and of bytes written, and to no network.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import sys
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from mandates.web.jobs import REFUSED

_WRITES = 64 << 20


class _RefusedError(Exception):
    def __init__(self, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.details = details or []


def _no_network(*_: object, **__: object) -> NoReturn:
    raise OSError("a job has no network")


def _bind(memory: int, seconds: float) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_WRITES, _WRITES))
    processor = int(seconds * 2) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
    os.nice(5)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    socket.socket.connect = _no_network  # type: ignore[method-assign]
    socket.create_connection = _no_network


def _scope(request: dict[str, Any]) -> Any:
    from mandates.report import Scope

    return Scope(
        request.get("actors", ()),
        request.get("subjects", ()),
        request.get("layers", ()),
        request.get("countries", ()),
        request.get("minimum_score", 0),
        request.get("language", "en"),
    )


def _day(text: str | None) -> datetime | None:
    from mandates.report.days import read_moment

    return read_moment(text) if text else None


def _open(request: dict[str, Any], *, graphs: bool = False, bare: bool = False) -> tuple[Any, str]:
    from mandates.dataset.names import GRAPH
    from mandates.dataset.snapshot import open_store, open_union, read_snapshot

    snapshot = read_snapshot(Path(request["snapshot"]))
    if graphs:
        return open_store(snapshot), snapshot.version
    derived = ("findings", "holdings", "description") if bare else ("findings",)
    without = [f"{GRAPH}derived/{name}" for name in derived]
    return open_union(snapshot, without), snapshot.version


def _report(request: dict[str, Any]) -> bytes:
    """A report of any kind, in one face or several."""
    from mandates.analysis.actors import UnknownNameError
    from mandates.analysis.bill import BillError
    from mandates.overlap.tables import WorldError
    from mandates.report import MissingExtraError, make_report, render
    from mandates.report.making import make_comparison, make_counterfactual, make_what_if

    try:
        # First what takes no time, so that a slip in it is told at once.
        bill = None if request.get("bill") is None else _bill(request["bill"])
    except BillError as error:
        raise _RefusedError(str(error)) from None
    # What a bill changes is told from what is asserted, which only the named graphs tell.
    laid = bill is not None or bool(request.get("without"))
    store, version = _open(request, graphs=laid)
    scope, known, as_of = _scope(request), _day(request.get("known")), _day(request.get("as_of"))
    try:
        if bill is not None:
            model = make_what_if(
                store,
                bill=bill,
                as_of=as_of,
                known=known,
                scope=scope,
                version=version,
            )
        elif request.get("without"):
            model = make_counterfactual(
                store, instrument=request["without"], as_of=as_of, scope=scope, version=version
            )
        elif request.get("since"):
            since = _day(request["since"])
            assert since is not None
            assert as_of is not None
            model = make_comparison(
                store, since=since, until=as_of, known=known, scope=scope, version=version
            )
        else:
            assert as_of is not None
            model = make_report(store, as_of=as_of, known=known, scope=scope, version=version)
        return render(model, request.get("face", "html"))
    except (UnknownNameError, BillError, WorldError, MissingExtraError) as error:
        raise _RefusedError(str(error)) from None
    except ValueError as error:
        raise _RefusedError(str(error)) from None


def _bill(text: str) -> list[Any]:
    from mandates.analysis.bill import read_bill

    path = Path("bill.ttl")
    path.write_text(text, "utf-8", newline="\n")
    bill = list(read_bill([path]))
    _refuse_too_much(bill)
    return bill


def _refuse_too_much(triples: Iterable[Any]) -> None:
    from mandates.web.bounds import too_much

    if words := too_much(triples):
        raise _RefusedError(
            f"{words} On your own machine `mandates validate` and `mandates report --with` have no "
            "such limit."
        )


def _validate(request: dict[str, Any]) -> bytes:
    """Check Turtle against vocabulary, shapes and record."""
    from dataclasses import asdict

    import pyoxigraph as ox

    from mandates.dataset.names import GRAPH
    from mandates.quality.upload import check_upload

    path = Path("data.ttl")
    path.write_text(request["text"], "utf-8", newline="\n")
    with contextlib.suppress(SyntaxError):  # which the check tells with all that belongs to it
        _refuse_too_much(ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=GRAPH))
    record, _ = _open(request, bare=True)
    problems, triples = check_upload(record, path, "data.ttl")
    rows = [{**asdict(p), "severity": p.severity.value} for p in problems]
    for row in rows:
        # The statement has served: it has become a line.
        del row["said"]
    return json.dumps({"problems": rows, "triples": triples}).encode()


def _meetings(request: dict[str, Any]) -> bytes:
    """The findings of a day as they were known on another day, or in another release."""
    from mandates.analysis.graph import finding_iri, legal_orders, relation_class, title
    from mandates.analysis.world import plain, read_world
    from mandates.dataset.lookup import labels
    from mandates.overlap import find
    from mandates.report.views import MEETINGS

    store, _ = _open(request)
    names, orders = labels(store), legal_orders(store)
    as_of = _day(request["as_of"])
    found = find(read_world(store, known=_day(request.get("known"))), as_of=as_of)
    rows = []
    for finding in found.rows():
        exhibits = [[e.holding_a, e.holding_b or "", e.since.isoformat()] for e in finding.evidence]
        rows.append(
            {
                "iri": finding_iri(finding.key),
                "relation": _words(relation_class(finding.relation).value.rpartition("#")[2]),
                "meeting": finding.relation in MEETINGS,
                "title": title(finding, names, orders),
                "actors": sorted(finding.actors),
                "score": finding.score,
                "certain": finding.certain,
                "since": finding.since.isoformat(),
                "until": _written(finding.until),
                "function": finding.function_cell or "",
                "subject": plain(finding.subject_cell) if finding.subject_cell else "",
                "pairs": finding.support,
                "certain_since": _written(finding.certain_since),
                "certain_until": _written(finding.certain_until),
                "exhibits": exhibits,
            }
        )
    return json.dumps(rows).encode()


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _words(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words.removesuffix(" finding")


_JOBS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "report": _report,
    "meetings": _meetings,
    "validate": _validate,
}


def main(arguments: list[str]) -> int:
    """Do the job told on standard input: arguments are bytes of memory and seconds."""
    _bind(int(arguments[0]), float(arguments[1]))
    request = json.loads(sys.stdin.read())
    try:
        output = _JOBS[request["kind"]](request)
        status = 0
    except _RefusedError as error:
        output = json.dumps({"message": str(error), "details": error.details}).encode()
        status = REFUSED
    except MemoryError:
        output, status = b"MemoryError", 4
    except Exception:  # noqa: BLE001 - the server's log is where it belongs
        traceback.print_exc()
        output, status = b"", 1
    sys.stdout.buffer.write(output)
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    # What is left of a large store need not be taken apart.
    code = main(sys.argv[1:])
    os._exit(code)
