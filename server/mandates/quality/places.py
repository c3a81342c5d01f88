"""Find the line on which a statement is written, for messages to people.

The parser tells neither line nor column of what it reads, and a search for text can't tell one
statement about a thing from another. So a file in which a mistake was found is read once more,
here, with its lines. It has been parsed before: what is no Turtle never gets this far.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from urllib.parse import urljoin

import pyoxigraph as ox

from mandates.dataset.loading import blank_mark, load
from mandates.dataset.names import RDF, XSD
from mandates.dataset.sources import Source

_Term = ox.NamedNode | ox.BlankNode | ox.Literal
#: Subject, property, value, and the line from 1 on which the value begins.
Written = tuple[_Term, _Term, _Term, int]

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+|\#[^\n]*)
    | (?P<iri><[^<>\s]*>)
    | (?P<text>\"{3}(?:\"{0,2}(?:[^\"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
        | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | (?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<typed>\^\^)
    | (?P<label>_:\w(?:[\w.\-]*[\w\-])?)
    | (?P<name>(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:(?:[\w:\-]|%[0-9A-Fa-f]{2}|\\.|\.+(?=[\w:%\\\-]))*)
    | (?P<number>[+-]?(?:\d+\.\d*|\.?\d+)(?:[eE][+-]?\d+)?(?<!\.))
    | (?P<word>[A-Za-z]+)
    | (?P<mark>[;,.\[\]()])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_WHOLE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_CONTROL = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_FIRST, _REST, _NIL = (ox.NamedNode(RDF + name) for name in ("first", "rest", "nil"))


def written(text: str, base: str = "") -> list[Written]:
    r"""List the statements of a Turtle document with their lines.

    Args:
        text: the document, which has been parsed before.
        base: IRI that relative IRIs are resolved against.

    Returns:
        The statements in the order in which they stand; blank nodes have labels of their own. What
        comes after something that is not understood is left out.

    >>> text = "@prefix a: <urn:a#> .\na:x a:y a:z ;\n  a:n 1 , [ a a:K ] ."
    >>> for *_, value, line in written(text):
    ...     print(line, value.value if not isinstance(value, ox.BlankNode) else "blank")
    2 urn:a#z
    3 1
    3 urn:a#K
    3 blank
    """
    reader = _Reader(text, base)
    # The lines of what was read so far serve; nothing else depends on this.
    with suppress(_EndError, KeyError, ValueError):
        reader.document()
    return reader.found


class _EndError(Exception):
    """The text ends, or goes on in a way that is not understood."""


class _Reader:
    """Read one document, statement by statement."""

    def __init__(self, text: str, base: str) -> None:
        self.found: list[Written] = []
        self._base, self._prefixes = base, dict[str, str]()
        self._labels: dict[str, ox.BlankNode] = {}
        self._tokens = self._scan(text)
        self._kind, self._word, self._line = "", "", 1
        self._next()

    @staticmethod
    def _scan(text: str) -> Iterator[tuple[str, str, int]]:
        at, line = 0, 1
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                return
            if match.lastgroup != "blank":
                yield match.lastgroup or "", match[0], line
            line += match[0].count("\n")
            at = match.end()

    def _next(self) -> None:
        self._kind, self._word, self._line = next(self._tokens, ("end", "", self._line))

    def _take(self) -> str:
        word = self._word
        self._next()
        return word

    def document(self) -> None:
        """Read from the first statement to the last."""
        while self._kind != "end":
            directive = self._word.lower().removeprefix("@")
            if directive in ("prefix", "base") and self._kind in ("at", "word"):
                self._next()
                if directive == "prefix":
                    prefix = self._take().removesuffix(":")
                    self._prefixes[prefix] = self._resolve(self._take())
                else:
                    self._base = self._resolve(self._take())
            else:
                alone = self._word == "["
                subject = self._node()
                if not (alone and self._word == "."):
                    self._said_of(subject)
            if self._word == ".":
                self._next()

    def _said_of(self, subject: _Term) -> None:
        while self._word not in (".", "]") and self._kind != "end":
            if self._word == ";":
                self._next()
                continue
            predicate = self._node()
            while True:
                line = self._line
                self.found.append((subject, predicate, self._node(), line))
                if self._word != ",":
                    break
                self._next()

    def _node(self) -> _Term:
        kind, line, word = self._kind, self._line, self._take()
        if kind == "iri":
            return ox.NamedNode(self._resolve(word))
        if kind == "name":
            prefix, _, local = word.partition(":")
            return ox.NamedNode(self._prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))
        if kind == "label":
            return self._labels.setdefault(word, ox.BlankNode())
        if kind == "text":
            return self._literal(word)
        if kind == "number":
            exact = "decimal" if "." in word else "integer"
            name = "double" if "e" in word.lower() else exact
            return ox.Literal(word, datatype=ox.NamedNode(XSD + name))
        if word == "a":
            return ox.NamedNode(RDF + "type")
        if word in ("true", "false"):
            return ox.Literal(word, datatype=ox.NamedNode(XSD + "boolean"))
        if word == "[":
            node = ox.BlankNode()
            self._said_of(node)
            self._next()
            return node
        if word == "(":
            return self._members(line)
        raise _EndError

    def _members(self, line: int) -> _Term:
        members = []
        while self._word != ")":
            members.append((self._line, self._node()))
        self._next()
        rest: _Term = _NIL
        for line, member in reversed(members):
            node = ox.BlankNode()
            self.found += [(node, _FIRST, member, line), (node, _REST, rest, line)]
            rest = node
        return rest

    def _literal(self, word: str) -> ox.Literal:
        quotes = 3 if word[:3] in ('"""', "'''") else 1
        value = _unescape(word[quotes:-quotes])
        if self._kind == "at":
            return ox.Literal(value, language=self._take()[1:])
        if self._kind == "typed":
            self._next()
            datatype = self._node()
            if isinstance(datatype, ox.NamedNode):
                return ox.Literal(value, datatype=datatype)
        return ox.Literal(value)

    def _resolve(self, word: str) -> str:
        iri = _unescape(word[1:-1])
        # An IRI that is whole is left alone: joining would drop an empty fragment, as in "ns#".
        return iri if _WHOLE.match(iri) else urljoin(self._base, iri)


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _CONTROL.get(match[3], match[3])

    return _ESCAPE.sub(plain, text) if "\\" in text else text


class Places:
    """Find lines in some files, each of which is read at most once.

    Args:
        sources: the files.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = list(sources)
        self._texts: dict[str, str] = {}
        self._written: dict[str, Mapping[tuple[str, str, str], int]] = {}

    def statement(self, said: ox.Triple, file: str = "") -> tuple[str, int] | None:
        """Find where a statement is written.

        Args:
            said: the statement; its blank nodes stand for any.
            file: name of the file that says it; any when empty.

        Returns:
            The file's name and the line from 1, or ``None``.
        """
        key = _key(said.subject), _key(said.predicate), _key(said.object)
        # Most files don't even have the word: only those that do are read.
        word = _last(said.predicate.value)
        for source in self._sources:
            if file not in ("", source.name) or (word != "type" and word not in self._text(source)):
                continue
            line = self._lines(source).get(key)
            if line is not None:
                return source.name, line
        return None

    def blank(self, node: str) -> tuple[str, int | None] | None:
        """Find where a blank node is written.

        Args:
            node: its label as :func:`mandates.dataset.loading.load` gives it, after ``_:``.

        Returns:
            The file's name and the line of something that is said of it or with it, or ``None`` in
            place of the line when what is said of it is blank, too.
        """
        label = node.removeprefix("_:")
        for source in self._sources:
            if not label.startswith(blank_mark(source.name)):
                continue
            # Labels are given by what a file says, so reading it again gives them again.
            around = [
                quad.triple
                for quad in load([source]).quads
                if label in (getattr(quad.subject, "value", ""), getattr(quad.object, "value", ""))
            ]
            lines = [place[1] for t in around if (place := self.statement(t, source.name))]
            return source.name, min(lines, default=None)
        return None

    def _text(self, source: Source) -> str:
        if source.name not in self._texts:
            self._texts[source.name] = source.path.read_text("utf-8", "replace")
        return self._texts[source.name]

    def _lines(self, source: Source) -> Mapping[tuple[str, str, str], int]:
        if source.name not in self._written:
            lines: dict[tuple[str, str, str], int] = {}
            for *terms, line in written(self._text(source), source.graph + "#"):
                lines.setdefault((_key(terms[0]), _key(terms[1]), _key(terms[2])), line)
            self._written[source.name] = lines
        return self._written[source.name]


def _key(term: object) -> str:
    return "_:" if isinstance(term, ox.BlankNode) else str(term)


def _last(iri: str) -> str:
    return re.split(r"[/#]", iri)[-1]
