"""Find every quotation in the text that it quotes.

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
