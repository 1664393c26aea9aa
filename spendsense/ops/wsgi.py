"""The WSGI application that Zappa serves: health from the first moment, the rest once somebody asks for it.

Two thirds of a cold start load what a probe has no use for. Where AWS starts functions ahead of their requests
(provisioned concurrency), all of it is loaded ahead.
"""

import gc
import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from spendsense.api.probe import create_probe, is_probe
from spendsense.config import load_settings

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

probe = create_probe(load_settings())


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers a request."""
    answering = probe if is_probe(environ) else whole()
    return answering(environ, start_response)


@cache
def whole() -> Wsgi:
    """The application of this process, which its jobs use too, and so one connection to the database.

    What is loaded stays for good: looking for garbage in it meanwhile, and ever after, took an eighth of the time. When
    it can't be put together, the next request tries from the beginning: half an API would hide why.
    """
    gc.disable()
    try:
        from jobs.runtime import application
        from spendsense.app import with_api

        try:
            answering = with_api(application())
        except BaseException:
            application.cache_clear()
            raise
        gc.freeze()
        return answering
    finally:
        gc.enable()


if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
    whole()
