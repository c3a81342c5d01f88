"""What a reader sends in a form: text pasted or a file, within a size and in UTF-8."""

from __future__ import annotations

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

_REST = 64 << 10


class SentError(ValueError):
    """What was sent can't be read; the message says why.

    Attributes:
        text: as much of it as there is, so that the form can give it back.
        status: the HTTP status that says so.
    """

    def __init__(self, message: str, text: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.text = text
        self.status = status


def read_text(request: Request, limit: int, field: str = "data", file: str = "file") -> str:
    """The text of a form's field or of the file sent with it; the file goes before.

    Args:
        request: the request; nothing of its form may have been looked at before.
        limit: bytes that the text may have.
        field: name of the field for pasted text.
        file: name of the field for a file.

    Raises:
        SentError: it is too large, or no UTF-8, or there is none.
    """
    request.max_content_length = limit + _REST
    request.max_form_memory_size = limit + _REST
    too_large = (
        f"It is larger than the {limit >> 10:,} KiB that are taken here. Nothing was read. On your "
        "own machine `mandates validate` and `mandates report --with` have no such limit."
    )
    if (request.content_length or 0) > limit + _REST:
        raise SentError(too_large, status=413)
    try:
        if request.mimetype in ("text/turtle", "application/n-triples", "text/plain"):
            return _decode(request.get_data(cache=False), limit, too_large)
        uploaded = request.files.get(file)
        if uploaded is not None and uploaded.filename:
            return _decode(uploaded.stream.read(limit + 1), limit, too_large)
        text = request.form.get(field, "")
    except RequestEntityTooLarge:
        raise SentError(too_large, status=413) from None
    if len(text.encode()) > limit:
        raise SentError(too_large, text[:limit], 413)
    if not text.strip():
        raise SentError("There is nothing in it: paste Turtle, or choose a file.")
    # A browser writes line ends as in mail; lines are counted as people see them.
    return text.replace("\r\n", "\n")


def _decode(body: bytes, limit: int, too_large: str) -> str:
    if len(body) > limit:
        raise SentError(too_large, status=413)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SentError(
            f"It is no text in UTF-8: line {line} has a byte that can't be read.",
            body.decode("utf-8", "replace"),
        ) from None
    if not text.strip():
        raise SentError("The file is empty.")
    return text


def refuse_other_formats(text: str) -> None:
    """Say it plainly when something else than Turtle was sent.

    >>> refuse_other_formats('{"@context": "http://example.org/context"}')
    Traceback (most recent call last):
        ...
    mandates.web.sent.SentError: This looks like JSON. Only Turtle and N-Triples are taken: ...
    """
    start = text.lstrip()[:40]
    if start.startswith(("{", "[{", "[\n")) and not start.startswith("[]"):
        name = "JSON"
    elif start.startswith(("<?xml", "<rdf:", "<!DOCTYPE", "<html")):
        name = "XML or HTML"
    else:
        return
    raise SentError(
        f"This looks like {name}. Only Turtle and N-Triples are taken: they name nothing "
        "that would have to be fetched from elsewhere.",
        text,
    )
