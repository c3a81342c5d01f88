"""The command: what it prints, writes, refuses and returns."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner, Result

from mandates.cli import _err, _show, main
from mandates.dataset.sources import project_root
from mandates.quality.check import Result as Checked
from mandates.quality.problems import Problem, Severity

EXAMPLE = project_root() / "docs" / "examples" / "exampland.csv"
HEAD = """
@prefix actor: <https://w3id.org/mandates/id/pk/actor/> .
@prefix designation: <https://w3id.org/mandates/id/pk/designation/> .
@prefix document: <https://w3id.org/mandates/id/pk/document/> .
@prefix evidence: <https://w3id.org/mandates/id/pk/evidence/> .
@prefix event: <https://w3id.org/mandates/id/pk/event/> .
@prefix function: <https://w3id.org/mandates/scheme/function/> .
@prefix instrument: <https://w3id.org/mandates/id/pk/instrument/> .
@prefix mand: <https://w3id.org/mandates/ns#> .
@prefix mandate: <https://w3id.org/mandates/id/pk/mandate/> .
@prefix peca: <https://w3id.org/mandates/id/pk/instrument/peca-2016/> .
@prefix role: <https://w3id.org/mandates/id/pk/role/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix subject: <https://w3id.org/mandates/scheme/subject/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
MANDATE = """
mandate:test a mand:Power ;
    skos:prefLabel "Test"@en ;
    mand:actionPhrase "test"@en ;
    mand:vestedIn actor:pta ;
    mand:hasFunction function:license ;
    mand:concernsSubject subject:social-media ;
    mand:inCapacity mand:LeadCapacity ;
    mand:conferredBy peca:s37.1 ;
    mand:beginsWith event:peca-2016-commencement ;
    mand:supportedBy evidence:peca-s37.1-remove-or-block .
"""
TEXT = "[sec1] Section 1. Title\nThis Act may be called the Act.\n[sec2] Section 2. It ends.\n"
#: A mistake each, with what the line about it says: the rule, the node and what is wrong.
WRONG = {
    "unknown term": (
        MANDATE.replace("mandate:test", "mandate:misspelt").replace("inCapacity", "inCapacitty"),
        ("undeclared-term", "inCapacitty", "inCapacity"),
    ),
    "no evidence": (
        MANDATE.replace(" ;\n    mand:supportedBy evidence:peca-s37.1-remove-or-block .", " ."),
        ("mandate-evidence", "mandate/test", "evidence"),
    ),
    "ends before it begins": (
        MANDATE.replace("mandate:test", "mandate:short").replace(
            "    mand:supportedBy", "    mand:endsWith event:before ;\n    mand:supportedBy"
        )
        + """
event:before a mand:Repeal ;
    skos:prefLabel "Before"@en ;
    mand:effectiveFrom "2000-01-01T00:00:00+05:00"^^xsd:dateTime ;
    mand:effectivePrecision mand:DayPrecision ;
    mand:notifiedOn "2000-01-01T00:00:00+05:00"^^xsd:dateTime ;
    mand:notifiedPrecision mand:DayPrecision ;
    mand:supportedBy evidence:peca-s37.1-remove-or-block .
""",
        ("interval-order", "mandate/short", "before"),
    ),
    "role nobody fills": (
        """
role:nobody a mand:LegalRole ;
    skos:prefLabel "nobody"@en ;
    mand:roleOf instrument:peca-2016 ;
    mand:definedBy peca:s37.1 .
""",
        ("role-filled", "role/nobody", "fill"),
    ),
    "date without offset": (
        """
event:naked a mand:Repeal ;
    skos:prefLabel "Naked"@en ;
    mand:effectiveFrom "2000-01-01T00:00:00"^^xsd:dateTime ;
    mand:effectivePrecision mand:DayPrecision ;
    mand:supportedBy evidence:peca-s37.1-remove-or-block .
""",
        ("date-offset", "event/naked", "offset"),
    ),
    "source without address": (
        """
document:hearsay a mand:Document ;
    skos:prefLabel "Hearsay"@en .
""",
        ("document-findable", "document/hearsay", "mand:address"),
    ),
    "second designation without a saving": (
        """
designation:a-second a mand:Designation ;
    skos:prefLabel "a second agency"@en ;
    mand:fills role:peca-investigation-agency ;
    mand:filledBy actor:pta ;
    mand:hasStatus mand:Designated ;
    mand:basedOn peca:s29.1 ;
    mand:beginsWith event:nccia-2024-transfer ;
    mand:supportedBy evidence:peca-s37.1-remove-or-block .
""",
        ("designation-overlap", "designation/a-second", "same role"),
    ),
    "quotation that the text lacks": (
        """
evidence:misquoted a mand:Evidence ;
    mand:fromDocument document:at-hand ;
    mand:locator "s. 1" ;
    mand:quotation "This Act must be called the Act."@en ;
    mand:hasGrade mand:GradeA .
"""
        + f"""
document:at-hand a mand:Document ;
    skos:prefLabel "An Act"@en ;
    mand:sha256 "{sha256(TEXT.encode()).hexdigest()}" .
""",
        ("quotation-found", "evidence/misquoted", "must be called"),
    ),
    "section that the text lacks": (
        """
evidence:nowhere a mand:Evidence ;
    mand:fromDocument document:at-hand ;
    mand:locator "s. 37A(2)" ;
    mand:quotation "This Act may be called the Act."@en ;
    mand:hasGrade mand:GradeA .
""",
        ("locator-found", "evidence/nowhere", "s. 37A"),
    ),
    "acts for itself": (
        """
role:one a mand:LegalRole ;
    skos:prefLabel "one"@en ;
    mand:roleOf instrument:peca-2016 ;
    mand:actsFor role:two .

role:two a mand:LegalRole ;
    skos:prefLabel "two"@en ;
    mand:roleOf instrument:peca-2016 ;
    mand:actsFor role:one .
""",
        ("circle", "role/one", "mand:actsFor", "role:two"),
    ),
    "holding by hand": (
        "[] a mand:Holding ; mand:heldBy actor:pta ; mand:ofMandate mandate:peca-s37.1-remove .\n",
        ("no-holding-by-hand", "mine.ttl:"),
    ),
    "no quotation": (
        MANDATE.replace("mandate:test", "mandate:unquoted").replace(
            "evidence:peca-s37.1-remove-or-block", "evidence:unquoted"
        )
        + """
evidence:unquoted a mand:Evidence ;
    mand:fromDocument document:unread ;
    mand:locator "s. 1" ;
    mand:hasGrade mand:GradeA .

document:unread a mand:Document ;
    skos:prefLabel "An Act"@en ;
    mand:address "https://example.org/"^^xsd:anyURI .
""",
        ("mandate-quoted", "mandate/unquoted", "mand:quotation"),
    ),
    "word for a truth value": (
        'mandate:unquoted mand:isExclusive "yes" .\n',
        ("value-type", "mandate/unquoted", 'mand:isExclusive has the value "yes"', "xsd:boolean"),
    ),
    "day that no month has": (
        """
event:never a mand:Repeal ;
    skos:prefLabel "Never"@en ;
    mand:effectiveFrom "2020-02-30T00:00:00+05:00"^^xsd:dateTime ;
    mand:effectivePrecision mand:DayPrecision ;
    mand:supportedBy evidence:peca-s37.1-remove-or-block .
""",
        ("value-type", "event/never", "2020-02-30", "mand:effectiveFrom", "xsd:dateTime"),
    ),
    "subject for a layer": (
        "mandate:unquoted mand:concernsLayer subject:unlawful-online-content .\n",
        ("value-kind", "mandate/unquoted", "mand:concernsLayer", "mand:SubjectMatter"),
    ),
    "comparison role that says nothing": (
        """
<https://w3id.org/mandates/scheme/comparison-role/nothing> a skos:Concept ;
    skos:prefLabel "Nothing"@en .
""",
        ("concept-parent", "comparison-role/nothing", "skos:broader"),
    ),
    "more about a thing of the record": (
        "mandate:peca-s37.1-remove-or-block mand:concernsSubject subject:social-media .\n",
        ("added-to", "peca-s37.1-remove-or-block", "mand:concernsSubject"),
    ),
}


def run(*args: str | Path, text: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args], input=text)


@pytest.fixture(scope="module")
def refusal(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What validate says of a file with every mistake, since each run reads the whole record."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "act.txt").write_text(TEXT, "utf-8")
    file = folder / "mine.ttl"
    file.write_text(HEAD + "".join(turtle for turtle, _ in WRONG.values()), "utf-8")
    return run("validate", "--texts", folder, file)


@pytest.mark.parametrize("mistake", WRONG)
def test_validate_names_file_or_node_and_rule(mistake: str, refusal: Result) -> None:
    _, words = WRONG[mistake]
    assert refusal.exit_code == 1
    lines = [line for line in refusal.output.splitlines() if all(w in line for w in words)]
    assert lines, refusal.output
    assert any("mine.ttl" in line for line in lines)


def test_validate_blames_nothing_but_the_file(refusal: Result) -> None:
    blamed = [line for line in refusal.output.splitlines() if " [" in line]
    assert [line for line in blamed if not line.startswith("extra/mine.ttl:")] == []
    assert "Traceback" not in refusal.output


def test_validate_names_the_line_of_what_is_no_turtle(tmp_path: Path) -> None:
    file = tmp_path / "mine.ttl"
    file.write_text(HEAD + "mandate:test a mand:Power", "utf-8")
    result = run("validate", file)
    assert result.exit_code == 1
    assert "mine.ttl:16:" in result.output
    assert "turtle-syntax" in result.output


def test_validate_accepts_what_is_right(tmp_path: Path) -> None:
    file = tmp_path / "mine.ttl"
    file.write_text(HEAD + MANDATE, "utf-8")
    result = run("validate", file)
    assert result.exit_code == 0, result.output


def test_a_build_with_a_mistake_leaves_the_last_good_snapshot(
    data_dir: Path, tmp_path: Path
) -> None:
    before = (data_dir / "current").resolve()
    file = tmp_path / "mine.ttl"
    file.write_text(HEAD + WRONG["no evidence"][0], "utf-8")
    result = run("build", "--data-dir", data_dir, "--with", file)
    assert result.exit_code == 1
    assert "last good snapshot" in result.output
    assert (data_dir / "current").resolve() == before


def test_query_prints_a_table_csv_and_turtle(data_dir: Path) -> None:
    select = "SELECT ?label { actor:pta skos:altLabel ?label }"
    assert "PTA" in run("query", "-", "--data-dir", data_dir, text=select).output
    csv = run("query", "-", "--data-dir", data_dir, "--format", "csv", text=select)
    assert csv.output.splitlines()[0] == "label"
    graph = run("query", "-", "--data-dir", data_dir, text="DESCRIBE actor:pta")
    assert "Pakistan Telecommunication Authority" in graph.output


def test_query_says_where_the_mistake_is(data_dir: Path) -> None:
    result = run("query", "-", "--data-dir", data_dir, text="SELECT *\n{ ?s ?p }")
    assert result.exit_code == 1
    assert "line 2" in result.output


def test_query_without_a_dataset_says_what_to_do(tmp_path: Path) -> None:
    result = run("query", "-", "--data-dir", tmp_path, text="ASK {}")
    assert result.exit_code == 1
    assert "mandates build" in result.output


@pytest.mark.parametrize(
    ("left_out", "line"),
    [
        ([], ""),
        (["Quotations"], "1 check was not run: Quotations"),
        (["Reasoner", "Quotations"], "2 checks were not run: Reasoner, Quotations"),
    ],
)
def test_check_ends_with_what_was_not_run(
    left_out: list[str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [Checked(name, "", skipped=name in left_out) for name in ("Reasoner", "Quotations")]
    dataset = SimpleNamespace(sources=[], warnings=[])
    monkeypatch.setattr("mandates.build.build", lambda *_, **__: (None, dataset))
    monkeypatch.setattr("mandates.quality.check.run_checks", lambda *_, **__: results)
    result = run("check")
    assert result.exit_code == 0
    assert result.output.splitlines()[2:] == [line] * bool(line)


def test_one_is_counted_in_the_singular(tmp_path: Path) -> None:
    row = "\n".join(EXAMPLE.read_text("utf-8").splitlines()[:2]) + "\n"
    file = tmp_path / "one.csv"
    target = ("--country", "zz", "--output", tmp_path / "x.ttl")
    file.write_text(row, "utf-8")
    assert "\n1 mistake; nothing was written." in run("table", "import", file, *target).output
    file.write_text(row.replace("exampland", "any-territory"), "utf-8")
    assert run("table", "import", file, *target).output.startswith("1 mandate in ")


def test_a_line_number_is_never_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    # ":100:" is a name of one.
    _err.cache_clear()
    _show([Problem("rule", Severity.ERROR, "No.", "mine.ttl", 100)])
    assert capsys.readouterr().err == "mine.ttl:100: error [rule] No.\n"
    _err.cache_clear()


def test_every_command_has_help() -> None:
    for name, command in main.commands.items():
        result = run(name, "--help")
        assert result.exit_code == 0
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help or parameter.name == "minimum_score", (name, parameter.name)


BILLS = {
    "a bill": (
        ["--with", str(project_root() / "instances/bills/national-cyber-security-authority.ttl")],
        "National Cybersecurity Authority",
    ),
    "an Act taken out": (
        ["--without", "peca-amendment-act-2025"],
        "Section 50A",
    ),
}


@pytest.mark.parametrize(("options", "words"), BILLS.values(), ids=list(BILLS))
def test_a_report_lays_a_bill_over_the_snapshot(
    data_dir: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    result = run("report", "--data-dir", data_dir, *options, "--format", "md", "--output", tmp_path)
    assert result.exit_code == 0, result.output
    (page,) = tmp_path.iterdir()
    assert words in page.read_text("utf-8")


def test_a_face_that_needs_what_is_not_installed_keeps_no_other_from_being_written(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    faces = ["--format", "pdf", "--format", "csv"]
    result = run(
        "report", "--data-dir", data_dir, "--actors", "nccia", *faces, "--output", tmp_path
    )
    assert result.exit_code == 1
    assert "pip install 'mandates[pdf]'" in " ".join(result.output.split())
    assert [path.suffix for path in tmp_path.iterdir()] == [".csv"]


def test_format_takes_a_folder_and_only_what_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    file = tmp_path / "deep" / "mine.ttl"
    file.parent.mkdir()
    file.write_text("@prefix b: <urn:b> .\n@prefix a: <urn:a> .\n\na:x a:y b:z .\n", "utf-8")
    assert run("format", "--check", tmp_path).exit_code == 1
    assert run("format", tmp_path).output == f"{file}\n"
    assert file.read_text("utf-8").startswith("@prefix a:")
    assert run("format", "--check", tmp_path / "empty").exit_code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--as-of", "2025-02-30"], "did you mean 2025-02-28"),
        (["--as-of", "6 August 2025"], "did you mean 2025-08-06"),
        (["--actors", "ptaa"], "no actor is called 'ptaa'; did you mean pta"),
        (["--subjects", "online-contentt"], "did you mean online-content"),
        (["--layers", "phisical"], "no cyberspace layer is called 'phisical'; did you mean"),
        (["--countries", "zz"], "no legal order is called 'zz'; these are: cn, eu, gb, in, pk"),
        (["--between", "2025-01-01", "2024-01-01"], "2024-01-01 is not after 2025-01-01"),
    ],
)
def test_a_report_that_can_not_be_made_is_refused_with_what_was_meant(
    data_dir: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    folder = ["--data-dir", str(data_dir), "--output", str(tmp_path)]
    result = CliRunner().invoke(main, ["report", *folder, *options])
    assert result.exit_code != 0
    assert words in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []
