"""Who runs, who waits and who is turned away."""

from __future__ import annotations

import threading
import time

import pytest

from mandates.sparql.admission import Admission
from mandates.sparql.problems import Problem


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


def test_one_who_asks_for_much_at_once_does_not_stand_before_one_who_asks_one_thing() -> None:
    admission = Admission(places=1, queue=10, patience=20)
    for client in ("many", "one"):
        known(admission, client, 1.0)
    assert served(admission, ["many", "many", "many", "one"]) == ["one", "many", "many", "many"]


def test_the_last_place_is_for_one_known_for_light_queries() -> None:
    admission = Admission(places=4, queue=0, patience=1, long=2)
    for _ in range(3):
        known(admission, "light", 0.001)
    known(admission, "heavy", 1.0)
    for client in ("heavy", "stranger", "heavy"):
        admission.enter(client)
    for client in ("heavy", "another stranger"):
        with pytest.raises(Problem):
            admission.enter(client)
    admission.enter("light")
    assert admission.running == 4


def test_what_waits_is_served_when_a_place_for_all_is_free() -> None:
    admission = Admission(places=4, queue=10, patience=20, long=2)
    for _ in range(3):
        admission.enter("first")
    order: list[str] = []

    def ask() -> None:
        admission.enter("second")
        order.append("second")

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not admission.waiting:
        time.sleep(0.001)
    admission.leave("first", 1.0)
    waiting.join()
    assert order == ["second"]
    assert (admission.running, admission.waiting) == (3, 0)


def test_the_one_who_used_less_goes_before_the_one_who_used_more() -> None:
    admission = Admission(places=1, queue=10, patience=20)
    for client, seconds in (("much", 5.0), ("more", 9.0), ("some", 1.0)):
        known(admission, client, seconds)
    assert served(admission, ["more", "much", "some"]) == ["some", "much", "more"]
