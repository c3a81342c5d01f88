"""Full-text search: an SQLite index written with the snapshot, and how it is asked.

SQLite's FTS5 is in Python's standard library, needs no server and reads from one file that nothing
writes to. What people type never reaches its query language: words are taken out of it, quoted one
by one, and a deadline ends a search that takes long.

Citations are looked up by their parts ("PECA 37", "s. 37(1)"), not by their words: ``37`` in the
text of a provision is no section 37.

Beside the full text stand two lists: the names of things as they are, by which an abbreviation
stands for the name in full ("NCCIA rules 2025") and a name nearly typed is recognised; and the
words of all texts, of which the nearest is offered for one that nothing has.
"""

from __future__ import annotations

import difflib
import re
import sqlite3
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.lookup import pairs, table
from mandates.dataset.names import BASE, PREFIXES, TYPE

AXES = ("kind", "institution", "instrument", "function", "layer", "grade")
_MAX_QUERY = 200
_MAX_WORDS = 12
_SKOS = PREFIXES["skos"]
_MAND = PREFIXES["mand"]

# Kinds in the order in which one would look, with what their relevance is multiplied by.
KINDS: Mapping[str, tuple[str, float]] = {
    "Actor": ("institution", 3.0),
    "Instrument": ("instrument", 2.6),
    "LegalRole": ("legal role", 2.2),
    "Mandate": ("mandate", 1.6),
    "Provision": ("provision", 1.5),
    "ScopeConcept": ("concept", 1.6),
    "NormativeEvent": ("event", 1.2),
    "Designation": ("designation", 1.1),
    "Affiliation": ("affiliation", 0.9),
    "PaperClaim": ("claim of the paper", 1.0),
    "OverlapStatement": ("statement", 1.0),
    "Reading": ("reading", 0.9),
    "Condition": ("condition", 0.8),
    "Finding": ("finding", 0.7),
    "Document": ("document", 0.7),
}
_OFFICE = 2.0
# What the paper speaks of beside law and institutions.
_OTHERS = (
    *("Challenge", "Dependency", "Driver", "Engagement", "GovernanceModel", "Indicator", "Norm"),
    *("Observation", "Programme", "Recommendation", "SovereigntyDimension", "Threat"),
)
_SCHEMA = """
CREATE TABLE doc (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, boost REAL NOT NULL,
  began TEXT, ended TEXT
);
CREATE VIRTUAL TABLE words USING fts5 (
  short, label, urdu, citation, quotation, note, tokenize = "porter unicode61 remove_diacritics 2",
  prefix = '2 3'
);
CREATE TABLE facet (doc INTEGER NOT NULL, axis TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (axis, value, doc)) WITHOUT ROWID;
CREATE INDEX facet_of ON facet (doc);
CREATE TABLE cite (doc INTEGER NOT NULL, law TEXT NOT NULL, path TEXT NOT NULL,
  PRIMARY KEY (path, law, doc)) WITHOUT ROWID;
CREATE TABLE name (doc INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (name, doc)) WITHOUT ROWID;
CREATE TABLE word (word TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE law (name TEXT NOT NULL, law TEXT NOT NULL, PRIMARY KEY (name, law)) WITHOUT ROWID;
"""
_WEIGHTS = "14, 9, 9, 6, 3, 1"
# Whose names in full an abbreviation stands for, and whose are offered when nearly typed.
_NAMED = ("institution", "instrument", "legal role", "concept")
_ABBREVIATED = ("institution", "instrument")
# How like a name or word must be to be offered, how many are, and below how many hits.
_LIKE_NAME, _LIKE_WORD, _OFFERED, _LITTLE = 0.75, 0.75, 3, 4
# How many words are corrected at most: each is compared with thousands.
_MISSPELT = 4
# What keyboards for Arabic give in the place of Urdu's yeh, kaf and heh; and the non-joiner.
_LETTERS = str.maketrans(
    {
        "\u064a": "\u06cc",
        "\u0649": "\u06cc",
        "\u0643": "\u06a9",
        "\u0647": "\u06c1",
        "\u0629": "\u06c1",
        "\u06c0": "\u06c1",
        "\u200c": " ",
    }
)
_CITATION = re.compile(
    r"""^(?P<law>.*?)[\s,]*
    (?:\b(?:u/s|sections?|sec\.?|ss?\.?|rules?|r\.?|articles?|art\.?|regulation|reg\.?|entry)\s*|§+\s*|(?<![\w.]))
    (?P<number>\d{1,3}[A-Z]{0,2})(?P<parts>(?:\s*\(\s*\w{1,6}\s*\))*)$""",
    re.VERBOSE | re.IGNORECASE,
)
_LOCATOR = re.compile(r"(\d{1,3}[A-Z]{0,2})((?:\(\w{1,6}\))*)")


class SearchError(ValueError):
    """A search that can't be made; its text says why."""


@dataclass(frozen=True)
class Hit:
    """A thing found.

    Attributes:
        iri: of the thing.
        kind: in words.
        snippet: its words around what was sought, each match between the characters 2 and 3.
    """

    iri: str
    kind: str
    snippet: str


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        hits: one page of it, best first.
        total: how much there is in all.
        facets: for each axis, its values with how many things have them, most first.
        citation: whether the query was read as a citation.
        widened: whether nothing had all the words, so some of them sufficed.
        instead: where nothing has all the words, queries of nearly the same that find something.
        near: where little is found, things with nearly this name.
    """

    hits: Sequence[Hit] = ()
    total: int = 0
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    citation: bool = False
    widened: bool = False
    instead: Sequence[str] = ()
    near: Sequence[Hit] = ()


def normalise(text: str) -> str:
    """Fold what people type differently: compatibility forms, Arabic letters for Urdu ones.

    >>> normalise("پاكستان") == normalise("پاکستان")
    True
    """
    return unicodedata.normalize("NFKC", text).translate(_LETTERS)


def write_index(path: Path, store: ox.Store) -> int:
    """Write the index of a dataset; the same dataset gives the same bytes with the same SQLite.

    Args:
        path: of a file that is not there yet.
        store: the dataset, in named graphs.

    Returns:
        How many things can be found.
    """
    docs = sorted(_documents(store), key=lambda doc: doc.iri)
    spoken: set[str] = set()
    with sqlite3.connect(path) as base:
        base.executescript("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF;" + _SCHEMA)
        for number, doc in enumerate(docs, 1):
            span = (doc.began or None, doc.ended or None)
            base.execute(
                "INSERT INTO doc VALUES (?,?,?,?,?,?)",
                (number, doc.iri, doc.kind, doc.boost, *span),
            )
            base.execute(
                "INSERT INTO words (rowid, short, label, urdu, citation, quotation, note)"
                " VALUES (?,?,?,?,?,?,?)",
                (number, *(normalise(text) for text in doc.texts)),
            )
            facets = sorted({(axis, value) for axis, value in doc.facets if value})
            base.executemany("INSERT INTO facet VALUES (?,?,?)", [(number, *row) for row in facets])
            cites = sorted(doc.cites)
            base.executemany("INSERT INTO cite VALUES (?,?,?)", [(number, *row) for row in cites])
            names = sorted({" ".join(_tokens(name)) for name in doc.names} - {""})
            base.executemany("INSERT INTO name VALUES (?,?)", [(number, name) for name in names])
            spoken.update(word for text in doc.texts for word in _tokens(text))
        words = sorted(word for word in spoken if len(word) > 3 and word.isalpha())
        base.executemany("INSERT INTO word VALUES (?)", [(word,) for word in words])
        base.executemany("INSERT INTO law VALUES (?,?)", sorted(_law_names(store)))
        base.execute("INSERT INTO words (words) VALUES ('optimize')")
    base.close()
    return len(docs)


@dataclass
class _Document:
    iri: str
    kind: str
    boost: float
    texts: tuple[str, str, str, str, str, str]
    names: tuple[str, ...] = ()
    began: str = ""
    ended: str = ""
    facets: set[tuple[str, str]] = field(default_factory=set)
    cites: set[tuple[str, str]] = field(default_factory=set)


def _texts(store: ox.Store, predicate: str) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    seen = set()
    for quad in store.quads_for_pattern(None, ox.NamedNode(predicate), None, None):
        if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.NamedNode):
            item = (quad.subject.value, quad.object.language or "", quad.object.value)
            if item not in seen:
                seen.add(item)
                found[item[0]][item[1]].append(item[2])
    for languages in found.values():
        for texts in languages.values():
            texts.sort()
    return found


def _documents(store: ox.Store) -> Iterator[_Document]:
    labels, shorts = _texts(store, _SKOS + "prefLabel"), _texts(store, _SKOS + "altLabel")
    notes = [_texts(store, _SKOS + name) for name in ("definition", "note", "scopeNote")]
    actions, said = _texts(store, _MAND + "actionPhrase"), _texts(store, _MAND + "quotation")
    headings, citations = _texts(store, _MAND + "heading"), table(store, "citation")
    kinds: dict[str, str] = {}
    for name in (*KINDS, *_OTHERS):
        for iri in _instances(store, name):
            kinds.setdefault(iri, name)
    law_of, mandates_of = table(store, "provisionOf"), defaultdict(list)
    conferred, under = table(store, "conferredBy"), table(store, "conferredUnder")
    for mandate, provisions in conferred.items():
        for provision in provisions:
            mandates_of[provision].append(mandate)
    evidence, grades = table(store, "supportedBy"), table(store, "hasGrade")
    functions, layers = table(store, "coversFunction"), table(store, "concernsLayer")
    axes: list[tuple[str, dict[str, list[str]]]] = [
        ("instrument", under),
        ("instrument", law_of),
        ("function", functions),
        ("function", table(store, "onFunction")),
        ("layer", layers),
        ("institution", table(store, "involves")),
        ("institution", table(store, "aboutActor")),
        ("institution", table(store, "filledBy")),
        ("institution", table(store, "affiliate")),
        ("institution", table(store, "affiliatedWith")),
        ("instrument", table(store, "broughtAboutBy")),
        ("instrument", table(store, "affects")),
    ]
    holders, spans = _holdings(store)
    acts_for = table(store, "actsFor")
    offices: dict[str, list[str]] = defaultdict(list)
    for office, principals in sorted(acts_for.items()):
        for principal in principals:
            offices[principal].append(office)
    began = [table(store, name) for name in ("validFrom", "effectiveFrom", "saidOn", "observedOn")]
    ended = table(store, "validUntil")
    for iri, name in kinds.items():
        kind, boost = KINDS.get(name, (_words(name), 1.0))
        if name == "Actor" and iri in acts_for:
            boost = _OFFICE  # whoever types a name means the body before those who act for it
        own = [iri, *mandates_of[iri]] if name == "Provision" else [iri]
        proofs = [proof for item in own for proof in evidence.get(item, ())]
        document = _Document(
            iri,
            kind,
            boost,
            (
                _flat(shorts.get(iri)),
                f"{_flat(labels.get(iri), without='ur')} {_flat(headings.get(iri))}".strip(),
                # The Urdu abbreviation of a body often stands in the names of its offices alone.
                " … ".join(
                    filter(None, (_flat(labels.get(o), only="ur") for o in (iri, *offices[iri])))
                ),
                _cited(iri, citations, law_of, conferred, shorts, labels),
                " … ".join(filter(None, [_flat(said.get(item)) for item in (iri, *proofs)])),
                " ".join(_flat(texts.get(iri)) for texts in (actions, *notes)),
            ),
            tuple(
                text
                for texts in (labels, shorts)
                for group in texts.get(iri, {}).values()
                for text in group
            ),
        )
        for axis, values in axes:
            if axis != "instrument" or name != "Finding":
                document.facets |= {(axis, value) for value in values.get(iri, ())}
        document.facets |= {("institution", actor) for item in own for actor in holders[item]}
        if name == "Actor":
            document.facets.add(("institution", iri))
        if name == "Instrument":
            document.facets.add(("instrument", iri))
        document.facets |= {("grade", value) for proof in proofs for value in grades.get(proof, ())}
        document.facets.add(("kind", kind))
        if name == "Provision":
            document.facets |= {("function", f) for item in own for f in functions.get(item, ())}
        for provision in (iri, *conferred.get(iri, ())):
            for law in law_of.get(provision, ()):
                document.cites |= {
                    (law, path) for text in citations.get(provision, ()) for path in _paths(text)
                }
        starts = [value for dates in began for value in dates.get(iri, ())]
        stops = list(ended.get(iri, ()))
        for item in own if name in ("Mandate", "Provision") else ():
            starts += spans[item][0]
            stops += spans[item][1]
        document.began = min(starts, default="")[:10]
        open_ended = name == "Mandate" and len(spans[iri][1]) < len(spans[iri][0])
        document.ended = "" if open_ended else max(stops, default="")[:10]
        yield document


def _holdings(
    store: ox.Store,
) -> tuple[dict[str, set[str]], dict[str, tuple[list[str], list[str]]]]:
    holders: dict[str, set[str]] = defaultdict(set)
    spans: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    held, begin, end = table(store, "heldBy"), table(store, "validFrom"), table(store, "validUntil")
    for holding, mandates in sorted(table(store, "ofMandate").items()):
        for mandate in mandates:
            holders[mandate] |= set(held.get(holding, ()))
            spans[mandate][0].extend(begin.get(holding, ()))
            spans[mandate][1].extend(end.get(holding, ()))
    return holders, spans


def _instances(store: ox.Store, name: str) -> list[str]:
    found = store.quads_for_pattern(None, TYPE, ox.NamedNode(_MAND + name), None)
    things = {quad.subject.value for quad in found if isinstance(quad.subject, ox.NamedNode)}
    return sorted(iri for iri in things if iri.startswith(BASE))


def _flat(texts: Mapping[str, list[str]] | None, *, only: str = "", without: str = "") -> str:
    return " ".join(
        text
        for language, group in sorted((texts or {}).items())
        if (not only or language == only) and (not without or language != without)
        for text in group
    )


def _cited(
    iri: str,
    citations: Mapping[str, list[str]],
    law_of: Mapping[str, list[str]],
    conferred: Mapping[str, list[str]],
    *names: Mapping[str, Mapping[str, list[str]]],
) -> str:
    parts = []
    for provision in (iri, *conferred.get(iri, ())):
        for law in law_of.get(provision, ()):
            parts += [_flat(texts.get(law), without="ur") for texts in names]
        parts += citations.get(provision, ())
    return " ".join(parts)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _paths(citation: str) -> set[str]:
    return {
        _path(match[1], match[2])
        for match in _LOCATOR.finditer(citation)
        if not citation[match.end() : match.end() + 1].isalnum()
    }


def _path(number: str, parts: str) -> str:
    return ".".join([number.lower(), *re.findall(r"\w+", parts.lower())])


def _law_names(store: ox.Store) -> set[tuple[str, str]]:
    laws = set(_instances(store, "Instrument"))
    found = set()
    for predicate in (_SKOS + "prefLabel", _SKOS + "altLabel", _MAND + "shortTitle"):
        for iri, name in pairs(store, ox.NamedNode(predicate)):
            if iri in laws:
                found.add((" ".join(_tokens(name)), iri))
    return found


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", normalise(text).casefold())


def search(
    path: Path,
    query: str,
    *,
    facets: Mapping[str, str] | None = None,
    on: str = "",
    start: int = 0,
    count: int = 20,
    seconds: float = 1.0,
) -> Found:
    """Look for things by name, abbreviation, citation or quoted words.

    Args:
        path: the index.
        query: what a person typed; may be empty when facets are given.
        facets: wanted values by axis (see ``AXES``).
        on: a day (ISO 8601) on which what is found must stand; things without dates are left out.
        start: how many of the best to skip.
        count: how many to give.
        seconds: after which the search is given up.

    Raises:
        SearchError: the query is too long, or the search took too long.
    """
    query = normalise(query).strip()
    if len(query) > _MAX_QUERY:
        raise SearchError(f"A search may have {_MAX_QUERY} characters; this has {len(query):,}.")
    base = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    deadline = time.monotonic() + seconds
    base.set_progress_handler(lambda: time.monotonic() > deadline, 2000)
    try:
        return _Search(base, dict(facets or {}), on).run(query, start, count)
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise SearchError(f"The search took longer than {seconds:g} s.") from None
        raise
    finally:
        base.close()


class _Search:
    """One search over an open index."""

    def __init__(self, base: sqlite3.Connection, facets: dict[str, str], on: str) -> None:
        self._base = base
        self._facets = {axis: value for axis, value in facets.items() if axis in AXES and value}
        self._on = on

    def run(self, query: str, start: int, count: int) -> Found:
        base = self._base
        base.execute("PRAGMA temp_store = MEMORY")
        base.execute("CREATE TEMP TABLE hit (doc INTEGER PRIMARY KEY, score REAL, cited INTEGER)")
        base.execute("CREATE TEMP TABLE called (doc INTEGER PRIMARY KEY)")
        # An index written before there were these lists has neither names nor words to offer.
        for table_, columns in (("name", "doc, name"), ("word", "word")):
            known = base.execute("SELECT 1 FROM main.sqlite_master WHERE name = ?", (table_,))
            if known.fetchone() is None:
                base.execute(f"CREATE TEMP TABLE {table_} ({columns})")
        words = _tokens(query)[:_MAX_WORDS]
        cited = self._cited(query)
        widened = False
        if words:
            terms = self._terms(words)
            self._matching(" AND ".join(terms))
            if not self._any() and len(words) > 1:
                widened = self._widen(terms) and not cited
        elif not cited:
            base.execute("INSERT INTO hit SELECT id, -boost, 0 FROM doc")
        self._narrow()
        # A cited provision comes before what it confers, an exact name before one that has all the
        # words, and that before what only says them, as do most findings: names stand in theirs.
        exact = " ".join(words)
        total = base.execute("SELECT count(*) FROM hit").fetchone()[0]
        rows = base.execute(
            "SELECT doc.iri, doc.kind, hit.doc, hit.cited FROM hit JOIN doc ON doc.id = hit.doc"
            " JOIN words ON words.rowid = hit.doc"
            " ORDER BY hit.cited, (hit.cited < 9 AND doc.kind = 'provision') DESC,"
            " (lower(words.short) = ?1 OR lower(words.label) = ?1 OR words.urdu = ?1"
            " OR hit.doc IN (SELECT doc FROM name WHERE name = ?1)) DESC,"
            " (doc.kind != 'finding' AND hit.doc IN (SELECT doc FROM called)) DESC,"
            " hit.score * doc.boost, doc.iri LIMIT ?2 OFFSET ?3",
            (exact, count, start),
        ).fetchall()
        snippets = self._snippets(words, [row[2] for row in rows])
        hits = [Hit(iri, kind, snippets.get(number, "")) for iri, kind, number, _ in rows]
        instead: list[str] = []
        near: list[Hit] = []
        if words and not cited and (widened or total < _LITTLE):
            instead = self._instead(words) if widened or not total else []
            # Where other words are offered and something is found, a name would only distract.
            near = [] if instead and hits else self._near(exact, {hit.iri for hit in hits})
        return Found(hits, total, self._counts(), bool(cited), widened, instead, near)

    def _terms(self, words: list[str]) -> list[str]:
        """The words quoted; beside others, an abbreviation stands for the name in full too."""
        terms = _quoted(words)
        if len(words) == 1:
            return terms
        for i, word in enumerate(words):
            full = self._base.execute(
                "SELECT DISTINCT other.name FROM name JOIN name AS other ON other.doc = name.doc"  # noqa: S608
                f" JOIN doc ON doc.id = name.doc WHERE name.name = ? AND doc.kind IN {_ABBREVIATED}"
                " AND other.name LIKE '% %' ORDER BY other.name LIMIT 4",
                (word,),
            )
            either = " OR ".join([terms[i], *(f'"{name}"' for (name,) in full)])
            terms[i] = f"({either})"
        return terms

    def _widen(self, terms: list[str]) -> bool:
        """Find what has all of the words that anything has, or else any of them."""
        known = [term for term in terms if self._says(term)]
        if known and len(known) < len(terms):
            self._matching(" AND ".join(known))
        if known and not self._any():
            self._matching(" OR ".join(known))
        return self._any()

    def _says(self, match: str) -> bool:
        found = self._base.execute("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (match,))
        return found.fetchone() is not None

    def _instead(self, words: list[str]) -> list[str]:
        """The same words with the nearest known in the place of those that nothing has."""
        found: list[list[str]] = [[]]
        corrected = 0
        for word, quoted in zip(words, _quoted(words), strict=True):
            like = [word]
            if word.isalpha() and len(word) > 3 and not self._says(quoted):
                corrected += 1
                if corrected > _MISSPELT:
                    return []
                like = self._like(word) or [word]
            found = [[*some, one] for some in found for one in like][:_OFFERED]
        return [
            " ".join(some)
            for some in found
            if some != words and self._says(" AND ".join(self._terms(some)))
        ]

    def _like(self, word: str) -> list[str]:
        """The words of the record that are nearest to one that nothing has."""
        near = self._base.execute(
            "SELECT word FROM word WHERE length(word) BETWEEN ?1 - 2 AND ?1 + 2 ORDER BY word",
            (len(word),),
        )
        words = [one for (one,) in near]
        close = difflib.get_close_matches(word, words, n=_OFFERED, cutoff=_LIKE_WORD)
        # Another form of a word offered already finds the same.
        return [one for i, one in enumerate(close) if not any(one[:5] == c[:5] for c in close[:i])]

    def _near(self, name: str, found: set[str]) -> list[Hit]:
        """Things whose name is nearly the one typed."""
        rows = self._base.execute(
            "SELECT name.name, doc.iri, doc.kind FROM name JOIN doc ON doc.id = name.doc"  # noqa: S608
            f" WHERE doc.kind IN {_NAMED} AND length(name.name) BETWEEN ?1 / 2 AND ?1 * 2"
            " ORDER BY name.name, doc.boost DESC, doc.iri",
            (len(name),),
        ).fetchall()
        things: dict[str, list[Hit]] = defaultdict(list)
        for called, iri, kind in rows:
            things[called].append(Hit(iri, kind, ""))
        close = difflib.get_close_matches(name, things, n=_OFFERED, cutoff=_LIKE_NAME)
        near = {hit.iri: hit for called in close for hit in things[called]}
        return [hit for hit in near.values() if hit.iri not in found][:_OFFERED]

    def _any(self) -> bool:
        return bool(self._base.execute("SELECT EXISTS (SELECT 1 FROM hit)").fetchone()[0])

    def _matching(self, match: str) -> None:
        self._base.execute(
            f"INSERT OR IGNORE INTO hit SELECT rowid, bm25(words, {_WEIGHTS}), 9"  # noqa: S608
            " FROM words WHERE words MATCH ?",
            (match,),
        )
        self._base.execute(
            "INSERT OR IGNORE INTO called SELECT rowid FROM words WHERE words MATCH ?",
            (f"{{short label urdu}} : ({match})",),
        )

    def _cited(self, query: str) -> bool:
        """Find by citation; what cites the very place comes first, then what lies below it."""
        read = _CITATION.match(query)
        if read is None:
            return False
        path = _path(read["number"], read["parts"])
        laws = self._laws(_tokens(read["law"]))
        if laws is not None and not laws:
            return False
        only = f" AND law IN ({','.join('?' * len(laws))})" if laws else ""
        self._base.execute(
            "INSERT OR IGNORE INTO hit SELECT doc, -1, min(CASE path WHEN ? THEN 0 ELSE 1 END)"  # noqa: S608
            f" FROM cite WHERE (path = ? OR (path >= ? AND path < ?)){only} GROUP BY doc",
            (path, path, path + ".", path + "/", *(laws or ())),
        )
        return self._any()

    def _laws(self, words: list[str]) -> list[str] | None:
        """The laws that some words name; None when no law is named."""
        words = [word for word in words if word not in ("of", "the", "under", "in")]
        if not words:
            return None
        named = self._base.execute("SELECT name, law FROM law").fetchall()
        exact = {law for name, law in named if name.split() == words}
        fits = {
            law
            for name, law in named
            if all(any(part.startswith(word) for part in name.split()) for word in words)
        }
        return sorted(exact or fits)[:50]

    def _narrow(self) -> None:
        for axis, value in self._facets.items():
            self._base.execute(
                "DELETE FROM hit WHERE doc NOT IN"
                " (SELECT doc FROM facet WHERE axis = ? AND value = ?)",
                (axis, value),
            )
        if self._on:
            self._base.execute(
                "DELETE FROM hit WHERE doc NOT IN (SELECT id FROM doc WHERE began <= ?1"
                " AND (ended IS NULL OR ?1 < ended))",
                (self._on,),
            )

    def _snippets(self, words: list[str], numbers: list[int]) -> dict[int, str]:
        if not words or not numbers:
            return {}
        marks = ",".join("?" * len(numbers))
        return dict(
            self._base.execute(
                "SELECT rowid, snippet(words, 4, char(2), char(3), '…', 24)"  # noqa: S608
                f" FROM words WHERE words MATCH ? AND rowid IN ({marks})",
                (" OR ".join(_quoted(words)), *numbers),
            )
        )

    def _counts(self) -> dict[str, list[tuple[str, int]]]:
        counts: dict[str, list[tuple[str, int]]] = {axis: [] for axis in AXES}
        for axis, value, number in self._base.execute(
            "SELECT axis, value, count(*) AS n FROM facet JOIN hit ON hit.doc = facet.doc"
            " GROUP BY axis, value ORDER BY axis, n DESC, value"
        ):
            counts[axis].append((value, number))
        return counts


def _quoted(words: Iterable[str]) -> list[str]:
    # FTS5, section 3.1: in a quoted string only the quote itself means something, and \w has none.
    return [f'"{word}"*' if len(word) > 2 else f'"{word}"' for word in words]
