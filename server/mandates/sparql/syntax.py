"""Look at the text of a query: its tokens, its kind, what it may not do, and where it is wrong.

The store parses queries; this module only explains. Its tokens follow section 19.8 of SPARQL 1.1
closely enough to tell strings, IRIs and comments from the words that matter.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Whoever sends a text chooses it, so nothing here may be tried again and again over the same
# characters. Repetitions are possessive: what they took they don't give back, which they need not,
# as what may follow begins otherwise. That leaves what is tried, does not end, and is tried again a
# little further on: strings without an end, of which `tokens` takes note.
_STRINGS = {
    '"""': r'"""(?:[^"\\]|\\.|"(?!""))*+"""',
    "'''": r"'''(?:[^'\\]|\\.|'(?!''))*+'''",
    '"': r'"(?:[^"\\\n\r]|\\.)*+"',
    "'": r"'(?:[^'\\\n\r]|\\.)*+'",
}
# How far a string goes that may have no end; a long one then goes to the end of the text.
_UNCLOSED = {
    '"': re.compile(r'"(?:[^"\\\n\r]|\\.)*+', re.DOTALL),
    "'": re.compile(r"'(?:[^'\\\n\r]|\\.)*+", re.DOTALL),
}


@functools.cache
def _token(*kinds: str) -> re.Pattern[str]:
    """A pattern for tokens that finds these kinds of strings alone."""
    strings = "|".join(_STRINGS[kind] for kind in kinds) or r"(?!)"
    return re.compile(
        rf"""
        (?P<space>\s++)
      | (?P<comment>\#[^\n\r]*+)
      | (?P<iri><[^<>"{{}}|^`\\\x00-\x20]*+>)
      | (?P<string>{strings})
      | (?P<variable>[?$]\w++)
      | (?P<blank>_:(?:[.]*+[\w·-]++)++|\[\s*+\])
      | (?P<name>(?:[^\W\d_][\w.·-]{{0,99}}+(?<!\.)|[^\W\d_]?)
                :(?:[\w:]|%[0-9A-Fa-f]{{2}}|\\.|[.·-](?=[\w:.·%\\-]))*+)
      | (?P<tag>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
      | (?P<number>(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?)
      | (?P<word>[^\W\d]\w*+)
      | (?P<sign>\^\^|&&|\|\||!=|<=|>=|<<|>>|.)
        """,
        re.VERBOSE | re.DOTALL,
    )


# What has no blank in it, or one that means something; comments match and give nothing.
_PIECE = re.compile(
    r"""
    \#[^\n\r]*+
  | ((?: [^ \t\r\n\#<"']++
      | <[^<>"{}|^`\\\x00-\x20]*+>
      | "[^"\n\r]*+" | '[^'\n\r]*+'
      | [<"'] )++)
    """,
    re.VERBOSE,
)
# Where a text could be cut into pieces otherwise than its parser does it: an escape can stand for
# any character, or take its meaning from one that begins a comment or a string; a long string goes
# over lines; and `<` before a string can be the sign or the beginning of an IRI.
_UNCERTAIN = re.compile(r"""\\|'{3}|"{3}|<[^<>"{}|^`\x00-\x20']*+'""")
_UPDATE_WORDS = frozenset(
    ["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"]
)
_QUERY_WORDS = frozenset(["SELECT", "CONSTRUCT", "DESCRIBE", "ASK"])
_UNSTABLE_WORDS = frozenset(["RAND", "UUID", "STRUUID", "NOW", "BNODE", "SERVICE"])
# A word can follow upon a digit, which is then a token of its own.
_UNSTABLE = re.compile(rf"(?<![^\W\d])(?:{'|'.join(sorted(_UNSTABLE_WORDS))})(?!\w)", re.IGNORECASE)
# A longer text is not cut into tokens for the sake of an answer that might come again.
_LOOKED_THROUGH = 8192
_POSITION = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_EXPECTED_CHARACTER = re.compile(r"\"|\[(?!_\])")
_EXPECTED_WORD = re.compile(r"(?:^|, )([A-Za-z][A-Za-z0-9_]*)(?=,|$)")


class Token(NamedTuple):
    """A piece of a query: its kind, its text, and where it begins (in characters, from 0)."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends, in characters from the beginning of the query."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class SyntaxFault:
    """Where a query is wrong and what might mend it; lines and columns count from 1."""

    line: int
    column: int
    token: str
    message: str
    hint: str = ""


def tokens(query: str) -> list[Token]:
    """The tokens of a query without blanks and comments.

    >>> [token.text for token in tokens("ASK { <a#b> ex:p '#no' } # end")]
    ['ASK', '{', '<a#b>', 'ex:p', "'#no'", '}']
    """
    found: list[Token] = []
    # From where on each kind of string can end again. One that has no end is looked for to the end
    # of its line, or of the text when it is a long one, and no other of its kind that begins before
    # there has an end either: all their quotation marks up to there are escaped.
    again = dict.fromkeys(_STRINGS, 0)
    place = 0
    while place < len(query):
        dead = min((there for there in again.values() if there > place), default=len(query))
        pattern = _token(*(kind for kind, there in again.items() if there <= place))
        for match in pattern.finditer(query, place):
            place = match.end()
            group, text = str(match.lastgroup), match.group()
            if group not in ("space", "comment"):
                found.append(Token(group, text, match.start()))
            if text in ('"', "'", '""', "''") and _note(query, match.start(), again):
                break
            if place >= dead:
                break
    return found


def _note(query: str, start: int, again: dict[str, int]) -> bool:
    """Take note of strings that begin at a place and have no end; whether there is one new."""
    quote = query[start]
    noted = False
    if again[quote * 3] <= start and query.startswith(quote * 3, start):
        again[quote * 3] = len(query)
        noted = True
    if again[quote] <= start and not query.startswith(quote * 2, start):
        unclosed = _UNCLOSED[quote].match(query, start)
        assert unclosed
        again[quote] = unclosed.end()
        noted = True
    return noted


def is_update(query: str) -> bool:
    """Whether the text begins as a SPARQL Update does, after its prologue.

    >>> is_update("PREFIX ex: <http://example.org/> INSERT DATA { ex:a ex:b ex:c }")
    True
    >>> is_update("ASK { ?s ?p 'INSERT' }")
    False
    """
    for token in tokens(query):
        if token.kind == "word":
            word = token.text.upper()
            if word in _UPDATE_WORDS:
                return True
            if word in _QUERY_WORDS:
                return False
    return False


def kind_of(query: str) -> str:
    """The kind of answer that a query asks for, by its first word after the prologue.

    Returns:
        ``rows`` for SELECT and ASK, ``graph`` for CONSTRUCT and DESCRIBE, nothing when that word
        does not begin a query.

    >>> kind_of("PREFIX select: <http://a/> ASK {}"), kind_of("DESCRIBE <http://a/>")
    ('rows', 'graph')
    >>> kind_of("DEFINE get:soft 'soft' SELECT * {}"), kind_of("CLEAR ALL")
    ('', '')
    """
    word = word_of(query)
    if word in ("SELECT", "ASK"):
        return "rows"
    return "graph" if word in ("CONSTRUCT", "DESCRIBE") else ""


def word_of(query: str) -> str:
    """The first word after the prologue, in capitals."""
    token = _opening(tokens(query))
    return token.text.upper() if token else ""


def counting(query: str) -> str:
    """The query that counts the solutions from which a CONSTRUCT or DESCRIBE makes its triples.

    Modifiers are left out, so it counts no fewer than there are.

    Returns:
        Nothing when the query has no pattern, or a LIMIT says it all.

    >>> counting("PREFIX a: <b:> CONSTRUCT { ?s a:p ?o } FROM <c:> WHERE { ?s a:q ?o } ORDER BY ?o")
    'PREFIX a: <b:> SELECT (COUNT(*) AS ?n)  FROM <c:> WHERE { ?s a:q ?o }'
    >>> counting("DESCRIBE <a:b>")
    ''
    """
    sequence = tokens(query)
    opening = _opening(sequence)
    if opening is None:
        return ""
    first = sequence.index(opening) + 1
    if opening.text.upper() == "CONSTRUCT" and sequence[first : first + 1]:
        if sequence[first].text == "{":
            first = closing(sequence, first) + 1
        start = sequence[first - 1].end
    else:
        # What is described stands before FROM or WHERE.
        words = ("FROM", "WHERE", "{")
        first = next(
            (i for i, t in enumerate(sequence) if i >= first and t.text.upper() in words), 0
        )
        start = sequence[first].start
    brace = next((i for i, t in enumerate(sequence) if i >= first and t.text == "{"), 0)
    if not first or not brace:
        return ""
    end = sequence[closing(sequence, brace)].end
    return f"{query[: opening.start]}SELECT (COUNT(*) AS ?n) {query[start:end]}"


def limit_of(query: str) -> int | None:
    """The LIMIT of the query itself, not that of a part.

    >>> limit_of("SELECT * { { SELECT * { ?s ?p ?o } LIMIT 3 } } LIMIT 5 OFFSET 2")
    5
    """
    sequence = tokens(query)
    for before, token in zip(reversed(sequence[:-1]), reversed(sequence), strict=False):
        if token.text == "}":
            break
        if before.text.upper() == "LIMIT" and token.text.isdecimal():
            return int(token.text)
    return None


def closing(sequence: Sequence[Token], opening: int) -> int:
    """The index of the bracket that closes the one at an index; the last one when none does."""
    depth = 0
    for index in range(opening, len(sequence)):
        text = sequence[index].text
        depth += (text == "{") - (text == "}")
        if depth == 0:
            return index
    return len(sequence) - 1


def has_base(query: str) -> bool:
    """Whether the prologue declares a base.

    >>> has_base("PREFIX a: <a> BASE <http://a/> ASK {}"), has_base("ASK { ?s ?p 'BASE' }")
    (True, False)
    """
    for token in tokens(query):
        if token.kind == "word":
            word = token.text.upper()
            if word == "BASE":
                return True
            if word not in ("PREFIX", "VERSION"):
                return False
    return False


def no_query(query: str) -> SyntaxFault:
    """Where a text that ``kind_of`` does not know stops being a query.

    >>> no_query("SELEC * {}").hint
    'Did you mean SELECT?'
    """
    token = _opening(tokens(query))
    if token is None:
        return _fault(query, None, len(query), "The query ends too early.", "")
    message = f"{_shorten(token.text)} is not expected here."
    return _fault(query, token, token.start, message, _word_hint(token))


def _opening(sequence: Sequence[Token]) -> Token | None:
    """The first token after the prologue."""
    in_prologue = False
    for token in sequence:
        if token.kind == "word" and token.text.upper() in ("BASE", "PREFIX", "VERSION"):
            in_prologue = True
        elif not in_prologue or token.kind not in ("iri", "name", "string"):
            return token
    return None


def may_call_out(text: str, *, update: bool = False) -> bool:
    r"""Whether any parser could find a call to another server in a text: SERVICE, or LOAD.

    For texts that another server will parse. Parsers differ in where a comment or an IRI ends, so
    a call is looked for everywhere, also in what this module takes for strings and comments. A
    string that reads like one is refused too, which costs little.

    Args:
        text: a query or an update.
        update: whether LOAD counts.

    >>> may_call_out("SELECT * { SERVICE # comment\n <http://a/> { ?s ?p ?o } }")
    True
    >>> may_call_out("SELECT ?service ?x { ?x ?y 'a service <of> this kind' }")
    False
    >>> may_call_out("LOAD SILENT <http://a/>", update=True)
    True
    """
    if _ASCII_ESCAPE.search(text):
        return True
    budget = _GAP_BUDGET
    for match in _CALL_WORD.finditer(text):
        loads = match.group()[0] in "lL"
        if loads and not update:
            continue
        place = _gap(text, match.end())
        budget -= place - match.end()
        silent = _SILENT.match(text, place)
        if silent:
            place = _gap(text, silent.end())
            budget -= place - silent.end()
        if run := _RUN.match(text, place):
            budget -= run.end() - place
        if budget < 0:
            return True
        target = _CALL_TARGET.match(text, place)
        if target and (loads or text.startswith("{", _gap(text, target.end()))):
            return True
    return False


# An escape for a character of ASCII has no use but to hide a word or a bracket.
_ASCII_ESCAPE = re.compile(r"\\u00[0-7]|\\U000000[0-7]")
_CALL_WORD = re.compile(r"(?<![?$:])(?:service|load)", re.IGNORECASE)
_SILENT = re.compile("silent", re.IGNORECASE)
_CALL_TARGET = re.compile(r"<[^<>]*+>|[?$]\w++|[^\s{}#<>?$\"':]*+:[^\s{}#<>\"']*+")
_BLANKS = re.compile(r"(?:\s++|#[^\n\r]*+)++")
# As far as an IRI or a name is looked for.
_RUN = re.compile(r"<[^<>]*+|[^\s{}#<>\"']*+")
# Characters that may be passed over again and again in one text.
_GAP_BUDGET = 1 << 20


def _gap(text: str, place: int) -> int:
    match = _BLANKS.match(text, place)
    return match.end() if match else place


def services(query: str) -> list[str]:
    """What stands after each SERVICE: an IRI in brackets, a prefixed name or a variable.

    >>> services("SELECT * { SERVICE SILENT <http://example.org/> { ?s ?p ?o } }")
    ['<http://example.org/>']
    >>> services("SELECT * { ?s ?p 'SERVICE' }")
    []
    """
    if "service" not in query.lower():
        return []
    found = []
    sequence = tokens(query)
    for index, token in enumerate(sequence):
        if token.kind == "word" and token.text.upper() == "SERVICE":
            rest = [item.text for item in sequence[index + 1 : index + 3]]
            if rest and rest[0].upper() == "SILENT":
                rest = rest[1:]
            found.append(rest[0] if rest else "")
    return found


def is_stable(query: str) -> bool:
    """Whether two runs over the same data give the same answer, as far as the words tell.

    A long text that has such a word in a string or a name is taken for one that does not.

    >>> is_stable("SELECT (RAND() AS ?r) {}"), is_stable("SELECT * { ?s ?p 'rand()' }")
    (False, True)
    """
    if not _UNSTABLE.search(query):
        return True
    if len(query) > _LOOKED_THROUGH:
        return False
    return not any(
        token.kind == "word" and token.text.upper() in _UNSTABLE_WORDS for token in tokens(query)
    )


def normalise(query: str) -> str:
    r"""The query without comments, and with one blank for many: a key for caches.

    A query in which it takes a parser to tell comments from the rest is left as it is.

    >>> normalise("ASK  {\n ?s ?p '  ' } # any")
    "ASK { ?s ?p '  ' }"
    >>> normalise(r"ASK  { ?s ?p <http://a/\u0041#b> }")
    'ASK  { ?s ?p <http://a/\\u0041#b> }'
    """
    if _UNCERTAIN.search(query):
        return query
    return " ".join(filter(None, _PIECE.findall(query)))


def bind(query: str, terms: Mapping[str, str]) -> str:
    """Put terms in the place of variables.

    It works on tokens, so a value can't end a string, open a bracket or reach into a comment. The
    store's own way of binding asks for each variable to be in the projection.

    Args:
        query: a query that does not select the variables it wants bound.
        terms: terms in N-Triples syntax, as the store writes them, by name of variable.

    >>> bind("SELECT ?p { $this ?p '$this' }", {"this": "<http://example.org/>"})
    "SELECT ?p { <http://example.org/> ?p '$this' }"
    """
    pieces, end = [], 0
    for token in tokens(query):
        if token.kind == "variable" and token.text[1:] in terms:
            pieces += [query[end : token.start], terms[token.text[1:]]]
            end = token.end
    return "".join([*pieces, query[end:]])


def diagnose(query: str, error: str, prefixes: Mapping[str, str]) -> SyntaxFault:
    """Turn the parser's complaint into a place, a token and advice.

    The parser reports the furthest position it looked at. For a missing keyword that is the end
    of the slice it compared with the keyword, which may lie in the middle of a later word, so the
    position is walked back to the token where a keyword was tried.

    Args:
        query: the text of the query.
        error: the parser's message, ``error at LINE:COLUMN: expected …``.
        prefixes: the prefixes of the dataset, for advice.

    >>> fault = diagnose("SELEC *", "error at 1:8: expected one of VERSION, [_]", {})
    >>> fault.line, fault.column, fault.token, fault.hint
    (1, 1, 'SELEC', 'Did you mean SELECT?')
    """
    sequence = tokens(query)
    match = _POSITION.search(error)
    if match is None:
        return SyntaxFault(1, 1, "", " ".join(error.split()))
    line, column, expected = int(match[1]), int(match[2]), " ".join(match[3].split())
    offset = _offset(query, line, column)

    special = _special(expected)
    # The parser can look past a name whose prefix is unknown, but never get past it.
    undeclared = _undeclared(sequence)
    if special == "Prefix not found" or (undeclared and undeclared.end <= offset):
        token = undeclared or _ending_at(sequence, offset) or _at(sequence, offset)
        prefix = token.text.partition(":")[0] if token else ""
        return _fault(
            query,
            token,
            offset,
            f"The prefix {prefix}: is not declared.",
            _prefix_hint(prefix, prefixes),
        )
    if special:
        token = _ending_at(sequence, offset) or _at(sequence, offset)
        return _fault(query, token, offset, f"{special}.", "")

    token = _failing(query, sequence, offset, expected)
    if token is None:
        return _fault(query, None, len(query), "The query ends too early.", _bracket_hint(sequence))
    if expected == "[_]" and token is sequence[-1] and _balanced(sequence):
        return _fault(
            query,
            token,
            offset,
            "The words are in order, but a rule about variables is broken.",
            "A variable may be given a value only once, by BIND, AS or VALUES, and only where "
            "it has none yet.",
        )
    return _fault(
        query, token, offset, f"{_shorten(token.text)} is not expected here.", _word_hint(token)
    )


def _offset(query: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = query.find("\n", start) + 1
        if start == 0:
            return len(query)
    return min(start + column - 1, len(query))


def _undeclared(sequence: Sequence[Token]) -> Token | None:
    """The first name whose prefix is not declared before it."""
    declared: set[str] = set()
    before: Token | None = None
    for token in sequence:
        if token.kind == "name":
            prefix = token.text.partition(":")[0]
            if before and before.kind == "word" and before.text.upper() == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                return token
        before = token
    return None


def _special(expected: str) -> str:
    for phrase in (
        "Prefix not found",
        "Duplicated variable name in SELECT",
        "The SELECT contains a variable that is unbound",
        "IRI parsing failed",
        "Variable already bound",
    ):
        if phrase in expected:
            return phrase
    return ""


def _failing(query: str, sequence: Sequence[Token], offset: int, expected: str) -> Token | None:
    unclosed = next((t for t in sequence if t.kind == "sign" and t.text in "\"'"), None)
    if unclosed:
        return unclosed
    if _EXPECTED_CHARACTER.search(expected):
        return _at(sequence, offset)
    # Keywords are compared as slices of bytes, so the walk back counts bytes too.
    end = len(query[:offset].encode())
    starts = {token.start: token for token in sequence}
    tried: Counter[int] = Counter()
    for word in _EXPECTED_WORD.findall(expected):
        tried[len(query.encode()[: max(0, end - len(word))].decode(errors="ignore"))] += 1
    places = [starts[place] for place in tried if place in starts]
    # Many keywords tried at one place, or one where a word stands, are no coincidence.
    sure = [t for t in places if tried[t.start] > 2 or t.kind in ("word", "name")]
    if not sure and "[_]" in expected:
        # The test for the end of the query, made one character after what should be last.
        return _at(sequence, max(0, offset - 1))
    return max(sure or places, key=lambda token: token.start, default=_at(sequence, offset))


def _at(sequence: Sequence[Token], offset: int) -> Token | None:
    return next((token for token in sequence if token.start <= offset < token.end), None) or next(
        (token for token in sequence if token.start >= offset), None
    )


def _ending_at(sequence: Sequence[Token], offset: int) -> Token | None:
    return next((token for token in reversed(sequence) if token.end <= offset), None)


def _fault(query: str, token: Token | None, offset: int, message: str, hint: str) -> SyntaxFault:
    start = token.start if token else min(offset, len(query))
    line = query.count("\n", 0, start) + 1
    column = start - (query.rfind("\n", 0, start) + 1) + 1
    return SyntaxFault(line, column, _shorten(token.text) if token else "", message, hint)


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _prefix_hint(prefix: str, prefixes: Mapping[str, str]) -> str:
    if prefix in prefixes:
        return f"Add this line at the top: PREFIX {prefix}: <{prefixes[prefix]}>"
    close = difflib.get_close_matches(prefix.lower(), list(prefixes), n=1, cutoff=0.5)
    if close:
        return (
            f"Did you mean {close[0]}:? If so, write {close[0]}: and add "
            f"PREFIX {close[0]}: <{prefixes[close[0]]}>"
        )
    return f"Add a line at the top: PREFIX {prefix}: <the namespace it stands for>"


_PAIRS = {")": "(", "}": "{", "]": "["}


def _open_brackets(sequence: Sequence[Token]) -> tuple[list[str], bool]:
    """Brackets never closed, and whether one was closed that was not open."""
    open_brackets: list[str] = []
    stray = False
    for token in sequence:
        if token.kind != "sign":
            continue
        if token.text in _PAIRS.values():
            open_brackets.append(token.text)
        elif token.text in _PAIRS:
            if open_brackets and open_brackets[-1] == _PAIRS[token.text]:
                open_brackets.pop()
            else:
                stray = True
    return open_brackets, stray


def _balanced(sequence: Sequence[Token]) -> bool:
    return _open_brackets(sequence) == ([], False)


def _bracket_hint(sequence: Sequence[Token]) -> str:
    open_brackets, _ = _open_brackets(sequence)
    closing = {opening: closer for closer, opening in _PAIRS.items()}
    if open_brackets:
        missing = "".join(closing[bracket] for bracket in reversed(open_brackets[-5:]))
        return f"Is a closing {missing} missing?"
    return ""


# fmt: off
_KEYWORDS = (
    "SELECT", "CONSTRUCT", "DESCRIBE", "ASK", "PREFIX", "BASE", "WHERE", "FROM", "NAMED",
    "DISTINCT", "REDUCED", "ORDER", "GROUP", "BY", "HAVING", "LIMIT", "OFFSET", "VALUES",
    "OPTIONAL", "UNION", "MINUS", "FILTER", "EXISTS", "NOT", "BIND", "AS", "GRAPH", "SERVICE",
    "SILENT", "UNDEF", "ASC", "DESC", "REGEX", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE",
    "GROUP_CONCAT", "SEPARATOR", "BOUND", "COALESCE", "STRSTARTS", "STRENDS", "CONTAINS", "LANG",
    "LANGMATCHES", "DATATYPE", "STR", "IRI", "YEAR", "MONTH",
)
# fmt: on


def _word_hint(token: Token) -> str:
    if token.kind == "sign" and token.text in "\"'":
        return "This string is not closed, or it runs over a line: use three quotation marks."
    if token.kind == "sign" and token.text == "<":
        return "This IRI is not closed, or it has a blank in it."
    if token.kind != "word" or token.text.upper() in _KEYWORDS:
        return ""
    close = difflib.get_close_matches(token.text.upper(), _KEYWORDS, n=1, cutoff=0.7)
    return f"Did you mean {close[0]}?" if close else ""
