"""Compress the files that pages load: the editor's megabyte goes over the wire as a third of it."""

from __future__ import annotations

import threading
from pathlib import Path

from flask import Flask, Response, abort, request
from werkzeug.security import safe_join

from mandates.web.encoding import WORTH_IT, choose_encoding, compress

_TYPES = {"text/css", "text/javascript", "application/javascript", "image/svg+xml"}


# Many times as many as there are; a file that is replaced while the server runs makes new ones.
_MOST = 256


def install(app: Flask) -> None:
    """Send static text compressed; each file is compressed once."""
    kept: dict[tuple[Path, int, int, str], bytes] = {}
    lock = threading.Lock()
    app.extensions["packed"] = kept

    @app.before_request
    def refuse() -> None:
        # No link of ours has such a part. Each way to write one is another address of the same
        # file, with a tag of its own, for every cache on the way.
        if request.endpoint == "static" and {"", ".", ".."} & set(request.path.split("/")[1:]):
            abort(404)

    @app.after_request
    def pack(response: Response) -> Response:
        if request.endpoint != "static" or response.mimetype not in _TYPES:
            return response
        response.vary.add("Accept-Encoding")
        encoding = choose_encoding(request.headers.get("Accept-Encoding"))
        tag, _ = response.get_etag()
        whole = response.status_code == 200 and "Content-Encoding" not in response.headers
        if not encoding or not tag or not whole or (response.content_length or 0) < WORTH_IT:
            return response
        # By the file and not by an address, of which the one who asks may make up any number.
        found = safe_join(str(app.static_folder), (request.view_args or {})["filename"])
        assert found is not None
        file = Path(found).resolve()
        facts = file.stat()
        key = (file, facts.st_mtime_ns, facts.st_size, encoding)
        with lock:
            if len(kept) >= _MOST and key not in kept:
                kept.clear()
            body = kept.get(key)
            if body is None:
                response.direct_passthrough = False
                body = kept[key] = compress(response.get_data(), encoding)
        if response.direct_passthrough:
            response.close()  # the file that is not read
        response.direct_passthrough = False
        response.set_data(body)
        response.headers["Content-Encoding"] = encoding
        # The same file in another encoding is not the same bytes (RFC 9110, section 8.8.3).
        response.set_etag(tag, weak=True)
        return response
