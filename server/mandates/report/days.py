"""Days as people write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta, timezone

PAKISTAN = timezone(timedelta(hours=5))

#: Ways of writing a day that are no ISO 8601, and how to read them.
_OTHERWISE = ("%d.%m.%Y", "%d/%m/%Y", "%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%d-%m-%Y")


def read_moment(text: str) -> datetime:
    """Read a day, or a moment with an offset; a day is its midnight in Pakistan.

    Raises:
        ValueError: it is none; says which may have been meant.

    >>> read_moment("2025-08-06").isoformat()
    '2025-08-06T00:00:00+05:00'
    >>> read_moment("2025-02-30")
    Traceback (most recent call last):
        ...
    ValueError: '2025-02-30' is no date; did you mean 2025-02-28? Write it as 2025-08-06
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        near = near_day(text)
        hint = f"did you mean {near}? Write" if near else "write"
        raise ValueError(f"{text[:40]!r} is no date; {hint} it as 2025-08-06") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=PAKISTAN)


def near_day(text: str) -> str:
    """Guess which day somebody meant, as ISO 8601 writes it; empty if that can't be told.

    >>> near_day("6 August 2025"), near_day("2025-13-01"), near_day("2025-8-6"), near_day("soon")
    ('2025-08-06', '2025-12-01', '2025-08-06', '')
    """
    parts = re.fullmatch(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*", text)
    if parts and int(parts[1]):
        year, month = int(parts[1]), min(max(int(parts[2]), 1), 12)
        last = monthrange(year, month)[1]
        return f"{year:04}-{month:02}-{min(max(int(parts[3]), 1), last):02}"
    for form in _OTHERWISE:
        try:
            return datetime.strptime(text.strip(), form).date().isoformat()
        except ValueError:
            continue
    return ""


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


def within(first: datetime | None, end: datetime | None) -> str:
    """Write a day, month or year as closely as it is known; empty if it is not known at all.

    Args:
        first: the first instant of the day, month or year.
        end: the first instant after it.

    >>> january, year = datetime(2025, 1, 1, tzinfo=PAKISTAN), timedelta(days=365)
    >>> within(january, january + timedelta(days=1)), within(january, january + timedelta(days=31))
    ('1 January 2025', 'January 2025')
    >>> within(january, january + year), within(None, None)
    ('2025', '')
    """
    if first is None:
        return ""
    days = (end - first).days if end else 1
    local = first.astimezone(PAKISTAN)
    return day(first) if days < 28 else f"{local:%B %Y}" if days < 365 else f"{local.year}"


def iso(moment: datetime | None) -> str:
    """Write a moment as a calendar date (ISO 8601), in Pakistan's time; empty if open or unknown.

    >>> iso(datetime(2025, 1, 30, tzinfo=PAKISTAN))
    '2025-01-30'
    """
    if moment is None or moment.year == 1:
        return ""
    return moment.astimezone(PAKISTAN).date().isoformat()
