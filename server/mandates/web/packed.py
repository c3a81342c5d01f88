"""Compress the files that pages load: the editor's megabyte goes over the wire as a third of it."""

from __future__ import annotations

import threading

from flask import Flask, Response, request

from mandates.web.encoding import WORTH_IT, choose_encoding, compress

_TYPES = {"text/css", "text/javascript", "application/javascript", "image/svg+xml"}


def install(app: Flask) -> None:
    """Send static text compressed; each file is compressed once."""
    kept: dict[tuple[str, str, str], bytes] = {}
    lock = threading.Lock()

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
        key = (request.path, tag, encoding)
        with lock:
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
