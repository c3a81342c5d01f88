"""Find the Turtle that people wrote, and name the graph each file becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from mandates.dataset.names import GRAPH

#: The folders of a project, in the order in which they are read.
FOLDERS = ("ontology", "instances")

#: Bills confer nothing, so they are no part of the record; reports read one when asked to.
BILLS = "instances/bills/"

#: How the names of files begin that are read beside the project's own.
EXTRA = "extra/"


@dataclass(frozen=True, order=True)
class Source:
    """One Turtle file and the named graph that its triples go to.

    Attributes:
        path: where the file lies.
        graph: IRI of its named graph.
        name: the file's path within the project, with forward slashes.
    """

    name: str
    path: Path
    graph: str

    @property
    def added(self) -> bool:
        """Whether the file was added to a project and is none of its own."""
        return self.name.startswith(EXTRA)


def project_root() -> Path:
    """Return the folder that holds ``ontology/``, ``instances/`` and ``shapes/``.

    In a checkout this is the project's top level; in an installed wheel it is the package's own
    ``data`` folder, so that everything works without a checkout.

    >>> (project_root() / "ontology" / "mandates.ttl").is_file()
    True
    """
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "ontology" / "mandates.ttl").is_file():
        return checkout
    return Path(__file__).resolve().parents[1] / "data"


def find_sources(
    root: Path | None = None, extra: Sequence[Path] = (), *, instances: bool = True
) -> list[Source]:
    """List the ontology and instance files of a project, sorted by name.

    Args:
        root: the project's folder; the shipped project when absent.
        extra: further Turtle files or folders of them. A file is read as ``extra/<file>``, one of
            a folder as ``extra/<folder>/<file>``; where two would have one name, with as many
            folders before it as tell them apart.
        instances: whether to read ``instances/`` beside ``ontology/``.

    Raises:
        FileNotFoundError: a folder or an extra file is missing.

    >>> [s.graph for s in find_sources(instances=False) if s.name == "ontology/mandates.ttl"]
    ['https://w3id.org/mandates/graph/ontology/mandates']
    """
    root = root or project_root()
    found = []
    for folder in FOLDERS if instances else FOLDERS[:1]:
        if not (root / folder).is_dir():
            raise FileNotFoundError(f"{root} has no folder {folder}/")
        for path in (root / folder).rglob("*.ttl"):
            name = path.relative_to(root).as_posix()
            if name.startswith(BILLS):
                continue
            found.append(Source(name, path, GRAPH + name.removesuffix(".ttl")))
    return sorted([*found, *_added(extra)])


def _added(extra: Sequence[Path]) -> Iterator[Source]:
    # How many parts of a file's path make its name.
    parts: dict[Path, int] = {}
    given: dict[Path, Path] = {}
    for path in extra:
        if not path.exists():
            raise FileNotFoundError(f"{path}: no such file or folder")
        for file in path.rglob("*.ttl") if path.is_dir() else [path]:
            whole = file.resolve()
            given.setdefault(whole, file)
            parts.setdefault(whole, len(whole.parts) - len(path.resolve().parts) + 1)

    def name(whole: Path) -> str:
        return "/".join(whole.parts[-parts[whole] :])

    while shared := [n for n, times in Counter(map(name, given)).items() if times > 1]:
        for whole in [whole for whole in given if name(whole) in shared]:
            parts[whole] += 1
    for whole, file in given.items():
        graph = quote(name(whole).removesuffix(".ttl"), safe="/")
        yield Source(f"{EXTRA}{name(whole)}", file, f"{GRAPH}{EXTRA}{graph}")
