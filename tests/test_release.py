"""What a release says of itself is held against what changed; migrations do what they promise."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from mandates.cli import main
from mandates.dataset.sources import project_root
from mandates.quality.difference import (
    Release,
    Step,
    check_release,
    differences,
    needed,
    read_release,
)
from mandates.quality.migrations import migrate, read_migrations

MIGRATIONS = Path(__file__).parent / "migrations"


@pytest.fixture(scope="module")
def now() -> Release:
    return read_release(project_root())


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Release]:
    """Read the ontology after replacing text of its core."""

    def change(*replacements: tuple[str, str], name: str = "mandates.ttl") -> Release:
        root = tmp_path / "project"
        shutil.copytree(project_root() / "ontology", root / "ontology")
        path = root / "ontology" / name
        text = path.read_text("utf-8")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
        return read_release(root)

    return change


VERSION = 'owl:versionInfo "0.1.0"'
HEADER = 'skos:changeNote "0.1.0: first version."@en'
POWER = "mand:Power a owl:Class ;"
LABEL = 'skos:prefLabel "power"@en'


def rules(old: Release, new: Release, *migrations: str) -> set[str]:
    return {problem.rule for problem in check_release(old, new, migrations)}


def test_nothing_changed_since_itself(now: Release) -> None:
    assert differences(now, now) == []
    assert check_release(now, now) == []


def test_wording_needs_a_version_and_a_note(now: Release, changed: Callable[..., Release]) -> None:
    new = changed((LABEL, 'skos:prefLabel "competence"@en'))
    (difference,) = differences(now, new)
    assert difference.step is Step.WORDING
    assert difference.changed == {"https://w3id.org/mandates/ns#Power"}
    assert rules(now, new) == {"release-version", "release-note"}


def test_wording_with_version_and_notes_is_honest(
    now: Release, changed: Callable[..., Release]
) -> None:
    new = changed(
        (LABEL, 'skos:prefLabel "competence"@en ; skos:changeNote "0.1.1: renamed."@en'),
        (VERSION, 'owl:versionInfo "0.1.1"'),
        (HEADER, f'{HEADER} , "0.1.1: power is called competence."@en'),
    )
    assert check_release(now, new) == []


def test_a_term_gone_breaks_and_needs_a_migration(
    now: Release, changed: Callable[..., Release]
) -> None:
    new = changed(("mand:MemorandumInstrument", "mand:Memorandum"))
    (difference,) = differences(now, new)
    assert difference.step is Step.BREAK
    assert difference.removed == {"https://w3id.org/mandates/ns#MemorandumInstrument"}
    assert difference.added == {"https://w3id.org/mandates/ns#Memorandum"}
    assert "release-migration" in rules(now, new)
    assert "release-migration" not in rules(now, new, "DELETE { ?s a mand:MemorandumInstrument }")
    assert "0.2.0 or later" in str(check_release(now, new))


def test_an_entailment_gone_breaks(now: Release, changed: Callable[..., Release]) -> None:
    text = (project_root() / "ontology" / "mandates.ttl").read_text("utf-8")
    start = text.index(POWER)
    block = text[start : text.index(" .\n", start)]
    assert "rdfs:subClassOf mand:Mandate" in block
    loose = block.replace("rdfs:subClassOf mand:Mandate", "rdfs:seeAlso mand:Mandate")
    new = changed((block, loose))
    difference = differences(now, new)[0]
    assert difference.step is Step.BREAK
    assert ("https://w3id.org/mandates/ns#Power", "https://w3id.org/mandates/ns#Mandate") in {
        (subject, target) for subject, _, target in difference.lost
    }


def test_a_new_constraint_breaks(now: Release, changed: Callable[..., Release]) -> None:
    new = changed((POWER, f"{POWER} owl:disjointWith mand:Reading ;"))
    assert differences(now, new)[0].step is Step.BREAK


def test_a_new_term_adds(now: Release, changed: Callable[..., Release]) -> None:
    new = changed((POWER, f"mand:Novelty a owl:Class .\n\n{POWER}"))
    assert [d.step for d in differences(now, new)] == [Step.ADDITION]


@pytest.mark.parametrize(
    ("version", "step", "due"),
    [
        ("1.2.3", Step.BREAK, "2.0.0"),
        ("1.2.3", Step.ADDITION, "1.3.0"),
        ("1.2.3", Step.WORDING, "1.2.4"),
        ("0.2.3", Step.BREAK, "0.3.0"),
        ("0.2.3", Step.WORDING, "0.2.4"),
        ("0.2.3", Step.NONE, "0.2.3"),
    ],
)
def test_versions(version: str, step: Step, due: str) -> None:
    assert needed(version, step) == due


def test_command_says_what_changed_and_fails(tmp_path: Path) -> None:
    root = tmp_path / "old"
    shutil.copytree(project_root() / "ontology", root / "ontology")
    same = CliRunner().invoke(main, ["check", "--against", str(root)])
    assert (same.exit_code, same.output) == (0, "0 errors\n")
    path = root / "ontology" / "mandates.ttl"
    path.write_text(path.read_text("utf-8").replace("mand:ThreatGroup", "mand:Gang"), "utf-8")
    done = CliRunner().invoke(main, ["check", "--against", str(root)])
    assert done.exit_code == 1
    assert "gone mand:Gang" in done.output
    assert "release-migration" in done.output
    empty = CliRunner().invoke(main, ["check", "--against", str(tmp_path)])
    assert "has no folder ontology/" in empty.output


# Migrations -------------------------------------------------------------------------------------

STEPS = {f"{'.'.join(map(str, step.version))}/{step.name}": step for step in read_migrations()}


def quads(path: Path) -> list[ox.Quad]:
    return sorted(ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE), key=str)


@pytest.mark.parametrize("name", STEPS)
def test_migration_turns_before_into_after_and_is_done_once(name: str) -> None:
    before, after = (quads(MIGRATIONS / name / f"{when}.ttl") for when in ("before", "after"))
    assert before != after
    assert migrate(before, [STEPS[name]]) == (after, [STEPS[name]])
    assert migrate(after, [STEPS[name]]) == (after, [])


def test_migrate_writes_what_it_made_and_says_which_steps(tmp_path: Path) -> None:
    file = MIGRATIONS / "0.1.0" / "threat-group" / "before.ttl"
    output = tmp_path / "new.ttl"
    done = CliRunner().invoke(main, ["migrate", str(file), "--output", str(output)])
    assert done.exit_code == 0
    assert "0.1.0 threat-group:" in done.output
    assert quads(output) == quads(file.with_name("after.ttl"))


def test_migration_without_reason_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "ontology" / "migrations" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "x.ru").write_text("DELETE WHERE { ?s ?p ?o }", "utf-8")
    with pytest.raises(ValueError, match="reason"):
        read_migrations(tmp_path)
