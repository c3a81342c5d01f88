"""Keep hand-written Turtle in one form without touching what a person arranged.

The order of subjects, sections and comments says something to people and is theirs. What is
settled here is the rest: prefixes in alphabetical order, none twice; no tab, no blank at the end of
a line, no three empty lines; one newline at the end. Tidying twice changes nothing, and no triple
changes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from mandates.dataset.sources import Source
from mandates.quality.problems import Problem, Severity

_PREFIX = re.compile(r"@prefix[ \t]+([\w-]*):[ \t]*<([^>]*)>[ \t]*\.[ \t]*$")


def tidy(text: str) -> str:
    r"""Put Turtle into the project's form.

    Args:
        text: a Turtle document whose prefixes stand at its head.

    Returns:
        The same triples, comments and order; a document with long strings over several lines keeps
        its white space, as it could be part of a string.

    >>> print(tidy("@prefix b: <b:> .\n@prefix a: <a:> .\n\na:x a b:y .  \n\n"))
    @prefix a: <a:> .
    @prefix b: <b:> .
    <BLANKLINE>
    a:x a b:y .
    <BLANKLINE>
    """
    text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    head = 0
    while head < len(lines) and (_PREFIX.match(lines[head]) or not lines[head].strip()):
        head += 1
    prefixes = {m[1]: m[2] for line in lines[:head] if (m := _PREFIX.match(line))}
    body = "\n".join(lines[head:])
    if '"""' not in body and "'''" not in body:
        body = re.sub(r"[ \t]+$", "", body, flags=re.M)
        body = re.sub(r"(?m)^\t+", lambda m: "    " * len(m[0]), body)
        body = re.sub(r"\n{4,}", "\n\n\n", body)
    kept = [f"@prefix {name}: <{iri}> ." for name, iri in sorted(prefixes.items())]
    return "\n".join([*kept, "", body.strip("\n")]).lstrip("\n") + "\n"


def check_turtle(sources: Sequence[Source]) -> list[Problem]:
    """Find files that :func:`tidy` would change.

    Args:
        sources: the files.

    Returns:
        A warning for each, at the first line that differs.
    """
    problems = []
    for source in sources:
        # Newlines as they are: a stray carriage return is one of the things to find.
        text = source.path.read_bytes().decode("utf-8")
        neat = tidy(text)
        if neat != text:
            pairs = difflib.SequenceMatcher(
                None, text.split("\n"), neat.split("\n"), autojunk=False
            ).get_opcodes()
            line = next(start for tag, start, *_ in pairs if tag != "equal") + 1
            problems.append(
                Problem(
                    "turtle-form",
                    Severity.WARNING,
                    "Prefixes out of order, or white space out of place.",
                    file=source.name,
                    line=line,
                    hint="mandates format puts it right.",
                )
            )
    return problems
