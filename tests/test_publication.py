"""A release and its site: every link leads to a file, the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox
import pytest
import yaml
from click.testing import CliRunner

from mandates.build import build
from mandates.cli import main
from mandates.dataset.snapshot import Snapshot, read_snapshot
from mandates.dataset.sources import project_root
from mandates.kit import new_country
from mandates.publication import ExportError, ReleaseError, export_site, make_release
from mandates.quality.check import Result
from mandates.quality.difference import read_release
from mandates.quality.problems import Problem, Severity

GOOD = [Result("Style", "71 rules"), Result("Quotations", "no texts", skipped=True)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the ontology and one country, built; ``data`` in it has the snapshot."""
    root = tmp_path_factory.mktemp("small")
    for part in ("ontology", "shapes", "docs", "server/deploy"):
        shutil.copytree(project_root() / part, root / part)
    for part in ("CHANGELOG.md", "CITATION.cff", "LICENSE", "LICENSE-data", "README.md"):
        shutil.copy(project_root() / part, root / part)
    new_country("zz", "Exampland", root / "instances" / "zz", offset="+01:00")
    build(root / "data", root)
    return root


@pytest.fixture(scope="module")
def snapshot(small: Path) -> Snapshot:
    return read_snapshot(small / "data")


@pytest.fixture(scope="module")
def site(small: Path) -> Path:
    folder = small / "site"
    export_site(small / "data", folder)
    return folder


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_thing_has_a_page_and_four_documents(site: Path) -> None:
    for name in (
        "id/zz/actor/communications-authority",
        "ns",
        "ns/0.1.0",
        "dataset",
        "scheme/function",
        "scheme/function/block-access",
        "graph/ontology/mandates",
    ):
        for ending in ("html", "ttl", "jsonld", "rdf", "nt"):
            assert (site / f"{name}.{ending}").is_file(), (name, ending)
    for name in ("index.html", "questions/index.html", "dumps/index.html", "dumps/SHA256SUMS"):
        assert (site / name).is_file(), name


def test_all_forms_of_a_document_say_the_same(site: Path) -> None:
    stem = site / "scheme" / "function"
    said = set()
    for form in (
        ox.RdfFormat.TURTLE,
        ox.RdfFormat.JSON_LD,
        ox.RdfFormat.RDF_XML,
        ox.RdfFormat.N_TRIPLES,
    ):
        body = stem.with_suffix(f".{form.file_extension}").read_bytes()
        triples = ox.Dataset(ox.parse(body, format=form))
        triples.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        said.add(str(sorted(map(str, triples))))
    assert len(said) == 1


def test_every_link_within_the_site_leads_to_a_file(site: Path) -> None:
    checked = 0
    for page in site.rglob("*.html"):
        for value in re.findall(r'\s(?:href|src|action)="([^"]*)"', page.read_text("utf-8")):
            parts = urlsplit(value)
            if parts.scheme or parts.netloc or not parts.path:
                continue
            assert not value.startswith("/"), (page, value)
            assert (page.parent / unquote(parts.path)).resolve().is_file(), (page, value)
            checked += 1
    assert checked > 1000


def test_the_same_snapshot_gives_the_same_bytes(small: Path, site: Path, tmp_path: Path) -> None:
    export_site(small / "data", tmp_path / "again")
    assert files(tmp_path / "again") == files(site)


def test_part_of_a_site(small: Path, tmp_path: Path) -> None:
    export_site(small / "data", tmp_path / "part", only=["id/zz/actor"])
    assert (tmp_path / "part/id/zz/actor/communications-authority.html").is_file()
    assert not (tmp_path / "part/ns.html").exists()


def test_a_folder_with_something_in_it_is_refused(small: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(ExportError, match="not empty"):
        export_site(small / "data", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_release_has_all_to_deposit_and_checksums_that_hold(
    small: Path, snapshot: Snapshot, site: Path, tmp_path: Path
) -> None:
    ontology = read_release(small)

    def export(folder: Path) -> int:
        shutil.copytree(site, folder)
        return 1

    made = [
        make_release(small, snapshot, ontology, GOOD, tmp_path / name, export=export)
        for name in ("one", "two")
    ]
    assert files(made[0]) == files(made[1])
    for name in (
        "CITATION.cff",
        "LICENSE-data",
        "dumps/dataset.nq.gz",
        "ontology/mandates.ttl",
        "instances/zz/actors.ttl",
        "reports/checks.ttl",
        "reports/earl.ttl",
        "reports/scoreboard.md",
        "site/index.html",
        "server/deploy/w3id/.htaccess",
    ):
        assert (made[0] / name).is_file(), name
    for line in (made[0] / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((made[0] / name).read_bytes()).hexdigest() == digest
    assert "| Style | passed | 71 rules |" in (made[0] / "reports/checks.md").read_text("utf-8")
    earl = ox.Store()
    earl.load(path=str(made[0] / "reports/checks.ttl"), format=ox.RdfFormat.TURTLE)
    assert (
        len(
            list(
                earl.quads_for_pattern(
                    None, None, ox.NamedNode("http://www.w3.org/ns/earl#untested")
                )
            )
        )
        == 1
    )


def test_a_failed_check_stops_a_release_and_leaves_nothing(
    small: Path, snapshot: Snapshot, tmp_path: Path
) -> None:
    bad = Result("Style", "x", (Problem("label-missing", Severity.ERROR, "Has no label."),))
    with pytest.raises(ReleaseError, match="Style"):
        make_release(small, snapshot, read_release(small), [bad], tmp_path / "out", export=len)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_export_without_a_snapshot_says_so(tmp_path: Path) -> None:
    arguments = ["export", "--data-dir", str(tmp_path), "--output", str(tmp_path / "out")]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "snapshot" in done.output


def test_citation_names_the_version_of_the_ontology() -> None:
    cited = yaml.safe_load((project_root() / "CITATION.cff").read_text("utf-8"))
    versions = {m.version for m in read_release(project_root()).modules.values() if m.iri}
    assert versions == {cited["version"]}
    assert {"cff-version", "title", "authors", "license", "date-released"} <= set(cited)
