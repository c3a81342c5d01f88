"""Server time of each kind of page over the shipped record, in milliseconds.

    python benchmarks/pages.py                 # writes benchmarks/results/pages.json too
    python benchmarks/pages.py --repeat 5 --data-dir build/data

Each page is asked for in a process that holds the application, without a network, so the figure is
what the server itself takes: queries and templates, with nothing kept from the request before. The
median of the repeats counts (on a busy machine look at the best, too); the first request of a kind,
which also compiles its template, is told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from pathlib import Path

from mandates.web import Settings, create_app

RESULTS = Path(__file__).parent / "results"
PAGES = {
    "home": "/",
    "institution, most mandates": "/id/pk/actor/federal-government.html",
    "institution": "/id/pk/actor/pta.html",
    "instrument, most provisions": "/id/pk/instrument/peca-2016.html",
    "instrument, most changes": "/id/pk/instrument/peca-amendment-act-2025.html",
    "provision": "/id/pk/instrument/peca-2016/s37.1.html",
    "mandate": "/id/pk/mandate/peca-s37.1-remove-or-block.html",
    "legal role": "/id/pk/role/peca-authority.html",
    "event, most changes": "/id/pk/event/peca-2016-commencement.html",
    "concept": "/scheme/function/remove-or-block.html",
    "concept, widest": "/scheme/subject/content.html",
    "grade, most named": "/ns.html",
    "statement": "/id/pk/statement/PKT-140.html",
    "claim": "/id/paper/claim/warfare-tracks.html",
    "document, most read": "/id/pk/document/peca-2016.html",
    "between two institutions": "/between?one=actor:pta&other=actor:nccia",
    "between, most findings": "/between?one=actor:fia&other=actor:nccia&date=2024-06-01",
    "named by, a page": "/named-by?of=https://w3id.org/mandates/ns%23GradeA"
    "&by=https://w3id.org/mandates/ns%23hasGrade",
    "question": "/questions/who-may-block?date=2026-01-01",
    "search, words": "/search?q=remove+or+block",
    "search, citation": "/search?q=PECA+37",
    "data quality": "/data-quality",
    "unknown": "/id/pk/actor/ptaa",
}


def measure(data_dir: Path, repeat: int) -> dict[str, dict[str, float]]:
    """Milliseconds and bytes of each page."""
    app = create_app(Settings(data_dir=data_dir, reload_seconds=0, cache_mb=0))
    client = app.test_client()
    figures = {}
    try:
        for name, path in PAGES.items():
            times, size = [], 0
            for _ in range(repeat + 1):
                begun = time.perf_counter()
                response = client.get(path, headers={"Accept": "text/html"})
                size = len(response.get_data())
                times.append(1000 * (time.perf_counter() - begun))
            figures[name] = {
                "first": round(times[0], 1),
                "best": round(min(times[1:]), 1),
                "median": round(statistics.median(times[1:]), 1),
                "worst": round(max(times[1:]), 1),
                "bytes": size,
            }
            best, median = figures[name]["best"], figures[name]["median"]
            print(f"{name:32} {best:7.1f} {median:7.1f} ms  {size:9,} bytes")
    finally:
        app.extensions["engine"].close()
    return figures


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path("build/data"))
    parser.add_argument("--repeat", type=int, default=9)
    given = parser.parse_args()
    figures = measure(given.data_dir, given.repeat)
    RESULTS.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "processors": os.cpu_count()}
    text = json.dumps({"machine": machine, "milliseconds": figures}, indent=2) + "\n"
    (RESULTS / "pages.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
