"""What differs between two states of the law: two days, two releases, or with and without a bill.

A finding's name does not depend on the day it is looked at (``docs/method.md``), so two sets of
findings are compared by name. What brought a difference about is for `mandates.analysis.causes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from mandates.analysis.causes import Behind, Causes
from mandates.overlap import find
from mandates.overlap.findings import Finding
from mandates.overlap.tables import World

#: Relations that describe the size of something rather than a meeting; a change of their figure is
#: noise beside what changed it.
FIGURES = frozenset({"fragmentation", "sunset-coverage", "related-assignment"})


@dataclass(frozen=True)
class Revision:
    """A finding that stands in both states, but not alike."""

    before: Finding
    after: Finding


@dataclass(frozen=True)
class Changes:
    """The differences between two states.

    Attributes:
        created: findings of the second state that the first has not.
        ended: findings of the first state that the second has not.
        passed: findings that came and went in between.
        revised: findings of both whose score, certainty or number of pairs differs.
        causes: events behind each change, by key of the finding.
    """

    created: tuple[Finding, ...] = ()
    ended: tuple[Finding, ...] = ()
    passed: tuple[Finding, ...] = ()
    revised: tuple[Revision, ...] = ()
    causes: Mapping[str, Behind] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.created or self.ended or self.passed or self.revised)


def compare(before: Iterable[Finding], after: Iterable[Finding]) -> Changes:
    """Compare two sets of findings by name.

    >>> bool(compare([], []))
    False
    """
    old = {finding.key: finding for finding in before}
    new = {finding.key: finding for finding in after}
    return Changes(
        created=tuple(f for key, f in new.items() if key not in old),
        ended=tuple(f for key, f in old.items() if key not in new),
        revised=tuple(
            Revision(old[key], f)
            for key, f in new.items()
            if key in old and f.relation not in FIGURES and _differs(old[key], f)
        ),
    )


def _differs(a: Finding, b: Finding) -> bool:
    return (a.score, a.certain, a.support) != (b.score, b.certain, b.support)


def between(world: World, since: datetime, until: datetime) -> Changes:
    """Compare what stands on two days, and find what came and went between them.

    Args:
        world: tables of the overlap method.
        since: the first day.
        until: the second day.

    Raises:
        ValueError: the second day is not after the first.
    """
    if until <= since:
        raise ValueError(f"{until:%Y-%m-%d} is not after {since:%Y-%m-%d}")
    one, two = find(world, as_of=since).rows(), find(world, as_of=until).rows()
    changes = compare(one, two)
    passed = tuple(
        f
        for f in find(world).rows()
        if since < f.since and f.until is not None and f.until <= until
    )
    return Changes(changes.created, changes.ended, passed, changes.revised)


def explain(changes: Changes, causes: Causes, since: datetime, until: datetime) -> Changes:
    """Name the events behind each difference between two days."""
    behind = {f.key: causes.of(f, ended=False) for f in changes.created}
    behind |= {f.key: causes.of(f, begun=False) for f in changes.ended}
    behind |= {f.key: causes.of(f) for f in changes.passed}
    behind |= {r.after.key: causes.within(r.after, since, until) for r in changes.revised}
    return replace(changes, causes=behind)


def explain_by(changes: Changes, before: Causes, after: Causes, events: Iterable[str]) -> Changes:
    """Name those of some events that are behind each difference between two worlds on one day."""
    chosen = set(events)
    behind = {f.key: Behind(begun=after.among(f, chosen)) for f in changes.created}
    behind |= {f.key: Behind(ended=before.among(f, chosen)) for f in changes.ended}
    behind |= {
        r.after.key: Behind(
            begun=after.among(r.after, chosen), ended=before.among(r.before, chosen)
        )
        for r in changes.revised
    }
    return replace(changes, causes=behind)
