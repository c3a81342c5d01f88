"""Find every quotation in the text that it quotes, and every section that a locator names.

A document is known by the digest of the file that was read, never by a path: the texts are not part
of the project, and whoever has them names the folder in ``MANDATES_TEXTS``.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.lookup import first, instances
from mandates.quality.problems import Problem, Severity

#: Longest quotation that the record carries, in words.
LIMIT = 40


def read_texts(folder: Path) -> dict[str, str]:
    """Read the texts of a folder, by the SHA-256 of each file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.txt").write_text("It is enacted.")
    ...     list(read_texts(Path(folder)).values())
    ['It is enacted.']
    """
    found = {}
    for path in sorted(folder.rglob("*.txt")):
        body = path.read_bytes()
        found[hashlib.sha256(body).hexdigest()] = body.decode("utf-8", "replace")
    return found


def check_quotations(store: ox.Store, texts: Mapping[str, str]) -> tuple[int, list[Problem]]:
    """Look up each quotation, by evidence or a statement, whose document's text is at hand.

    Args:
        store: the record.
        texts: by SHA-256, as :func:`read_texts` gives them.

    Returns:
        How many quotations were looked up, and a problem for each that is too long or not found.
    """
    quotation = first(store, "quotation")
    document = first(store, "statedIn") | first(store, "fromDocument")
    digest = first(store, "sha256")
    plain = {key: (squeeze(text), squeeze(unmark(text))) for key, text in texts.items()}
    looked_up, problems = 0, []
    for evidence in sorted(
        (instances(store, "Evidence") | instances(store, "Statement")) & quotation.keys()
    ):
        words = squeeze(quotation[evidence])
        if len(words.split()) > LIMIT:
            problems.append(
                Problem(
                    "quotation-length",
                    Severity.ERROR,
                    f"The quotation has {len(words.split())} words; {LIMIT} are allowed.",
                    node=evidence,
                )
            )
        versions = plain.get(digest.get(document.get(evidence, ""), ""))
        if versions is None:
            continue
        looked_up += 1
        if not any(words in version for version in versions):
            problems.append(
                Problem(
                    "quotation-found",
                    Severity.ERROR,
                    f"The text has no such words: “{words}”.",
                    node=evidence,
                    hint=f"The nearest are “{_nearest(words, versions[1])}”.",
                )
            )
    return looked_up, problems


def check_locators(store: ox.Store, texts: Mapping[str, str]) -> tuple[int, list[Problem]]:
    """Look up the section, article or clause that each locator names.

    The texts at hand lose some marks where sections run together, so a plain number counts as there
    between two near ones that are marked; a number with letters, which an amendment brought in,
    must be printed. Where a text prints another number, the locator says so, as in
    ``s. 5A (printed 57)``.

    Args:
        store: the record.
        texts: by SHA-256, as :func:`read_texts` gives them.

    Returns:
        How many locators were looked up, and a problem for each whose section the text lacks.
    """
    locator, document = first(store, "locator"), first(store, "fromDocument")
    digest = first(store, "sha256")
    marked = {key: _numbers(text) for key, text in texts.items()}
    looked_up, problems = 0, []
    for evidence in sorted(instances(store, "Evidence") & locator.keys()):
        numbers = marked.get(digest.get(document.get(evidence, ""), ""))
        named = _NAMED.match(locator[evidence])
        if not numbers or not named:
            continue
        looked_up += 1
        number = (named["printed"] or named["number"]).upper().replace("-", "")
        below, above = _near(number, numbers)
        lost = number.isdigit() and below and above and above - below <= _LOST
        if number not in numbers and not lost:
            problems.append(
                Problem(
                    "locator-found",
                    Severity.ERROR,
                    f"The text has no “{named[0]}”.",
                    node=evidence,
                    hint=f"The numbers nearest to it are {below or 'none'} and {above or 'none'}.",
                )
            )
    return looked_up, problems


#: How far apart two marks may stand for what lies between them to count as run together.
_LOST = 12
_NAMED = re.compile(
    r"(?:s|art|cl)\. (?P<number>\d+(?:-?[A-Z]{1,2}\b)?)(?:.*?\(printed (?P<printed>\w+)\))?"
)
_PRINTED = re.compile(
    r"(?m)\[sec(\d+[a-z]*)\]"  # the mark that the extraction set
    r"|^\W{0,3}(?:\d\s?\[|\d\s)?\W{0,3}(\d{1,3}(?:-?[A-Z]{1,2})?)[.)]"  # at the head of a line
    r"|(?<![\w-])(\d{1,3}-?[A-Z]{1,2})(?![\w-])"  # anywhere, if it has letters
)


def _numbers(text: str) -> set[str]:
    """Collect the numbers by which a text marks its sections."""
    found = (next(g for g in match.groups() if g) for match in _PRINTED.finditer(text))
    return {number.upper().replace("-", "") for number in found}


def _near(number: str, numbers: set[str]) -> tuple[int, int]:
    """Return the plain numbers next below and next above a plain number; 0 where there is none.

    >>> _near("4", {"1", "3", "5", "5A", "302"})
    (3, 5)
    """
    plain = sorted(int(n) for n in numbers if n.isdigit())
    wanted = int(re.sub(r"\D", "", number))
    below = max((n for n in plain if n < wanted), default=0)
    return below, min((n for n in plain if n > wanted), default=0)


def squeeze(text: str) -> str:
    r"""Make every run of white space one space.

    >>> squeeze(" It  shall \n come ")
    'It shall come'
    """
    return " ".join(text.split())


def unmark(text: str) -> str:
    r"""Drop footnote marks: digits before a bracket, brackets, and lines of a digit alone.

    >>> squeeze(unmark("The 1[Tribunal] shall\n1\nsit."))
    'The Tribunal shall sit.'
    """
    text = re.sub(r"(?m)^\s*\d{1,2}\s*$", " ", text)
    return re.sub(r"\d{0,2}\[|\]", "", text)


def _nearest(words: str, text: str) -> str:
    """Give the stretch of a text that is most like a quotation, for a message."""
    anchor = max(
        (text.find(words[i : i + 20]) for i in range(0, max(1, len(words) - 20), 5)), default=-1
    )
    if anchor < 0:
        match = difflib.SequenceMatcher(None, text, words, autojunk=False).find_longest_match()
        anchor = match.a - match.b
    start = max(0, anchor)
    return text[start : start + len(words)]
