"""Days as people write them, no closer than they are known."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

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
    """Write a moment as people write days: the day on which it falls where the law applies.

    The first day of the method's time stands for "as far back as the record goes".

    >>> day(datetime(2025, 1, 30, tzinfo=PAKISTAN)), day(None)
    ('30 January 2025', 'open')
    """
    if moment is None:
        return "open"
    if moment.year == 1:
        return "the beginning of the record"
    local = civil(moment)
    return f"{local.day} {local:%B %Y}"


def asked(moment: datetime) -> str:
    """Write the moment that somebody asked about: midnight in Pakistan as a day, others in full.

    >>> asked(read_moment("2020-01-01")), asked(read_moment("2020-01-01T00:00+01:00"))
    ('1 January 2020', '1 January 2020, 00:00 (UTC+01:00)')
    """
    if moment.isoformat().endswith("T00:00:00+05:00"):
        return day(moment)
    return f"{moment.day} {moment:%B %Y, %H:%M} ({moment.tzinfo})"


def asked_iso(moment: datetime) -> str:
    """Write the same for a program, by ISO 8601.

    >>> asked_iso(read_moment("2020-01-01")), asked_iso(read_moment("2020-01-01T00:00+01:00"))
    ('2020-01-01', '2020-01-01T00:00:00+01:00')
    """
    return moment.isoformat().removesuffix("T00:00:00+05:00")


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
    """Write the day of a moment where the law applies (ISO 8601); empty if open or unknown.

    >>> iso(datetime(2025, 1, 30, tzinfo=PAKISTAN)), iso(datetime(2021, 8, 31, 16, tzinfo=UTC))
    ('2025-01-30', '2021-09-01')
    """
    if moment is None or moment.year == 1:
        return ""
    return civil(moment).isoformat()


_MONTHS = {
    "en": tuple(month_name),
    # As Pakistan writes them; the numerals of the record are kept.
    "ur": (
        "",
        "جنوری",
        "فروری",
        "مارچ",
        "اپریل",
        "مئی",
        "جون",
        "جولائی",
        "اگست",
        "ستمبر",
        "اکتوبر",
        "نومبر",
        "دسمبر",
    ),
}
_ALWAYS = {"en": "the beginning of the record", "ur": "ریکارڈ کا آغاز"}


def long_date(value: object, language: str = "en") -> str:
    """A date, month or year of ISO 8601 as people write it; what is none stays as it is.

    The year 1 is the method's beginning of all time.

    >>> long_date("2016-08-22"), long_date("unknown"), long_date("0001-01-01")
    ('22 August 2016', 'unknown', 'the beginning of the record')
    >>> long_date("2025"), long_date("2025-04"), long_date("2025-05-01", "ur")
    ('2025', 'April 2025', '1 مئی 2025')
    """
    months = _MONTHS.get(language, _MONTHS["en"])
    month = re.fullmatch(r"(\d{4})-(\d\d)", str(value))
    if month and 1 <= int(month[2]) <= 12:
        return f"{months[int(month[2])]} {month[1]}"
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return str(value)
    if found.year == 1:
        return _ALWAYS.get(language, _ALWAYS["en"])
    return f"{found.day} {months[found.month]} {found.year}"


#: How the two days of something known to lie between them are written: short, and in words.
_SHORT = {"at": "{0}", "between": "{0}..{1}", "from": "{0}..", "by": "..{1}"}
_WORDS = {
    "en": {
        "at": "{0}",
        "between": "a day between {0} and {1}",
        "from": "{0} at the earliest",
        "by": "{1} at the latest",
    },
    "ur": {
        "at": "{0}",
        "between": "{0} اور {1} کے درمیان کوئی دن",
        "from": "جلد سے جلد {0}",
        "by": "دیر سے دیر {1}",
    },
}


@dataclass(frozen=True)
class Known:
    """The day on which something began or ended, no closer than it is known.

    Attributes:
        first: the first day that it may have been; ``None`` if none is known.
        last: the last that it may have been; ``None`` if it may lie ahead or never come.

    >>> year = Known(date(2006, 1, 1), date(2007, 1, 1))
    >>> year.short, year.words(), Known(date(2006, 3, 1), date(2006, 4, 1)).words()
    ('2006', '2006', 'March 2006')
    >>> range_ = Known(date(2016, 9, 1), date(2016, 9, 22))
    >>> range_.short, range_.words()
    ('2016-09-01..2016-09-22', 'a day between 1 September 2016 and 22 September 2016')
    >>> Known(date(2023, 12, 24), None).short, Known(date(2016, 8, 22), date(2016, 8, 22)).short
    ('2023-12-24..', '2016-08-22')
    """

    first: date | None
    last: date | None

    @property
    def always(self) -> bool:
        """Whether it reaches back to the beginning of the record."""
        return self.first is not None and self.first.year == 1

    @property
    def vague(self) -> bool:
        """Whether it is no day, month or year but a stretch of days."""
        return self._said()[0] != "at"

    @property
    def short(self) -> str:
        """As a table has it: a year, month or day, or the two days with two dots between them.

        The dots are those of ISO 8601-2: one of the days from the first to the last, both included.
        """
        form, first, last = self._said()
        return "start of the record" if self.always else _SHORT[form].format(first, last)

    def words(self, language: str = "en") -> str:
        """As a sentence has it.

        >>> Known(None, date(2024, 4, 24)).words(), Known(date(2025, 1, 1), None).words()
        ('24 April 2024 at the latest', '1 January 2025 at the earliest')
        >>> Known(date(2006, 1, 1), date(2007, 1, 1)).words("ur")
        '2006'
        """
        form, first, last = self._said()
        phrase = _WORDS.get(language, _WORDS["en"])[form]
        return phrase.format(long_date(first, language), long_date(last, language))

    def after_verb(self) -> str:
        """As it follows a verb: "on" a day, "in" a month or year.

        >>> day, month = Known(date(2025, 1, 3), date(2025, 1, 3)), date(2025, 1, 1)
        >>> day.after_verb(), Known(month, date(2025, 2, 1)).after_verb()
        ('on 3 January 2025', 'in January 2025')
        """
        form, first, _ = self._said()
        return f"{'in' if form == 'at' and len(first) < len('2025-01-01') else 'on'} {self.words()}"

    def _said(self) -> tuple[str, str, str]:
        first, last = self.first, self.last
        if first is None:
            return "by", "", "" if last is None else last.isoformat()
        if first.year == 1 or first == last:
            return "at", first.isoformat(), ""
        if last is None:
            return "from", first.isoformat(), ""
        # A year or a month that is known ends with the first moment of the next.
        if first.day == last.day == 1:
            months = (last.year - first.year) * 12 + last.month - first.month
            if months == 1:
                return "at", first.isoformat()[:7], ""
            if months == 12 and first.month == 1:
                return "at", first.isoformat()[:4], ""
        return "between", first.isoformat(), last.isoformat()


def begun(earliest: datetime | str, certain: datetime | str | None) -> Known:
    """Say when something began, from ``mand:validFrom`` and ``mand:certainFrom``.

    By the midnight of the latter it certainly stood, and it may have begun with that very
    midnight: so that day is the last. Without one it may never have begun.

    Args:
        earliest: the first moment at which it may stand; of a text the day counts.
        certain: the first at which it certainly stands; none if it may never begin.

    >>> begun("2006-01-01", "2007-01-01").short, begun("2013-02-20", "2013-02-21").short
    ('2006', '2013-02-20..2013-02-21')
    """
    return Known(civil(earliest), civil(certain) if certain else None)


def ended(
    latest: datetime | str | None,
    earliest: datetime | str | None,
    certain: datetime | str | None,
) -> Known | None:
    """Say when something ended, from ``mand:validUntil`` and ``mand:certainUntil``.

    Args:
        latest: the first moment at which it certainly no longer stands; none while it may.
        earliest: the first at which it may no longer stand; none while nothing ends it.
        certain: ``mand:certainFrom``. What may never have begun is uncertain from its first moment
            on, and then ``earliest`` says nothing of its end.

    Returns:
        ``None`` if nothing is known to end it.

    >>> ended("2025-05-01", "2025-04-01", "2016-09-22").words()
    'April 2025'
    >>> ended(None, "2025-01-01", "2018-05-25").short, ended(None, "2025-01-01", None)
    ('2025-01-01..', None)
    """
    first = civil(earliest) if earliest and certain else None
    last = civil(latest) if latest else None
    return None if first is None and last is None else Known(first, last)


def stated(first: datetime | str, precision: str) -> Known:
    """Say when something was of which the record states a day and how closely it is known.

    Args:
        first: the first moment that it may have been; of a text the day counts.
        precision: ``YearPrecision``, ``MonthPrecision``, ``RangePrecision`` or ``OpenPrecision``;
            of the last two no last day is stated. With any other the day is known.

    >>> stated("2025-01-01", "DayPrecision").short, stated("2025-01-01", "YearPrecision").short
    ('2025-01-01', '2025')
    >>> stated("2025-12-01", "MonthPrecision").words()
    'December 2025'
    >>> stated("2025-04-03", "RangePrecision").words()
    '3 April 2025 at the earliest'
    """
    day = civil(first)
    match precision:
        case "YearPrecision":
            return Known(day.replace(month=1, day=1), day.replace(day.year + 1, 1, 1))
        case "MonthPrecision":
            month = day.replace(day=1)
            return Known(month, (month + timedelta(days=31)).replace(day=1))
        case "RangePrecision" | "OpenPrecision":
            return Known(day, None)
    return Known(day, day)


def civil(moment: datetime | str) -> date:
    """The day of a moment, which the record writes as midnight where the law applies.

    What is derived is written in Pakistan's time. Midnight further east falls on the evening before
    there, midnight further west on the morning of the same day.

    >>> civil(datetime(2017, 5, 31, 21, tzinfo=PAKISTAN)), civil("2016-08-22")
    (datetime.date(2017, 6, 1), datetime.date(2016, 8, 22))
    """
    if isinstance(moment, str):
        return date.fromisoformat(moment[:10])
    if moment.year == 1 or (moment.hour, moment.minute) == (0, 0):
        return moment.date()
    local = moment.astimezone(PAKISTAN)
    return local.date() + timedelta(days=local.hour > 17)


@dataclass(frozen=True)
class Stretch:
    """From when to when something stands, with what is possible around what is certain.

    Attributes:
        since: the first moment at which it may stand.
        since_latest: the first at which it certainly does; none if it may never begin.
        until: the first at which it certainly no longer does; none while it may.
        until_earliest: the first at which it may no longer; none while nothing ends it.
    """

    since: datetime
    since_latest: datetime | None
    until: datetime | None
    until_earliest: datetime | None


@dataclass(frozen=True)
class Spell(Stretch):
    """From when to when something stands that others make, such as a finding that holdings make.

    While it may go on nothing is said of its end, whatever of those others may have ended.

    >>> january, may = datetime(2025, 1, 1, tzinfo=PAKISTAN), datetime(2025, 5, 1, tzinfo=PAKISTAN)
    >>> Spell(january, january, None, may).ended, Spell(january, None, may, None).ended.words()
    (None, '1 May 2025 at the latest')
    """

    @property
    def begun(self) -> Known:
        """Since when, no closer than it is known."""
        return begun(self.since, self.since_latest)

    @property
    def ended(self) -> Known | None:
        """Until when, if it ended, no closer than it is known."""
        return ended(self.until, self.until_earliest, self.since) if self.until else None


def met(
    since: datetime,
    until: datetime | None,
    pairs: Iterable[Sequence[Stretch]],
    certain: tuple[datetime | None, datetime | None] = (None, None),
    ties: Iterable[Stretch] = (),
) -> Spell:
    """Say how closely it is known since when and until when holdings meet.

    Whether they meet may be uncertain for other reasons than days: a finding that is nowhere
    certain has no certain beginning, and yet began on a known day if it stands at all. So the days
    are those of the holdings: two are held at once from the later beginning to the earlier end.

    Args:
        since: the first moment at which they may meet.
        until: the first at which they certainly no longer do; none while they may.
        pairs: the holdings that meet, two by two, or each alone where one makes the finding.
        certain: from when to when they meet beyond doubt, if ever.
        ties: what stands between the two and may have changed how they meet, with its own days.

    >>> by_year = Stretch(*(datetime(y, 1, 1, tzinfo=PAKISTAN) for y in (2006, 2007)), None, None)
    >>> exact = Stretch(*[datetime(1996, 10, 17, tzinfo=PAKISTAN)] * 2, None, None)
    >>> found = met(by_year.since, None, [(by_year, exact)])
    >>> begun(found.since, found.since_latest).words()
    '2006'
    """
    begins = [] if certain[0] is None else [certain[0]]
    ends = [] if certain[1] is None or until is None else [certain[1]]
    for pair in pairs:
        sure = [side.since_latest for side in pair if side.since_latest]
        if len(sure) < len(pair):
            continue
        if max(side.since for side in pair) == since:
            begins.append(max(sure))
        last = [side.until for side in pair if side.until]
        if until is not None and last and min(last) == until:
            ends.append(min(side.until_earliest for side in pair if side.until_earliest))
    ties = list(ties)
    if not begins:
        begins = _changed(since, ties)
    if until is not None and not ends:
        ends = _changed(until, ties)
    return Spell(since, min(begins, default=None), until, max(ends, default=None))


def _changed(moment: datetime, ties: Iterable[Stretch]) -> list[datetime]:
    """The moment, if all that began or ended then did so on a known day."""
    known = [it.since_latest for it in ties if it.since == moment]
    known += [it.until_earliest for it in ties if it.until == moment]
    return [moment] if known and all(one == moment for one in known) else []


_ALWAYS_SINCE = datetime.min.replace(tzinfo=UTC)
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_Span = tuple[datetime, datetime]


def held(
    since: datetime,
    until: datetime | None,
    holdings: Iterable[tuple[str, Stretch]],
    holders: int = 1,
) -> Spell:
    """Say how closely it is known since when and until when so many hold something at once.

    They may from when so many may hold, and certainly do from when so many certainly hold; which
    holding sets the day does not matter.

    Args:
        since: the first moment at which so many may hold something.
        until: the first at which they certainly no longer do; none while they may.
        holdings: all that counts, each by its holder.
        holders: how many holders it takes.

    Returns:
        Nothing but the two moments if the holdings do not make these.

    >>> january, march = (datetime(2006, month, 1, tzinfo=PAKISTAN) for month in (1, 3))
    >>> by_year = Stretch(january, datetime(2007, 1, 1, tzinfo=PAKISTAN), None, None)
    >>> exact = Stretch(march, march, None, None)
    >>> held(january, None, [("a", by_year), ("a", exact)]).begun.short
    '2006-01-01..2006-03-01'
    >>> held(march, None, [("a", by_year), ("b", exact)], 2).begun.short
    '2006-03-01..2007-01-01'
    """
    known = list(holdings)
    end = until or _FOR_EVER
    if (since, end) not in _crowded(((who, _possible(it)) for who, it in known), holders):
        return Spell(since, None, until, None)
    sure = _crowded(((who, _certain(it)) for who, it in known), holders)
    return _spell(since, until, [span for span in sure if since <= span[0] and span[1] <= end])


def vacant(since: datetime, until: datetime | None, holdings: Iterable[Stretch]) -> Spell:
    """Say how closely it is known since when and until when nobody holds something.

    It may be vacant from when those who held it may hold it no longer, and certainly is from when
    they certainly do not; and the same the other way round at its end.

    Args:
        since: the first moment at which it may be vacant.
        until: the first at which somebody certainly holds it; none if nobody does.
        holdings: all that fill it. What is in doubt for another reason than days fills nothing.

    Returns:
        Nothing but the two moments if the holdings do not make these.

    >>> year = datetime(2024, 1, 1, tzinfo=PAKISTAN), datetime(2025, 1, 1, tzinfo=PAKISTAN)
    >>> found = vacant(datetime.min, year[1], [Stretch(*year, None, None)])
    >>> found.begun.short, found.ended.short
    ('start of the record', '2024')
    """
    known = list(holdings)
    start = _ALWAYS_SINCE if since.year == 1 else since
    end = until or _FOR_EVER
    if (start, end) not in _between(_crowded((("", _certain(it)) for it in known), 1)):
        return Spell(since, None, until, None)
    sure = _between(_crowded((("", _possible(it)) for it in known), 1))
    return _spell(since, until, [span for span in sure if start <= span[0] and span[1] <= end])


def _spell(since: datetime, until: datetime | None, sure: Sequence[_Span]) -> Spell:
    if not sure:
        return Spell(since, None, until, None)
    first, last = sure[0][0], sure[-1][1]
    return Spell(
        since,
        since if first == _ALWAYS_SINCE else first,
        until,
        None if last == _FOR_EVER else last,
    )


def _possible(it: Stretch) -> _Span:
    return it.since, it.until or _FOR_EVER


def _certain(it: Stretch) -> _Span:
    """The part that is certain as far as days go; an empty one if none is."""
    return it.since_latest or _FOR_EVER, it.until_earliest or it.until or _FOR_EVER


def _crowded(spans: Iterable[tuple[str, _Span]], holders: int) -> list[_Span]:
    """The times at which at least so many hold, in order; those that touch are one."""
    steps: dict[datetime, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for who, (first, last) in spans:
        if first < last:
            steps[first][who] += 1
            steps[last][who] -= 1
    count: dict[str, int] = defaultdict(int)
    found: list[_Span] = []
    here, begun = 0, None
    for moment in sorted(steps):
        for who, step in steps[moment].items():
            here -= count[who] > 0
            count[who] += step
            here += count[who] > 0
        if here >= holders and begun is None:
            begun = moment
        elif here < holders and begun is not None:
            found.append((begun, moment))
            begun = None
    # What goes on for ever ends with all others, at the last moment there is.
    return found


def _between(spans: Sequence[_Span]) -> list[_Span]:
    """The times between spans that stand in order, and before and after them."""
    edges = [_ALWAYS_SINCE, *(moment for span in spans for moment in span), _FOR_EVER]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
