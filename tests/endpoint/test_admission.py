"""Who runs, who waits and who is turned away."""

from __future__ import annotations

import threading
import time

from mandates.sparql.admission import Admission


def served(admission: Admission, clients: list[str]) -> list[str]:
    """In which order clients that come one after the other, while all is taken, are served."""
    order: list[str] = []

    def ask(client: str) -> None:
        admission.enter(client)
        order.append(client)
        admission.leave(client, 0.0)

    admission.enter("somebody")
    threads = []
    for client in clients:
        threads.append(threading.Thread(target=ask, args=(client,)))
        threads[-1].start()
        while admission.waiting < len(threads):
            time.sleep(0.001)
    admission.leave("somebody", 0.0)
    for thread in threads:
        thread.join()
    return order


def known(admission: Admission, client: str, seconds: float) -> None:
    admission.enter(client)
    admission.leave(client, seconds)


def test_one_known_for_light_queries_does_not_stand_behind_strangers() -> None:
    admission = Admission(places=1, queue=10, patience=20)
    known(admission, "light", 0.001)
    known(admission, "heavy", 3.0)
    strangers = ["a", "b", "c"]
    assert served(admission, ["heavy", *strangers, "light"]) == ["light", *strangers, "heavy"]


def test_the_one_who_used_less_goes_before_the_one_who_used_more() -> None:
    admission = Admission(places=1, queue=10, patience=20)
    for client, seconds in (("much", 5.0), ("more", 9.0), ("some", 1.0)):
        known(admission, client, seconds)
    assert served(admission, ["more", "much", "some"]) == ["some", "much", "more"]
