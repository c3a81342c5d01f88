"""Hold our checks against other people's: which of theirs we make, and what theirs say of ours.

Two collections have published answers: the W3C's OWL 2 test cases, which say of each ontology in
which profiles it is, and the regression ontologies of the OOPS! scanner, which say which pitfalls
stand where. One command makes docs/quality.md from copies that the reader supplies:

    python -m mandates.quality.validation --owl2 all.rdf --oops src/test/resources/data
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import pyoxigraph as ox

from mandates.dataset.names import DCT, OWL
from mandates.quality.lint import rules, scan
from mandates.quality.profile import check_dl, check_rl

_TEST = "http://www.w3.org/2007/OWL/testOntology#"
_OOPS = "http://oops.linkeddata.es/def#"
_DC = "http://purl.org/dc/elements/1.1/"
#: Rules that are found by code and not by a query in rules/.
CODED = frozenset(
    """dl-header dl-punning dl-regularity dl-simple-property dl-undeclared owl-datatype
    rl-expression undeclared-term undescribed""".split()  # noqa: SIM905
)
#: Pitfalls of an ontology as a whole; OOPS! names no element for them.
_WHOLE = {"P10", "P38", "P39", "P41"}
#: Pitfalls that OOPS! tells apart, and that one rule of ours finds.
_TOGETHER = {"P02": "P31", "P34": "P35", "P08-A": "P08", "P08-B": "P08", "P08-C": "P08"}


@dataclass(frozen=True)
class Tally:
    """How findings compare with published answers.

    Attributes:
        right: found, and in the answers.
        wrong: found, and not in the answers.
        missed: in the answers, and not found.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found that the answers have; 1 when nothing was found.

        >>> Tally(right=3, wrong=1).precision
        0.75
        """
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """Share of the answers that was found; 1 when there are none.

        >>> Tally(right=3, missed=1).recall
        0.75
        """
        due = self.right + self.missed
        return self.right / due if due else 1.0

    def __add__(self, other: Tally) -> Tally:
        """Add up two tallies."""
        return Tally(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)


def compare(found: Iterable[str], due: Iterable[str]) -> Tally:
    """Compare findings with answers.

    >>> compare({"a", "b"}, {"b", "c"})
    Tally(right=1, wrong=1, missed=1)
    """
    found, due = set(found), set(due)
    return Tally(len(found & due), len(found - due), len(due - found))


@dataclass(frozen=True)
class Catalogue:
    """Checks that others make.

    Attributes:
        name: whose they are.
        source: where they were seen.
        checks: for each of their checks our rules, or why we have none.
    """

    name: str
    source: str
    checks: Mapping[str, tuple[str, ...] | str]


def read_catalogues() -> list[Catalogue]:
    """Read coverage.toml.

    >>> [len(catalogue.checks) for catalogue in read_catalogues()]
    [59, 33, 33, 24, 27]
    """
    text = (Path(__file__).parent / "coverage.toml").read_text("utf-8")
    return [
        Catalogue(
            one["name"],
            one["source"],
            {k: v if isinstance(v, str) else tuple(v) for k, v in one["checks"].items()},
        )
        for one in tomllib.loads(text)["catalogue"]
    ]


# Profiles ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProfileCase:
    """One test case of the W3C.

    Attributes:
        name: its identifier.
        within: the profiles that its ontologies are within.
        outside: the profiles that they are not within.
        ontologies: premise, then conclusions, as RDF/XML.
        imported: what they import, as RDF/XML.
    """

    name: str
    within: frozenset[str]
    outside: frozenset[str]
    ontologies: tuple[str, ...]
    imported: tuple[str, ...]


def parse_rdfxml(text: str) -> list[ox.Triple]:
    """Parse RDF/XML with entities in single quotes too, which the parser does not read."""
    head, root, body = text.partition("<rdf:RDF")
    head = re.sub(r"<!ENTITY\s+(\S+)\s+'([^']*)'\s*>", r'<!ENTITY \1 "\2">', head)
    data = (head + root + body).encode()
    quads = ox.parse(data, format=ox.RdfFormat.RDF_XML, base_iri="https://example.org/")
    return [quad.triple for quad in quads]


def profile_cases(path: Path) -> list[ProfileCase]:
    """Read the profile cases of the W3C's OWL 2 test cases that are in RDF/XML.

    Args:
        path: ``all.rdf`` of https://www.w3.org/TR/owl2-test/.
    """
    store = ox.Store()
    triples = parse_rdfxml(path.read_text("utf-8"))
    store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)

    def values(case: ox.NamedNode, pattern: str) -> list[str]:
        found = store.query(
            f"PREFIX t: <{_TEST}> PREFIX owl: <{OWL}> SELECT ?case ?x WHERE {{ {pattern} }}",
            substitutions={ox.Variable("case"): case},
        )
        assert isinstance(found, ox.QuerySolutions)
        return sorted(row["x"].value for row in found)

    def profiles(case: ox.NamedNode, pattern: str) -> frozenset[str]:
        return frozenset(x.removeprefix(_TEST) for x in values(case, pattern))

    kind = ox.NamedNode(f"{_TEST}ProfileIdentificationTest")
    cases = []
    for quad in store.quads_for_pattern(None, None, kind):
        case = quad.subject
        assert isinstance(case, ox.NamedNode)
        premise = values(case, "?case t:rdfXmlPremiseOntology ?x")
        if not premise:
            continue
        more = "?case t:rdfXmlConclusionOntology|t:rdfXmlNonConclusionOntology ?x"
        denied = """?no owl:sourceIndividual ?case ; owl:targetIndividual ?x ;
            owl:assertionProperty ?how . FILTER(?how IN (t:species, t:profile))"""
        cases.append(
            ProfileCase(
                values(case, "?case t:identifier ?x")[0],
                profiles(case, "?case t:species|t:profile ?x"),
                profiles(case, denied),
                (*premise, *values(case, more)),
                tuple(values(case, "?case t:importedOntology/t:rdfXmlInputOntology ?x")),
            )
        )
    return sorted(cases, key=lambda case: case.name)


def judge_profiles(cases: Sequence[ProfileCase]) -> dict[str, tuple[Tally, list[str]]]:
    """Ask of each case whether its ontologies leave OWL 2 DL and OWL 2 RL.

    Args:
        cases: as :func:`profile_cases` reads them.

    Returns:
        For each of the two the tally of "leaves it" and the names of the cases judged otherwise.
    """
    results = {name: (Tally(), list[str]()) for name in ("DL", "RL")}
    for case in cases:
        imported = [t for text in case.imported for t in parse_rdfxml(text)]
        premise = parse_rdfxml(case.ontologies[0])
        dl = check_dl(premise, imported)
        rl = check_rl(premise, imported)
        for text in case.ontologies[1:]:
            # A conclusion relies on what the premise declares.
            conclusion = parse_rdfxml(text)
            dl += check_dl(conclusion, [*premise, *imported])
            rl += check_rl(conclusion, [*premise, *imported])
        for profile, leaves in (("DL", bool(dl)), ("RL", bool(dl or rl))):
            if profile not in case.within | case.outside:
                continue
            due = profile in case.outside
            tally, others = results[profile]
            once = Tally(int(leaves and due), int(leaves and not due), int(due and not leaves))
            results[profile] = (
                tally + once,
                [*others, case.name] if leaves != due else others,
            )
    return results


# Pitfalls ---------------------------------------------------------------------------------------


def pitfalls(path: Path) -> dict[str, set[str]]:
    """Read which elements OOPS! reports for each pitfall.

    Args:
        path: one of the Turtle files of its regression tests' ``output``.

    Returns:
        IRIs of elements by the code of the pitfall, ``*`` for the ontology as a whole.
    """
    store = ox.Store()
    store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    rows = store.query(
        f"""PREFIX o: <{_OOPS}> SELECT ?code ?one ?part WHERE {{
          ?pitfall a o:pitfall ; o:hasCode ?code .
          OPTIONAL {{ ?pitfall o:hasAffectedElement ?one
            OPTIONAL {{ ?group o:hasAffectedElement ?part FILTER(STR(?group) = STR(?one)) }} }}
        }}"""
    )
    assert isinstance(rows, ox.QuerySolutions)
    found: dict[str, set[str]] = {}
    for row in rows:
        code = row["code"].value.split(" ")[0]
        code = _TOGETHER.get(code, code)
        element = row["part"] or row["one"]
        named = code not in _WHOLE and element is not None
        found.setdefault(code, set()).add(element.value if named else "*")
    return found


def judge_pitfalls(folder: Path) -> dict[str, Tally]:
    """Scan the regression ontologies of OOPS! and compare.

    Args:
        folder: has ``input/*.owl`` and ``output/*.ttl`` of the same names.

    Returns:
        For each pitfall that a rule of ours covers the tally of elements over all ontologies.
    """
    oops = next(c for c in read_catalogues() if c.name == "OOPS!").checks
    covered = {
        code: set(ours)
        for code, ours in oops.items()
        if not isinstance(ours, str) and code not in _TOGETHER
    }
    tallies = dict.fromkeys(covered, Tally())
    for answers in sorted((folder / "output").glob("*.ttl")):
        triples = parse_rdfxml((folder / "input" / f"{answers.stem}.owl").read_text("utf-8"))
        due = pitfalls(answers)
        found = [
            problem
            for problem in (*scan(triples).problems, *check_dl(triples))
            if not problem.node.startswith((DCT, _DC))
        ]
        for code, ours in covered.items():
            nodes = {"*" if code in _WHOLE else p.node for p in found if p.rule in ours}
            tallies[code] += compare(nodes, due.get(code, set()))
    return tallies


# The page ---------------------------------------------------------------------------------------

_HEAD = """# Quality

What `mandates check` asks, whose checks it makes, and how well it makes them. Made by
`python -m mandates.quality.validation --owl2 all.rdf --oops FOLDER`, which needs a copy of the
[W3C's OWL 2 test cases](https://www.w3.org/TR/owl2-test/) and the folder
`src/test/resources/data` of [OOPS!](https://github.com/oeg-upm/OOPS). Neither is shipped;
`MANDATES_OWL2_CASES` and `MANDATES_OOPS_CASES` tell the tests where they are.

| Layer | What is asked | Where in `server/mandates/quality/` |
| --- | --- | --- |
| Terms | is every term declared, every thing described, once | `terms.py` |
| Values | is every value, and what has it, of the kind that the ontology says | `values.py` |
| Shapes | what must be true of the record, as `shapes/` says | `shapes.py` |
| Style | {rules} rules on names, definitions, structure, header | `rules/` |
| Profiles | each file within OWL 2 DL, the core within OWL 2 RL | `profile.py` |
| Reasoner | consistent, every class can have a member | `reasoner.py` |
| Questions | answers checked by hand | `questions.py` |
| Quotations | every quotation stands in its text | `quotations.py` |

A rule is one file with its reason, severity, message and source. What a rule reports and is right
as it stands is waived in `server/mandates/quality/waivers.toml`, with a reason and a day on which
the waiver runs out. Each rule has an example that breaks it and one that does not
(`tests/test_lint.py`).
"""


_OTHERWISE = """
The cases judged otherwise contradict the specification or other cases, and are let be:
`WebOnt-I5.5-005` has no ontology header and is held to be within DL, dozens of cases without one
are not; `WebOnt-InverseFunctionalProperty-001` and `WebOnt-SymmetricProperty-003` declare a
property by its characteristic alone, which table 6 of the Mapping to RDF Graphs allows, as does the
case `WebOnt-SymmetricProperty-002`; `New-Feature-ReflexiveProperty-001` has a reflexive property,
which section 4.1 of the Profiles leaves out of RL.
"""
_COUNTED = """\
Counted are the elements (or the ontology, where a pitfall is of the whole) that a rule of ours and
OOPS! report. P02 and P31, between which OOPS! chooses by a dictionary of synonyms, are counted
together, and so are P34 and P35, untyped classes and properties.
"""
_DIFFERENCES = """
Where the two differ: P22 is, for OOPS!, a mixture of conventions, of which it names one term; our
rules hold every term to one convention. P32 is about classes, `label-repeated` about properties
too. P07 lets be a name of two nouns that a dictionary has. P36 needs an address to load from, so
the ontology that was written for it has no answer. P04 counts as alone a class whose subclasses or
equivalents are alone with it.
"""


def coverage_page() -> str:
    """Say which rule of ours makes which check of others.

    >>> "| `P25` | `own-inverse` |" in coverage_page()
    True
    """
    lines = ["## Whose checks are made"]
    for one in read_catalogues():
        made = sum(not isinstance(ours, str) for ours in one.checks.values())
        lines += [
            "",
            f"### {one.name}: {made} of {len(one.checks)}",
            "",
            f"As in {one.source}.",
            "",
            "| Their check | Our rule, or why none |",
            "| --- | --- |",
        ]
        lines += [
            f"| `{check}` | {ours if isinstance(ours, str) else _quoted(ours)} |"
            for check, ours in one.checks.items()
        ]
    return "\n".join(lines) + "\n"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shares(tally: Tally) -> str:
    return (
        f"{tally.right} | {tally.wrong} | {tally.missed} | "
        f"{tally.precision:.3f} | {tally.recall:.3f}"
    )


def profiles_page(path: Path) -> str:
    """Report the profile check against the W3C's cases."""
    cases = profile_cases(path)
    lines = [
        "## The profile check against the W3C's cases",
        "",
        f"The {len(cases)} of the W3C's profile identification cases that are in RDF/XML. The",
        "ontologies of a case leave a profile or not; *right* are those that leave it by the word",
        "of the case and ours.",
        "",
        "| Profile | Right | Wrong | Missed | Precision | Recall | Judged otherwise |",
        "| --- | --: | --: | --: | --: | --: | --- |",
    ]
    for profile, (tally, others) in judge_profiles(cases).items():
        lines.append(f"| OWL 2 {profile} | {_shares(tally)} | {_quoted(others)} |")
    return "\n".join(lines) + f"\n{_OTHERWISE}"


def pitfalls_page(folder: Path) -> str:
    """Report the rules against the regression ontologies of OOPS!."""
    tallies = judge_pitfalls(folder)
    oops = next(c for c in read_catalogues() if c.name == "OOPS!").checks
    count = len(list((folder / "output").glob("*.ttl")))
    lines = [
        "## The rules against OOPS!'s ontologies",
        "",
        f"The {count} ontologies of OOPS!'s regression tests that come with an answer.",
        _COUNTED,
        "| Pitfall | Our rule | Right | Wrong | Missed | Precision | Recall |",
        "| --- | --- | --: | --: | --: | --: | --: |",
    ]
    for code, tally in tallies.items():
        if tally == Tally():
            continue
        ours = _quoted(oops[code])
        lines.append(f"| {code} | {ours} | {_shares(tally)} |")
    total = sum(tallies.values(), Tally())
    lines.append(f"| **All** | | {_shares(total)} |")
    return "\n".join(lines) + f"\n{_DIFFERENCES}"


def page(owl2: Path, oops: Path) -> str:
    """Make docs/quality.md.

    Args:
        owl2: the W3C's ``all.rdf``.
        oops: folder with ``input`` and ``output`` of the regression tests of OOPS!.
    """
    parts = [_HEAD.format(rules=len(rules())), profiles_page(owl2), pitfalls_page(oops)]
    return "\n".join([*parts, coverage_page()])


@click.command()
@click.option("--owl2", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option(
    "--oops", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True
)
def main(owl2: Path, oops: Path) -> None:
    """Print docs/quality.md."""
    click.echo(page(owl2, oops), nl=False)


if __name__ == "__main__":
    main()
