"""Days as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

PAKISTAN = timezone(timedelta(hours=5))


def day(moment: datetime | None) -> str:
    """Write a moment as people write days, in Pakistan's time.

    The first day of the method's time stands for "as far back as the record goes".

    >>> day(datetime(2025, 1, 30, tzinfo=PAKISTAN)), day(None)
    ('30 January 2025', 'open')
    """
    if moment is None:
        return "open"
    local = moment.astimezone(PAKISTAN)
    if local.year == 1:
        return "the beginning of the record"
    return f"{local.day} {local:%B %Y}"


def iso(moment: datetime | None) -> str:
    """Write a moment as a calendar date (ISO 8601), in Pakistan's time; empty if open or unknown.

    >>> iso(datetime(2025, 1, 30, tzinfo=PAKISTAN))
    '2025-01-30'
    """
    if moment is None or moment.year == 1:
        return ""
    return moment.astimezone(PAKISTAN).date().isoformat()
