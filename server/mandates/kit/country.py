"""Write a small country module that builds as it stands, to be changed into a real one."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from mandates.dataset.sources import project_root


class KitError(ValueError):
    """What was asked for can't be made; the message says why and what to do."""


def new_country(code: str, name: str, folder: Path, *, offset: str = "+00:00") -> list[Path]:
    """Write a module for a country: actors, one instrument, a role, its holder, events, documents.

    The law in it is made up and says so; each file has comments on what to put in its place.

    Args:
        code: two lower-case letters as in ISO 3166-1; part of every IRI.
        name: the country's name in English.
        folder: folder to write; must not exist, or be empty.
        offset: offset of the country's midnight from UTC, for example ``+05:30``.

    Returns:
        The files written, sorted.

    Raises:
        KitError: the code, name or offset is none, the record has the country already, or the
            folder holds something. Nothing is written then.

    >>> from tempfile import mkdtemp
    >>> made = new_country("zz", "Zubrowka", Path(mkdtemp()) / "zz")
    >>> [path.name for path in made][:3]
    ['README.md', 'actors.ttl', 'designations.ttl']
    """
    check_code(code)
    if not re.fullmatch(r"[\w.,'() -]{2,80}", name.strip()):
        raise KitError(f"{name!r} is no name of a country; give letters and blanks")
    check_offset(offset)
    if (project_root() / "instances" / code).is_dir():
        raise KitError(f"the record has a country {code} already, in instances/{code}/")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise KitError(f"{folder} is not empty; name a new folder")
    values = {"code": code, "name": name.strip(), "offset": offset, "slug": _slug(name)}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as work:
        # Written aside and moved in one step, so that a failure leaves no half of a module.
        done = Path(work) / "module"
        _fill(files("mandates.kit") / "module", done, values)
        if folder.exists():
            folder.rmdir()
        shutil.move(done, folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def check_code(code: str) -> None:
    """Refuse what can't be a country's two letters.

    Raises:
        KitError: it can't.

    >>> check_code("np")
    """
    if not re.fullmatch(r"[a-z]{2}", code):
        raise KitError(f"{code!r} is no country code; give two lower-case letters, for example np")


def check_offset(offset: str) -> None:
    """Refuse what is no offset from UTC.

    Raises:
        KitError: it is none.

    >>> check_offset("+05:45")
    """
    if not re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", offset):
        raise KitError(f"{offset!r} is no offset from UTC; write it as +05:30")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a failure leaves the old one, never half of a new one.

    >>> from tempfile import mkdtemp
    >>> target = Path(mkdtemp()) / "a.csv"
    >>> write_whole(target, "x")
    >>> target.read_text()
    'x'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as work:
        aside = Path(work) / path.name
        aside.write_bytes(text.encode())
        aside.replace(path)


def _fill(source: Traversable, target: Path, values: dict[str, str]) -> None:
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.is_dir():
            _fill(entry, target / entry.name, values)
        elif entry.name.endswith((".ttl", ".md")):
            text = Template(entry.read_text("utf-8")).substitute(values)
            (target / entry.name).write_text(text, "utf-8")


def _slug(text: str) -> str:
    """Make the part of an IRI that stands for a name.

    >>> _slug("Côte d'Ivoire")
    'cote-d-ivoire'
    """
    from unicodedata import normalize

    plain = normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "x"
