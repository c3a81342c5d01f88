"""Since when what is counted stands: a sunset coverage, a fragmentation, a gap.

No pair of holdings makes such a finding, so its days are those of all holdings that are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from mandates.overlap.findings import Finding
from mandates.overlap.reference import Hierarchy
from mandates.overlap.tables import Holding, Mandate, Rows
from mandates.report.days import Spell, Stretch, held, vacant


class Counted:
    """Knows which holdings are counted for a finding.

    Args:
        rows: the tables in which it was found.
        hierarchy: of their concepts.
        stretch: from when to when a holding stands, by its name.
    """

    def __init__(self, rows: Rows, hierarchy: Hierarchy, stretch: Callable[[str], Stretch]) -> None:
        self._rows, self._hierarchy, self._stretch = rows, hierarchy, stretch
        self._areas: dict[str, frozenset[str]] = {}

    def spell(self, finding: Finding) -> Spell:
        """Since when and until when a finding stands that names no pair of holdings.

        Method: what counts for each relation is as in docs/method.md.
        """
        chosen = [(h.actor, self._stretch(h.id)) for h in self._holdings(finding)]
        if finding.relation == "gap":
            return vacant(finding.since, finding.until, (it for _, it in chosen))
        holders = 2 if finding.relation == "fragmentation" else 1
        return held(finding.since, finding.until, chosen, holders)

    def _holdings(self, finding: Finding) -> list[Holding]:
        if finding.relation == "sunset-coverage":
            return [h for h, _ in self._all if h.actor in finding.actors]
        counts = self._fills if finding.relation == "gap" else self._lies_within
        return [
            h
            for h, m in self._all
            if m.force != "disability" and m.polity == finding.polity and counts(h, m, finding)
        ]

    @cached_property
    def _all(self) -> list[tuple[Holding, Mandate]]:
        mandates = {m.id: m for m in self._rows.mandates}
        return [(h, mandates[h.mandate]) for h in self._rows.holdings]

    def _lies_within(self, _: Holding, mandate: Mandate, finding: Finding) -> bool:
        if mandate.id not in self._areas:
            kept = (s for s in mandate.subjects if not self._carved(mandate, s))
            self._areas[mandate.id] = frozenset().union(*map(self._hierarchy.ancestors, kept))
        return finding.subject_cell in self._areas[mandate.id]

    def _fills(self, holding: Holding, mandate: Mandate, finding: Finding) -> bool:
        function, subject, over = finding.function_cell, finding.subject_cell, self._hierarchy.over
        return (
            # What is in doubt for another reason than days fills nothing.
            holding.reading is None
            and holding.status != "de-facto"
            and mandate.function is not None
            and function is not None
            and subject is not None
            and over(mandate.function, function)
            and any(over(wide, subject) for wide in mandate.subjects)
            and not self._carved(mandate, subject)
        )

    def _carved(self, mandate: Mandate, subject: str) -> bool:
        return any(self._hierarchy.over(out, subject) for out in mandate.excluded)
