"""All checks in one run: what ``mandates check`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.loading import load
from mandates.dataset.names import GRAPH
from mandates.dataset.snapshot import Snapshot, open_store
from mandates.dataset.sources import Source
from mandates.quality.lint import lint, read_waivers, rules
from mandates.quality.problems import Problem, Severity, counted, placed
from mandates.quality.profile import check_dl, check_rl
from mandates.quality.questions import check_questions
from mandates.quality.quotations import check_locators, check_quotations, read_texts
from mandates.quality.reasoner import ReasonerError, axioms, check_reasoning
from mandates.quality.turtle import check_turtle


@dataclass(frozen=True)
class Result:
    """What one check came to.

    Attributes:
        name: the check, in a few words.
        summary: what was looked at, with figures.
        problems: what is wrong; empty when all is well.
        skipped: whether it could not run here; the summary then says why.
    """

    name: str
    summary: str
    problems: tuple[Problem, ...] = ()
    skipped: bool = False

    @property
    def passed(self) -> bool:
        """Whether it ran and found no error."""
        return not self.skipped and not any(p.severity is Severity.ERROR for p in self.problems)


def run_checks(
    snapshot: Snapshot,
    sources: Sequence[Source],
    warnings: Sequence[Problem] = (),
    *,
    texts: Path | None = None,
) -> Iterator[Result]:
    """Run every check on a build, one after the other.

    Args:
        snapshot: what was built; a build ends when terms or shapes have an error.
        sources: the files that it was built from.
        warnings: what the build found that is no error.
        texts: folder of the texts that quotations are looked up in.

    Yields:
        What each check came to, as soon as it is known.
    """
    summary = f"{counted(snapshot.quads, 'quad')}, {counted(len(warnings), 'warning')}"
    yield Result("Terms and shapes", summary, tuple(warnings))
    sources = list(sources)
    asserted, record = load(sources).quads, open_store(snapshot)
    for check in checks(asserted, record, sources, texts=texts).values():
        yield check()


def checks(
    asserted: list[ox.Quad],
    record: ox.Store,
    sources: list[Source],
    *,
    texts: Path | None = None,
) -> dict[str, Callable[[], Result]]:
    """List the checks that go beyond what every build does, each ready to run.

    Args:
        asserted: what the files say.
        record: the built dataset; its default graph is the union.
        sources: the files that were read.
        texts: folder of the texts that quotations are looked up in.

    Returns:
        By name, in the order in which to run them.
    """
    ontology = [q for q in asserted if _module(q).startswith("ontology/")]

    def hermit(quads: list[ox.Quad], what: str, *, classify: bool) -> Result:
        try:
            problems = check_reasoning(quads, classify=classify)
        except ReasonerError as error:
            missing = "install" in str(error)
            problem = Problem("reasoner", Severity.ERROR, str(error))
            return Result(what, str(error), () if missing else (problem,), skipped=missing)
        good = "consistent, no unsatisfiable class" if classify else "consistent"
        read = counted(len(axioms(quads)), "axiom")
        text = f"HermiT read {read}: {'see below' if problems else good}"
        return Result(what, text, tuple(placed(problems, sources)))

    def answers() -> Result:
        asked, problems = check_questions(record)
        return Result("Questions", counted(asked, "known answer"), tuple(problems))

    def quotations() -> Result:
        if texts is None:
            return Result(
                "Quotations", "MANDATES_TEXTS names no folder of texts to look in", skipped=True
            )
        at_hand = read_texts(texts)
        looked_up, problems = check_quotations(record, at_hand)
        if not looked_up:
            return Result("Quotations", f"no text of the record lies in {texts}", skipped=True)
        sections, elsewhere = check_locators(record, at_hand)
        problems += elsewhere
        what = f"{counted(looked_up, 'quotation')} and {counted(sections, 'locator')}"
        text = f"{what} looked up in their texts"
        return Result("Quotations", text, tuple(placed(problems, sources)))

    def profiles() -> Result:
        core = [q.triple for q in ontology if _module(q) == "ontology/mandates"]
        problems = check_rl(core)
        modules = sorted({_module(q) for q in ontology})
        for module in modules:
            problems += check_dl([q.triple for q in ontology if _module(q) == module], core)
        text = f"{counted(len(modules), 'module')} within OWL 2 DL, the core within OWL 2 RL"
        return Result("Profiles", text, tuple(placed(problems, sources)))

    def form() -> Result:
        text = f"{counted(len(sources), 'Turtle file')}, each in its one form"
        return Result("Form", text, tuple(check_turtle(sources)))

    def style() -> Result:
        own = [q.triple for q in ontology if "/alignments/" not in _module(q)]
        waivers = read_waivers()
        text = f"{counted(len(rules()), 'rule')} on names, definitions, structure and header"
        if waivers:
            text += f", {counted(len(waivers), 'waiver')}"
        return Result("Style", text, tuple(placed(lint(own, waivers), sources)))

    # Whether a class can have a member is a question to the ontology alone: the record adds none.
    return {
        "Form": form,
        "Style": style,
        "Profiles": profiles,
        "Reasoner on the ontology": lambda: hermit(
            ontology, "Reasoner on the ontology", classify=True
        ),
        "Reasoner on ontology and record": lambda: hermit(
            asserted, "Reasoner on ontology and record", classify=False
        ),
        "Questions": answers,
        "Quotations": quotations,
    }


def _module(quad: ox.Quad) -> str:
    """Name the file that a quad comes from, without its ending."""
    graph = quad.graph_name
    return graph.value.removeprefix(GRAPH) if isinstance(graph, ox.NamedNode) else ""
