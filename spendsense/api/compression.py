"""Answers are gzipped where the caller takes that and it pays.

Behind the gateway Zappa hands over whatever has a Content-Encoding in base64, and the gateway, for which all types are
binary, turns it back. Compressing beside secrets is safe here: a token is sent by the caller's own code, never by a
browser on its own, so that nobody else can have a person's answer made around a text of their choice.
"""

import gzip
from typing import Final

from flask import Flask, Response, request

LEAST_BYTES: Final = 1_024
LEVEL: Final = 6
TEXTS: Final = ("application/json", "application/problem+json", "text/")


def register(app: Flask) -> None:
    """Has every answer looked at once it is made."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if not (response.mimetype or "").startswith(TEXTS) or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code in (204, 304) or request.accept_encodings.quality("gzip") <= 0:
        return response
    body = response.get_data()
    if len(body) >= LEAST_BYTES:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
